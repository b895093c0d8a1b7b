//! What a client writes down: one JSON object a line.
//!
//! ```text
//! {"at":10,"client":3,"is":"client","user":"…"}                    client 3 belongs to this user; its first line
//! {"at":11,"client":3,"is":"connected"}                            hello was answered; what it saw before may come once more
//! {"at":12,"client":3,"is":"invoke","op":1,"channel":"…","do":"send","client_id":"…","text":"…"}
//! {"at":15,"client":3,"is":"ok","op":1,"seq":7}                    stored: its own entry came, or the answer told the place
//! {"at":15,"client":3,"is":"fail","op":2,"code":"…"}               refused, and certainly not done
//! {"at":15,"client":3,"is":"entry","how":"live","entry":{…}}       an entry, as the protocol writes it; how: live or fetched
//! {"at":16,"client":3,"is":"synced","channel":"…","after":0,"to":7} the server said: after 0 and up to 7, that was all
//! {"at":17,"client":3,"is":"positions","how":"live","channel":"…","delivered":5,"read":4,"members":[{"user":"…","delivered":5,"read":4}]}
//! {"at":19,"client":3,"is":"page","op":3,"after":0,"to":7,"messages":[{…}],"final":true}   a page of history; without `to`: up to the end
//! {"at":20,"client":3,"is":"rest","channel":"…","read":7,"unread":0}  at the very end, when all is quiet
//! ```
//!
//! `at` is in microseconds of a clock that all journals of a run share and that never goes back (the system's monotonic clock).
//! An operation that has neither `ok` nor `fail` is *unknown*: it may have happened once, or not at all. A client that repeats a
//! command after a doubt does not write a second `invoke`, and writes `fail` only when every attempt was answered.

use rialto_domain::entry::{Content, Entry};
use rialto_domain::history::Folded;
use rialto_domain::{ChannelId, ClientId, Seq, UserId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::BufRead;

use crate::violation::Place;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line<'a> {
    /// When, in microseconds.
    pub at: u64,
    /// Which client wrote it: unique in a run, over all of its journals.
    pub client: u32,
    /// What happened.
    #[serde(flatten)]
    pub what: What<'a>,
}

/// What happened to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum What<'a> {
    /// There is a client, and this is whose.
    Client {
        /// The user.
        user: UserId,
    },
    /// A connection is ready.
    Connected,
    /// The client asks for something.
    Invoke {
        /// The client's number for it.
        op: u64,
        /// Where.
        channel: ChannelId,
        /// What.
        #[serde(flatten)]
        order: Order<'a>,
    },
    /// It was done, for good.
    Ok {
        /// What.
        op: u64,
        /// Its place in the log, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
    },
    /// It was refused, and was not done.
    Fail {
        /// What.
        op: u64,
        /// Why.
        code: Cow<'a, str>,
    },
    /// An entry came.
    Entry {
        /// By itself, or asked for.
        how: How,
        /// The entry.
        entry: Cow<'a, Entry>,
    },
    /// The server said that the client has everything that it may see of a stretch of the log.
    Synced {
        /// Where.
        channel: ChannelId,
        /// The stretch begins after this place,
        after: Seq,
        /// and ends with this one.
        to: Seq,
    },
    /// How far the members are, as the server tells.
    Positions {
        /// By itself, or with an answer: which may be older than what came by itself before it.
        how: How,
        /// Where.
        channel: ChannelId,
        /// Delivered to all.
        delivered: Seq,
        /// Read by all.
        read: Seq,
        /// Of single members.
        #[serde(default)]
        members: Cow<'a, [Reached]>,
    },
    /// A page of history was read.
    Page {
        /// The order to read.
        op: u64,
        /// The page begins after this place,
        after: Seq,
        /// and ends with this one; without it, with the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Seq>,
        /// The messages.
        messages: Cow<'a, [Folded]>,
        /// This is part of the read at the end of the run.
        #[serde(default, rename = "final")]
        is_final: bool,
    },
    /// What the server tells of one's own channel when nothing happens any more.
    Rest {
        /// Which.
        channel: ChannelId,
        /// One's own position.
        read: Seq,
        /// Unread messages.
        unread: u64,
    },
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order<'a> {
    /// Write a message.
    Send {
        /// Its name.
        client_id: ClientId,
        /// What it says.
        text: Cow<'a, str>,
    },
    /// Replace what a message says.
    Edit {
        /// Which.
        target: Seq,
        /// By this.
        text: Cow<'a, str>,
    },
    /// Delete a message for everyone.
    Delete {
        /// Which.
        target: Seq,
    },
    /// Delete a message for oneself.
    Hide {
        /// Which.
        target: Seq,
    },
    /// Tell how far one is.
    Mark {
        /// Received.
        delivered: Seq,
        /// Read.
        read: Seq,
    },
    /// Read a page of history.
    Read,
    /// Anything else: react, forward, add, remove, leave. What comes of it is seen in the log.
    Other {
        /// The command.
        command: Cow<'a, str>,
        /// The name that it was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<ClientId>,
    },
}

/// How an entry came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By itself.
    Live,
    /// It was asked for.
    Fetched,
}

/// How far a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Who.
    pub user: UserId,
    /// Received up to here.
    pub delivered: Seq,
    /// Read up to here.
    pub read: Seq,
}

/// A journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// The file failed.
    #[error("line {line} cannot be read")]
    Unreadable {
        /// Which line.
        line: u32,
        /// Why.
        source: std::io::Error,
    },
    /// A line is none of a journal.
    #[error("line {line} is no line of a journal")]
    NotALine {
        /// Which line.
        line: u32,
        /// Why.
        source: serde_json::Error,
    },
}

/// The lines of one journal.
pub struct Journal<R> {
    reader: R,
    place: Place,
    text: String,
}

impl<R: BufRead> Journal<R> {
    /// Reads the journal of this number.
    pub fn new(number: u32, reader: R) -> Self {
        Self { reader, place: Place { journal: number, line: 0 }, text: String::new() }
    }

    /// The next line and its place. A last line without an end is left out: its writer was killed while writing it.
    pub fn next_line(&mut self) -> Result<Option<(Place, Line<'static>)>, Malformed> {
        self.text.clear();
        self.place.line += 1;
        let line = self.place.line;
        self.reader.read_line(&mut self.text).map_err(|source| Malformed::Unreadable { line, source })?;
        if !self.text.ends_with('\n') {
            return Ok(None);
        }
        let read = serde_json::from_str(&self.text).map_err(|source| Malformed::NotALine { line, source })?;
        Ok(Some((self.place, read)))
    }
}

/// The words of a message that has some.
pub(crate) fn words(content: Option<&Content>) -> Option<&str> {
    match content? {
        Content::Text(text) => Some(text),
        Content::Location(_) | Content::Contact(_) => None,
    }
}
