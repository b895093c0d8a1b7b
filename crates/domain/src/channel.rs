//! Channels: their kinds, their members, and who may do and see what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;

use crate::entry::{Draft, Entry, Event, MemberChange};
use crate::id::{ChannelId, UserId};
use crate::log::{Head, Interval, Seq};
use crate::position::{Minima, Position};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::visible::visible_name;

/// What sort of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Two people; exactly one per pair.
    Direct,
    /// Many write, many read. Who joins sees what follows.
    Group,
    /// Few write, many read. Who joins sees everything.
    Broadcast,
}

/// What a member is. The order is the order of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of many.
    Member,
    /// May invite, remove, rename, pin, and delete what others wrote.
    Admin,
    /// May also change roles and delete the channel.
    Owner,
}

/// Something that not everybody may do everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Send messages and edit one's own.
    Write,
    /// Add members and make invites.
    Invite,
    /// Remove a member of a lower role.
    Remove,
    /// Give and take roles.
    ChangeRole,
    /// Change title and description.
    Update,
    /// Delete what others wrote.
    DeleteOthers,
    /// Pin messages.
    Pin,
    /// Mention everyone.
    MentionAll,
    /// Delete the channel.
    DeleteChannel,
}

/// In channels up to this size anyone who may write may also mention everyone.
pub const SMALL_CHANNEL: usize = 32;

/// Checks one right. A *no* says whether the kind of channel or the role is in the way.
pub fn allow(kind: ChannelKind, role: Role, members: usize, right: Right) -> Result<(), Refusal> {
    use ChannelKind::{Broadcast, Direct, Group};
    let lowest = match (right, kind) {
        (Right::Write | Right::Pin, Direct) | (Right::Write | Right::Invite, Group) => Role::Member,
        (Right::MentionAll, Group) if members <= SMALL_CHANNEL => Role::Member,
        (Right::DeleteOthers, Direct) => return Err(Refusal::NotTheSender),
        (_, Direct) => return Err(Refusal::WrongKind),
        (Right::ChangeRole | Right::DeleteChannel, Group | Broadcast) => Role::Owner,
        (_, Group | Broadcast) => Role::Admin,
    };
    match right {
        _ if role >= lowest => Ok(()),
        Right::MentionAll => Err(Refusal::MentionAllDenied),
        _ => Err(Refusal::RoleTooLow),
    }
}

/// What a channel is called and says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The title; direct channels have none, clients show the other member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Checks a channel's title.
pub fn check_title(text: &str) -> Result<String, Refusal> {
    visible_name(text, 128).ok_or(Refusal::TitleInvalid)
}

/// Checks a channel's description: text of at most 2,048 bytes.
pub fn check_description(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    (text.len() <= 2048).then(|| text.to_owned()).ok_or(Refusal::TitleInvalid)
}

/// A user's part in a channel, now or formerly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What they are (or were last).
    pub role: Role,
    /// The stretches of the log that they may read; the last one is open while they are a member.
    pub visible: SmallVec<[Interval; 1]>,
    /// How far they are.
    pub position: Position,
    /// In a direct channel: they have blocked the other.
    pub blocking: bool,
}

impl Member {
    /// One who joins at the entry `at`, and may read from `from` on.
    pub fn joining(role: Role, from: Seq, at: Seq, n: u64, now: Timestamp) -> Self {
        Self { role, visible: smallvec![Interval { from, to: None }], position: Position::starting_at(at, n, now), blocking: false }
    }

    /// Are they in now?
    pub fn is_active(&self) -> bool {
        self.visible.last().is_some_and(|interval| interval.to.is_none())
    }

    /// May they read the entry at this place?
    pub fn sees(&self, seq: Seq) -> bool {
        self.visible.iter().any(|interval| interval.contains(seq))
    }
}

/// A channel as its one writer holds it: all that is needed to decide the next command, except old entries.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Which.
    pub id: ChannelId,
    /// What sort.
    pub kind: ChannelKind,
    /// Title and description.
    pub about: About,
    /// Where its log ends.
    pub head: Head,
    /// It was deleted.
    pub deleted: bool,
    members: BTreeMap<UserId, Member>,
    minima: Minima,
    active: usize,
}

