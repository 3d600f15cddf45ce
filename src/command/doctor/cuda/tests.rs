//! Every reason why CUDA is not used, from what leads to it.

use crate::command::doctor::section::Mark;
use crate::dashboard::gpu::driver::{Card, Driver};

use super::*;

const LOADED: Cuda = Cuda::Loaded {
    count: 0,
    runtime: Some((13, 0)),
};

fn driver(cuda: u32, cards: usize) -> Driver {
    let card = |index| Card {
        name: format!("NVIDIA Card {index}"),
        memory_total_bytes: Some(24_000_000_000),
        uuid: None,
    };
    Driver {
        version: "580.65.06".to_owned(),
        cuda: Some(cuda),
        cards: (0..cards).map(card).collect(),
    }
}

/// A machine without anything of NVIDIA's.
fn bare() -> Facts {
    Facts {
        is_linux: true,
        cards: 0,
        cuda: Cuda::NoDriver,
        has_cuda_half: false,
        driver: Err(DriverError::NoLibrary),
        visible: None,
        tried: None,
    }
}

/// A machine with a card, its driver and libtorch's CUDA half, and no device all the same.
fn without_device() -> Facts {
    Facts {
        cards: 1,
        cuda: LOADED,
        has_cuda_half: true,
        driver: Ok(driver(13_000, 1)),
        ..bare()
    }
}

/// A machine where it works.
fn good(count: usize) -> Facts {
    Facts {
        cuda: Cuda::Loaded {
            count,
            runtime: Some((13, 0)),
        },
        driver: Ok(driver(13_000, count)),
        tried: Some(Ok(())),
        ..without_device()
    }
}

fn word(facts: &Facts) -> Option<&'static str> {
    Reason::of(facts).as_ref().map(Reason::word)
}

#[test]
fn machines_without_a_driver() {
    assert_eq!(word(&bare()), Some("no_card"));
    assert_eq!(word(&Facts { cards: 1, ..bare() }), Some("no_driver"));
    let mac = Facts {
        is_linux: false,
        ..bare()
    };
    assert_eq!(word(&mac), Some("system"));
}

#[test]
fn libtorch_without_cuda_and_one_that_does_not_load() {
    let message = "libtorch_cuda.so: cannot open shared object file: No such file or directory";
    let lacking = Facts {
        cards: 1,
        cuda: Cuda::NotLoaded(message.to_owned()),
        driver: Ok(driver(13_000, 1)),
        ..bare()
    };
    assert_eq!(word(&lacking), Some("libtorch_without_cuda"));
    let broken = Facts {
        cuda: Cuda::NotLoaded("libcudnn.so.9: \u{1b}[2Jno such file\nmore".to_owned()),
        has_cuda_half: true,
        ..lacking
    };
    let section = describe(&broken);
    assert_eq!(section.mark, Mark::Fails);
    assert_eq!(
        section.said,
        [
            "not used: libtorch's CUDA half could not be loaded: libcudnn.so.9: \\u{1b}[2Jno such file"
        ]
    );
    assert!(section.advice[0].contains("STYLESCOPE_CUDA=1 make setup"));
}

#[test]
fn drivers_that_are_too_old_or_half_updated() {
    let old = Facts {
        driver: Ok(driver(12_040, 1)),
        ..without_device()
    };
    assert_eq!(word(&old), Some("driver_too_old"));
    let said = &describe(&old).said[0];
    assert!(said.contains("580.65.06") && said.contains("12.4") && said.contains("13.0"));
    // The same major version is new enough, whatever the minor one.
    let same = Facts {
        cuda: Cuda::Loaded {
            count: 0,
            runtime: Some((13, 2)),
        },
        ..without_device()
    };
    assert_eq!(word(&same), Some("no_device"));
    let mismatch = Facts {
        driver: Err(DriverError::Mismatch),
        ..without_device()
    };
    assert_eq!(word(&mismatch), Some("driver_mismatch"));
}

#[test]
fn cards_that_are_hidden() {
    for value in ["", "-1", "7", "\u{1b}[31m"] {
        let hidden = Facts {
            visible: Some(value.to_owned()),
            ..without_device()
        };
        assert_eq!(word(&hidden), Some("hidden"), "{value:?}");
        let said = &describe(&hidden).said[0];
        assert!(said.contains("CUDA_VISIBLE_DEVICES") && !said.contains('\x1b'));
    }
    // What hides nothing is not the reason.
    let all_seen = Facts {
        visible: Some("0".to_owned()),
        ..without_device()
    };
    assert_eq!(word(&all_seen), Some("no_device"));
    let none_at_all = Facts {
        driver: Ok(driver(13_000, 0)),
        visible: Some("0".to_owned()),
        ..without_device()
    };
    assert_eq!(word(&none_at_all), Some("no_device"));
}

#[test]
fn a_device_that_does_not_compute() {
    let message = "CUDA error: no kernel image is available for execution on the device\n  more";
    let unusable = Facts {
        tried: Some(Err(message.to_owned())),
        ..good(1)
    };
    assert_eq!(word(&unusable), Some("unusable"));
    assert!(describe(&unusable).said[0].ends_with("on the device"));
}

#[test]
fn cuda_that_is_used() {
    let one = describe(&good(1));
    assert_eq!(one.mark, Mark::Works);
    assert_eq!(
        one.said,
        [
            "cuda:0 NVIDIA Card 0, 24.0 GB",
            "driver 580.65.06, up to CUDA 13.0"
        ]
    );
    assert!(one.advice.is_empty());
    assert_eq!(one.json()["default_device"], "cuda:0");
    assert_eq!(one.json()["libtorch_cuda"], "13.0");

    let some = Facts {
        driver: Ok(driver(13_000, 4)),
        visible: Some("3,1".to_owned()),
        ..good(2)
    };
    let said = describe(&some).said;
    assert_eq!(said[0], "cuda:0 NVIDIA Card 3, 24.0 GB");
    assert_eq!(said[1], "cuda:1 NVIDIA Card 1, 24.0 GB");
    assert!(
        said.iter().any(|line| line.contains("2 of 4 cards")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|line| line.contains("--device cuda:1")),
        "{said:?}"
    );
}

#[test]
fn every_reason_says_what_to_do() {
    let facts = [
        bare(),
        without_device(),
        Facts { cards: 1, ..bare() },
        Facts {
            cuda: Cuda::NotLoaded("x".to_owned()),
            ..bare()
        },
    ];
    for facts in facts {
        let section = describe(&facts);
        assert!(section.mark >= Mark::Limited && !section.advice.is_empty());
        assert_eq!(section.json()["default_device"], "cpu");
        assert_eq!(section.json()["used"], false);
    }
}

#[test]
fn cards_are_counted_on_the_bus() {
    let bus = tempfile::tempdir().unwrap();
    for (slot, vendor, class) in [
        ("00:01.0", "0x10de", "0x030200"),
        // Its sound.
        ("00:01.1", "0x10de", "0x040300"),
        ("00:02.0", "0x8086", "0x030000"),
    ] {
        let device = bus.path().join(slot);
        std::fs::create_dir(&device).unwrap();
        std::fs::write(device.join("vendor"), format!("{vendor}\n")).unwrap();
        std::fs::write(device.join("class"), format!("{class}\n")).unwrap();
    }
    assert_eq!(cards_on_the_bus(bus.path()), 1);
    assert_eq!(cards_on_the_bus(&bus.path().join("nothing")), 0);
}
