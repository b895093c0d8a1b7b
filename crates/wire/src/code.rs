//! How a *no* looks on the wire. Errors become replies here and nowhere else.

use rialto_domain::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use crate::command::InvalidData;

/// A refusal, as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// A word with a dot, never reused.
    pub code: Cow<'static, str>,
    /// For people.
    pub text: String,
    /// Try again after so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl From<Refusal> for ErrorBody {
    fn from(refusal: Refusal) -> Self {
        let retry_after_ms = match refusal {
            Refusal::TooFast { retry_after_ms } => Some(retry_after_ms),
            _ => None,
        };
        Self { code: Cow::Borrowed(refusal.code()), text: refusal.to_string(), retry_after_ms }
    }
}

impl From<InvalidData> for ErrorBody {
    fn from(invalid: InvalidData) -> Self {
        Self { code: Cow::Borrowed(invalid.refusal.code()), text: invalid.text, retry_after_ms: None }
    }
}

/// The HTTP status (RFC 9110 §15) that goes with a refusal on REST.
pub const fn http_status(refusal: Refusal) -> u16 {
    use Refusal::{
        AlreadyNamed, Blocked, ChannelFull, ChannelUnknown, ClientTooOld, CommandUnknown, Internal, InviteInvalid, LastOwner, MentionAllDenied, MessageDeleted,
        MessageUnknown, NotAMember, NotAuthenticated, NotTheSender, OutcomeUnknown, RefreshRefused, RoleTooLow, SessionUnknown, StorageFull, TooFast,
        TooManyChannels, TooManyPins, TooManyReactions, Unavailable, UserUnknown, UsernameTaken, WrongCredentials, WrongKind,
    };
    match refusal {
        NotAuthenticated | WrongCredentials | RefreshRefused => 401,
        NotAMember | RoleTooLow | NotTheSender | Blocked | MentionAllDenied => 403,
        ChannelUnknown | MessageUnknown | UserUnknown | SessionUnknown | CommandUnknown | InviteInvalid => 404,
        UsernameTaken | AlreadyNamed | LastOwner | ChannelFull | TooManyChannels | TooManyReactions | TooManyPins | WrongKind => 409,
        MessageDeleted => 410,
        ClientTooOld => 426,
        TooFast { .. } => 429,
        Internal => 500,
        Unavailable | OutcomeUnknown => 503,
        StorageFull => 507,
        _ => 422,
    }
}
