//! Do positions only rise?

use rialto_domain::{ChannelId, Seq, UserId};
use std::collections::HashMap;

use crate::Evidence;
use crate::evidence::{Asked, Heard, Instant, Outcome};
use crate::journal::{How, Reached};
use crate::violation::Invariant::PositionsRise;
use crate::violation::{Place, Violation};

/// A position: whose (a member's, or that of all), in which channel, and of which sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Which {
    channel: ChannelId,
    user: Option<UserId>,
    sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sort {
    Delivered,
    Read,
}

pub(crate) fn ask(evidence: &Evidence) -> Vec<Violation> {
    let ends: HashMap<ChannelId, Seq> = evidence.logs().map(|(channel, log)| (channel, log.head())).collect();
    let mut violations = Vec::new();
    for (client, user, moments) in evidence.clients() {
        let mut told: HashMap<Which, (Seq, Instant)> = HashMap::new();
        let mut marked: HashMap<Which, (Seq, Instant)> = HashMap::new();
        let mut marks = marks(evidence, client, user).into_iter().peekable();
        for moment in moments {
            while let Some((which, place, when)) = marks.next_if(|(_, _, when)| when.place < moment.when.place) {
                raise(&mut marked, which, place, when);
            }
            for (which, place, how) in claims(&moment.heard, user) {
                let mut complain = |text: String, before: Option<Place>| {
                    let text = format!("client {client} was told that {} {text}", which.shown());
                    violations.push(Violation::new(PositionsRise, text, before.into_iter().chain([moment.when.place])));
                };
                if ends.get(&which.channel).is_none_or(|end| place > *end) {
                    complain(format!("is {place}, beyond the end of the log"), None);
                }
                // An answer may be older than what came by itself: it was made before that.
                if how == How::Live
                    && let Some((before, when)) = told.get(&which).filter(|(before, _)| *before > place)
                {
                    complain(format!("is {place} after it was {before}"), Some(when.place));
                }
                if let Some((before, when)) = marked.get(&which).filter(|(before, _)| *before > place) {
                    complain(format!("is {place} after the client had moved it to {before}"), Some(when.place));
                }
                if how == How::Live {
                    raise(&mut told, which, place, moment.when);
                }
            }
        }
    }
    violations
}

impl Which {
    fn shown(&self) -> String {
        let whose = self.user.map_or_else(|| "that of all".to_owned(), |user| format!("that of {user}"));
        let sort = if self.sort == Sort::Read { "read" } else { "delivered" };
        format!("in channel {} the position *{sort}*, {whose},", self.channel)
    }
}

fn raise(positions: &mut HashMap<Which, (Seq, Instant)>, which: Which, place: Seq, when: Instant) {
    let position = positions.entry(which).or_insert((place, when));
    if place > position.0 {
        *position = (place, when);
    }
}

/// The positions that something heard tells of.
fn claims(heard: &Heard, user: UserId) -> Vec<(Which, Seq, How)> {
    let both = |channel, user, delivered, read, how| {
        let which = move |sort| Which { channel, user, sort };
        [(which(Sort::Delivered), delivered, how), (which(Sort::Read), read, how)]
    };
    match heard {
        Heard::Positions { how, channel, delivered, read, members } => {
            let members = members.iter().flat_map(|Reached { user, delivered, read }| both(*channel, Some(*user), *delivered, *read, *how));
            both(*channel, None, *delivered, *read, *how).into_iter().chain(members).collect()
        }
        Heard::Rest { channel, read, .. } => vec![(Which { channel: *channel, user: Some(user), sort: Sort::Read }, *read, How::Fetched)],
        _ => Vec::new(),
    }
}

/// Where a client moved its user's positions, once that was acknowledged; in the order of the acknowledgements.
fn marks(evidence: &Evidence, client: u32, user: UserId) -> Vec<(Which, Seq, Instant)> {
    let mut marks = Vec::new();
    for operation in evidence.operations_of(client) {
        if let (Asked::Mark { delivered, read }, Outcome::Ok { when, .. }) = (operation.order, operation.outcome) {
            let which = |sort| Which { channel: operation.channel, user: Some(user), sort };
            marks.extend([(which(Sort::Delivered), delivered, when), (which(Sort::Read), read, when)]);
        }
    }
    marks.sort_by_key(|(_, _, when)| when.place);
    marks
}
