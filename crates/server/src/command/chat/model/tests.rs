use super::channel::tests::{ANA, HERE, ME, entry, folded, said, view};
use super::*;
use rialto_domain::channel::Role;
use rialto_domain::entry::{Content, Event as EntryEvent, Message};
use rialto_domain::publication::{Membership, PositionsMoved};
use rialto_domain::{DeviceId, Seq, SessionId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelView, Channels, MemberView, Members, Messages, Missed, Ready, Synced};
use rialto_wire::event::ChannelChanged;
use serde_json::json;
use serde_json::value::to_raw_value;

use crate::client::Event;

const NOW: Timestamp = Timestamp(1_000_000);

fn profile(id: UserId, name: &str) -> Profile {
    Profile { id, username: rialto_domain::user::Username::parse(name).ok(), display_name: name.to_owned() }
}

/// What a server says of these channels to who connects.
pub(crate) fn ready(channels: Vec<ChannelView>) -> Ready {
    Ready {
        user: profile(ME, "me-myself"),
        session: SessionId::from_bytes([3; 16]),
        device: DeviceId::from_bytes([4; 16]),
        server_time: NOW,
        epoch: "one".into(),
        limits: Limits::default(),
        features: Vec::new(),
        channels: Channels { channels, next: None },
        recent: BTreeMap::new(),
        missed: None,
    }
}

fn name(number: u8) -> ClientId {
    ClientId::from_bytes([number; 16])
}

/// A chat with a server that is played by the test.
struct Stage {
    chat: Chat,
    effects: Vec<Effect>,
}

impl Stage {
    fn new() -> Self {
        Self { chat: Chat::new(Vec::new(), true), effects: Vec::new() }
    }

    /// Connected, in one channel whose log ends at `head`, with its history here.
    fn in_channel(head: u64) -> Self {
        let mut stage = Self::new();
        stage.connect(ready(vec![view(head)]));
        stage.answer("history", &Messages { messages: Vec::new() });
        stage.effects.clear();
        stage
    }

    fn connect(&mut self, ready: Ready) {
        self.happens(Happening::Opened(1));
        self.happens(Happening::Ready(Box::new(ready)));
    }

    fn happens(&mut self, happening: Happening) {
        self.effects.extend(self.chat.handle(happening, NOW));
    }

    fn hears(&mut self, entry: Entry) {
        self.happens(Happening::Heard(Event::Entry(Box::new(entry))));
    }

    fn wishes(&mut self, wish: Wish, client_id: ClientId) {
        self.happens(Happening::Wished { wish, tag: Some(7), client_id });
    }

    /// The oldest question of this name that is not answered: its number and data.
    fn asked(&mut self, wanted: &str) -> Option<(u64, Value)> {
        let at = self.effects.iter().position(|effect| matches!(effect, Effect::Ask { name, .. } if name == wanted))?;
        let Effect::Ask { number, data, .. } = self.effects.remove(at) else { return None };
        Some((number, data))
    }

    fn answer(&mut self, wanted: &str, result: &impl Serialize) -> Value {
        let (number, data) = self.asked(wanted).unwrap_or_else(|| panic!("{wanted} was not asked: {:?}", self.effects));
        self.happens(Happening::Answered { number, result: Ok(to_raw_value(result).unwrap()) });
        data
    }

    fn refuse(&mut self, wanted: &str, code: &'static str, retry_after_ms: Option<u64>) {
        let (number, _) = self.asked(wanted).unwrap();
        let error = ErrorBody { code: code.into(), text: format!("no: {code}"), retry_after_ms };
        self.happens(Happening::Answered { number, result: Err(error) });
    }

    fn told(&self) -> Vec<&Told> {
        self.effects.iter().filter_map(|effect| if let Effect::Tell(told) = effect { Some(told) } else { None }).collect()
    }

    fn entries_told(&self) -> Vec<u64> {
        self.told().iter().filter_map(|told| if let Told::Entry(entry) = told { Some(entry.seq.0) } else { None }).collect()
    }

    fn send(&mut self, text: &str, client_id: ClientId) {
        self.wishes(Wish::Send { channel: HERE, text: text.into(), reply_to: None }, client_id);
    }

    fn own(&self, seq: u64, text: &str, client_id: ClientId) -> Entry {
        Entry { client_id: Some(client_id), ..said(seq, ME, text) }
    }
}

#[test]
fn a_message_shows_every_step_from_writing_to_the_log() {
    let mut stage = Stage::in_channel(3);
    stage.send("hi", name(1));
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::KeepOutbox)));
    let data = stage.answer("message.send", &json!({"received": true}));
    assert_eq!(data["body"], json!({"text": "hi"}));
    assert!(matches!(stage.told()[..], [Told::Received { .. }]));
    stage.effects.clear();

    let entry = stage.own(4, "hi", name(1));
    stage.hears(entry);
    assert!(!stage.chat.outbox().is_busy());
    let stored = stage.told().into_iter().any(|told| matches!(told, Told::Answer { tag: 7, result: Ok(result) } if result["seq"] == 4));
    assert!(stored, "{:?}", stage.effects);
}

