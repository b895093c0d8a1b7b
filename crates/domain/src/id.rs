//! Identifiers: UUIDv7 (RFC 9562 §5.7), so that they sort by the time of their making.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use crate::time::Timestamp;

/// The text is not an identifier.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an identifier is a UUID in its text form")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String", regex(pattern = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))] Uuid);

        impl $name {
            /// A new identifier made at `now` from ten random bytes that the caller drew.
            pub fn new(now: Timestamp, random: &[u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.0, random).into_uuid())
            }

            /// The identifier whose sixteen bytes these are.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its sixteen bytes, most significant first: byte order is time order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

id! {
    /// A person.
    UserId
}
id! {
    /// An installation of a client.
    DeviceId
}
id! {
    /// A log-in: what a refresh token keeps alive and a log-out ends.
    SessionId
}
id! {
    /// Members and their log.
    ChannelId
}
id! {
    /// What a client names its own command, so that a repeated one is recognised.
    /// Unique per sender and channel; time-ordered ones (UUIDv7) are stored the fastest.
    ClientId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_the_time_of_their_making() {
        let earlier = UserId::new(Timestamp(1), &[255; 10]);
        let later = UserId::new(Timestamp(2), &[0; 10]);
        assert!(earlier < later);
    }

    #[test]
    fn text_and_back_gives_the_same_identifier() {
        let id = ChannelId::new(Timestamp(1_700_000_000_000), &[7; 10]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("rubbish".parse::<ChannelId>(), Err(InvalidId));
    }
}
