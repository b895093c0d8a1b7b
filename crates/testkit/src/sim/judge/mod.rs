//! What must hold, whatever went wrong: the journal is held against the ledger.
//!
//! | invariant | decided in |
//! |---|---|
//! | nothing acknowledged is lost; nothing is invented; no doubles; real-time order | [`sending`] |
//! | one order; gap-free sync; no unauthorised read; live and synced are the store | [`hearing`] |
//! | read your writes; a full read at the end is the truth | [`reading`] |
//! | watermarks only rise; unread is the truth | [`positions`] |
//! | what was hidden stays hidden; what was deleted is gone; a block holds; an invite lets in as many as it says | [`ending`] |

mod ending;
mod hearing;
mod positions;
mod reading;
mod sending;

use std::collections::BTreeMap;
use std::fmt;

use rialto_domain::log::{Interval, Seq};
use rialto_domain::{ChannelId, UserId};

use super::device::Device;
use super::journal::{Deed, DeviceNumber, Note};
use super::ledger::{Ledger, Log};

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant does not hold.
    pub invariant: &'static str,
    /// How that shows.
    pub what: String,
}

impl Violation {
    /// A violation.
    pub const fn new(invariant: &'static str, what: String) -> Self {
        Self { invariant, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// What is judged, and what it is held against.
struct Case<'a> {
    ledger: &'a Ledger,
    journal: &'a [Note],
    devices: &'a [Device],
    /// What is asked from here on is the last reading.
    last_reading: u64,
    visible: BTreeMap<(ChannelId, UserId), Vec<Interval>>,
    violations: Vec<Violation>,
}

/// Holds what devices did and saw against what was committed.
pub fn judge(ledger: &Ledger, journal: &[Note], people: &[UserId], devices: &[Device], last_reading: u64) -> Vec<Violation> {
    let mut visible = BTreeMap::new();
    for (channel, log) in ledger.logs() {
        visible.extend(people.iter().map(|user| ((channel, *user), log.visible(*user))));
    }
    let mut case = Case { ledger, journal, devices, last_reading, visible, violations: Vec::new() };
    case.strange();
    case.sending();
    case.hearing();
    case.reading();
    case.positions();
    case.ending();
    case.violations
}

impl<'a> Case<'a> {
    /// The ledger itself must be what a log is, and nobody may have been told what the protocol does not know.
    fn strange(&mut self) {
        for (channel, log) in self.ledger.logs() {
            let places = log.entries.iter().map(|entry| entry.seq.0);
            if !places.eq(1..=log.entries.len() as u64) {
                self.find("one order", format!("the log of {channel} has holes or doubles"));
            }
            if !log.entries.is_sorted_by_key(|entry| entry.at) {
                self.find("one order", format!("the time of {channel} runs back"));
            }
        }
        for note in self.journal {
            if let Deed::Strange(what) = &note.deed {
                self.find("protocol", format!("at {} ms, {}: {what}", note.at, self.name(note.device)));
            }
        }
    }

    fn find(&mut self, invariant: &'static str, what: String) {
        self.violations.push(Violation::new(invariant, what));
    }

    fn name(&self, device: DeviceNumber) -> String {
        format!("{} on the {}", self.devices[device].name, self.devices[device].kind())
    }

    /// Whose device it is; nobody's while it was never let in.
    fn user(&self, device: DeviceNumber) -> UserId {
        self.devices[device].me.unwrap_or(UserId::from_bytes([0; 16]))
    }

    fn log(&self, channel: ChannelId) -> Option<&'a Log> {
        self.ledger.log(channel)
    }

    fn visible(&self, channel: ChannelId, user: UserId) -> &[Interval] {
        self.visible.get(&(channel, user)).map_or(&[], Vec::as_slice)
    }

    fn sees(&self, channel: ChannelId, user: UserId, seq: Seq) -> bool {
        self.visible(channel, user).iter().any(|stretch| stretch.contains(seq))
    }
}
