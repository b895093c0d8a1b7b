//! Messages: received and stored, sent again, changed, forwarded, hidden, and seen by whom.

#![allow(clippy::unwrap_used, missing_docs)]

mod calling_people;
mod changing;
mod forwarding;
mod seeing;
mod sending;

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Contact, Content, Event, Location, Mentions};
use rialto_domain::limit::Limits;
use rialto_domain::log::Window;
use rialto_domain::publication::{Outcome, Publication, Topic};
use rialto_domain::{ChannelId, Refusal, Seq, UserId};
use rialto_service::{MessageDraft, MissedEntries, PageRequest};
use rialto_testkit::Town;
use rialto_testkit::builders::{client_id, text, user};
use rialto_testkit::faults::unavailable;
use rialto_testkit::town::{Plan, draft};

fn calling(words: &str, users: &[UserId]) -> MessageDraft {
    MessageDraft { mentions: Mentions { users: users.to_vec(), all: false }, ..draft(words) }
}

fn calling_all(words: &str) -> MessageDraft {
    MessageDraft { mentions: Mentions { users: Vec::new(), all: true }, ..draft(words) }
}

fn reply(words: &str, to: Seq) -> MessageDraft {
    MessageDraft { reply_to: Some(to), ..draft(words) }
}

async fn page(town: &Town, who: Identity, channel: ChannelId, window: Window, limit: usize) -> Vec<u64> {
    let page = town.service.history(who, channel, PageRequest { window, limit }).await.unwrap();
    page.into_iter().map(|message| message.seq.0).collect()
}

/// How many messages wait to be read, and how many of them call the reader.
async fn waiting(town: &Town, who: Identity, channel: ChannelId) -> (u64, u64) {
    let listing = town.service.channel(who, channel).await.unwrap().listing;
    (listing.unread, listing.mentions)
}
