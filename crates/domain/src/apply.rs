//! The sequencer's whole mind: (channel, command, facts) → entries, or a refusal. Pure.

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelKind, Member, Right, Role, allow};
use crate::entry::{ChannelChange, Content, Draft, Event, MemberChange, Mentions, Message, check_reaction};
use crate::id::{ClientId, UserId};
use crate::limit::Limits;
use crate::log::Seq;
use crate::refusal::Refusal;

/// What somebody wants done in a channel. Whose names and numbers these are was checked at the border;
/// whether it may be done is decided here, once, in the channel's own order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Say something.
    Send {
        /// What the client calls it.
        client_id: ClientId,
        /// What is said.
        message: Message,
    },
    /// Replace what was said.
    Edit {
        /// What the client calls it.
        client_id: Option<ClientId>,
        /// The message.
        target: Seq,
        /// What it says from now on.
        body: Content,
        /// Whom it mentions from now on.
        mentions: Mentions,
    },
    /// Delete for everyone.
    Delete {
        /// What the client calls it.
        client_id: Option<ClientId>,
        /// The message.
        target: Seq,
    },
    /// Set a reaction, or take it back.
    React {
        /// What the client calls it.
        client_id: Option<ClientId>,
        /// The message.
        target: Seq,
        /// One emoji.
        emoji: String,
        /// Set, or take back.
        on: bool,
    },
    /// Pin or unpin a message.
    Pin {
        /// The message.
        target: Seq,
        /// Pin, or unpin.
        on: bool,
    },
    /// Add members.
    Add {
        /// These. Who is in already stays as they are.
        users: Vec<UserId>,
    },
    /// Come in by an invite, which was checked before.
    Join,
    /// Go.
    Leave,
    /// Remove a member.
    Remove {
        /// This one.
        user: UserId,
    },
    /// Give a member a role.
    SetRole {
        /// The member.
        user: UserId,
        /// The role.
        role: Role,
    },
    /// Change title or description, which were checked before.
    Update {
        /// The new title.
        title: Option<String>,
        /// The new description.
        description: Option<String>,
    },
    /// Delete the channel and everything in it.
    DeleteChannel,
    /// Move my position.
    Mark {
        /// Delivered up to here.
        delivered: Seq,
        /// Read up to here.
        read: Seq,
    },
    /// In a direct channel: block the other, or end that.
    Block {
        /// Block, or end it.
        on: bool,
    },
}

impl Command {
    /// The name that makes the command recognisable when it comes twice.
    pub const fn client_id(&self) -> Option<ClientId> {
        match self {
            Self::Send { client_id, .. } => Some(*client_id),
            Self::Edit { client_id, .. } | Self::Delete { client_id, .. } | Self::React { client_id, .. } => *client_id,
            _ => None,
        }
    }

    /// The older entry whose facts are needed to decide.
    pub const fn target(&self) -> Option<Seq> {
        match self {
            Self::Send { message, .. } => message.reply_to,
            Self::Edit { target, .. } | Self::Delete { target, .. } | Self::React { target, .. } | Self::Pin { target, .. } => Some(*target),
            Self::Mark { read, .. } => Some(*read),
            _ => None,
        }
    }
}

/// What is known of an older entry that a command points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Who wrote it.
    pub sender: UserId,
    /// It is a message.
    pub is_message: bool,
    /// Its text was deleted.
    pub deleted: bool,
    /// Messages up to and including it.
    pub n: u64,
    /// It is pinned.
    pub pinned: bool,
    /// The reactions that the actor has set on it.
    pub own_reactions: Vec<String>,
    /// The different reactions it has.
    pub reactions: Vec<String>,
}

/// What the log knows that the channel's state does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The place of an entry that the actor made under the same client id before.
    pub sent: Option<Seq>,
    /// The entry that the command points at, where there is one.
    pub target: Option<Target>,
    /// How many messages are pinned in the channel; only asked for when pinning.
    pub pins: usize,
}

/// The most different reactions on one message.
pub const REACTIONS_PER_MESSAGE: usize = 50;

/// The most pinned messages in one channel.
pub const PINS_PER_CHANNEL: usize = 100;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Append this.
    Append(Draft),
    /// It was done before, and stands there.
    Already(Seq),
    /// Move the actor's position.
    Advance {
        /// Delivered up to here; clamped to the head.
        delivered: Seq,
        /// Read up to here; clamped to the head.
        read: Seq,
        /// Messages up to `read`.
        n_at_read: u64,
    },
    /// Change the actor's own row without an entry: block or unblock.
    SetBlocking(bool),
    /// Everything is as wished already.
    Nothing,
}

