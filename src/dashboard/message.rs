//! What other threads say to the UI thread, all through one channel, and what it has done elsewhere. Plain
//! data.

use std::path::PathBuf;
use std::sync::Arc;

use image::RgbImage;

use super::gpu::GpuLoad;
use super::preview::{EncodeJob, Encoded};
use super::setup::{Joining, Saved, Saving};
use crate::attach::company::Company;
use crate::attach::contender::Contender;
use crate::engine::message::{Command, Event};
use crate::preset::editing::EditError;
use crate::preset::watch::Changed;
use crate::preset::{Listed, Loaded, Override, Preset, PresetError};
use crate::record::chart::LossChart;
use crate::record::folder::recorder::Recorder;
use crate::record::folder::steering::Steered;
use crate::terminal::input::Input;
use crate::terminal::output::OutputEvent;
use crate::terminal::signals::Signal;

/// Something that happened.
#[derive(Debug)]
pub(super) enum Message {
    /// A key, the mouse, a paste; or the terminal is gone.
    Input(Input),
    /// The worker said something.
    Engine(Box<Event>),
    /// News of others who look at the same run.
    Company(Company),
    /// One more is compared, of which the engine says something next.
    Joined(Box<Contender>),
    /// A preset file was saved.
    Files(Changed),
    /// A picture is ready to be written, or could not be made.
    Picture(Box<Encoded>),
    /// The terminal took something.
    Output(OutputEvent),
    /// The system sent a signal.
    Signal(Signal),
    /// A library printed a line.
    Printed(String),
    /// How busy the GPU is.
    Gpu(GpuLoad),
    /// A task is done.
    Done(Box<Done>),
    /// A preset was saved in the run's folder.
    Steered { candidate: usize, steered: Steered },
    /// The editor was closed.
    EditorClosed(Result<(), String>),
}

/// Work that takes long; done one after the other on a thread of its own.
#[derive(Debug)]
pub(super) enum Task {
    /// Read a preset; `why` comes back with it.
    Load {
        name: String,
        overrides: Vec<Override>,
        why: Why,
    },
    /// Find all presets.
    List,
    /// Have a preset join a comparison as this candidate.
    Join { number: usize, name: String },
    /// Draw a chart of so many pixels.
    Chart {
        chart: Box<LossChart>,
        /// Comes back with it.
        tag: u64,
        pixels: (u32, u32),
        dark: bool,
        cell_height: u32,
    },
    /// Write a picture.
    Save(Box<Saving>),
    /// Write changed values into the preset's file.
    Write {
        loaded: Box<Loaded>,
        wanted: Box<Preset>,
        /// What the command line lays over it from then on.
        overrides: Vec<Override>,
    },
    /// Write a new preset.
    WriteAs {
        loaded: Box<Loaded>,
        wanted: Box<Preset>,
        name: String,
        overrides: Vec<Override>,
    },
}

/// Why a preset was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Its file changed.
    Changed,
    /// A person chose it.
    Chosen,
    /// The file of this candidate changed.
    Candidate(usize),
}

/// How a [`Task`] came out.
#[derive(Debug)]
pub(super) enum Done {
    Loaded {
        why: Why,
        result: Result<Box<Loaded>, PresetError>,
    },
    Listed(Vec<Listed>),
    Joining(Result<Box<Joining>, String>),
    /// `None` where it cannot be drawn.
    Chart(u64, Option<RgbImage>),
    Saved {
        candidate: usize,
        is_result: bool,
        result: Result<Saved, String>,
    },
    /// Where to, and the preset as the file says it now.
    Written {
        is_new: bool,
        overrides: Vec<Override>,
        result: Result<(PathBuf, Box<Loaded>), WriteFailure>,
    },
}

/// Why values were not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteFailure {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("{}", .0.summary())]
    Preset(#[from] PresetError),
}

/// What the application wants done; it does nothing itself but keep its state.
#[derive(Debug)]
pub(super) enum Effect {
    /// Say something to the worker.
    Engine(Command),
    /// Tell others who look at the run something.
    Announce { text: String, is_error: bool },
    /// Tell them of one more that is compared, before the worker is told.
    Introduce(Box<Contender>),
    /// Ask the comparison's program to let this preset join.
    Invite(String),
    /// Tell the run's program that this screen is being left.
    Detach,
    /// Do something with files.
    Task(Task),
    /// Other preset files are in use now.
    Watch(Vec<PathBuf>),
    /// Write down what happens to one that joined, and hear of presets that are saved in its folder.
    Record {
        candidate: usize,
        label: String,
        recorder: Arc<Recorder>,
    },
    /// What was saved in the folder of this candidate's run makes no sense to it.
    RefuseSteering { candidate: usize, why: String },
    /// Open a preset file in the editor.
    Edit(PathBuf),
    /// Make a picture for the terminal.
    Encode(EncodeJob),
    /// Nothing of what the encoder made last is on the screen any more.
    ForgetPictures,
    /// Take pictures out of the terminal's memory.
    DeletePictures,
    /// Write a picture.
    WritePicture { tag: u64, pieces: Vec<Vec<u8>> },
    /// To the shell, until `fg`.
    Suspend,
    /// The screen is to be given back.
    Leave,
}
