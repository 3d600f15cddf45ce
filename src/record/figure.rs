//! How numbers are written for people: durations and losses. Pure functions; any thread.

/// `4 s`, `2 min 05 s`, `1 h 02 min`
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// The same for what has taken its time: with a decimal where a second more or less is much.
pub fn elapsed(seconds: f64) -> String {
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else {
        duration(seconds)
    }
}

/// `834 B`, `52.4 MB`, `575 MB`; decimal, as sizes of files are given where they are fetched from.
pub fn bytes(count: u64) -> String {
    let (divisor, unit) = match count {
        0..1000 => return format!("{count} B"),
        1000..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    let value = count as f64 / divisor;
    let decimals = usize::from(value < 99.95);
    format!("{value:.decimals$} {unit}")
}

/// `1 step`, `200 steps`
pub fn steps(count: u64) -> String {
    counted(count, "step")
}

/// `1 core`, `16 cores`
pub fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// `a`, `a and b`, `a, b and c`
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// `cpu (2 threads)`, `cuda:0`
pub fn device(name: &str, threads: usize) -> String {
    match name {
        "cpu" => format!("cpu ({})", counted(threads as u64, "thread")),
        other => other.to_owned(),
    }
}

/// A loss as people compare them: four significant digits, an exponent where it is far from 1. Takes up
/// to nine columns.
pub fn loss(value: f64) -> String {
    significant(value, 4)
}

/// The same in at most `columns`, at the price of digits. Where not even one digit fits, `…`.
pub fn compact(value: f64, columns: usize) -> String {
    (1..=4)
        .rev()
        .map(|digits| significant(value, digits))
        .find(|text| text.chars().count() <= columns)
        .unwrap_or_else(|| "…".to_owned())
}

fn significant(value: f64, digits: i32) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        let decimals = (digits - 1 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.decimals$}")
    } else if value.is_finite() {
        let decimals = (digits - 1).max(0) as usize;
        format!("{value:.decimals$e}")
    } else if value.is_nan() {
        "NaN".to_owned()
    } else {
        (if value > 0.0 { "∞" } else { "-∞" }).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_losses() {
        assert_eq!(
            [0, 999, 1000, 52_400_000, 574_673_361, 4_700_000_000].map(bytes),
            ["0 B", "999 B", "1.0 kB", "52.4 MB", "575 MB", "4.7 GB"]
        );
        assert_eq!([0, 1, 2].map(steps), ["0 steps", "1 step", "2 steps"]);
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            [1, 2, 3].map(|count| listed(&names[..count])),
            ["a", "a and b", "a, b and c"]
        );
        assert_eq!(device("cpu", 1), "cpu (1 thread)");
        assert_eq!(device("cuda:0", 2), "cuda:0");
        assert_eq!([0.04, 9.94, 9.96].map(elapsed), ["0.0 s", "9.9 s", "10 s"]);
        assert_eq!(
            [4.4, 125.0, 3725.0].map(duration),
            ["4 s", "2 min 05 s", "1 h 02 min"]
        );
        assert_eq!(
            [0.0, 1.0, 0.012_346, 6.025e11, 1234.5].map(loss),
            ["0", "1.000", "0.01235", "6.025e11", "1234"]
        );
    }

    #[test]
    fn a_loss_fits_where_it_must() {
        assert_eq!(compact(6.025e11, 8), "6.025e11");
        assert_eq!(compact(6.026e11, 7), "6.03e11");
        assert_eq!(compact(1.2345e-10, 7), "1.2e-10");
        assert_eq!(compact(0.012_346, 6), "0.0123");
        assert_eq!(compact(f64::NAN, 7), "NaN");
        assert_eq!(compact(f64::INFINITY, 7), "∞");
        assert_eq!(compact(12_345.0, 3), "…");
        for exponent in -40..40 {
            let text = compact(9.9996 * 10f64.powi(exponent), 7);
            assert!(text.len() <= 7 && text != "…", "{text}");
        }
    }
}
