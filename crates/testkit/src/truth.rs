//! What a store must answer, worked out the plainest way from a channel's whole log: slow, and easy to believe.

use std::collections::{BTreeMap, BTreeSet};

use rialto_domain::apply::{Facts, Target};
use rialto_domain::entry::{Entry, Event};
use rialto_domain::history::{Folded, fold};
use rialto_domain::log::{Head, Interval, Seq, Window};
use rialto_domain::ports::Lookup;
use rialto_domain::{UserId, unread};

/// Where a log ends.
pub fn head(log: &[Entry]) -> Head {
    log.last().map_or_else(Head::default, |entry| Head { seq: entry.seq, n: entry.n, at: entry.at })
}

/// The entries as they are now: messages and edits carry the text that the message has now, and none once it was deleted.
pub fn entries_now(log: &[Entry]) -> Vec<Entry> {
    let messages = messages(log);
    let now = |entry: &Entry| {
        let target = entry.event.target().unwrap_or(entry.seq);
        let event = match (&entry.event, messages.get(&target)) {
            (Event::Message(_), Some(message)) if !message.deleted => Event::Message(message.message.clone()),
            (Event::Edit { target, .. }, Some(message)) if !message.deleted => {
                Event::Edit { target: *target, body: message.message.body.clone(), mentions: message.message.mentions.clone() }
            }
            (event, _) => event.erased(),
        };
        Entry { event, ..entry.clone() }
    };
    log.iter().map(now).collect()
}

/// The messages of a window, as `reader` sees them, without those in `hidden`.
///
/// *Around* a place stand at most half of `limit` older messages, and the rest from the place on.
pub fn history(log: &[Entry], reader: UserId, visible: &[Interval], hidden: &BTreeSet<Seq>, window: Window, limit: usize) -> Vec<Folded> {
    let seen: Vec<Folded> = fold(log, reader).into_iter().filter(|message| sees(visible, hidden, message.seq)).collect();
    let before = |place: Seq| seen.partition_point(|message| message.seq < place);
    let (from, to) = match window {
        Window::Latest => (seen.len().saturating_sub(limit), seen.len()),
        Window::Before(place) => (before(place).saturating_sub(limit), before(place)),
        Window::After(place) => (before(place.next()), before(place.next()) + limit),
        Window::Around(place) => (before(place).saturating_sub(limit / 2), before(place) + limit - limit / 2),
    };
    seen[from..to.min(seen.len())].to_vec()
}

/// The pinned messages, as `reader` sees them.
pub fn pinned(log: &[Entry], reader: UserId, visible: &[Interval], hidden: &BTreeSet<Seq>) -> Vec<Folded> {
    fold(log, reader).into_iter().filter(|message| message.pinned && sees(visible, hidden, message.seq)).collect()
}

/// How many messages `user` has not read, and how many of them mention the user.
/// What the user may not read, or deleted for themselves, is not waiting to be read.
pub fn unread(log: &[Entry], user: UserId, visible: &[Interval], hidden: &BTreeSet<Seq>, read: Seq) -> (u64, u64) {
    let deleted: BTreeSet<Seq> = messages(log).into_values().filter(|message| message.deleted).map(|message| message.seq).collect();
    let entries = entries_now(log);
    let waiting = |entry: &&Entry| unread::counts_for(entry, deleted.contains(&entry.seq), user, read) && sees(visible, hidden, entry.seq);
    let waiting: Vec<_> = entries.iter().filter(waiting).collect();
    (waiting.len() as u64, waiting.iter().filter(|entry| unread::mentions(entry, user)).count() as u64)
}

/// What a command needs to know about the past.
pub fn facts(log: &[Entry], lookup: &Lookup) -> Facts {
    let made_before = |entry: &&Entry| entry.sender == lookup.actor && entry.client_id.is_some() && entry.client_id == lookup.client_id;
    Facts {
        sent: log.iter().find(made_before).map(|entry| entry.seq),
        target: lookup.target.and_then(|seq| target(log, seq, lookup.actor)),
        pins: if lookup.pins { messages(log).values().filter(|message| message.pinned).count() } else { 0 },
    }
}

/// What is known of an older entry.
fn target(log: &[Entry], seq: Seq, actor: UserId) -> Option<Target> {
    let entry = log.iter().find(|entry| entry.seq == seq)?;
    let message = fold(log, actor).into_iter().find(|message| message.seq == seq);
    let reactions = message.iter().flat_map(|message| &message.reactions);
    Some(Target {
        sender: entry.sender,
        is_message: message.is_some(),
        deleted: message.as_ref().is_some_and(|message| message.deleted),
        n: entry.n,
        pinned: message.as_ref().is_some_and(|message| message.pinned),
        own_reactions: reactions.clone().filter(|reaction| reaction.mine).map(|reaction| reaction.emoji.clone()).collect(),
        reactions: reactions.map(|reaction| reaction.emoji.clone()).collect(),
    })
}

/// The messages by their places. Who reads them makes no difference here.
fn messages(log: &[Entry]) -> BTreeMap<Seq, Folded> {
    let nobody = UserId::from_bytes([0; 16]);
    fold(log, nobody).into_iter().map(|message| (message.seq, message)).collect()
}

fn sees(visible: &[Interval], hidden: &BTreeSet<Seq>, seq: Seq) -> bool {
    visible.iter().any(|interval| interval.contains(seq)) && !hidden.contains(&seq)
}
