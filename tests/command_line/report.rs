//! `stylescope report`: what it writes of real runs, and of what is left of broken ones.

use std::path::{Path, PathBuf};

use image::GenericImageView;
use jiff::Zoned;
use serde_json::Value;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::comparison::{Comparison, ComparisonFolder};

use super::setting::Setting;

/// A picture's name that means something to HTML, to a shell and to a terminal.
const HOSTILE: &str = "a<img src=x onerror=alert(1)>&'\"\u{1b}[31m.png";

/// Two runs of the same pictures with other weights; their folders, the older one first.
fn two_runs(setting: &Setting) -> [PathBuf; 2] {
    for weight in [1, 20] {
        let settings = format!("content.png style.png -o {weight}.png --set style.weight={weight}");
        setting.run(&settings).succeeded();
    }
    let list = setting.stylescope(["runs", "list", "--json"]).succeeded();
    let folder = |line: &str| -> PathBuf {
        let run: Value = serde_json::from_str(line).unwrap();
        run["folder"].as_str().unwrap().into()
    };
    let folders: Vec<PathBuf> = list.stdout.lines().map(folder).collect();
    folders.try_into().unwrap()
}

fn written(setting: &Setting, arguments: &[&str], name: &str) -> String {
    let all = [&["report"], arguments, &["-o", name]].concat();
    let ended = setting.stylescope(all).succeeded();
    let said: Vec<&str> = ended.stdout.lines().collect();
    assert!(said.len() == 1 && said[0].contains(name), "{said:?}");
    std::fs::read_to_string(setting.path(name)).unwrap()
}

/// Nothing that a browser would load from anywhere, and no code.
fn refers_to_nothing(html: &str) {
    for address in [
        "http://",
        "https://",
        "url(",
        "@import",
        "<script",
        "<link",
        "javascript:",
    ] {
        assert!(!html.contains(address), "{address}");
    }
    for attribute in ["src=\"", "href=\""] {
        for (at, _) in html.match_indices(attribute) {
            let value = &html[at + attribute.len()..];
            assert!(value.starts_with("data:image/jpeg;base64,") || value.starts_with('#'));
        }
    }
}

#[test]
fn a_run_becomes_a_page_with_everything_in_it() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o out.png --set schedule.steps=30")
        .succeeded();
    let ended = setting.stylescope(["report"]).succeeded();
    let id = RunFolder::at(setting.only_run()).id();
    let name = format!("report-{id}.html");
    assert!(
        ended.stdout.starts_with(&format!("wrote {name}: 1 run, ")),
        "{}",
        ended.stdout
    );
    let html = std::fs::read_to_string(setting.path(&name)).unwrap();
    refers_to_nothing(&html);
    for section in [
        "Pictures",
        "Losses",
        "Parameters",
        "Machine and files",
        "To do it again",
    ] {
        assert!(html.contains(&format!(">{section}</h2>")), "{section}");
    }
    for text in [
        "<html lang=\"en\">",
        "content.png in the style of style.png",
        "The content picture, content.png",
        "The style picture, style.png",
        "30 steps in",
        "prefers-color-scheme:dark",
        "@media print",
        "Chart of style block1 at steps 0 to 29",
        "cpu (1 thread)",
        "schedule.steps=30",
        "learning_rate = 0.03",
        "<th scope=\"row\">layers.block1</th><td>1.0</td>",
    ] {
        assert!(html.contains(text), "{text}");
    }
    // The large chart twice, for wide and for narrow screens, and one a term: five style, two content, variation.
    assert_eq!(html.matches("role=\"img\"").count(), 2 + 8);
    let pictures = html.matches("<img ").count();
    assert!(pictures >= 3 && pictures == html.matches(" alt=\"").count());

    // A second one takes no file away; one that is asked for by name does.
    let again = setting.stylescope(["report"]).succeeded();
    assert!(
        again.stdout.contains(&format!("report-{id}-2.html")),
        "{}",
        again.stdout
    );
    setting.write("mine.html", "mine");
    assert!(written(&setting, &[], "mine.html").contains("Losses"));
    let printed = setting.stylescope(["report", "-o", "-"]).succeeded();
    assert!(printed.stdout.starts_with("<!DOCTYPE html>") && printed.stdout.ends_with("</html>\n"));
}

#[test]
fn what_the_commands_of_a_report_make_is_the_same_picture() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o out.png --set style.weight=3")
        .succeeded();
    let html = written(&setting, &["latest"], "report.html");
    let (_, rest) = html
        .split_once("from its whole preset</h3>\n<pre><code>")
        .unwrap();
    let command = rest.split('<').next().unwrap();
    let mut words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words.remove(0), "stylescope");
    words.extend(["-o", "again.png", "--headless"]);
    setting.stylescope(words).succeeded();
    let pixels = |name: &str| image::open(setting.path(name)).unwrap().into_rgb8();
    assert!(pixels("out.png") == pixels("again.png"));
}

