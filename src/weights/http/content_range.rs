//! The header by which a server says which bytes it sends (RFC 9110, 14.4). Pure, any thread.

/// `Content-Range: bytes 0-99/1234`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::weights) struct ContentRange {
    /// The first byte.
    pub(in crate::weights) first: u64,
    /// The last byte, included.
    pub(in crate::weights) last: u64,
    /// How long the whole file is; `None` for `*`.
    pub(in crate::weights) total_bytes: Option<u64>,
}

impl ContentRange {
    /// Reads the value of the header; `None` where it is not of that form or contradicts itself.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (range, total) = value.trim().strip_prefix("bytes")?.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let read = Self {
            first: first.trim().parse().ok()?,
            last: last.trim().parse().ok()?,
            total_bytes: match total.trim() {
                "*" => None,
                bytes => Some(bytes.parse().ok()?),
            },
        };
        let sound =
            read.first <= read.last && read.total_bytes.is_none_or(|total| read.last < total);
        sound.then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let whole = ContentRange {
            first: 0,
            last: 99,
            total_bytes: Some(1234),
        };
        assert_eq!(ContentRange::parse("bytes 0-99/1234"), Some(whole));
        assert_eq!(
            ContentRange::parse("bytes 0-99/*"),
            Some(ContentRange {
                total_bytes: None,
                ..whole
            })
        );
    }

    #[test]
    fn nonsense_is_none() {
        for value in [
            "",
            "bytes",
            "bytes */1234",
            "bytes 9-3/10",
            "bytes 0-10/10",
            "bytes -1-3/10",
            "items 0-9/10",
            "bytes 0-99999999999999999999/*",
        ] {
            assert_eq!(ContentRange::parse(value), None, "{value:?}");
        }
    }
}
