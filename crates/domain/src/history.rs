//! Messages as people read them: a log with its edits, deletions, reactions and pins folded in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::entry::{Entry, Event, Message};
use crate::id::{ChannelId, ClientId, UserId};
use crate::log::Seq;
use crate::time::Timestamp;

/// How many of those who reacted are named; the rest is a number.
pub const NAMED_REACTORS: usize = 10;

/// A message as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Folded {
    /// The channel.
    pub channel: ChannelId,
    /// Its place.
    pub seq: Seq,
    /// When it was stored.
    pub at: Timestamp,
    /// Who wrote it.
    pub sender: UserId,
    /// What the sender's client called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Messages up to and including it.
    pub n: u64,
    /// What it says now. Without a body it was deleted, or edited after the reader had left.
    #[serde(flatten)]
    pub message: Message,
    /// When it was edited last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// It was deleted for everyone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// It is pinned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The reactions, in the order of their emoji.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reactions>,
}

/// One emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reactions {
    /// The emoji.
    pub emoji: String,
    /// How many set it.
    pub count: u64,
    /// The asker is one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
    /// Some of them: at most [`NAMED_REACTORS`], in the order of their ids.
    pub users: Vec<UserId>,
}

impl Folded {
    /// The message of an entry, to which nothing has happened yet.
    pub fn fresh(entry: &Entry, message: &Message) -> Self {
        Self {
            channel: entry.channel,
            seq: entry.seq,
            at: entry.at,
            sender: entry.sender,
            client_id: entry.client_id,
            n: entry.n,
            message: message.clone(),
            edited_at: None,
            deleted: message.body.is_none(),
            pinned: false,
            reactions: Vec::new(),
        }
    }
}

/// Folds a whole log into its messages, as `reader` sees them: the definition that every store is held against.
pub fn fold(entries: &[Entry], reader: UserId) -> Vec<Folded> {
    let mut messages: BTreeMap<Seq, Folded> = BTreeMap::new();
    let mut reactions: BTreeMap<(Seq, &str), BTreeSet<UserId>> = BTreeMap::new();
    for entry in entries {
        match &entry.event {
            Event::Message(message) => {
                messages.insert(entry.seq, Folded::fresh(entry, message));
            }
            Event::Edit { target, body, mentions } => {
                if let Some(folded) = messages.get_mut(target).filter(|folded| !folded.deleted) {
                    folded.message.body.clone_from(body);
                    folded.message.mentions.clone_from(mentions);
                    folded.edited_at = Some(entry.at);
                }
            }
            Event::Delete { target } => {
                reactions.retain(|(seq, _), _| seq != target);
                if let Some(folded) = messages.get_mut(target) {
                    folded.message = Message { reply_to: folded.message.reply_to, ..Message::default() };
                    folded.deleted = true;
                    folded.pinned = false;
                }
            }
            Event::Reaction { target, emoji, on } => {
                let users = reactions.entry((*target, emoji)).or_default();
                if *on {
                    users.insert(entry.sender);
                } else {
                    users.remove(&entry.sender);
                }
            }
            Event::Pin { target, on } => {
                if let Some(folded) = messages.get_mut(target) {
                    folded.pinned = *on;
                }
            }
            Event::Member { .. } | Event::Channel(_) => {}
        }
    }
    for ((target, emoji), users) in reactions {
        if let Some(folded) = messages.get_mut(&target).filter(|_| !users.is_empty()) {
            folded.reactions.push(Reactions {
                emoji: emoji.to_owned(),
                count: users.len() as u64,
                mine: users.contains(&reader),
                users: users.into_iter().take(NAMED_REACTORS).collect(),
            });
        }
    }
    messages.into_values().collect()
}
