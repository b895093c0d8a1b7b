//! What may be done in a channel, and what comes of it: commands, decided and appended.

#![allow(clippy::unwrap_used)]

mod blocks;
mod ledger;
mod members;
mod messages;
mod outsiders;
mod positions;
mod random;
mod repeating;
mod rights;

use ledger::{EVERYONE, Ledger, calling, named, text, user};
use rialto_domain::apply::{Command, Decision, PINS_PER_CHANNEL, REACTIONS_PER_MESSAGE};
use rialto_domain::channel::{ChannelKind, Right, Role, SMALL_CHANNEL, STRETCHES_PER_MEMBER, allow};
use rialto_domain::entry::{ChannelChange, Contact, Content, Draft, Event, Location, MemberChange, Mentions, Message};
use rialto_domain::limit::Limits;
use rialto_domain::{Refusal, Seq};

const DIRECT: ChannelKind = ChannelKind::Direct;
const GROUP: ChannelKind = ChannelKind::Group;
const BROADCAST: ChannelKind = ChannelKind::Broadcast;

const EMOJI: &str = "👍";

/// Owner 1, admin 2, members 3 and 4; formerly 5; 6 knows nothing of it.
fn club(kind: ChannelKind) -> Ledger {
    let mut ledger = Ledger::new(kind, &[(1, Role::Owner), (2, Role::Admin), (3, Role::Member), (4, Role::Member), (5, Role::Member)]);
    ledger.write(5, &Command::Leave);
    ledger
}

/// 1 and 2, in a direct channel.
fn pair() -> Ledger {
    Ledger::new(DIRECT, &[(1, Role::Member), (2, Role::Member)])
}

fn edit(target: Seq, words: &str) -> Command {
    Command::Edit { client_id: None, target, body: text(words), mentions: Mentions::default() }
}

fn delete(target: Seq) -> Command {
    Command::Delete { client_id: None, target }
}

fn react(target: Seq, emoji: &str, on: bool) -> Command {
    Command::React { client_id: None, target, emoji: emoji.to_owned(), on }
}

fn pin(target: Seq, on: bool) -> Command {
    Command::Pin { target, on }
}

fn mark(delivered: u64, read: u64) -> Command {
    Command::Mark { delivered: Seq(delivered), read: Seq(read) }
}

fn role(of: u8, role: Role) -> Command {
    Command::SetRole { user: user(of), role }
}

fn add(users: &[u8]) -> Command {
    Command::Add { users: users.iter().copied().map(user).collect() }
}

fn update(title: &str) -> Command {
    Command::Update { title: Some(title.to_owned()), description: None }
}

fn event(decision: Result<Decision, Refusal>) -> Event {
    match decision {
        Ok(Decision::Append(Draft { event, .. })) => event,
        other => panic!("should be appended, but: {other:?}"),
    }
}
