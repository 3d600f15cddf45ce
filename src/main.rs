//! Parses the command line, runs a subcommand, and turns what happened into an exit code. Main thread.

use std::process::ExitCode;

use clap::Parser;
use stylescope::cli::Cli;
use stylescope::command;
use stylescope::preset::visible::visible;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => command::execute(cli),
        Err(error) => {
            // The message quotes arguments, and a file's name can hold what a terminal acts on.
            let shown = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()));
            Cli::try_parse_from(shown).err().unwrap_or(error).exit()
        }
    }
}
