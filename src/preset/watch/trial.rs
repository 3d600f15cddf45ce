//! Tries whether a folder's events arrive. Blocks the calling thread, for half a second at most.

use std::io;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::file_system::without_events;
use super::interest::Interest;
use super::registration::{Happened, Registration, reason};

/// What comes later is of no use to a person who has just saved a file.
const PATIENCE: Duration = Duration::from_millis(500);

/// What became of a try.
#[derive(Debug)]
pub enum Trial {
    /// The event came so long after the file was made.
    Arrived(Duration),
    /// Nothing came for half a second.
    Silent,
    /// They may arrive, but those of changes made on other machines do not: the file system's name.
    LocalOnly(&'static str),
    /// The system watches nothing: why, in words.
    Refused(String),
    /// No file can be made in the folder, so nothing was tried.
    NotWritable(io::Error),
}

/// Makes a hidden file in `folder`, which is no preset, removes it at once, and waits for the system to
/// tell of it, through the same registration as a [`Watcher`](super::Watcher)'s.
pub fn try_events(folder: &Path) -> Trial {
    if let Some(name) = without_events(folder) {
        return Trial::LocalOnly(name);
    }
    let (tell, told) = channel();
    let registered = Registration::start(move |happened: Happened| drop(tell.send(happened)))
        .and_then(|mut registration| {
            registration.cover(&Interest::of(&[], &[folder.to_owned()], &[]))?;
            Ok(registration)
        });
    let _registration = match registered {
        Ok(registration) => registration,
        Err(error) => return Trial::Refused(reason(&error)),
    };
    let start = Instant::now();
    let made = tempfile::Builder::new()
        .prefix(".stylescope-doctor-")
        .tempfile_in(folder);
    let name = match &made {
        Ok(file) => file.path().file_name().map(ToOwned::to_owned),
        Err(_) => None,
    };
    // Its making is told even so, and nothing that ends this program now leaves it behind.
    if let Err(error) = made.and_then(tempfile::NamedTempFile::close) {
        return Trial::NotWritable(error);
    }
    loop {
        match told.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
            Ok(happened)
                if happened
                    .paths
                    .iter()
                    .any(|path| path.file_name() == name.as_deref()) =>
            {
                return Trial::Arrived(happened.at.saturating_duration_since(start));
            }
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Trial::Silent;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_arrive_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        match try_events(folder.path()) {
            Trial::Arrived(after) => assert!(after < PATIENCE),
            other => panic!("{other:?}"),
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_takes_no_files_is_not_tried() {
        // Not even root makes files there.
        let trial = try_events(Path::new("/proc/self"));
        assert!(matches!(trial, Trial::NotWritable(_)), "{trial:?}");
    }
}
