//! Charts as pictures, and reports of runs, drawn with plotters and fonts of the program's own. Any thread.

mod data_uri;
mod drawing;
mod font;
mod ink;
pub mod loss_chart;
mod plot;
pub mod run_report;

mod surface;
