//! What messages are called, so that a frame tells which one it brings.

use rialto_domain::{ClientId, Timestamp};

/// Names the messages of one run. Two runs differ in their tags, so what an earlier one left behind is not mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Naming {
    tag: [u8; 2],
}

impl Naming {
    /// Names under this tag; draw it at random.
    pub(super) fn new(tag: [u8; 2]) -> Self {
        Self { tag }
    }

    /// The client id of a message: a UUIDv7, whose random part holds the tag and the number (of 40 bits).
    pub(super) fn client_id(self, number: u64, now: Timestamp) -> ClientId {
        let [_, _, _, a, b, c, d, e] = number.to_be_bytes();
        let [high, low] = self.tag;
        ClientId::new(now, &[0, 0, 0, high, low, a, b, c, d, e])
    }

    /// The number of the message with this client id in text, if it is one of this run's.
    pub(super) fn number(self, text: &[u8; 36]) -> Option<u64> {
        // xxxxxxxx-xxxx-7xxx-yyHH-LLnnnnnnnnnn
        let tag = [hex(&text[21..23])? as u8, hex(&text[24..26])? as u8];
        if tag != self.tag {
            return None;
        }
        hex(&text[26..])
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: ClientId) -> [u8; 36] {
        id.to_string().as_bytes().try_into().unwrap()
    }

    #[test]
    fn a_name_tells_its_number() {
        let naming = Naming::new([0xab, 0x01]);
        for number in [0, 1, 255, 70_000, (1 << 40) - 1] {
            assert_eq!(naming.number(&text(naming.client_id(number, Timestamp(1_700_000_000_000)))), Some(number));
        }
    }

    #[test]
    fn names_of_other_runs_and_clients_are_not_ours() {
        let naming = Naming::new([0xab, 0x01]);
        assert_eq!(naming.number(&text(Naming::new([0xab, 0x02]).client_id(5, Timestamp(0)))), None);
        assert_eq!(naming.number(&text(ClientId::from_bytes([0; 16]))), None);
        assert_eq!(naming.number(&[b'x'; 36]), None);
    }
}
