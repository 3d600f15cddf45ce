//! A socket in the folder of a run or comparison: where it is, and how it is reached however long the folder's path is. Any thread.

use std::fs::Permissions;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Bytes of a path that every system takes for a socket (Linux 107, others 103).
const LONGEST_PATH: usize = 103;

/// Opens the socket at `path`, in a folder that the caller holds. What a killed program left there is replaced.
///
/// # Errors
/// Where there can be none, as on file systems that know no sockets.
pub fn open(path: &Path) -> io::Result<UnixListener> {
    close(path);
    let listener = reached(path, |path| UnixListener::bind(path))?;
    // The folder is for this user only, and so is the socket where the folder was made by somebody else.
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to the socket at `path`.
///
/// # Errors
/// Where there is none, or nobody listens.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    reached(path, |path| UnixStream::connect(path))
}

/// Takes the socket at `path` away, where there is one.
pub fn close(path: &Path) {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.file_type().is_socket());
    if is_socket {
        // One that stays is replaced by the next program, and refused until then.
        let _ = std::fs::remove_file(path);
    }
}

/// Does something with `path`, or a shorter way to it where that is too long for a socket.
fn reached<T>(path: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return act(path);
    };
    if path.as_os_str().len() <= LONGEST_PATH {
        return act(path);
    }
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(folder, flags, Mode::empty())?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
    if short.exists() {
        act(&short.join(name))
    } else {
        // A system without /proc: then it says itself that the path is too long.
        act(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_private_replaces_a_stale_one_and_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let socket = parent.path().join("control.sock");
        drop(open(&socket).unwrap());
        assert!(socket.exists(), "left by a killed program");
        assert!(connect(&socket).is_err());
        let listener = open(&socket).unwrap();
        let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        connect(&socket).unwrap();
        drop(listener);
        close(&socket);
        assert!(!socket.exists());
        close(&socket);
        std::fs::write(&socket, "no socket").unwrap();
        assert!(open(&socket).is_err());
        assert!(socket.exists(), "somebody's file");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_long_path_is_no_hindrance() {
        let parent = tempfile::tempdir().unwrap();
        let deep = parent.path().join("a".repeat(100)).join("b".repeat(100));
        std::fs::create_dir_all(&deep).unwrap();
        let socket = deep.join("control.sock");
        let listener = open(&socket).unwrap();
        connect(&socket).unwrap();
        listener.accept().unwrap();
        close(&socket);
        assert!(!socket.exists());
    }
}
