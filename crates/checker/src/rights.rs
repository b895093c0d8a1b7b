//! Did anybody hear what they may not?

use rialto_domain::{ChannelId, Seq, UserId};
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::Evidence;
use crate::evidence::{Heard, Instant};
use crate::sight::Sight;
use crate::violation::Invariant::NoTrespass;
use crate::violation::Violation;

pub(crate) fn ask(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut heard_by: BTreeMap<ChannelId, BTreeSet<UserId>> = BTreeMap::new();
    for (client, user, moments) in evidence.clients() {
        let mut told: HashSet<(ChannelId, Seq)> = HashSet::new();
        let mut hears = |channel: ChannelId, seq: Seq, when: Instant| {
            heard_by.entry(channel).or_default().insert(user);
            if told.insert((channel, seq)) && sight.rights(channel).is_some_and(|rights| !rights.permit(user, seq)) {
                let text = format!("client {client} heard place {seq} of channel {channel}, of which {user} was no member then");
                violations.push(Violation::new(NoTrespass, text, [when.place]));
            }
        };
        for moment in moments {
            match &moment.heard {
                Heard::Entry { channel, seq, .. } => hears(*channel, *seq, moment.when),
                Heard::Page { channel, seqs, .. } => seqs.iter().for_each(|seq| hears(*channel, *seq, moment.when)),
                _ => {}
            }
        }
    }
    for (channel, users) in heard_by {
        if sight.rights(channel).is_some_and(|rights| rights.too_many(&users)) {
            let text = format!("{} users heard what was said between two, in channel {channel}", users.len());
            let first = evidence.log(channel).and_then(|log| log.entries.values().next());
            violations.push(Violation::new(NoTrespass, text, first.map(|stood| stood.first.place)));
        }
    }
    violations
}
