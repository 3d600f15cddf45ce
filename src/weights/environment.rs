//! What the environment says about weights: folders, mirrors, proxies, whether the network may be used.
//! Read once, then a plain value. Any thread.

mod proxies;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::preset::visible::visible;
use crate::weights::catalogue::Published;
use crate::weights::http::without_secrets;

pub use proxies::Proxies;

/// The settings of a [`Store`](super::store::Store).
#[derive(Debug, Clone)]
pub struct Environment {
    /// The program's own cache: `$STYLESCOPE_CACHE`, or `stylescope` in the platform's folder of caches.
    pub cache: PathBuf,
    /// Where `PyTorch` keeps what it fetched: `hub/checkpoints` in `$TORCH_HOME`; `None` where no variable
    /// names it and there is no home folder either.
    pub checkpoints: Option<PathBuf>,
    /// Where Hugging Face's programs keep what they fetched: `$HF_HUB_CACHE`, `hub` in `$HF_HOME`.
    pub hub_cache: Option<PathBuf>,
    /// The address of the hub or its mirror, `$HF_ENDPOINT`; no slash at its end.
    pub hub: String,
    /// `$STYLESCOPE_WEIGHTS_URL`: then the only source.
    pub template: Option<Template>,
    /// What forbids the network, as messages name it; `None` where nothing does.
    pub offline: Option<&'static str>,
    /// `$HTTPS_PROXY`, `$ALL_PROXY`, `$http_proxy`, and `$NO_PROXY` in them.
    pub proxies: Proxies,
    /// How long to wait, how often to try again.
    pub patience: Patience,
}

/// How long to wait for a server, and how often to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// After so long without a byte a connection counts as dead.
    pub stall: Duration,
    /// Attempts in a row that brought nothing, above 0.
    pub attempts: u32,
    /// The pause after the first of them; it doubles with each further one.
    pub pause: Duration,
    /// The longest pause, also where the server asks for a longer one.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(30),
            attempts: 4,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// An address with gaps for what is fetched: `{network}`, `{file}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Takes an address that begins with `http://` or `https://` and has one of the gaps at least.
    pub fn new(text: &str) -> Result<Self, EnvironmentError> {
        let text = text.trim();
        if !is_http(text) || !(text.contains("{network}") || text.contains("{file}")) {
            return Err(EnvironmentError::Template(without_secrets(text)));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address of `published`.
    #[must_use]
    pub fn url(&self, published: &Published) -> String {
        let file = published
            .checkpoint()
            .map_or(published.name, |(file, _)| file);
        self.0
            .replace("{network}", published.name)
            .replace("{file}", file)
    }
}

/// A variable that says nothing that can be used. Addresses are kept without passwords, since they are shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// `STYLESCOPE_WEIGHTS_URL`
    #[error(
        "STYLESCOPE_WEIGHTS_URL is `{}`, which is not an address with a place for the name\n  \
         give one such as https://mirror.example/{{file}} (vgg19-dcbb9e9d.pth) or \
         https://mirror.example/{{network}}.safetensors (vgg19)",
        visible(.0)
    )]
    Template(String),
    /// `HF_ENDPOINT`
    #[error(
        "HF_ENDPOINT is `{}`, which is not an address\n  \
         give one that begins with https://, or unset it",
        visible(.0)
    )]
    Hub(String),
    /// `HTTPS_PROXY` and its like.
    #[error(
        "{variable} is `{}`, which is not the address of a proxy\n  \
         give one such as http://proxy.example:3128 or socks5h://proxy.example:1080, or unset it",
        visible(address)
    )]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// What it says.
        address: String,
    },
    /// There is no home folder, and no variable that names another.
    #[error(
        "there is no folder for the cache of weights: this user has no home folder\n  \
         name a folder by STYLESCOPE_CACHE"
    )]
    NoHome,
}

fn is_http(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

impl Environment {
    /// Reads the variables of this process; `offline` as `--offline` says.
    pub fn of_process(offline: bool) -> Result<Self, EnvironmentError> {
        let caches = etcetera::choose_base_strategy()
            .ok()
            .map(|strategy| strategy.cache_dir());
        Self::read(offline, caches.as_deref(), &|name| std::env::var_os(name))
    }

    /// The same from given variables; `caches` is the platform's folder of caches.
    fn read(
        offline: bool,
        caches: Option<&Path>,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, EnvironmentError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let folder = |name: &str| set(name).map(PathBuf::from);
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
        let in_caches = |name: &str| caches.map(|caches| caches.join(name));

        let cache = folder("STYLESCOPE_CACHE")
            .or_else(|| in_caches("stylescope"))
            .ok_or(EnvironmentError::NoHome)?;
        let checkpoints = folder("TORCH_HOME")
            .or_else(|| in_caches("torch"))
            .map(|home| home.join("hub/checkpoints"));
        let hub_cache = folder("HF_HUB_CACHE")
            .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| folder("HF_HOME").map(|home| home.join("hub")))
            .or_else(|| in_caches("huggingface").map(|home| home.join("hub")));
        let hub = match text("HF_ENDPOINT") {
            None => "https://huggingface.co".to_owned(),
            Some(hub) if is_http(hub.trim()) => hub.trim().trim_end_matches('/').to_owned(),
            Some(hub) => return Err(EnvironmentError::Hub(without_secrets(&hub))),
        };
        let template = text("STYLESCOPE_WEIGHTS_URL")
            .map(|template| Template::new(&template))
            .transpose()?;
        let yes = |name: &str| text(name).is_some_and(|value| is_yes(&value));
        let offline = if offline {
            Some("--offline")
        } else {
            ["STYLESCOPE_OFFLINE", "HF_HUB_OFFLINE"]
                .into_iter()
                .find(|name| yes(name))
        };
        Ok(Self {
            cache,
            checkpoints,
            hub_cache,
            hub,
            template,
            offline,
            proxies: Proxies::read(&text)?,
            patience: Patience::default(),
        })
    }
}

