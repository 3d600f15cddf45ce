//! `stylescope compare`, without a screen.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::setting::{QUICK, Setting};

/// `compare content.png style.png` with `arguments`, small and short.
fn compare(setting: &Setting, arguments: &[&str]) -> super::setting::Ended {
    let mut all = vec!["compare", "content.png", "style.png"];
    all.extend(arguments);
    all.extend(QUICK);
    setting.stylescope(all)
}

/// Presets `calm` and `wild` of the same network, and `wide` of another.
fn with_presets() -> Setting {
    let setting = Setting::with_pictures();
    setting.write("calm.toml", "extends = \"demo\"\n[style]\nweight = 0.5\n");
    setting.write("wild.toml", "extends = \"demo\"\n[style]\nweight = 8.0\n");
    setting.write(
        "wide.toml",
        "extends = \"demo\"\n[network]\npooling = \"max\"\n",
    );
    setting
}

fn nothing_kept(setting: &Setting) -> bool {
    std::fs::read_dir(setting.runs()).unwrap().next().is_none()
}

fn objects(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn presets_side_by_side_end_in_a_table_a_report_and_a_run_each() {
    let setting = with_presets();
    let ended = compare(&setting, &["calm.toml", "wild.toml", "wide.toml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for word in [
        "comparing 3 presets",
        "1  calm    completed",
        "2  wild    completed",
        "style.weight 8.0",
        "network.pooling max",
        "kept in ",
        "report.html",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let comparison = setting.only_run();
    let report = std::fs::read_to_string(comparison.join("report.html")).unwrap();
    for name in ["calm", "wild", "wide"] {
        assert!(report.contains(name), "{name}");
    }
    let runs = setting.stylescope(["runs", "list"]).stdout;
    for name in ["calm", "wild", "wide"] {
        assert!(runs.contains(name), "{runs}");
    }
    let name = comparison.file_name().unwrap().to_string_lossy();
    let id = name.rsplit('-').next().unwrap();
    let shown = setting.stylescope(["runs", "show", id]);
    assert!(
        shown.stderr.contains("is a comparison of these runs"),
        "{}",
        shown.stderr
    );
    let removed = setting.stylescope(["runs", "rm", id]);
    assert_eq!(removed.code, Some(0), "{}", removed.stderr);
    assert!(!comparison.exists());
}

/// What a run makes alone is what it makes in company, through the whole program.
#[test]
fn a_candidate_s_losses_and_picture_are_those_of_its_run_alone() {
    let setting = with_presets();
    let ended = compare(
        &setting,
        &["calm.toml", "wild.toml", "wide.toml", "--json", "-o", "out"],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut totals: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for object in objects(&ended.stdout) {
        if object["event"] == "step" {
            let total = object["loss"]["total"].as_f64().unwrap();
            let number = object["candidate"].as_u64().unwrap();
            totals.entry(number).or_default().push(total);
        }
    }
    for (number, name) in [(0, "calm"), (1, "wild"), (2, "wide")] {
        let preset = format!("{name}.toml");
        let output = format!("{name}.png");
        let mut all = vec!["run", "content.png", "style.png", "--json"];
        all.extend(["-p", &preset, "-o", &output]);
        all.extend(QUICK);
        let alone = setting.stylescope(all.iter().copied());
        assert_eq!(alone.code, Some(0), "{}", alone.stderr);
        let steps: Vec<f64> = objects(&alone.stdout)
            .iter()
            .filter(|object| object["event"] == "step")
            .map(|object| object["loss"]["total"].as_f64().unwrap())
            .collect();
        let found = &totals[&number];
        assert_eq!(found.len(), steps.len());
        for (one, other) in found.iter().zip(&steps) {
            assert!(
                (one - other).abs() <= 1e-4 * other.abs(),
                "{name}: {found:?} {steps:?}"
            );
        }
        let in_company = setting.path(&format!("out/{:02}-{name}.png", number + 1));
        let one = image::open(in_company).unwrap().into_rgb8();
        let other = image::open(setting.path(&output)).unwrap().into_rgb8();
        let most = one
            .as_raw()
            .iter()
            .zip(other.as_raw())
            .map(|(one, other)| one.abs_diff(*other))
            .max();
        assert!(most <= Some(1), "{name} differs by {most:?} of 255");
    }
}

/// A folder of results that is gone by the end, or a full disk, costs nobody a picture.
#[test]
fn what_cannot_be_written_where_it_was_asked_for_is_not_lost() {
    let setting = with_presets();
    std::fs::create_dir(setting.path("rescued")).unwrap();
    let mut child = setting
        .program()
        .args(["compare", "content.png", "style.png", "calm.toml"])
        .args(["wild.toml", "--json", "-o", "out", "--size", "48"])
        .args(["--steps", "60", "--threads", "1"])
        .args(["--set", "network.widths=[8,8,8,8]"])
        .env("TMPDIR", setting.path("rescued"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let mut lines = BufReader::new(stdout).lines();
    // The folder has been made by then.
    lines.next().unwrap().unwrap();
    std::fs::remove_dir(setting.path("out")).unwrap();
    assert!(lines.count() > 0);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    for name in ["stylescope-rescued.png", "stylescope-rescued-2.png"] {
        let path = setting.path("rescued").join(name);
        assert_eq!(image::image_dimensions(&path).unwrap(), (48, 36));
        let said = format!("was saved as {} instead", path.display());
        assert!(stderr.contains(&said), "{stderr}");
    }
}

#[test]
fn a_grid_makes_every_combination() {
    let setting = with_presets();
    let ended = compare(
        &setting,
        &[
            "calm.toml",
            "--json",
            "--grid",
            "style.weight=1,2",
            "--grid",
            "image.size=40,48",
        ],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let all = objects(&ended.stdout);
    let labels: Vec<&str> = all[0]["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| candidate["label"].as_str().unwrap())
        .collect();
    assert_eq!(
        labels,
        [
            "calm weight=1 size=40",
            "calm weight=1 size=48",
            "calm weight=2 size=40",
            "calm weight=2 size=48"
        ]
    );
    let ends = all.iter().filter(|object| object["event"] == "end");
    let sizes: Vec<(u32, u32)> = ends
        .map(|end| image::image_dimensions(setting.path(end["output"].as_str().unwrap())).unwrap())
        .collect();
    assert_eq!(sizes.len(), 4);
    assert_eq!(sizes.iter().filter(|size| size.0 == 40).count(), 2);
}

#[test]
fn a_budget_of_steps_or_of_time() {
    let setting = with_presets();
    let last_step = |ended: &super::setting::Ended| {
        objects(&ended.stdout)
            .iter()
            .filter(|object| object["event"] == "end")
            .map(|object| (object["reason"].clone(), object["step"].as_u64().unwrap()))
            .collect::<Vec<_>>()
    };
    let arguments = [
        "compare",
        "content.png",
        "style.png",
        "calm.toml",
        "wild.toml",
    ];
    let small = ["--json", "--no-record", "--size", "48", "--threads", "1"];
    let of = |budget: &str, more: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(small);
        all.extend(["--budget", budget]);
        all.extend(more);
        setting.stylescope(all.iter().copied())
    };
    let ended = of("2", &[]);
    assert_eq!(
        last_step(&ended),
        [("completed".into(), 2), ("completed".into(), 2)]
    );
    let ended = of("0.4s", &["--set", "schedule.steps=1000000"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for (reason, step) in last_step(&ended) {
        assert_eq!(reason, "out of budget");
        assert!((1..1_000_000).contains(&step));
    }
    assert!(nothing_kept(&setting));
}

#[test]
fn one_that_cannot_run_costs_the_others_nothing() {
    let setting = with_presets();
    setting.write(
        "none.toml",
        "extends = \"squeezenet\"\n[network]\nweights = \"nothing.safetensors\"\n",
    );
    let ended = compare(&setting, &["calm.toml", "none.toml"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("none failed"), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("1  calm    completed"),
        "{}",
        ended.stdout
    );
    let ended = compare(&setting, &["none.toml"]);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn what_is_wrong_is_said_before_anything_begins() {
    let setting = with_presets();
    for (arguments, expected) in [
        (vec![], "<PRESET>"),
        (vec!["nowhere.toml"], "nowhere.toml"),
        (
            vec!["calm.toml", "--grid", "style.weigth=1,2"],
            "style.weigth",
        ),
        (
            vec!["calm.toml", "--grid", "style.weight"],
            "style.weight=1,3,10",
        ),
        (vec!["calm.toml", "--budget", "soon"], "expected steps"),
        (vec!["*.nothing"], "no file fits"),
        (
            vec!["calm.toml", "--grid", "style.weight=-1,2"],
            "style.weight",
        ),
    ] {
        let ended = compare(&setting, &arguments);
        assert!(matches!(ended.code, Some(1 | 2)), "{arguments:?}");
        assert!(
            ended.stderr.contains(expected),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert!(nothing_kept(&setting), "{arguments:?}");
    }
}

#[test]
fn patterns_in_quotes_are_files() {
    let setting = with_presets();
    let ended = compare(&setting, &["w*.toml", "--json"]);
    let all = objects(&ended.stdout);
    let candidates = all[0]["candidates"].as_array().unwrap();
    let names: Vec<&str> = candidates
        .iter()
        .map(|candidate| candidate["preset"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["wide", "wild"]);
}

/// What is saved in the folder of one run changes that run, and no other.
#[test]
fn a_candidate_is_steered_by_the_preset_in_its_run_s_folder() {
    use std::time::{Duration, Instant};

    use stylescope::record::folder::RunFolder;
    use stylescope::record::folder::comparison::ComparisonFolder;
    use stylescope::record::folder::metrics::Metrics;

    let setting = with_presets();
    let mut child = setting
        .program()
        .args([
            "compare",
            "content.png",
            "style.png",
            "calm.toml",
            "wild.toml",
        ])
        .args(["--headless", "--poll", "--size", "48", "--threads", "1"])
        .args([
            "--set",
            "network.widths=[8,8,8,8]",
            "--set",
            "schedule.steps=1000000",
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let weights = |run: &RunFolder| -> Vec<f64> {
        let Ok(metrics) = Metrics::read(&run.metrics()) else {
            return Vec::new();
        };
        let style = metrics
            .terms
            .iter()
            .position(|term| term.to_string() == "style input");
        let last = metrics.rows.last().and_then(|row| row.terms[style?]);
        last.into_iter().map(|(_, weight)| weight).collect()
    };
    let wait = |what: &str, is_so: &dyn Fn(&[RunFolder]) -> bool| {
        loop {
            let comparison = std::fs::read_dir(setting.runs()).unwrap().next();
            let runs = comparison
                .and_then(|entry| ComparisonFolder::at(entry.unwrap().path()).runs().ok())
                .unwrap_or_default();
            if runs.len() == 2 && is_so(&runs) {
                return runs;
            }
            assert!(began.elapsed() < Duration::from_secs(100), "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let runs = wait("no step came", &|runs| {
        runs.iter().all(|run| !weights(run).is_empty())
    });
    let preset = std::fs::read_to_string(runs[1].preset()).unwrap();
    assert!(preset.contains("weight = 8.0"), "{preset}");
    std::fs::write(
        runs[1].preset(),
        preset.replace("weight = 8.0", "weight = 2.5"),
    )
    .unwrap();
    wait("it was not taken up", &|runs| {
        weights(&runs[1])
            .first()
            .is_some_and(|weight| (weight - 2.5).abs() < 1e-9)
    });
    assert!((weights(&runs[0])[0] - 0.5).abs() < 1e-9);
    child.kill().unwrap();
    child.wait().unwrap();
}
