//! Floats as short text that reads back as the same float.
//!
//! Pure, any thread.

/// `0.02`, `1.0`, `3e5`: the shortest digits that give back exactly this number, always
/// recognisable as a float.
#[must_use]
pub fn float_text(number: f64) -> String {
    let size = number.abs();
    let is_plain = number == 0.0 || (1e-3..1e5).contains(&size) || !number.is_finite();
    if is_plain {
        format!("{number:?}")
    } else {
        format!("{number:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_short() {
        let numbers = [1.0, 0.05, 1e5, 3e5, 1e-8, 12345.678, 0.0];
        let texts = numbers.map(float_text);
        assert_eq!(
            texts,
            ["1.0", "0.05", "1e5", "3e5", "1e-8", "12345.678", "0.0"]
        );
    }

    proptest! {
        #[test]
        fn reads_back_exactly(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let bits = float_text(number).parse::<f64>().map(f64::to_bits);
            prop_assert_eq!(bits, Ok(number.to_bits()));
        }
    }
}