/// Whether a variable that is set means yes. What is not understood does: a network that must not be
/// used is not used because of a word that is spelled in an unusual way.
fn is_yes(value: &str) -> bool {
    !["0", "no", "false", "off"].contains(&value.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::catalogue;

    fn read(offline: bool, variables: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        let of = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        };
        Environment::read(offline, Some(Path::new("/caches")), &of)
    }

    #[test]
    fn folders_have_their_usual_places() {
        let usual = read(false, &[("TORCH_HOME", "")]).unwrap();
        assert_eq!(usual.cache, PathBuf::from("/caches/stylescope"));
        assert_eq!(
            usual.checkpoints,
            Some("/caches/torch/hub/checkpoints".into())
        );
        assert_eq!(usual.hub_cache, Some("/caches/huggingface/hub".into()));
        assert_eq!(usual.hub, "https://huggingface.co");
        assert_eq!(usual.offline, None);
        assert_eq!(usual.template, None);
    }

    #[test]
    fn variables_name_others() {
        let set = read(
            false,
            &[
                ("STYLESCOPE_CACHE", "/mine"),
                ("TORCH_HOME", "/torch"),
                ("HF_HOME", "/hf"),
                ("HF_ENDPOINT", "http://mirror.example/"),
            ],
        )
        .unwrap();
        assert_eq!(set.cache, PathBuf::from("/mine"));
        assert_eq!(set.checkpoints, Some("/torch/hub/checkpoints".into()));
        assert_eq!(set.hub_cache, Some("/hf/hub".into()));
        assert_eq!(set.hub, "http://mirror.example");
    }

    #[test]
    fn the_network_is_forbidden_by_any_of_three() {
        assert_eq!(read(true, &[]).unwrap().offline, Some("--offline"));
        for (name, value, forbidden) in [
            ("STYLESCOPE_OFFLINE", "1", true),
            ("STYLESCOPE_OFFLINE", "Yes", true),
            ("STYLESCOPE_OFFLINE", "0", false),
            ("STYLESCOPE_OFFLINE", "", false),
            ("HF_HUB_OFFLINE", "TRUE", true),
            ("HF_HUB_OFFLINE", "off", false),
        ] {
            let environment = read(false, &[(name, value)]).unwrap();
            assert_eq!(environment.offline.is_some(), forbidden, "{name}={value}");
        }
    }

    #[test]
    fn templates_need_a_gap_and_a_scheme() {
        let vgg19 = catalogue::named("vgg19").unwrap();
        let template = Template::new("https://mirror.example/{network}/{file}").unwrap();
        assert_eq!(
            template.url(vgg19),
            "https://mirror.example/vgg19/vgg19-dcbb9e9d.pth"
        );
        for text in [
            "https://mirror.example/vgg19.pth",
            "ftp://mirror.example/{file}",
            "mirror.example/{file}",
            "https://",
        ] {
            let error = read(false, &[("STYLESCOPE_WEIGHTS_URL", text)]).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.to_string().contains("{file}"), "{error}");
        }
        assert_eq!(
            read(false, &[("HF_ENDPOINT", "mirror")]).unwrap_err(),
            EnvironmentError::Hub("mirror".to_owned())
        );
    }

    #[test]
    fn passwords_are_not_shown() {
        for name in ["STYLESCOPE_WEIGHTS_URL", "HF_ENDPOINT", "ALL_PROXY"] {
            for address in [
                "ftp://me:secret@mirror/?sig=secret",
                "me:secret@mirror?secret",
            ] {
                // That is an address of a proxy.
                if (name, address) == ("ALL_PROXY", "me:secret@mirror?secret") {
                    continue;
                }
                let error = read(false, &[(name, address)]).unwrap_err();
                let words = format!("{error} {error:?}");
                assert!(words.contains(name) && words.contains("mirror"), "{words}");
                assert!(!words.contains("secret"), "{words}");
            }
        }
    }

    #[test]
    fn without_a_home_the_cache_must_be_named() {
        assert_eq!(
            Environment::read(false, None, &|_| None).unwrap_err(),
            EnvironmentError::NoHome
        );
    }
}
