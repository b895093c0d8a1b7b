//! What a run found out, for people and for programs.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::cast::setting_behind;
use super::histogram::Histogram;
use super::ledger::Totals;
use super::resume::Resumed;
use super::tally::Tally;

/// Everything a run found out.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// A word of whoever started the run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) label: String,
    pub(super) connect: Connected,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idle: Option<Idled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resume: Option<Resumed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) load: Option<Loaded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) latency_us: Option<Latencies>,
    pub(super) faults: Faults,
}

/// Connecting.
#[derive(Debug, Serialize)]
pub(super) struct Connected {
    pub(super) connections: usize,
    pub(super) seconds: f64,
    pub(super) server_cpu_us_each: Option<f64>,
    pub(super) rss_before_bytes: Option<u64>,
    pub(super) rss_after_bytes: Option<u64>,
}

/// Doing nothing.
#[derive(Debug, Serialize)]
pub(super) struct Idled {
    pub(super) seconds: f64,
    pub(super) server_cpu_percent: Option<f64>,
    pub(super) rss_bytes: Option<u64>,
    /// Times that the server asked whether somebody is still there, and they were.
    pub(super) heartbeats: u64,
    pub(super) lost_connections: u64,
}

/// Sending, without the warm-up.
#[derive(Debug, Serialize)]
pub(super) struct Loaded {
    pub(super) channel_size: u64,
    pub(super) seconds: f64,
    pub(super) sent_per_second: f64,
    pub(super) deliveries_per_second: f64,
    pub(super) server_cpu_percent: Option<f64>,
    pub(super) server_cpu_us_per_delivery: Option<f64>,
    /// The same by the names of the server's threads.
    pub(super) server_threads_us_per_delivery: Option<BTreeMap<String, f64>>,
    pub(super) own_cpu_percent: f64,
    pub(super) own_cpu_us_per_delivery: f64,
    pub(super) rss_bytes: Option<u64>,
    /// Marks that members sent, and positions that came of them; the whole run.
    pub(super) marks: u64,
    pub(super) positions: u64,
    #[serde(flatten)]
    pub(super) totals: Totals,
    /// Deliveries that did not happen.
    pub(super) lost: u64,
    /// Messages of which their senders never heard that all had read them.
    pub(super) unseen: u64,
}

/// How long messages took, in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Latencies {
    received: Quantiles,
    stored: Quantiles,
    delivered: Quantiles,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Quantiles>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Quantiles {
    count: u64,
    pub(super) p50: u64,
    p90: u64,
    p99: u64,
    p999: u64,
    max: u64,
}

/// What should not have happened.
#[derive(Debug, Default, Serialize)]
pub(super) struct Faults {
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) reordered: u64,
    pub(super) lost_connections: u64,
    pub(super) strange_frames: u64,
    /// No fault by itself: the client caught up.
    pub(super) resyncs: u64,
    /// No fault by itself: the server has limits.
    pub(super) refusals: BTreeMap<String, u64>,
}

impl Faults {
    /// Whether the server broke a promise.
    pub(super) fn is_any(&self) -> bool {
        self.lost + self.doubled + self.reordered + self.lost_connections + self.strange_frames > 0
    }

    pub(super) fn of(tally: &Tally, load: Option<&Loaded>, resume: Option<&Resumed>) -> Self {
        Self {
            lost: load.map_or(0, |load| load.lost) + resume.map_or(0, |resume| resume.lost),
            doubled: load.map_or(0, |load| load.totals.doubled) + resume.map_or(0, |resume| resume.doubled),
            reordered: tally.reordered,
            lost_connections: tally.lost_connections,
            strange_frames: tally.strange,
            resyncs: tally.resyncs,
            refusals: tally.refusals.clone(),
        }
    }
}

impl Latencies {
    pub(super) fn of(tally: &Tally) -> Self {
        let seen = Some(Quantiles::of(&tally.seen)).filter(|seen| seen.count > 0);
        Self { received: Quantiles::of(&tally.received), stored: Quantiles::of(&tally.stored), delivered: Quantiles::of(&tally.delivered), seen }
    }
}

