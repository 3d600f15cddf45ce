//! A small published network, a folder for every cache, and a store that fetches from a server of the test.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use safetensors::tensor::{Dtype, TensorView};
use stylescope::preset::NetworkName;
use stylescope::weights::catalogue::{Published, Source};
use stylescope::weights::environment::{Environment, Patience, Proxies};
use stylescope::weights::file::WeightsFile;
use stylescope::weights::store::{Located, Needed, ObtainError, Progress, Store};

use super::server::Server;

/// Where the small network lies on the hub.
pub(super) const HUB_PATH: &str = "/test/small/resolve/main/model.safetensors";
pub(super) const ETAG: &str = "\"first\"";

/// The small network up to its first and second convolution, and what comes with it and is not needed.
pub(super) const SHALLOW: usize = 2;
pub(super) const DEEP: usize = 4;
const TENSORS: [(&str, &[usize]); 6] = [
    ("features.0.weight", &[64, 3, 3, 3]),
    ("features.0.bias", &[64]),
    ("features.2.weight", &[32, 64, 3, 3]),
    ("features.2.bias", &[32]),
    ("features.10.weight", &[300, 300]),
    ("head.fc.weight", &[100, 100]),
];

/// The first `count` tensors of the small network.
pub(super) fn needed(count: usize) -> Vec<Needed> {
    let of = |(name, shape): &(&str, &[usize])| Needed {
        name: (*name).to_owned(),
        shape: shape.iter().map(|&side| side as i64).collect(),
    };
    TENSORS.iter().take(count).map(of).collect()
}

/// Elements that differ with `seed`, and nowhere repeat soon.
fn elements(shape: &[usize], seed: u64) -> Vec<u8> {
    let mut state = seed;
    let count: usize = shape.iter().product();
    (0..count)
        .flat_map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / 1e6).to_le_bytes()
        })
        .collect()
}

/// The elements of the tensor `name` of the small network made with `seed`.
pub(super) fn expected(name: &str, seed: u64) -> Vec<u8> {
    let index = TENSORS
        .iter()
        .position(|(known, _)| *known == name)
        .unwrap();
    elements(TENSORS[index].1, seed + index as u64)
}

/// Writes the small network as a safetensors file; `padding` makes its header longer.
pub(super) fn write_small(path: &Path, seed: u64, padding: usize) {
    let data: Vec<(&str, &[usize], Vec<u8>)> = TENSORS
        .iter()
        .map(|(name, shape)| (*name, *shape, expected(name, seed)))
        .collect();
    let views = data.iter().map(|(name, shape, bytes)| {
        (
            *name,
            TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap(),
        )
    });
    let metadata = [("padding".to_owned(), " ".repeat(padding))].into();
    std::fs::write(path, safetensors::serialize(views, Some(metadata)).unwrap()).unwrap();
}

/// A folder for everything, and the settings of a store in it.
pub(super) struct Fixture {
    pub(super) folder: tempfile::TempDir,
    pub(super) server: Server,
    pub(super) environment: Environment,
    pub(super) published: &'static Published,
}

impl Fixture {
    /// A server with the small network on its hub, and caches that are empty.
    pub(super) fn new() -> Self {
        let fixture = Self::without_file();
        fixture.put(1, 0, ETAG);
        fixture
    }

    /// The same without the small network.
    pub(super) fn without_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start();
        let environment = Environment {
            cache: folder.path().join("cache"),
            checkpoints: Some(folder.path().join("torch")),
            hub_cache: Some(folder.path().join("hub")),
            hub: server.url(),
            template: None,
            offline: None,
            proxies: Proxies::default(),
            patience: Patience {
                stall: Duration::from_secs(5),
                attempts: 4,
                pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(10),
            },
        };
        Self {
            folder,
            server,
            environment,
            published: leaked(vec![Source::Hub {
                repository: "test/small",
                file: "model.safetensors",
                bytes: 1,
            }]),
        }
    }

    /// Puts the small network made with `seed` on the hub.
    pub(super) fn put(&self, seed: u64, padding: usize, etag: &str) {
        let path = self.folder.path().join(format!("{seed}.safetensors"));
        write_small(&path, seed, padding);
        self.server.serve(HUB_PATH, &path, etag);
    }

    pub(super) fn store(&self) -> Store {
        Store::new(self.environment.clone())
    }

    pub(super) fn obtain(&self, count: usize) -> Result<Located, ObtainError> {
        self.store()
            .obtain(self.published, &needed(count), &mut |_| {
                ControlFlow::Continue(())
            })
    }

    /// Obtains, and also hands back everything that was told on the way.
    pub(super) fn obtain_told(
        &self,
        count: usize,
    ) -> (Result<Located, ObtainError>, Vec<Progress>) {
        let mut told = Vec::new();
        let located = self
            .store()
            .obtain(self.published, &needed(count), &mut |progress| {
                told.push(progress);
                ControlFlow::Continue(())
            });
        (located, told)
    }

    /// The names of the files in the cache of weights but the lock.
    pub(super) fn cached(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.environment.cache.join("weights")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "small.lock")
            .collect();
        names.sort();
        names
    }

    pub(super) fn cache_path(&self) -> PathBuf {
        self.environment.cache.join("weights/small.safetensors")
    }
}

/// Whether a file of this name is one that is on its way.
pub(super) fn is_part(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "part")
}

/// A published network of its own, from these sources.
pub(super) fn leaked(sources: Vec<Source>) -> &'static Published {
    Box::leak(Box::new(Published {
        name: "small",
        network: NetworkName::Vgg16,
        licence: "MIT (the tests)",
        sources: sources.leak(),
    }))
}

/// The tensors in the file at `path`, by name.
pub(super) fn tensors(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = WeightsFile::open(path).unwrap();
    file.contents()
        .tensors
        .keys()
        .map(|name| {
            (
                name.clone(),
                file.bytes(name).unwrap().unwrap().into_owned(),
            )
        })
        .collect()
}

/// Checks that the file at `path` holds the first `count` tensors of the small network made with `seed`,
/// and nothing else.
pub(super) fn assert_holds(path: &Path, count: usize, seed: u64) {
    let found = tensors(path);
    let wanted: BTreeMap<String, Vec<u8>> = needed(count)
        .into_iter()
        .map(|tensor| {
            let bytes = expected(&tensor.name, seed);
            (tensor.name, bytes)
        })
        .collect();
    assert!(
        found == wanted,
        "{:?} instead of {:?}, or other elements",
        found.keys(),
        wanted.keys()
    );
}
