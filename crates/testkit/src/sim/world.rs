//! Virtual time, links that delay and break, a server that crashes and comes back, and the order of it all.

use std::collections::BTreeMap;
use std::sync::Arc;

use rialto_domain::{Timestamp, UserId};

use super::device::Device;
use super::journal::{Deed, DeviceNumber, Note};
use super::judge::Violation;
use super::plan::Plan;
use super::process::{Ground, Process};
use super::run::Tally;
use super::speech::Format;
use super::weather::Weather;
use super::{Build, Line};
use crate::Dice;
use crate::memory::{HandClock, MemoryStore};

/// When the world begins, on the server's clock.
const BEGINNING: u64 = 1_735_689_600_000;
const NAMES: [&str; 4] = ["ana", "bob", "cleo", "dan"];
/// In how much virtual time everything must flow again by itself.
const RECOVERY_MS: u64 = 300_000;
/// How much virtual time the last reading may take.
const READING_MS: u64 = 60_000;

enum Happening {
    Connect(DeviceNumber),
    Think(DeviceNumber),
    ToServer(u64, Vec<u8>),
    ToClient(u64, Vec<u8>),
    EndedByServer(u64),
    Start,
}

struct Link {
    device: DeviceNumber,
    line: Box<dyn Line>,
    /// When the last bytes arrive, each way: none overtake others.
    to_server_at: u64,
    to_client_at: u64,
    server_hears: bool,
    client_hears: bool,
    is_ended: bool,
}

/// Everything there is, and when what happens next.
pub(super) struct World {
    plan: Plan,
    build: Build,
    pub(super) ground: Ground,
    now: u64,
    /// By how much the server's clock is wrong.
    clock_error: i64,
    dice: Dice,
    happenings: BTreeMap<(u64, u64), Happening>,
    next_happening: u64,
    process: Option<Process>,
    lives: u64,
    pub(super) devices: Vec<Device>,
    links: BTreeMap<u64, Link>,
    /// Each device's present link, as far as the device knows.
    link_of: Vec<Option<u64>>,
    next_link: u64,
    is_storm: bool,
    people: Vec<UserId>,
    /// By which they may come into channels.
    invites: Vec<String>,
    pub(super) journal: Vec<Note>,
    pub(super) last_reading: u64,
    pub(super) story: Vec<String>,
    pub(super) tally: Tally,
}

impl World {
    pub(super) fn new(plan: Plan, build: Build) -> Self {
        let weather = Arc::new(Weather::new(&plan));
        let ground = Ground { store: Arc::new(MemoryStore::default()), weather, clock: Arc::new(HandClock::at(Timestamp(BEGINNING))) };
        let mut dice = Dice::new(plan.seed);
        let device = |number: usize| Device::new(NAMES[number / 2].to_owned(), number, dice.pick(&Format::ALL), plan.seed);
        let devices: Vec<Device> = (0..plan.people * 2).map(device).collect();
        let link_of = devices.iter().map(|_| None).collect();
        Self {
            build,
            ground,
            now: 0,
            clock_error: 0,
            dice,
            happenings: BTreeMap::new(),
            next_happening: 0,
            process: None,
            lives: 0,
            devices,
            links: BTreeMap::new(),
            link_of,
            next_link: 1,
            is_storm: false,
            people: Vec::new(),
            invites: Vec::new(),
            journal: Vec::new(),
            last_reading: u64::MAX,
            story: Vec::new(),
            tally: Tally::default(),
            plan,
        }
    }

    // The order of it all

