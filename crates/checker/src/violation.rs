//! A broken promise, and what shows it.

use std::fmt;

/// A line of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which journal, in the order in which they were given.
    pub journal: u32,
    /// Which line, from 1.
    pub line: u32,
}

/// What a server promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Invariant {
    /// Every acknowledged message is in the final read of everyone who may read it.
    NothingLost = 1,
    /// Nothing is in a log that nobody sent, and nothing that was refused; what was sent is there as it was sent.
    NothingInvented,
    /// A sender's client id stands in a channel's log once, and has one place for ever.
    NothingDoubled,
    /// Everybody sees one log: the same entry at the same place, live in the order of places.
    OneOrder,
    /// What was stored before another was sent stands before it; a client's messages stand in the order in which it sent them.
    RealTimeOrder,
    /// A user's reads contain what the user's devices saw or stored before.
    ReadYourWrites,
    /// Positions only rise, and never beyond the log's end.
    PositionsRise,
    /// After catching up nothing is missing.
    NoGap,
    /// What was told is what is stored.
    LiveIsStored,
    /// Nobody hears what happened outside of their membership.
    NoTrespass,
    /// At rest, unread is the number of messages that are unread.
    UnreadIsTrue,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NothingLost,
        Self::NothingInvented,
        Self::NothingDoubled,
        Self::OneOrder,
        Self::RealTimeOrder,
        Self::ReadYourWrites,
        Self::PositionsRise,
        Self::NoGap,
        Self::LiveIsStored,
        Self::NoTrespass,
        Self::UnreadIsTrue,
    ];

    /// The promise in a few words.
    pub const fn promise(self) -> &'static str {
        match self {
            Self::NothingLost => "no acknowledged message is lost",
            Self::NothingInvented => "nothing is invented",
            Self::NothingDoubled => "nothing is doubled",
            Self::OneOrder => "one order for everyone",
            Self::RealTimeOrder => "the order respects time and sender",
            Self::ReadYourWrites => "what one wrote or saw, one reads",
            Self::PositionsRise => "positions only rise",
            Self::NoGap => "catching up leaves no gap",
            Self::LiveIsStored => "what was told is stored",
            Self::NoTrespass => "nobody hears what they may not",
            Self::UnreadIsTrue => "unread is the truth",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", *self as u8, self.promise())
    }
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// How it was broken.
    pub text: String,
    /// The lines that show it, in the order in which one would read them.
    pub evidence: Vec<Place>,
}

impl Violation {
    pub(crate) fn new(invariant: Invariant, text: String, evidence: impl IntoIterator<Item = Place>) -> Self {
        Self { invariant, text, evidence: evidence.into_iter().collect() }
    }
}
