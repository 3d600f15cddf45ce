//! Several that want the same weights at once do not hurt each other, and only one fetches.

use std::ops::ControlFlow;
use std::process::Stdio;
use std::time::{Duration, Instant};

use stylescope::weights::store::{ObtainError, Progress};

use super::fixture::{DEEP, Fixture, assert_holds, needed};
use super::process;

#[test]
fn one_fetches_and_the_others_wait() {
    let fixture = Fixture::new();
    fixture.server.tamper(|_, answer| {
        std::thread::sleep(Duration::from_millis(50));
        answer
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let located = fixture.obtain(DEEP).unwrap();
                assert_holds(&located.path, DEEP, 1);
            });
        }
    });
    assert_eq!(fixture.server.asked().len(), 3);
    assert_eq!(fixture.cached(), ["small.safetensors"]);
}

#[test]
fn processes_do_not_hurt_each_other() {
    let fixture = Fixture::new();
    fixture.server.tamper(|_, answer| {
        std::thread::sleep(Duration::from_millis(50));
        answer
    });
    let others: Vec<_> = (0..3)
        .map(|_| {
            process::fetching(&fixture, "")
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    for other in others {
        let output = other.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("fetched into"), "{said}");
    }
    assert_eq!(fixture.server.asked().len(), 3);
    assert_eq!(fixture.cached(), ["small.safetensors"]);
}

#[test]
fn one_that_is_killed_leaves_what_it_has() {
    let fixture = Fixture::new();
    fixture.server.tamper(|asked, mut answer| {
        if asked.range.is_some_and(|(first, _)| first > 0) {
            answer.stall_after = Some(5000);
        }
        answer
    });
    let mut other = process::fetching(&fixture, "")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let part_bytes = || {
        let name = fixture.cached().into_iter().next()?;
        let path = fixture.cache_path().with_file_name(name);
        Some(std::fs::metadata(path).ok()?.len())
    };
    let since = Instant::now();
    while part_bytes().is_none_or(|bytes| bytes < 5000) {
        assert!(since.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    other.kill().unwrap();
    other.wait().unwrap();
    fixture.server.behave();
    let (located, told) = fixture.obtain_told(DEEP);
    assert_holds(&located.unwrap().path, DEEP, 1);
    let resumed = told.iter().any(|progress| {
        matches!(progress, Progress::Starting { resumed_bytes, .. } if *resumed_bytes > 0)
    });
    assert!(resumed, "{told:?}");
}

#[test]
fn waiting_can_be_stopped() {
    let fixture = Fixture::new();
    let weights = fixture.environment.cache.join("weights");
    std::fs::create_dir_all(&weights).unwrap();
    let lock = std::fs::File::create(weights.join("small.lock")).unwrap();
    lock.lock().unwrap();
    let mut waited = 0;
    let error = fixture
        .store()
        .obtain(fixture.published, &needed(DEEP), &mut |progress| {
            assert_eq!(progress, Progress::Waiting);
            waited += 1;
            if waited < 3 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })
        .unwrap_err();
    assert!(matches!(error, ObtainError::Stopped));
    assert!(fixture.server.asked().is_empty());
}
