use super::*;
use crate::client::Event;
use crate::command::chat::model::channel::tests::{ANA, HERE, ME, folded, said, view as channel_view};
use crate::command::chat::model::tests::ready;
use crate::command::chat::model::{Effect, Happening, Wish};
use jiff::tz::TimeZone;
use rialto_domain::entry::{Content, Entry, Message};
use rialto_domain::history::{Folded, Reactions};
use rialto_domain::presence::{Presence, UserPresence};
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, ClientId, UserId};
use rialto_wire::command::{ChannelView, Ready};
use rialto_wire::event::Typing;

/// 2025-11-21 14:03:00 UTC.
const NOW: Timestamp = Timestamp(1_763_733_780_000);

fn profile(id: UserId, name: &str) -> Profile {
    Profile { id, username: None, display_name: name.to_owned() }
}

fn at_noon(seq: u64, sender: UserId, text: &str) -> Folded {
    Folded { at: NOW, message: Message { body: Some(Content::Text(text.into())), ..Message::default() }, ..folded(seq, sender) }
}

fn chat(channels: Vec<ChannelView>, messages: Vec<Folded>) -> Chat {
    let mut chat = Chat::new(Vec::new(), true);
    chat.handle(Happening::Opened(1), NOW);
    let ready = Ready { server_time: NOW, user: profile(ME, "Me"), ..ready(channels) };
    let effects = chat.handle(Happening::Ready(Box::new(ready)), NOW);
    for effect in effects {
        let Effect::Ask { number, name, .. } = effect else { continue };
        let answer = match &*name {
            "history" => serde_json::json!({ "messages": messages }),
            "channel.members" => serde_json::json!({"members": [{"id": ANA, "display_name": "Ana", "role": "member", "delivered": 0, "read": 0}]}),
            _ => continue,
        };
        chat.handle(Happening::Answered { number, result: Ok(serde_json::value::to_raw_value(&answer).unwrap()) }, NOW);
    }
    chat
}

fn view(columns: u16, rows: u16) -> View {
    let look = Look { letters: true, zone: TimeZone::UTC };
    View { editor: Editor::default(), anchor: None, panel: None, look, size: (columns, rows) }
}

fn shown(chat: &Chat, view: &View) -> String {
    let rows = draw(chat, view, NOW).grid.rows;
    rows.iter().map(|row| row.text().trim_end().to_owned() + "\n").collect()
}

fn group(unread: u64, mentions: u64) -> ChannelView {
    ChannelView { unread, mentions, read: Seq(0), delivered_to_all: Seq(2), read_by_all: Seq(1), ..channel_view(3) }
}

