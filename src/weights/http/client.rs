//! The settings of all requests, and one request. Any thread.

use std::time::Duration;

use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// What all requests of one fetch have in common; keeps connections for the next one.
#[derive(Debug, Clone)]
pub(in crate::weights) struct Client {
    agent: Agent,
    /// The same with the certificates that come with this program.
    bundled: Agent,
    pub(super) stall: Duration,
}

/// What is asked of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::weights) struct Request {
    /// The address.
    pub(in crate::weights) url: String,
    /// First and last byte, both included; `None` for the whole file.
    pub(in crate::weights) range: Option<(u64, u64)>,
    /// The range is only wanted while the file's validator is still this one.
    pub(in crate::weights) unless_changed: Option<String>,
}

impl Client {
    /// A client for `url`, which gives up after `stall` without a byte; `proxy` as the environment says.
    pub(in crate::weights) fn new(url: &str, stall: Duration, proxy: Option<&ureq::Proxy>) -> Self {
        // The one who waits counts for himself; this only ends the thread that nobody waits for any more.
        let abandoned = stall * 2;
        let agent = |roots| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .https_only(url.starts_with("https://"))
                .tls_config(TlsConfig::builder().root_certs(roots).build())
                .proxy(proxy.cloned())
                .user_agent(concat!("stylescope/", env!("CARGO_PKG_VERSION")))
                .accept_encoding("identity")
                .timeout_resolve(Some(abandoned))
                .timeout_connect(Some(abandoned))
                .timeout_per_read(Some(abandoned))
                .timeout_per_write(Some(abandoned))
                .build();
            Agent::new_with_config(config)
        };
        Self {
            // Certificates that only this machine trusts, such as those of a company's proxy, count too.
            agent: agent(RootCerts::PlatformVerifier),
            bundled: agent(RootCerts::WebPki),
            stall,
        }
    }

    /// Sends the request and reads the head of the answer, in the thread that calls.
    pub(super) fn call(&self, request: &Request) -> Result<Response<Body>, ureq::Error> {
        match Self::call_by(&self.agent, request) {
            // Small containers have no certificates at all.
            Err(ureq::Error::Rustls(error)) if error.to_string().contains("No CA certificates") => {
                Self::call_by(&self.bundled, request)
            }
            answer => answer,
        }
    }

    fn call_by(agent: &Agent, request: &Request) -> Result<Response<Body>, ureq::Error> {
        let mut asked = agent.get(&request.url);
        if let Some((first, last)) = request.range {
            asked = asked.header("Range", format!("bytes={first}-{last}"));
            // A weak validator may not stand here (RFC 9110, 13.1.5).
            if let Some(validator) = request.unless_changed.as_ref()
                && !validator.starts_with("W/")
            {
                asked = asked.header("If-Range", validator);
            }
        }
        asked.call()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_https_nothing_leads_to_http() {
        let only = |url| {
            let client = Client::new(url, Duration::from_secs(1), None);
            client.agent.config().https_only()
        };
        assert!(only("https://a.example"));
        assert!(!only("http://a.example"));
    }
}
