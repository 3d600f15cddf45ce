//! SHA-256 of files and parts of files, as hexadecimal digits. Any thread; reads block.

use std::fmt::Write;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;

use sha2::{Digest, Sha256};

/// The digest of the `bytes` bytes of `file` from `begin` on; `pulse` is asked every MB whether to go on,
/// and what it stops is an error of the kind `Interrupted`.
pub(in crate::weights) fn sha256_of(
    file: &File,
    begin: u64,
    bytes: u64,
    pulse: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<String, Error> {
    const PIECE_BYTES: usize = 1 << 20;
    let mut piece = vec![0; PIECE_BYTES];
    let mut digest = Sha256::new();
    let mut done = 0;
    while done < bytes {
        if pulse().is_break() {
            return Err(ErrorKind::Interrupted.into());
        }
        let wanted = (bytes - done).min(PIECE_BYTES as u64) as usize;
        let Some(piece) = piece.get_mut(..wanted) else {
            break;
        };
        file.read_exact_at(piece, begin + done)?;
        digest.update(&piece);
        done += wanted as u64;
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// `[0x0f, 0xa0]` as `0fa0`.
pub(in crate::weights) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_part_of_a_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"..abc..").unwrap();
        assert_eq!(
            sha256_of(&file, 2, 3, &mut || ControlFlow::Continue(())).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            sha256_of(&file, 2, 9, &mut || ControlFlow::Continue(()))
                .unwrap_err()
                .kind(),
            ErrorKind::UnexpectedEof
        );
        assert_eq!(
            sha256_of(&file, 2, 3, &mut || ControlFlow::Break(()))
                .unwrap_err()
                .kind(),
            ErrorKind::Interrupted
        );
    }
}