    /// Calm, storm, calm; then everybody reads everything. What is found on the way that must not be.
    pub(super) fn live(&mut self) -> Vec<Violation> {
        self.start();
        for device in 0..self.devices.len() {
            // Whoever logs in needs somebody who has registered.
            self.after(1 + device as u64 % 2 * 2_000, Happening::Connect(device));
            self.after(1, Happening::Think(device));
        }
        self.let_pass(5_000);
        self.people = self.devices.iter().step_by(2).filter_map(|device| device.me).collect();
        let others = self.people[1..].to_vec();
        let kind = if self.dice.one_in(5) { "broadcast" } else { "group" };
        self.devices[0].found(self.now, kind, &others);
        self.devices[2].found(self.now, "direct", &self.people[..1]);
        self.speak(0);
        self.speak(2);
        self.let_pass(2_000);

        self.tell(|| "the storm begins".to_owned());
        self.is_storm = true;
        self.ground.weather.set_calm(false);
        // One that the sequencer does not hold yet.
        self.devices[0].found(self.now, "group", &others);
        self.speak(0);
        self.let_pass(self.plan.storm_ms);
        self.is_storm = false;
        self.ground.weather.set_calm(true);
        self.tell(|| "the storm is over".to_owned());
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            self.cut(link, true, true);
        }

