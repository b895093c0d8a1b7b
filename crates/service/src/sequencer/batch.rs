//! What a batch of commands changes, until it is committed.

use rialto_domain::apply::{Facts, Target};
use rialto_domain::channel::{Channel, Member, SMALL_CHANNEL};
use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::log::Head;
use rialto_domain::ports::{Append, Order, Ticket};
use rialto_domain::position::Position;
use rialto_domain::publication::{MemberPosition, Membership, Outcome, PositionsMoved, Publication, Topic};
use rialto_domain::{ChannelId, ClientId, Refusal, Seq, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A batch: what it appends, what it moves, and who is to be told.
#[derive(Default)]
pub(super) struct Batch {
    changes: BTreeMap<ChannelId, Change>,
    entries: Vec<Entry>,
    /// Entries of this batch by the name that their senders gave them: a repetition may come in the same batch.
    named: HashMap<(ChannelId, UserId, ClientId), Seq>,
    /// Entries of this batch by their places, and what this batch does to older ones.
    fresh: HashMap<(ChannelId, Seq), Target>,
    touched: HashMap<(ChannelId, Seq), Vec<usize>>,
    /// By how much more messages are pinned than before.
    pins: HashMap<ChannelId, isize>,
    repeated: Vec<Repeated>,
    told: Vec<(Topic, Publication)>,
}

/// A command whose entry is in the log already, and whose sender must have missed that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeated {
    pub(super) channel: ChannelId,
    pub(super) actor: UserId,
    pub(super) seq: Seq,
}

/// What a batch changes in one channel.
struct Change {
    before: Before,
    members: Vec<UserId>,
    positions: BTreeMap<UserId, Position>,
    /// Those who said how far they are. (That who writes has read is seen from the entry itself.)
    marked: BTreeSet<UserId>,
    about: bool,
}

/// What a channel was before a batch changed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    head: Head,
    minima: (Seq, Seq),
}

impl Before {
    pub(super) fn of(channel: &Channel) -> Self {
        Self { head: channel.head, minima: minima_of(channel) }
    }
}

fn minima_of(channel: &Channel) -> (Seq, Seq) {
    (channel.minima().delivered(), channel.minima().read())
}

impl Batch {
    /// The change of a channel; what it was before counts when this is its first change.
    fn change(&mut self, channel: ChannelId, before: Before) -> &mut Change {
        let first = || Change { before, members: Vec::new(), positions: BTreeMap::new(), marked: BTreeSet::new(), about: false };
        self.changes.entry(channel).or_insert_with(first)
    }

    /// A member said how far they are.
    pub(super) fn moved(&mut self, channel: &Channel, before: Before, user: UserId, position: Position) {
        let change = self.change(channel.id, before);
        change.positions.insert(user, position);
        change.marked.insert(user);
    }

    /// A member's row changed without an entry.
    pub(super) fn changed(&mut self, channel: &Channel, before: Before, user: UserId) {
        self.change(channel.id, before).members.push(user);
    }

    /// An entry was appended to a channel, by which the rows of `members` changed; `facts` led to it.
    pub(super) fn appended(&mut self, channel: &Channel, before: Before, entry: Entry, members: Vec<UserId>, facts: &Facts) {
        let change = self.change(channel.id, before);
        if let Some(member) = channel.member(entry.sender).filter(|_| entry.event.counts()) {
            change.positions.insert(entry.sender, member.position);
        }
        change.about |= matches!(entry.event, Event::Channel(_));
        change.members.extend(members);
        self.remember(entry, facts);
    }

    /// Keeps an entry, so that later commands of the batch see it.
    fn remember(&mut self, entry: Entry, facts: &Facts) {
        let channel = entry.channel;
        if let Some(client_id) = entry.client_id {
            self.named.insert((channel, entry.sender, client_id), entry.seq);
        }
        if let Some(target) = entry.event.target() {
            self.touched.entry((channel, target)).or_default().push(self.entries.len());
        }
        let was_pinned = facts.target.as_ref().is_some_and(|target| target.pinned);
        match &entry.event {
            Event::Pin { on: true, .. } => *self.pins.entry(channel).or_default() += 1,
            Event::Pin { on: false, .. } => *self.pins.entry(channel).or_default() -= 1,
            Event::Delete { .. } if was_pinned => *self.pins.entry(channel).or_default() -= 1,
            _ => {}
        }
        self.fresh.insert((channel, entry.seq), place(entry.sender, entry.event.counts(), entry.n));
        self.entries.push(entry);
    }

