//! A small run in which every promise was kept, and ways to spoil it.
//!
//! Ana has a phone and a tablet, Bo and Cy a phone each. The log: 1 Ana founds the group, 2 she adds Bo, 3 and 4 Bo writes,
//! 5 Ana adds Cy, 6 Ana writes, 7 Cy leaves, 8 Ana writes. Whoever writes has the place as the number of the operation.

use rialto_checker::journal::{How, Order, Reached};
use rialto_checker::{Evidence, Line, Place, What};
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{ChannelChange, Content, Entry, Event, MemberChange, Message};
use rialto_domain::history::Folded;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use std::borrow::Cow;

pub(crate) const CHANNEL: ChannelId = ChannelId::from_bytes([200; 16]);
pub(crate) const ANA: UserId = UserId::from_bytes([1; 16]);
pub(crate) const BO: UserId = UserId::from_bytes([2; 16]);
pub(crate) const CY: UserId = UserId::from_bytes([3; 16]);
pub(crate) const ANAS_PHONE: u32 = 1;
pub(crate) const ANAS_TABLET: u32 = 2;
pub(crate) const BOS_PHONE: u32 = 3;
pub(crate) const CYS_PHONE: u32 = 4;

/// Everything that was written down, in order.
pub(crate) struct Run {
    pub(crate) lines: Vec<Line<'static>>,
    log: Vec<Entry>,
}

/// A message as the log has it.
pub(crate) fn message(seq: u64, sender: UserId, client_id: ClientId, text: &str) -> Entry {
    let message = Message { body: Some(Content::Text(text.to_owned())), ..Message::default() };
    entry(seq, sender, Some(client_id), Event::Message(message))
}

/// What a message at a place is called.
pub(crate) fn name(seq: u64) -> ClientId {
    ClientId::from_bytes([100 + seq as u8; 16])
}

fn entry(seq: u64, sender: UserId, client_id: Option<ClientId>, event: Event) -> Entry {
    Entry { channel: CHANNEL, seq: Seq(seq), at: Timestamp(seq), sender, client_id, n: seq, event }
}

fn member(seq: u64, user: UserId, change: MemberChange) -> Entry {
    entry(seq, ANA, None, Event::Member { users: vec![user], change })
}

fn text(seq: u64) -> String {
    format!("what stands at {seq}")
}

fn folded(entry: &Entry) -> Option<Folded> {
    match &entry.event {
        Event::Message(message) => Some(Folded::fresh(entry, message)),
        _ => None,
    }
}

impl Run {
    pub(crate) fn good() -> Self {
        let mut run = Self { lines: Vec::new(), log: Vec::new() };
        for (client, user) in [(ANAS_PHONE, ANA), (ANAS_TABLET, ANA), (BOS_PHONE, BO), (CYS_PHONE, CY)] {
            run.write(client, What::Client { user });
            run.write(client, What::Connected);
        }
        let created = ChannelChange { created: Some(ChannelKind::Group), title: Some("Fish".to_owned()), ..ChannelChange::default() };
        run.happens(entry(1, ANA, None, Event::Channel(created)), &[ANAS_PHONE]);
        run.happens(member(2, BO, MemberChange::Added { role: Role::Member }), &[ANAS_PHONE, BOS_PHONE]);
        run.sends(BOS_PHONE, BO, 3, &[ANAS_PHONE, BOS_PHONE]);
        run.sends(BOS_PHONE, BO, 4, &[ANAS_PHONE, BOS_PHONE]);
        // The tablet comes late, and catches up.
        (1..=4).for_each(|seq| run.tells(ANAS_TABLET, How::Fetched, seq));
        run.write(ANAS_TABLET, What::Synced { channel: CHANNEL, after: Seq(0), to: Seq(4) });
        run.reads(ANAS_TABLET, &[3, 4], false);
        run.happens(member(5, CY, MemberChange::Added { role: Role::Member }), &[ANAS_PHONE, BOS_PHONE, ANAS_TABLET, CYS_PHONE]);
        run.positions(ANAS_PHONE, 4, 3, vec![Reached { user: BO, delivered: Seq(4), read: Seq(4) }]);
        run.sends(ANAS_PHONE, ANA, 6, &[ANAS_PHONE, BOS_PHONE, ANAS_TABLET, CYS_PHONE]);
        run.asks(BOS_PHONE, 20, Order::Mark { delivered: Seq(6), read: Seq(6) });
        run.write(BOS_PHONE, What::Ok { op: 20, seq: None });
        run.positions(ANAS_PHONE, 6, 5, vec![Reached { user: BO, delivered: Seq(6), read: Seq(6) }]);
        run.happens(member(7, CY, MemberChange::Left), &[ANAS_PHONE, BOS_PHONE, ANAS_TABLET, CYS_PHONE]);
        run.sends(ANAS_PHONE, ANA, 8, &[ANAS_PHONE, BOS_PHONE, ANAS_TABLET]);
        for client in [ANAS_PHONE, ANAS_TABLET] {
            run.write(client, What::Synced { channel: CHANNEL, after: Seq(0), to: Seq(8) });
        }
        run.write(BOS_PHONE, What::Synced { channel: CHANNEL, after: Seq(1), to: Seq(8) });
        run.reads(ANAS_PHONE, &[3, 4, 6, 8], true);
        run.reads(BOS_PHONE, &[3, 4, 6, 8], true);
        run.reads(CYS_PHONE, &[6], true);
        run.write(BOS_PHONE, What::Rest { channel: CHANNEL, read: Seq(6), unread: 1 });
        run.write(ANAS_PHONE, What::Rest { channel: CHANNEL, read: Seq(8), unread: 0 });
        run
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        for (index, line) in self.lines.iter().enumerate() {
            evidence.add(Place { journal: 0, line: index as u32 + 1 }, line.clone());
        }
        evidence
    }

