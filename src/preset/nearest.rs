//! Which known word a mistyped one was meant to be.
//!
//! Pure functions, any thread.

use std::cmp::Reverse;

/// The candidate nearest to `word`, where one is near enough to be worth proposing.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    /// Longer than every known word, and short enough for a distance that takes no time.
    const LONGEST: usize = 60;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .enumerate()
        .filter_map(|(index, candidate)| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            let longest = word.chars().count().max(candidate.chars().count());
            // A third of the letters wrong still reads as a slip; beyond that it is another word.
            let same_start = word
                .chars()
                .zip(candidate.chars())
                .take_while(|(one, other)| one == other)
                .count();
            // Of equals the last: whoever asks for `relu4_4` of a VGG-16 means its deepest, `relu4_3`.
            let rank = (distance, Reverse(same_start), Reverse(index));
            (distance * 3 <= longest).then_some((rank, candidate))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposes_slips_and_nothing_far() {
        let words = ["weight", "layers", "statistic"];
        assert_eq!(nearest("weigth", words), Some("weight"));
        assert_eq!(nearest("Layer", words), Some("layers"));
        assert_eq!(
            nearest("relu4_4", ["relu4_1", "relu4_3", "relu5_1"]),
            Some("relu4_3")
        );
        assert_eq!(nearest("colour", words), None);
        assert_eq!(nearest("", words), None);
    }
}