#[test]
fn several_runs_are_put_side_by_side() {
    let setting = Setting::with_pictures();
    let [one, other] = two_runs(&setting);
    let [one, other] = [&one, &other].map(|path| path.to_str().unwrap());
    // Named twice, it is there once.
    let html = written(&setting, &[one, other, one], "both.html");
    refers_to_nothing(&html);
    for text in [
        "2 runs side by side",
        "1 weight=1.0",
        "2 weight=20.0",
        "style.weight 1.0 → 20.0",
        "Chart of style, all layers at steps 0 to 2: 1 weight=1.0 from",
        "at step 2, the last that all have",
    ] {
        assert!(html.contains(text), "{text}");
    }
    let row = "<tr><th scope=\"row\">style.weight</th><td class=\"same\">1.0</td><td class=\"marked\">20.0</td></tr>";
    assert!(html.contains(row));

    // Sums over other layers are not put side by side, and the report says so.
    setting
        .run("content.png style.png -o c.png --set style.layers={block1=1.0}")
        .succeeded();
    let html = written(&setting, &[one, "latest"], "layers.html");
    assert!(html.contains("measure style at different layers"));
    assert!(
        !html.contains("Chart of style, all layers")
            && html.contains("Chart of content, all layers")
    );
    assert!(!html.contains("<th scope=\"row\">style, all layers</th>"));
}

#[test]
fn a_comparison_is_all_its_runs_under_their_labels() {
    let setting = Setting::with_pictures();
    let runs = two_runs(&setting);
    let now = Zoned::now();
    let comparison = ComparisonFolder::create(setting.runs(), &now).unwrap();
    Comparison::default().write(&comparison).unwrap();
    for (index, run) in runs.iter().enumerate() {
        let name = format!("0{}-demo-abc{index}", index + 1);
        let inside = comparison.path().join(name);
        std::fs::rename(run, &inside).unwrap();
        let description = inside.join("run.json");
        let text = std::fs::read_to_string(&description).unwrap();
        let mut run: Value = serde_json::from_str(&text).unwrap();
        run["label"] = format!("candidate {index}").into();
        std::fs::write(&description, run.to_string()).unwrap();
    }
    let ended = setting.stylescope(["report"]).succeeded();
    let name = format!("report-{}.html", comparison.id());
    assert!(
        ended.stdout.contains(&format!("wrote {name}: 2 runs")),
        "{}",
        ended.stdout
    );
    let html = std::fs::read_to_string(setting.path(&name)).unwrap();
    assert!(html.contains("1 candidate 0") && html.contains("2 candidate 1"));
}

/// Pixels of exactly this colour.
fn count(picture: &image::RgbImage, color: [u8; 3]) -> usize {
    picture.pixels().filter(|pixel| pixel.0 == color).count()
}

#[test]
fn a_picture_shows_the_charts_in_their_colours() {
    let setting = Setting::with_pictures();
    let folders = two_runs(&setting);
    let [one, other] = [0, 1].map(|index| folders[index].to_str().unwrap());
    for (arguments, colors) in [
        // Total, content and style.
        (&[one][..], &[[28, 32, 40], [0, 110, 180], [190, 80, 0]][..]),
        // The first and the second run.
        (&[one, other][..], &[[0, 114, 178], [213, 94, 0]][..]),
    ] {
        let all = [
            &["report"],
            arguments,
            &["-o", "report.png", "-o", "report.svg"],
        ]
        .concat();
        let ended = setting.stylescope(all).succeeded();
        assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
        let page = image::open(setting.path("report.png")).unwrap();
        assert!(
            page.width() == 1680 && page.height() > 2000,
            "{:?}",
            page.dimensions()
        );
        let page = page.into_rgb8();
        for color in colors {
            assert!(
                count(&page, *color) > 500,
                "{color:?}: {}",
                count(&page, *color)
            );
        }
        assert!(count(&page, [255; 3]) > page.pixels().len() / 2);

        let svg = std::fs::read_to_string(setting.path("report.svg")).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let elements = || document.descendants().filter(roxmltree::Node::is_element);
        assert_eq!(document.root_element().tag_name().name(), "svg");
        // Letters are outlines, so no font has to be there.
        assert!(
            !elements()
                .any(|node| ["text", "script", "foreignObject"].contains(&node.tag_name().name()))
        );
        for node in elements() {
            let link = node.attribute(("http://www.w3.org/1999/xlink", "href"));
            assert!(link.is_none_or(|link| link.starts_with('#') || link.starts_with("data:image/jpeg")));
        }
        let curves = elements().filter(|node| {
            let [red, green, blue] = colors[colors.len() - 1];
            node.attribute("stroke") == Some(format!("#{red:02x}{green:02x}{blue:02x}").as_str())
                && node.tag_name().name() == "path"
        });
        assert!(curves.count() > 4);
    }
}

