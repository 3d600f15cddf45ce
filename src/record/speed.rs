//! Speed and time left, without the slow first steps. Any thread.

use std::collections::VecDeque;

/// The first steps include the allocator's and the thread pool's warm-up; this many are left out.
const WARM_UP_STEPS: u64 = 2;

/// What a person takes for "now".
const RECENT_SECONDS: f64 = 5.0;

/// Marks within the recent past are at least this far apart, so that there are few of them.
const SECONDS_BETWEEN_MARKS: f64 = 0.1;

/// A measurement of the run's speed.
#[derive(Debug, Default, Clone)]
pub struct Speed {
    /// Steps at which the measurement began.
    begin: u64,
    /// Step and seconds at the end of the warm-up.
    warm: Option<(u64, f64)>,
    latest: (u64, f64),
    /// Steps and seconds since the warm-up, the first at least as old as the recent past where there is
    /// one.
    marks: VecDeque<(u64, f64)>,
}

impl Speed {
    /// `steps` are done after `seconds` of stepping. Where either went back, the measurement begins again.
    pub fn note(&mut self, steps: u64, seconds: f64) {
        if steps < self.latest.0 || seconds < self.latest.1 {
            self.reset(steps, seconds);
            return;
        }
        self.latest = (steps, seconds);
        if steps < self.begin.saturating_add(WARM_UP_STEPS) {
            return;
        }
        self.warm.get_or_insert(self.latest);
        let due = |&(_, last): &(u64, f64)| seconds - last >= SECONDS_BETWEEN_MARKS;
        if self.marks.back().is_none_or(due) {
            self.marks.push_back(self.latest);
        }
        while self
            .marks
            .get(1)
            .is_some_and(|&(_, second)| seconds - second >= RECENT_SECONDS)
        {
            self.marks.pop_front();
        }
    }

    /// Begins again: `steps` are done after `seconds`, and what came before says nothing about what
    /// follows. After a restart, a return to a kept state, or a rebuild.
    pub fn reset(&mut self, steps: u64, seconds: f64) {
        *self = Self {
            begin: steps,
            latest: (steps, seconds),
            ..Self::default()
        };
    }

    /// Steps a second since the warm-up, once there is something to divide.
    pub fn steps_per_second(&self) -> Option<f64> {
        rate(self.warm?, self.latest)
    }

    /// Steps a second over the last five seconds, or since the warm-up where that is less long ago.
    /// A step that takes longer than five seconds counts in full.
    pub fn recent_steps_per_second(&self) -> Option<f64> {
        rate(*self.marks.front()?, self.latest)
    }

    /// Seconds until `steps` are done, at the recent speed.
    pub fn seconds_left(&self, steps: u64) -> Option<f64> {
        Some(steps.saturating_sub(self.latest.0) as f64 / self.recent_steps_per_second()?)
    }
}

fn rate(from: (u64, f64), to: (u64, f64)) -> Option<f64> {
    let (steps, seconds) = (to.0.checked_sub(from.0)?, to.1 - from.1);
    (steps > 0 && seconds > 0.0).then(|| steps as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn the_warm_up_does_not_count() {
        let mut speed = Speed::default();
        speed.note(1, 5.0);
        assert_eq!(speed.steps_per_second(), None);
        assert_eq!(speed.recent_steps_per_second(), None);
        speed.note(2, 5.5);
        speed.note(12, 6.5);
        assert!(near(speed.steps_per_second(), 10.0));
        assert!(near(speed.recent_steps_per_second(), 10.0));
        assert!(near(speed.seconds_left(22), 1.0));
        assert!(near(speed.seconds_left(3), 0.0));
    }

    #[test]
    fn the_recent_past_is_five_seconds() {
        let mut speed = Speed::default();
        let mut seconds = 0.0;
        for step in 1..=100 {
            seconds += 0.125;
            speed.note(step, seconds);
        }
        for step in 101..=150 {
            seconds += 0.5;
            speed.note(step, seconds);
        }
        assert!(near(speed.recent_steps_per_second(), 2.0));
        assert!(speed.steps_per_second().unwrap() > 3.0);
        assert!(near(speed.seconds_left(160), 5.0));
        assert!(speed.marks.len() <= 52);
    }

    #[test]
    fn a_step_may_take_longer_than_the_recent_past() {
        let mut speed = Speed::default();
        for step in 1..=6 {
            speed.note(step, 20.0 * step as f64);
        }
        assert!(near(speed.recent_steps_per_second(), 0.05));
    }

    #[test]
    fn marks_are_few_however_many_steps_there_are() {
        let mut speed = Speed::default();
        for step in 1..100_000 {
            speed.note(step, step as f64 * 1e-4);
            assert!(speed.marks.len() <= 53);
        }
        assert!((speed.recent_steps_per_second().unwrap() - 1e4).abs() < 1.0);
    }

    #[test]
    fn going_back_begins_a_new_measurement() {
        let mut speed = Speed::default();
        for step in 1..=50 {
            speed.note(step, step as f64);
        }
        speed.note(10, 50.5);
        assert_eq!(speed.steps_per_second(), None);
        assert_eq!(speed.recent_steps_per_second(), None);
        assert_eq!(speed.seconds_left(50), None);
        speed.note(12, 51.0);
        speed.note(20, 52.0);
        assert!(near(speed.steps_per_second(), 8.0));
        assert!(near(speed.seconds_left(28), 1.0));

        speed.reset(0, 0.0);
        assert_eq!(speed.steps_per_second(), None);
        speed.note(2, 1.0);
        speed.note(4, 2.0);
        assert!(near(speed.steps_per_second(), 2.0));
    }
}
