//! Steps of a run whose picture grows: those at smaller sizes count wherever steps of the whole run are told or asked for.

use serde_json::Value;

use super::setting::Setting;

/// 4 steps at half of 64, then those of `--steps` or of the budget.
const PYRAMID: &str = "--size 64 --threads 1 --set network.widths=[8,8,8,8] --set scales.start=32 \
                       --set scales.factor=2 --set scales.steps=[4]";

fn objects(stdout: &str) -> Vec<Value> {
    let lines = stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_run_tells_of_the_steps_at_all_sizes() {
    let setting = Setting::with_pictures();
    let arguments = format!("run content.png style.png --steps 3 --json {PYRAMID}");
    let ended = setting.stylescope(arguments.split_whitespace()).succeeded();
    let all = objects(&ended.stdout);
    assert_eq!(all[0]["steps"], 7);
    let steps = all.iter().filter(|object| object["event"] == "step");
    assert_eq!(steps.count(), 7);
    let run: Value =
        serde_json::from_slice(&std::fs::read(setting.only_run().join("run.json")).unwrap())
            .unwrap();
    assert_eq!((&run["steps"], &run["step"]), (&7.into(), &7.into()));
    let listed = setting.stylescope(["runs", "list"]).succeeded().stdout;
    assert!(!listed.contains(" of 3"), "{listed}");
}

#[test]
fn a_budget_of_steps_is_that_of_all_sizes() {
    let setting = Setting::with_pictures();
    setting.write(
        "plain.toml",
        "extends = \"demo\"\n[image]\nsize = 64\n[network]\nwidths = [8, 8, 8, 8]\n",
    );
    setting.write(
        "grows.toml",
        "extends = \"plain.toml\"\n[scales]\nstart = 32\nfactor = 2.0\nsteps = [4]\n",
    );
    let of = |budget: &str| -> Vec<Value> {
        let arguments =
            "compare content.png style.png plain.toml grows.toml --threads 1 --json --budget";
        let ended = setting
            .stylescope(arguments.split(' ').chain([budget]))
            .succeeded();
        let ends = objects(&ended.stdout).into_iter();
        let ends = ends.filter(|object| object["event"] == "end");
        let mut ends: Vec<Value> = ends.collect();
        ends.sort_by_key(|end| end["candidate"].as_u64());
        ends.iter().map(|end| end["step"].clone()).collect()
    };
    assert_eq!(of("10"), [10, 10]);
    // One step at the full size is the least.
    assert_eq!(of("3"), [3, 5]);
}
