//! Messages, history, positions and receipts.

use rialto_domain::entry::{Content, Mentions};
use rialto_domain::history::Folded;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::people::yes;

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageSend {
    /// Where.
    pub channel: ChannelId,
    /// What the client calls it; the same name again is the same message.
    pub client_id: ClientId,
    /// What is said: `{"text": "…"}`, `{"location": {…}}` or `{"contact": {…}}`.
    pub body: Content,
    /// The message that this one answers.
    #[serde(default)]
    pub reply_to: Option<Seq>,
    /// Whom it calls.
    #[serde(default)]
    pub mentions: Mentions,
    /// Answer when it is stored, with its `seq`, instead of when it is received.
    #[serde(default)]
    pub wait: bool,
}

/// A message was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Received {
    /// Always true.
    pub received: bool,
    /// Where it stands, when the sender wished to wait for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// A command was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stored {
    /// Where its entry stands; absent when there was nothing to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// New words for a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageEdit {
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub target: Seq,
    /// What it says from now on.
    pub body: Content,
    /// Whom it calls from now on.
    #[serde(default)]
    pub mentions: Mentions,
    /// What the client calls this command.
    #[serde(default)]
    pub client_id: Option<ClientId>,
}

/// A message to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageDelete {
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub target: Seq,
    /// For whom.
    #[serde(default, rename = "for")]
    pub scope: Scope,
    /// What the client calls this command.
    #[serde(default)]
    pub client_id: Option<ClientId>,
}

/// For whom a message is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everyone: the text is gone.
    #[default]
    All,
    /// Oneself: others still have it.
    Me,
}

/// A reaction to be set or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageReact {
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub target: Seq,
    /// One emoji.
    pub emoji: String,
    /// Set (when absent), or take back.
    #[serde(default = "yes")]
    pub on: bool,
    /// What the client calls this command.
    #[serde(default)]
    pub client_id: Option<ClientId>,
}

/// A message to be pinned or unpinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessagePin {
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub target: Seq,
    /// Pin (when absent), or unpin.
    #[serde(default = "yes")]
    pub on: bool,
}

/// A message to be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageForward {
    /// Where it stands.
    pub from: ChannelId,
    /// Which message.
    pub target: Seq,
    /// Where it goes.
    pub channel: ChannelId,
    /// What the client calls the new message.
    pub client_id: ClientId,
    /// Answer when it is stored, with its `seq`, instead of when it is received.
    #[serde(default)]
    pub wait: bool,
}

/// Which messages to read: at most one of `before`, `after` and `around`; otherwise the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Where.
    pub channel: ChannelId,
    /// Older than this.
    #[serde(default)]
    pub before: Option<Seq>,
    /// Newer than this.
    #[serde(default)]
    pub after: Option<Seq>,
    /// On both sides of this, and itself.
    #[serde(default)]
    pub around: Option<Seq>,
    /// How many, 1 to 200; otherwise 50.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// Messages, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Messages {
    /// The messages.
    pub messages: Vec<Folded>,
}

/// How far one is. In one channel, or in several at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Mark {
    /// In this channel:
    pub channel: Option<ChannelId>,
    /// received up to here,
    pub delivered: Option<Seq>,
    /// read up to here.
    pub read: Option<Seq>,
    /// In these channels.
    pub channels: BTreeMap<ChannelId, Marks>,
}

/// How far one is in one of several channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Marks {
    /// Received up to here.
    pub delivered: Option<Seq>,
    /// Read up to here.
    pub read: Option<Seq>,
}

/// Whose receipts to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptsOf {
    /// Where.
    pub channel: ChannelId,
    /// Of which message.
    pub seq: Seq,
    /// Go on after this member.
    #[serde(default)]
    pub after: Option<UserId>,
    /// How many members, 1 to 200; otherwise 200.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// Who received and read a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipts {
    /// Members who may read it, without its sender, in the order of their ids.
    pub members: Vec<Receipt>,
    /// Where to go on, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// How a message fared with one member. Times are those of the member's latest mark: exact for the newest
/// message it covered, not earlier than the truth for older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// Who.
    pub user: UserId,
    /// Received it, at the latest then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Read it, at the latest then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
}
