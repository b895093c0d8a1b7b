//! Does catching up leave a gap, and is what was told what is stored?

use rialto_domain::{ChannelId, Seq};
use std::collections::HashSet;

use crate::Evidence;
use crate::evidence::Heard;
use crate::sight::Sight;
use crate::violation::Invariant::{LiveIsStored, NoGap};
use crate::violation::Violation;

pub(crate) fn ask(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let mut violations = gaps(evidence, sight);
    violations.extend(not_stored(evidence, sight));
    violations
}

/// Where the server said "that was all", and it was not.
fn gaps(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (client, user, moments) in evidence.clients() {
        let mut seen: HashSet<(ChannelId, Seq)> = HashSet::new();
        for moment in moments {
            match &moment.heard {
                Heard::Entry { channel, seq, .. } => drop(seen.insert((*channel, *seq))),
                Heard::Page { channel, seqs, .. } => seen.extend(seqs.iter().map(|seq| (*channel, *seq))),
                Heard::Synced { channel, after, to } => {
                    let Some(log) = evidence.log(*channel) else { continue };
                    if *to > log.head() {
                        let text = format!("client {client} has channel {channel} up to {to}, and nobody saw anything of it beyond {}", log.head());
                        violations.push(Violation::new(NoGap, text, [moment.when.place]));
                    }
                    for seq in (after.0 + 1..=to.0.min(log.head().0)).map(Seq) {
                        if sight.is_due(user, *channel, seq) && !seen.contains(&(*channel, seq)) {
                            let stood = log.entries.get(&seq);
                            let text = format!("client {client} of {user} has everything of channel {channel} from {after} to {to}, but not place {seq}");
                            violations.push(Violation::new(NoGap, text, stood.map(|stood| stood.first.place).into_iter().chain([moment.when.place])));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    violations
}

/// Messages that somebody was told, and that one who may read them does not find at the end.
fn not_stored(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (channel, log) in evidence.logs() {
        for (reader, read) in evidence.final_reads(channel).filter(|(_, read)| read.is_whole()) {
            for (seq, stood) in log.messages().filter(|(seq, _)| !read.messages.contains_key(seq) && sight.is_due(reader, channel, *seq)) {
                let text = format!("place {seq} of channel {channel} was told, and {reader} does not find it at the end");
                violations.push(Violation::new(LiveIsStored, text, [stood.first.place, read.place]));
            }
        }
    }
    violations
}
