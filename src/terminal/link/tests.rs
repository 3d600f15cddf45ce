//! How simulated links are used.

use super::*;

const PIECE: usize = 4116;

/// A link that takes `rate` bytes a second in order and answers a round trip later; time is counted in
/// steps of a millisecond.
struct Simulated {
    link: Link,
    now: Instant,
    rate: f64,
    round_trip: Duration,
    /// When the slowest place will have taken all that was sent.
    busy_until: Instant,
    answers: VecDeque<Instant>,
}

impl Simulated {
    fn new(rate: f64, round_trip_ms: u64) -> Self {
        let now = Instant::now();
        Self {
            link: Link::new(true, now),
            now,
            rate,
            round_trip: Duration::from_millis(round_trip_ms),
            busy_until: now,
            answers: VecDeque::new(),
        }
    }

    fn send(&mut self, bytes: usize, ask: bool) {
        self.link.wrote(bytes, self.now);
        self.busy_until =
            self.busy_until.max(self.now) + Duration::from_secs_f64(bytes as f64 / self.rate);
        if ask {
            self.link.asked(self.now);
            self.answers.push_back(self.busy_until + self.round_trip);
        }
    }

    /// Sends pictures for `seconds`; gives back the bytes, and the longest time that something sent
    /// then would have waited behind them.
    fn pictures(&mut self, seconds: u64) -> (usize, Duration) {
        let mut sent = 0;
        let mut longest = Duration::ZERO;
        for _ in 0..seconds * 1000 {
            self.now += Duration::from_millis(1);
            while self.answers.front().is_some_and(|at| *at <= self.now) {
                self.answers.pop_front();
                self.link.answered(self.now);
            }
            assert!(!self.link.expire(self.now));
            while self.link.takes(PIECE) {
                let due = self.link.question_is_due_after(PIECE);
                self.send(PIECE, due);
                sent += PIECE;
            }
            if self.link.question_is_missing() {
                self.send(4, true);
            }
            longest = longest.max(self.busy_until.saturating_duration_since(self.now));
        }
        (sent, longest)
    }
}

#[test]
fn the_link_is_busy_and_nothing_waits_for_long() {
    for (rate, round_trip_ms) in [
        (125e3, 1),
        (125e3, 50),
        (125e3, 300),
        (1e6, 20),
        (1e6, 150),
        (60e3, 80),
    ] {
        let mut simulated = Simulated::new(rate, round_trip_ms);
        simulated.pictures(3);
        let (sent, longest) = simulated.pictures(5);
        let used = sent as f64 / 5.0 / rate;
        assert!(used > 0.9, "{rate} {round_trip_ms}: {used}");
        let most = if rate < 100e3 { 260 } else { 180 };
        assert!(
            longest < Duration::from_millis(most),
            "{rate} {round_trip_ms}: {longest:?}"
        );
        let known = simulated.link.bytes_per_second().unwrap();
        assert!((0.8..1.2).contains(&(known / rate)), "{known}");
    }
}

#[test]
fn a_link_that_becomes_slow_is_noticed() {
    let mut simulated = Simulated::new(2e6, 20);
    simulated.pictures(3);
    simulated.rate = 125e3;
    simulated.pictures(8);
    let (_, longest) = simulated.pictures(2);
    assert!(longest < Duration::from_millis(180), "{longest:?}");
    simulated.rate = 1e6;
    simulated.pictures(3);
    let (sent, _) = simulated.pictures(2);
    assert!(sent > 1_700_000, "{sent}");
}

#[test]
fn small_frames_say_nothing_against_a_fast_link() {
    let mut simulated = Simulated::new(1e6, 50);
    simulated.pictures(2);
    let known = simulated.link.bytes_per_second().unwrap();
    for _ in 0..100 {
        simulated.now += Duration::from_millis(100);
        while simulated.answers.pop_front().is_some() {
            simulated.link.answered(simulated.now);
        }
        simulated.send(300, true);
    }
    assert!(simulated.link.bytes_per_second().unwrap() >= known);
}

#[test]
fn a_terminal_that_falls_silent_is_not_waited_for_and_may_come_back() {
    let mut simulated = Simulated::new(125e3, 50);
    simulated.pictures(1);
    let link = &mut simulated.link;
    let missing = link.questions.len();
    assert!(missing > 0 && !link.takes(100_000));
    let mut now = simulated.now + PATIENCE + PATIENCE;
    assert!(link.deadline().unwrap() <= now);
    assert!(!link.expire(now));
    assert!(!link.asks() && link.takes(100_000));
    assert_eq!(link.arrived(), link.written());
    // Late answers, all of them.
    for _ in 0..missing {
        assert!(!link.asks());
        link.answered(now);
    }
    assert!(link.asks());

    // And a terminal that lost some: one question is asked again.
    link.wrote(10_000, now);
    link.asked(now);
    now += PATIENCE + PATIENCE;
    assert!(!link.expire(now));
    now += OBLIVION;
    assert!(link.expire(now));
    assert!(!link.asks());
    link.answered(now);
    assert!(link.asks());
    assert_eq!(link.arrived(), link.written());
}

#[test]
fn a_large_picture_on_a_slow_link_is_waited_for() {
    let mut simulated = Simulated::new(125e3, 50);
    simulated.pictures(2);
    let waited = simulated.link.deadline().unwrap();
    simulated.send(300_000, true);
    assert!(simulated.link.deadline().unwrap() > waited + PATIENCE);
    simulated.pictures(4);
    assert!(simulated.link.asks());
}

#[test]
fn where_nothing_answers_everything_may_be_written() {
    let now = Instant::now();
    let mut link = Link::new(false, now);
    assert!(!link.asks() && link.deadline().is_none());
    for _ in 0..100 {
        assert!(link.takes(1_000_000));
        link.wrote(1_000_000, now);
        assert!(!link.question_is_due_after(1_000_000));
    }
    assert_eq!(link.arrived(), 100_000_000);
}
