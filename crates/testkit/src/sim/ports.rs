//! The reference store, an intake and a bus, exposed to the [`Weather`]. What a [`Mutation`] makes wrong is wrong here.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use rialto_domain::apply::{Command, Facts};
use rialto_domain::channel::{Channel, Member};
use rialto_domain::entry::{Content, Entry, Event, MemberChange};
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{
    Append, Bus, ChannelLog, ChannelPage, ChannelStore, Cursor, FlagChange, Flags, Intake, IntakeReader, Invite, Listing, Lookup, MemberRow, NewChannel,
    Newest, Opened, Order, PortResult, Roster, Subscriber,
};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::{ChannelId, Timestamp, UserId};
use tokio::sync::mpsc;

use super::ledger::is_end;
use super::plan::Mutation;
use super::weather::Weather;
use crate::memory::{MemoryIntake, MemoryIntakeReader, MemoryStore};

/// The store: commits into the reference store, and writes down in the ledger what was committed.
pub struct ExposedStore {
    /// What survives.
    pub store: Arc<MemoryStore>,
    /// To what it is exposed.
    pub weather: Arc<Weather>,
}

impl ExposedStore {
    async fn read(&self) -> PortResult<()> {
        self.weather.wait().await;
        self.weather.fail()
    }
}

#[async_trait]
impl ChannelLog for ExposedStore {
    async fn load(&self, channel: ChannelId) -> PortResult<Channel> {
        self.weather.pass("log.load").await;
        self.weather.fail()?;
        self.store.load(channel).await
    }

    async fn facts(&self, lookups: &[Lookup]) -> PortResult<Vec<Facts>> {
        self.weather.pass("log.facts").await;
        self.weather.fail()?;
        let mut facts = self.store.facts(lookups).await?;
        if self.weather.is_wrong(Mutation::ForgetsClientIds, 1) {
            facts.iter_mut().for_each(|facts| facts.sent = None);
        }
        Ok(facts)
    }

    async fn append(&self, mut batch: Vec<Append>) -> PortResult<()> {
        self.weather.pass("log.append").await;
        self.weather.fail()?;
        if self.weather.is_wrong(Mutation::AcknowledgesWithoutCommit, 10) {
            return Ok(());
        }
        if self.weather.is_wrong(Mutation::PositionsFall, 4) {
            batch.iter_mut().flat_map(|append| &mut append.positions).for_each(|(_, position)| position.read = Seq::ZERO);
        }
        if self.weather.is_wrong(Mutation::ForgetsTheAuthor, 1) {
            let messages = batch.iter_mut().flat_map(|append| &mut append.entries).filter_map(|entry| match &mut entry.event {
                Event::Message(message) => Some(message),
                _ => None,
            });
            messages.for_each(|message| message.forwarded_from = None);
        }
        let entries: Vec<Entry> = batch.iter().flat_map(|append| append.entries.iter().cloned()).collect();
        if entries.iter().any(is_end) && self.weather.is_wrong(Mutation::KeepsWhatWasDeleted, 1) {
            batch.retain(|append| !append.entries.iter().any(is_end));
        }
        self.store.append(batch).await?;
        self.weather.ledger().append(&entries);
        self.weather.pass("log.appended").await;
        // Committed, and the answer is lost.
        self.weather.fail()
    }

    async fn entries(&self, channel: ChannelId, reader: UserId, from: Seq, to: Seq, limit: usize) -> PortResult<Vec<Entry>> {
        self.read().await?;
        let mut entries = self.store.entries(channel, reader, from, to, limit).await?;
        if entries.len() > 1 && self.weather.is_wrong(Mutation::DropsAnEntry, 2) {
            entries.remove(0);
        }
        if let [one, other, ..] = &mut entries[..]
            && self.weather.is_wrong(Mutation::Swaps, 2)
        {
            std::mem::swap(&mut one.seq, &mut other.seq);
        }
        if self.weather.is_wrong(Mutation::ChangesTexts, 1) {
            let messages = entries.iter_mut().filter_map(|entry| if let Event::Message(message) = &mut entry.event { Some(message) } else { None });
            messages.for_each(|message| message.body = Some(Content::Text("nobody said this".to_owned())));
        }
        Ok(entries)
    }