#[test]
fn a_conversation_looks_like_one() {
    let reaction = Reactions { emoji: "👍".into(), count: 2, mine: true, users: vec![ANA, ME] };
    let messages = vec![
        at_noon(1, ME, "hello"),
        Folded { reactions: vec![reaction], ..at_noon(2, ME, "is anybody there, or am I talking to the bridge again?") },
        Folded { message: Message { reply_to: Some(Seq(1)), ..at_noon(3, ANA, "hi!").message }, ..at_noon(3, ANA, "") },
    ];
    let mut chat = chat(vec![group(0, 0)], messages);
    let send = Wish::Send { channel: HERE, text: "good".into(), reply_to: None };
    chat.handle(Happening::Wished { wish: send, tag: None, client_id: ClientId::from_bytes([5; 16]) }, NOW);
    chat.handle(Happening::Heard(Event::Typing(Typing { channel: HERE, user: ANA })), NOW);
    let mut view = view(72, 14);
    view.editor.insert("and n");
    let expected = [
        " rialto Me · online · team, 2 members",
        "> 1  team                 │",
        "                          │",
        "                          │",
        "                          │────────────── Fri 21 Nov 2025 ──────────────",
        "                          │    1 14:03 Me: hello [rd]",
        "                          │    2 14:03 Me: is anybody there, or am I",
        "                          │            talking to the bridge again? [dl]",
        "                          │            👍 2*",
        "                          │            ↪ 1 Me: hello",
        "                          │    3 14:03 Ana: hi!",
        "                          │            Me: good [..]",
        "  Ana is typing…",
        "> and n",
    ];
    assert_eq!(shown(&chat, &view).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn unread_and_mentions_stand_beside_the_channel() {
    let quiet = ChannelView { id: ChannelId::from_bytes([8; 16]), title: Some("quiet".into()), active_at: Timestamp(0), ..channel_view(0) };
    let loud =
        ChannelView { id: ChannelId::from_bytes([9; 16]), title: Some("a title much too long for the list".into()), active_at: Timestamp(0), ..group(1200, 3) };
    let chat = chat(vec![channel_view(3), quiet, loud], Vec::new());
    let text = shown(&chat, &view(80, 10));
    let rows: Vec<_> = text.lines().collect();
    assert!(rows[1].starts_with("> 1  team                 │"), "{text}");
    assert!(rows[2].starts_with("  2  quiet                │"), "{text}");
    assert!(rows[3].starts_with("  3  a title mu… (999+ @3)│"), "{text}");
}

#[test]
fn hostile_names_titles_and_texts_cannot_leave_their_place() {
    let evil = "\u{1b}[2J\u{1b}]0;pwned\u{7}\u{202e}evil\r\n";
    let channels = vec![ChannelView { title: Some(evil.into()), peer: Some(profile(ANA, evil)), ..channel_view(3) }];
    let mut chat = chat(channels, vec![at_noon(1, ANA, evil), at_noon(2, ANA, &"\u{301}".repeat(500))]);
    chat.say(evil, true);
    let mut view = view(80, 12);
    for panel in [None, Some(Panel { title: evil.into(), lines: vec![evil.into()] })] {
        view.panel = panel;
        for row in draw(&chat, &view, NOW).grid.rows {
            assert_eq!(row.width(), 80);
            assert!(!row.text().chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{row:?}");
        }
    }
}

#[test]
fn every_size_is_filled_exactly() {
    let messages = (1..40).map(|seq| at_noon(seq, ANA, &"日本 words ".repeat(seq as usize % 7))).collect();
    let chat = chat(vec![channel_view(40)], messages);
    for columns in [20, 33, 59, 60, 61, 200] {
        for rows in [5, 6, 24, 80] {
            let grid = draw(&chat, &view(columns, rows), NOW).grid;
            assert_eq!(grid.rows.len(), usize::from(rows));
            for row in &grid.rows {
                assert_eq!(row.width(), usize::from(columns), "{columns}x{rows} {:?}", row.text());
            }
            assert!(grid.cursor.0 < columns && grid.cursor.1 < rows);
        }
    }
    draw(&chat, &view(0, 0), NOW);
}

#[test]
fn going_up_and_down_passes_every_message() {
    let messages = (1..=50).map(|seq| at_noon(seq, ANA, "words")).collect();
    let chat = chat(vec![channel_view(50)], messages);
    let mut view = view(80, 13);
    let mut seen = std::collections::BTreeSet::new();
    let note = |drawn: &Drawn, seen: &mut std::collections::BTreeSet<u64>| {
        let numbers = drawn.grid.rows.iter().filter_map(|row| row.text().split('│').nth(1)?.split_whitespace().next()?.parse::<u64>().ok());
        seen.extend(numbers);
    };
    loop {
        let drawn = draw(&chat, &view, NOW);
        note(&drawn, &mut seen);
        if drawn.is_at_oldest {
            break;
        }
        view.anchor = drawn.top;
    }
    assert_eq!(seen.len(), 50);
    seen.clear();
    while view.anchor.is_some() {
        note(&draw(&chat, &view, NOW), &mut seen);
        view.anchor = page_down(&chat, &view);
    }
    note(&draw(&chat, &view, NOW), &mut seen);
    assert_eq!(seen.len(), 50);
}

#[test]
fn a_long_line_being_written_shows_the_cursor() {
    let chat = chat(vec![channel_view(3)], Vec::new());
    let mut view = view(30, 6);
    view.editor.insert(&"word ".repeat(20));
    let drawn = draw(&chat, &view, NOW);
    assert!(drawn.grid.cursor.0 < 30);
    view.editor.left(crate::command::chat::editor::Reach::Line);
    assert_eq!(draw(&chat, &view, NOW).grid.cursor, (2, 5));
}

#[test]
fn presence_and_the_lost_connection_are_said_in_words() {
    let direct = ChannelView { title: None, peer: Some(profile(ANA, "Ana")), ..channel_view(3) };
    let mut chat = chat(vec![direct], Vec::new());
    let presence = UserPresence { user: ANA, presence: Presence { online: true, last_seen: None } };
    chat.handle(Happening::Heard(Event::Presence(presence)), NOW);
    let text = shown(&chat, &view(80, 8));
    assert!(text.contains("Ana, online") && text.contains("> 1 ●Ana"), "{text}");
    chat.handle(Happening::Offline { reason: "the server fell silent".into(), retry_in_ms: Some(2_500) }, NOW);
    let text = shown(&chat, &view(80, 8));
    assert!(text.contains("OFFLINE, trying again in 3 s: the server fell silent"), "{text}");
}

#[test]
fn somebody_new_is_told_what_to_do() {
    let text = shown(&chat(Vec::new(), Vec::new()), &view(80, 12));
    assert!(text.contains("You are in no channel yet.") && text.contains("/direct USER"), "{text}");
}

#[test]
fn notes_and_changes_that_come_live_are_shown() {
    let mut chat = chat(vec![channel_view(3)], vec![at_noon(3, ANA, "hi")]);
    let change = rialto_domain::entry::MemberChange::Added { role: rialto_domain::channel::Role::Member };
    let note = Entry { at: NOW, ..said(4, ANA, "") };
    let note = Entry { event: rialto_domain::entry::Event::Member { users: vec![ME], change }, ..note };
    chat.handle(Happening::Heard(Event::Entry(Box::new(note))), NOW);
    let text = shown(&chat, &view(80, 10));
    assert!(text.contains("— Ana brought in Me —"), "{text}");
}
