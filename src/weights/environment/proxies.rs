//! The proxies that the environment names, read as curl reads them. Plain values, any thread.

use ureq::Proxy;
use ureq::http::uri::Authority;

use super::EnvironmentError;
use crate::weights::http::without_secrets;

/// Variables that name a proxy for `https` addresses; the first one that is set counts.
const FOR_HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// The same for `http` addresses. `HTTP_PROXY` is missing: to programs that a web server starts it is what a
/// client sends as the header `Proxy`.
const FOR_HTTP: [&str; 3] = ["http_proxy", "all_proxy", "ALL_PROXY"];
/// Variables that name hosts to which no proxy leads.
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Proxies by the address that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `https://`.
    pub https: Option<Proxy>,
    /// For `http://`.
    pub http: Option<Proxy>,
}

impl Proxies {
    /// The proxy for what begins at `url`, wherever it is sent on to from there.
    #[must_use]
    pub fn of(&self, url: &str) -> Option<&Proxy> {
        if url.starts_with("http://") {
            self.http.as_ref()
        } else {
            self.https.as_ref()
        }
    }

    /// Reads the variables; empty ones are not set.
    pub(super) fn read(text: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let exceptions = EXCEPTIONS.into_iter().find_map(text).unwrap_or_default();
        let first = |names: &[&'static str]| {
            let mut set = names.iter().filter_map(|name| Some((*name, text(name)?)));
            set.next()
                .map(|(variable, address)| proxy(variable, &address, &exceptions))
                .transpose()
        };
        Ok(Self {
            https: first(&FOR_HTTPS)?,
            http: first(&FOR_HTTP)?,
        })
    }
}

fn proxy(
    variable: &'static str,
    address: &str,
    exceptions: &str,
) -> Result<Proxy, EnvironmentError> {
    let refused = || EnvironmentError::Proxy {
        variable,
        address: without_secrets(address),
    };
    // Of a host alone, the library does not take the slash that is often written behind it.
    let whole = address.trim().trim_end_matches('/');
    let named = Proxy::new(whole).map_err(|_| refused())?;
    let is_host_alone = |authority: &str| authority.ends_with(named.host());
    // A port that is no number is passed over by the library, as if none were named.
    let has_port = named.uri().port_u16().is_some();
    let authority = named.uri().authority().map(Authority::as_str);
    if named.host().is_empty() || !(has_port || authority.is_some_and(is_host_alone)) {
        return Err(refused());
    }
    // Only its builder takes hosts that are excepted.
    let mut builder = Proxy::builder(named.protocol())
        .host(named.host())
        .port(named.port())
        .resolve_target(named.resolve_target());
    if let Some(name) = named.username() {
        builder = builder.username(name);
    }
    if let Some(password) = named.password() {
        builder = builder.password(password);
    }
    for excepted in patterns(exceptions) {
        builder = builder.no_proxy(&excepted);
    }
    builder.build().map_err(|_| refused())
}

/// The hosts of `NO_PROXY` in the library's words: as in curl, a name stands for the names below it too.
fn patterns(exceptions: &str) -> Vec<String> {
    let entries = exceptions.split([',', ' ', '\t']);
    let entries = entries.filter(|entry| !entry.is_empty());
    entries
        .flat_map(|entry| match entry.trim_start_matches('.') {
            wild if wild.contains('*') => vec![wild.to_owned()],
            host => vec![host.to_owned(), format!(".{host}")],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ureq::http::Uri;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Proxies, EnvironmentError> {
        Proxies::read(&|name| {
            let mut set = variables.iter().filter(|(key, _)| *key == name);
            set.next().map(|(_, value)| (*value).to_owned())
        })
    }

    /// The hosts for `https` and `http` addresses.
    fn hosts(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let read = read(variables).unwrap();
        ["https://a.example", "http://a.example"]
            .map(|url| read.of(url).map(|proxy| proxy.host().to_owned()))
    }

    #[test]
    fn the_more_exact_variable_comes_first() {
        let all = [
            ("ALL_PROXY", "http://all"),
            ("all_proxy", "all-small"),
            ("HTTPS_PROXY", "https://secure"),
            ("https_proxy", " secure-small:3128/ "),
            ("http_proxy", "http://plain:8080"),
            ("HTTP_PROXY", "http://never"),
        ];
        let some = |host: &str| Some(host.to_owned());
        assert_eq!(hosts(&all), [some("secure-small"), some("plain")]);
        assert_eq!(hosts(&all[..3]), [some("secure"), some("all-small")]);
        assert_eq!(hosts(&all[..1]), [some("all"), some("all")]);
        assert_eq!(hosts(&all[5..]), [None, None]);
    }

    #[test]
    fn everything_in_the_address_counts() {
        let address = "socks5h://me:p%40ss@[::1]:9050";
        let proxy = read(&[("all_proxy", address)]).unwrap().https.unwrap();
        assert_eq!(proxy.protocol(), ureq::ProxyProtocol::Socks5h);
        assert_eq!((proxy.host(), proxy.port()), ("[::1]", 9050));
        assert_eq!(proxy.username(), Some("me"));
        assert_eq!(proxy.password(), Some("p@ss"));
        assert!(!proxy.resolve_target());
    }

    #[test]
    fn what_is_no_address_is_said_without_its_password() {
        for address in [
            "htp://me:secret@proxy.example:3128",
            "http//me:secret@proxy.example:3128",
            "me:secret@proxy.example:3128x",
            "http://me:secret@proxy.example:99999",
            "http://",
            "a b",
        ] {
            let error = read(&[("HTTPS_PROXY", address)]).unwrap_err();
            let words = error.to_string();
            assert!(words.contains("HTTPS_PROXY"), "{words}");
            assert!(!format!("{error:?}{words}").contains("secret"), "{words}");
        }
    }

    #[test]
    fn excepted_hosts() {
        let excepted = |list: &str, host: &str| {
            let proxies = read(&[("https_proxy", "proxy"), ("NO_PROXY", list)]).unwrap();
            let uri: Uri = format!("https://{host}/a").parse().unwrap();
            proxies.https.unwrap().is_no_proxy(&uri)
        };
        for (list, host, is_excepted) in [
            ("localhost, mirror.example", "mirror.example", true),
            ("mirror.example", "deep.mirror.example", true),
            (".mirror.example", "mirror.example", true),
            ("*.mirror.example", "deep.mirror.example", true),
            ("mirror.example", "amirror.example", false),
            ("*", "anything.example", true),
            ("", "mirror.example", false),
        ] {
            assert_eq!(excepted(list, host), is_excepted, "{list} {host}");
        }
    }
}
