//! Figures of the embedded store: durable messages a second, what a message costs in CPU and on disk, and reads.
//!
//! `cargo bench -p rialto-adapters --bench store [-- MESSAGES_BEFORE [DIRECTORY]]`. Channels are as busy as Zipf's law
//! (exponent 1) makes 10,000 of them; 20,000 users; texts of 12 to 600 bytes, 108 on average; the sender's position
//! moves with every message, as it does in the server. The directory should lie on the disk that matters.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rialto_adapters::embedded::store::{Options, Store};
use rialto_domain::channel::{About, ChannelKind, Member, Role};
use rialto_domain::entry::{ChannelChange, Content, Entry, Event, Message};
use rialto_domain::log::{Interval, Window};
use rialto_domain::ports::{Append, ChannelLog, ChannelStore, Lookup, NewChannel};
use rialto_domain::position::Position;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHANNELS: usize = 10_000;
const USERS: usize = 20_000;
const MEMBERS: usize = 40;

fn main() {
    // `cargo test --benches` starts this program, too, and wants no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let before: usize = arguments.next().map_or(300_000, |number| number.parse().expect("a number of messages"));
    let place = arguments.next().map(PathBuf::from);
    let is_victim = arguments.next().is_some();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    if let (true, Some(place)) = (is_victim, &place) {
        return runtime.block_on(victim(place, before));
    }
    let temporary = tempfile::tempdir_in(place.unwrap_or_else(std::env::temp_dir)).expect("a directory");
    runtime.block_on(async {
        let store = Store::open(temporary.path(), Options::default()).expect("a store");
        let mut world = World::new();
        world.found(&store).await;
        let (store, empty) = reopen(store, &temporary).await;
        let (mut sent, start) = (0, Instant::now());
        while sent < before {
            sent += world.send(&store, 1024).await;
        }
        println!("{sent} messages before, in {:.1} s", start.elapsed().as_secs_f64());
        println!("{:>10} {:>12} {:>14} {:>10} {:>10}", "in flight", "messages/s", "CPU us/message", "p50 ms", "p99 ms");
        for (in_flight, rounds) in [(32, 1500), (256, 400), (1024, 150), (32, 1500), (256, 400), (1024, 150)] {
            measure(&store, &mut world, in_flight, rounds).await;
        }
        one_by_one(&store, &mut world).await;
        marks(&store, &mut world).await;
        let (store, full) = reopen(store, &temporary).await;
        println!("bytes on disk per message: {:.1}, of {} messages", (full - empty) as f64 / world.sent as f64, world.sent);
        read(&store, &mut world).await;
        crash(temporary.path(), before).await;
    });
}

/// Stops and starts the store, and tells its size in between.
async fn reopen(store: Store, place: &tempfile::TempDir) -> (Store, u64) {
    store.close().await;
    let size = store.stats().database_bytes;
    drop(store);
    let start = Instant::now();
    let store = Store::open(place.path(), Options::default()).expect("a store");
    println!("opened {} MiB in {:.1?}", size >> 20, start.elapsed());
    (store, size)
}

async fn measure(store: &Store, world: &mut World, in_flight: usize, rounds: usize) {
    let mut times = Vec::with_capacity(rounds);
    let (mut sent, cpu, start) = (0, cpu_time(), Instant::now());
    for _ in 0..rounds {
        let batch = world.batch(in_flight);
        let began = Instant::now();
        store.append(batch).await.expect("an append");
        times.push(began.elapsed());
        sent += in_flight;
    }
    let (elapsed, cpu) = (start.elapsed(), cpu_time() - cpu);
    let rate = sent as f64 / elapsed.as_secs_f64();
    let each = cpu.as_secs_f64() * 1e6 / sent as f64;
    println!("{in_flight:>10} {rate:>12.0} {each:>14.1} {:>10.2} {:>10.2}", ms(&mut times, 0.5), ms(&mut times, 0.99));
}