    /// Brings facts from the log up to what this batch has decided so far.
    pub(super) fn amend(&self, order: &Order, facts: &mut Facts) {
        if let Some(client_id) = order.command.client_id() {
            facts.sent = facts.sent.or_else(|| self.named.get(&(order.channel, order.actor, client_id)).copied());
        }
        if let Some(more) = self.pins.get(&order.channel) {
            facts.pins = facts.pins.saturating_add_signed(*more);
        }
        let Some(seq) = order.command.target() else { return };
        if facts.target.is_none() {
            facts.target = self.fresh.get(&(order.channel, seq)).cloned().or_else(|| self.old_head(order, seq));
        }
        let Some(target) = &mut facts.target else { return };
        for entry in self.touched.get(&(order.channel, seq)).into_iter().flatten().map(|place| &self.entries[*place]) {
            match &entry.event {
                Event::Delete { .. } => {
                    target.deleted = true;
                    target.pinned = false;
                    target.reactions.clear();
                    target.own_reactions.clear();
                }
                Event::Pin { on, .. } => target.pinned = *on,
                Event::Reaction { emoji, on, .. } => {
                    if *on && !target.reactions.contains(emoji) {
                        target.reactions.push(emoji.clone());
                    }
                    if entry.sender == order.actor {
                        target.own_reactions.retain(|own| own != emoji);
                        if *on {
                            target.own_reactions.push(emoji.clone());
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The entry at which the log ended before this batch. It is not looked up for those who say that they have read it.
    fn old_head(&self, order: &Order, seq: Seq) -> Option<Target> {
        let head = self.changes.get(&order.channel)?.before.head;
        (head.seq == seq).then(|| place(order.actor, false, head.n))
    }

    pub(super) fn refuse(&mut self, order: &Order, refusal: Refusal) {
        self.told.extend(refused(order, refusal));
    }

    pub(super) fn settle(&mut self, order: &Order, result: Outcome) {
        self.told.extend(order.ticket.map(|ticket| outcome(ticket, Ok(result))));
    }

    /// The command was carried out before, maybe earlier in this batch.
    pub(super) fn repeat(&mut self, order: &Order, seq: Seq) {
        self.settle(order, Outcome::Stored(seq));
        let in_this_batch = order.command.client_id().is_some_and(|id| self.named.contains_key(&(order.channel, order.actor, id)));
        if order.ticket.is_none() && !in_this_batch {
            self.repeated.push(Repeated { channel: order.channel, actor: order.actor, seq });
        }
    }

    /// Where the logs that it changes ended before it.
    pub(super) fn ends_before(&self) -> impl Iterator<Item = (ChannelId, Seq)> {
        self.changes.iter().map(|(channel, change)| (*channel, change.before.head.seq))
    }

    /// Commands of which an earlier batch left an entry.
    pub(super) fn take_repeated(&mut self) -> Vec<Repeated> {
        std::mem::take(&mut self.repeated)
    }

    /// Tells this besides.
    pub(super) fn tell(&mut self, told: Vec<(Topic, Publication)>) {
        self.told.extend(told);
    }

    /// What is to be appended.
    pub(super) fn appends(&self, channels: &HashMap<ChannelId, Channel>) -> Vec<Append> {
        let mut entries: HashMap<ChannelId, Vec<Entry>> = HashMap::new();
        for entry in &self.entries {
            entries.entry(entry.channel).or_default().push(entry.clone());
        }
        let append = |(id, change): (&ChannelId, &Change)| {
            let channel = channels.get(id)?;
            let mut changed = change.members.clone();
            changed.sort_unstable();
            changed.dedup();
            let members: Vec<_> = changed.into_iter().filter_map(|user| Some((user, channel.member(user)?.clone()))).collect();
            let is_row = |user: &UserId| members.binary_search_by_key(user, |(member, _)| *member).is_ok();
            Some(Append {
                channel: *id,
                expected: change.before.head.seq,
                entries: entries.remove(id).unwrap_or_default(),
                positions: change.positions.iter().filter(|(user, _)| !is_row(user)).map(|(user, position)| (*user, *position)).collect(),
                members,
                minima: minima_of(channel),
                active: channel.active_count(),
                about: change.about.then(|| channel.about.clone()),
            })
        };
        self.changes.iter().filter_map(append).collect()
    }

    /// What to announce once the batch is committed: admissions before the entries that the admitted are to see,
    /// departures after the last entry that the departed may see, answers after what they are about.
    pub(super) fn announcements(mut self, channels: &HashMap<ChannelId, Channel>) -> Vec<(Topic, Publication)> {
        let mut announced = Vec::with_capacity(self.entries.len() + self.told.len());
        self.entries.into_iter().for_each(|entry| announce_entry(entry, channels, &mut announced));
        for (id, change) in &self.changes {
            // Where nobody is left, as in a deleted channel, there are no minima, and nobody to hear of them.
            if let Some(channel) = channels.get(id).filter(|channel| channel.active_count() > 0) {
                change.announce(channel, &mut announced);
            }
        }
        announced.append(&mut self.told);
        announced
    }
}

/// What is announced of entries of which nobody was told when they were appended.
pub(super) fn made_up(entries: Vec<Entry>, channels: &HashMap<ChannelId, Channel>) -> Vec<(Topic, Publication)> {
    let mut announced = Vec::with_capacity(entries.len());
    entries.into_iter().for_each(|entry| announce_entry(entry, channels, &mut announced));
    announced
}

/// An entry, after those who come with it and before those who go.
fn announce_entry(entry: Entry, channels: &HashMap<ChannelId, Channel>, announced: &mut Vec<(Topic, Publication)>) {
    let channel = entry.channel;
    let (before, after) = memberships(&entry);
    let to = |change| move |user| (Topic::User(user), Publication::Membership { user, channel, change });
    announced.extend(before.into_iter().map(to(Membership::Joined)));
    let deleted = matches!(&entry.event, Event::Channel(change) if change.deleted);
    let left = if deleted { departed_at(channels.get(&channel), entry.seq) } else { after };
    let change = if deleted { Membership::Deleted } else { Membership::Left };
    announced.push((Topic::Channel(channel), Publication::Entry(Arc::new(entry))));
    announced.extend(left.into_iter().map(to(change)));
}

impl Change {
    /// In a small channel everybody hears who moved. In a large one everybody hears of the minima, which seldom move, and
    /// each of those who moved hears of that alone, on all of their devices.
    fn announce(&self, channel: &Channel, announced: &mut Vec<(Topic, Publication)>) {
        let (delivered, read) = minima_of(channel);
        let moved = |members: Vec<MemberPosition>| Publication::Positions(Arc::new(PositionsMoved { channel: channel.id, delivered, read, members }));
        let present = self.positions.iter().filter(|(user, _)| channel.active_member(**user).is_ok());
        let mut present = present.map(|(user, position)| MemberPosition::of(*user, position));
        let minima_moved = (delivered, read) != self.before.minima;
        if channel.active_count() <= SMALL_CHANNEL {
            if minima_moved || !self.marked.is_empty() {
                announced.push((Topic::Channel(channel.id), moved(present.collect())));
            }
            return;
        }
        if minima_moved {
            announced.push((Topic::Channel(channel.id), moved(Vec::new())));
        }
        let marked = present.by_ref().filter(|member| self.marked.contains(&member.user));
        announced.extend(marked.map(|member| (Topic::User(member.user), moved(vec![member]))));
    }
}

/// What becomes of a command that is refused, for whoever must hear of it.
pub(super) fn refused(order: &Order, refusal: Refusal) -> Option<(Topic, Publication)> {
    match (order.ticket, order.command.client_id()) {
        (Some(ticket), _) => Some(outcome(ticket, Err(refusal))),
        (None, Some(client_id)) => {
            let rejected = Publication::Rejected { user: order.actor, channel: order.channel, client_id, refusal };
            Some((Topic::User(order.actor), rejected))
        }
        (None, None) => None,
    }
}

fn outcome(ticket: Ticket, result: Result<Outcome, Refusal>) -> (Topic, Publication) {
    (Topic::Gateway(ticket.gateway), Publication::Outcome { ticket: ticket.number, result })
}

/// An entry of which nothing is known but who wrote it, whether it is a message, and how many messages there are up to it.
const fn place(sender: UserId, is_message: bool, n: u64) -> Target {
    Target { sender, is_message, deleted: false, n, pinned: false, own_reactions: Vec::new(), reactions: Vec::new() }
}

/// Those whose membership ended with the entry at `seq`.
fn departed_at(channel: Option<&Channel>, seq: Seq) -> Vec<UserId> {
    let left = |member: &Member| member.visible.last().is_some_and(|interval| interval.to == Some(seq));
    channel.into_iter().flat_map(Channel::members).filter(|(_, member)| left(member)).map(|(user, _)| user).collect()
}

/// Who comes with an entry, and who goes.
fn memberships(entry: &Entry) -> (Vec<UserId>, Vec<UserId>) {
    match &entry.event {
        Event::Member { users, change: MemberChange::Added { .. } | MemberChange::Joined } => (users.clone(), Vec::new()),
        Event::Member { users, change: MemberChange::Left | MemberChange::Removed } => (Vec::new(), users.clone()),
        _ => (Vec::new(), Vec::new()),
    }
}
