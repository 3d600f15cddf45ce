//! Speed and time left, without the slow first steps. Any thread.

/// The first step includes the allocator's and the thread pool's warm-up; this many are left out.
const WARM_UP_STEPS: u64 = 2;

/// A measurement of the run's speed.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Speed {
    /// Step and seconds at the end of the warm-up.
    warm: Option<(u64, f64)>,
    latest: (u64, f64),
}

impl Speed {
    /// `steps` are done after `seconds` of stepping.
    pub(super) fn note(&mut self, steps: u64, seconds: f64) {
        self.latest = (steps, seconds);
        if self.warm.is_none() && steps >= WARM_UP_STEPS {
            self.warm = Some(self.latest);
        }
    }

    /// Steps a second since the warm-up, once there is something to divide.
    pub(super) fn steps_per_second(&self) -> Option<f64> {
        let (warm_steps, warm_seconds) = self.warm?;
        let (steps, seconds) = self.latest;
        let elapsed = seconds - warm_seconds;
        (steps > warm_steps && elapsed > 0.0).then(|| (steps - warm_steps) as f64 / elapsed)
    }

    /// Seconds until `steps` are done.
    pub(super) fn seconds_left(&self, steps: u64) -> Option<f64> {
        Some(steps.saturating_sub(self.latest.0) as f64 / self.steps_per_second()?)
    }
}

/// `4 s`, `2 min 05 s`, `1 h 02 min`
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// The same for what has taken its time: with a decimal where a second more or less is much.
pub(super) fn elapsed(seconds: f64) -> String {
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else {
        duration(seconds)
    }
}

/// As many of `words` as stand in one line of `columns`: cut between words, never within one.
pub(super) fn fitting(words: &[String], columns: usize) -> String {
    let mut line = String::new();
    for (index, word) in words.iter().enumerate() {
        let gap = if index == 0 { "" } else { "  " };
        if line.chars().count() + gap.len() + word.chars().count() > columns {
            break;
        }
        line += gap;
        line += word;
    }
    line
}

/// A loss as people compare them: four significant digits, an exponent where it is far from 1.
pub(super) fn loss(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        let digits = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warm_up_does_not_count() {
        let mut speed = Speed::default();
        speed.note(1, 5.0);
        assert_eq!(speed.steps_per_second(), None);
        speed.note(2, 5.5);
        speed.note(12, 6.5);
        assert!((speed.steps_per_second().unwrap() - 10.0).abs() < 1e-9);
        assert!((speed.seconds_left(22).unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_ends_between_words() {
        let words = ["loss 1.177", "style 0.6", "x"].map(str::to_owned);
        assert_eq!(fitting(&words, 24), "loss 1.177  style 0.6  x");
        assert_eq!(fitting(&words, 23), "loss 1.177  style 0.6");
        assert_eq!(fitting(&words, 20), "loss 1.177");
        assert_eq!(fitting(&words, 3), "");
    }

    #[test]
    fn durations_and_losses() {
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
}
