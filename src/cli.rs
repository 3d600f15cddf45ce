//! The command line: grammar and help texts. Parsed once on the main thread.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

mod compare;
mod pictures;
mod sharing;
pub(crate) mod slurm;

pub use self::compare::{Budget, CompareArguments, GridAxis};
use self::compare::{COMPARE_EXAMPLES, COMPARE_HELP};
pub use self::pictures::{Blend, MorePictures};
use self::sharing::{ATTACH_EXAMPLES, ATTACH_HELP};
pub use self::sharing::{AttachArguments, BackgroundOptions, IN_BACKGROUND};
pub use self::slurm::{Gpus, SlurmOptions, TimeLimit};
use crate::engine::device::DeviceChoice;
use crate::engine::way::SMALLEST_TILE;
use crate::preset::Override;
use crate::weights::catalogue;

/// Neural style transfer by optimisation, live in the terminal.
#[derive(Debug, Parser)]
#[command(
    name = "stylescope",
    version = VERSION,
    about,
    long_about = "Neural style transfer by optimisation (Gatys, Ecker and Bethge, arXiv:1508.06576).\n\n\
        A picture is changed step by step until a neural network sees in it the shapes of one picture \
        (the content) and the textures and colours of another (the style). Which network, which layers and \
        which weights is said by a preset, a small TOML file; `stylescope presets list` shows those \
        that come with the program.",
    after_long_help = "First steps:\n  \
        stylescope demo                               a picture in half a minute, without any file\n  \
        stylescope run photo.jpg painting.jpg         your own pictures, still without trained weights\n  \
        stylescope run photo.jpg painting.jpg -p gatys    with trained weights, fetched once (52 MB)\n  \
        stylescope presets show demo                  what a preset says, to copy and change\n\n\
        Exit status: 0 done, 1 an error, 2 a wrong command line, \
        130 stopped (the picture so far is saved), 75 ended by SIGTERM (`resume` goes on).",
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (libtorch ",
    env!("STYLESCOPE_LIBTORCH_VERSION"),
    ")"
);

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give a picture the style of another.
    #[command(after_long_help = RUN_EXAMPLES)]
    Run(Box<RunArguments>),
    /// Try several presets on the same pictures, side by side.
    #[command(long_about = COMPARE_HELP, after_long_help = COMPARE_EXAMPLES)]
    Compare(Box<CompareArguments>),
    /// Show it on two pictures that the program draws itself.
    #[command(
        long_about = "Runs on a content scene and a painterly style picture that the program draws itself: \
            no file, no download and no trained weights are needed. Takes all options of `run`."
    )]
    Demo(Box<DemoArguments>),
    /// List, show and check presets.
    #[command(subcommand)]
    Presets(PresetsCommand),
    /// Trained weights: list, fetch, check, remove.
    #[command(subcommand, long_about = WEIGHTS_HELP)]
    Weights(WeightsCommand),
    /// Runs that were kept: list, show, compare, remove.
    #[command(subcommand, long_about = RUNS_HELP)]
    Runs(RunsCommand),
    /// Charts, pictures and parameters of runs as one file to send to somebody.
    #[command(long_about = REPORT_HELP)]
    Report(ReportArguments),
    /// The dashboard on a run that goes on elsewhere, or went on.
    #[command(long_about = WATCH_HELP, after_long_help = WATCH_EXAMPLES)]
    Watch(Box<WatchArguments>),
    /// The dashboard of a run or comparison that another program makes, with every key.
    #[command(long_about = ATTACH_HELP, after_long_help = ATTACH_EXAMPLES)]
    Attach(Box<AttachArguments>),
    /// Go on with a run or a comparison whose program has ended.
    #[command(long_about = RESUME_HELP, after_long_help = RESUME_EXAMPLES)]
    Resume(Box<ResumeArguments>),
    /// Print a picture and how it was made.
    #[command(
        long_about = "Prints a picture in the terminal and, where stylescope wrote it, how it was made: the \
            whole preset, the seed, versions, and the hashes of pictures and weights."
    )]
    Show(ShowArguments),
    /// Say what works on this machine, and what to do about what does not.
    #[command(
        long_about = "One screen that says what works on this machine (✓), what works with a limit (!) and what \
            does not (×), and what to do about it: libtorch, threads, CUDA and its driver, the terminal with a \
            test picture, tmux, presets and whether saves are noticed, weights and their cache."
    )]
    Doctor {
        /// One JSON object, for bug reports
        #[arg(long)]
        json: bool,
    },
    /// Says how much memory a small run takes.
    #[command(hide = true)]
    MeasureMemory(MeasureArguments),
    /// Print completions for a shell.
    #[command(long_about = "Prints completions for a shell. For bash, say:\n  \
            stylescope completions bash > ~/.local/share/bash-completion/completions/stylescope")]
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

