//! Under what an entry's client id is found again.

use aws_lc_rs::digest::{Context, SHA256};
use rialto_domain::{ChannelId, ClientId, UserId};

/// What makes tags unforeseeable; drawn when the store is made, and never changed.
pub(super) type Salt = [u8; 16];

/// The number under which `client` leads to the entry: the first 40 bits of the client id (its time, in steps of a
/// quarter of a second, when it is a UUIDv7), then 24 bits of a hash of all that must match.
///
/// Tags made about the same time lie side by side, which keeps their table growing at its end; and since nobody
/// without the salt can foresee the hash, nobody can choose client ids whose tags collide and make look-ups slow.
/// A tag is a hint: the row it leads to is compared in full.
pub(super) fn tag(salt: &Salt, client_id: ClientId, sender: UserId, channel: ChannelId) -> i64 {
    let mut context = Context::new(&SHA256);
    for part in [salt, client_id.as_bytes(), sender.as_bytes(), channel.as_bytes()] {
        context.update(part);
    }
    let hash = context.finish();
    let mut tag = [0; 8];
    tag[..5].copy_from_slice(&client_id.as_bytes()[..5]);
    tag[5..].copy_from_slice(&hash.as_ref()[..3]);
    i64::from_be_bytes(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::Timestamp;

    #[test]
    fn tags_follow_the_time_of_their_client_ids_and_differ_by_who_and_where() {
        let id = |ms| ClientId::new(Timestamp(ms), &[3; 10]);
        let (user, channel) = (UserId::from_bytes([1; 16]), ChannelId::from_bytes([2; 16]));
        let earlier = tag(&[0; 16], id(1_700_000_000_000), user, channel);
        assert!(earlier < tag(&[0; 16], id(1_700_000_000_300), user, channel));
        assert_ne!(earlier, tag(&[0; 16], id(1_700_000_000_000), UserId::from_bytes([9; 16]), channel));
        assert_ne!(earlier, tag(&[0; 16], id(1_700_000_000_000), user, ChannelId::from_bytes([9; 16])));
        assert_ne!(earlier, tag(&[1; 16], id(1_700_000_000_000), user, channel));
    }
}
