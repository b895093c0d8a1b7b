//! Is there one order, and does it respect time?

use rialto_domain::{ChannelId, Seq};
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::Evidence;
use crate::evidence::{Asked, Heard, Instant, Operation, Outcome};
use crate::journal::How;
use crate::violation::Invariant::{OneOrder, RealTimeOrder};
use crate::violation::Violation;

pub(crate) fn ask(evidence: &Evidence) -> Vec<Violation> {
    let mut violations = live_order(evidence);
    violations.extend(stored_order(evidence));
    violations
}

/// What comes live for the first time comes in the order of the log. (What was seen may come again: after a resend,
/// or around a fetch.)
fn live_order(evidence: &Evidence) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (client, _, moments) in evidence.clients() {
        let mut seen: HashSet<(ChannelId, Seq)> = HashSet::new();
        let mut newest: HashMap<ChannelId, (Seq, Instant)> = HashMap::new();
        for moment in moments {
            match moment.heard {
                Heard::Connected => newest.clear(),
                Heard::Entry { channel, seq, how } => {
                    let is_new = seen.insert((channel, seq));
                    if how == How::Fetched {
                        continue;
                    }
                    let (last, told) = newest.entry(channel).or_insert((seq, moment.when));
                    if is_new && seq < *last {
                        let text = format!("client {client} was told place {last} of channel {channel} before place {seq}, which it had not seen");
                        violations.push(Violation::new(OneOrder, text, [told.place, moment.when.place]));
                    } else if seq > *last {
                        (*last, *told) = (seq, moment.when);
                    }
                }
                _ => {}
            }
        }
    }
    violations
}

/// A message that was stored, and where.
struct Stored {
    seq: Seq,
    invoked: Instant,
    stored: Instant,
    client: u32,
    op_order: usize,
}

/// What was stored before another was sent stands before it; so does what a client sent before.
fn stored_order(evidence: &Evidence) -> Vec<Violation> {
    let mut channels: BTreeMap<ChannelId, Vec<Stored>> = BTreeMap::new();
    for (op_order, operation) in evidence.operations().enumerate() {
        if let Operation { client, channel, order: Asked::Send { .. }, invoked, outcome: Outcome::Ok { when, seq: Some(seq) }, .. } = *operation {
            channels.entry(channel).or_default().push(Stored { seq, invoked, stored: when, client, op_order });
        }
    }
    let mut violations = Vec::new();
    for (channel, mut stored) in channels {
        stored.sort_by_key(|stored| stored.seq);
        // From the end: the earliest that anything further on was stored, and each client's earliest operation there.
        let mut earliest: Option<&Stored> = None;
        let mut earliest_of: HashMap<u32, &Stored> = HashMap::new();
        for message in stored.iter().rev() {
            if let Some(later) = earliest.filter(|later| later.stored.at < message.invoked.at) {
                let text = format!("in channel {channel} place {} was stored before place {} was sent, and stands behind it", later.seq, message.seq);
                let evidence = [later.invoked.place, later.stored.place, message.invoked.place, message.stored.place];
                violations.push(Violation::new(RealTimeOrder, text, evidence));
            }
            if let Some(later) = earliest_of.get(&message.client).filter(|later| later.op_order < message.op_order) {
                let text = format!("client {} sent what stands at {} of channel {channel} before what stands at {}", message.client, later.seq, message.seq);
                let evidence = [later.invoked.place, message.invoked.place, message.stored.place, later.stored.place];
                violations.push(Violation::new(RealTimeOrder, text, evidence));
            }
            if earliest.is_none_or(|later| message.stored.at < later.stored.at) {
                earliest = Some(message);
            }
            let first = earliest_of.entry(message.client).or_insert(message);
            if message.op_order < first.op_order {
                *first = message;
            }
        }
    }
    violations
}
