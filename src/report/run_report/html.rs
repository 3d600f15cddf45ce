//! A report as one HTML file: no script, no font, no picture outside of it. Pure; any thread.

pub(super) mod escape;
mod tables;

use std::fmt::Write;

use image::RgbImage;

use self::escape::escaped;
use super::ReportError;
use super::contents::{Card, Contents};
use crate::record::chart::LossChart;
use crate::record::figure;
use crate::report::data_uri;
use crate::report::drawing::{Area, Drawing};
use crate::report::ink::{self, Ink};
use crate::report::plot::Plot;
use crate::report::surface::svg::{self, Letters};

const STYLE: &str = include_str!("html/style.css");
/// Not even a name that gets past the escaping could have a browser load something.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Width, height and size of text of a chart; it is shown about as large as that.
type Shape = (f64, f64, f64);
const WIDE: Shape = (1040.0, 400.0, 14.5);
const NARROW: Shape = (420.0, 320.0, 14.5);
const HALF: Shape = (508.0, 330.0, 14.0);
const THIRD: Shape = (330.0, 190.0, 13.0);

/// The whole file.
pub(super) fn document(contents: &Contents) -> Result<String, ReportError> {
    let mut letters = Letters::default();
    let body = [
        header(contents),
        pictures(contents)?,
        losses(contents, &mut letters)?,
        differences(contents),
        strips(contents)?,
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

fn image(picture: &RgbImage, alt: &str, attributes: &str) -> Result<String, ReportError> {
    let (width, height) = picture.dimensions();
    Ok(format!(
        "<img src=\"{}\" width=\"{width}\" height=\"{height}\" alt=\"{}\"{attributes}>",
        data_uri::jpeg(picture)?,
        escaped(alt)
    ))
}

fn pictures(contents: &Contents) -> Result<String, ReportError> {
    let mut inputs = String::new();
    for shown in &contents.inputs {
        let alt = format!("The {} picture, {}", shown.what, shown.name);
        let _ = write!(
            inputs,
            "<figure>{}<figcaption><strong>{}</strong> {}</figcaption></figure>",
            image(&shown.picture, &alt, "")?,
            escaped(&shown.what),
            escaped(&shown.name)
        );
    }
    let inside = match &contents.runs[..] {
        [card] => {
            let result = result(card)?;
            if inputs.is_empty() {
                result
            } else {
                format!(
                    "<div class=\"single\"><div class=\"inputs\">{inputs}</div>{result}</div>\n"
                )
            }
        }
        cards => {
            let mut html = String::new();
            if !inputs.is_empty() {
                html = format!("<div class=\"inputs row\">{inputs}</div>\n");
            }
            let width = if cards.len() > 3 { 228 } else { 300 };
            let _ = writeln!(html, "<div class=\"cards\" style=\"--card:{width}px\">");
            for card in cards {
                html += &self::card(card)?;
            }
            html + "</div>\n"
        }
    };
    Ok(section("pictures", "Pictures", &inside))
}

/// The only result, large; a small one is not blown up beyond twice its size.
fn result(card: &Card) -> Result<String, ReportError> {
    let lines = escaped(&card.lines.join(" · "));
    let picture = match &card.picture {
        Some(picture) => {
            let widest = picture.width() * 2;
            let style = format!(" style=\"width:min(100%,{widest}px)\"");
            image(picture, &card.alt, &style)?
        }
        None => String::new(),
    };
    Ok(format!(
        "<figure>{picture}<figcaption>{lines}</figcaption></figure>"
    ))
}

fn card(card: &Card) -> Result<String, ReportError> {
    let mut html = "<article class=\"card\">".to_owned();
    if let Some(picture) = &card.picture {
        html += &image(picture, &card.alt, "")?;
    }
    let swatch = card.ink.map_or_else(String::new, swatch);
    let _ = write!(
        html,
        "<h3>{swatch}<span>{}</span></h3>",
        escaped(&card.heading)
    );
    for line in &card.lines {
        let _ = write!(html, "<p>{}</p>", escaped(line));
    }
    if !card.differences.is_empty() {
        html += "<ul>";
        for difference in &card.differences {
            let _ = write!(html, "<li>{}</li>", escaped(difference));
        }
        html += "</ul>";
    }
    Ok(html + "</article>\n")
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

fn losses(contents: &Contents, letters: &mut Letters) -> Result<String, ReportError> {
    let charts = &contents.charts;
    let is_single = contents.runs.len() == 1;
    let mut html = String::new();
    if is_single {
        for plot in &charts.main {
            html += "<p class=\"quiet\">Weighted, as they were optimised; logarithmic.</p>\n";
            for (class, shape) in [("wide", WIDE), ("narrow", NARROW)] {
                let chart = chart(plot, shape, letters)?;
                let _ = writeln!(html, "<div class=\"{class} chart\">{chart}</div>");
            }
        }
    } else if !charts.layers.is_empty() {
        html += "<p class=\"quiet\">Without their weights, so that they can be compared; logarithmic.</p>\n";
        html += &legend(contents);
        if !charts.main.is_empty() {
            html += &grid(&charts.main, "charts", 420, HALF, letters)?;
        }
    }
    html += &changes(contents);
    if !charts.layers.is_empty() {
        let heading = if is_single {
            "Term by term, without weights"
        } else {
            "Term by term"
        };
        let _ = writeln!(html, "<h3 class=\"small\">{heading}</h3>");
        html += &grid(&charts.layers, "charts", 290, THIRD, letters)?;
    }
    Ok(section("losses", "Losses", &html))
}

fn grid(
    plots: &[Plot],
    class: &str,
    width: u32,
    shape: Shape,
    letters: &mut Letters,
) -> Result<String, ReportError> {
    let small = if shape == THIRD { " small" } else { "" };
    let mut html = format!("<div class=\"{class}{small}\" style=\"--chart:{width}px\">\n");
    for plot in plots {
        let _ = writeln!(
            html,
            "<div class=\"chart\">{}</div>",
            chart(plot, shape, letters)?
        );
    }
    Ok(html + "</div>\n")
}

/// Which colour is whose, beside the charts that do not say it.
fn legend(contents: &Contents) -> String {
    let mut html = "<ul class=\"legend\">".to_owned();
    for card in &contents.runs {
        if let Some(ink) = card.ink {
            let _ = write!(html, "<li>{} {}</li>", swatch(ink), escaped(&card.heading));
        }
    }
    html + "</ul>\n"
}

fn chart(
    plot: &Plot,
    (width, height, size): Shape,
    letters: &mut Letters,
) -> Result<String, ReportError> {
    let mut drawing = Drawing::new(width, height, None);
    plot.draw(&mut drawing, Area::new(0.0, 0.0, width, height), size);
    let label = escaped(&described(&plot.title, &plot.chart));
    let attributes = format!("role=\"img\" aria-label=\"{label}\"");
    Ok(svg::element(&drawing, &attributes, "", letters)?)
}

/// What a chart shows, for whoever does not see it.
fn described(title: &str, chart: &LossChart) -> String {
    let ends = chart.curves.iter().filter_map(|curve| {
        let (first, last) = (curve.points.first()?, curve.points.last()?);
        let name = if curve.name.is_empty() {
            "the loss"
        } else {
            &curve.name
        };
        let (from, to) = (
            figure::loss(first.last.into()),
            figure::loss(last.last.into()),
        );
        Some(format!("{name} from {from} to {to}"))
    });
    let subject = if title.is_empty() { "losses" } else { title };
    format!(
        "Chart of {subject} at steps {} to {}: {}",
        chart.steps.start(),
        chart.steps.end(),
        ends.collect::<Vec<String>>().join(", ")
    )
}

fn changes(contents: &Contents) -> String {
    if contents.changes.is_empty() {
        return String::new();
    }
    let mut html =
        "<ul class=\"changes\" aria-label=\"Changes of the preset on the way\">".to_owned();
    for change in &contents.changes {
        let number = change.number.map_or_else(String::new, |number| {
            format!("<span class=\"flag\">{number}</span> ")
        });
        let run = change
            .run
            .as_ref()
            .map_or_else(String::new, |run| format!("{}, ", escaped(run)));
        let fields = escaped(&change.fields.join("; "));
        let _ = write!(html, "<li>{number}{run}step {}: {fields}</li>", change.step);
    }
    html + "</ul>\n"
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

fn strips(contents: &Contents) -> Result<String, ReportError> {
    let mut html = String::new();
    for strip in &contents.strips {
        let shown = strip.frames.len();
        let of = if strip.count > shown {
            format!(" <span class=\"quiet\">{shown} of {}</span>", strip.count)
        } else {
            String::new()
        };
        if let Some(run) = &strip.run {
            let _ = writeln!(html, "<h3>{}{of}</h3>", escaped(run));
        }
        html += "<ol class=\"strip\">";
        for (step, picture) in &strip.frames {
            let alt = format!("Picture after {}", figure::steps(*step));
            let _ = write!(
                html,
                "<li>{}<span>{step}</span></li>",
                image(picture, &alt, "")?
            );
        }
        html += "</ol>\n";
    }
    if !html.is_empty() {
        html = format!("<p class=\"quiet\">Below each picture the number of its step.</p>\n{html}");
    }
    Ok(section("way", "On the way", &html))
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
