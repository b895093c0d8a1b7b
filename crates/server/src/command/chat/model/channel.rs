//! One channel as this client has it: its messages, how far everybody is, and what is missing.

use rialto_domain::entry::{Content, Entry, Event, Message};
use rialto_domain::history::{Folded, NAMED_REACTORS, Reactions};
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

    /// Does to the lines what the entry says. Twice does the same as once.
    fn apply(&mut self, entry: &Entry, me: UserId) {
        match &entry.event {
            Event::Message(message) => self.apply_message(entry, message, me),
            Event::Edit { target, body, mentions } => {
                if let Some(folded) = self.message_mut(*target).filter(|folded| !folded.deleted) {
                    folded.message.body.clone_from(body);
                    folded.message.mentions.clone_from(mentions);
                    folded.edited_at = Some(entry.at);
                }
            }
            Event::Delete { target } => {
                if let Some(folded) = self.message_mut(*target) {
                    folded.message = Message { reply_to: folded.message.reply_to, ..Message::default() };
                    folded.deleted = true;
                    folded.pinned = false;
                    folded.reactions.clear();
                }
            }
            Event::Reaction { target, emoji, on } => {
                if let Some(folded) = self.message_mut(*target) {
                    react(&mut folded.reactions, emoji, entry.sender, *on, me);
                }
            }
            Event::Pin { target, on } => {
                if let Some(folded) = self.message_mut(*target) {
                    folded.pinned = *on;
                }
            }
            Event::Member { users, change } => {
                use rialto_domain::entry::MemberChange::{Added, Joined, Left, Removed, Role};
                let count = users.len() as u64;
                match change {
                    Added { .. } | Joined => self.view.members += count,
                    Left | Removed => {
                        self.view.members = self.view.members.saturating_sub(count);
                        self.roster.retain(|member| !users.contains(&member.profile.id));
                    }
                    Role { role } => self.roster.iter_mut().filter(|member| users.contains(&member.profile.id)).for_each(|member| member.role = *role),
                }
                self.lines.insert(entry.seq, Line::Note(Box::new(entry.clone())));
            }
            Event::Channel(change) => {
                if change.title.is_some() {
                    self.view.title.clone_from(&change.title);
                }
                if change.description.is_some() {
                    self.view.description.clone_from(&change.description);
                }
                self.lines.insert(entry.seq, Line::Note(Box::new(entry.clone())));
            }
        }
    }

    fn apply_message(&mut self, entry: &Entry, message: &Message, me: UserId) {
        self.typing.remove(&entry.sender);
        self.view.active_at = self.view.active_at.max(entry.at);
        if entry.sender == me {
            // Whoever writes has read what stands above.
            self.view.read = self.view.read.max(entry.seq);
            self.view.delivered = self.view.delivered.max(entry.seq);
            (self.view.unread, self.view.mentions) = (0, 0);
        } else if entry.seq > self.view.read {
            self.view.unread += 1;
            self.view.mentions += u64::from(rialto_domain::unread::mentions(entry, me));
        }
        let folded = Folded {
            channel: entry.channel,
            seq: entry.seq,
            at: entry.at,
            sender: entry.sender,
            client_id: entry.client_id,
            n: entry.n,
            message: message.clone(),
            edited_at: None,
            deleted: message.body.is_none(),
            pinned: false,
            reactions: Vec::new(),
        };
        self.lines.entry(entry.seq).or_insert(Line::Message(Box::new(folded)));
    }

    fn message_mut(&mut self, seq: Seq) -> Option<&mut Folded> {
        match self.lines.get_mut(&seq)? {
            Line::Message(message) => Some(message),
            Line::Note(_) => None,
        }
    }
}

