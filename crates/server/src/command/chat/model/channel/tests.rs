use super::*;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Event, Mentions, Message};
use rialto_domain::history::Reactions;
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