#[test]
fn what_was_written_without_a_connection_is_sent_with_the_next_one_under_the_same_name() {
    let mut stage = Stage::in_channel(3);
    stage.happens(Happening::Offline { reason: "gone".into(), retry_in_ms: Some(500) });
    stage.send("later", name(1));
    assert!(stage.asked("message.send").is_none());
    stage.connect(ready(vec![view(3)]));
    let (_, data) = stage.asked("message.send").unwrap();
    assert_eq!(data["client_id"], json!(name(1)));
}

#[test]
fn a_message_that_was_stored_before_the_connection_broke_is_not_sent_again() {
    let mut stage = Stage::in_channel(3);
    stage.send("hi", name(1));
    stage.asked("message.send");
    stage.happens(Happening::Offline { reason: "gone".into(), retry_in_ms: Some(500) });
    let missed = Missed::Entries {
        head: Seq(4),
        entries: vec![stage.own(4, "hi", name(1))],
        more: false,
        positions: PositionsMoved { channel: HERE, delivered: Seq(3), read: Seq(3), members: Vec::new() },
    };
    let missed = Some(Synced { channels: BTreeMap::from([(HERE, missed)]), more: false });
    stage.connect(Ready { missed, ..ready(vec![view(4)]) });
    assert!(stage.asked("message.send").is_none());
    assert!(!stage.chat.outbox().is_busy());
    assert_eq!(stage.entries_told(), [4]);
}

#[test]
fn a_message_sent_again_by_a_client_that_knows_its_entry_only_from_the_list_is_stored() {
    let kept = Unsent {
        client_id: name(1),
        channel: HERE,
        text: "stored before the crash".into(),
        reply_to: None,
        mentions: Default::default(),
        stage: Default::default(),
    };
    let mut stage = Stage { chat: Chat::new(vec![kept], true), effects: Vec::new() };
    stage.connect(ready(vec![view(9)]));
    stage.answer("message.send", &json!({"received": true}));
    let entry = stage.own(5, "stored before the crash", name(1));
    stage.hears(entry);
    assert!(!stage.chat.outbox().is_busy());
    assert_eq!(stage.entries_told(), [0; 0]);
}

#[test]
fn a_connection_that_returns_tells_how_far_it_was_and_takes_in_what_it_missed_once() {
    let mut stage = Stage::in_channel(3);
    stage.hears(said(4, ANA, "before"));
    stage.happens(Happening::Offline { reason: "gone".into(), retry_in_ms: Some(500) });
    stage.effects.clear();
    stage.happens(Happening::Opened(2));
    let Some(Effect::Hello { generation: 2, have }) = stage.effects.pop() else { panic!("no hello") };
    assert_eq!(have, BTreeMap::from([(HERE, Seq(4))]));

    let missed = Missed::Entries {
        head: Seq(5),
        entries: vec![said(5, ANA, "meanwhile")],
        more: false,
        positions: PositionsMoved { channel: HERE, delivered: Seq(5), read: Seq(3), members: Vec::new() },
    };
    let missed = Some(Synced { channels: BTreeMap::from([(HERE, missed)]), more: false });
    let recent = BTreeMap::from([(HERE, vec![folded(4, ANA), folded(5, ANA)])]);
    stage.happens(Happening::Ready(Box::new(Ready { missed, recent, ..ready(vec![view(5)]) })));
    stage.hears(said(5, ANA, "meanwhile"));
    assert_eq!(stage.entries_told(), [5]);
    assert_eq!(stage.chat.channel(HERE).unwrap().messages().count(), 2);
}

#[test]
fn a_hole_is_fetched_once_and_what_lies_beyond_is_told_in_order() {
    let mut stage = Stage::in_channel(3);
    stage.hears(said(5, ANA, "e"));
    stage.hears(said(6, ANA, "f"));
    let missed = Missed::Entries {
        head: Seq(6),
        entries: vec![said(4, ANA, "d"), said(5, ANA, "e"), said(6, ANA, "f")],
        more: false,
        positions: PositionsMoved { channel: HERE, delivered: Seq(3), read: Seq(3), members: Vec::new() },
    };
    let have = stage.answer("sync", &Synced { channels: BTreeMap::from([(HERE, missed)]), more: false });
    assert_eq!(have, json!({"have": {HERE.to_string(): 3}}));
    assert_eq!(stage.entries_told(), [4, 5, 6]);
}

