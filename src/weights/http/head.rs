//! What a server says before it sends: the status and the headers that matter here. Pure, any thread.

use std::time::Duration;

use super::content_range::ContentRange;
use super::error::TransferError;

/// The beginning of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::weights) struct Head {
    /// 200: the whole file follows; 206: a part of it.
    pub(in crate::weights) status: u16,
    /// How many bytes follow, by what the server says.
    pub(in crate::weights) content_bytes: Option<u64>,
    /// Which bytes follow.
    pub(in crate::weights) content_range: Option<ContentRange>,
    /// What changes when the file does: the `ETag`, or else when the file was last changed.
    pub(in crate::weights) validator: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
    retry_after: Option<Duration>,
}

impl Head {
    pub(super) fn of<Body>(response: &ureq::http::Response<Body>) -> Self {
        let text = |name: &str| -> Option<String> {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.trim().to_owned())
        };
        Self {
            status: response.status().as_u16(),
            content_bytes: text("content-length").and_then(|bytes| bytes.parse().ok()),
            content_range: text("content-range").and_then(|range| ContentRange::parse(&range)),
            validator: text("etag").or_else(|| text("last-modified")),
            content_type: text("content-type"),
            content_encoding: text("content-encoding"),
            retry_after: text("retry-after")
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs),
        }
    }

    /// How long the whole file is, by what the server says.
    pub(in crate::weights) fn total_bytes(&self) -> Option<u64> {
        match self.content_range {
            Some(range) if self.status == 206 => range.total_bytes,
            _ if self.status == 200 => self.content_bytes,
            _ => None,
        }
    }

    /// The answer as an error, unless data follows.
    pub(super) fn check(&self) -> Result<(), TransferError> {
        match self.status {
            200 | 206 => {}
            401 | 403 => {
                return Err(TransferError::Forbidden {
                    status: self.status,
                });
            }
            404 | 410 => {
                return Err(TransferError::NotFound {
                    status: self.status,
                });
            }
            416 => return Err(TransferError::RangeRefused),
            429 | 503 => {
                return Err(TransferError::Busy {
                    status: self.status,
                    wait: self.retry_after,
                });
            }
            408 | 500..=599 => {
                return Err(TransferError::Server {
                    status: self.status,
                });
            }
            status => return Err(TransferError::Status { status }),
        }
        let is_html = |kind: &String| kind.to_ascii_lowercase().starts_with("text/html");
        if self.content_type.as_ref().is_some_and(is_html) {
            return Err(TransferError::WebPage);
        }
        match self.content_encoding.as_deref() {
            None | Some("" | "identity") => Ok(()),
            Some(encoding) => Err(TransferError::Encoded {
                encoding: encoding.to_owned(),
            }),
        }
    }
}
