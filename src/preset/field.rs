//! The words in which a preset field is described; the descriptions stand in [`table`].
//!
//! Static data, any thread. Parsing, checking, comparing, the JSON schema and the documentation
//! are all driven by these descriptions, so a field is described once.

pub mod table;

use std::fmt;

pub use table::FIELDS;

/// Everything that is to be known about one field of a preset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Dotted path, such as `style.weight`.
    pub key: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// How a change of the field is taken up by a run.
    pub change: ChangeClass,
    /// Its value where nobody names one.
    pub default: DefaultValue,
    /// What the number counts, such as `pixels`; empty where it is a bare number or no number.
    pub unit: &'static str,
    /// One line that says what the field does.
    pub doc: &'static str,
}

impl Field {
    /// The table the field stands in and its name there: `("style", "weight")`; the table is
    /// empty for a field at the top.
    #[must_use]
    pub fn table_and_name(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }
}

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A finite float; integers are accepted.
    Float(FloatRange),
    /// An integer, both ends included.
    Integer {
        /// The smallest allowed.
        minimum: i64,
        /// The largest allowed.
        maximum: i64,
    },
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Enumeration(&'static [&'static str]),
    /// A file's path; may be absent.
    Path,
    /// Any text.
    Text,
    /// A list of integers, both ends included, of a length from 1 to `longest`.
    Integers {
        /// The smallest allowed.
        minimum: i64,
        /// The largest allowed.
        maximum: i64,
        /// The most numbers allowed.
        longest: usize,
    },
    /// A table from a name to a weight (a float of at least 0).
    Weights(Names),
    /// A table from layer name to one of these words; may be empty.
    LayerWords(&'static [&'static str]),
}

/// What a table's keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Layers of the network; such a table is never empty.
    Layers,
    /// Style pictures, by [`crate::preset::ORDINALS`].
    Pictures,
    /// Regions of a mask by colour, `#rrggbb` in small letters.
    Regions,
}

impl Kind {
    /// Whether its values are tables, each entry of which can be changed by itself.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self, Self::Weights(_) | Self::LayerWords(_))
    }

    /// What values an entry of such a table takes; None for a field that is no table.
    #[must_use]
    pub fn of_entry(&self) -> Option<Self> {
        match self {
            Self::Weights(_) => Some(Self::Float(FloatRange::WEIGHT)),
            Self::LayerWords(words) => Some(Self::Enumeration(words)),
            _ => None,
        }
    }

    /// What a message says was expected: `a number above 0`.
    #[must_use]
    pub fn expectation(&self) -> String {
        match self {
            Self::Float(range) => format!("a number {range}"),
            Self::Integer { minimum, maximum } => format!("an integer from {minimum} to {maximum}"),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Enumeration([word]) => format!("`{word}`"),
            Self::Enumeration(words) => format!("one of {}", quoted(words)),
            Self::Path => "a file's path in quotes".to_owned(),
            Self::Text => "text in quotes".to_owned(),
            Self::Integers {
                minimum,
                maximum,
                longest,
            } => format!("a list of 1 to {longest} integers from {minimum} to {maximum}"),
            Self::Weights(Names::Layers) => "a table of layer names and weights".to_owned(),
            Self::Weights(Names::Pictures) => {
                "a table of style pictures (`first`, `second`, …) and weights".to_owned()
            }
            Self::Weights(Names::Regions) => {
                "a table of colours such as `\"#ff0000\"` and weights".to_owned()
            }
            Self::LayerWords(words) => {
                format!("a table of layer names and one of {}", quoted(words))
            }
        }
    }
}

/// A range of finite floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FloatRange {
    /// Where it starts.
    pub minimum: f64,
    /// The minimum itself is not allowed.
    pub above_minimum: bool,
    /// None: any finite number.
    pub maximum: Option<f64>,
    /// The maximum itself is not allowed.
    pub below_maximum: bool,
}

impl FloatRange {
    /// Any finite number from 0.
    pub const WEIGHT: Self = Self {
        minimum: 0.0,
        above_minimum: false,
        maximum: None,
        below_maximum: false,
    };
    /// Any finite number above 0.
    pub const POSITIVE: Self = Self {
        above_minimum: true,
        ..Self::WEIGHT
    };
    /// From 0 up to, not including, 1: a factor by which something fades at each step.
    pub const DECAY: Self = Self {
        maximum: Some(1.0),
        below_maximum: true,
        ..Self::WEIGHT
    };

    /// Above 0, up to and including `maximum`.
    #[must_use]
    pub const fn positive_to(maximum: f64) -> Self {
        Self {
            maximum: Some(maximum),
            ..Self::POSITIVE
        }
    }

    /// From 0, up to and including `maximum`.
    #[must_use]
    pub const fn to(maximum: f64) -> Self {
        Self {
            maximum: Some(maximum),
            ..Self::WEIGHT
        }
    }

    /// False for NaN and the infinities.
    #[must_use]
    pub fn contains(&self, number: f64) -> bool {
        let high_enough = if self.above_minimum {
            number > self.minimum
        } else {
            number >= self.minimum
        };
        let low_enough = self.maximum.is_none_or(|maximum| {
            if self.below_maximum {
                number < maximum
            } else {
                number <= maximum
            }
        });
        number.is_finite() && high_enough && low_enough
    }
}

impl fmt::Display for FloatRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minimum = self.minimum;
        match (self.above_minimum, self.maximum) {
            (true, None) => write!(formatter, "above {minimum}"),
            (false, None) => write!(formatter, "of at least {minimum}"),
            (above, Some(maximum)) => {
                let from = if above { "above" } else { "from" };
                let to = match (above, self.below_maximum) {
                    (true, true) => "and below",
                    (true, false) => "and at most",
                    (false, true) => "up to, but not including,",
                    (false, false) => "to",
                };
                write!(formatter, "{from} {minimum} {to} {maximum}")
            }
        }
    }
}

/// How a run takes up a change of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeClass {
    /// At the next step boundary; for tables of layers and weights: the weights of layers that stay.
    Live,
    /// Targets are computed again and the picture so far is kept.
    Rebuild,
    /// Only when the run is started again, which happens when it is asked for.
    Restart,
}

impl fmt::Display for ChangeClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Live => "live",
            Self::Rebuild => "rebuild",
            Self::Restart => "restart",
        })
    }
}

/// The value of a field that neither the preset nor its bases name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DefaultValue {
    /// Of [`Kind::Float`].
    Float(f64),
    /// Of [`Kind::Integer`].
    Integer(i64),
    /// Of [`Kind::Boolean`].
    Boolean(bool),
    /// Of [`Kind::Enumeration`] and [`Kind::Text`].
    Text(&'static str),
    /// Of [`Kind::Integers`].
    Integers(&'static [i64]),
    /// No value at all.
    Absent,
    /// Layers that suit the network; see [`super::layer_name`].
    ByNetwork,
    /// Of a table without entries.
    Empty,
}

/// The field with this dotted key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key)
}

/// The tables of a preset, in the order of the registry.
#[must_use]
pub fn tables() -> Vec<&'static str> {
    let mut tables: Vec<&'static str> = FIELDS
        .iter()
        .map(|field| field.table_and_name().0)
        .filter(|table| !table.is_empty())
        .collect();
    tables.dedup();
    tables
}

/// `` `a`, `b`, `c` ``
pub(super) fn quoted<T: fmt::Display>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
