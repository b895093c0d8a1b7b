//! What a durable backend still knows after it was closed and opened again.

use rialto_domain::apply::Command;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::log::Seq;
use rialto_domain::ports::{AccountStore, ChannelStore, FlagChange, Invite, NewChannel, Opened, Rotated, Which};
use rialto_domain::{Timestamp, UserId};

use super::stories::hold_against_truth;
use crate::builders::{account, anonymous, delete, edit, founding, log_in, mark, react, send, user};
use crate::story::Story;
use crate::{Backend, Scribe, truth};

/// Entries, heads, positions, rows, client ids, flags, hidden places, invites: all that an append or a change returned for.
pub async fn everything_appended_survives_reopening(mut reopen: impl AsyncFnMut(Option<Backend>) -> Backend) {
    let backend = reopen(None).await;
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    let pair = scribe.open(ChannelKind::Direct, user(1), &[user(2)]).await;
    let sending = send("remember me");
    let first = scribe.write(channel, user(1), sending.clone()).await;
    let regretted = scribe.say(channel, user(2), "a SECRET").await;
    scribe.write(channel, user(1), edit(first, "remember this")).await;
    scribe.write(channel, user(2), react(first, "👍", true)).await;
    scribe.write(channel, user(2), delete(regretted)).await;
    scribe.write(channel, user(1), Command::SetRole { user: user(2), role: Role::Admin }).await;
    scribe.write(channel, user(3), Command::Leave).await;
    scribe.settle(channel, user(2), mark(6, 5)).await;
    scribe.settle(pair, user(2), Command::Block { on: true }).await;
    backend.channels.change_flags(user(2), channel, FlagChange::Pin(true)).await.expect("changes a flag");
    backend.channels.hide(user(2), channel, first).await.expect("hides");
    let invite = Invite { digest: [5; 32], channel, by: user(1), expires_at: None, uses_left: Some(2) };
    backend.channels.put_invite(invite).await.expect("keeps an invite");
    assert_eq!(backend.channels.use_invite([5; 32], scribe.now()).await.expect("the store answers"), Some(channel));
    let before = describe(&backend, channel, pair).await;
    let written = scribe.written(channel);
    let now = scribe.now();
    drop(scribe);

    let backend = reopen(Some(backend)).await;
    assert_eq!(describe(&backend, channel, pair).await, before);
    let entries = backend.log.entries(channel, user(1), Seq(1), Seq(100), 100).await.expect("entries");
    assert_eq!(entries, truth::entries_now(&written));
    let lookup = rialto_domain::ports::Lookup { channel, actor: user(1), client_id: sending.client_id(), target: None, pins: false };
    assert_eq!(backend.log.facts(&[lookup]).await.expect("facts")[0].sent, Some(first), "a retry is recognised across a restart");
    assert_eq!(backend.channels.use_invite([5; 32], now).await.expect("the store answers"), Some(channel), "one use was left");
    assert_eq!(backend.channels.use_invite([5; 32], now).await.expect("the store answers"), None);
    let again: NewChannel = founding(crate::builders::channel_id(), ChannelKind::Direct, user(2), &[user(1)], now);
    assert_eq!(backend.channels.create(again).await.expect("the store answers"), Opened::Existing(pair));

    // Life goes on where it stopped.
    let scribe = Scribe::new(&backend);
    assert_eq!(scribe.say(channel, user(1), "good morning").await, Seq(written.len() as u64 + 1));
}

/// A long random history, asked about only after reopening; and reopening twice changes nothing.
pub async fn stories_survive_reopening(mut reopen: impl AsyncFnMut(Option<Backend>) -> Backend) {
    let backend = reopen(None).await;
    let story = Story::play(&backend, 31, ChannelKind::Group, 250).await;
    let mut backend = reopen(Some(backend)).await;
    for _ in 0..2 {
        hold_against_truth(&backend, &story, 31).await;
        backend = reopen(Some(backend)).await;
    }
}

/// People, their settings, their log-ins and blocks.
pub async fn accounts_and_log_ins_survive_reopening(mut reopen: impl AsyncFnMut(Option<Backend>) -> Backend) {
    let backend = reopen(None).await;
    let at = Timestamp(1_000);
    let accounts: &dyn AccountStore = &*backend.accounts;
    accounts.create(account(user(1), "marco")).await.expect("is new");
    accounts.create(anonymous(user(2), [9; 32])).await.expect("is new");
    accounts.set_display_name(user(2), "Nobody".into()).await.expect("is there");
    let (kept, ended) = (log_in(user(1), at), log_in(user(1), at));
    for log_in in [&kept, &ended] {
        accounts.open_log_in(log_in.clone()).await.expect("begins");
    }
    assert_eq!(accounts.rotate(kept.id, 0, at.after_ms(5), at.after_ms(9_000)).await.expect("the store answers"), Rotated::Done);
    accounts.revoke(user(1), Which::One(ended.id), at.after_ms(6)).await.expect("ends");
    accounts.set_block(user(1), user(2), true).await.expect("blocks");
    let before = people(&*backend.accounts).await;

    let backend = reopen(Some(backend)).await;
    let accounts: &dyn AccountStore = &*backend.accounts;
    assert_eq!(people(accounts).await, before);
    assert_eq!(accounts.find_log_in(kept.id).await.expect("the store answers").map(|log_in| log_in.generation), Some(1));
    assert_eq!(accounts.rotate(kept.id, 0, at, at).await.expect("the store answers"), Rotated::Raced, "a used token stays used");
    assert_eq!(accounts.log_ins(user(1), at).await.expect("the store answers").len(), 1);
    assert_eq!(accounts.revoked_since(at).await.expect("the store answers"), [ended.id]);
    assert_eq!(accounts.find_by_recovery([9; 32]).await.expect("the store answers"), Some(user(2)));
    assert!(accounts.create(account(user(3), "marco")).await.is_err(), "the name is still taken");
    assert!(accounts.blocked_between(user(2), user(1)).await.expect("the store answers"));
}

async fn people(accounts: &dyn AccountStore) -> String {
    let mut text = String::new();
    for n in [1, 2] {
        text += &format!("{:?} {:?}", accounts.load(user(n)).await, accounts.blocks(user(n)).await);
    }
    text
}

/// What the store says of both channels, to everybody. Minima may be told lower for a moment after a restart, and are left out.
async fn describe(backend: &Backend, group: rialto_domain::ChannelId, pair: rialto_domain::ChannelId) -> String {
    let channels: &dyn ChannelStore = &*backend.channels;
    let mut text = String::new();
    for channel in [group, pair] {
        text += &format!("{:?}", backend.log.load(channel).await.expect("is there"));
        text += &format!("{:?}", channels.roster(channel).await.expect("is there"));
        for n in 1..=3 {
            let reader: UserId = user(n);
            let mut listing = channels.find_listing(reader, channel).await.expect("the store answers");
            if let Some(listing) = &mut listing {
                listing.minima = Default::default();
            }
            text += &format!("{listing:?} {:?}", backend.log.entries(channel, reader, Seq(1), Seq(100), 100).await.expect("entries"));
        }
    }
    text
}
