//! One channel as this client has it: its messages, how far everybody is, and what is missing.

mod apply;

use rialto_domain::entry::{Content, Entry};
use rialto_domain::history::Folded;
use rialto_domain::publication::PositionsMoved;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use rialto_wire::command::{ChannelView, MemberView};
use std::collections::BTreeMap;

/// The most lines kept of one channel; older ones can be loaded again.
const MAX_LINES: usize = 2000;
/// The most entries kept beyond a hole; what follows is fetched with the hole.
const MAX_AHEAD: usize = 1000;
/// How long somebody counts as typing after the last sign of it.
const TYPING_MS: u64 = 6_000;

/// A channel.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// What the server told of it, kept up to date by what happens.
    pub(crate) view: ChannelView,
    /// What can be shown, by place.
    pub(crate) lines: BTreeMap<Seq, Line>,
    /// How much of the history is here.
    pub(crate) history: History,
    /// The members, when they were asked for.
    pub(crate) roster: Vec<MemberView>,
    /// How far the server was told that we are: delivered and read.
    pub(crate) told: (Seq, Seq),
    /// Every entry up to here was taken in, or lies before what we know.
    whole: Seq,
    ahead: BTreeMap<Seq, Entry>,
    typing: BTreeMap<UserId, Timestamp>,
}

/// Something that stands in a channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Line {
    /// A message, as it is now.
    Message(Box<Folded>),
    /// Something else that happened.
    Note(Box<Entry>),
}

/// How much of the history is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// Nothing older than what happened to come was asked for.
    Unasked,
    /// The answer is awaited.
    Asked,
    /// There is more before the oldest line.
    More,
    /// It is here from its beginning.
    Whole,
}

/// What became of an entry that was offered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Taken {
    /// It was here already.
    Known,
    /// It was taken in, and so were these, which had been waiting for it.
    New(Vec<Entry>),
    /// Something before it is missing: it waits.
    Hole,
}

impl Channel {
    /// A channel of the list. Its log is known to end at the head told.
    pub(crate) fn listed(view: ChannelView) -> Self {
        let (whole, told) = (view.head, (view.delivered, view.read));
        let nothing = BTreeMap::new();
        Self { view, lines: BTreeMap::new(), history: History::Unasked, roster: Vec::new(), told, whole, ahead: nothing, typing: BTreeMap::new() }
    }

    /// A channel one has just come into, with the entries that came before the server told what it is.
    /// Gives those entries that belong into its log.
    pub(crate) fn arrived(view: ChannelView, strays: Vec<Entry>, me: Option<UserId>) -> (Self, Vec<Entry>) {
        let counted = (view.unread, view.mentions);
        let mut channel = Self::listed(view);
        let mut taken = Vec::new();
        if let (Some(first), Some(me)) = (strays.iter().map(|entry| entry.seq).min(), me) {
            channel.whole = channel.whole.min(first.previous());
            for entry in strays {
                if let Taken::New(entries) = channel.offer(entry, me) {
                    taken.extend(entries);
                }
            }
        }
        // The server has counted them already.
        (channel.view.unread, channel.view.mentions) = counted;
        (channel, taken)
    }

    /// Which.
    pub(crate) fn id(&self) -> ChannelId {
        self.view.id
    }

    /// The position for hello and sync: nothing up to here is missing.
    pub(crate) fn have(&self) -> Seq {
        self.whole
    }

    /// The server tells of the channel anew. What moves only forward does so here as well: where the log ends is told by
    /// entries, and what was read here may not have been told yet.
    pub(crate) fn refresh(&mut self, view: ChannelView) {
        self.told = (self.told.0.max(view.delivered), self.told.1.max(view.read));
        let before = std::mem::replace(&mut self.view, view);
        let view = &mut self.view;
        view.head = view.head.max(before.head);
        view.delivered = view.delivered.max(before.delivered);
        view.delivered_to_all = view.delivered_to_all.max(before.delivered_to_all);
        view.read_by_all = view.read_by_all.max(before.read_by_all);
        self.read_up_to(before.read);
    }

    /// Its newest messages are here to be seen.
    pub(crate) fn is_shown(&self) -> bool {
        matches!(self.history, History::More | History::Whole)
    }

    /// An entry came live.
    pub(crate) fn offer(&mut self, entry: Entry, me: UserId) -> Taken {
        if entry.seq <= self.whole || self.ahead.contains_key(&entry.seq) {
            return Taken::Known;
        }
        if entry.seq > self.whole.next() {
            self.view.head = self.view.head.max(entry.seq);
            if self.ahead.len() < MAX_AHEAD {
                self.ahead.insert(entry.seq, entry);
            }
            return Taken::Hole;
        }
        let mut taken = Vec::new();
        self.take(entry, me, &mut taken);
        self.take_ahead(me, &mut taken);
        Taken::New(taken)
    }

