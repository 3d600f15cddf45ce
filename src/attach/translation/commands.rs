//! What terminals want, and what others are told of it.

use crate::attach::company::Deed;
use crate::attach::frame::FrameError;
use crate::attach::words::{self, PictureWanted, ToRun};
use crate::engine::message::{Command, PictureRequest, Region, Whose};

use super::presets::{of_preset, preset_of};

/// A command in words; `None` for what cannot be said through a socket.
pub(in crate::attach) fn of_command(command: &Command) -> Option<ToRun> {
    Some(match command {
        Command::Pause => ToRun::Pause,
        Command::Resume => ToRun::Resume,
        Command::Stop => ToRun::Stop,
        Command::ChangePreset { candidate, preset } => ToRun::ChangePreset {
            candidate: *candidate,
            preset: of_preset(preset),
        },
        Command::Restart => ToRun::Restart,
        Command::Snapshot => ToRun::Snapshot,
        Command::GoBack { snapshot } => ToRun::GoBack {
            snapshot: *snapshot,
        },
        Command::Forget { snapshot } => ToRun::Forget {
            snapshot: *snapshot,
        },
        Command::RequestPicture(request) => ToRun::Picture {
            request: of_request(*request),
        },
        Command::MeasureGradients => ToRun::MeasureGradients,
        Command::Drop { candidate } => ToRun::Drop {
            candidate: *candidate,
        },
        // Pictures would have to travel with it: the program that has them is asked by `ToRun::Invite`.
        Command::Join { .. } => return None,
    })
}

/// What a terminal wants of the engine; `None` where it is about the connection.
///
/// # Errors
/// Where a preset is none.
pub(in crate::attach) fn command(words: ToRun) -> Result<Option<Command>, FrameError> {
    Ok(Some(match words {
        ToRun::Hello { .. } | ToRun::Goodbye | ToRun::Invite { .. } => return Ok(None),
        ToRun::Pause => Command::Pause,
        ToRun::Resume => Command::Resume,
        ToRun::Stop => Command::Stop,
        ToRun::ChangePreset { candidate, preset } => Command::ChangePreset {
            candidate,
            preset: Box::new(preset_of(&preset)?),
        },
        ToRun::Restart => Command::Restart,
        ToRun::Snapshot => Command::Snapshot,
        ToRun::GoBack { snapshot } => Command::GoBack { snapshot },
        ToRun::Forget { snapshot } => Command::Forget { snapshot },
        ToRun::Picture { request } => Command::RequestPicture(picture_request(request)),
        ToRun::MeasureGradients => Command::MeasureGradients,
        ToRun::Drop { candidate } => Command::Drop { candidate },
    }))
}

/// What others are told of a command.
pub(in crate::attach) fn deed_of(command: &Command) -> Option<Deed> {
    match command {
        Command::Pause => Some(Deed::Paused),
        Command::Resume => Some(Deed::Resumed),
        Command::Stop => Some(Deed::Stopped),
        Command::ChangePreset { .. } => Some(Deed::ChangedPreset),
        Command::Restart => Some(Deed::Restarted),
        Command::GoBack { .. } => Some(Deed::WentBack),
        Command::Drop { .. } => Some(Deed::Dropped),
        _ => None,
    }
}

pub(in crate::attach) fn of_deed(deed: Deed) -> words::Deed {
    match deed {
        Deed::Paused => words::Deed::Paused,
        Deed::Resumed => words::Deed::Resumed,
        Deed::Stopped => words::Deed::Stopped,
        Deed::ChangedPreset => words::Deed::ChangedPreset,
        Deed::Restarted => words::Deed::Restarted,
        Deed::WentBack => words::Deed::WentBack,
        Deed::Dropped => words::Deed::Dropped,
        Deed::Invited => words::Deed::Invited,
    }
}

pub(super) fn deed(words: words::Deed) -> Deed {
    match words {
        words::Deed::Paused => Deed::Paused,
        words::Deed::Resumed => Deed::Resumed,
        words::Deed::Stopped => Deed::Stopped,
        words::Deed::ChangedPreset => Deed::ChangedPreset,
        words::Deed::Restarted => Deed::Restarted,
        words::Deed::WentBack => Deed::WentBack,
        words::Deed::Dropped => Deed::Dropped,
        words::Deed::Invited => Deed::Invited,
    }
}

pub(super) fn of_region(region: Region) -> words::Region {
    words::Region {
        x: region.x,
        y: region.y,
        width: region.width,
        height: region.height,
    }
}

pub(super) fn region(words: words::Region) -> Region {
    Region {
        x: words.x,
        y: words.y,
        width: words.width.max(1),
        height: words.height.max(1),
    }
}

pub(super) fn of_request(request: PictureRequest) -> PictureWanted {
    PictureWanted {
        of: match request.of {
            Whose::All => words::Whose::All,
            Whose::One(one) => words::Whose::One(one),
            Whose::Two(one, two) => words::Whose::Two(one, two),
        },
        region: request.region.map(of_region),
        most: request.most,
    }
}

pub(super) fn picture_request(words: PictureWanted) -> PictureRequest {
    PictureRequest {
        of: match words.of {
            words::Whose::All => Whose::All,
            words::Whose::One(one) => Whose::One(one),
            words::Whose::Two(one, two) => Whose::Two(one, two),
        },
        region: words.region.map(region),
        most: (words.most.0.max(1), words.most.1.max(1)),
    }
}
