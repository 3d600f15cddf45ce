//! Why a file could not be had from one address, in the words that the person reads after the address.
//! Plain values, any thread.

use std::time::Duration;

use crate::preset::visible::visible;
use crate::weights::format::FormatError;

/// What went wrong between here and one server, or with what it sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// Whoever asked does not want it any more.
    #[error("it was stopped")]
    Stopped,
    /// The address is none.
    #[error("this is not an address that can be fetched")]
    Address,
    /// The name of the server means nothing here.
    #[error("the name of the server cannot be resolved: is this machine connected to the network?")]
    HostNotFound,
    /// No connection, or one that broke.
    #[error("the connection failed: {}", visible(.0))]
    Connection(String),
    /// No trust in the server.
    #[error(
        "no secure connection: {} (certificates that are trusted here: SSL_CERT_FILE, SSL_CERT_DIR)",
        visible(.0)
    )]
    Secure(String),
    /// The proxy does not let it through.
    #[error("the proxy refused: {}", visible(.0))]
    Proxy(String),
    /// Nothing came for a while.
    #[error("nothing arrived for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    /// From a secure address to one that is not.
    #[error("the server sends on to an address without https, which is refused")]
    InsecureRedirect,
    /// Round in circles.
    #[error("the server sends on from one address to the next without end")]
    TooManyRedirects,
    /// 401 or 403.
    #[error("access is refused (status {status})")]
    Forbidden {
        /// The status of the answer.
        status: u16,
    },
    /// 404 or 410.
    #[error("there is no such file (status {status})")]
    NotFound {
        /// The status of the answer.
        status: u16,
    },
    /// 416: the file is shorter than what was asked of it.
    #[error("the server has no such part of the file (status 416)")]
    RangeRefused,
    /// 429 or 503: later.
    #[error("the server cannot serve it now (status {status})")]
    Busy {
        /// The status of the answer.
        status: u16,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// 408 or any other of the 500s.
    #[error("the server failed (status {status})")]
    Server {
        /// The status of the answer.
        status: u16,
    },
    /// Any other status that is not a success.
    #[error("the server answers with status {status}")]
    Status {
        /// The status of the answer.
        status: u16,
    },
    /// Text where data was expected.
    #[error(
        "a web page came instead of data: is there a log-in page between this machine and the network?"
    )]
    WebPage,
    /// Compressed, though it was not asked for.
    #[error(
        "the data came in the encoding {}, which was not asked for",
        visible(encoding)
    )]
    Encoded {
        /// What the server calls it.
        encoding: String,
    },
    /// Another part of the file than was asked for.
    #[error("bytes {asked} were asked for, and the server says that it sends {answered}")]
    WrongRange {
        /// First and last byte.
        asked: String,
        /// What the server says of it.
        answered: String,
    },
    /// The body ended too early.
    #[error("the answer ended after {arrived_bytes} of {expected_bytes} bytes")]
    Truncated {
        /// How many bytes should have come.
        expected_bytes: u64,
        /// How many came.
        arrived_bytes: u64,
    },
    /// Another file than a moment ago.
    #[error("the file changed on the server while it was fetched")]
    Changed,
    /// The server does not say how long the file is.
    #[error("the server does not say how long the file is")]
    LengthUnknown,
    /// The length that the server names is not the one that follows from the file's header.
    #[error(
        "the file should be {expected_bytes} bytes long by its own header, the server says {found_bytes}"
    )]
    Length {
        /// By the header.
        expected_bytes: u64,
        /// By the server.
        found_bytes: u64,
    },
    /// It is no weights file.
    #[error("what came is not a weights file: {0}")]
    Format(FormatError),
    /// A weights file without what is needed.
    #[error("{0}")]
    Unfit(String),
    /// Not the published file.
    #[error(
        "what came is not the published file: its SHA-256 begins with {found}, not with {expected}"
    )]
    Digest {
        /// In hexadecimal digits.
        expected: String,
        /// As many digits of what came.
        found: String,
    },
}

impl TransferError {
    /// True where the same request may go better in a moment.
    pub(in crate::weights) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::HostNotFound
                | Self::Connection(_)
                | Self::Stalled(_)
                | Self::Busy { .. }
                | Self::Server { .. }
                | Self::Truncated { .. }
        )
    }

    /// How long the server asks to wait before the next attempt.
    pub(in crate::weights) fn asked_wait(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => *wait,
            _ => None,
        }
    }

    /// What the library says, in the words used here.
    pub(super) fn of(error: ureq::Error) -> Self {
        match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Self::Address,
            ureq::Error::HostNotFound => Self::HostNotFound,
            ureq::Error::RequireHttpsOnly(_) => Self::InsecureRedirect,
            ureq::Error::TooManyRedirects => Self::TooManyRedirects,
            ureq::Error::Tls(reason) => Self::Secure(reason.to_owned()),
            ureq::Error::Rustls(error) => Self::Secure(error.to_string()),
            ureq::Error::ConnectProxyFailed(reason) => Self::Proxy(reason),
            ureq::Error::InvalidProxyUrl => {
                Self::Proxy("its address in the environment is not one".to_owned())
            }
            // The system's resolver has no error kind of its own.
            ureq::Error::Io(error) if error.to_string().contains("failed to lookup address") => {
                Self::HostNotFound
            }
            // What a certificate is refused for comes as an error of reading.
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Self::Secure(error.to_string())
            }
            ureq::Error::Io(error) => Self::Connection(error.to_string()),
            other => Self::Connection(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn names_and_certificates_are_told_from_connections() {
        let of = |kind, words| TransferError::of(ureq::Error::Io(Error::new(kind, words)));
        assert_eq!(
            of(ErrorKind::Other, "failed to lookup address information: no"),
            TransferError::HostNotFound
        );
        assert!(matches!(
            of(ErrorKind::InvalidData, "invalid peer certificate"),
            TransferError::Secure(_)
        ));
        let refused = of(ErrorKind::ConnectionRefused, "refused\u{1b}");
        assert_eq!(refused.to_string(), "the connection failed: refused\\u{1b}");
        assert!(refused.is_passing());
    }
}