impl Channel {
    /// A channel from what was stored.
    pub fn restored(id: ChannelId, kind: ChannelKind, about: About, head: Head, deleted: bool, members: impl IntoIterator<Item = (UserId, Member)>) -> Self {
        let mut channel = Self { id, kind, about, head, deleted, members: BTreeMap::new(), minima: Minima::default(), active: 0 };
        for (user, member) in members {
            channel.put(user, member);
        }
        channel
    }

    /// A member, present or former.
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.get(&user)
    }

    /// A present member, or the refusal that outsiders get: to them the channel does not exist.
    pub fn active_member(&self, user: UserId) -> Result<&Member, Refusal> {
        match self.members.get(&user) {
            Some(member) if member.is_active() => Ok(member),
            Some(_) => Err(Refusal::NotAMember),
            None => Err(Refusal::ChannelUnknown),
        }
    }

    /// All members, present and former, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = (UserId, &Member)> {
        self.members.iter().map(|(user, member)| (*user, member))
    }

    /// How many members it has now.
    pub const fn active_count(&self) -> usize {
        self.active
    }

    /// How much memory it takes, in members present and former.
    pub fn weight(&self) -> usize {
        1 + self.members.len()
    }

    /// The positions that all present members have reached.
    pub const fn minima(&self) -> &Minima {
        &self.minima
    }

    /// The other member of a direct channel.
    pub fn peer_of(&self, user: UserId) -> Option<UserId> {
        (self.kind == ChannelKind::Direct).then(|| self.members.keys().copied().find(|&member| member != user)).flatten()
    }

    /// Sets what a member is, keeping count and minima true.
    pub fn put(&mut self, user: UserId, member: Member) {
        if let Some(before) = self.members.get(&user).filter(|before| before.is_active()) {
            self.minima.remove(&before.position);
            self.active -= 1;
        }
        if member.is_active() {
            self.minima.insert(&member.position);
            self.active += 1;
        }
        self.members.insert(user, member);
    }

    /// Moves a present member's position forward. `None` when nothing moved.
    pub fn advance(&mut self, user: UserId, delivered: Seq, read: Seq, n_at_read: u64, now: Timestamp) -> Option<Position> {
        let member = self.members.get_mut(&user).filter(|member| member.is_active())?;
        let moved = member.position.advanced(delivered, read, n_at_read, now);
        if moved == member.position {
            return None;
        }
        self.minima.replace(&member.position, &moved);
        member.position = moved;
        Some(moved)
    }

    /// Puts a decided draft at the end of the log and becomes what the entry says.
    /// Returns the entry and the users whose membership row changed by it.
    pub fn append(&mut self, draft: Draft, now: Timestamp) -> (Entry, Vec<UserId>) {
        let seq = self.head.seq.next();
        let n = self.head.n + u64::from(draft.event.counts());
        // The log's own time never runs back, whatever the clock does.
        let at = now.max(self.head.at);
        self.head = Head { seq, n, at };
        let mut changed = Vec::new();
        match &draft.event {
            Event::Member { users, change } => {
                for user in users {
                    self.change_member(*user, *change, at);
                    changed.push(*user);
                }
            }
            Event::Channel(change) => {
                if let Some(title) = &change.title {
                    self.about.title = Some(title.clone());
                }
                if let Some(description) = &change.description {
                    self.about.description = Some(description.clone());
                }
                if change.deleted {
                    self.deleted = true;
                    let present: Vec<_> = self.members().filter(|(_, member)| member.is_active()).map(|(user, _)| user).collect();
                    for user in present {
                        self.change_member(user, MemberChange::Left, at);
                        changed.push(user);
                    }
                }
            }
            Event::Message(_) | Event::Edit { .. } | Event::Delete { .. } | Event::Reaction { .. } | Event::Pin { .. } => {}
        }
        if draft.event.counts() {
            // Who writes has read what stands above.
            self.advance(draft.sender, seq, seq, n, at);
        }
        let entry = Entry { channel: self.id, seq, at, sender: draft.sender, client_id: draft.client_id, n, event: draft.event };
        (entry, changed)
    }

    fn change_member(&mut self, user: UserId, change: MemberChange, now: Timestamp) {
        let Head { seq, n, .. } = self.head;
        let known = self.members.get(&user).cloned();
        let member = match (change, known) {
            (MemberChange::Added { .. } | MemberChange::Joined, known) => {
                let role = if let MemberChange::Added { role } = change { role } else { Role::Member };
                let from = if self.kind == ChannelKind::Broadcast { Seq(1) } else { seq };
                let mut member = Member::joining(role, from, seq, n, now);
                if let Some(former) = known {
                    member.visible = with_new_stretch(former.visible, from);
                }
                member
            }
            (MemberChange::Left | MemberChange::Removed, Some(mut member)) => {
                if let Some(open) = member.visible.last_mut().filter(|interval| interval.to.is_none()) {
                    open.to = Some(seq);
                }
                member
            }
            (MemberChange::Role { role }, Some(member)) => Member { role, ..member },
            (MemberChange::Left | MemberChange::Removed | MemberChange::Role { .. }, None) => return,
        };
        self.put(user, member);
    }
}

