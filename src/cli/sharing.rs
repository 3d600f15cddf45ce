//! The command line of runs without a terminal of their own, and of terminals that are attached to them.

use clap::{Args, ValueHint};

use super::{RunsPlace, ScreenOptions};

/// The hidden switch with which a run in the background is started.
pub const IN_BACKGROUND: &str = "--in-background";

/// How `run`, `demo`, `compare` and `resume` may be told to leave the terminal.
#[derive(Debug, Clone, Copy, Args)]
pub struct BackgroundOptions {
    /// Leave the terminal at once: the run goes on by itself, `stylescope attach` comes to it
    #[arg(long)]
    pub detach: bool,

    /// Started by one that was told so.
    #[arg(long, hide = true)]
    pub in_background: bool,
}

pub(super) const ATTACH_HELP: &str = "The dashboard of a run, or the view of a comparison, that another program makes on this \
    machine, with every key: one that was started with --detach or --headless, whose terminal was closed, or that has its dashboard in another \
    terminal. Several may be attached at once: all see the same, the last to act wins, and everybody is told.\n\n\
    `q` leaves the screen, and the run goes on; the question before it also has a way to stop the run, whose own \
    program then saves the picture. `s` saves the picture as it is into the current folder. A run that is paused when \
    it is left by a key stays paused; where the connection of the last terminal is lost, it goes on.\n\n\
    Of a comparison `d` and `p` drop and promote, which everybody sees, and `j` asks its program to let a preset join: that \
    one has the pictures and keeps the record. Saving a preset's file changes its candidate while somebody is attached.\n\n\
    Programs speak through a socket in the folder of the run or comparison, for this user only. What is on another machine, or \
    over, and what Slurm computes can be looked at with `stylescope watch`.";

pub(super) const ATTACH_EXAMPLES: &str = "Examples:
  stylescope run photo.jpg painting.jpg --detach
      begins a run in the background and says what it is called
  stylescope attach
      the newest run in ./runs
  stylescope attach k3f9
      the run or comparison whose folder ends so; `stylescope runs list` shows all runs
  ssh -t node7 stylescope attach /cluster/me/runs/2026-11-23-221513-gatys-k3f9
      one that goes on on another machine";

/// Arguments of `attach`.
#[derive(Debug, Args)]
pub struct AttachArguments {
    /// Which run or comparison: its folder, the beginning or the end of its name, or `latest`
    #[arg(value_name = "RUN", default_value = "latest", value_hint = ValueHint::DirPath)]
    pub run: String,
    /// Where runs are kept.
    #[command(flatten)]
    pub place: RunsPlace,
    /// How the dashboard is to behave.
    #[command(flatten)]
    pub screen: ScreenOptions,
}
