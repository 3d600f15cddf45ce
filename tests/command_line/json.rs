//! `--json`: one object a line, as `run --help` describes it.

use serde_json::Value;

use super::setting::Setting;

fn objects(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn assert_near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1e-30),
        "{found} is not {expected}"
    );
}

#[test]
fn every_step_with_all_its_losses() {
    let setting = Setting::with_pictures();
    let ended = setting
        .run("content.png style.png -o out.png --json --set schedule.steps=7")
        .succeeded();
    let objects = objects(&ended.stdout);
    let (start, rest) = objects.split_first().unwrap();
    let (end, steps) = rest.split_last().unwrap();

    assert_eq!(
        keys(start),
        [
            "event", "version", "preset", "content", "style", "size", "device", "threads", "steps",
            "run"
        ]
    );
    assert_eq!(start["event"], "start");
    assert_eq!(start["size"], serde_json::json!([48, 36]));
    assert_eq!((&start["steps"], &start["threads"]), (&7.into(), &1.into()));

    assert_eq!(steps.len(), 7);
    let mut seconds = 0.0;
    for (number, step) in steps.iter().enumerate() {
        assert_eq!(keys(step), ["event", "step", "seconds", "loss", "terms"]);
        assert_eq!(
            (&step["event"], &step["step"]),
            (&"step".into(), &number.into())
        );
        assert!(step["seconds"].as_f64().unwrap() >= seconds);
        seconds = step["seconds"].as_f64().unwrap();
        assert_sums_are_right(step);
    }

    assert_eq!(keys(end), ["event", "reason", "step", "seconds", "output"]);
    assert_eq!(
        (&end["event"], &end["reason"]),
        (&"end".into(), &"completed".into())
    );
    assert_eq!(
        (&end["step"], &end["output"]),
        (&7.into(), &"out.png".into())
    );
}

fn assert_sums_are_right(step: &Value) {
    let loss = &step["loss"];
    assert_eq!(keys(loss), ["total", "content", "style", "variation"]);
    let terms = step["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 8);
    let number = |term: &Value, key: &str| term[key].as_f64().unwrap();
    for term in terms {
        assert_eq!(
            keys(term),
            ["kind", "layer", "weight", "unweighted", "weighted"]
        );
        assert_near(
            number(term, "weighted"),
            number(term, "weight") * number(term, "unweighted"),
        );
        assert_eq!(term["layer"].is_null(), term["kind"] == "variation");
    }
    let sum = |kind: Option<&str>| -> f64 {
        let counted = terms
            .iter()
            .filter(|term| kind.is_none_or(|kind| term["kind"] == kind));
        counted.map(|term| number(term, "weighted")).sum()
    };
    assert_near(number(loss, "total"), sum(None));
    for kind in ["content", "style", "variation"] {
        assert_near(number(loss, kind), sum(Some(kind)));
    }
}

#[test]
fn the_help_describes_it() {
    let help = Setting::empty()
        .stylescope(["run", "--help"])
        .succeeded()
        .stdout;
    let words = "start version preset more_styles content_mask style_masks size device threads steps step seconds loss total content style \
        variation terms kind layer weight unweighted weighted end reason completed stopped output error message";
    let (_, schema) = help
        .split_once("With --json")
        .expect("the schema in the help");
    for word in words.split_whitespace() {
        assert!(schema.contains(word), "{word} is not in {schema}");
    }
}

#[test]
fn a_failure_is_the_last_object() {
    let setting = Setting::with_pictures();
    setting.picture("small.png", 9, 9, 1);
    for (arguments, words) in [
        ("content.png nowhere.png", "there is no such file"),
        ("content.png style.png -p gatis", "there is no preset"),
        ("content.png small.png", "too small"),
    ] {
        let ended = setting
            .run(&format!("{arguments} --json"))
            .failed_saying(&[words]);
        let objects = objects(&ended.stdout);
        assert_eq!(objects.len(), 1, "{}", ended.stdout);
        assert_eq!(objects[0]["event"], "error");
        assert!(
            objects[0]["message"].as_str().unwrap().contains(words),
            "{}",
            ended.stdout
        );
    }
}
