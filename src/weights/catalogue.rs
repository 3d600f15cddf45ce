//! The weights that are published: what they are called, where they lie, whose they are. Plain data, any
//! thread.

use crate::preset::NetworkName;
use crate::preset::PixelConvention;

/// The weights of one network, as their authors publish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// What people and files call them; also the name of the file in the cache.
    pub name: &'static str,
    /// The network that they are weights of, trained by whomever.
    pub network: NetworkName,
    /// The terms they come under, and who published them.
    pub licence: &'static str,
    /// Where they can be had, the best place first.
    pub sources: &'static [Source],
}

/// A place where published weights lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A file of a repository on the Hugging Face hub, or on a mirror of it.
    Hub {
        /// `owner/name`.
        repository: &'static str,
        /// The file in it.
        file: &'static str,
        /// How long it is, in bytes; roughly, for showing. What counts is what the server says.
        bytes: u64,
    },
    /// A file by its whole address.
    Address {
        /// Where it lies.
        url: &'static str,
        /// What `PyTorch`'s own cache calls it.
        file: &'static str,
        /// The SHA-256 of the file in hexadecimal digits, or as many of the first ones as are known.
        sha256: &'static str,
        /// How long it is, in bytes; roughly, for showing. What counts is what the server says.
        bytes: u64,
    },
}

/// Terms of the weights that torchvision's authors trained.
const TORCHVISION: &str = "BSD-3-Clause (torchvision)";

/// Terms of the weights that the networks' authors trained in Caffe.
const CAFFE: &str = "CC-BY-4.0 (Visual Geometry Group, Oxford; converted for neural-style)";

static PUBLISHED: [Published; 6] = [
    Published {
        name: "vgg16",
        network: NetworkName::Vgg16,
        licence: TORCHVISION,
        sources: &[
            Source::Hub {
                repository: "timm/vgg16.tv_in1k",
                file: "model.safetensors",
                bytes: 553_433_000,
            },
            Source::Address {
                url: "https://download.pytorch.org/models/vgg16-397923af.pth",
                file: "vgg16-397923af.pth",
                sha256: "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
                bytes: 553_433_881,
            },
        ],
    },
    Published {
        name: "vgg19",
        network: NetworkName::Vgg19,
        licence: TORCHVISION,
        sources: &[
            Source::Hub {
                repository: "timm/vgg19.tv_in1k",
                file: "model.safetensors",
                bytes: 574_673_000,
            },
            Source::Address {
                url: "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
                file: "vgg19-dcbb9e9d.pth",
                sha256: "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
                bytes: 574_673_361,
            },
        ],
    },
    Published {
        name: "squeezenet1_0",
        network: NetworkName::Squeezenet1_0,
        licence: TORCHVISION,
        sources: &[Source::Address {
            url: "https://download.pytorch.org/models/squeezenet1_0-b66bff10.pth",
            file: "squeezenet1_0-b66bff10.pth",
            sha256: "b66bff10",
            bytes: 5_010_000,
        }],
    },
    Published {
        name: "squeezenet1_1",
        network: NetworkName::Squeezenet1_1,
        licence: TORCHVISION,
        sources: &[Source::Address {
            url: "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
            file: "squeezenet1_1-b8a52dc0.pth",
            sha256: "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
            bytes: 4_959_000,
        }],
    },
    Published {
        name: "vgg16-caffe",
        network: NetworkName::Vgg16,
        licence: CAFFE,
        sources: &[
            Source::Address {
                url: "https://web.eecs.umich.edu/~justincj/models/vgg16-00b39a1b.pth",
                file: "vgg16-00b39a1b.pth",
                sha256: "00b39a1b",
                bytes: 553_432_000,
            },
            Source::Address {
                url: "https://s3-us-west-2.amazonaws.com/jcjohns-models/vgg16-00b39a1b.pth",
                file: "vgg16-00b39a1b.pth",
                sha256: "00b39a1b",
                bytes: 553_432_000,
            },
        ],
    },
    Published {
        name: "vgg19-caffe",
        network: NetworkName::Vgg19,
        licence: CAFFE,
        sources: &[
            Source::Address {
                url: "https://web.eecs.umich.edu/~justincj/models/vgg19-d01eb7cb.pth",
                file: "vgg19-d01eb7cb.pth",
                sha256: "d01eb7cb",
                bytes: 574_673_000,
            },
            Source::Address {
                url: "https://s3-us-west-2.amazonaws.com/jcjohns-models/vgg19-d01eb7cb.pth",
                file: "vgg19-d01eb7cb.pth",
                sha256: "d01eb7cb",
                bytes: 574_673_000,
            },
        ],
    },
];

