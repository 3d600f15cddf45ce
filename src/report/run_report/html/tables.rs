//! Tables as HTML. Pure; any thread.

use std::fmt::Write;

use super::escape::escaped;
use crate::report::run_report::table::{Row, Table};

/// With headings, or with the rows' names alone where there are none.
pub(super) fn table(table: &Table, class: &str) -> String {
    let numbers = if table.is_numeric { " numbers" } else { "" };
    let mut html = format!("<div class=\"scroll\"><table class=\"{class}{numbers}\">");
    if !table.headings.is_empty() {
        html += "<thead><tr>";
        for heading in std::iter::once(&table.corner).chain(&table.headings) {
            let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(heading));
        }
        html += "</tr></thead>";
    }
    html += "<tbody>";
    for row in &table.rows {
        html += &line(row);
    }
    html + "</tbody></table></div>\n"
}

fn line(row: &Row) -> String {
    let has_marks = row.cells.iter().any(|cell| cell.is_marked);
    let mut html = format!("<tr><th scope=\"row\">{}</th>", escaped(&row.name));
    for cell in &row.cells {
        let class = match (has_marks, cell.is_marked) {
            (false, _) => "",
            (true, true) => " class=\"marked\"",
            (true, false) => " class=\"same\"",
        };
        let _ = write!(html, "<td{class}>{}</td>", escaped(&cell.text));
    }
    html + "</tr>"
}

/// Names and values below what they belong to.
pub(super) fn named(caption: &str, values: &[(String, String)]) -> String {
    let mut html = format!("<table><caption>{}</caption><tbody>", escaped(caption));
    for (name, value) in values {
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escaped(name),
            escaped(value)
        );
    }
    html + "</tbody></table>"
}
