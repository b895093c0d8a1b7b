//! The one writer of channels: takes commands in order, decides, appends, announces.

mod batch;

use rialto_domain::apply::{Command, Decision, Facts, decide};
use rialto_domain::channel::Channel;
use rialto_domain::limit::Limits;
use rialto_domain::ports::{Bus, ChannelLog, Clock, IntakeReader, Lookup, Order, PortError, PortResult};
use rialto_domain::publication::{Outcome, Publication, Topic};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::refused::{failed, unsure};
use crate::repeated::{NOBODY, told_again};
use batch::{Batch, Before, Repeated, refused};

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
    /// Where the logs of channels ended before an append of which nobody knows whether it was made. If it was, nobody was
    /// told of it.
    untold: BTreeMap<ChannelId, Seq>,
}

/// Why a batch was not committed, by what is to be done about it.
enum Setback {
    /// Another writer was faster: decide anew.
    Outrun,
    /// Something that belongs to one of the channels is damaged: try each channel alone.
    Damaged(Refusal),
    /// Refuse everything.
    Failed(Refusal),
}

impl Sequencer {
    /// A writer that holds no channel yet.
    pub fn new(log: Arc<dyn ChannelLog>, bus: Arc<dyn Bus>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self { log, bus, clock, limits, channels: HashMap::new(), held_members: 0, untold: BTreeMap::new() }
    }

    /// Writes until the intake is closed and drained.
    ///
    /// After that no outcome comes any more: [`Service::stop_waiting`](crate::Service::stop_waiting) tells those who wait.
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

    /// Decides, commits and announces some commands, in order. Everybody who must hear of a command's fate is told.
    pub async fn carry_out(&mut self, orders: Vec<Order>) {
        match self.commit(&orders).await {
            Ok(announcements) => self.announce(announcements).await,
            // The neighbours of a damaged channel must not suffer for it.
            Err(Setback::Damaged(_)) if orders.iter().any(|order| order.channel != orders[0].channel) => {
                let mut apart: BTreeMap<ChannelId, Vec<Order>> = BTreeMap::new();
                for order in orders {
                    apart.entry(order.channel).or_default().push(order);
                }
                for orders in apart.into_values() {
                    Box::pin(self.carry_out(orders)).await;
                }
            }
            Err(setback) => {
                let refusal = match setback {
                    Setback::Outrun => Refusal::Unavailable,
                    Setback::Damaged(refusal) | Setback::Failed(refusal) => refusal,
                };
                self.announce(orders.iter().filter_map(|order| refused(order, refusal)).collect()).await;
            }
        }
    }

    async fn announce(&self, announcements: Vec<(Topic, Publication)>) {
        if !announcements.is_empty()
            && let Err(error) = self.bus.publish(announcements).await
        {
            tracing::warn!(%error, "announcements were lost; readers follow the log");
        }
    }

    /// Decides and appends, anew as often as another writer is faster.
    async fn commit(&mut self, orders: &[Order]) -> Result<Vec<(Topic, Publication)>, Setback> {
        let mut attempt = 1;
        loop {
            let committed = self.decide_and_append(orders, self.clock.now()).await;
            if committed.is_err() {
                // What was decided did not happen, or nobody knows: memory must not run ahead of the log.
                self.let_go();
            }
            match committed {
                Err(Setback::Outrun) if attempt < ATTEMPTS => attempt += 1,
                committed => return committed,
            }
        }
    }

