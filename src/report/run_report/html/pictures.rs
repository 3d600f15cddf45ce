//! The contact sheet and the strips of snapshots as HTML. Pure; any thread.

use std::fmt::Write;

use image::RgbImage;

use super::escape::escaped;
use super::{section, swatch};
use crate::record::figure;
use crate::report::data_uri;
use crate::report::run_report::ReportError;
use crate::report::run_report::contents::{Card, Contents};

pub(super) fn pictures(contents: &Contents) -> Result<String, ReportError> {
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
            let _ = writeln!(
                html,
                "<div class=\"cards\" style=\"--card:{width}px;--columns:{}\">",
                cards.len().min(4)
            );
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

pub(super) fn strips(contents: &Contents) -> Result<String, ReportError> {
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

fn image(picture: &RgbImage, alt: &str, attributes: &str) -> Result<String, ReportError> {
    let (width, height) = picture.dimensions();
    Ok(format!(
        "<img src=\"{}\" width=\"{width}\" height=\"{height}\" alt=\"{}\"{attributes}>",
        data_uri::jpeg(picture)?,
        escaped(alt)
    ))
}