        let mut violations = Vec::new();
        let patience = self.now + RECOVERY_MS;
        self.let_pass(5_000);
        while self.now < patience && !self.devices.iter().all(Device::is_at_rest) {
            self.let_pass(1_000);
        }
        for device in self.devices.iter().filter(|device| !device.is_at_rest()) {
            violations.push(Violation::new("recovery", format!("{} on the {}: {}", device.name, device.kind(), device.unrest())));
        }
        // Everybody says how far they are before anybody asks.
        self.let_pass(3_000);
        self.read_everything();
        violations
    }

    fn read_everything(&mut self) {
        self.last_reading = self.now;
        for number in 0..self.devices.len() {
            let device = &mut self.devices[number];
            for channel in device.replicas.keys().copied().collect::<Vec<_>>() {
                device.want(channel);
                device.read(self.now, channel);
                device.view(self.now, channel);
            }
            device.tend(self.now);
            self.speak(number);
        }
        let patience = self.now + READING_MS;
        self.let_pass(500);
        while self.now < patience && !self.devices.iter().all(Device::is_at_rest) {
            self.let_pass(500);
        }
    }

    fn after(&mut self, ms: u64, happening: Happening) {
        self.at(self.now + ms, happening);
    }

    fn at(&mut self, moment: u64, happening: Happening) {
        self.next_happening += 1;
        self.happenings.insert((moment, self.next_happening), happening);
    }

    fn next_happening_until_now(&mut self) -> Option<Happening> {
        let first = self.happenings.first_entry().filter(|entry| entry.key().0 <= self.now)?;
        Some(first.remove())
    }

    fn let_pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end || self.happenings.first_key_value().is_some_and(|((at, _), _)| *at <= end) {
            let next = self.happenings.first_key_value().map_or(end, |((at, _), _)| (*at).min(end));
            self.pass_until(next);
            let mut is_stirred = false;
            while let Some(happening) = self.next_happening_until_now() {
                is_stirred |= self.happen(happening);
            }
            if is_stirred {
                self.turn();
            }
        }
    }

    /// Lets the server's tasks run up to a moment, or less far when there is news of it.
    fn pass_until(&mut self, moment: u64) {
        let Some(process) = &self.process else {
            self.set_time(moment);
            return;
        };
        let moment = process.due().map_or(moment, |due| due.clamp(self.now, moment.max(self.now)));
        let reached = process.run_until(moment);
        self.set_time(reached.max(self.now));
        if self.ground.weather.is_dead() {
            self.crash();
        } else if self.process.as_ref().is_some_and(|process| process.takes_turn(self.now)) {
            self.turn();
        }
    }

    fn set_time(&mut self, now: u64) {
        self.now = now;
        self.ground.clock.set(Timestamp((BEGINNING + now).saturating_add_signed(self.clock_error)));
    }

    /// True when the server's edge should look.
    fn happen(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Connect(device) => self.connect(device),
            Happening::Think(device) => self.think(device),
            Happening::ToServer(link, bytes) => match self.links.get(&link) {
                Some(link) if link.server_hears => {
                    link.line.say(&bytes);
                    true
                }
                _ => false,
            },
            Happening::ToClient(link, bytes) => {
                if let Some(Link { device, client_hears: true, .. }) = self.links.get(&link) {
                    let device = *device;
                    self.devices[device].hear(self.now, bytes);
                    self.speak(device);
                    self.listen(device);
                }
                false
            }
            Happening::EndedByServer(link) => {
                if self.links.get(&link).is_some_and(|link| link.client_hears) {
                    self.lose(link);
                }
                false
            }
            Happening::Start => {
                self.start();
                false
            }
        }
    }

    // The server

    fn start(&mut self) {
        self.lives += 1;
        self.ground.weather.revive();
        self.process = Some(Process::start(&self.plan, &self.ground, self.build, self.now, self.lives));
        let lives = self.lives;
        self.tell(|| format!("the server starts, life {lives}"));
    }

    fn crash(&mut self) {
        self.tell(|| "the server crashes".to_owned());
        self.tally.crashes += 1;
        self.process = None;
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            // Some clients hear nothing of it, and find out by themselves.
            let is_told = !self.is_storm || !self.dice.one_in(4);
            self.cut(link, false, is_told);
        }
        let down_ms = 100 + self.dice.below(2_000);
        self.after(down_ms, Happening::Start);
    }

    fn turn(&mut self) {
        let Some(process) = &mut self.process else { return };
        if !self.ground.weather.survives("answer") {
            return self.crash();
        }
        process.turn(self.now);
        if self.ground.weather.is_dead() {
            return self.crash();
        }
        for number in self.links.keys().copied().collect::<Vec<_>>() {
            let Some(link) = self.links.get_mut(&number) else { continue };
            let bytes = link.line.hear();
            let ends = link.line.is_ended() && !std::mem::replace(&mut link.is_ended, true);
            if bytes.is_empty() && !ends {
                continue;
            }
            let delay_ms = self.delay_ms();
            let Some(link) = self.links.get_mut(&number) else { continue };
            link.to_client_at = link.to_client_at.max(self.now + delay_ms);
            let at = link.to_client_at;
            if !bytes.is_empty() {
                self.at(at, Happening::ToClient(number, bytes));
            }
            if ends {
                self.at(at, Happening::EndedByServer(number));
            }
        }
    }

    // Links

    fn delay_ms(&mut self) -> u64 {
        if self.is_storm { 1 + self.dice.below(self.plan.delay_ms) } else { 1 }
    }

    fn connect(&mut self, device: DeviceNumber) -> bool {
        if self.link_of[device].is_some() {
            return false;
        }
        let Some(line) = self.process.as_mut().and_then(|process| process.connect(device)) else {
            let pause_ms = 200 + self.dice.below(1_000);
            self.after(pause_ms, Happening::Connect(device));
            return false;
        };
        let number = self.next_link;
        self.next_link += 1;
        let (to_server_at, to_client_at) = (self.now, self.now);
        let link = Link { device, line, to_server_at, to_client_at, server_hears: true, client_hears: true, is_ended: false };
        self.links.insert(number, link);
        self.link_of[device] = Some(number);
        self.devices[device].connected(self.now);
        self.speak(device);
        true
    }

    /// Sends what a device has to say.
    fn speak(&mut self, device: DeviceNumber) {
        let bytes = std::mem::take(&mut self.devices[device].out);
        let delay_ms = self.delay_ms();
        let Some(number) = self.link_of[device].filter(|_| !bytes.is_empty()) else { return };
        let Some(link) = self.links.get_mut(&number) else { return };
        link.to_server_at = link.to_server_at.max(self.now + delay_ms);
        let at = link.to_server_at;
        self.at(at, Happening::ToServer(number, bytes));
    }

    /// The network breaks. Each side is told, or goes on to believe in the connection. Of what was under way, some arrives.
    fn cut(&mut self, number: u64, server_is_told: bool, client_is_told: bool) {
        self.tally.cuts += 1;
        let under_way: Vec<_> = self.happenings.iter().filter(|(_, happening)| is_on(happening, number)).map(|(key, _)| *key).collect();
        let arrive = self.dice.below(under_way.len() as u64 + 1) as usize;
        for (place, key) in under_way.into_iter().enumerate() {
            let Some(happening) = self.happenings.remove(&key) else { continue };
            let cut = match happening {
                _ if place < arrive => happening,
                // The first one that does not arrive whole.
                Happening::ToServer(link, mut bytes) if place == arrive => {
                    bytes.truncate(self.dice.below(bytes.len() as u64) as usize);
                    Happening::ToServer(link, bytes)
                }
                Happening::ToClient(link, mut bytes) if place == arrive => {
                    bytes.truncate(self.dice.below(bytes.len() as u64) as usize);
                    Happening::ToClient(link, bytes)
                }
                _ => continue,
            };
            self.happen(cut);
        }
        let Some(link) = self.links.get_mut(&number) else { return };
        link.server_hears = false;
        link.client_hears = false;
        if server_is_told {
            link.line.end();
        }
        if client_is_told {
            self.lose(number);
        }
    }

    /// A device finds its link gone, and comes again.
    fn lose(&mut self, number: u64) {
        let Some(Link { device, .. }) = self.links.remove(&number) else { return };
        self.link_of[device] = None;
        self.devices[device].lost();
        self.listen(device);
        let pause_ms = 50 + self.dice.below(1_500 << self.devices[device].failures.min(3));
        self.after(pause_ms, Happening::Connect(device));
    }

    // People

    fn think(&mut self, device: DeviceNumber) -> bool {
        let think_ms = 1 + self.plan.think_ms / 2 + self.dice.below(self.plan.think_ms);
        self.after(think_ms, Happening::Think(device));
        if self.is_storm {
            self.devices[device].wish(self.now, &self.people, &self.invites);
            self.misfortune(device);
        }
        self.devices[device].tend(self.now);
        self.speak(device);
        self.listen(device);
        true
    }

    /// Something goes wrong that has nothing to do with what anybody did.
    fn misfortune(&mut self, device: DeviceNumber) {
        let mut happens = |one_in: u64| one_in > 0 && self.dice.one_in(one_in);
        let (cuts, jumps) = (happens(self.plan.cut_one_in), happens(self.plan.jump_one_in));
        if jumps {
            let minutes = self.dice.below(11) as i64 - 5;
            self.clock_error = minutes * 60_000 + self.dice.below(1_000) as i64;
            self.tell(|| format!("the server's clock is wrong by {minutes} minutes"));
        }
        if let Some(link) = self.link_of[device].filter(|_| cuts) {
            let (server_is_told, client_is_told) = (!self.dice.one_in(3), !self.dice.one_in(3));
            self.tell(|| format!("link {link} breaks; the server is told: {server_is_told}, the client: {client_is_told}"));
            self.cut(link, server_is_told, client_is_told);
        }
    }

    /// Writes down what a device did and saw.
    fn listen(&mut self, device: DeviceNumber) {
        let connection = self.link_of[device].unwrap_or_default();
        for deed in std::mem::take(&mut self.devices[device].deeds) {
            let at = self.now;
            if self.plan.is_told {
                let line = format!("{} on the {}, connection {connection}: {deed:?}", self.devices[device].name, self.devices[device].kind());
                self.tell(|| line);
            }
            if let Deed::Invited { link } = &deed {
                self.invites.push(link.clone());
            }
            self.journal.push(Note { at, device, connection, deed });
        }
        if self.devices[device].gives_up
            && let Some(link) = self.link_of[device]
        {
            if let Some(link) = self.links.get(&link).filter(|link| link.server_hears) {
                link.line.end();
            }
            self.lose(link);
        }
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.plan.is_told {
            let line = format!("{:>7} ms  {}", self.now, what());
            self.story.push(line);
        }
    }
}

fn is_on(happening: &Happening, number: u64) -> bool {
    matches!(happening, Happening::ToServer(link, _) | Happening::ToClient(link, _) | Happening::EndedByServer(link) if *link == number)
}
