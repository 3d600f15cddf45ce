//! The pictures that a watched run is made of, where this machine has them. Main thread.

use std::path::Path;
use std::sync::Arc;

use crate::command::demo;
use crate::dashboard::setup::Source;
use crate::pixels;
use crate::preset::visible::visible;
use crate::record::folder::description::Input;

/// The picture, or why it is not there; `role` is `content` or `style`.
pub(in crate::command) fn source(role: &str, input: &Input) -> (Source, Option<String>) {
    let mut source = Source {
        name: input.name.clone(),
        picture: Arc::default(),
        notes: Vec::new(),
    };
    let shown = visible(input.path.as_ref().unwrap_or(&input.name));
    let missing = match &input.path {
        None => match demo::drawn(&input.name) {
            Some(picture) => {
                source.picture = Arc::new(picture);
                None
            }
            None => Some(format!("the {role} picture was no file: {shown}")),
        },
        Some(path) => match pixels::read(Path::new(path)) {
            Ok(decoded)
                if input
                    .sha256
                    .as_ref()
                    .is_none_or(|sha256| *sha256 == decoded.sha256) =>
            {
                source.picture = Arc::new(decoded.picture);
                None
            }
            Ok(_) => Some(format!(
                "{shown} is another picture than the run's {role} was"
            )),
            Err(_) => Some(format!("the {role} picture is not here: {shown}")),
        },
    };
    (source, missing)
}