impl Quantiles {
    pub(super) fn of(histogram: &Histogram) -> Self {
        let at = |share| histogram.quantile(share);
        Self { count: histogram.count(), p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: histogram.max() }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.label.is_empty() {
            writeln!(f, "{}", self.label)?;
        }
        write!(f, "{}", self.connect)?;
        if let Some(idle) = &self.idle {
            write!(f, "{idle}")?;
        }
        if let Some(resume) = &self.resume {
            write!(f, "{resume}")?;
        }
        if let Some(load) = &self.load {
            write!(f, "{load}")?;
        }
        if let Some(latencies) = &self.latency_us {
            write!(f, "{latencies}")?;
        }
        write!(f, "{}", self.faults)
    }
}

impl Display for Connected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "connect    {} connections in {:.2} s ({:.0}/s)", self.connections, self.seconds, self.connections as f64 / self.seconds)?;
        if let Some(us) = self.server_cpu_us_each {
            write!(f, ", server CPU {us:.1} µs each")?;
        }
        if let (Some(before), Some(after)) = (self.rss_before_bytes, self.rss_after_bytes) {
            let each = (after as f64 - before as f64) / self.connections as f64;
            write!(f, ", server memory {} → {} ({each:.0} bytes each)", mebibytes(before), mebibytes(after))?;
        }
        writeln!(f)
    }
}

impl Display for Idled {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "idle       {:.1} s", self.seconds)?;
        if let (Some(cpu), Some(rss)) = (self.server_cpu_percent, self.rss_bytes) {
            write!(f, ", server CPU {cpu:.2} %, memory {}", mebibytes(rss))?;
        }
        writeln!(f)
    }
}

impl Display for Loaded {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "load       channels of {}: {:.0} messages/s, {:.0} deliveries/s over {:.1} s",
            self.channel_size, self.sent_per_second, self.deliveries_per_second, self.seconds
        )?;
        if let (Some(percent), Some(us), Some(rss)) = (self.server_cpu_percent, self.server_cpu_us_per_delivery, self.rss_bytes) {
            writeln!(f, "server     CPU {percent:.1} %, {us:.3} µs per delivery, memory {}", mebibytes(rss))?;
        }
        writeln!(f, "generator  CPU {:.1} %, {:.3} µs per delivery", self.own_cpu_percent, self.own_cpu_us_per_delivery)?;
        if self.marks > 0 {
            writeln!(f, "marks      {} sent, {} positions came", self.marks, self.positions)?;
        }
        Ok(())
    }
}

impl Display for Latencies {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "latency    {:>10} {:>10} {:>10} {:>10} {:>10}   (from when a message was due)", "p50", "p90", "p99", "p99.9", "max")?;
        let rows = [("received", Some(self.received)), ("stored", Some(self.stored)), ("delivered", Some(self.delivered)), ("seen", self.seen)];
        for (name, quantiles) in rows {
            let Some(Quantiles { p50, p90, p99, p999, max, .. }) = quantiles.filter(|quantiles| quantiles.count > 0) else { continue };
            writeln!(f, "  {name:<9}{:>10} {:>10} {:>10} {:>10} {:>10}", time(p50), time(p90), time(p99), time(p999), time(max))?;
        }
        Ok(())
    }
}

impl Display for Faults {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { lost, doubled, reordered, lost_connections, strange_frames, resyncs, refusals } = self;
        write!(f, "faults     lost={lost} doubled={doubled} reordered={reordered} lost_connections={lost_connections} strange_frames={strange_frames}")?;
        writeln!(f, "; resyncs={resyncs}")?;
        for (code, count) in refusals {
            writeln!(f, "refused    {count} times: {code}")?;
        }
        if refusals.contains_key("limit.exceeded") {
            writeln!(f, "           the server limits what one user may send; start it with {} for this test", setting_behind("message.send"))?;
        }
        Ok(())
    }
}

pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64)
}

fn time(us: u64) -> String {
    match us {
        0..10_000 => format!("{us} µs"),
        10_000..10_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_broken_promise_is_a_fault_and_a_limit_is_none() {
        assert!(!Faults::default().is_any());
        assert!(Faults { lost: 1, ..Faults::default() }.is_any());
        assert!(Faults { reordered: 1, ..Faults::default() }.is_any());
        let limited = Faults { refusals: BTreeMap::from([("limit.exceeded".to_owned(), 3)]), resyncs: 2, ..Faults::default() };
        assert!(!limited.is_any());
        assert!(limited.to_string().contains("RIALTO_LIMITS_COMMANDS_PER_SECOND"), "{limited}");
    }

    #[test]
    fn times_are_written_in_the_unit_that_suits() {
        assert_eq!([time(950), time(12_345), time(12_345_678)], ["950 µs", "12.3 ms", "12.3 s"]);
    }
}