/// Decides a command of `actor`.
pub fn decide(channel: &Channel, actor: UserId, command: &Command, facts: &Facts, limits: &Limits) -> Result<Decision, Refusal> {
    if channel.deleted {
        return Err(Refusal::ChannelUnknown);
    }
    if matches!(command, Command::Join) {
        return decide_join(channel, actor, limits);
    }
    let member = match channel.active_member(actor) {
        // Who was a member may be told where an earlier command went, also after leaving: the retry of an
        // acknowledged send must not turn into a refusal.
        Err(Refusal::NotAMember) if facts.sent.is_some() => return Ok(Decision::Already(facts.sent.unwrap_or_default())),
        member => member?,
    };
    if let Some(seq) = facts.sent {
        return Ok(Decision::Already(seq));
    }
    let may = |right| allow(channel.kind, member.role, channel.active_count(), right);
    let draft = |event| Ok(Decision::Append(Draft { sender: actor, client_id: command.client_id(), event }));
    match command {
        Command::Send { message, .. } => {
            may(Right::Write)?;
            refuse_blocked(channel, actor)?;
            let body = message.body.as_ref().ok_or(Refusal::MessageEmpty)?;
            body.check(limits)?;
            check_mentions(channel, member, &message.mentions, limits)?;
            if let Some(target) = message.reply_to {
                message_seen_by(member, target, facts)?;
            }
            draft(Event::Message(message.clone()))
        }
        Command::Edit { target, body, mentions, .. } => {
            may(Right::Write)?;
            refuse_blocked(channel, actor)?;
            body.check(limits)?;
            check_mentions(channel, member, mentions, limits)?;
            let message = message_seen_by(member, *target, facts)?;
            if message.sender != actor {
                return Err(Refusal::NotTheSender);
            }
            if message.deleted {
                return Err(Refusal::MessageDeleted);
            }
            draft(Event::Edit { target: *target, body: Some(body.clone()), mentions: mentions.clone() })
        }
        Command::Delete { target, .. } => {
            let message = message_seen_by(member, *target, facts)?;
            if message.sender != actor {
                may(Right::DeleteOthers)?;
            }
            if message.deleted {
                return Ok(Decision::Nothing);
            }
            draft(Event::Delete { target: *target })
        }
        Command::React { target, emoji, on, .. } => {
            check_reaction(emoji)?;
            refuse_blocked(channel, actor)?;
            let message = message_seen_by(member, *target, facts)?;
            if message.deleted {
                return Err(Refusal::MessageDeleted);
            }
            if message.own_reactions.contains(emoji) == *on {
                return Ok(Decision::Nothing);
            }
            if *on && !message.reactions.contains(emoji) && message.reactions.len() >= REACTIONS_PER_MESSAGE {
                return Err(Refusal::TooManyReactions);
            }
            draft(Event::Reaction { target: *target, emoji: emoji.clone(), on: *on })
        }
        Command::Pin { target, on } => {
            may(Right::Pin)?;
            let message = message_seen_by(member, *target, facts)?;
            if message.deleted && *on {
                return Err(Refusal::MessageDeleted);
            }
            if message.pinned == *on {
                return Ok(Decision::Nothing);
            }
            if *on && facts.pins >= PINS_PER_CHANNEL {
                return Err(Refusal::TooManyPins);
            }
            draft(Event::Pin { target: *target, on: *on })
        }
        Command::Add { users } => {
            may(Right::Invite)?;
            let mut new: Vec<UserId> = users.iter().copied().filter(|&user| channel.active_member(user).is_err()).collect();
            new.sort_unstable();
            new.dedup();
            if new.is_empty() {
                return Ok(Decision::Nothing);
            }
            if channel.active_count() + new.len() > limits.members {
                return Err(Refusal::ChannelFull);
            }
            draft(Event::Member { users: new, change: MemberChange::Added { role: Role::Member } })
        }
        Command::Leave => {
            not_direct(channel)?;
            // The last one may go; then nobody is left to be without an owner.
            if member.role == Role::Owner && channel.active_count() > 1 && !has_other_owner(channel, actor) {
                return Err(Refusal::LastOwner);
            }
            draft(Event::Member { users: vec![actor], change: MemberChange::Left })
        }
        Command::Remove { user } => {
            may(Right::Remove)?;
            let other = channel.active_member(*user).map_err(|_| Refusal::UserUnknown)?;
            if *user == actor {
                return Err(Refusal::Oneself);
            }
            if other.role >= member.role {
                return Err(Refusal::RoleTooLow);
            }
            draft(Event::Member { users: vec![*user], change: MemberChange::Removed })
        }
        Command::SetRole { user, role } => {
            may(Right::ChangeRole)?;
            let other = channel.active_member(*user).map_err(|_| Refusal::UserUnknown)?;
            if other.role == *role {
                return Ok(Decision::Nothing);
            }
            if other.role == Role::Owner && !has_other_owner(channel, *user) {
                return Err(Refusal::LastOwner);
            }
            draft(Event::Member { users: vec![*user], change: MemberChange::Role { role: *role } })
        }
        Command::Update { title, description } => {
            may(Right::Update)?;
            let changed = |new: &Option<String>, old: &Option<String>| new.clone().filter(|new| Some(new) != old.as_ref());
            let title = changed(title, &channel.about.title);
            let description = changed(description, &channel.about.description);
            if title.is_none() && description.is_none() {
                return Ok(Decision::Nothing);
            }
            draft(Event::Channel(ChannelChange { title, description, ..ChannelChange::default() }))
        }
        Command::DeleteChannel => {
            may(Right::DeleteChannel)?;
            draft(Event::Channel(ChannelChange { deleted: true, ..ChannelChange::default() }))
        }
        Command::Mark { delivered, read } => {
            let head = channel.head;
            let (delivered, read) = ((*delivered).min(head.seq), (*read).min(head.seq));
            let n_at_read = match &facts.target {
                _ if read == head.seq => head.n,
                Some(entry) => entry.n,
                None => member.position.read_n,
            };
            Ok(Decision::Advance { delivered, read, n_at_read })
        }
        Command::Block { on } => {
            if channel.kind != ChannelKind::Direct {
                return Err(Refusal::WrongKind);
            }
            Ok(if member.blocking == *on { Decision::Nothing } else { Decision::SetBlocking(*on) })
        }
        Command::Join => unreachable!("decided above"),
    }
}