const RUN_EXAMPLES: &str = "Examples:
  stylescope run photo.jpg painting.jpg
      the preset `demo`, whose network is learned from the two pictures: no weights needed
  stylescope run photo.jpg painting.jpg -p gatys --size 512 -o out.png
      a network with trained weights, which are fetched where this machine has none
  stylescope run photo.jpg painting.jpg --set style.weight=3e5 --set style.layers.block1=0.2
      any field of the preset, as often as wanted; `stylescope presets show` tells their names
  stylescope run photo.jpg painting.jpg -p gatys --detach
      in the background, whatever becomes of the terminal; `stylescope attach` shows and steers it
  stylescope run photo.jpg painting.jpg -p mine.toml --json > run.jsonl
      a preset of your own, and every step's losses for another program to read
  stylescope run photo.jpg painting.jpg --style drawing.png --blend 2,1
      two style pictures, of which the first counts twice as much
  stylescope run photo.jpg painting.jpg --content-mask regions.png --style-mask parts.png
      each region of the photo takes its style from the painting's region of the same colour
  stylescope run --content-image A.jpg --style-image B.jpg --save-dir out
      the command line of the reference program, with its recipe

With --json every line on standard output is one object. `event` says which kind:
  start     version, preset, content, style, size [width, height], device,
            threads, steps, run (its folder); more_styles […], content_mask,
            style_masks […] where there are some
  fetch     network, from, done_bytes, total_bytes: only where weights are
            fetched, once a second
  step      step, seconds, loss {total, content, style, variation},
            terms [{kind, layer, weight, unweighted, weighted}, …]
  change    step, changes, steps: a preset that was saved in the run's folder
            took effect
  recovered the numbers went wrong, and the run went back
  stuck     (`watch`) it waits for somebody
  remark    something worth knowing: a stall, memory that ran out
  detached  with --detach, the only one: the run's id and folder
  refused   message: one that was saved there cannot be used
  end       reason (completed or stopped), step, seconds, output
  error     message
Step s holds the losses of the picture after s updates, so the first one is
step 0; `seconds` is the time spent in steps when they were read back, which
happens for several steps at once.";

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The picture whose shapes are kept
    #[arg(
        value_name = "CONTENT",
        value_hint = ValueHint::FilePath,
        required_unless_present = "content_image",
        conflicts_with = "content_image"
    )]
    pub content: Option<PathBuf>,

    /// The picture whose textures and colours are taken
    #[arg(
        value_name = "STYLE",
        value_hint = ValueHint::FilePath,
        required_unless_present = "style_image",
        conflicts_with = "style_image"
    )]
    pub style: Option<PathBuf>,

    /// What `demo` takes as well.
    #[command(flatten)]
    pub options: RunOptions,

    /// Whether it goes on without the terminal.
    #[command(flatten)]
    pub background: BackgroundOptions,

    /// The reference program's name for CONTENT; selects the preset `reference`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "style_image",
        help_heading = "The reference program's command line")]
    pub content_image: Option<PathBuf>,

    /// The reference program's name for STYLE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "content_image",
        help_heading = "The reference program's command line")]
    pub style_image: Option<PathBuf>,

    /// Write into DIR, as "generated" and the content image's name; made where it does not exist [default: ./output]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, requires = "content_image",
        conflicts_with = "output", help_heading = "The reference program's command line")]
    pub save_dir: Option<PathBuf>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// What `run` takes as well.
    #[command(flatten)]
    pub options: RunOptions,

    /// Whether it goes on without the terminal.
    #[command(flatten)]
    pub background: BackgroundOptions,
}

