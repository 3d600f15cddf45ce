//! `stylescope doctor`: one screen that says what works on this machine, and what to do about what does
//! not. Main thread.

mod cuda;
mod pictures;
mod presets;
mod program;
mod section;
mod terminal;
mod test_picture;
mod weights;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use serde_json::{Map, Value};

use self::section::{Mark, Section, Style};
use self::terminal::Terminal;
use super::{Failure, output};

/// Where a terminal does not say how wide it is.
const USUAL_COLUMNS: usize = 80;

pub(super) fn execute(as_json: bool) -> Result<ExitCode, Failure> {
    let terminal = Terminal::find();
    let mut sections = vec![program::libtorch(), program::threads(), cuda::section()];
    sections.extend(match &terminal {
        Some(terminal) => terminal::sections(terminal),
        None => terminal::absent(),
    });
    sections.push(presets::section());
    sections.extend(weights::sections());
    if as_json {
        output::json_line(&json(&sections))?;
    } else {
        let terminal = terminal.filter(|_| io::stdout().is_terminal());
        print(&sections, terminal.as_ref())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every section under its name, with or without something to say.
fn json(sections: &[Section]) -> Value {
    let mut object = Map::new();
    object.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    object.insert("system".to_owned(), program::system());
    for section in sections {
        object.insert(section.key.to_owned(), section.json());
    }
    Value::Object(object)
}

/// `terminal` is where it is printed, where that is one.
fn print(sections: &[Section], terminal: Option<&Terminal>) -> io::Result<()> {
    // What takes text only gets no sequences.
    let able = terminal.filter(|terminal| !terminal.is_dumb());
    let style = match terminal {
        Some(terminal) => Style {
            columns: terminal.columns().unwrap_or(USUAL_COLUMNS),
            light: able
                .filter(|_| output::colours_are_wanted())
                .map(|able| able.known.dark_background == Some(false)),
        },
        None => Style::PLAIN,
    };
    output::line(style.bold(&program::title()))?;
    for section in sections {
        let with_picture = able
            .filter(|_| section.key == pictures::PICTURES)
            .and_then(|able| test_picture::beside(section, &able.known, style));
        match with_picture {
            Some(text) => output::line(text)?,
            None if section.said.is_empty() && section.mark == Mark::NotTried => {}
            None => output::line(section.text(style))?,
        }
    }
    Ok(())
}