    async fn decide_and_append(&mut self, orders: &[Order], now: Timestamp) -> Result<Vec<(Topic, Publication)>, Setback> {
        self.hold(orders).await.map_err(|error| setback(error, failed))?;
        self.make_up(orders).await.map_err(|error| setback(error, failed))?;
        let facts = self.facts(orders).await.map_err(|error| setback(error, failed))?;
        let mut batch = Batch::default();
        for (order, mut facts) in orders.iter().zip(facts) {
            let Some(channel) = self.channels.get_mut(&order.channel) else {
                batch.refuse(order, Refusal::ChannelUnknown);
                continue;
            };
            batch.amend(order, &mut facts);
            let before = Before::of(channel);
            match decide(channel, order.actor, &order.command, &facts, &self.limits) {
                Err(refusal) => batch.refuse(order, refusal),
                Ok(Decision::Nothing) => batch.settle(order, Outcome::Done),
                Ok(Decision::Already(seq)) => batch.repeat(order, seq),
                Ok(Decision::Advance { delivered, read, n_at_read }) => {
                    if let Some(position) = channel.advance(order.actor, delivered, read, n_at_read, now) {
                        batch.moved(channel, before, order.actor, position);
                    }
                    batch.settle(order, Outcome::Done);
                }
                Ok(Decision::SetBlocking(on)) => {
                    if let Some(mut member) = channel.member(order.actor).cloned() {
                        member.blocking = on;
                        channel.put(order.actor, member);
                        batch.changed(channel, before, order.actor);
                    }
                    batch.settle(order, Outcome::Done);
                }
                Ok(Decision::Append(draft)) => {
                    let (entry, members) = channel.append(draft, now);
                    batch.settle(order, Outcome::Stored(entry.seq));
                    batch.appended(channel, before, entry, members, &facts);
                }
            }
        }
        let appends = batch.appends(&self.channels);
        if !appends.is_empty()
            && let Err(error) = self.log.append(appends).await
        {
            if matches!(error, PortError::Unavailable { .. }) {
                for (channel, seq) in batch.ends_before() {
                    self.untold.entry(channel).or_insert(seq);
                }
            }
            return Err(setback(error, unsure));
        }
        // From here on it is committed, whatever else goes wrong.
        for Repeated { channel, actor, seq } in batch.take_repeated() {
            match told_again(&*self.log, actor, channel, seq).await {
                Ok(again) => batch.tell(again),
                Err(error) => tracing::warn!(%error, "who sent again is not told where their entry stands, and will ask again"),
            }
        }
        Ok(batch.announcements(&self.channels))
    }

    /// Loads the channels of these commands that are not held yet. One that does not exist is not held.
    async fn hold(&mut self, orders: &[Order]) -> PortResult<()> {
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

    /// Announces what stands in the logs of these channels although its append seemed to fail. It comes before anything that
    /// follows it there: whoever was removed by it must not hear the rest.
    async fn make_up(&mut self, orders: &[Order]) -> PortResult<()> {
        for order in orders {
            let Some(&from) = self.untold.get(&order.channel) else { continue };
            if let Some(to) = self.channels.get(&order.channel).map(|channel| channel.head.seq).filter(|to| *to > from) {
                let entries = self.log.entries(order.channel, NOBODY, from.next(), to, (to.0 - from.0) as usize).await?;
                self.announce(batch::made_up(entries, &self.channels)).await;
            }
            self.untold.remove(&order.channel);
        }
        Ok(())
    }

    fn let_go(&mut self) {
        self.channels.clear();
        self.held_members = 0;
    }

    /// What the log knows about each of these commands.
    async fn facts(&self, orders: &[Order]) -> PortResult<Vec<Facts>> {
        let (places, lookups): (Vec<usize>, Vec<Lookup>) = orders.iter().enumerate().filter_map(|(place, order)| Some((place, self.lookup(order)?))).unzip();
        let mut facts = vec![Facts::default(); orders.len()];
        if !lookups.is_empty() {
            for (place, found) in places.into_iter().zip(self.log.facts(&lookups).await?) {
                facts[place] = found;
            }
        }
        Ok(facts)
    }

    /// What must be looked up before a command can be decided.
    fn lookup(&self, order: &Order) -> Option<Lookup> {
        let channel = self.channels.get(&order.channel)?;
        let (client_id, target) = (order.command.client_id(), order.command.target());
        let is_known = match &order.command {
            // Most people mark the newest entry, or one that they have marked before.
            Command::Mark { read, .. } => *read >= channel.head.seq || channel.member(order.actor).is_none_or(|member| *read <= member.position.read),
            _ => client_id.is_none() && target.is_none(),
        };
        let pins = matches!(order.command, Command::Pin { on: true, .. });
        (!is_known).then_some(Lookup { channel: order.channel, actor: order.actor, client_id, target, pins })
    }
}

/// What a backend's failure means for a batch.
fn setback(error: PortError, refusal: fn(PortError) -> Refusal) -> Setback {
    match error {
        PortError::Conflict => Setback::Outrun,
        damaged @ (PortError::Corrupt { .. } | PortError::NotFound) => Setback::Damaged(refusal(damaged)),
        other => Setback::Failed(refusal(other)),
    }
}
