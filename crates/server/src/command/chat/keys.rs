//! What the person's keys do.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rialto_domain::{ChannelId, Seq};

use super::editor::Reach;
use super::model::channel::Channel;
use super::model::{Chat, Then, Wish};
use super::screen::{Drawn, Panel, View, page_down};
use super::target::{Target, find};
use super::typed::{HELP, Typed, understand};
use super::visible;

/// What a key brought about, besides changing the view.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
    /// Nothing.
    Nothing,
    /// A wish.
    Wish(Wish),
    /// Something to be said to the person.
    Say(String),
    /// The wish to leave.
    Quit,
}

/// Does what an event of the terminal asks for. `drawn` is what the person sees.
pub(crate) fn press(view: &mut View, chat: &Chat, drawn: Option<&Drawn>, event: &Event) -> Done {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_pressed(view, chat, drawn, *key),
        Event::Paste(text) => {
            view.editor.insert(text);
            Done::Nothing
        }
        _ => Done::Nothing,
    }
}

fn key_pressed(view: &mut View, chat: &Chat, drawn: Option<&Drawn>, key: KeyEvent) -> Done {
    let (control, alt) = (key.modifiers.contains(KeyModifiers::CONTROL), key.modifiers.contains(KeyModifiers::ALT));
    if control && key.code == KeyCode::Char('c') {
        return Done::Quit;
    }
    if view.panel.take().is_some() {
        return Done::Nothing;
    }
    let reach = if control || alt { Reach::Word } else { Reach::Letter };
    let editor = &mut view.editor;
    match key.code {
        KeyCode::Enter => return enter(view, chat),
        KeyCode::PageUp => return page_up(view, chat, drawn),
        KeyCode::PageDown => view.anchor = page_down(chat, view),
        KeyCode::End if view.anchor.is_some() => view.anchor = None,
        KeyCode::Esc => view.anchor = None,
        KeyCode::Tab => return neighbour(view, chat, 1),
        KeyCode::BackTab => return neighbour(view, chat, -1),
        KeyCode::Char(digit @ '1'..='9') if alt => return open(view, chat, &digit.to_string()),
        KeyCode::Char('d') if control && editor.text().is_empty() => return Done::Quit,
        KeyCode::Char('a') if control => editor.left(Reach::Line),
        KeyCode::Char('e') if control => editor.right(Reach::Line),
        KeyCode::Char('u') if control => editor.delete_left(Reach::Line),
        KeyCode::Char('k') if control => editor.delete_right(Reach::Line),
        KeyCode::Char('w') if control => editor.delete_left(Reach::Word),
        KeyCode::Char('d') if control => editor.delete_right(Reach::Letter),
        KeyCode::Char('b') if alt => editor.left(Reach::Word),
        KeyCode::Char('f') if alt => editor.right(Reach::Word),
        KeyCode::Left => editor.left(reach),
        KeyCode::Right => editor.right(reach),
        KeyCode::Home => editor.left(Reach::Line),
        KeyCode::End => editor.right(Reach::Line),
        KeyCode::Backspace => editor.delete_left(reach),
        KeyCode::Delete => editor.delete_right(reach),
        KeyCode::Up => editor.older(),
        KeyCode::Down => editor.newer(),
        KeyCode::Char(letter) if !control && !alt => {
            editor.insert(letter.encode_utf8(&mut [0; 4]));
            let is_message = !editor.text().starts_with('/');
            return chat.open().filter(|_| is_message).map_or(Done::Nothing, |channel| Done::Wish(Wish::Typing(channel.id())));
        }
        _ => {}
    }
    Done::Nothing
}

fn enter(view: &mut View, chat: &Chat) -> Done {
    if view.editor.text().trim().is_empty() {
        return Done::Nothing;
    }
    match understand(&view.editor.take()) {
        Ok(typed) => obey(view, chat, typed),
        Err(missing) => Done::Say(missing),
    }
}

