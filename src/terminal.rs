//! The real terminal: what it can do, the modes it is put into and given back from, what is typed,
//! what is written, and the signals that come with it.

pub mod ask;
pub mod capture;
pub mod input;
pub mod link;
pub mod output;
pub mod session;
pub mod signals;

mod tty;
mod way_back;
