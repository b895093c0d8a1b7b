//! The one writer of channels: takes commands in order, decides, appends, announces.

use rialto_domain::apply::{Command, Decision, Facts, Target, decide};
use rialto_domain::channel::{Channel, Member, SMALL_CHANNEL};
use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::limit::Limits;
use rialto_domain::ports::{Append, Bus, ChannelLog, Clock, IntakeReader, Lookup, Order, PortError, Ticket};
use rialto_domain::position::Position;
use rialto_domain::publication::{MemberPosition, Membership, Outcome, PositionsMoved, Publication, Topic};
use rialto_domain::{ChannelId, ClientId, Refusal, Seq, Timestamp, UserId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::refused::failed;

/// Commands that are decided and committed together.
const BATCH: usize = 1024;
/// Members of all channels held in memory together; beyond it all are let go and loaded again as needed.
const HELD_MEMBERS: usize = 4_000_000;
/// How often a batch is decided anew when another writer was faster.
const ATTEMPTS: u32 = 3;

/// The writer of all channels whose commands come out of its intake.
pub struct Sequencer {
    log: Arc<dyn ChannelLog>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    channels: HashMap<ChannelId, Channel>,
    held_members: usize,
}

impl Sequencer {
    /// A writer that holds no channel yet.
    pub fn new(log: Arc<dyn ChannelLog>, bus: Arc<dyn Bus>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self { log, bus, clock, limits, channels: HashMap::new(), held_members: 0 }
    }

    /// Writes until the intake is closed and drained.
    pub async fn run(mut self, mut intake: Box<dyn IntakeReader>) {
        loop {
            match intake.take(BATCH).await {
                Ok(orders) if orders.is_empty() => return,
                Ok(orders) => {
                    self.carry_out(orders).await;
                    if let Err(error) = intake.done().await {
                        tracing::warn!(%error, "commands that are done will come again, and be recognised");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the intake cannot be read");
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            }
        }
    }

    /// Decides, commits and announces some commands, in order.
    pub async fn carry_out(&mut self, orders: Vec<Order>) {
        for attempt in 1.. {
            let now = self.clock.now();
            let announcements = match self.decide_and_append(&orders, now).await {
                Ok(announcements) => announcements,
                Err(error) => {
                    // What was decided did not happen: memory must not run ahead of the log.
                    self.let_go();
                    if matches!(error, PortError::Conflict) && attempt < ATTEMPTS {
                        continue;
                    }
                    let refusal = match error {
                        PortError::Conflict => Refusal::Unavailable,
                        other => failed(other),
                    };
                    orders.iter().filter_map(|order| refused(order, refusal)).collect()
                }
            };
            if !announcements.is_empty()
                && let Err(error) = self.bus.publish(announcements).await
            {
                tracing::warn!(%error, "announcements were lost; readers follow the log");
            }
            return;
        }
    }

    async fn decide_and_append(&mut self, orders: &[Order], now: Timestamp) -> Result<Vec<(Topic, Publication)>, PortError> {
        self.hold(orders).await?;
        let mut facts = self.facts(orders).await?.into_iter();
        let mut batch = Batch::default();
        for order in orders {
            let mut facts = if needs_facts(order) { facts.next().unwrap_or_default() } else { Facts::default() };
            batch.amend(order, &mut facts);
            let Some(channel) = self.channels.get_mut(&order.channel) else {
                batch.refuse(order, Refusal::ChannelUnknown);
                continue;
            };
            match decide(channel, order.actor, &order.command, &facts, &self.limits) {
                Err(refusal) => batch.refuse(order, refusal),
                Ok(Decision::Nothing) => batch.settle(order, Outcome::Done),
                Ok(Decision::Already(seq)) => batch.repeat(order, seq),
                Ok(Decision::Advance { delivered, read, n_at_read }) => {
                    let (before, minima) = (channel.head.seq, minima_of(channel));
                    if let Some(position) = channel.advance(order.actor, delivered, read, n_at_read, now) {
                        let change = batch.change(channel.id, before, minima);
                        change.positions.insert(order.actor, position);
                        change.marked = true;
                    }
                    batch.settle(order, Outcome::Done);
                }
                Ok(Decision::SetBlocking(on)) => {
                    if let Some(mut member) = channel.member(order.actor).cloned() {
                        member.blocking = on;
                        channel.put(order.actor, member);
                        batch.change(channel.id, channel.head.seq, minima_of(channel)).members.push(order.actor);
                    }
                    batch.settle(order, Outcome::Done);
                }
                Ok(Decision::Append(draft)) => {
                    let (expected, minima) = (channel.head.seq, minima_of(channel));
                    let (entry, members) = channel.append(draft, now);
                    let change = batch.change(channel.id, expected, minima);
                    if let Some(member) = channel.member(entry.sender).filter(|_| entry.event.counts()) {
                        change.positions.insert(entry.sender, member.position);
                    }
                    change.about |= matches!(entry.event, Event::Channel(_));
                    change.members.extend(members);
                    batch.settle(order, Outcome::Stored(entry.seq));
                    batch.remember(entry);
                }
            }
        }
        let appends = batch.appends(&self.channels);
        if !appends.is_empty() {
            self.log.append(appends).await?;
        }
        for (channel, actor, seq) in std::mem::take(&mut batch.repeated) {
            // Whoever sends again missed the answer: tell them, and only them, once more where it stands.
            let again = self.log.entries(channel, actor, seq, seq, 1).await?;
            batch.told.extend(again.into_iter().map(|entry| (Topic::User(actor), Publication::Entry(Arc::new(entry)))));
        }
        Ok(batch.announcements(&self.channels))
    }

    /// Loads the channels of these commands that are not held yet. One that does not exist is not held.
    async fn hold(&mut self, orders: &[Order]) -> Result<(), PortError> {
        if self.held_members > HELD_MEMBERS {
            self.let_go();
        }
        for order in orders {
            if self.channels.contains_key(&order.channel) {
                continue;
            }
            match self.log.load(order.channel).await {
                Ok(channel) => {
                    self.held_members += channel.weight();
                    self.channels.insert(channel.id, channel);
                }
                Err(PortError::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn let_go(&mut self) {
        self.channels.clear();
        self.held_members = 0;
    }

    async fn facts(&self, orders: &[Order]) -> Result<Vec<Facts>, PortError> {
        let lookups: Vec<Lookup> = orders
            .iter()
            .filter(|order| needs_facts(order))
            .map(|order| Lookup {
                channel: order.channel,
                actor: order.actor,
                client_id: order.command.client_id(),
                target: order.command.target(),
                pins: matches!(order.command, Command::Pin { on: true, .. }),
            })
            .collect();
        if lookups.is_empty() { Ok(Vec::new()) } else { self.log.facts(&lookups).await }
    }
}

fn needs_facts(order: &Order) -> bool {
    order.command.client_id().is_some() || order.command.target().is_some()
}

/// What becomes of a command that is refused, for whoever must hear of it.
fn refused(order: &Order, refusal: Refusal) -> Option<(Topic, Publication)> {
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

/// What a batch of commands changes, until it is committed.
#[derive(Default)]
struct Batch {
    changes: BTreeMap<ChannelId, Change>,
    entries: Vec<Entry>,
    /// Entries of this batch by the name that their senders gave them: a repetition may come in the same batch.
    named: HashMap<(ChannelId, UserId, ClientId), Seq>,
    /// What later commands of this batch may point at, and what this batch does to older entries.
    fresh: HashMap<(ChannelId, Seq), Target>,
    touched: HashMap<(ChannelId, Seq), Vec<usize>>,
    pins: HashMap<ChannelId, isize>,
    repeated: Vec<(ChannelId, UserId, Seq)>,
    told: Vec<(Topic, Publication)>,
}

/// What a batch changes in one channel.
struct Change {
    expected: Seq,
    minima_before: (Seq, Seq),
    members: Vec<UserId>,
    positions: BTreeMap<UserId, Position>,
    /// A member said how far they are. (That who writes has read is seen from the entry itself.)
    marked: bool,
    about: bool,
}

fn minima_of(channel: &Channel) -> (Seq, Seq) {
    (channel.minima().delivered(), channel.minima().read())
}

impl Batch {
    /// The change of a channel; head and minima are those before, and kept when it is the first.
    fn change(&mut self, channel: ChannelId, expected: Seq, minima_before: (Seq, Seq)) -> &mut Change {
        self.changes.entry(channel).or_insert_with(|| Change {
            expected,
            minima_before,
            members: Vec::new(),
            positions: BTreeMap::new(),
            marked: false,
            about: false,
        })
    }

    fn refuse(&mut self, order: &Order, refusal: Refusal) {
        self.told.extend(refused(order, refusal));
    }

    fn settle(&mut self, order: &Order, result: Outcome) {
        self.told.extend(order.ticket.map(|ticket| outcome(ticket, Ok(result))));
    }

    /// The command was carried out before, maybe earlier in this batch.
    fn repeat(&mut self, order: &Order, seq: Seq) {
        self.settle(order, Outcome::Stored(seq));
        let in_this_batch = order.command.client_id().is_some_and(|id| self.named.contains_key(&(order.channel, order.actor, id)));
        if order.ticket.is_none() && !in_this_batch {
            self.repeated.push((order.channel, order.actor, seq));
        }
    }

    /// Keeps an entry, so that later commands of the batch see it.
    fn remember(&mut self, entry: Entry) {
        let channel = entry.channel;
        if let Some(client_id) = entry.client_id {
            self.named.insert((channel, entry.sender, client_id), entry.seq);
        }
        if let Some(target) = entry.event.target() {
            self.touched.entry((channel, target)).or_default().push(self.entries.len());
        }
        let target = Target {
            sender: entry.sender,
            is_message: entry.event.counts(),
            deleted: false,
            n: entry.n,
            pinned: false,
            own_reactions: Vec::new(),
            reactions: Vec::new(),
        };
        self.fresh.insert((channel, entry.seq), target);
        if let Event::Pin { on, .. } = entry.event {
            *self.pins.entry(channel).or_default() += if on { 1 } else { -1 };
        }
        self.entries.push(entry);
    }

    /// Brings facts from the log up to what this batch has decided so far.
    fn amend(&self, order: &Order, facts: &mut Facts) {
        if let Some(client_id) = order.command.client_id() {
            facts.sent = facts.sent.or_else(|| self.named.get(&(order.channel, order.actor, client_id)).copied());
        }
        if let Some(more) = self.pins.get(&order.channel) {
            facts.pins = facts.pins.saturating_add_signed(*more);
        }
        let Some(key) = order.command.target().map(|seq| (order.channel, seq)) else { return };
        if facts.target.is_none() {
            facts.target = self.fresh.get(&key).cloned();
        }
        let Some(target) = &mut facts.target else { return };
        for entry in self.touched.get(&key).into_iter().flatten().map(|place| &self.entries[*place]) {
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

    fn appends(&self, channels: &HashMap<ChannelId, Channel>) -> Vec<Append> {
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
                expected: change.expected,
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
    /// departures after the last entry that the departed may see.
    fn announcements(mut self, channels: &HashMap<ChannelId, Channel>) -> Vec<(Topic, Publication)> {
        let mut announced = Vec::with_capacity(self.entries.len() + self.told.len());
        for entry in self.entries {
            let channel = entry.channel;
            let (before, after) = memberships(&entry);
            let to = |change| move |user| (Topic::User(user), Publication::Membership { user, channel, change });
            announced.extend(before.into_iter().map(to(Membership::Joined)));
            let left = if matches!(&entry.event, Event::Channel(change) if change.deleted) { departed_at(channels.get(&channel), entry.seq) } else { after };
            let change = if matches!(entry.event, Event::Channel(_)) { Membership::Deleted } else { Membership::Left };
            announced.push((Topic::Channel(channel), Publication::Entry(Arc::new(entry))));
            announced.extend(left.into_iter().map(to(change)));
        }
        for (id, change) in self.changes {
            let Some(channel) = channels.get(&id) else { continue };
            let (delivered, read) = minima_of(channel);
            if !change.marked && (delivered, read) == change.minima_before {
                continue;
            }
            let members = change.positions.iter().map(|(user, position)| MemberPosition::of(*user, position));
            let moved =
                PositionsMoved { channel: id, delivered, read, members: if channel.active_count() <= SMALL_CHANNEL { members.collect() } else { Vec::new() } };
            announced.push((Topic::Channel(id), Publication::Positions(Arc::new(moved))));
        }
        announced.append(&mut self.told);
        announced
    }
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
