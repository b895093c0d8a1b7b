//! The small things that tests are made of: people, ids, commands.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rialto_domain::apply::Command;
use rialto_domain::auth::{Account, LogIn};
use rialto_domain::channel::{About, Channel, ChannelKind, Member, Role};
use rialto_domain::entry::{ChannelChange, Content, Draft, Event, MemberChange, Mentions, Message};
use rialto_domain::log::{Head, Seq};
use rialto_domain::ports::{NewAccount, NewChannel};
use rialto_domain::user::{Profile, Settings, Username};
use rialto_domain::{ChannelId, ClientId, DeviceId, SessionId, Timestamp, UserId};

/// The `n`th person. Their ids sort as their numbers do.
pub fn user(n: u64) -> UserId {
    UserId::new(Timestamp(n), &[1; 10])
}

/// People number `first..=last`.
pub fn users(first: u64, last: u64) -> Vec<UserId> {
    (first..=last).map(user).collect()
}

/// A channel id that was not given out before in this process.
pub fn channel_id() -> ChannelId {
    ChannelId::new(Timestamp(1), &unused())
}

/// A client id that was not given out before in this process.
pub fn client_id() -> ClientId {
    ClientId::new(Timestamp(1), &unused())
}

/// A log-in's id that was not given out before in this process.
pub fn session_id() -> SessionId {
    SessionId::new(Timestamp(1), &unused())
}

fn unused() -> [u8; 10] {
    static GIVEN: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&GIVEN.fetch_add(1, Relaxed).to_be_bytes());
    bytes
}

/// A channel as its founder makes it: it has a title unless it is direct, the founder owns it, the others were added.
pub fn founding(id: ChannelId, kind: ChannelKind, founder: UserId, others: &[UserId], now: Timestamp) -> NewChannel {
    let direct = kind == ChannelKind::Direct;
    let title = (!direct).then(|| "Venice".to_owned());
    let owner = Member::joining(if direct { Role::Member } else { Role::Owner }, Seq(1), Seq::ZERO, 0, now);
    let mut channel = Channel::restored(id, kind, About::default(), Head::default(), false, [(founder, owner)]);
    let created = Event::Channel(ChannelChange { created: Some(kind), title, ..ChannelChange::default() });
    let added = Event::Member { users: others.to_vec(), change: MemberChange::Added { role: Role::Member } };
    let events = [Some(created), Some(added).filter(|_| !others.is_empty())];
    let entries = events.into_iter().flatten().map(|event| channel.append(Draft { sender: founder, client_id: None, event }, now).0).collect();
    let members = channel.members().map(|(user, member)| (user, member.clone())).collect();
    NewChannel { id, kind, about: channel.about, members, entries }
}

/// Words.
pub fn text(words: &str) -> Content {
    Content::Text(words.to_owned())
}

/// Says something.
pub fn send(words: &str) -> Command {
    say(Message { body: Some(text(words)), ..Message::default() })
}

/// Says something and calls people.
pub fn mention(words: &str, users: &[UserId]) -> Command {
    say(Message { body: Some(text(words)), mentions: Mentions { users: users.to_vec(), all: false }, ..Message::default() })
}

/// Says something and calls everyone.
pub fn mention_all(words: &str) -> Command {
    say(Message { body: Some(text(words)), mentions: Mentions { users: Vec::new(), all: true }, ..Message::default() })
}

/// Answers a message.
pub fn reply(words: &str, to: Seq) -> Command {
    say(Message { body: Some(text(words)), reply_to: Some(to), ..Message::default() })
}

/// Sends a message, whatever is in it.
pub fn say(message: Message) -> Command {
    Command::Send { client_id: client_id(), message }
}

/// Replaces what a message says.
pub fn edit(target: Seq, words: &str) -> Command {
    Command::Edit { client_id: Some(client_id()), target, body: text(words), mentions: Mentions::default() }
}

/// Deletes a message for everyone.
pub fn delete(target: Seq) -> Command {
    Command::Delete { client_id: Some(client_id()), target }
}

/// Sets a reaction, or takes it back.
pub fn react(target: Seq, emoji: &str, on: bool) -> Command {
    Command::React { client_id: Some(client_id()), target, emoji: emoji.to_owned(), on }
}

/// Pins or unpins a message.
pub const fn pin(target: Seq, on: bool) -> Command {
    Command::Pin { target, on }
}

/// Moves a position: delivered and read up to here.
pub const fn mark(delivered: u64, read: u64) -> Command {
    Command::Mark { delivered: Seq(delivered), read: Seq(read) }
}

/// Adds members.
pub fn add(users: &[UserId]) -> Command {
    Command::Add { users: users.to_vec() }
}

/// An account with a user name, its password not yet hashed by anybody.
pub fn account(id: UserId, name: &str) -> NewAccount {
    let username = Some(Username::parse(name).expect("tests use valid names"));
    let profile = Profile { id, username, display_name: name.to_owned() };
    let account = Account { profile, password_hash: Some(format!("hash of {name}")), settings: Settings::default(), created_at: Timestamp(1) };
    NewAccount { account, recovery_digest: None }
}

/// An anonymous account that a recovery key with this digest opens.
pub fn anonymous(id: UserId, recovery_digest: [u8; 32]) -> NewAccount {
    let profile = Profile { id, username: None, display_name: "Somebody".to_owned() };
    let account = Account { profile, password_hash: None, settings: Settings::default(), created_at: Timestamp(1) };
    NewAccount { account, recovery_digest: Some(recovery_digest) }
}

/// A log-in that began at a moment and lasts a million milliseconds.
pub fn log_in(user: UserId, began: Timestamp) -> LogIn {
    LogIn {
        id: session_id(),
        user,
        device: DeviceId::from_bytes([7; 16]),
        client: "test client 1.0".to_owned(),
        generation: 0,
        created_at: began,
        used_at: began,
        expires_at: began.after_ms(1_000_000),
        revoked_at: None,
    }
}