/// The weights that a preset's network means when it takes pixels as `pixels` says; `None` for `fitted`, which
/// has none.
#[must_use]
pub fn of(network: NetworkName, pixels: PixelConvention) -> Option<&'static Published> {
    match network {
        NetworkName::Vgg16 if pixels.is_caffe() => named("vgg16-caffe"),
        NetworkName::Vgg19 if pixels.is_caffe() => named("vgg19-caffe"),
        NetworkName::Vgg16 => named("vgg16"),
        NetworkName::Vgg19 => named("vgg19"),
        NetworkName::Squeezenet1_0 => named("squeezenet1_0"),
        NetworkName::Squeezenet1_1 => named("squeezenet1_1"),
        NetworkName::Fitted => None,
    }
}

/// The weights of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|published| published.name == name)
}

/// All of them.
#[must_use]
pub fn all() -> &'static [Published] {
    &PUBLISHED
}

impl Published {
    /// Whether a preset that names the network means these, unless it says how pixels are taken.
    #[must_use]
    pub fn is_named_by_presets(&self) -> bool {
        of(self.network, PixelConvention::Torchvision) == Some(self)
    }

    /// Whether it lies on the Hugging Face hub, of which `HF_ENDPOINT` may name a mirror.
    #[must_use]
    pub fn is_on_hub(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source, Source::Hub { .. }))
    }

    /// The name of the file that `PyTorch` fetches, and as much of its SHA-256 as is known.
    pub(super) fn checkpoint(&self) -> Option<(&'static str, &'static str)> {
        self.sources.iter().find_map(|source| match source {
            Source::Address { file, sha256, .. } => Some((*file, *sha256)),
            Source::Hub { .. } => None,
        })
    }
}

impl Source {
    /// Where it lies; `hub` is the address of the hub or its mirror, without a slash at its end.
    #[must_use]
    pub fn url(&self, hub: &str) -> String {
        match self {
            Self::Hub {
                repository, file, ..
            } => format!("{hub}/{repository}/resolve/main/{file}"),
            Self::Address { url, .. } => (*url).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_again() {
        for published in all() {
            assert_eq!(named(published.name), Some(published));
        }
        let torchvision = PixelConvention::Torchvision;
        assert_eq!(of(NetworkName::Vgg19, torchvision).unwrap().name, "vgg19");
        let caffe = of(NetworkName::Vgg19, PixelConvention::Caffe256);
        assert_eq!(caffe.unwrap().name, "vgg19-caffe");
        assert_eq!(of(NetworkName::Fitted, torchvision), None);
        assert!(named("vgg19").unwrap().is_on_hub());
        assert!(!named("squeezenet1_0").unwrap().is_on_hub());
    }

    #[test]
    fn digests_begin_as_the_names_of_the_files_say() {
        for published in all() {
            for source in published.sources {
                if let Source::Address {
                    url, file, sha256, ..
                } = source
                {
                    assert!(url.ends_with(file));
                    assert!(file.contains(&format!("-{}.", &sha256[..8])), "{file}");
                }
            }
        }
    }

    #[test]
    fn a_mirror_of_the_hub_takes_its_place() {
        assert_eq!(
            named("vgg16").unwrap().sources[0].url("https://mirror.example"),
            "https://mirror.example/timm/vgg16.tv_in1k/resolve/main/model.safetensors"
        );
    }
}
