//! A whole messenger in memory: for tests of what people do with it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::auth::Identity;
use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Content, Mentions};
use rialto_domain::history::Folded;
use rialto_domain::limit::Limits;
use rialto_domain::log::Window;
use rialto_domain::ports::{Clock, Intake, IntakeReader, Order, PortError, PortResult, PresenceBoard, Randomness};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp};
use rialto_service::sequencer::Sequencer;
use rialto_service::{Client, Grant, MessageDraft, PageRequest, Policy, Ports, RatePolicy, Registration, Service, TokenKey, TokenPolicy, Wish};
use tokio::task::JoinHandle;

use crate::faults::Faults;
use crate::memory::{self, HandClock, MemoryIntake, MemoryIntakeReader, MemoryPresence, MemoryStore, SeededRandomness, SynchronousBus, TestOnlyHasher};
use crate::witness::Witness;
use crate::{Backend, builders};

/// How a town is to be. What is not said is as by default.
pub struct Plan {
    /// Where everything is kept.
    pub backend: Backend,
    /// Sizes and counts.
    pub limits: Limits,
    /// How long tokens are good.
    pub tokens: TokenPolicy,
    /// How fast things may be done.
    pub rates: RatePolicy,
    /// How many orders may wait.
    pub intake: usize,
    /// Where its chance comes from.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            backend: Backend::of(MemoryStore::default()),
            limits: Limits::default(),
            tokens: TokenPolicy::default(),
            rates: RatePolicy::default(),
            intake: 10_000,
            seed: 1,
        }
    }
}

/// A [`Service`] and its [`Sequencer`] over ports in memory. Time passes when a test says so, chance can be repeated,
/// backends fail when they are told to, and a witness hears everything.
///
/// The sequencer runs as a task of the test's runtime. On a current-thread runtime, what is taken in without waiting in
/// between comes to the sequencer as one batch.
pub struct Town {
    /// What people ask.
    pub service: Arc<Service>,
    /// Where everything is kept.
    pub backend: Backend,
    /// The time: the beginning of 2025 first.
    pub clock: Arc<HandClock>,
    /// Who heard what.
    pub witness: Arc<Witness>,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    intake: Arc<Gate>,
    presence: Arc<dyn PresenceBoard>,
    randomness: Arc<dyn Randomness>,
    policy: Policy,
    sequencer: JoinHandle<()>,
    arrivals: AtomicU64,
    bound: usize,
}

/// What signs the tokens of every town.
pub const KEY: TokenKey = TokenKey([7; 32]);

impl Plan {
    /// Founds the town.
    pub async fn found(self) -> Town {
        let policy = Policy { limits: self.limits, tokens: self.tokens, rates: self.rates, epoch: "first".to_owned() };
        let clock = Arc::new(HandClock::at(Timestamp(1_735_689_600_000)));
        let randomness = Arc::new(SeededRandomness::new(self.seed));
        Town::over(self.backend, policy, clock, Arc::new(MemoryPresence::default()), randomness, self.intake).await
    }
}

impl Town {
    /// A town with everything as by default.
    pub async fn new() -> Self {
        Plan::default().found().await
    }

    async fn over(
        backend: Backend,
        policy: Policy,
        clock: Arc<HandClock>,
        presence: Arc<dyn PresenceBoard>,
        randomness: Arc<dyn Randomness>,
        bound: usize,
    ) -> Self {
        let faults = Arc::new(Faults::default());
        let log = faults.log(backend.log.clone());
        let bus = faults.bus(Arc::new(SynchronousBus::default()));
        let (intake, reader) = Gate::new(bound);
        let ports = Ports {
            accounts: backend.accounts.clone(),
            channels: backend.channels.clone(),
            log: log.clone(),
            intake: intake.clone(),
            bus: bus.clone(),
            presence: presence.clone(),
            hasher: Arc::new(TestOnlyHasher),
            clock: clock.clone(),
            randomness: randomness.clone(),
        };
        let service = Service::new(ports, policy.clone(), &KEY).await.expect("the store answers");
        let witness = Arc::new(Witness::default());
        bus.attach(service.inbox(witness.clone()));
        let sequencer = Sequencer::new(log, bus, clock.clone(), policy.limits.clone());
        let sequencer = tokio::spawn(sequencer.run(Box::new(reader)));
        Self { service, backend, clock, witness, faults, intake, presence, randomness, policy, sequencer, arrivals: AtomicU64::new(1), bound }
    }

    /// The same town after a restart: what was stored is there, the rest is forgotten, and nobody is connected.
    pub async fn restarted(self) -> Self {
        self.intake.close();
        let arrivals = AtomicU64::new(self.arrivals.load(SeqCst));
        self.sequencer.await.expect("the sequencer comes to its end");
        let again = Self::over(self.backend, self.policy, self.clock, self.presence, self.randomness, self.bound).await;
        Self { arrivals, ..again }
    }

    /// Accepts no more commands, and waits until those that were accepted are dealt with.
    pub async fn close(&mut self) {
        self.intake.close();
        (&mut self.sequencer).await.expect("the sequencer comes to its end");
    }

