//! Everybody leaves, much is written meanwhile, and all come back at once.

use anyhow::{Context as _, ensure};
use mio::Events;
use rialto_domain::Seq;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use super::fleet::{Fleet, Stage};
use super::histogram::Histogram;
use super::phases::{self, Cost, DRAIN, EVENTS, STALLED};
use super::procfs;
use super::report::{Quantiles, mebibytes};

/// Messages of each writer that may wait to be stored: half of what a server takes from one connection at once.
const WRITTEN_AT_ONCE: u64 = 32;
/// How long the server may take to notice who left.
const NOTICE: Duration = Duration::from_secs(1);

/// How the return went.
#[derive(Debug, Serialize)]
pub(super) struct Resumed {
    pub(super) clients: usize,
    /// Messages that each of them missed.
    pub(super) missed_each: u64,
    /// From the first connection to the last missing message.
    pub(super) seconds: f64,
    /// From the first connection until one client had all it missed.
    pub(super) whole_us: Quantiles,
    pub(super) server_cpu_us_each: Option<f64>,
    pub(super) rss_before_bytes: Option<u64>,
    pub(super) rss_peak_bytes: Option<u64>,
    /// Messages that did not come.
    pub(super) lost: u64,
    pub(super) doubled: u64,
    /// Answers beyond the first that it took.
    pub(super) resyncs: u64,
}

/// Who writes into a channel while the others are away.
#[derive(Clone, Copy)]
struct Writer {
    index: usize,
    channel: u32,
}

/// Lets everybody but the first member of each channel leave, writes `missed_each` messages into each channel, and lets all
/// come back at once with what they had.
pub(super) fn resume(fleet: &mut Fleet, missed_each: u32, payload_bytes: usize, server: Option<u32>) -> anyhow::Result<Resumed> {
    let mut events = Events::with_capacity(EVENTS);
    let plan = fleet.manner.plan;
    let writers: Vec<Writer> = (0..plan.channels()).filter_map(|channel| Some(Writer { index: plan.members(channel).next()? as usize, channel })).collect();
    let staying: BTreeSet<usize> = writers.iter().map(|writer| writer.index).collect();
    let clients: Vec<usize> = (0..plan.connections() as usize).filter(|index| !staying.contains(index)).collect();
    ensure!(!clients.is_empty(), "nobody can leave: everybody is the first of a channel, who stays to write; use larger channels");
    for client in &clients {
        fleet.leave(*client)?;
    }
    phases::rest(fleet, &mut events, NOTICE)?;
    let ends = write(fleet, &mut events, &writers, missed_each, payload_bytes)?;

    let resyncs = fleet.tally.resyncs;
    let rss_before = server.map(procfs::resident_bytes).transpose()?;
    server.map(procfs::forget_peak).transpose()?;
    let before = Cost::read(server)?;
    for client in &clients {
        fleet.come_back(*client)?;
    }
    let (mut whole, mut waiting) = (Histogram::default(), clients.clone());
    let (mut outstanding, mut moved_at) = (fleet.ledger.outstanding(), Instant::now());
    while !waiting.is_empty() && moved_at.elapsed() < STALLED {
        fleet.turn(&mut events, Duration::from_millis(5))?;
        if fleet.ledger.outstanding() != outstanding {
            (outstanding, moved_at) = (fleet.ledger.outstanding(), Instant::now());
        }
        waiting.retain(|client| {
            let is_whole = has_all(fleet, *client, &ends);
            if is_whole {
                whole.record(before.at.elapsed().as_micros() as u64);
            }
            !is_whole
        });
    }
    let after = Cost::read(server)?;
    let rss_peak = server.map(procfs::peak_resident_bytes).transpose()?;
    // What comes doubled comes late.
    phases::rest(fleet, &mut events, Duration::from_millis(200))?;
    let totals = fleet.ledger.totals();
    Ok(Resumed {
        clients: clients.len(),
        missed_each: u64::from(missed_each),
        seconds: (after.at - before.at).as_secs_f64(),
        whole_us: Quantiles::of(&whole),
        server_cpu_us_each: after.server_us_since(&before).map(|us| us / clients.len() as f64),
        rss_before_bytes: rss_before,
        rss_peak_bytes: rss_peak,
        lost: fleet.ledger.outstanding(),
        doubled: totals.doubled,
        resyncs: fleet.tally.resyncs - resyncs,
    })
}

/// Each channel's writer fills it. Returns when all is stored, with the channels' ends.
fn write(fleet: &mut Fleet, events: &mut Events, writers: &[Writer], each: u32, payload_bytes: usize) -> anyhow::Result<BTreeMap<u32, Seq>> {
    let text: String = ('a'..='z').cycle().take(payload_bytes.max(1)).collect();
    let mut due = (0..each).flat_map(|_| writers).peekable();
    let stored_before = fleet.ledger.totals();
    let mut until = Instant::now() + DRAIN;
    loop {
        let totals = fleet.ledger.totals();
        // Only the writers are there: each delivery is a message that its writer knows to be stored.
        let (sent, stored) = (totals.sent - stored_before.sent, totals.delivered - stored_before.delivered);
        if due.peek().is_none() && stored >= sent {
            break;
        }
        for writer in due.by_ref().take((writers.len() as u64 * WRITTEN_AT_ONCE).saturating_sub(sent - stored) as usize) {
            fleet.send_message(writer.index, writer.channel, &text, fleet.now_us());
        }
        fleet.turn(events, Duration::from_millis(5))?;
        if fleet.ledger.totals().delivered > totals.delivered {
            until = Instant::now() + DRAIN;
        }
        ensure!(fleet.tally.refusals.is_empty(), "the server refused what was to be missed: {:?}", fleet.tally.refusals);
        ensure!(Instant::now() < until, "the server stopped storing after {stored} of {sent} messages");
    }
    let mut ends = BTreeMap::new();
    for writer in writers {
        let end = fleet.membership(writer.index, writer.channel).and_then(|membership| membership.follower.have());
        ends.insert(writer.channel, end.context("who writes into a channel knows its end")?);
    }
    Ok(ends)
}

/// Whether a client has each of its channels up to its end.
fn has_all(fleet: &Fleet, client: usize, ends: &BTreeMap<u32, Seq>) -> bool {
    let connection = &fleet.connections[client];
    connection.stage == Stage::Ready && connection.memberships.iter().all(|membership| membership.follower.have() >= ends.get(&membership.channel).copied())
}

impl Display for Resumed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { clients, missed_each, seconds, whole_us, lost, doubled, resyncs, .. } = self;
        write!(
            f,
            "resume     {clients} clients, {missed_each} messages missed by each: all had all after {seconds:.2} s (p50 {:.2} s)",
            whole_us.p50 as f64 / 1e6
        )?;
        if let Some(us) = self.server_cpu_us_each {
            write!(f, ", server CPU {us:.0} µs each")?;
        }
        if let (Some(before), Some(peak)) = (self.rss_before_bytes, self.rss_peak_bytes) {
            write!(f, ", memory {} → at most {}", mebibytes(before), mebibytes(peak))?;
        }
        writeln!(f, "; lost={lost} doubled={doubled} further syncs={resyncs}")
    }
}
