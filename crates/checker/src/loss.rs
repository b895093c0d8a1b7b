//! Is everything there that was acknowledged, and nothing that was not sent?

use rialto_domain::{ChannelId, ClientId, Seq, UserId};
use std::collections::{HashMap, HashSet};

use crate::Evidence;
use crate::evidence::{Asked, Operation, Outcome};
use crate::log::Kind;
use crate::sight::Sight;
use crate::violation::Invariant::{NothingDoubled, NothingInvented, NothingLost};
use crate::violation::Violation;

pub(crate) fn ask(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let mut violations = lost(evidence, sight);
    violations.extend(invented(evidence));
    violations.extend(misquoted(evidence));
    violations.extend(doubled(evidence));
    violations
}

/// Acknowledged messages that are not where they were said to be, or that one who may read them does not find.
fn lost(evidence: &Evidence, sight: &Sight) -> Vec<Violation> {
    let mut violations = Vec::new();
    for operation in evidence.operations() {
        let Operation { user, channel, order: Asked::Send { client_id, .. }, invoked, outcome: Outcome::Ok { when, seq: Some(seq) }, .. } = *operation else {
            continue;
        };
        let shown = [invoked.place, when.place];
        let stood = evidence.log(channel).and_then(|log| log.entries.get(&seq));
        if stood.is_none_or(|stood| (stood.sender, stood.client_id) != (user, Some(client_id))) {
            let text = format!("message {client_id} of {user} was stored at place {seq} of channel {channel}, and is not there");
            violations.push(Violation::new(NothingLost, text, shown.into_iter().chain(stood.map(|stood| stood.first.place))));
            continue;
        }
        for (reader, read) in evidence.final_reads(channel) {
            if sight.is_due(reader, channel, seq) && read.is_whole() && !read.messages.contains_key(&seq) {
                let text = format!("message {client_id} of {user} was stored at place {seq} of channel {channel}, and {reader} does not find it at the end");
                violations.push(Violation::new(NothingLost, text, shown.into_iter().chain([read.place])));
            }
        }
    }
    violations
}

/// Messages in a log that their sender never sent, or that were refused.
fn invented(evidence: &Evidence) -> Vec<Violation> {
    let mut named: HashMap<(UserId, ChannelId, ClientId), &Operation> = HashMap::new();
    for operation in evidence.operations() {
        if let Asked::Send { client_id, .. } | Asked::Other { client_id: Some(client_id) } = operation.order {
            named.insert((operation.user, operation.channel, client_id), operation);
        }
    }
    let mut violations = Vec::new();
    for (channel, log) in evidence.logs() {
        for (seq, stood) in log.messages().filter(|(_, stood)| evidence.is_known(stood.sender)) {
            let sent = stood.client_id.and_then(|client_id| named.get(&(stood.sender, channel, client_id)));
            match sent.map(|operation| (operation.invoked.place, operation.outcome)) {
                None => {
                    let text = format!("place {seq} of channel {channel} holds {}, who sent no such thing", stood.shown());
                    violations.push(Violation::new(NothingInvented, text, [stood.first.place]));
                }
                Some((invoked, Outcome::Failed(when))) => {
                    let text = format!("place {seq} of channel {channel} holds {}, to whom it was refused", stood.shown());
                    violations.push(Violation::new(NothingInvented, text, [invoked, when.place, stood.first.place]));
                }
                Some(_) => {}
            }
        }
    }
    violations
}

/// Messages that say what nobody wrote.
fn misquoted(evidence: &Evidence) -> Vec<Violation> {
    let mut written: HashSet<(ChannelId, Seq, u64)> = HashSet::new();
    let mut sent: HashMap<(UserId, ChannelId, ClientId), u64> = HashMap::new();
    for operation in evidence.operations() {
        match operation.order {
            Asked::Send { client_id, says } => drop(sent.insert((operation.user, operation.channel, client_id), says)),
            Asked::Edit { target, says } => drop(written.insert((operation.channel, target, says))),
            _ => {}
        }
    }
    let mut violations = Vec::new();
    for (channel, log) in evidence.logs() {
        for (said, place) in &log.said {
            let Some(stood) = log.entries.get(&said.seq) else { continue };
            let Some(first) = stood.client_id.and_then(|client_id| sent.get(&(stood.sender, channel, client_id))) else { continue };
            if *first != said.says && (said.is_fresh || !written.contains(&(channel, said.seq, said.says))) {
                let text = format!("place {} of channel {channel} says what its sender never wrote", said.seq);
                violations.push(Violation::new(NothingInvented, text, [stood.first.place, *place]));
            }
        }
    }
    violations
}

/// Names that stand in one log twice.
fn doubled(evidence: &Evidence) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (channel, log) in evidence.logs() {
        let mut places: HashMap<(UserId, ClientId), Seq> = HashMap::new();
        for (seq, stood) in log.entries.iter().filter(|(_, stood)| !matches!(stood.kind, Kind::Member(..))) {
            let Some(client_id) = stood.client_id else { continue };
            let Some(before) = places.insert((stood.sender, client_id), *seq) else { continue };
            let first = log.entries.get(&before).map(|stood| stood.first.place);
            let text = format!("client id {client_id} of {} stands in channel {channel} twice, at places {before} and {seq}", stood.sender);
            violations.push(Violation::new(NothingDoubled, text, first.into_iter().chain([stood.first.place])));
        }
    }
    violations
}
