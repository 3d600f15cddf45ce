//! Charts as pictures, drawn with plotters and a font of the program's own. Any thread.

pub mod loss_chart;
