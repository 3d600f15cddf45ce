//! What a run is made of beside one content and one style picture: further style pictures, and masks. Plain data; any
//! thread.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::description::Input;

/// Further style pictures, and masks. In a file nothing is said of what there is none of, so that files of runs
/// without them are what they always were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MoreInputs {
    /// The style pictures after the first, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_styles: Vec<Input>,
    /// Where the regions of the content picture are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_mask: Option<Input>,
    /// The same of the style pictures, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub style_masks: Vec<Input>,
}

impl MoreInputs {
    /// The content picture's mask, then those of the style pictures.
    pub fn masks(&self) -> impl Iterator<Item = &Input> {
        self.content_mask.iter().chain(&self.style_masks)
    }

    /// `object` with names and hashes after its `style`, where there are any: `more_styles` and `masks`, of which the
    /// first is that of the content picture.
    pub fn recorded_in(&self, object: Value) -> Value {
        let record = |input: &Input| json!({ "name": input.name, "sha256": input.sha256 });
        let mut more = Map::new();
        add(
            &mut more,
            "more_styles",
            self.more_styles.iter().map(record),
        );
        add(&mut more, "masks", self.masks().map(record));
        after_style(object, more)
    }

    /// `object` with the names after its `style`, where there are any, as fields are called here.
    pub fn named_in(&self, object: Value) -> Value {
        let name = |input: &Input| json!(input.name);
        let mut more = Map::new();
        add(&mut more, "more_styles", self.more_styles.iter().map(name));
        if let Some(mask) = &self.content_mask {
            more.insert("content_mask".to_owned(), name(mask));
        }
        add(&mut more, "style_masks", self.style_masks.iter().map(name));
        after_style(object, more)
    }
}

fn add(map: &mut Map<String, Value>, key: &str, values: impl Iterator<Item = Value>) {
    let values: Vec<Value> = values.collect();
    if !values.is_empty() {
        map.insert(key.to_owned(), Value::Array(values));
    }
}

fn after_style(object: Value, more: Map<String, Value>) -> Value {
    let Value::Object(fields) = object else {
        return object;
    };
    let mut more = Some(more);
    let mut whole = Map::new();
    for (key, value) in fields {
        let is_style = key == "style";
        whole.insert(key, value);
        if is_style {
            whole.extend(more.take().into_iter().flatten());
        }
    }
    Value::Object(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str) -> Input {
        Input {
            name: name.to_owned(),
            path: None,
            sha256: Some("00".to_owned()),
        }
    }

    #[test]
    fn they_stand_after_the_style() {
        let object = || json!({ "content": "a", "style": "b", "size": 3 });
        let none = MoreInputs::default();
        assert_eq!(none.recorded_in(object()), object());
        assert_eq!(none.named_in(object()), object());
        let some = MoreInputs {
            more_styles: vec![input("c")],
            content_mask: Some(input("m")),
            style_masks: vec![input("n"), input("o")],
        };
        assert_eq!(
            some.named_in(object()).to_string(),
            r#"{"content":"a","style":"b","more_styles":["c"],"content_mask":"m","style_masks":["n","o"],"size":3}"#
        );
        let recorded = some.recorded_in(object());
        let keys: Vec<&String> = recorded.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["content", "style", "more_styles", "masks", "size"]);
        let names: Vec<&Value> = recorded["masks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mask| &mask["name"])
            .collect();
        assert_eq!(names, ["m", "n", "o"]);
        assert_eq!(recorded["more_styles"][0]["sha256"], "00");
    }
}
