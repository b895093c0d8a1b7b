//! The number that ties an acknowledgement to its event.

use std::fmt;

/// An acknowledgement id. Whoever sends the event chooses it; the other end repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AckId(u64);

impl AckId {
    /// The greatest integer that every peer holds exactly: JavaScript counts in doubles.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// `None` above [`AckId::MAX`].
    pub fn new(id: u64) -> Option<Self> {
        (id <= Self::MAX.0).then_some(Self(id))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Reads decimal digits and nothing else.
    pub(super) fn decode(digits: &str) -> Option<Self> {
        // No id we take has more digits, and `parse` must not see a sign.
        let plausible = digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| plausible).and_then(Self::new)
    }
}

impl fmt::Display for AckId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_end_where_javascript_stops_counting() {
        assert_eq!(AckId::decode("0"), AckId::new(0));
        assert_eq!(AckId::decode("9007199254740991"), Some(AckId::MAX));
        for text in ["9007199254740992", "123456789012345678901234567890", "00000000000000001", "", "+1", "-1", "1.0", "1e3", " 1"] {
            assert_eq!(AckId::decode(text), None, "{text}");
        }
        assert_eq!(AckId::new(1 << 53), None);
    }
}