    async fn history(&self, channel: ChannelId, reader: UserId, visible: &[Interval], window: Window, limit: usize) -> PortResult<Vec<Folded>> {
        self.read().await?;
        let mut page = self.store.history(channel, reader, visible, window, limit).await?;
        if self.weather.is_wrong(Mutation::ReadsStale, 1) {
            page.pop();
        }
        Ok(page)
    }

    async fn newest(&self, reader: UserId, wishes: &[Newest]) -> PortResult<Vec<Vec<Folded>>> {
        self.read().await?;
        let newest = self.store.newest(reader, wishes).await;
        self.weather.wait().await;
        newest
    }

    async fn writable(&self) -> PortResult<()> {
        self.read().await?;
        self.store.writable().await
    }

    async fn pinned(&self, channel: ChannelId, reader: UserId, visible: &[Interval]) -> PortResult<Vec<Folded>> {
        self.read().await?;
        self.store.pinned(channel, reader, visible).await
    }
}

#[async_trait]
impl ChannelStore for ExposedStore {
    async fn create(&self, channel: NewChannel) -> PortResult<Opened> {
        self.weather.pass("channels.create").await;
        self.weather.fail()?;
        let opened = ChannelStore::create(&*self.store, channel.clone()).await?;
        if opened == Opened::Created {
            self.weather.ledger().create(&channel);
        }
        self.weather.pass("channels.created").await;
        Ok(opened)
    }

    async fn find_direct(&self, one: UserId, other: UserId) -> PortResult<Option<ChannelId>> {
        self.read().await?;
        self.store.find_direct(one, other).await
    }

    async fn roster(&self, channel: ChannelId) -> PortResult<Roster> {
        self.read().await?;
        let roster = self.store.roster(channel).await;
        // What was read may be old when it arrives.
        self.weather.wait().await;
        roster
    }

    async fn find_member(&self, channel: ChannelId, user: UserId) -> PortResult<Option<Member>> {
        self.read().await?;
        self.store.find_member(channel, user).await
    }

    async fn list(&self, user: UserId, after: Option<Cursor>, limit: usize) -> PortResult<ChannelPage> {
        self.read().await?;
        let page = self.store.list(user, after, limit).await;
        self.weather.wait().await;
        page
    }

    async fn find_listing(&self, user: UserId, channel: ChannelId) -> PortResult<Option<Listing>> {
        self.read().await?;
        let mut listing = self.store.find_listing(user, channel).await?;
        if let Some(listing) = &mut listing
            && self.weather.is_wrong(Mutation::MiscountsUnread, 1)
        {
            listing.unread += 1;
        }
        self.weather.wait().await;
        Ok(listing)
    }

    async fn memberships(&self, user: UserId) -> PortResult<Vec<ChannelId>> {
        self.read().await?;
        let memberships = self.store.memberships(user).await;
        self.weather.wait().await;
        memberships
    }

    async fn acquainted(&self, one: UserId, other: UserId) -> PortResult<bool> {
        self.read().await?;
        self.store.acquainted(one, other).await
    }

    async fn members(&self, channel: ChannelId, after: Option<UserId>, limit: usize) -> PortResult<Vec<MemberRow>> {
        self.read().await?;
        self.store.members(channel, after, limit).await
    }

    async fn change_flags(&self, user: UserId, channel: ChannelId, change: FlagChange) -> PortResult<Flags> {
        self.read().await?;
        self.store.change_flags(user, channel, change).await
    }

    async fn hide(&self, user: UserId, channel: ChannelId, seq: Seq) -> PortResult<()> {
        self.read().await?;
        if !self.weather.is_wrong(Mutation::ForgetsWhatWasHidden, 1) {
            self.store.hide(user, channel, seq).await?;
        }
        self.weather.ledger().hide(channel, user, seq);
        self.weather.wait().await;
        Ok(())
    }

    async fn put_invite(&self, invite: Invite) -> PortResult<()> {
        self.read().await?;
        let (channel, uses) = (invite.channel, invite.uses_left.unwrap_or(u32::MAX));
        self.store.put_invite(invite).await?;
        self.weather.ledger().invite(channel, uses);
        Ok(())
    }

    async fn use_invite(&self, digest: [u8; 32], now: Timestamp) -> PortResult<Option<ChannelId>> {
        self.read().await?;
        let opened = self.store.use_invite(digest, now).await?;
        if opened.is_some() && self.weather.is_wrong(Mutation::InvitesForEver, 1) {
            self.store.return_use(digest).await?;
        }
        self.weather.wait().await;
        Ok(opened)
    }