fn decide_join(channel: &Channel, actor: UserId, limits: &Limits) -> Result<Decision, Refusal> {
    not_direct(channel)?;
    if channel.active_member(actor).is_ok() {
        return Ok(Decision::Nothing);
    }
    if channel.active_count() == 0 {
        // Everybody left. Whoever came in now would own what others wrote, or be in a channel that nobody owns.
        return Err(Refusal::InviteInvalid);
    }
    if channel.active_count() >= limits.members {
        return Err(Refusal::ChannelFull);
    }
    Ok(Decision::Append(Draft { sender: actor, client_id: None, event: Event::Member { users: vec![actor], change: MemberChange::Joined } }))
}

fn not_direct(channel: &Channel) -> Result<(), Refusal> {
    (channel.kind != ChannelKind::Direct).then_some(()).ok_or(Refusal::WrongKind)
}

/// In a direct channel nobody writes while either has blocked the other.
fn refuse_blocked(channel: &Channel, actor: UserId) -> Result<(), Refusal> {
    if channel.kind != ChannelKind::Direct {
        return Ok(());
    }
    let blocking = |user| channel.member(user).is_some_and(|member: &Member| member.blocking);
    let peer_blocks = channel.peer_of(actor).is_some_and(blocking);
    (!blocking(actor) && !peer_blocks).then_some(()).ok_or(Refusal::Blocked)
}

/// A channel that has members has an owner.
fn has_other_owner(channel: &Channel, user: UserId) -> bool {
    channel.members().any(|(other, member)| other != user && member.is_active() && member.role == Role::Owner)
}

fn check_mentions(channel: &Channel, member: &Member, mentions: &Mentions, limits: &Limits) -> Result<(), Refusal> {
    if mentions.all {
        allow(channel.kind, member.role, channel.active_count(), Right::MentionAll)?;
    }
    let known = mentions.users.iter().all(|&user| channel.active_member(user).is_ok());
    let bounded = mentions.users.len() <= limits.users_per_command;
    (known && bounded).then_some(()).ok_or(Refusal::MentionsInvalid)
}

fn message_seen_by<'f>(member: &Member, target: Seq, facts: &'f Facts) -> Result<&'f Target, Refusal> {
    let seen = facts.target.as_ref().filter(|message| message.is_message && member.sees(target));
    seen.ok_or(Refusal::MessageUnknown)
}
