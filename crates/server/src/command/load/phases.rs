//! The phases of a run: connect, then idle or load, then wait for what is still on its way.

use anyhow::{Context as _, ensure};
use mio::Events;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::fleet::Fleet;
use super::pace::Pace;
use super::procfs;
use super::report::{Connected, Idled, Loaded};

/// Events taken from the poller at once.
pub(super) const EVENTS: usize = 1024;
/// How long connecting may go on without a single new connection.
pub(super) const STALLED: Duration = Duration::from_secs(30);
/// How long memory may settle after connecting.
const SETTLE: Duration = Duration::from_secs(2);
/// What was sent must have arrived this long after the last message.
pub(super) const DRAIN: Duration = Duration::from_secs(5);
/// Below this the poller, which counts in milliseconds, would sleep too long.
const SPIN: Duration = Duration::from_millis(1);

/// How messages are sent.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) pace: Pace,
    pub(super) warm_up: Duration,
    pub(super) duration: Duration,
    /// Bytes of text in each message.
    pub(super) payload_bytes: usize,
}

/// What is measured about the processes.
#[derive(Clone, Debug)]
pub(super) struct Cost {
    pub(super) at: Instant,
    /// By the names of its threads.
    server_ns: Option<BTreeMap<String, u64>>,
    own_ns: u64,
}

impl Cost {
    pub(super) fn read(server: Option<u32>) -> anyhow::Result<Self> {
        Ok(Self { at: Instant::now(), server_ns: server.map(procfs::threads_ns).transpose()?, own_ns: procfs::cpu_ns(std::process::id())? })
    }

    pub(super) fn server_us_since(&self, before: &Self) -> Option<f64> {
        self.threads_us_since(before).map(|threads| threads.values().sum())
    }

    fn threads_us_since(&self, before: &Self) -> Option<BTreeMap<String, f64>> {
        let (after, before) = (self.server_ns.as_ref()?, before.server_ns.as_ref()?);
        let us = |name: &String, ns: u64| ns.saturating_sub(before.get(name).copied().unwrap_or_default()) as f64 / 1e3;
        Some(after.iter().map(|(name, ns)| (name.clone(), us(name, *ns))).collect())
    }

    fn own_us_since(&self, before: &Self) -> f64 {
        self.own_ns.saturating_sub(before.own_ns) as f64 / 1e3
    }
}

/// Opens all connections, some at a time, and waits until memory has settled.
pub(super) fn connect(fleet: &mut Fleet, at_once: usize, server: Option<u32>) -> anyhow::Result<Connected> {
    let mut events = Events::with_capacity(EVENTS);
    let total = fleet.manner.plan.connections() as usize;
    let rss_before = server.map(procfs::resident_bytes).transpose()?;
    let before = Cost::read(server)?;
    let (mut settled, mut moved_at) = (0, Instant::now());
    while fleet.ready + fleet.gone < total {
        while fleet.connections.len() < total && fleet.connections.len() - fleet.ready - fleet.gone < at_once {
            fleet.dial()?;
        }
        fleet.turn(&mut events, Duration::from_millis(200))?;
        if fleet.ready + fleet.gone != settled {
            (settled, moved_at) = (fleet.ready + fleet.gone, Instant::now());
        }
        ensure!(fleet.gone == 0, "a connection could not be made; {} of {total} were", fleet.ready);
        ensure!(moved_at.elapsed() < STALLED, "connecting came to a halt with {} of {total} connections ready", fleet.ready);
    }
    let after = Cost::read(server)?;
    rest(fleet, &mut events, SETTLE)?;
    Ok(Connected {
        connections: total,
        seconds: (after.at - before.at).as_secs_f64(),
        server_cpu_us_each: after.server_us_since(&before).map(|us| us / total as f64),
        rss_before_bytes: rss_before,
        rss_after_bytes: server.map(procfs::resident_bytes).transpose()?,
    })
}

/// Keeps the connections open and silent.
pub(super) fn idle(fleet: &mut Fleet, duration: Duration, server: Option<u32>) -> anyhow::Result<Idled> {
    let mut events = Events::with_capacity(EVENTS);
    let (before, heartbeats) = (Cost::read(server)?, fleet.tally.heartbeats);
    rest(fleet, &mut events, duration)?;
    let after = Cost::read(server)?;
    let seconds = (after.at - before.at).as_secs_f64();
    Ok(Idled {
        seconds,
        server_cpu_percent: after.server_us_since(&before).map(|us| us / seconds / 1e4),
        rss_bytes: server.map(procfs::resident_bytes).transpose()?,
        heartbeats: fleet.tally.heartbeats - heartbeats,
        lost_connections: fleet.tally.lost_connections,
    })
}

