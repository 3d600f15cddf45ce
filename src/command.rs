//! The subcommands, one file each. Main thread.

mod attach;
mod compare;
mod completions;
mod demo;
mod doctor;
mod event_file;
mod failure;
mod fetching;
mod interruption;
mod output;
mod presets;
mod provenance;
mod report;
mod resume;
mod run;
mod runs;
mod show;
mod table;
mod telling;
mod terminal_picture;
mod watch;
mod weights;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::terminal::signals::{self, INTERRUPTED, RESUMABLE};
use failure::Failure;

/// Runs what the command line asks for; says on standard error what went wrong.
pub fn execute(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Run(arguments) => run::execute(*arguments),
        Command::Demo(arguments) => demo::execute(*arguments),
        Command::Presets(command) => presets::execute(&command),
        Command::Weights(command) => weights::execute(&command),
        Command::Runs(command) => runs::execute(&command),
        Command::Compare(arguments) => compare::execute(*arguments),
        Command::Report(arguments) => report::execute(&arguments),
        Command::Attach(arguments) => attach::execute(&arguments),
        Command::Resume(arguments) => resume::execute(&arguments),
        Command::Watch(arguments) => watch::execute(&arguments),
        Command::Show(arguments) => show::execute(&arguments),
        Command::Doctor { json } => doctor::execute(json),
        Command::MeasureMemory(arguments) => run::memory::probe::execute(&arguments),
        Command::Completions { shell } => completions::execute(shell),
    };
    match result {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// The exit code once a screen is left from which somebody looked at what another program makes.
fn left(interrupted: bool) -> ExitCode {
    if interrupted {
        ExitCode::from(INTERRUPTED)
    } else {
        ExitCode::SUCCESS
    }
}