fn obey(view: &mut View, chat: &Chat, typed: Typed) -> Done {
    let about = |usernames: Vec<String>, then| Done::Wish(Wish::About { usernames, then });
    let here = |wish: &dyn Fn(ChannelId) -> Wish| match chat.open() {
        Some(channel) => Done::Wish(wish(channel.id())),
        None => Done::Say("open a channel first: /list shows them, /direct USER begins one".to_owned()),
    };
    match typed {
        Typed::Message(text) => {
            view.anchor = None;
            here(&|channel| Wish::Send { channel, text: text.clone(), reply_to: None })
        }
        Typed::Reply(seq, text) => {
            view.anchor = None;
            here(&|channel| Wish::Send { channel, text: text.clone(), reply_to: Some(seq) })
        }
        Typed::Edit(target, text) => here(&|channel| Wish::Edit { channel, target, text: text.clone() }),
        Typed::Delete(target) => here(&|channel| Wish::Delete { channel, target }),
        Typed::React(target, emoji, on) => here(&|channel| Wish::React { channel, target, emoji: emoji.clone(), on }),
        Typed::Invite(users) => here(&|channel| Wish::About { usernames: users.clone(), then: Then::Invite(channel) }),
        Typed::Kick(user) => here(&|channel| Wish::About { usernames: vec![user.clone()], then: Then::Kick(channel) }),
        Typed::Leave => here(&Wish::Leave),
        Typed::Members => here(&Wish::Members),
        Typed::History => here(&Wish::Older),
        Typed::Open(name) => open(view, chat, &name),
        Typed::Direct(user) => about(vec![user], Then::Direct { text: None }),
        Typed::Group(title, users) => about(users, Then::Group { title }),
        Typed::Block(user, on) => about(vec![user], Then::Block { on }),
        Typed::Who(Some(user)) => about(vec![user], Then::Tell),
        Typed::Who(None) => Done::Say(chat.me().map_or_else(
            || "nobody yet".to_owned(),
            |me| {
                let username = me.username.as_ref().map_or_else(String::new, |name| format!(", @{name}"));
                format!("you are {}{username}", me.display_name)
            },
        )),
        Typed::Sessions => Done::Wish(Wish::Sessions),
        Typed::Retry => Done::Wish(Wish::Retry),
        Typed::Forget => Done::Wish(Wish::Forget),
        Typed::Help => show(view, "commands", HELP.iter().map(|(written, about)| format!("{written:<24}{about}")).collect()),
        Typed::List => show(view, "channels", chat.list().iter().enumerate().map(|(at, channel)| list_line(chat, at, channel)).collect()),
        Typed::Quit => Done::Quit,
    }
}

fn list_line(chat: &Chat, at: usize, channel: &Channel) -> String {
    let unread = if channel.view.unread > 0 { format!("  {} unread", channel.view.unread) } else { String::new() };
    let kind = format!("{:?}", channel.view.kind).to_lowercase();
    format!("{:>3}  {}  ({kind}, {} members){unread}", at + 1, visible::line(&chat.title(channel)), channel.view.members)
}

fn show(view: &mut View, title: &str, lines: Vec<String>) -> Done {
    view.panel = Some(Panel { title: title.to_owned(), lines });
    Done::Nothing
}

fn open(view: &mut View, chat: &Chat, name: &str) -> Done {
    match find(chat, name) {
        Ok(Target::Channel(channel)) => {
            view.anchor = None;
            Done::Wish(Wish::Open(channel))
        }
        Ok(Target::User(user)) => Done::Wish(Wish::About { usernames: vec![user], then: Then::Direct { text: None } }),
        Err(why) => Done::Say(why),
    }
}

/// Opens the next channel of the list, or the one before.
fn neighbour(view: &mut View, chat: &Chat, step: isize) -> Done {
    let list = chat.list();
    let Some(open) = chat.open().and_then(|open| list.iter().position(|channel| channel.id() == open.id())) else {
        return list.first().map_or(Done::Nothing, |first| Done::Wish(Wish::Open(first.id())));
    };
    let next = (open as isize + step).rem_euclid(list.len() as isize) as usize;
    view.anchor = None;
    Done::Wish(Wish::Open(list[next].id()))
}