fn react(reactions: &mut Vec<Reactions>, emoji: &str, user: UserId, on: bool, me: UserId) {
    let at = reactions.iter().position(|reaction| reaction.emoji == emoji);
    match (at, on) {
        (None, true) => {
            reactions.push(Reactions { emoji: emoji.to_owned(), count: 1, mine: user == me, users: vec![user] });
            reactions.sort_by(|a, b| a.emoji.cmp(&b.emoji));
        }
        (Some(at), true) if !reactions[at].users.contains(&user) => {
            reactions[at].count += 1;
            reactions[at].mine |= user == me;
            if reactions[at].users.len() < NAMED_REACTORS {
                reactions[at].users.push(user);
            }
        }
        (Some(at), false) => {
            reactions[at].count = reactions[at].count.saturating_sub(1);
            reactions[at].mine &= user != me;
            reactions[at].users.retain(|reactor| *reactor != user);
            if reactions[at].count == 0 {
                reactions.remove(at);
            }
        }
        (None, false) | (Some(_), true) => {}
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
pub(crate) mod tests {
    use super::*;
    use rialto_domain::channel::{ChannelKind, Role};
    use rialto_domain::entry::Mentions;
    use rialto_domain::publication::MemberPosition;

    pub(crate) const ME: UserId = UserId::from_bytes([1; 16]);
    pub(crate) const ANA: UserId = UserId::from_bytes([2; 16]);
    pub(crate) const HERE: ChannelId = ChannelId::from_bytes([7; 16]);

    pub(crate) fn view(head: u64) -> ChannelView {
        ChannelView {
            id: HERE,
            kind: ChannelKind::Group,
            title: Some("team".into()),
            description: None,
            peer: None,
            head: Seq(head),
            active_at: Timestamp(1),
            members: 2,
            role: Role::Member,
            since: Seq(1),
            delivered: Seq(head),
            read: Seq(head),
            delivered_to_all: Seq(head),
            read_by_all: Seq(head),
            unread: 0,
            mentions: 0,
            flags: Default::default(),
            last: None,
        }
    }

    pub(crate) fn entry(seq: u64, sender: UserId, event: Event) -> Entry {
        Entry { channel: HERE, seq: Seq(seq), at: Timestamp(seq), sender, client_id: None, n: seq, event }
    }

    pub(crate) fn said(seq: u64, sender: UserId, text: &str) -> Entry {
        entry(seq, sender, Event::Message(Message { body: Some(Content::Text(text.into())), ..Message::default() }))
    }

    fn seqs(taken: &Taken) -> Vec<u64> {
        match taken {
            Taken::New(entries) => entries.iter().map(|entry| entry.seq.0).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn entries_are_taken_once_and_in_order() {
        let mut channel = Channel::listed(view(3));
        assert_eq!(channel.offer(said(3, ANA, "known from the list"), ME), Taken::Known);
        assert_eq!(seqs(&channel.offer(said(4, ANA, "a"), ME)), [4]);
        assert_eq!(channel.offer(said(4, ANA, "a"), ME), Taken::Known);
        assert_eq!((channel.have(), channel.view.unread, channel.messages().count()), (Seq(4), 1, 1));
    }

    #[test]
    fn an_entry_beyond_a_hole_waits_until_the_hole_is_filled() {
        let mut channel = Channel::listed(view(0));
        assert_eq!(channel.offer(said(3, ANA, "c"), ME), Taken::Hole);
        assert_eq!(channel.offer(said(3, ANA, "c"), ME), Taken::Known);
        assert_eq!((channel.have(), channel.messages().count()), (Seq(0), 0));
        assert_eq!(seqs(&channel.offer(said(1, ANA, "a"), ME)), [1]);
        assert_eq!(seqs(&channel.offer(said(2, ANA, "b"), ME)), [2, 3]);
        assert!(!channel.has_hole());
    }

    #[test]
    fn a_sync_fills_holes_and_what_came_meanwhile_follows() {
        let mut channel = Channel::listed(view(0));
        channel.offer(said(3, ANA, "c"), ME);
        channel.offer(said(6, ANA, "f"), ME);
        let taken = channel.catch_up(vec![said(1, ANA, "a"), said(2, ANA, "b"), said(3, ANA, "c")], Seq(5), false, ME);
        let taken: Vec<_> = taken.iter().map(|entry| entry.seq.0).collect();
        // 4 and 5 may not be read by this member.
        assert_eq!(taken, [1, 2, 3, 6]);
        assert_eq!(channel.have(), Seq(6));
    }

    #[test]
    fn with_more_to_come_the_position_is_that_of_the_last_entry() {
        let mut channel = Channel::listed(view(0));
        channel.catch_up(vec![said(1, ANA, "a")], Seq(9), true, ME);
        assert_eq!(channel.have(), Seq(1));
    }

    #[test]
    fn changes_show_on_the_message_they_are_about() {
        let mut channel = Channel::listed(view(0));
        channel.offer(said(1, ANA, "helo"), ME);
        let edit = Event::Edit { target: Seq(1), body: Some(Content::Text("hello".into())), mentions: Mentions::default() };
        channel.offer(entry(2, ANA, edit), ME);
        channel.offer(entry(3, ME, Event::Reaction { target: Seq(1), emoji: "👍".into(), on: true }), ME);
        channel.offer(entry(4, ANA, Event::Reaction { target: Seq(1), emoji: "👍".into(), on: true }), ME);
        channel.offer(entry(5, ANA, Event::Reaction { target: Seq(1), emoji: "👍".into(), on: false }), ME);
        channel.offer(entry(6, ANA, Event::Pin { target: Seq(1), on: true }), ME);
        let message = channel.message(Seq(1)).unwrap();
        assert_eq!(message.message.body, Some(Content::Text("hello".into())));
        assert_eq!((message.reactions[0].count, message.reactions[0].mine, message.pinned), (1, true, true));
        channel.offer(entry(7, ANA, Event::Delete { target: Seq(1) }), ME);
        let message = channel.message(Seq(1)).unwrap();
        assert!(message.deleted && message.message.body.is_none() && message.reactions.is_empty());
    }

    #[test]
    fn a_change_that_the_history_showed_already_is_not_counted_twice() {
        let mut channel = Channel::listed(view(1));
        let reaction = Reactions { emoji: "👍".into(), count: 1, mine: false, users: vec![ANA] };
        let folded = Folded { reactions: vec![reaction], ..folded(1, ANA) };
        channel.fold_in(vec![folded]);
        channel.offer(entry(2, ANA, Event::Reaction { target: Seq(1), emoji: "👍".into(), on: true }), ME);
        assert_eq!(channel.message(Seq(1)).unwrap().reactions[0].count, 1);
    }

    pub(crate) fn folded(seq: u64, sender: UserId) -> Folded {
        let body = Some(Content::Text(format!("message {seq}")));
        Folded {
            channel: HERE,
            seq: Seq(seq),
            at: Timestamp(seq),
            sender,
            client_id: None,
            n: seq,
            message: Message { body, ..Message::default() },
            edited_at: None,
            deleted: false,
            pinned: false,
            reactions: Vec::new(),
        }
    }

    #[test]
    fn unread_is_what_others_wrote_after_what_one_read() {
        let mut channel = Channel::listed(view(0));
        channel.offer(said(1, ANA, "a"), ME);
        channel.offer(entry(2, ANA, Event::Delete { target: Seq(9) }), ME);
        let call = Message { body: Some(Content::Text("@me".into())), mentions: Mentions { users: vec![ME], all: false }, ..Message::default() };
        channel.offer(entry(3, ANA, Event::Message(call)), ME);
        assert_eq!((channel.view.unread, channel.view.mentions), (2, 1));
        channel.read_up_to(Seq(3));
        assert_eq!((channel.view.unread, channel.view.mentions), (0, 0));
        channel.offer(said(4, ANA, "b"), ME);
        channel.offer(said(5, ME, "c"), ME);
        assert_eq!(channel.view.unread, 0);
    }

    #[test]
    fn delivered_is_only_told_when_every_unread_message_is_here() {
        let mut channel = Channel::listed(ChannelView { unread: 2, read: Seq(1), ..view(3) });
        assert!(!channel.has_received_unread(ME));
        channel.fold_in(vec![folded(3, ANA)]);
        assert!(!channel.has_received_unread(ME));
        channel.fold_in(vec![folded(2, ANA)]);
        assert!(channel.has_received_unread(ME));
    }

    #[test]
    fn positions_move_forward_only() {
        let mut channel = Channel::listed(view(5));
        let moved = |delivered, read, mine| PositionsMoved {
            channel: HERE,
            delivered: Seq(delivered),
            read: Seq(read),
            members: vec![MemberPosition { user: ME, delivered: Seq(mine), read: Seq(mine) }],
        };
        assert!(channel.move_positions(&moved(3, 2, 5), ME));
        assert_eq!((channel.view.delivered_to_all, channel.view.read_by_all), (Seq(5), Seq(5)));
        assert!(!channel.move_positions(&moved(8, 7, 6), ME));
        assert_eq!((channel.view.delivered_to_all, channel.view.read_by_all), (Seq(8), Seq(7)));
    }

    #[test]
    fn typing_ends_by_itself_and_with_a_message() {
        let mut channel = Channel::listed(view(0));
        channel.note_typing(ANA, Timestamp(1000));
        assert_eq!(channel.typing(Timestamp(1000 + TYPING_MS - 1)).count(), 1);
        assert_eq!(channel.typing(Timestamp(1000 + TYPING_MS)).count(), 0);
        channel.note_typing(ANA, Timestamp(1000));
        channel.offer(said(1, ANA, "a"), ME);
        assert_eq!(channel.typing(Timestamp(1000)).count(), 0);
    }

    #[test]
    fn a_channel_is_bounded() {
        let mut channel = Channel::listed(view(0));
        (1..=MAX_LINES as u64 + 10).for_each(|seq| drop(channel.offer(said(seq, ANA, "a"), ME)));
        assert_eq!((channel.lines.len(), channel.history), (MAX_LINES, History::More));
        let far = MAX_LINES as u64 * 2;
        (far..far + 2 * MAX_AHEAD as u64).for_each(|seq| drop(channel.offer(said(seq, ANA, "a"), ME)));
        assert_eq!(channel.ahead.len(), MAX_AHEAD);
    }
}
