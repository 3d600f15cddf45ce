//! Parses the command line, runs a subcommand, and turns what happened into an exit code. Main thread.

use std::process::ExitCode;

use clap::Parser;
use stylescope::cli::Cli;
use stylescope::command;
use stylescope::preset::visible::visible;
use tikv_jemallocator::Jemalloc;

/// libtorch's tensors come from here, too. What is freed is kept for the next of its size: the system's allocator gives
/// large blocks back at once, and then every operation begins with the kernel clearing its result's pages, which takes a
/// quarter of a step at 512 pixels. `.cargo/config.toml` says how long.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

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
