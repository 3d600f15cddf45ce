//! How a fetching goes on, in words and in time left. Plain data; any thread.

use std::time::Instant;

use super::figure::bytes;
use super::speed::Speed;
use crate::engine::message::Fetching;

/// The fetching of one file, as far as it is known.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// What was heard last.
    pub now: Fetching,
    began: Instant,
    speed: Speed,
}

impl Transfer {
    /// Begins with what is heard first.
    pub fn new(first: Fetching, now: Instant) -> Self {
        let mut speed = Speed::default();
        speed.reset(first.done_bytes, 0.0);
        Self {
            now: first,
            began: now,
            speed,
        }
    }

    /// Takes up what is heard in `transfer`, which begins anew where it comes from another place; whether one
    /// begins whose size is known.
    pub fn follow(transfer: &mut Option<Self>, fetching: &Fetching, now: Instant) -> bool {
        match transfer {
            Some(transfer) if transfer.now.from == fetching.from => {
                transfer.note(fetching.clone(), now);
                false
            }
            transfer => {
                *transfer = Some(Self::new(fetching.clone(), now));
                // Where it only waits there is nothing to say yet about what comes from where.
                fetching.total_bytes > 0
            }
        }
    }

    /// Takes up what is heard later.
    pub fn note(&mut self, fetching: Fetching, now: Instant) {
        let seconds = now.saturating_duration_since(self.began).as_secs_f64();
        self.speed.note(fetching.done_bytes, seconds);
        self.now = fetching;
    }

    /// How much of it is there, from 0 to 1.
    pub fn share(&self) -> f64 {
        self.now.done_bytes as f64 / self.now.total_bytes.max(1) as f64
    }

    /// Seconds until all of it is there, where anything comes.
    pub fn seconds_left(&self) -> Option<f64> {
        self.speed.seconds_left(self.now.total_bytes)
    }

    /// Bytes a second over the last seconds.
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.speed.recent_steps_per_second()
    }

    /// `12.3 MB of 52.4 MB`
    pub fn amount(&self) -> String {
        format!(
            "{} of {}",
            bytes(self.now.done_bytes),
            bytes(self.now.total_bytes)
        )
    }
}

/// What is fetched, how much of how much, and from where, in one line.
pub fn announcement(fetching: &Fetching) -> String {
    let Fetching {
        network,
        from,
        done_bytes,
        total_bytes,
        whole_bytes,
        ..
    } = fetching;
    let much = if whole_bytes > total_bytes {
        format!(
            "{} of a file of {}",
            bytes(*total_bytes),
            bytes(*whole_bytes)
        )
    } else {
        bytes(*total_bytes)
    };
    let already = if *done_bytes > 0 {
        format!(", {} are here already", bytes(*done_bytes))
    } else {
        String::new()
    };
    format!("fetching the weights of {network}, {much}{already}, from {from}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fetching(done_bytes: u64) -> Fetching {
        Fetching {
            network: "vgg19".to_owned(),
            from: "https://example.org/vgg19".to_owned(),
            done_bytes,
            total_bytes: 50_000_000,
            whole_bytes: 574_000_000,
            waiting: None,
        }
    }

    #[test]
    fn said_in_a_line() {
        assert_eq!(
            announcement(&fetching(0)),
            "fetching the weights of vgg19, 50.0 MB of a file of 574 MB, from https://example.org/vgg19"
        );
        let mut whole = fetching(1_000_000);
        whole.whole_bytes = 50_000_000;
        assert_eq!(
            announcement(&whole),
            "fetching the weights of vgg19, 50.0 MB, 1.0 MB are here already, from https://example.org/vgg19"
        );
    }

    #[test]
    fn what_was_there_before_says_nothing_about_the_speed() {
        let begin = Instant::now();
        let mut transfer = Transfer::new(fetching(20_000_000), begin);
        assert_eq!(transfer.seconds_left(), None);
        for second in 1..=3 {
            let now = begin + Duration::from_secs(second);
            transfer.note(fetching(20_000_000 + second * 5_000_000), now);
        }
        assert_eq!(transfer.bytes_per_second(), Some(5e6));
        assert_eq!(transfer.seconds_left(), Some(3.0));
        assert_eq!(transfer.amount(), "35.0 MB of 50.0 MB");
        assert!((transfer.share() - 0.7).abs() < 1e-9);
    }
}
