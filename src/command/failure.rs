//! How a subcommand fails: what the person reads, and the exit code.

use std::io::ErrorKind;
use std::process::ExitCode;

use super::output;
use crate::dashboard::StartError;
use crate::engine::EngineError;
use crate::preset::PresetError;
use crate::preset::visible::visible;

/// Everything that can end a subcommand early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A preset is wrong; shown with its own lines.
    #[error(transparent)]
    Preset(#[from] PresetError),
    /// The engine could not start or go on.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Writing to standard output failed.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
    /// Anything else, already in words.
    #[error("{0}")]
    Message(String),
    /// Said already, in the command's own way; only the exit code is left.
    #[error("")]
    Reported,
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Engine(error) => error.into(),
            other => Self::new(other),
        }
    }
}

impl Failure {
    /// A failure in words: what and where, and after a line break what to do next.
    pub(super) fn new(message: impl std::fmt::Display) -> Self {
        Self::Message(message.to_string())
    }

    /// Says it on standard error.
    pub(super) fn report(&self) -> ExitCode {
        match self {
            // `stylescope presets list | head -1` is no error.
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Reported => {}
            Self::Preset(error) => {
                output::error_line(error.render(output::errors_are_styled()));
            }
            other => output::error_line(format!("error: {}", indented(&other.to_string()))),
        }
        ExitCode::FAILURE
    }
}

/// What is wrong on the first line, what to do about it below, set in.
fn indented(message: &str) -> String {
    message
        .lines()
        // Whatever is quoted from files was made safe before; this is for what somebody forgets.
        .map(|line| visible(line.trim()))
        .collect::<Vec<_>>()
        .join("\n  ")
}
