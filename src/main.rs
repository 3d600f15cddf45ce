//! Parses the command line, runs a subcommand, and turns what happened into an exit code. Main thread.

use std::process::ExitCode;

use clap::Parser;
use stylescope::cli::Cli;
use stylescope::command;

fn main() -> ExitCode {
    command::execute(Cli::parse())
}
