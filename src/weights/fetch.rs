//! Fetches published weights into the cache: from one source after the other, only what is needed where
//! that can be had alone, going on where an earlier attempt ended.
//!
//! - `remote`: what lies at an address, by its first bytes
//! - `wanted`: which bytes of it are still to come, and picking them out of what comes
//! - `part`: what has come so far, on disk
//! - `parts`: whose parts lie there, and what becomes of them
//! - `download`: one into the other, again and again while the network fails
//! - `tensors`, `checkpoint`: what becomes of it in the end
//!
//! Runs on the thread that asks, and blocks it; see [`super::http`] for the threads below.

mod checkpoint;
mod download;
mod part;
mod parts;
mod remote;
mod reporter;
mod retry;
mod tensors;
mod wanted;

use super::cache::{Cache, CacheError};
use super::catalogue::{Published, Source};
use super::environment::Environment;
use super::http::{Client, TransferError, without_secrets};
use super::store::Needed;

pub use reporter::{Progress, Report};

pub(super) use parts::Parts;

use remote::{Kind, Remote};
use reporter::Reporter;
use retry::Retry;

/// How often a source may change while it is fetched until it is given up.
const CHANGES: usize = 2;

/// What is to be fetched, and where to.
pub(super) struct Order<'a> {
    pub(super) published: &'static Published,
    pub(super) needed: &'a [Needed],
    pub(super) environment: &'a Environment,
    pub(super) cache: &'a Cache,
    pub(super) parts: Parts<'a>,
}

/// Why nothing was fetched.
#[derive(Debug)]
pub(super) enum Failure {
    /// Whoever asked does not want it any more.
    Stopped,
    /// The cache cannot be written.
    Cache(CacheError),
    /// No source had it: each address, and why not.
    Sources(Vec<(String, TransferError)>),
}

/// Why one source brought nothing.
#[derive(Debug)]
enum Failed {
    Cache(CacheError),
    Transfer(TransferError),
}

impl From<CacheError> for Failed {
    fn from(error: CacheError) -> Self {
        Self::Cache(error)
    }
}

impl From<TransferError> for Failed {
    fn from(error: TransferError) -> Self {
        Self::Transfer(error)
    }
}

/// One address, and what is known of the file there.
struct Address {
    url: String,
    /// The first digits of the SHA-256 of the file, where it is one whose digest is published.
    sha256: Option<&'static str>,
}

/// Fetches what is ordered; then a file with it lies in the cache.
pub(super) fn fetch(order: &Order<'_>, report: Report<'_>) -> Result<(), Failure> {
    let fetched = from_addresses(order, report);
    match &fetched {
        Ok(()) => order.parts.clear(),
        Err(_) => order.parts.leave(),
    }
    fetched
}

fn from_addresses(order: &Order<'_>, report: Report<'_>) -> Result<(), Failure> {
    let mut reporter = Reporter::new(report);
    let mut failures: Vec<(String, TransferError)> = Vec::new();
    for address in addresses(order) {
        if let Some((_, error)) = failures.last() {
            let trying = Progress::Trying {
                after: error.to_string(),
                seconds: 0,
            };
            reporter.say(trying).map_err(|_| Failure::Stopped)?;
        }
        match from_address(order, &address, &mut reporter) {
            Ok(()) => return Ok(()),
            Err(Failed::Transfer(TransferError::Stopped)) => return Err(Failure::Stopped),
            Err(Failed::Cache(error)) => return Err(Failure::Cache(error)),
            Err(Failed::Transfer(error)) => {
                failures.push((without_secrets(&address.url), error));
            }
        }
    }
    Err(Failure::Sources(failures))
}

/// Where it can be had: by the template alone where there is one, or else by all published sources.
fn addresses(order: &Order<'_>) -> Vec<Address> {
    if let Some(template) = &order.environment.template {
        let url = template.url(order.published);
        let path = url.split(['?', '#']).next().unwrap_or_default();
        // A mirror that uses the published name promises the published file.
        let sha256 = order
            .published
            .checkpoint()
            .filter(|(file, _)| path.ends_with(&format!("/{file}")))
            .map(|(_, sha256)| sha256);
        return vec![Address { url, sha256 }];
    }
    let of = |source: &Source| Address {
        url: source.url(&order.environment.hub),
        sha256: match source {
            Source::Address { sha256, .. } => Some(*sha256),
            Source::Hub { .. } => None,
        },
    };
    order.published.sources.iter().map(of).collect()
}

fn from_address(
    order: &Order<'_>,
    address: &Address,
    reporter: &mut Reporter<'_>,
) -> Result<(), Failed> {
    let patience = order.environment.patience;
    let client = Client::new(
        &address.url,
        patience.stall,
        order.environment.proxies.of(&address.url),
    );
    let mut changes = 0;
    loop {
        let remote = find_out(&client, address, &mut Retry::new(patience), reporter)?;
        let fetched = match &remote.kind {
            Kind::Tensors(header) => tensors::fetch(order, &client, &remote, header, reporter),
            Kind::Checkpoint => {
                checkpoint::fetch(order, &client, &remote, address.sha256, reporter)
            }
        };
        match fetched {
            Err(Failed::Transfer(TransferError::Changed)) if changes < CHANGES => changes += 1,
            other => return other,
        }
    }
}

/// Asks an address what lies there, again while the network fails.
fn find_out(
    client: &Client,
    address: &Address,
    retry: &mut Retry,
    reporter: &mut Reporter<'_>,
) -> Result<Remote, TransferError> {
    loop {
        match Remote::at(client, &address.url, &mut || reporter.again()) {
            Ok(remote) => return Ok(remote),
            Err(error) => retry.pause(error, reporter)?,
        }
    }
}