/// Sends messages, and waits for them to arrive.
pub(super) fn load(fleet: &mut Fleet, load: &Load, server: Option<u32>) -> anyhow::Result<Loaded> {
    let mut events = Events::with_capacity(EVENTS);
    let text: String = ('a'..='z').cycle().take(load.payload_bytes.max(1)).collect();
    let size = u64::from(fleet.manner.plan.channel_size());
    let began_us = fleet.now_us();
    let warm_us = load.warm_up.as_micros() as u64;
    let end_us = warm_us + load.duration.as_micros() as u64;
    let mut start = None;
    let mut next_channel = 0;
    loop {
        let elapsed_us = fleet.now_us() - began_us;
        if elapsed_us >= end_us {
            break;
        }
        if start.is_none() && elapsed_us >= warm_us {
            start = Some((Cost::read(server)?, fleet.ledger.totals()));
            fleet.tally.timed_from_us = Some(began_us + elapsed_us);
        }
        let sent = fleet.ledger.totals().sent;
        let due = load.pace.due(elapsed_us, sent, fleet.ledger.outstanding(), size);
        for number in sent..sent + due {
            let channel = choose_channel(fleet, &load.pace, &mut next_channel);
            let member = fleet.random.below(size as u32) as usize;
            let sender = fleet.manner.plan.members(channel).nth(member).context("a channel has its members")?;
            fleet.send_message(sender as usize, channel, &text, began_us + load.pace.due_us(number, elapsed_us));
        }
        ensure!(fleet.ready > 0, "all connections are lost");
        let wait = load.pace.rest_us(fleet.now_us() - began_us, sent + due).map_or(Duration::from_millis(50), Duration::from_micros);
        let wait = wait.min(Duration::from_millis(50));
        fleet.turn(&mut events, if wait < SPIN { Duration::ZERO } else { wait - SPIN })?;
    }
    let (before, totals_before) = start.context("the warm-up took the whole run")?;
    let (after, totals) = (Cost::read(server)?, fleet.ledger.totals());
    let rss_bytes = server.map(procfs::resident_bytes).transpose()?;
    let (marks, positions) = (fleet.tally.marks, fleet.tally.positions);

    let until = Instant::now() + DRAIN;
    let unseen = |fleet: &Fleet| fleet.connections.iter().map(|connection| connection.unseen.len() as u64).sum::<u64>();
    while (fleet.ledger.outstanding() > 0 || unseen(fleet) > 0) && Instant::now() < until {
        fleet.turn(&mut events, Duration::from_millis(20))?;
    }
    // What comes doubled comes late.
    rest(fleet, &mut events, Duration::from_millis(200))?;

    let seconds = (after.at - before.at).as_secs_f64();
    let deliveries = totals.delivered - totals_before.delivered;
    Ok(Loaded {
        channel_size: size,
        seconds,
        sent_per_second: (totals.sent - totals_before.sent) as f64 / seconds,
        deliveries_per_second: deliveries as f64 / seconds,
        server_cpu_percent: after.server_us_since(&before).map(|us| us / seconds / 1e4),
        server_cpu_us_per_delivery: after.server_us_since(&before).map(|us| us / deliveries.max(1) as f64),
        server_threads_us_per_delivery: after
            .threads_us_since(&before)
            .map(|threads| threads.into_iter().map(|(name, us)| (name, us / deliveries.max(1) as f64)).collect()),
        own_cpu_percent: after.own_us_since(&before) / seconds / 1e4,
        own_cpu_us_per_delivery: after.own_us_since(&before) / deliveries.max(1) as f64,
        rss_bytes,
        marks,
        positions,
        totals: fleet.ledger.totals(),
        lost: fleet.ledger.outstanding(),
        unseen: unseen(fleet),
    })
}

/// In an open loop the next channel is any; to saturate, all take turns.
fn choose_channel(fleet: &mut Fleet, pace: &Pace, next: &mut u32) -> u32 {
    let channels = fleet.manner.plan.channels();
    if let Pace::Open { .. } = pace {
        return fleet.random.below(channels);
    }
    *next = (*next + 1) % channels;
    *next
}

pub(super) fn rest(fleet: &mut Fleet, events: &mut Events, duration: Duration) -> anyhow::Result<()> {
    let until = Instant::now() + duration;
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        fleet.turn(events, left.min(Duration::from_millis(100)))?;
    }
    Ok(())
}