#[test]
fn a_resync_while_one_is_under_way_is_followed_by_another() {
    let mut stage = Stage::in_channel(3);
    stage.happens(Happening::Heard(Event::Resync));
    stage.happens(Happening::Heard(Event::Resync));
    let nothing = Synced::default();
    stage.answer("sync", &nothing);
    stage.answer("sync", &nothing);
    assert!(stage.asked("sync").is_none());
}

#[test]
fn too_much_missed_means_reading_the_history_anew() {
    let mut stage = Stage::in_channel(3);
    stage.hears(said(4, ANA, "old"));
    stage.happens(Happening::Heard(Event::Resync));
    let gap = json!({"channels": {HERE.to_string(): {"gap": "refetch", "head": 5000}}, "more": false});
    stage.answer("sync", &gap);
    assert_eq!(stage.chat.channel(HERE).unwrap().messages().count(), 0);
    stage.answer("history", &Messages { messages: vec![folded(4999, ANA), folded(5000, ANA)] });
    assert_eq!(stage.chat.channel(HERE).unwrap().have(), Seq(5000));
}

#[test]
fn another_epoch_voids_everything_but_the_outbox() {
    let mut stage = Stage::in_channel(9);
    stage.hears(said(10, ANA, "of the old history"));
    stage.happens(Happening::Offline { reason: "gone".into(), retry_in_ms: Some(1) });
    stage.send("kept", name(1));
    stage.connect(Ready { epoch: "two".into(), ..ready(vec![view(2)]) });
    let channel = stage.chat.channel(HERE).unwrap();
    assert_eq!((channel.have(), channel.messages().count()), (Seq(2), 0));
    assert!(stage.asked("message.send").is_some());
}

#[test]
fn what_arrives_is_delivered_and_only_what_is_looked_at_is_read() {
    let mut stage = Stage::in_channel(3);
    stage.happens(Happening::Looks(false));
    stage.hears(said(4, ANA, "a"));
    let marks = stage.answer("mark", &json!({}));
    assert_eq!(marks["channels"][HERE.to_string()], json!({"delivered": 4, "read": 3}));
    assert_eq!(stage.chat.channel(HERE).unwrap().view.unread, 1);
    stage.happens(Happening::Looks(true));
    let marks = stage.answer("mark", &json!({}));
    assert_eq!(marks["channels"][HERE.to_string()], json!({"delivered": 4, "read": 4}));
    assert_eq!(stage.chat.channel(HERE).unwrap().view.unread, 0);
}

#[test]
fn marks_go_one_at_a_time_and_refused_ones_wait() {
    let mut stage = Stage::in_channel(3);
    stage.hears(said(4, ANA, "a"));
    stage.hears(said(5, ANA, "b"));
    stage.refuse("mark", "limit.exceeded", Some(400));
    assert!(stage.asked("mark").is_none());
    stage.effects.extend(stage.chat.handle(Happening::Tick, NOW.after_ms(400)));
    let (_, marks) = stage.asked("mark").unwrap();
    assert_eq!(marks["channels"][HERE.to_string()]["read"], 5);
}

#[test]
fn marks_that_were_under_way_when_the_connection_broke_are_told_again() {
    let mut stage = Stage::in_channel(3);
    stage.hears(said(4, ANA, "a"));
    assert!(stage.asked("mark").is_some());
    stage.happens(Happening::Offline { reason: "gone".into(), retry_in_ms: Some(1) });
    stage.connect(ready(vec![ChannelView { head: Seq(4), unread: 1, ..view(3) }]));
    let (_, marks) = stage.asked("mark").unwrap();
    assert_eq!(marks["channels"][HERE.to_string()]["read"], 4);
}

#[test]
fn a_pause_that_the_server_asks_for_is_kept() {
    let mut stage = Stage::in_channel(3);
    stage.send("hi", name(1));
    stage.refuse("message.send", "limit.exceeded", Some(300));
    assert!(stage.asked("message.send").is_none());
    stage.effects.extend(stage.chat.handle(Happening::Tick, NOW.after_ms(300)));
    assert!(stage.asked("message.send").is_some());
}

#[test]
fn a_refusal_is_told_and_can_be_tried_again() {
    let mut stage = Stage::in_channel(3);
    stage.send("hi", name(1));
    stage.refuse("message.send", "channel.role_too_low", None);
    assert!(stage.told().iter().any(|told| matches!(told, Told::Answer { tag: 7, result: Err(error) } if error.code == "channel.role_too_low")));
    assert!(stage.chat.word().unwrap().is_bad);
    stage.wishes(Wish::Retry, name(2));
    assert!(stage.asked("message.send").is_some());
}

#[test]
fn a_message_refused_after_it_was_received_is_refused() {
    let mut stage = Stage::in_channel(3);
    stage.send("hi", name(1));
    stage.answer("message.send", &json!({"received": true}));
    let rejected = json!({"channel": HERE, "client_id": name(1), "code": "user.blocked", "text": "no"});
    stage.happens(Happening::Heard(Event::Rejected(serde_json::from_value(rejected).unwrap())));
    assert!(!stage.chat.outbox().is_busy());
    assert!(stage.told().iter().any(|told| matches!(told, Told::Refused { code, .. } if code == "user.blocked")));
}

