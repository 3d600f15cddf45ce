//! The JSON schema of a preset file, for editors (Taplo, Even Better TOML): completion, hover text
//! and red underlines while typing.
//!
//! Generated from the registry; `presets/schema.json` is a copy that a test keeps up to date.
//! Draft 7, which is what those editors understand. What spans fields (layers against the network,
//! bases) is beyond a schema and is checked on loading.

use serde_json::{Map, Value as Json, json};

use super::field::{DefaultValue, FIELDS, Field, FloatRange, Kind, Names, tables};
use super::layer_name::all_layer_names;
use super::model::ORDINALS;

/// The schema of preset files.
#[must_use]
pub fn json_schema() -> Json {
    let mut properties = Map::new();
    properties.insert(
        "extends".to_owned(),
        json!({
            "type": "string",
            "minLength": 1,
            "description": "The preset this one is laid over: the name of a built-in one, or the path of a file, starting at this file's folder. Fields that this file does not name keep the values of that preset.",
        }),
    );
    for field in FIELDS.iter().filter(|field| is_in("", field)) {
        properties.insert(field.key.to_owned(), field_schema(field));
    }
    for table in tables() {
        properties.insert(table.to_owned(), table_schema(table));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "stylescope preset",
        "description": "A recipe for neural style transfer.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn is_in(table: &str, field: &Field) -> bool {
    field.table_and_name().0 == table
}

fn table_schema(table: &str) -> Json {
    let properties: Map<String, Json> = FIELDS
        .iter()
        .filter(|field| is_in(table, field))
        .map(|field| (field.table_and_name().1.to_owned(), field_schema(field)))
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn field_schema(field: &Field) -> Json {
    let mut schema = match field.kind {
        Kind::Float(range) => number_schema(range),
        Kind::Integer { minimum, maximum } => integer_schema(minimum, maximum),
        Kind::Boolean => object(json!({ "type": "boolean" })),
        Kind::Enumeration(words) => object(json!({ "type": "string", "enum": words })),
        Kind::Path | Kind::Text => object(json!({ "type": "string" })),
        Kind::Integers {
            minimum,
            maximum,
            longest,
        } => object(json!({
            "type": "array",
            "items": integer_schema(minimum, maximum),
            "minItems": 1,
            "maxItems": longest,
        })),
        Kind::Weights(names) => weights_schema(names),
        Kind::LayerWords(words) => object(json!({
            "type": "object",
            "propertyNames": { "enum": all_layer_names() },
            "additionalProperties": { "type": "string", "enum": words },
        })),
    };
    schema.insert("description".to_owned(), description(field).into());
    let default = match field.default {
        DefaultValue::Float(number) => Some(json!(number)),
        DefaultValue::Integer(number) => Some(json!(number)),
        DefaultValue::Boolean(flag) => Some(json!(flag)),
        DefaultValue::Text(text) => Some(json!(text)),
        DefaultValue::Integers(numbers) => Some(json!(numbers)),
        DefaultValue::Empty => Some(json!({})),
        DefaultValue::Absent | DefaultValue::ByNetwork => None,
    };
    if let Some(default) = default {
        schema.insert("default".to_owned(), default);
    }
    Json::Object(schema)
}

fn weights_schema(names: Names) -> Map<String, Json> {
    let property_names = match names {
        Names::Layers => json!({ "enum": all_layer_names() }),
        Names::Pictures => json!({ "enum": ORDINALS }),
        Names::Regions => json!({ "pattern": "^#[0-9a-fA-F]{6}$" }),
    };
    let mut schema = object(json!({ "type": "object" }));
    if names == Names::Layers {
        schema.insert("minProperties".to_owned(), json!(1));
    }
    schema.insert("propertyNames".to_owned(), property_names);
    schema.insert(
        "additionalProperties".to_owned(),
        number_schema(FloatRange::WEIGHT).into(),
    );
    schema
}

fn description(field: &Field) -> String {
    let unit = match field.unit {
        "" => String::new(),
        unit => format!(" In {unit}."),
    };
    let default = match field.default {
        DefaultValue::ByNetwork => " By default, layers that suit the network.",
        _ => "",
    };
    let change = match field.kind {
        Kind::Weights(Names::Layers) => "weights live, layers rebuild".to_owned(),
        _ => field.change.to_string(),
    };
    format!(
        "{}{unit}{default} (Change during a run: {change}.)",
        field.doc
    )
}

fn number_schema(range: FloatRange) -> Map<String, Json> {
    let mut schema = object(json!({ "type": "number" }));
    let low = if range.above_minimum {
        "exclusiveMinimum"
    } else {
        "minimum"
    };
    schema.insert(low.to_owned(), json!(range.minimum));
    if let Some(maximum) = range.maximum {
        let high = if range.below_maximum {
            "exclusiveMaximum"
        } else {
            "maximum"
        };
        schema.insert(high.to_owned(), json!(maximum));
    }
    schema
}

fn integer_schema(minimum: i64, maximum: i64) -> Map<String, Json> {
    object(json!({ "type": "integer", "minimum": minimum, "maximum": maximum }))
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(object) => object,
        _ => Map::new(),
    }
}