    async fn return_use(&self, digest: [u8; 32]) -> PortResult<()> {
        self.read().await?;
        self.store.return_use(digest).await
    }
}

/// The intake of one process: what waits in it dies with it.
pub struct ExposedIntake(pub MemoryIntake, pub Arc<Weather>);

#[async_trait]
impl Intake for ExposedIntake {
    async fn submit(&self, mut order: Order) -> PortResult<()> {
        self.1.pass("intake.submit").await;
        if let Command::Block { on } = &mut order.command
            && self.1.is_wrong(Mutation::IgnoresBlocks, 1)
        {
            *on = false;
        }
        self.0.submit(order).await?;
        self.1.pass("intake.submitted").await;
        Ok(())
    }
}

/// The writer's end of it.
pub struct ExposedReader(pub MemoryIntakeReader, pub Arc<Weather>);

#[async_trait]
impl IntakeReader for ExposedReader {
    async fn take(&mut self, most: usize) -> PortResult<Vec<Order>> {
        let orders = self.0.take(most).await;
        self.1.pass("intake.taken").await;
        orders
    }

    async fn done(&mut self) -> PortResult<()> {
        self.1.pass("intake.done").await;
        self.0.done().await
    }
}

/// The bus of one process. It loses what may be lost.
pub struct ExposedBus {
    weather: Arc<Weather>,
    subscriber: OnceLock<Arc<dyn Subscriber>>,
    /// Where announcements go that arrive later.
    late: Option<mpsc::UnboundedSender<Vec<(Topic, Publication)>>>,
}

type Late = mpsc::UnboundedReceiver<Vec<(Topic, Publication)>>;

impl ExposedBus {
    /// A bus, and what it carries late, if it does.
    pub fn new(weather: Arc<Weather>, is_late: bool) -> (Arc<Self>, Option<Late>) {
        let (late, carried) = if is_late { Some(mpsc::unbounded_channel()).unzip() } else { (None, None) };
        (Arc::new(Self { weather, subscriber: OnceLock::new(), late }), carried)
    }

    /// Brings what is late, in order, until the process ends.
    pub async fn carry(self: Arc<Self>, mut late: Late, mut dice: crate::Dice) {
        while let Some(batch) = late.recv().await {
            tokio::time::sleep(Duration::from_millis(dice.below(40))).await;
            self.deliver(batch);
        }
    }

    fn deliver(&self, mut batch: Vec<(Topic, Publication)>) {
        batch.retain(|(_, publication)| is_binding(publication) || !self.weather.loses());
        if self.weather.is_wrong(Mutation::HearsAfterRemoval, 1) {
            batch.retain(|(_, publication)| !is_departure(publication));
        }
        if let Some(subscriber) = self.subscriber.get() {
            subscriber.receive(&batch);
        }
    }
}

#[async_trait]
impl Bus for ExposedBus {
    async fn publish(&self, batch: Vec<(Topic, Publication)>) -> PortResult<()> {
        self.weather.pass("bus.publish").await;
        match &self.late {
            Some(late) => drop(late.send(batch)),
            None => self.deliver(batch),
        }
        self.weather.pass("bus.published").await;
        Ok(())
    }

    async fn subscribe(&self, _: Topic) -> PortResult<()> {
        self.weather.wait().await;
        Ok(())
    }

    async fn unsubscribe(&self, _: Topic) -> PortResult<()> {
        Ok(())
    }

    fn attach(&self, subscriber: Arc<dyn Subscriber>) {
        assert!(self.subscriber.set(subscriber).is_ok(), "a process attaches its one subscriber once");
    }
}

/// It decides who may hear what comes after it: no bus may lose it.
fn is_binding(publication: &Publication) -> bool {
    match publication {
        Publication::Entry(entry) => matches!(entry.event, Event::Member { .. } | Event::Channel(_)),
        Publication::Membership { .. } | Publication::Revoked { .. } | Publication::Parted { .. } => true,
        _ => false,
    }
}

fn is_departure(publication: &Publication) -> bool {
    match publication {
        Publication::Entry(entry) => matches!(entry.event, Event::Member { change: MemberChange::Left | MemberChange::Removed, .. }),
        Publication::Membership { change, .. } => *change == Membership::Left,
        _ => false,
    }
}