    /// As a journal has it.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect()
    }

    /// A line at the end; each comes ten microseconds after the one before.
    pub(crate) fn write(&mut self, client: u32, what: What<'static>) {
        let at = 10 * (self.lines.len() as u64 + 1);
        self.lines.push(Line { at, client, what });
    }

    pub(crate) fn positions(&mut self, client: u32, delivered: u64, read: u64, members: Vec<Reached>) {
        let positions = What::Positions { how: How::Live, channel: CHANNEL, delivered: Seq(delivered), read: Seq(read), members: members.into() };
        self.write(client, positions);
    }

    /// A place of the log comes to a client.
    pub(crate) fn tells(&mut self, client: u32, how: How, seq: u64) {
        let entry = self.log[seq as usize - 1].clone();
        self.write(client, What::Entry { how, entry: Cow::Owned(entry) });
    }

    /// Something that is not in the log comes to a client.
    pub(crate) fn pretends(&mut self, client: u32, entry: Entry) {
        self.write(client, What::Entry { how: How::Live, entry: Cow::Owned(entry) });
    }

    fn happens(&mut self, entry: Entry, to: &[u32]) {
        let seq = entry.seq.0;
        self.log.push(entry);
        to.iter().for_each(|client| self.tells(*client, How::Live, seq));
    }

    fn asks(&mut self, client: u32, op: u64, order: Order<'static>) {
        self.write(client, What::Invoke { op, channel: CHANNEL, order });
    }

    fn sends(&mut self, client: u32, user: UserId, seq: u64, to: &[u32]) {
        self.asks(client, seq, Order::Send { client_id: name(seq), text: text(seq).into() });
        self.happens(message(seq, user, name(seq), &text(seq)), to);
        self.write(client, What::Ok { op: seq, seq: Some(Seq(seq)) });
    }

    fn reads(&mut self, client: u32, seqs: &[usize], is_final: bool) {
        let op = 30 + u64::from(is_final);
        self.asks(client, op, Order::Read);
        let messages: Vec<_> = seqs.iter().filter_map(|seq| folded(&self.log[*seq - 1])).collect();
        self.write(client, What::Page { op, after: Seq(0), to: None, messages: messages.into(), is_final });
    }

    /// The one line of this sort.
    pub(crate) fn line(&mut self, is_it: impl Fn(&Line<'_>) -> bool) -> &mut Line<'static> {
        let mut found = self.lines.iter_mut().filter(|line| is_it(line));
        let line = found.next().expect("there is such a line");
        assert!(found.next().is_none(), "there is but one such line");
        line
    }

    /// The line that tells a client live of a place.
    pub(crate) fn told(&mut self, client: u32, seq: u64) -> &mut Line<'static> {
        self.line(|line| line.client == client && matches!(&line.what, What::Entry { how: How::Live, entry } if entry.seq == Seq(seq)))
    }

    /// The line that says that what stands at a place was stored.
    pub(crate) fn stored(&mut self, seq: u64) -> &mut Line<'static> {
        self.line(|line| matches!(line.what, What::Ok { seq: Some(stored), .. } if stored == Seq(seq)))
    }

    /// A client says at the end how far it is.
    pub(crate) fn rest(&mut self, client: u32) -> &mut Line<'static> {
        self.line(|line| line.client == client && matches!(line.what, What::Rest { .. }))
    }

    /// Nobody of these was told of a place.
    pub(crate) fn untell(&mut self, seq: u64, clients: &[u32]) {
        self.lines.retain(|line| !(clients.contains(&line.client) && matches!(&line.what, What::Entry { entry, .. } if entry.seq == Seq(seq))));
    }

    /// A message is missing in pages of these clients: the last ones, or those before.
    pub(crate) fn unread(&mut self, seq: u64, clients: &[u32], last: bool) {
        for line in self.lines.iter_mut().filter(|line| clients.contains(&line.client)) {
            if let What::Page { messages, is_final, .. } = &mut line.what
                && *is_final == last
            {
                messages.to_mut().retain(|message| message.seq != Seq(seq));
            }
        }
    }

    /// It seems that the channel was one between two.
    pub(crate) fn make_direct(&mut self) {
        for line in &mut self.lines {
            if let What::Entry { entry, .. } = &mut line.what
                && let Event::Channel(change) = &mut entry.to_mut().event
            {
                change.created = Some(ChannelKind::Direct);
            }
        }
    }
}