    /// Entries came in the answer to a sync; with `more` of them to come, the log does not end here. Gives those that are new.
    pub(crate) fn catch_up(&mut self, entries: Vec<Entry>, head: Seq, more: bool, me: UserId) -> Vec<Entry> {
        let mut taken = Vec::new();
        for entry in entries {
            // A hole here is a stretch that one may not read, and stays one.
            if entry.seq > self.whole {
                self.take(entry, me, &mut taken);
            }
        }
        if !more {
            self.whole = self.whole.max(head);
        }
        self.ahead = self.ahead.split_off(&self.whole.next());
        self.take_ahead(me, &mut taken);
        taken
    }

    /// Too much was missed: what is here is forgotten, and history is read anew.
    pub(crate) fn start_over(&mut self, head: Seq) {
        self.lines.clear();
        self.ahead.clear();
        self.history = History::Unasked;
        self.whole = head;
        self.view.head = head;
    }

    /// Entries wait for a hole before them to be filled.
    pub(crate) fn has_hole(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Messages came from the history. They are as they are now, so they win over what is here, up to where the log is known.
    pub(crate) fn fold_in(&mut self, messages: Vec<Folded>) {
        for message in messages {
            // Later changes to one that is beyond come as entries, which must find it.
            self.lines.insert(message.seq, Line::Message(Box::new(message)));
        }
    }

    /// The oldest message here.
    pub(crate) fn oldest(&self) -> Option<Seq> {
        self.messages().next().map(|message| message.seq)
    }

    /// The messages here, oldest first.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = &Folded> {
        self.lines.values().filter_map(|line| match line {
            Line::Message(message) => Some(&**message),
            Line::Note(_) => None,
        })
    }

    /// The message at a place, if it is here.
    pub(crate) fn message(&self, seq: Seq) -> Option<&Folded> {
        match self.lines.get(&seq)? {
            Line::Message(message) => Some(message),
            Line::Note(_) => None,
        }
    }

    /// Every unread message has reached this client: the time to tell that it is delivered.
    pub(crate) fn has_received_unread(&self, me: UserId) -> bool {
        let unread = self.messages().rev().take_while(|message| message.seq > self.view.read);
        let here = unread.filter(|message| message.sender != me && !message.deleted).count() as u64;
        here >= self.view.unread
    }

    /// Positions of members moved. `false` when that changes one's own read position, and with it what is unread.
    pub(crate) fn move_positions(&mut self, moved: &PositionsMoved, me: UserId) -> bool {
        self.view.delivered_to_all = self.view.delivered_to_all.max(moved.delivered);
        self.view.read_by_all = self.view.read_by_all.max(moved.read);
        for position in &moved.members {
            if let Some(member) = self.roster.iter_mut().find(|member| member.profile.id == position.user) {
                member.delivered = member.delivered.max(position.delivered);
                member.read = member.read.max(position.read);
            }
        }
        let mine = moved.members.iter().find(|position| position.user == me);
        mine.is_none_or(|position| position.read <= self.view.read)
    }

    /// One has read up to here.
    pub(crate) fn read_up_to(&mut self, seq: Seq) {
        self.view.read = self.view.read.max(seq);
        self.view.delivered = self.view.delivered.max(seq);
        if self.view.read >= self.view.head {
            (self.view.unread, self.view.mentions) = (0, 0);
        }
    }

    /// Somebody is typing.
    pub(crate) fn note_typing(&mut self, user: UserId, now: Timestamp) {
        self.typing.insert(user, now.after_ms(TYPING_MS));
    }

    /// Who is typing now.
    pub(crate) fn typing(&self, now: Timestamp) -> impl Iterator<Item = UserId> {
        self.typing.iter().filter(move |(_, until)| now < **until).map(|(user, _)| *user)
    }

    fn take(&mut self, entry: Entry, me: UserId, taken: &mut Vec<Entry>) {
        self.whole = entry.seq;
        self.view.head = self.view.head.max(entry.seq);
        self.apply(&entry, me);
        taken.push(entry);
        while self.lines.len() > MAX_LINES {
            self.lines.pop_first();
            self.history = History::More;
        }
    }

    fn take_ahead(&mut self, me: UserId, taken: &mut Vec<Entry>) {
        while let Some(entry) = self.ahead.remove(&self.whole.next()) {
            self.take(entry, me, taken);
        }
    }
}

/// The names under which one's own messages may stand here.
pub(crate) fn own_names(messages: &[Folded], me: UserId) -> impl Iterator<Item = (ClientId, Seq)> {
    messages.iter().filter(move |message| message.sender == me).filter_map(|message| Some((message.client_id?, message.seq)))
}

/// What a message says, in words.
pub(crate) fn words(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Location(place) => {
            let label = place.label.as_deref().map(|label| format!("{label}: ")).unwrap_or_default();
            format!("[place] {label}{:.5}, {:.5}", place.latitude, place.longitude)
        }
        Content::Contact(person) => format!("[contact] {} {}", person.name, person.addresses.join(", ")),
    }
}

#[cfg(test)]
pub(crate) mod tests;
