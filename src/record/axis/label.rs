//! What is written at the marks of an axis: exact, distinct, and no longer than a mark may be. Pure
//! functions; any thread.

/// Most columns of a label.
pub(super) const MOST_COLUMNS: usize = 7;

/// Marks at whole multiples of 1, 2 or 5 times a power of ten. That they are whole is what makes their
/// labels exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Multiples {
    /// In rising order, in units of `10^exponent`.
    pub(super) units: Vec<i64>,
    pub(super) exponent: i32,
}

impl Multiples {
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.units
            .iter()
            .map(|&unit| scaled(unit as f64, self.exponent))
    }

    /// A label a mark, in the first way of writing them in which all are short enough.
    pub(super) fn labels(&self) -> Option<Vec<String>> {
        let largest = self
            .values()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let moderate = (1e-3..1e5).contains(&largest);
        let ways: [&dyn Fn(i64) -> String; 4] = [
            &|unit| self.plain(unit),
            &|unit| self.scientific(unit),
            &|unit| self.plain(unit),
            &|unit| format!("{unit}e{}", self.exponent),
        ];
        let all_of = |way: &dyn Fn(i64) -> String| {
            let labels: Vec<String> = self.units.iter().map(|&unit| way(unit)).collect();
            let short = labels
                .iter()
                .all(|label| label.chars().count() <= MOST_COLUMNS);
            short.then_some(labels)
        };
        ways.into_iter()
            .skip(usize::from(!moderate))
            .find_map(all_of)
    }

    /// Whole numbers, with `k` or `M` where that is shorter.
    pub(super) fn counts(&self) -> Vec<String> {
        let largest = self.units.last().copied().unwrap_or(0) as f64 * 10f64.powi(self.exponent);
        let in_units_of = |power: i32, suffix: &str| -> Vec<String> {
            let decimals = (power - self.exponent).max(0) as usize;
            self.values()
                .map(|value| {
                    let number = format!("{:.decimals$}", scaled(value, -power));
                    if value == 0.0 {
                        "0".to_owned()
                    } else {
                        format!("{number}{suffix}")
                    }
                })
                .collect()
        };
        let short = |labels: &Vec<String>| labels.iter().all(|label| label.len() <= MOST_COLUMNS);
        [(1e6, 6, "M"), (1e4, 3, "k")]
            .into_iter()
            // One or two decimals are read at a glance; five are not.
            .filter(|&(from, power, _)| largest >= from && power - self.exponent <= 2)
            .map(|(_, power, suffix)| in_units_of(power, suffix))
            .find(short)
            .unwrap_or_else(|| in_units_of(0, ""))
    }

    fn plain(&self, unit: i64) -> String {
        let decimals = (-self.exponent).max(0) as usize;
        let value = scaled(unit as f64, self.exponent);
        if unit == 0 {
            "0".to_owned()
        } else {
            format!("{value:.decimals$}")
        }
    }

    /// `1.5e5`, with as many digits as are not zero.
    fn scientific(&self, unit: i64) -> String {
        if unit == 0 {
            return "0".to_owned();
        }
        let digits = unit.unsigned_abs().to_string();
        let exponent = self.exponent + digits.len() as i32 - 1;
        let sign = if unit < 0 { "-" } else { "" };
        let (first, rest) = digits.split_at(1);
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}e{exponent}")
    }
}

/// A power of ten by itself.
pub(super) fn power(exponent: i32) -> String {
    let one = Multiples {
        units: vec![1],
        exponent,
    };
    if (-3..5).contains(&exponent) {
        one.plain(1)
    } else {
        one.scientific(1)
    }
}

/// `value * 10^exponent`, without the rounding that a negative power of ten brings along.
pub(super) fn scaled(value: f64, exponent: i32) -> f64 {
    if exponent < 0 {
        value / 10f64.powi(-exponent)
    } else {
        value * 10f64.powi(exponent)
    }
}