/// Options that `run`, `demo` and `compare` share.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct RunOptions {
    /// A preset by name or path; see `stylescope presets list` [default: demo]
    #[arg(short, long, value_name = "PRESET")]
    pub preset: Option<String>,

    /// Set a field of the preset, for instance style.weight=3e5 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,

    /// Further style pictures and masks.
    #[command(flatten)]
    pub more: MorePictures,

    /// Where to write the picture: .png, .jpg, .webp or .tif
    ///
    /// Without it a name is made from the pictures and the preset, one that does not exist yet.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Write 16 bits a channel (PNG and TIFF)
    #[arg(long)]
    pub sixteen_bit: bool,

    /// Pixels of the longer side (or what the preset's image.fit says); image.size
    #[arg(long, value_name = "N")]
    pub size: Option<u32>,

    /// Steps of the optimisation at full size; schedule.steps
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,

    /// Where randomness starts; schedule.seed
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,

    /// How far a step goes: the learning rate in the preset
    #[arg(
        long = "lr",
        alias = "learning-rate",
        value_name = "RATE",
        allow_negative_numbers = true
    )]
    pub learning_rate: Option<f64>,

    /// A file of trained weights.
    // Help is written out, since the names of programs would need backticks in a comment.
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help = "Trained weights, a safetensors or PyTorch file with torchvision's names; network.weights",
        long_help = "Trained weights, a safetensors or PyTorch file with torchvision's names; network.weights\n\n\
            Without it they are looked for on this machine, and fetched where they are not: see \
            `stylescope weights --help`."
    )]
    pub weights: Option<PathBuf>,

    /// Never use the network to fetch weights; also `STYLESCOPE_OFFLINE=1`
    #[arg(long)]
    pub offline: bool,

    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: DeviceChoice,

    /// Threads on the CPU [default: libtorch's choice, the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Pictures in tiles, with the same result: auto where that is faster or memory does not suffice, off, or rows of a tile
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub tile: TileChoice,

    /// Most memory to take on the CPU, such as 8G [default: nine tenths of what is free]
    #[arg(long, value_name = "BYTES")]
    pub memory_limit: Option<ByteSize>,

    /// Lines instead of the dashboard, even on a terminal
    #[arg(long)]
    pub headless: bool,

    /// Look for saved presets by reading them again and again, as on network file systems
    #[arg(long)]
    pub poll: bool,

    /// Most pictures a second in the dashboard [default: 8, less on slow links]
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub preview_rate: Option<f64>,

    /// Most bytes of pictures a second in the dashboard, such as 50k or 2M
    #[arg(long, value_name = "BYTES")]
    pub bandwidth: Option<ByteSize>,

    /// Also write what happens, and what libraries print in the dashboard, into FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub log: Option<PathBuf>,

    /// One JSON object a line on standard output: every step, all losses
    #[arg(long)]
    pub json: bool,

    /// Keep the run in a folder of its own in FOLDER [default: `$STYLESCOPE_RUNS`, else ./runs]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub runs: Option<PathBuf>,

    /// Seconds between two checkpoints, from which `stylescope resume` goes on; 0 for none but when it stops
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = checkpoint_interval,
        allow_negative_numbers = true)]
    pub checkpoint_interval: CheckpointInterval,

    /// Also keep the losses and snapshots as an event file for `TensorBoard` (`tensorboard --logdir runs`)
    #[arg(long, conflicts_with = "no_record")]
    pub tensorboard: bool,

    /// Keep nothing of the run but its picture
    #[arg(long, conflicts_with_all = ["runs", "detach"])]
    pub no_record: bool,

    /// How pictures are shown in the dashboard and printed at the end
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub graphics: Graphics,

    /// The run has left its terminal.
    #[arg(skip)]
    pub in_background: bool,
}

/// Whether large pictures pass the network in tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileChoice {
    /// Where it is faster, or memory does not suffice otherwise.
    Automatic,
    /// Never.
    Off,
    /// Always, in tiles of so many rows.
    Side(u32),
}

impl FromStr for TileChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Automatic),
            "off" => Ok(Self::Off),
            side => match side.parse() {
                Ok(side) if side >= SMALLEST_TILE => Ok(Self::Side(side)),
                _ => Err(format!(
                    "expected auto, off, or rows of a tile, {SMALLEST_TILE} or more"
                )),
            },
        }
    }
}

/// Width and height of a picture, `640x480`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureSize(pub (u32, u32));

impl FromStr for PictureSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sides = text.split_once('x');
        let sides =
            sides.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
        sides
            .map(Self)
            .ok_or_else(|| "expected a size such as 640x480".to_owned())
    }
}

