//! A channel's log, as all clients together saw it, and who may read which of it.

use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::log::Interval;
use rialto_domain::{ClientId, Seq, UserId};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

use crate::evidence::Instant;
use crate::violation::Place;

/// A channel's log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) entries: BTreeMap<Seq, Stood>,
    /// Everything that messages said, and the line that told it first.
    pub(crate) said: BTreeMap<Said, Place>,
    founding: Option<(ChannelKind, UserId)>,
    /// Who came in or went, at which place.
    turns: BTreeMap<Seq, (Vec<UserId>, Turn)>,
    deleted: Option<Seq>,
}

/// An entry, without its words.
#[derive(Clone, Debug)]
pub(crate) struct Stood {
    pub(crate) sender: UserId,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) kind: Kind,
    /// The line that told of it first.
    pub(crate) first: Instant,
}

/// What an entry is: all that tell of a place must agree on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Edit(Seq),
    Delete(Seq),
    Reaction(Seq),
    Pin(Seq),
    Member(Vec<UserId>, MemberChange),
    Channel,
}

/// What a message said once. Fresh: as it was stored, before anybody could edit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) seq: Seq,
    pub(crate) says: u64,
    pub(crate) is_fresh: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    In,
    Out,
}

impl Stood {
    /// In words.
    pub(crate) fn shown(&self) -> String {
        let name = self.client_id.map_or_else(|| "without a client id".to_owned(), |client_id| format!("with client id {client_id}"));
        format!("{} {name} from {}", self.kind.shown(), self.sender)
    }
}

impl Kind {
    fn shown(&self) -> String {
        match self {
            Self::Message => "a message".to_owned(),
            Self::Edit(target) => format!("an edit of {target}"),
            Self::Delete(target) => format!("a deletion of {target}"),
            Self::Reaction(target) => format!("a reaction to {target}"),
            Self::Pin(target) => format!("a pin of {target}"),
            Self::Member(users, change) => format!("a change of {} members ({change:?})", users.len()),
            Self::Channel => "a change of the channel".to_owned(),
        }
    }
}

impl From<&Event> for Kind {
    fn from(event: &Event) -> Self {
        match event {
            Event::Message(_) => Self::Message,
            Event::Edit { target, .. } => Self::Edit(*target),
            Event::Delete { target } => Self::Delete(*target),
            Event::Reaction { target, .. } => Self::Reaction(*target),
            Event::Pin { target, .. } => Self::Pin(*target),
            Event::Member { users, change } => Self::Member(users.clone(), *change),
            Event::Channel(_) => Self::Channel,
        }
    }
}

impl Log {
    /// Takes in what an entry says about who may read.
    pub(crate) fn learn(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Channel(change) => {
                if let Some(kind) = change.created {
                    self.founding = Some((kind, entry.sender));
                }
                if change.deleted {
                    self.deleted = Some(entry.seq);
                }
            }
            Event::Member { users, change } => {
                let turn = match change {
                    MemberChange::Added { .. } | MemberChange::Joined => Turn::In,
                    MemberChange::Left | MemberChange::Removed => Turn::Out,
                    MemberChange::Role { .. } => return,
                };
                self.turns.entry(entry.seq).or_insert_with(|| (users.clone(), turn));
            }
            _ => {}
        }
    }

    /// The newest place that anybody saw.
    pub(crate) fn head(&self) -> Seq {
        self.entries.last_key_value().map_or(Seq::ZERO, |(seq, _)| *seq)
    }

    /// The messages.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (Seq, &Stood)> {
        self.entries.iter().filter(|(_, entry)| entry.kind == Kind::Message).map(|(seq, entry)| (*seq, entry))
    }

    /// Who may read what.
    pub(crate) fn rights(&self) -> Rights {
        let Some((kind, creator)) = self.founding else { return Rights::Untold };
        if kind == ChannelKind::Direct {
            return Rights::Pair;
        }
        let mut stretches: BTreeMap<UserId, Vec<Interval>> = BTreeMap::new();
        stretches.insert(creator, vec![Interval { from: Seq(1), to: None }]);
        for (seq, (users, turn)) in &self.turns {
            for user in users {
                let stretches = stretches.entry(*user).or_default();
                let last = stretches.last_mut();
                match (turn, last) {
                    (Turn::Out, Some(last)) => last.to = last.to.or(Some(*seq)),
                    (Turn::Out, None) => {}
                    (Turn::In, Some(last)) if last.to.is_none() => {}
                    (Turn::In, Some(last)) if kind == ChannelKind::Broadcast => last.to = None,
                    (Turn::In, _) => {
                        let from = if kind == ChannelKind::Broadcast { Seq(1) } else { *seq };
                        stretches.push(Interval { from, to: None });
                    }
                }
            }
        }
        if let Some(deleted) = self.deleted {
            for last in stretches.values_mut().filter_map(|stretches| stretches.last_mut()) {
                last.to = last.to.or(Some(deleted));
            }
        }
        Rights::Members(stretches)
    }
}

/// Who may read what of a channel.
#[derive(Debug)]
pub(crate) enum Rights {
    /// Nobody saw how the channel began: nothing can be said.
    Untold,
    /// Two people, everything.
    Pair,
    /// These stretches.
    Members(BTreeMap<UserId, Vec<Interval>>),
}

impl Rights {
    /// May a user read this place? Who hears something of a pair's channel is taken for one of the two.
    pub(crate) fn permit(&self, user: UserId, seq: Seq) -> bool {
        match self {
            Self::Untold | Self::Pair => true,
            Self::Members(stretches) => stretches.get(&user).is_some_and(|stretches| stretches.iter().any(|stretch| stretch.contains(seq))),
        }
    }

    /// Users who heard something although only two may.
    pub(crate) fn too_many(&self, heard: &BTreeSet<UserId>) -> bool {
        matches!(self, Self::Pair) && heard.len() > 2
    }
}

/// A text by a number: equal texts have equal ones.
pub(crate) fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
