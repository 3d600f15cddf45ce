//! A report as one HTML file: no script, no font, no picture outside of it. Pure; any thread.

pub(super) mod escape;
mod losses;
mod pictures;
mod tables;

use std::fmt::Write;

use self::escape::escaped;
use super::ReportError;
use super::contents::Contents;
use crate::report::ink::{self, Ink};
use crate::report::surface::svg::Letters;

const STYLE: &str = include_str!("html/style.css");
/// Not even a name that gets past the escaping could have a browser load something.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The whole file.
pub(super) fn document(contents: &Contents) -> Result<String, ReportError> {
    let mut letters = Letters::default();
    let body = [
        header(contents),
        pictures::pictures(contents)?,
        losses::losses(contents, &mut letters)?,
        differences(contents),
        pictures::strips(contents)?,
        parameters(contents),
        facts(contents),
        again(contents),
    ]
    .concat();
    let title = escaped(&contents.title);
    let letters = letters.definitions();
    let made = escaped(&contents.made);
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n\
         <svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>{letters}</defs></svg>\n\
         <main>\n{body}<footer>Made by {made}.</footer>\n</main>\n</body>\n</html>\n",
        colors()
    ))
}

/// The colours for paper as variables, and in their place those for a dark screen.
fn colors() -> String {
    let inks: [(&str, Ink); 8] = [
        ("ground", ink::GROUND),
        ("text", ink::TEXT),
        ("label", ink::LABEL),
        ("grid", ink::GRID),
        ("frame", ink::FRAME),
        ("panel", ink::PANEL),
        ("marker", ink::MARKER),
        ("on-marker", ink::ON_MARKER),
    ];
    let variables = |color: fn(Ink) -> String| -> String {
        let one = |(name, ink): &(&str, Ink)| format!("--{name}:{};", color(*ink));
        inks.iter().map(one).collect()
    };
    format!(
        ":root{{color-scheme:light;{}}}\n@media screen and (prefers-color-scheme:dark){{\n\
         :root{{color-scheme:dark;{}}}\n{}\n}}\n",
        variables(|ink| ink::hex(ink.paper)),
        variables(Ink::dark_hex),
        ink::dark_rules("svg")
    )
}

fn header(contents: &Contents) -> String {
    let mut html = format!(
        "<header>\n<h1>{}</h1>\n<ul class=\"summary\">",
        escaped(&contents.title)
    );
    for fact in &contents.summary {
        let _ = write!(html, "<li>{}</li>", escaped(fact));
    }
    html += "</ul>\n";
    if !contents.notes.is_empty() {
        html += "<div class=\"notes\" role=\"note\">";
        for note in &contents.notes {
            let _ = write!(html, "<p>{}</p>", escaped(note));
        }
        html += "</div>\n";
    }
    html + "</header>\n"
}

fn section(id: &str, heading: &str, inside: &str) -> String {
    if inside.is_empty() {
        return String::new();
    }
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{inside}</section>\n"
    )
}

/// A piece of a run's curve.
fn swatch((ink, is_dashed): (Ink, bool)) -> String {
    let dash = if is_dashed {
        " stroke-dasharray=\"5 4\""
    } else {
        ""
    };
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 26 8\" aria-hidden=\"true\"><path d=\"M2 4H24\" fill=\"none\" \
         stroke=\"{}\" stroke-width=\"4\"{dash}/></svg>",
        ink::hex(ink.paper)
    )
}

fn differences(contents: &Contents) -> String {
    let mut html = String::new();
    if let Some(table) = &contents.settings {
        html += &tables::table(table, "differences");
    } else if contents.runs.len() > 1 {
        html += "<p>Nothing differs but what happened by chance.</p>\n";
    }
    if let Some((step, table)) = &contents.losses {
        let _ = writeln!(
            html,
            "<h3>Losses without their weights at step {step}, the last that all have; the least of each is bold</h3>"
        );
        html += &tables::table(table, "losses");
    }
    section("differences", "Differences", &html)
}

fn parameters(contents: &Contents) -> String {
    if contents.parameters.is_empty() {
        return String::new();
    }
    let mut html = String::new();
    if let [first, _, ..] = &contents.runs[..] {
        let _ = writeln!(
            html,
            "<p class=\"quiet\">Of {}.</p>",
            escaped(&first.heading)
        );
    }
    html += "<div class=\"tables\">\n";
    for (name, values) in &contents.parameters {
        html += &tables::named(name, values);
    }
    section("parameters", "Parameters", &(html + "</div>\n"))
}

fn facts(contents: &Contents) -> String {
    let mut html = tables::table(&contents.shared_facts, "facts");
    if let Some(own) = &contents.own_facts {
        html += &tables::table(own, "own");
    }
    section("machine", "Machine and files", &html)
}

fn again(contents: &Contents) -> String {
    let mut html = String::new();
    let is_single = contents.runs.len() == 1;
    for command in &contents.again {
        let (what, lines) = (escaped(&command.what), escaped(&command.lines.join("\n")));
        // Of many runs there are many, and who needs one knows which.
        let _ = if command.is_from_preset && !is_single {
            writeln!(
                html,
                "<details><summary>{what}</summary><pre><code>{lines}</code></pre></details>"
            )
        } else {
            writeln!(html, "<h3>{what}</h3>\n<pre><code>{lines}</code></pre>")
        };
    }
    if !contents.presets.is_empty() {
        html += "<p class=\"quiet note\">On another machine save the preset as a file and name that after -p.</p>\n";
    }
    for (name, text) in &contents.presets {
        let _ = writeln!(
            html,
            "<details><summary>{}, every field</summary><pre><code>{}</code></pre></details>",
            escaped(name),
            escaped(text.trim())
        );
    }
    section("again", "To do it again", &html)
}