/// 256 tasks, each of which sends one message at a time: group commit has to find the batches itself.
async fn one_by_one(store: &Store, world: &mut World) {
    const TASKS: usize = 256;
    let mut lanes: Vec<Vec<Append>> = (0..TASKS).map(|_| Vec::new()).collect();
    for _ in 0..40 {
        for append in world.batch(TASKS) {
            // A channel's appends stay in one lane, in their order.
            let lane = append.channel.as_bytes()[12] as usize % TASKS;
            lanes[lane].push(append);
        }
    }
    let messages: usize = lanes.iter().flatten().map(|append| append.entries.len()).sum();
    let (cpu, start) = (cpu_time(), Instant::now());
    let tasks: Vec<_> = lanes
        .into_iter()
        .map(|lane| {
            let store = store.clone();
            tokio::spawn(async move {
                for append in lane {
                    store.append(vec![append]).await.expect("an append");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a lane");
    }
    let (elapsed, cpu) = (start.elapsed(), cpu_time() - cpu);
    let (rate, each) = (messages as f64 / elapsed.as_secs_f64(), cpu.as_secs_f64() * 1e6 / messages as f64);
    println!("one channel at a time from {TASKS} tasks: {rate:.0} messages/s, {each:.1} CPU us/message");
}

/// For each message, another member's position moves, too.
async fn marks(store: &Store, world: &mut World) {
    let (mut sent, cpu, start) = (0, cpu_time(), Instant::now());
    for _ in 0..300 {
        let mut batch = world.batch(256);
        for append in &mut batch {
            let Some(last) = append.entries.last() else { continue };
            let position = Position::starting_at(last.seq, last.n, last.at);
            let number = world.channels.iter().position(|channel| *channel == append.channel).unwrap_or_default();
            let readers = (0..append.entries.len().min(MEMBERS)).map(|place| (world.member(number, place), position));
            let readers: Vec<_> = readers.filter(|(user, _)| append.positions.iter().all(|(other, _)| other != user)).collect();
            append.positions.extend(readers);
        }
        store.append(batch).await.expect("an append");
        sent += 256;
    }
    let (elapsed, cpu) = (start.elapsed(), cpu_time() - cpu);
    let (rate, each) = (sent as f64 / elapsed.as_secs_f64(), cpu.as_secs_f64() * 1e6 / sent as f64);
    println!("256 in flight, each with another's position: {rate:.0} messages/s, {each:.1} CPU us/message (the making of them included)");
}

/// A process that is killed while the tail is as long as it gets, and how long opening takes then.
async fn crash(place: &std::path::Path, before: usize) {
    let place = place.join("crash");
    let program = std::env::current_exe().expect("this program");
    let mut child = std::process::Command::new(program).arg(before.to_string()).arg(&place).args(["victim", "--bench"]).spawn().expect("a process");
    while !place.join("ready").exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().expect("a kill");
    child.wait().expect("an end");
    let (cpu, start) = (cpu_time(), Instant::now());
    let store = Store::open(&place, Options::default()).expect("a store");
    let (elapsed, cpu, stats) = (start.elapsed(), cpu_time() - cpu, store.stats());
    let (database, log) = (stats.database_bytes >> 20, stats.wal_bytes >> 20);
    println!("opened {database} MiB and a log of {log} MiB after a kill, {} not folded: {elapsed:.1?}, {cpu:.1?} of CPU", stats.unfolded);
}

/// Fills a store, leaves a long tail, and waits for the end.
async fn victim(place: &std::path::Path, before: usize) {
    let store = Store::open(place, Options::default()).expect("a store");
    let mut world = World::new();
    world.found(&store).await;
    while world.sent < before {
        world.send(&store, 1024).await;
    }
    store.close().await;
    drop(store);
    let store = Store::open(place, Options { fold_after: Duration::from_secs(3600), ..Options::default() }).expect("a store");
    while store.stats().unfolded < 120_000 {
        world.send(&store, 1024).await;
    }
    std::fs::write(place.join("ready"), "").expect("a sign");
    tokio::time::sleep(Duration::from_secs(60)).await;
}

async fn read(store: &Store, world: &mut World) {
    let all = [Interval { from: Seq(1), to: None }];
    let mut latest = Vec::new();
    let mut older = Vec::new();
    // As in a server that has been at work for a while.
    for _ in 0..4_000 {
        let channel = world.any_channel();
        store.history(world.channels[channel], world.users[0], &all, Window::Latest, 50).await.expect("a page");
    }
    for _ in 0..4_000 {
        let channel = world.any_channel();
        let began = Instant::now();
        store.history(world.channels[channel], world.users[0], &all, Window::Latest, 50).await.expect("a page");
        latest.push(began.elapsed());
        let place = Seq(1 + world.dice() as u64 % world.heads[channel].0.max(1));
        let began = Instant::now();
        store.history(world.channels[channel], world.users[0], &all, Window::Before(place), 50).await.expect("a page");
        older.push(began.elapsed());
    }
    println!("last 50 messages: p50 {:.1} us, p99 {:.1} us", 1e3 * ms(&mut latest, 0.5), 1e3 * ms(&mut latest, 0.99));
    println!("50 before a place: p50 {:.1} us, p99 {:.1} us", 1e3 * ms(&mut older, 0.5), 1e3 * ms(&mut older, 0.99));
    let each = at_once(store, 20_000, |store, number| {
        let channel = world.channels[number * 31 % CHANNELS];
        async move { store.history(channel, UserId::from_bytes([1; 16]), &all, Window::Latest, 50).await.expect("a page").len() }
    });
    println!("last 50 messages, many at once: {:.1} CPU us", each.await);
    let each = at_once(store, 20_000, |store, number| {
        let user = world.users[number % USERS];
        async move { store.list(user, None, 50).await.expect("a list").channels.len() }
    });
    println!("list of a user in {} channels, many at once: {:.1} CPU us", CHANNELS * MEMBERS / USERS, each.await);
    let mut lists = Vec::new();
    for number in 0..500 {
        let began = Instant::now();
        store.list(world.users[number], None, 50).await.expect("a list");
        lists.push(began.elapsed());
    }
    println!("list of a user in {} channels: p50 {:.1} us, p99 {:.1} us", CHANNELS * MEMBERS / USERS, 1e3 * ms(&mut lists, 0.5), 1e3 * ms(&mut lists, 0.99));
    let busy = UserId::from_bytes([0xFF; 16]);
    let mut lists = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        store.list(busy, None, 50).await.expect("a list");
        lists.push(began.elapsed());
    }
    println!("list of a user in all {CHANNELS} channels: p50 {:.2} ms", ms(&mut lists, 0.5));
    let mut facts = Vec::new();
    for _ in 0..2_000 {
        let lookups: Vec<Lookup> = (0..32).map(|_| world.lookup()).collect();
        let began = Instant::now();
        store.facts(&lookups).await.expect("facts");
        facts.push(began.elapsed());
    }
    println!("facts of 32 commands: p50 {:.1} us", 1e3 * ms(&mut facts, 0.5));
}

/// Asks many times from 64 tasks, and tells what one answer costs in CPU.
async fn at_once<F: Future<Output = usize> + Send + 'static>(store: &Store, times: usize, mut ask: impl FnMut(Store, usize) -> F) -> f64 {
    let cpu = cpu_time();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..times {
        if tasks.len() >= 64 {
            tasks.join_next().await;
        }
        tasks.spawn(ask(store.clone(), number));
    }
    tasks.join_all().await;
    (cpu_time() - cpu).as_secs_f64() * 1e6 / times as f64
}

/// Everybody who writes, and where.
struct World {
    state: u64,
    clock: u64,
    users: Vec<UserId>,
    channels: Vec<ChannelId>,
    heads: Vec<(u64, u64)>,
    /// Cumulated shares of Zipf's law.
    shares: Vec<f64>,
    sent: usize,
}

impl World {
    fn new() -> Self {
        let mut world =
            Self { state: 0x9E37_79B9_7F4A_7C15, clock: 1_735_689_600_000, users: vec![], channels: vec![], heads: vec![], shares: vec![], sent: 0 };
        for _ in 0..USERS {
            let id = world.random();
            world.users.push(UserId::new(Timestamp(world.clock), &id));
        }
        let mut sum = 0.0;
        for number in 0..CHANNELS {
            let id = world.random();
            world.channels.push(ChannelId::new(Timestamp(world.clock + number as u64), &id));
            world.heads.push((0, 0));
            sum += 1.0 / (number + 1) as f64;
            world.shares.push(sum);
        }
        // Which channel is busy has nothing to do with when it was made.
        for number in (1..CHANNELS).rev() {
            let other = world.dice() % (number + 1);
            world.channels.swap(number, other);
        }
        world
    }

    async fn found(&mut self, store: &Store) {
        let busy = UserId::from_bytes([0xFF; 16]);
        for number in 0..CHANNELS {
            let (id, now) = (self.channels[number], self.now());
            let member = |user| (user, Member::joining(Role::Member, Seq(1), Seq::ZERO, 0, now));
            let mut members: Vec<_> = (0..MEMBERS).map(|place| member(self.member(number, place))).collect();
            members.push(member(busy));
            let event = Event::Channel(ChannelChange { created: Some(ChannelKind::Group), title: Some("Bench".into()), ..Default::default() });
            let entry = Entry { channel: id, seq: Seq(1), at: now, sender: members[0].0, client_id: None, n: 0, event };
            self.heads[number] = (1, 0);
            store.create(NewChannel { id, kind: ChannelKind::Group, about: About::default(), members, entries: vec![entry] }).await.expect("a channel");
        }
    }

    fn member(&self, channel: usize, place: usize) -> UserId {
        self.users[(channel * 7919 + place * 503) % USERS]
    }

    async fn send(&mut self, store: &Store, messages: usize) -> usize {
        let batch = self.batch(messages);
        store.append(batch).await.expect("an append");
        messages
    }

    /// The appends of so many messages, as the sequencer would make them: one for each channel.
    fn batch(&mut self, messages: usize) -> Vec<Append> {
        let mut order: Vec<usize> = Vec::new();
        let mut appends: HashMap<usize, Append> = HashMap::new();
        for _ in 0..messages {
            let number = self.any_channel();
            let (channel, at) = (self.channels[number], self.now());
            let sender = self.member(number, self.state as usize % MEMBERS);
            let text = self.text();
            let client_id = Some(ClientId::new(at, &self.random()));
            let (seq, n) = self.heads[number];
            let (seq, n) = (seq + 1, n + 1);
            self.heads[number] = (seq, n);
            let append = appends.entry(number).or_insert_with(|| {
                order.push(number);
                let expected = Seq(seq - 1);
                Append { channel, expected, entries: vec![], members: vec![], positions: vec![], minima: (Seq(1), Seq(1)), active: MEMBERS + 1, about: None }
            });
            let event = Event::Message(Message { body: Some(Content::Text(text)), ..Message::default() });
            append.entries.push(Entry { channel, seq: Seq(seq), at, sender, client_id, n, event });
            append.positions.retain(|(user, _)| *user != sender);
            append.positions.push((sender, Position::starting_at(Seq(seq), n, at)));
        }
        self.sent += messages;
        order.into_iter().filter_map(|number| appends.remove(&number)).collect()
    }

    fn lookup(&mut self) -> Lookup {
        let number = self.any_channel();
        let client_id = Some(ClientId::new(Timestamp(self.clock), &self.random()));
        Lookup { channel: self.channels[number], actor: self.member(number, 0), client_id, target: None, pins: false }
    }

    fn any_channel(&mut self) -> usize {
        let point = (self.dice() as f64 / usize::MAX as f64) * self.shares[CHANNELS - 1];
        self.shares.partition_point(|share| *share < point).min(CHANNELS - 1)
    }

    /// Words, mostly short, 108 bytes on average.
    fn text(&mut self) -> String {
        let dice = self.dice() % 1000;
        let length = if dice < 900 { 12 + dice % 130 } else { 150 + dice * 7 % 450 };
        let start = self.dice() % (WORDS.len() - 600);
        WORDS[start..start + length].to_owned()
    }

    fn now(&mut self) -> Timestamp {
        // Some ten thousand a second.
        self.clock += u64::from(self.dice().is_multiple_of(10));
        Timestamp(self.clock)
    }

    fn random(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.dice().to_le_bytes());
        bytes
    }

    /// Xorshift64* by Sebastiano Vigna.
    fn dice(&mut self) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) as usize
    }
}

const WORDS: &str = include_str!("../migrations/embedded/0001_store.sql");

fn ms(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

/// What all threads of this process have used.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<u64>().expect("a number of ticks");
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
