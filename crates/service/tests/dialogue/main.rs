//! The first payload, and catching up: what was pushed and what is fetched are together exactly what one may read.

#![allow(clippy::unwrap_used, missing_docs)]

mod bounds;
mod live_and_sync;
mod sync;
mod welcome;

use std::collections::{BTreeMap, BTreeSet};

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Content, Entry, Event, Mentions};
use rialto_domain::limit::{Limits, Rate};
use rialto_domain::publication::{Membership, Publication};
use rialto_domain::{ChannelId, Refusal, Seq};
use rialto_service::{CaughtUp, MessageDraft, MissedEntries, RatePolicy};
use rialto_testkit::builders::{channel_id, text};
use rialto_testkit::town::{Plan, draft};
use rialto_testkit::{Dice, Town};

/// What one answer to a catching-up client may hold.
const ANSWER_ENTRIES: usize = 2_000;
const ANSWER_BYTES: usize = 512 * 1024;
const REPLAYED: u64 = 1_000;

fn generous() -> RatePolicy {
    let rate = Rate::new(1_000, 1, 100_000);
    RatePolicy { registrations: rate, discoveries: rate, ..RatePolicy::default() }
}

async fn catch_up<const N: usize>(town: &Town, who: Identity, have: [(ChannelId, u64); N]) -> CaughtUp {
    let have = have.into_iter().map(|(channel, seq)| (channel, Seq(seq))).collect();
    town.service.catch_up(who, &have).await.unwrap()
}

/// What was missed of the one channel that was asked about: places, where the log ends, and whether there is more.
async fn missed(town: &Town, who: Identity, channel: ChannelId, have: u64) -> (Vec<u64>, u64, bool) {
    let answer = catch_up(town, who, [(channel, have)]).await;
    match &answer.channels[&channel] {
        Ok(MissedEntries::Entries { head, entries, more, .. }) => {
            assert_eq!(*more, answer.more);
            (entries.iter().map(|entry| entry.seq.0).collect(), head.0, *more)
        }
        other => panic!("entries were expected, but: {}", describe(other)),
    }
}

fn describe(missed: &Result<MissedEntries, Refusal>) -> String {
    match missed {
        Ok(MissedEntries::Entries { entries, .. }) => format!("{} entries", entries.len()),
        Ok(MissedEntries::Refetch { head }) => format!("refetch up to {head}"),
        Err(refusal) => refusal.to_string(),
    }
}

async fn is_refetch(town: &Town, who: Identity, channel: ChannelId, have: u64) -> bool {
    matches!(catch_up(town, who, [(channel, have)]).await.channels[&channel], Ok(MissedEntries::Refetch { .. }))
}

async fn fill(town: &Town, who: Identity, channel: ChannelId, messages: usize, bytes: usize) {
    for _ in 0..messages {
        let long = MessageDraft { body: text(&"x".repeat(bytes)), ..draft("") };
        town.service.send(who, channel, long, false).await.unwrap();
    }
    town.settle().await;
}

fn text_bytes(entry: &Entry) -> usize {
    match &entry.event {
        Event::Message(message) => match &message.body {
            Some(Content::Text(text)) => text.len(),
            _ => 0,
        },
        _ => 0,
    }
}
