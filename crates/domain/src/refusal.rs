//! A rule said no.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// A rule said no. Clients see the [code](Self::code), a word with a dot that is never reused; the text is for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($text)] #[serde(rename = $code)] $name,)*
            /// Too fast; try again later.
            #[error("too many requests; try again in {retry_after_ms} ms")]
            #[serde(rename = "limit.exceeded")]
            TooFast {
                /// After how many milliseconds to try again.
                retry_after_ms: u64,
            },
        }

        impl Refusal {
            /// Every refusal, for the reference and its tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)* Self::TooFast { retry_after_ms: 0 }];

            /// The stable code that clients see.
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                    Self::TooFast { .. } => "limit.exceeded",
                }
            }
        }
    };
}

refusals! {
    /// The token is missing, malformed, expired, revoked or not for this server.
    NotAuthenticated = "auth.required", "log in first";
    /// User name, password or recovery key do not match.
    WrongCredentials = "auth.wrong_credentials", "the name or the password is wrong";
    /// The refresh token is unknown, expired or was used before.
    RefreshRefused = "auth.refresh_refused", "this log-in has ended; log in again";
    /// Someone has this user name.
    UsernameTaken = "account.username_taken", "this user name is taken";
    /// The user name breaks the rules of user names.
    UsernameInvalid = "account.username_invalid", "a user name has 3 to 32 characters: a letter, then letters, digits, '.', '_' or '-'";
    /// The password is too short, too long or has a NUL.
    PasswordInvalid = "account.password_invalid", "a password has 8 to 1024 bytes and no NUL";
    /// The display name is empty, too long, has something invisible in it or imitates another alphabet.
    DisplayNameInvalid = "account.display_name_invalid", "a display name has 1 to 64 visible characters in at most 256 bytes, and no word of two alphabets";
    /// The account has a name already.
    AlreadyNamed = "account.already_named", "this account has a user name already";
    /// No such user, or none that the asker may know of.
    UserUnknown = "user.unknown", "there is no such user";
    /// One of the two has blocked the other.
    Blocked = "user.blocked", "this user cannot be written to";
    /// The command names its own sender as the other party.
    Oneself = "user.oneself", "this cannot be done to oneself";
    /// No such channel, or none that the asker may know of.
    ChannelUnknown = "channel.unknown", "there is no such channel";
    /// Only members may do this.
    NotAMember = "channel.not_a_member", "only members may do this";
    /// The role does not allow it.
    RoleTooLow = "channel.role_too_low", "your role in this channel does not allow this";
    /// Not in this kind of channel.
    WrongKind = "channel.wrong_kind", "this is not possible in a channel of this kind";
    /// The channel is full.
    ChannelFull = "channel.full", "the channel has as many members as it may have";
    /// The user is in as many channels as allowed.
    TooManyChannels = "channel.too_many", "this user is in as many channels as allowed";
    /// The title or description is empty, too long or has control characters.
    TitleInvalid = "channel.title_invalid", "a title has 1 to 128 visible characters; a description at most 2048 bytes";
    /// The members named do not suit the kind of channel.
    MembersInvalid = "channel.members_invalid", "a direct channel has exactly one other member, named once";
    /// The last owner cannot leave or step down while others are in.
    LastOwner = "channel.last_owner", "name another owner first";
    /// The invite is unknown, used up or expired.
    InviteInvalid = "channel.invite_invalid", "this invite is not valid (any more)";
    /// The message has no content.
    MessageEmpty = "message.empty", "a message has content";
    /// The message's text is larger than the limit.
    MessageTooLong = "message.too_long", "the message is longer than the limit that `ready` tells";
    /// The location or contact is not one.
    ContentInvalid = "message.content_invalid", "the location or contact is not valid";
    /// No such message, or none that the asker may see.
    MessageUnknown = "message.unknown", "there is no such message";
    /// Only the sender (or, to delete, an administrator) may do this.
    NotTheSender = "message.not_the_sender", "only its sender may do this";
    /// The entry is deleted.
    MessageDeleted = "message.deleted", "the message was deleted";
    /// More users are mentioned than allowed, or one who is no member.
    MentionsInvalid = "message.mentions_invalid", "only members can be mentioned, at most as many as `ready` tells";
    /// Mentioning everyone needs a role.
    MentionAllDenied = "message.mention_all_denied", "only administrators may mention everyone here";
    /// The reaction is not one emoji.
    ReactionInvalid = "message.reaction_invalid", "a reaction is one emoji";
    /// A message has as many different reactions as it may have.
    TooManyReactions = "message.too_many_reactions", "this message has as many reactions as it may have";
    /// A channel has as many pinned messages as it may have.
    TooManyPins = "message.too_many_pins", "this channel has as many pinned messages as it may have";
    /// No such log-in of this user.
    SessionUnknown = "session.unknown", "there is no such log-in";
    /// The command's data is not what the command takes.
    Invalid = "command.invalid", "the command's data is not valid";
    /// There is no command of that name.
    CommandUnknown = "command.unknown", "there is no such command";
    /// More is named in one command than allowed.
    TooMany = "command.too_many", "more is named in one command than allowed";
    /// The client is older than the operator allows.
    ClientTooOld = "client.too_old", "this client is too old for this server; update it";
    /// The command was accepted, but whether it took effect is not known; ask again, or repeat it with the same client id.
    OutcomeUnknown = "server.outcome_unknown", "whether this took effect is not known yet";
    /// The server cannot do this now; nothing was changed.
    Unavailable = "server.unavailable", "the server cannot do this now; try again";
    /// The server's disk is full; nothing was changed.
    StorageFull = "server.storage_full", "the server's disk is full";
    /// The server has a fault.
    Internal = "server.internal", "the server has a fault; it was logged";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_a_word_with_a_dot_and_none_is_used_twice() {
        let codes: BTreeSet<_> = Refusal::ALL.iter().map(Refusal::code).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        assert!(codes.iter().all(|code| code.split('.').count() == 2));
    }
}