/// Arguments of `measure-memory`, by which the program asks itself.
#[derive(Debug, Args)]
pub struct MeasureArguments {
    /// Of the content picture.
    pub content: PictureSize,
    /// Of every style picture.
    #[arg(required = true)]
    pub styles: Vec<PictureSize>,
    /// On the CPU.
    #[arg(long)]
    pub threads: Option<u16>,
}

/// How often a run is kept so that it can be gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointInterval(pub Duration);

/// Longer than any run.
const NEVER: Duration = Duration::from_secs(1 << 40);

fn checkpoint_interval(text: &str) -> Result<CheckpointInterval, String> {
    let seconds: Option<f64> = text.parse().ok();
    match seconds.map(Duration::try_from_secs_f64) {
        Some(Ok(Duration::ZERO)) => Ok(CheckpointInterval(NEVER)),
        Some(Ok(interval)) => Ok(CheckpointInterval(interval)),
        _ => Err("expected a number of seconds, 0 or more".to_owned()),
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
        let factor = match text.get(digits.len()..).unwrap_or_default() {
            "" | "B" => Some(1.0),
            "k" | "K" | "kB" | "KB" => Some(1e3),
            "M" | "MB" => Some(1e6),
            "G" | "GB" => Some(1e9),
            _ => None,
        };
        let number: Option<f64> = digits.parse().ok();
        match (number, factor) {
            (Some(number), Some(factor)) if number * factor >= 1.0 && number.is_finite() => {
                Ok(Self((number * factor) as u64))
            }
            _ => Err("expected a number of bytes of at least 1, such as 50k or 2M".to_owned()),
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= 60.0 => Ok(rate),
        _ => Err("expected a number above 0 and at most 60".to_owned()),
    }
}

/// How a picture is printed into the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Graphics {
    /// What the terminal says it can do
    #[default]
    Auto,
    /// The kitty graphics protocol
    Kitty,
    /// iTerm2's inline images
    #[value(alias = "iterm")]
    Iterm2,
    /// Sixel
    Sixel,
    /// Coloured half-blocks, which every terminal can show
    #[value(name = "halfblocks", aliases = ["half-blocks", "blocks"])]
    HalfBlocks,
    /// Not at all
    None,
}

const WEIGHTS_HELP: &str = "Trained weights of the published networks.\n\n\
    A preset that needs some finds them by itself, in this order: --weights or network.weights; the program's \
    own cache ($STYLESCOPE_CACHE, or `stylescope` in the cache folder of the platform); PyTorch's cache \
    ($TORCH_HOME); Hugging Face's cache ($HF_HUB_CACHE, $HF_HOME). Otherwise they are fetched into the own \
    cache: of a safetensors file only the layers that are needed.\n\n\
    Nothing is fetched with --offline, STYLESCOPE_OFFLINE=1 or HF_HUB_OFFLINE=1. HF_ENDPOINT names a mirror of the Hugging \
    Face hub; STYLESCOPE_WEIGHTS_URL any other place, such as https://mirror.example/{file} or \
    https://mirror.example/{network}.safetensors. Proxies are taken from HTTPS_PROXY, ALL_PROXY and NO_PROXY.";

/// The names of published weights.
fn published() -> PossibleValuesParser {
    PossibleValuesParser::new(catalogue::all().iter().map(|published| published.name))
}

