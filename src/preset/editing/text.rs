//! Edits of TOML text that leave every other line as it is.
//!
//! Pure, any thread. A value that stands in the text is exchanged byte by byte; only what has to be put
//! in or taken out goes through `toml_edit`'s tree.

use std::ops::Range;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, TableLike, TomlError, Value};

/// One edit. Keys are paths such as `["style", "layers", "relu1_1"]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Edit {
    /// The key says this value, which is TOML.
    Set(Vec<String>, String),
    /// The key is not there.
    Remove(Vec<String>),
    /// The table says exactly this where the text has no such table; it is left alone otherwise.
    Table(Vec<String>, Vec<(String, String)>),
}

impl Edit {
    /// The same edit with the names that stand in the text: `#FF0000` is what a preset holds as `#ff0000`.
    fn spelled_as_in(mut self, text: &Table) -> Self {
        let (Self::Set(path, _) | Self::Remove(path) | Self::Table(path, _)) = &mut self;
        let mut table: Option<&dyn TableLike> = Some(text);
        for name in path {
            let Some(above) = table else { break };
            if name.starts_with('#') && !above.contains_key(name) {
                let mut known = above.iter().map(|(known, _)| known);
                if let Some(known) = known.find(|known| known.eq_ignore_ascii_case(name)) {
                    known.clone_into(name);
                }
            }
            table = above.get(name).and_then(Item::as_table_like);
        }
        self
    }
}

/// `text` after all edits, in their order.
pub(super) fn edited(text: &str, edits: Vec<Edit>) -> Result<String, TomlError> {
    const BYTE_ORDER_MARK: &str = "\u{feff}";
    let (mark, body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (BYTE_ORDER_MARK, body),
        None => ("", text),
    };
    let document = Document::parse(body)?;
    let edits = edits
        .into_iter()
        .map(|edit| edit.spelled_as_in(document.as_table()))
        .collect();
    let (exchanged, rest) = exchange(body, &document, edits);
    if rest.is_empty() {
        return Ok(format!("{mark}{exchanged}"));
    }
    let mut document: DocumentMut = exchanged.replace("\r\n", "\n").parse()?;
    for edit in rest {
        restructure(&mut document, edit)?;
    }
    let restructured = with_line_ends_of(&exchanged, &document.to_string());
    Ok(format!("{mark}{restructured}"))
}

/// Carries out the edits of values that stand in the text, and gives back the others.
fn exchange(text: &str, document: &Document<&str>, edits: Vec<Edit>) -> (String, Vec<Edit>) {
    let mut replacements: Vec<(Range<usize>, String)> = Vec::new();
    let mut rest = Vec::new();
    for edit in edits {
        let Edit::Set(path, value) = &edit else {
            rest.push(edit);
            continue;
        };
        match at(document.as_table(), path) {
            Some(Item::Value(old)) if old.span().is_some() => {
                if !says(old, value) {
                    let span = old.span().unwrap_or_default();
                    replacements.push((span, written_like(old, value).to_owned()));
                }
            }
            _ => rest.push(edit),
        }
    }
    replacements.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut exchanged = text.to_owned();
    for (span, value) in replacements {
        exchanged.replace_range(span, &value);
    }
    (exchanged, rest)
}

fn at<'a>(table: &'a Table, path: &[String]) -> Option<&'a Item> {
    let (last, tables) = path.split_last()?;
    let mut table: &dyn TableLike = table;
    for name in tables {
        table = table.get(name)?.as_table_like()?;
    }
    table.get(last)
}

fn number(value: &Value) -> Option<f64> {
    let whole = value.as_integer().map(|integer| integer as f64);
    whole.or_else(|| value.as_float())
}

/// Whether `old` is the value that `new` is the text of, however it is written.
fn says(old: &Value, new: &str) -> bool {
    let Ok(new) = new.parse::<Value>() else {
        return false;
    };
    match (number(old), number(&new)) {
        (Some(old), Some(new)) => old.to_bits() == new.to_bits(),
        _ => match (old.as_str(), new.as_str()) {
            (Some(old), Some(new)) => old == new,
            _ => old.as_bool().is_some() && old.as_bool() == new.as_bool(),
        },
    }
}

/// A whole number stays one without a point.
fn written_like<'a>(old: &Value, new: &'a str) -> &'a str {
    match new.strip_suffix(".0") {
        Some(whole) if old.is_integer() => whole,
        _ => new,
    }
}

fn restructure(document: &mut DocumentMut, edit: Edit) -> Result<(), TomlError> {
    match edit {
        Edit::Set(path, value) => put(document, &path, Item::Value(value.parse()?)),
        Edit::Remove(path) => remove(document, &path),
        Edit::Table(path, rows) => {
            let is_there = at(document, &path).is_some_and(Item::is_table_like);
            if !is_there {
                let mut table = Table::new();
                for (name, value) in rows {
                    table.insert(&name, Item::Value(value.parse()?));
                }
                put(document, &path, Item::Table(table));
            }
        }
    }
    Ok(())
}