#[test]
fn a_new_channel_begins_with_the_entries_that_came_before_it_was_known() {
    let mut stage = Stage::new();
    stage.connect(ready(Vec::new()));
    stage.hears(entry(1, ANA, EntryEvent::Channel(Default::default())));
    stage.happens(Happening::Heard(Event::Channel(ChannelChanged { channel: HERE, change: Membership::Joined })));
    stage.hears(said(2, ANA, "welcome"));
    stage.answer("channel.get", &ChannelView { unread: 1, read: Seq(0), delivered: Seq(0), ..view(2) });
    assert!(stage.asked("channel.get").is_none());
    assert_eq!(stage.entries_told(), [1, 2]);
    assert_eq!(stage.chat.channel(HERE).unwrap().view.unread, 1);
}

#[test]
fn whoever_is_removed_loses_sight_of_the_channel() {
    let mut stage = Stage::in_channel(3);
    stage.happens(Happening::Heard(Event::Channel(ChannelChanged { channel: HERE, change: Membership::Left })));
    assert!(stage.chat.open().is_none() && stage.chat.list().is_empty());
}

#[test]
fn a_direct_talk_finds_the_person_and_opens_the_channel_before_it_sends() {
    let mut stage = Stage::in_channel(3);
    let then = Then::Direct { text: Some("hi ana".into()) };
    stage.wishes(Wish::About { usernames: vec!["@ana".into()], then }, name(1));
    let asked = stage.answer("user.find", &profile(ANA, "ana"));
    assert_eq!(asked, json!({"username": "ana"}));
    let direct = ChannelId::from_bytes([8; 16]);
    let asked = stage.answer("channel.create", &ChannelView { id: direct, peer: Some(profile(ANA, "ana")), ..view(0) });
    assert_eq!(asked["members"], json!([ANA]));
    let (_, message) = stage.asked("message.send").unwrap();
    assert_eq!(message["channel"], json!(direct));
}

#[test]
fn members_who_are_named_are_mentioned_and_others_are_not() {
    let mut stage = Stage::new();
    stage.connect(ready(vec![view(3)]));
    let member = MemberView { profile: profile(ANA, "ana"), role: Role::Member, delivered: Seq(3), read: Seq(3) };
    stage.answer("channel.members", &Members { members: vec![member], next: None });
    stage.send("(@Ana, @bob) mail a@ana. @all", name(1));
    let (_, message) = stage.asked("message.send").unwrap();
    assert_eq!(message["mentions"], json!({"users": [ANA], "all": true}));
}

#[test]
fn a_mention_rings_unless_it_is_looked_at() {
    let mut stage = Stage::in_channel(3);
    let call = |seq| {
        let mentions = rialto_domain::entry::Mentions { users: vec![ME], all: false };
        entry(seq, ANA, EntryEvent::Message(Message { body: Some(Content::Text("@me".into())), mentions, ..Message::default() }))
    };
    let rings = |stage: &Stage| stage.effects.iter().filter(|effect| matches!(effect, Effect::Ring)).count();
    stage.hears(call(4));
    assert_eq!(rings(&stage), 0);
    stage.happens(Happening::Looks(false));
    stage.hears(call(5));
    assert_eq!(rings(&stage), 1);
}

#[test]
fn strangers_are_asked_for_together() {
    let mut stage = Stage::in_channel(3);
    stage.hears(said(4, ANA, "a"));
    let (_, asked) = stage.asked("user.get").unwrap();
    assert_eq!(asked, json!({"users": [ANA]}));
    stage.hears(said(5, ANA, "b"));
    assert!(stage.asked("user.get").is_none());
}

#[test]
fn questions_that_the_lost_connection_left_open_are_answered_by_its_loss() {
    let mut stage = Stage::in_channel(3);
    stage.wishes(Wish::Call { name: "channel.list".into(), data: json!({}) }, name(1));
    stage.happens(Happening::Offline { reason: "gone".into(), retry_in_ms: None });
    assert!(stage.told().iter().any(|told| matches!(told, Told::Answer { tag: 7, result: Err(error) } if error.code == "client.offline")));
}

#[test]
fn without_a_person_nothing_is_opened_and_nothing_is_read() {
    let mut stage = Stage { chat: Chat::new(Vec::new(), false), effects: Vec::new() };
    stage.connect(ready(vec![view(3)]));
    stage.hears(said(4, ANA, "a"));
    let (_, marks) = stage.asked("mark").unwrap();
    assert_eq!(marks["channels"][HERE.to_string()], json!({"delivered": 4, "read": 3}));
}