/// The subcommands of `weights`.
#[derive(Debug, Subcommand)]
pub enum WeightsCommand {
    /// What is on this machine and what would have to be fetched, with size, licence and digest
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Fetch weights now, so that no run has to
    Fetch {
        /// Whose
        #[arg(required = true, value_name = "NETWORK", value_parser = published())]
        networks: Vec<String>,
        /// Only the layers down to this one, such as `conv4_2` [default: all convolutions]
        #[arg(long, value_name = "LAYER")]
        layer: Option<String>,
        /// Never use the network: only say whether they are here
        #[arg(long)]
        offline: bool,
    },
    /// Print the path of a network's weights; exit status 1 where there are none
    Path {
        /// Whose
        #[arg(value_name = "NETWORK", value_parser = published())]
        network: String,
    },
    /// Read weights whole and compare them with what is known of them
    Verify {
        /// Whose [default: all that are here]
        #[arg(value_name = "NETWORK", value_parser = published())]
        networks: Vec<String>,
    },
    /// Delete weights from the program's own cache, and what was begun there
    #[command(group = ArgGroup::new("whose").required(true).args(["networks", "all"]))]
    Remove {
        /// Whose
        #[arg(value_name = "NETWORK", value_parser = published())]
        networks: Vec<String>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

const RUNS_HELP: &str = "Runs that were kept.\n\n\
    Every run has a folder of its own in `runs`, in the folder where it was begun ($STYLESCOPE_RUNS or --runs \
    name another): the preset, the losses of every step, what happened, pictures on the way, the result. A run \
    is called by its folder, by the beginning or the end of the folder's name (the last four letters nearly \
    always suffice), or `latest`.";

/// The subcommands of `runs`.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// All runs, the newest last
    List {
        /// Where they are kept.
        #[command(flatten)]
        place: RunsPlace,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// What a run was made of, how far it came, and its picture
    Show {
        /// Which run
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
        /// Where they are kept.
        #[command(flatten)]
        place: RunsPlace,
        /// How the picture is printed
        #[arg(long, value_name = "HOW", value_enum, default_value_t)]
        graphics: Graphics,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// What differs between two runs, and what it did to the losses
    Diff {
        /// The one
        #[arg(value_name = "RUN")]
        one: String,
        /// The other
        #[arg(value_name = "OTHER", default_value = "latest")]
        other: String,
        /// Where they are kept.
        #[command(flatten)]
        place: RunsPlace,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Delete runs with everything in their folders
    #[command(name = "rm", visible_alias = "remove")]
    Remove {
        /// Which runs
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
        /// Where they are kept.
        #[command(flatten)]
        place: RunsPlace,
    },
}

/// Where runs are kept.
#[derive(Debug, Args)]
pub struct RunsPlace {
    /// The folder of runs [default: `$STYLESCOPE_RUNS`, else ./runs]
    #[arg(long = "runs", value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

const REPORT_HELP: &str = "Charts of the losses, pictures and snapshots, parameters, machine and the commands to do it \
    again, of one run or of several side by side, as one file that needs nothing else: no network, no font, no script.\n\n\
    A run is called as in `stylescope runs --help`; the name of a comparison stands for all its runs. A run that goes \
    on or was stopped is reported as far as it came.";

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Which runs, or comparisons
    #[arg(value_name = "RUN", default_value = "latest")]
    pub runs: Vec<String>,
    /// Where to write it: .html, .png or .svg; - for HTML on standard output (repeatable)
    ///
    /// Without it the report is `report-ID.html`, or another name where that is taken. A file that is named here is
    /// replaced.
    #[arg(short, long = "output", value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub outputs: Vec<PathBuf>,
    /// Where they are kept.
    #[command(flatten)]
    pub place: RunsPlace,
}

const WATCH_HELP: &str = "The dashboard on a run that goes on in another terminal, on another machine that sees \
    the same files, or in a batch job; also on one that is over or was killed. Only the run's folder is read.\n\n\
    Saving `preset.toml` in that folder steers the run, whoever saves it: what changes takes effect as by hot \
    reload, and what is no preset is refused with its line. So keys on parameters and a chosen preset work here as \
    well, by writing that file; `a` asks for more steps while the run's program lives. Pausing, going back and \
    beginning again are left to the run's own terminal, and to `stylescope attach` on the same machine. `s` saves the picture as seen into the current folder.\n\n\
    Of a comparison all runs are shown side by side, each with what it does; those that begin later join.\n\n\
    `q` and Ctrl-C leave at once (exit status 0); the run goes on. Without a terminal, or with --headless, lines \
    tell how the run goes until it ends: then the exit status is 0 where it was completed or stopped, 1 where it \
    failed or was killed, 130 after Ctrl-C. Of a comparison one such run is enough.";

const WATCH_EXAMPLES: &str = "Examples:
  stylescope watch
      the newest run in ./runs
  stylescope watch k3f9
      the run whose folder ends so; `stylescope runs list` shows all
  stylescope watch /cluster/me/runs/2026-11-23-221513-gatys-k3f9 --poll
      a batch job on another machine, by the files that both see
  stylescope watch k3f9 --json > run.jsonl
      every step's losses from the first on, as `run --json` prints them, until the run ends";

/// How the dashboard on a run of another program is to behave.
#[derive(Debug, Clone, Args)]
pub struct ScreenOptions {
    /// Look for saved presets by reading them again and again, as on network file systems
    #[arg(long)]
    pub poll: bool,
    /// Most pictures a second [default: 8, less on slow links]
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub preview_rate: Option<f64>,
    /// Most bytes of pictures a second, such as 50k or 2M
    #[arg(long, value_name = "BYTES")]
    pub bandwidth: Option<ByteSize>,
    /// Also write what happens into FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub log: Option<PathBuf>,
    /// How pictures are shown
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub graphics: Graphics,
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// Which run or comparison: its folder, the beginning or the end of its name, or `latest`
    #[arg(value_name = "RUN", default_value = "latest", value_hint = ValueHint::DirPath)]
    pub run: String,
    /// Where runs are kept.
    #[command(flatten)]
    pub place: RunsPlace,
    /// Lines instead of the dashboard, even on a terminal
    #[arg(long)]
    pub headless: bool,
    /// One JSON object a line on standard output, as `run --json` prints them
    #[arg(long)]
    pub json: bool,
    /// How the dashboard is to behave.
    #[command(flatten)]
    pub screen: ScreenOptions,
}

const RESUME_HELP: &str = "Goes on with a run whose program has ended, whatever ended it: stopped, killed, failed, a \
    machine that died. A run keeps a checkpoint every 30 seconds (--checkpoint-interval of `run`) and whenever it stops or \
    is paused; on a CPU the steps that follow are bit for bit those that would have followed.\n\n\
    The pictures and weights must still be those that the run was made of, and lie where they lay. The run is recorded \
    on in its folder; where steps after the checkpoint were lost, they are made again as another way from there. A \
    run that was completed goes on with --steps.\n\n\
    Of a comparison everybody goes on, each from its own checkpoint and in its own folder, in the view of the comparison. \
    Whoever has made all its steps, or was dropped, keeps its picture. --steps is for all but those that were dropped; a \
    --budget of time goes on where it was. One of a comparison goes on alone by the folder of its run.\n\n\
    After SIGTERM, with which Slurm, Kubernetes and others announce the end, a run keeps a checkpoint, saves the picture so far, and \
    ends with exit status 75: it can be resumed.";

const RESUME_EXAMPLES: &str = "Examples:
  stylescope resume
      the newest run in ./runs
  stylescope resume k3f9
      the run whose folder ends so; `stylescope runs list` shows all
  stylescope resume k3f9 --steps 2000
      more steps for a run that was completed
  stylescope resume w2pz
      a comparison: all of it
  stylescope resume k3f9 --detach
      without a terminal; `stylescope attach k3f9` comes to it
  stylescope resume latest --headless || stylescope run photo.jpg painting.jpg --headless
      in a batch job that may be begun again";

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// Which run or comparison: its folder, the beginning or the end of its name, or `latest`
    #[arg(value_name = "RUN", default_value = "latest", value_hint = ValueHint::DirPath)]
    pub run: String,
    /// Where runs are kept.
    #[command(flatten)]
    pub place: RunsPlace,
    /// Steps of the optimisation at full size, from the first on [default: as before]
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Where to compute: auto, cpu, cuda or cuda:N [default: as before]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Threads on the CPU; with another number sums are rounded otherwise [default: as before]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Lines instead of the dashboard, even on a terminal
    #[arg(long)]
    pub headless: bool,
    /// One JSON object a line on standard output: every step, all losses
    #[arg(long)]
    pub json: bool,
    /// How pictures are shown in the dashboard and printed at the end
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub graphics: Graphics,
    /// Whether it goes on without the terminal.
    #[command(flatten)]
    pub background: BackgroundOptions,
}

/// The subcommands of `presets`.
#[derive(Debug, Subcommand)]
pub enum PresetsCommand {
    /// All presets with a line on each, and where they come from
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// A preset's text as written, or with all its fields
    Show {
        /// A preset by name or path
        preset: String,
        /// Every field with the value it has in the end, `extends` and defaults included
        #[arg(long)]
        resolved: bool,
        /// Set a field first (with --resolved)
        #[arg(long = "set", value_name = "KEY=VALUE", requires = "resolved")]
        overrides: Vec<Override>,
    },
    /// Say what is wrong with presets, all of it at once
    Check {
        /// Presets by name or path
        #[arg(required = true, value_hint = ValueHint::FilePath)]
        presets: Vec<String>,
    },
    /// Print the JSON schema that gives editors completion and checking
    Schema,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// The picture
    #[arg(value_hint = ValueHint::FilePath)]
    pub picture: PathBuf,
    /// How it is printed
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub graphics: Graphics,
    /// Print only the preset that made it, ready to be saved and used again
    #[arg(long)]
    pub preset: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
