//! Runs and comparisons that are seen and steered from other terminals of the same machine, through a socket in their folder.
//!
//! In the program that makes the run, a [`hub`] stands between worker and viewers. It hears everything that the worker
//! says, hands it on to the program's own screen or lines, and to every terminal that is attached; it tells the worker
//! what any of them wants. The other end is a [`client`], which speaks to a dashboard as a worker does.
//!
//! - [`frame`], [`words`], [`protocol`]: what goes through the socket, as bytes; pure, and without anything of the engine
//! - `translation`: the same as the engine says it
//! - [`backlog`], `losses`, `kept`: what somebody who comes late is told
//! - `requests`: whose picture is asked for next
//! - [`address`], `listener`, `outbox`, `frame_io`: the socket itself
//! - [`company`]: what terminals hear of each other; [`contender`]: what they have to know first
//!
//! The threads are `hub`, `hub events`, `hub socket`, and two for every terminal, `viewer reads` and `viewer writes`; at
//! the other end `attached reads` and `attached writes`.

pub mod address;
pub mod backlog;
pub mod client;
pub mod company;
pub mod contender;
pub mod frame;
mod frame_io;
pub mod hub;
mod kept;
mod listener;
mod losses;
mod outbox;
pub mod protocol;
mod requests;
mod translation;
pub mod words;

#[cfg(test)]
mod tests;
