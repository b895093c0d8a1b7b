//! One life of the server: from its start on what was committed to its end, which may be any await.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use rialto_domain::Timestamp;
use rialto_domain::limit::Limits;
use rialto_domain::ports::Bus as _;
use rialto_service::sequencer::Sequencer;
use rialto_service::{Policy, Ports, RatePolicy, Service, TokenKey, TokenPolicy};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::plan::Plan;
use super::ports::{ExposedBus, ExposedIntake, ExposedReader, ExposedStore};
use super::weather::Weather;
use super::{Build, Edge, Line, Parts};
use crate::Dice;
use crate::memory::{self, HandClock, MemoryPresence, MemoryStore, SeededRandomness, TestOnlyHasher};

const KEY: TokenKey = TokenKey([7; 32]);
/// How many commands may wait.
const INTAKE: usize = 200;

/// A running server. Dropped, it is as if its power had failed.
pub struct Process {
    // Before the runtime: it is dropped with whatever still runs.
    edge: Box<dyn Edge>,
    weather: Arc<Weather>,
    is_woken: Arc<AtomicBool>,
    /// When it started: for the world, and for its own runtime.
    born: u64,
    began: Instant,
    runtime: Runtime,
}

/// What outlives a process.
pub struct Ground {
    /// What was committed.
    pub store: Arc<MemoryStore>,
    /// What the ports are exposed to.
    pub weather: Arc<Weather>,
    /// The server's clock.
    pub clock: Arc<HandClock>,
}

impl Process {
    /// Starts on what was committed. `life` tells the processes of a world apart.
    pub fn start(plan: &Plan, ground: &Ground, build: Build, born: u64, life: u64) -> Self {
        let Ground { store, weather, clock } = ground;
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime without drivers for I/O starts");
        let exposed = Arc::new(ExposedStore { store: store.clone(), weather: weather.clone() });
        let (bus, late) = ExposedBus::new(weather.clone(), plan.late_bus);
        let (intake, reader) = memory::intake(INTAKE);
        let ports = Ports {
            accounts: store.clone(),
            channels: exposed.clone(),
            log: exposed.clone(),
            intake: Arc::new(ExposedIntake(intake, weather.clone())),
            bus: bus.clone(),
            presence: Arc::new(MemoryPresence::default()),
            hasher: Arc::new(TestOnlyHasher),
            clock: clock.clone(),
            randomness: Arc::new(SeededRandomness::new(plan.seed ^ life << 32)),
        };
        let policy = Policy { limits: Limits::default(), tokens: TokenPolicy::default(), rates: RatePolicy::default(), epoch: "first".to_owned() };
        let began = runtime.block_on(async { Instant::now() });
        let service = runtime.block_on(Service::new(ports, policy.clone(), &KEY)).expect("the store answers");
        let is_woken = Arc::new(AtomicBool::new(false));
        let (woken, news) = (is_woken.clone(), weather.clone());
        let wake = Arc::new(move || {
            woken.store(true, SeqCst);
            news.news.notify_one();
        });
        let edge = build(Parts { service: service.clone(), bus: bus.clone(), runtime: runtime.handle().clone(), wake, window: plan.window });
        bus.attach(service.inbox(edge.subscriber()));
        if let Some(late) = late {
            runtime.spawn(bus.clone().carry(late, Dice::new(plan.seed ^ 0x1A7E ^ life << 32)));
        }
        let sequencer = Sequencer::new(exposed, bus, clock.clone(), policy.limits);
        runtime.spawn(sequencer.run(Box::new(ExposedReader(reader, weather.clone()))));
        Self { edge, weather: weather.clone(), is_woken, born, began, runtime }
    }

    /// A client connects.
    pub fn connect(&mut self, number: usize) -> Option<Box<dyn Line>> {
        self.edge.connect(std::net::Ipv4Addr::from_bits(0x0A00_0001 + number as u32).into())
    }

    /// Lets its tasks run until a moment, or until it dies or its edge wants a turn. Answers when that was.
    pub fn run_until(&self, moment: u64) -> u64 {
        self.runtime.block_on(async {
            let deadline = self.began + Duration::from_millis(moment.saturating_sub(self.born));
            tokio::select! {
                biased;
                () = self.weather.news.notified() => {}
                () = tokio::time::sleep_until(deadline) => {}
            }
            self.born + self.began.elapsed().as_millis() as u64
        })
    }

    /// Its edge wants a turn; asked once.
    pub fn takes_turn(&self, now: u64) -> bool {
        self.is_woken.swap(false, SeqCst) || self.due().is_some_and(|due| due <= now)
    }

    /// When its edge wants a turn even if nothing happens.
    pub fn due(&self) -> Option<u64> {
        self.edge.due().map(|due| self.born + due.0)
    }

    /// Gives its edge a turn.
    pub fn turn(&mut self, now: u64) {
        let _inside_the_runtime = self.runtime.enter();
        self.edge.turn(Timestamp(now - self.born));
    }
}