/// The most stretches of a log that a membership keeps. Whoever comes and goes more often reads the oldest no more:
/// what is kept of a member must not grow for as long as somebody walks in and out.
pub const STRETCHES_PER_MEMBER: usize = 64;

/// Earlier stretches stay readable; a new one that begins where they end, or before, goes on with the last of them.
fn with_new_stretch(mut visible: SmallVec<[Interval; 1]>, from: Seq) -> SmallVec<[Interval; 1]> {
    match visible.last_mut() {
        Some(last) if last.to.is_none_or(|to| from <= to.next()) => last.to = None,
        _ => visible.push(Interval { from, to: None }),
    }
    if visible.len() > STRETCHES_PER_MEMBER {
        visible.remove(0);
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        UserId::from_bytes([n; 16])
    }

    fn draft(sender: UserId, event: Event) -> Draft {
        Draft { sender, client_id: None, event }
    }

    fn group() -> Channel {
        let owner = Member::joining(Role::Owner, Seq(1), Seq(0), 0, Timestamp(0));
        Channel::restored(ChannelId::from_bytes([9; 16]), ChannelKind::Group, About::default(), Head::default(), false, [(user(1), owner)])
    }

    #[test]
    fn who_leaves_sees_up_to_the_departure_and_who_returns_sees_from_the_return() {
        let mut channel = group();
        let change = |users, change| Event::Member { users: vec![users], change };
        channel.append(draft(user(1), change(user(2), MemberChange::Added { role: Role::Member })), Timestamp(1));
        channel.append(draft(user(1), change(user(2), MemberChange::Removed)), Timestamp(2));
        channel.append(draft(user(1), Event::Message(Default::default())), Timestamp(3));
        channel.append(draft(user(1), change(user(2), MemberChange::Added { role: Role::Member })), Timestamp(4));
        let member = channel.active_member(user(2)).expect("is back");
        let seen: Vec<_> = (1..=5).filter(|seq| member.sees(Seq(*seq))).collect();
        assert_eq!(seen, [1, 2, 4, 5]);
    }

    #[test]
    fn whoever_writes_has_read_what_stands_above() {
        let mut channel = group();
        let (entry, _) = channel.append(draft(user(1), Event::Message(Default::default())), Timestamp(1));
        let position = channel.active_member(user(1)).expect("is a member").position;
        assert_eq!((position.read, position.read_n), (entry.seq, 1));
    }

    #[test]
    fn the_time_of_entries_never_runs_back() {
        let mut channel = group();
        channel.append(draft(user(1), Event::Message(Default::default())), Timestamp(9));
        let (entry, _) = channel.append(draft(user(1), Event::Message(Default::default())), Timestamp(5));
        assert_eq!(entry.at, Timestamp(9));
    }

    #[test]
    fn to_outsiders_a_channel_does_not_exist() {
        assert_eq!(group().active_member(user(7)).err(), Some(Refusal::ChannelUnknown));
    }
}
