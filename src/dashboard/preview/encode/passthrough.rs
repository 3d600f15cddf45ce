//! Sequences that tmux is to hand on to the terminal around it. Pure; runs on the thread "preview".

/// `sequence` as tmux's passthrough (which the user must have allowed: `allow-passthrough on`), or as it is.
pub(super) fn wrapped(sequence: Vec<u8>, in_tmux: bool) -> Vec<u8> {
    if !in_tmux {
        return sequence;
    }
    let mut wrapped = Vec::with_capacity(sequence.len() + 16);
    wrapped.extend(b"\x1bPtmux;");
    for byte in sequence {
        if byte == 0x1b {
            wrapped.push(0x1b);
        }
        wrapped.push(byte);
    }
    wrapped.extend(b"\x1b\\");
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_doubled_for_tmux_only() {
        let sequence = b"\x1b_Ga=d\x1b\\".to_vec();
        assert_eq!(wrapped(sequence.clone(), false), sequence);
        assert_eq!(
            wrapped(sequence, true),
            b"\x1bPtmux;\x1b\x1b_Ga=d\x1b\x1b\\\x1b\\"
        );
    }
}