/// Puts an item where there is none. Tables on the way are made, at the end of the text.
fn put(document: &mut DocumentMut, path: &[String], mut item: Item) {
    let Some((last, tables)) = path.split_last() else {
        return;
    };
    let is_new = tables
        .first()
        .is_some_and(|top| !document.contains_key(top));
    let above = if is_new { take_end(document) } else { None };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    let mut has_headers = true;
    for name in tables {
        if !table.contains_key(name) {
            let mut made = Table::new();
            // The table gets a header of its own only if something stands right below it.
            made.set_implicit(true);
            made.set_position(Some(isize::MAX));
            if let Some(above) = &above {
                let header = item.as_table_mut().unwrap_or(&mut made);
                header.decor_mut().set_prefix(above.as_str());
            }
            table.insert(name, own_form(Item::Table(made), has_headers));
        }
        let Some(below) = table.get_mut(name) else {
            return;
        };
        has_headers &= below.as_table().is_some_and(|below| !below.is_dotted());
        match below.as_table_like_mut() {
            Some(below) => table = below,
            None => return,
        }
    }
    let item = own_form(item, has_headers);
    let indent = indent_of(table);
    let inner_end = if has_headers {
        None
    } else {
        trailing_space(table)
    };
    table.insert(last, item);
    if let Some(mut key) = table.key_mut(last)
        && !indent.is_empty()
    {
        key.leaf_decor_mut().set_prefix(indent);
    }
    if let Some(space) = inner_end
        && let Some(value) = table.get_mut(last).and_then(Item::as_value_mut)
    {
        value.decor_mut().set_prefix(" ");
        value.decor_mut().set_suffix(space);
    }
}

/// Takes what stands after the last key of the text, for a table that comes there.
fn take_end(document: &mut DocumentMut) -> Option<String> {
    let end = document.trailing().as_str()?.to_owned();
    if end.is_empty() {
        return None;
    }
    document.set_trailing("");
    let is_blank = end.trim().is_empty();
    let missing = match (end.ends_with('\n'), end.ends_with("\n\n")) {
        (_, true) => "",
        (true, false) if is_blank => "",
        (true, false) => "\n",
        (false, _) if is_blank => "\n",
        (false, _) => "\n\n",
    };
    Some(end + missing)
}

/// A table under a header stays one; one below dotted keys or in braces is written in braces.
fn own_form(item: Item, has_headers: bool) -> Item {
    match item {
        Item::Table(table) if !has_headers => {
            let rows = table.into_iter().filter_map(|(name, item)| {
                let value = item.into_value().ok()?;
                Some((name, value))
            });
            Item::Value(Value::InlineTable(rows.collect::<InlineTable>()))
        }
        item => item,
    }
}

/// What stands before the last key of the table on its line.
fn indent_of(table: &dyn TableLike) -> String {
    let values = table.iter().filter(|(_, item)| item.is_value());
    let prefix = values
        .last()
        .and_then(|(name, _)| table.key(name)?.leaf_decor().prefix()?.as_str())
        .unwrap_or("");
    let line = prefix.rsplit('\n').next().unwrap_or("");
    let is_blank = line
        .chars()
        .all(|character| matches!(character, ' ' | '\t'));
    if is_blank {
        line.to_owned()
    } else {
        String::new()
    }
}

/// Takes the space before the closing brace away from the last value, for the one that comes after it.
fn trailing_space(table: &mut dyn TableLike) -> Option<String> {
    if table.is_dotted() {
        return None;
    }
    let (_, last) = table.iter_mut().last()?;
    let decor = last.as_value_mut()?.decor_mut();
    let space = decor.suffix()?.as_str()?.to_owned();
    decor.set_suffix("");
    Some(space)
}

/// Takes a key out. Comments above it go to the key after it, where there is one.
fn remove(document: &mut DocumentMut, path: &[String]) {
    let Some((last, tables)) = path.split_last() else {
        return;
    };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    let mut is_in_braces = false;
    for name in tables {
        let Some(below) = table.get_mut(name) else {
            return;
        };
        is_in_braces |= below.is_inline_table();
        match below.as_table_like_mut() {
            Some(below) => table = below,
            None => return,
        }
    }
    let comments = table
        .key(last)
        .and_then(|key| key.leaf_decor().prefix()?.as_str())
        .filter(|prefix| prefix.contains('#'))
        .map(str::to_owned);
    let next = table
        .iter()
        .skip_while(|(name, _)| name != last)
        .nth(1)
        .map(|(name, _)| name.to_owned());
    let inner_end = match next {
        None if is_in_braces => trailing_space(table),
        _ => None,
    };
    table.remove(last);
    if let Some(space) = inner_end
        && let Some((_, item)) = table.iter_mut().last()
        && let Some(value) = item.as_value_mut()
    {
        value.decor_mut().set_suffix(space);
    }
    if let (Some(comments), Some(next)) = (comments, next)
        && let Some(mut key) = table.key_mut(&next)
    {
        let own = key.leaf_decor().prefix().and_then(|own| own.as_str());
        let both = format!("{comments}{}", own.unwrap_or(""));
        key.leaf_decor_mut().set_prefix(both);
    }
}

/// `changed` with the line ends of `original`: lines that stand in both keep theirs, new ones take that
/// of the line before.
fn with_line_ends_of(original: &str, changed: &str) -> String {
    let old: Vec<&str> = original.split_inclusive('\n').collect();
    let mut next = 0;
    let mut end = old.first().map_or("\n", |line| line_end(line));
    let mut text = String::with_capacity(changed.len());
    for line in changed.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let found = old
            .get(next..)
            .and_then(|left| left.iter().position(|old| bare(old) == content));
        if let Some(distance) = found {
            next += distance + 1;
            end = old.get(next - 1).map_or(end, |line| line_end(line));
        }
        text.push_str(content);
        if line.ends_with('\n') {
            text.push_str(end);
        }
    }
    if original.is_empty() || original.ends_with('\n') {
        return text;
    }
    // The last line keeps its lack of an end, where it is still the last.
    let last = old.last().copied().unwrap_or("");
    match text.strip_suffix(end) {
        Some(shorter) if shorter.ends_with(last) => shorter.to_owned(),
        _ => text,
    }
}

fn bare(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

fn line_end(line: &str) -> &'static str {
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}