    /// Has the intake refuse everything: what is answered otherwise never went there.
    pub async fn close_intake(&self) {
        self.settle().await;
        self.intake.close();
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The sequencer stops where it is, whatever waits.
    pub fn kill_sequencer(&self) {
        self.sequencer.abort();
    }

    /// Waits until every command that was taken in has been dealt with.
    pub async fn settle(&self) {
        while !self.intake.is_settled() {
            tokio::task::yield_now().await;
        }
    }

    /// A client at an address that nobody else has.
    pub fn client(&self) -> Client {
        let address = Ipv4Addr::from_bits(0x0A00_0000 + self.arrivals.fetch_add(1, SeqCst) as u32);
        Client { address: IpAddr::V4(address), device: None, name: "test client 1.0".to_owned() }
    }

    /// Registers somebody.
    pub async fn register(&self, name: &str) -> Result<Grant, Refusal> {
        let wish = Registration { username: Some(name.to_owned()), password: Some(password(name)), display_name: None };
        self.service.register(wish, self.client()).await
    }

    /// Somebody new moves in and connects.
    pub async fn person(&self, name: &str) -> Identity {
        let identity = self.register(name).await.unwrap_or_else(|refusal| panic!("{name} cannot register: {refusal}")).identity;
        self.witness.connect(identity.user, &[]);
        identity
    }

    /// Several people.
    pub async fn people<const N: usize>(&self, names: [&str; N]) -> [Identity; N] {
        let mut people = Vec::with_capacity(N);
        for name in names {
            people.push(self.person(name).await);
        }
        people.try_into().expect("as many as names")
    }

    /// Somebody connects (again), and hears what is announced in their channels from now on.
    pub async fn connect(&self, who: Identity) {
        let channels = self.service.memberships(who.user).await.expect("the store answers");
        self.witness.connect(who.user, &channels);
    }

    /// Opens a group or a broadcast.
    pub async fn open(&self, kind: ChannelKind, founder: Identity, others: &[Identity]) -> ChannelId {
        let members = others.iter().map(|other| other.user).collect();
        let title = (kind != ChannelKind::Direct).then(|| "Venice".to_owned());
        let wish = Wish { kind, members, title, description: None };
        let opened = self.service.open_channel(founder, wish).await;
        opened.unwrap_or_else(|refusal| panic!("the channel cannot be opened: {refusal}")).listing.channel
    }

    /// Opens a group.
    pub async fn group(&self, founder: Identity, others: &[Identity]) -> ChannelId {
        self.open(ChannelKind::Group, founder, others).await
    }

    /// Opens a direct channel.
    pub async fn direct(&self, one: Identity, other: Identity) -> ChannelId {
        self.open(ChannelKind::Direct, one, &[other]).await
    }

    /// Says something, and waits until it is stored.
    pub async fn say(&self, who: Identity, channel: ChannelId, words: &str) -> Seq {
        let said = self.service.send(who, channel, draft(words), true).await;
        said.unwrap_or_else(|refusal| panic!("{words:?} cannot be said: {refusal}")).expect("a message has a place")
    }

    /// A page of what somebody reads, by default policy all of a short channel.
    pub async fn read(&self, who: Identity, channel: ChannelId) -> Vec<Folded> {
        let page = PageRequest { window: Window::Latest, limit: usize::MAX };
        self.service.history(who, channel, page).await.unwrap_or_else(|refusal| panic!("history cannot be read: {refusal}"))
    }

    /// The words that somebody reads in a channel. A deleted message says nothing.
    pub async fn words(&self, who: Identity, channel: ChannelId) -> Vec<String> {
        let words = |message: Folded| match message.message.body {
            Some(Content::Text(words)) => words,
            Some(other) => format!("{other:?}"),
            None => String::new(),
        };
        self.read(who, channel).await.into_iter().map(words).collect()
    }
}

/// The password that people of this name choose.
pub fn password(name: &str) -> String {
    format!("{name} has a secret")
}

/// Words to be sent under a client id that is new.
pub fn draft(words: &str) -> MessageDraft {
    MessageDraft { client_id: builders::client_id(), body: builders::text(words), reply_to: None, mentions: Mentions::default() }
}

/// An intake that can be closed, and knows whether what went in has been dealt with.
struct Gate {
    open: Mutex<Option<MemoryIntake>>,
    taken_in: AtomicU64,
    dealt_with: Arc<AtomicU64>,
}

struct GateReader {
    reader: MemoryIntakeReader,
    taken: u64,
    dealt_with: Arc<AtomicU64>,
}

impl Gate {
    fn new(bound: usize) -> (Arc<Self>, GateReader) {
        let (intake, reader) = memory::intake(bound);
        let dealt_with = Arc::new(AtomicU64::new(0));
        let gate = Self { open: Mutex::new(Some(intake)), taken_in: AtomicU64::new(0), dealt_with: dealt_with.clone() };
        (Arc::new(gate), GateReader { reader, taken: 0, dealt_with })
    }

    fn close(&self) {
        self.open.lock().take();
    }

    fn is_settled(&self) -> bool {
        self.taken_in.load(SeqCst) == self.dealt_with.load(SeqCst)
    }
}

#[async_trait]
impl Intake for Gate {
    async fn submit(&self, order: Order) -> PortResult<()> {
        let Some(intake) = self.open.lock().clone() else {
            return Err(PortError::Unavailable { backend: "intake", source: "it is closed".into() });
        };
        intake.submit(order).await?;
        self.taken_in.fetch_add(1, SeqCst);
        Ok(())
    }
}

#[async_trait]
impl IntakeReader for GateReader {
    async fn take(&mut self, most: usize) -> PortResult<Vec<Order>> {
        let orders = self.reader.take(most).await?;
        self.taken = orders.len() as u64;
        Ok(orders)
    }

    async fn done(&mut self) -> PortResult<()> {
        self.dealt_with.fetch_add(self.taken, SeqCst);
        self.reader.done().await
    }
}