/// Goes up one screenful; at the oldest message that is here, older ones are loaded.
fn page_up(view: &mut View, chat: &Chat, drawn: Option<&Drawn>) -> Done {
    let Some((channel, drawn)) = chat.open().zip(drawn) else { return Done::Nothing };
    if drawn.is_at_oldest {
        return Done::Wish(Wish::Older(channel.id()));
    }
    let is_stuck = |top: Seq| view.anchor == Some(top);
    // A message taller than the screen must not hold one up.
    view.anchor = match drawn.top {
        Some(top) if is_stuck(top) => channel.lines.range(..top).next_back().map(|(seq, _)| *seq),
        top => top,
    };
    Done::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::chat::editor::Editor;
    use crate::command::chat::message::Look;
    use crate::command::chat::model::Happening;
    use crate::command::chat::model::channel::tests::{HERE, view as channel_view};
    use crate::command::chat::model::tests::ready;
    use jiff::tz::TimeZone;
    use rialto_domain::Timestamp;
    use rialto_wire::command::ChannelView;

    const THERE: ChannelId = ChannelId::from_bytes([8; 16]);

    fn chat() -> Chat {
        let mut chat = Chat::new(Vec::new(), true);
        chat.handle(
            Happening::Ready(Box::new(ready(vec![
                channel_view(3),
                ChannelView { id: THERE, title: Some("other".into()), active_at: Timestamp(0), ..channel_view(3) },
            ]))),
            Timestamp(0),
        );
        chat
    }

    fn view() -> View {
        View { editor: Editor::default(), anchor: None, panel: None, look: Look { letters: true, zone: TimeZone::UTC }, size: (80, 24) }
    }

    fn key(view: &mut View, code: KeyCode, modifiers: KeyModifiers) -> Done {
        press(view, &chat(), None, &Event::Key(KeyEvent::new(code, modifiers)))
    }

    fn enter_line(view: &mut View, line: &str) -> Done {
        view.editor.insert(line);
        key(view, KeyCode::Enter, KeyModifiers::NONE)
    }

    #[test]
    fn a_line_is_sent_and_the_editor_is_empty_after_it() {
        let mut view = view();
        assert_eq!(enter_line(&mut view, "hi"), Done::Wish(Wish::Send { channel: HERE, text: "hi".into(), reply_to: None }));
        assert_eq!(view.editor.text(), "");
        assert_eq!(enter_line(&mut view, "   "), Done::Nothing);
    }

    #[test]
    fn commands_become_wishes_for_the_open_channel() {
        let mut view = view();
        assert_eq!(enter_line(&mut view, "/reply 2 yes"), Done::Wish(Wish::Send { channel: HERE, text: "yes".into(), reply_to: Some(Seq(2)) }));
        assert_eq!(enter_line(&mut view, "/open other"), Done::Wish(Wish::Open(THERE)));
        assert_eq!(enter_line(&mut view, "/leave"), Done::Wish(Wish::Leave(HERE)));
        assert!(matches!(enter_line(&mut view, "/open nothing"), Done::Say(_)));
        assert_eq!(enter_line(&mut view, "/quit"), Done::Quit);
    }

    #[test]
    fn tab_and_numbers_go_through_the_list() {
        let mut view = view();
        assert_eq!(key(&mut view, KeyCode::Tab, KeyModifiers::NONE), Done::Wish(Wish::Open(THERE)));
        assert_eq!(key(&mut view, KeyCode::BackTab, KeyModifiers::SHIFT), Done::Wish(Wish::Open(THERE)));
        assert_eq!(key(&mut view, KeyCode::Char('1'), KeyModifiers::ALT), Done::Wish(Wish::Open(HERE)));
    }

    #[test]
    fn help_stays_until_a_key_and_that_key_writes_nothing() {
        let mut view = view();
        enter_line(&mut view, "/help");
        assert!(view.panel.is_some());
        key(&mut view, KeyCode::Char('x'), KeyModifiers::NONE);
        assert!(view.panel.is_none());
        assert_eq!(view.editor.text(), "");
    }

    #[test]
    fn writing_a_message_tells_that_one_is_typing_and_a_command_does_not() {
        let mut view = view();
        assert_eq!(key(&mut view, KeyCode::Char('h'), KeyModifiers::NONE), Done::Wish(Wish::Typing(HERE)));
        view.editor.take();
        assert_eq!(key(&mut view, KeyCode::Char('/'), KeyModifiers::NONE), Done::Nothing);
        assert_eq!(key(&mut view, KeyCode::Char('h'), KeyModifiers::NONE), Done::Nothing);
    }

    #[test]
    fn control_keys_edit_and_leave() {
        let mut view = view();
        view.editor.insert("one two");
        key(&mut view, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(view.editor.text(), "one ");
        assert_eq!(key(&mut view, KeyCode::Char('d'), KeyModifiers::CONTROL), Done::Nothing);
        key(&mut view, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert_eq!(key(&mut view, KeyCode::Char('d'), KeyModifiers::CONTROL), Done::Quit);
        assert_eq!(key(&mut view, KeyCode::Char('c'), KeyModifiers::CONTROL), Done::Quit);
    }
}
