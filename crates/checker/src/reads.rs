//! Does one read what one wrote, and what one saw before?

use rialto_domain::{ChannelId, Seq, UserId};
use std::collections::{BTreeMap, HashMap};

use crate::Evidence;
use crate::evidence::{Asked, Heard, Instant, Operation, Outcome};
use crate::log::Kind;
use crate::sight::Sight;
use crate::violation::Invariant::ReadYourWrites;
use crate::violation::Violation;

/// Since when a user knows of a message.
type Known = HashMap<(UserId, ChannelId), BTreeMap<Seq, Instant>>;

pub(crate) fn ask(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let known = known(evidence);
    let mut violations = Vec::new();
    for (client, user, moments) in evidence.clients() {
        for moment in moments {
            let Heard::Page { channel, asked_at, after, to, seqs } = &moment.heard else { continue };
            let Some(known) = known.get(&(user, *channel)) else { continue };
            let covered = known.range(after.next()..=to.unwrap_or(Seq(u64::MAX)));
            for (seq, since) in covered.filter(|(seq, since)| since.at < *asked_at && !seqs.contains(seq)) {
                let is_hidden = sight.hidden_at(user, *channel, *seq).is_some_and(|hidden_at| hidden_at < moment.when.at);
                if !is_hidden && sight.permits(user, *channel, *seq) {
                    let text = format!("client {client} of {user} read channel {channel} without place {seq}, which the user knew before");
                    violations.push(Violation::new(ReadYourWrites, text, [since.place, moment.when.place]));
                }
            }
        }
    }
    violations
}

fn known(evidence: &Evidence) -> Known {
    let mut known = Known::new();
    let mut learn = |user, channel, seq, when: Instant| {
        if evidence.log(channel).and_then(|log| log.entries.get(&seq)).is_some_and(|stood| stood.kind == Kind::Message) {
            let since = known.entry((user, channel)).or_default().entry(seq).or_insert(when);
            *since = when.min(*since);
        }
    };
    for operation in evidence.operations() {
        if let Operation { user, channel, order: Asked::Send { .. }, outcome: Outcome::Ok { when, seq: Some(seq) }, .. } = *operation {
            learn(user, channel, seq, when);
        }
    }
    for (_, user, moments) in evidence.clients() {
        for moment in moments {
            match &moment.heard {
                Heard::Entry { channel, seq, .. } => learn(user, *channel, *seq, moment.when),
                Heard::Page { channel, seqs, .. } => seqs.iter().for_each(|seq| learn(user, *channel, *seq, moment.when)),
                _ => {}
            }
        }
    }
    known
}