#[test]
fn names_cannot_get_out_of_their_place() {
    let setting = Setting::with_pictures();
    std::fs::rename(setting.path("content.png"), setting.path(HOSTILE)).unwrap();
    let quick = super::setting::QUICK;
    let arguments = [
        &["run", HOSTILE, "style.png", "-o", "out.png", "--headless"][..],
        &quick,
    ]
    .concat();
    setting.stylescope(arguments).succeeded();
    let html = written(&setting, &[], "report.html");
    assert!(!html.contains("<img src=x") && !html.contains('\u{1b}'));
    assert!(html.contains("a&lt;img src=x onerror=alert(1)&gt;&amp;&#39;&quot;\\u{1b}[31m.png"));
    setting
        .stylescope(["report", "-o", "report.svg"])
        .succeeded();
    let svg = std::fs::read_to_string(setting.path("report.svg")).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let title = document
        .descendants()
        .find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title")));
    assert!(title.unwrap().text().unwrap().starts_with("a<img src=x"));
}

#[test]
fn what_is_left_of_a_run_is_reported() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o out.png --set schedule.steps=20")
        .succeeded();
    let folder = RunFolder::at(setting.only_run());
    // As a machine that died leaves it: half the rows, then nothing but zeros and half a row.
    let losses = std::fs::read_to_string(folder.metrics()).unwrap();
    let (half, _) = losses.split_at(losses.len() / 2);
    let rows = half.lines().count() - 2;
    std::fs::write(folder.metrics(), format!("{half}\0\0\0\n9,9")).unwrap();
    std::fs::remove_file(folder.preset()).unwrap();
    std::fs::remove_file(folder.journal()).unwrap();
    std::fs::write(folder.result(), "no picture").unwrap();
    let snapshot = image::open(setting.path("out.png")).unwrap();
    snapshot.save(folder.snapshot(1, 7)).unwrap();
    std::fs::write(folder.snapshot(1, 8), "no picture").unwrap();
    let html = written(&setting, &[], "report.html");
    for text in [
        "metrics.csv is broken",
        "preset.toml cannot be read",
        "result.png cannot be read",
        "1 of the snapshots cannot be read",
        "picture after 7 steps",
        &format!("at steps 0 to {}", rows - 1),
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("Parameters"));
    setting
        .stylescope(["report", "-o", "report.png"])
        .succeeded();

    // Nothing at all is left: beside another run it is left out, by itself it is an error.
    let name = folder.name();
    setting
        .run("content.png style.png -o other.png")
        .succeeded();
    std::fs::remove_file(folder.metrics()).unwrap();
    std::fs::remove_dir_all(folder.snapshots()).unwrap();
    let html = written(&setting, &[&name, "latest"], "report.html");
    assert!(html.contains(&format!("Not shown: {name}")));
    setting
        .stylescope(["report", &name])
        .failed_saying(&["nothing to report", &name, "runs list"]);
}

#[test]
fn what_cannot_be_done_is_said() {
    let setting = Setting::with_pictures();
    setting
        .stylescope(["report"])
        .failed_saying(&["no runs", "--runs FOLDER"]);
    setting.run("content.png style.png -o out.png").succeeded();
    setting
        .stylescope(["report", "-o", "report.pdf"])
        .failed_saying(&["\"pdf\"", ".html, .png or .svg"]);
    setting
        .stylescope(["report", "-o", "nowhere/report.html"])
        .failed_saying(&["nowhere", "does not exist"]);
    setting
        .stylescope(["report", "zzzz"])
        .failed_saying(&["zzzz", "runs list"]);
    assert!(!Path::new(&setting.path("report.pdf")).exists());
}

#[test]
fn a_hundred_thousand_steps_are_a_small_file() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.png").succeeded();
    let folder = RunFolder::at(setting.only_run());
    let losses = std::fs::read_to_string(folder.metrics()).unwrap();
    let mut lines = losses.lines();
    let mut many = lines.next().unwrap().to_owned() + "\n";
    let last: Vec<&str> = lines.next_back().unwrap().split(',').collect();
    for step in 0..100_000 {
        let total = if step == 70_001 {
            1e4
        } else {
            1.0 + f64::from(step % 7)
        };
        let row = format!("1,{step},{step},{total},{}\n", last[4..].join(","));
        many.push_str(&row);
    }
    std::fs::write(folder.metrics(), many).unwrap();
    let html = written(&setting, &[], "report.html");
    assert!(html.len() < 700_000, "{}", html.len());
    // The one high value decides how far up the chart goes.
    assert!(html.contains("at steps 0 to 99999"));
}
