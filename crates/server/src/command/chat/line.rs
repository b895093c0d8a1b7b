//! A line of a script, understood. See [`HELP`] for what there is.

use rialto_domain::{ChannelId, Seq};
use serde_json::{Value, json};

use super::model::{Chat, Then, Wish};
use super::target::{Target, find};
use super::typed::{first_word, words};

/// How a script talks to the chat.
pub(crate) const HELP: &str = r#"Line mode (--line, or when the input is no terminal):

Input, one command a line. CHANNEL is a number of `list`, an id, @USER, or a title ("in quotes" if it has spaces).
  send CHANNEL TEXT          reply CHANNEL SEQ TEXT     edit CHANNEL SEQ TEXT      delete CHANNEL SEQ
  react CHANNEL SEQ EMOJI    unreact CHANNEL SEQ EMOJI  typing CHANNEL
  history CHANNEL [COUNT]    members CHANNEL            mark CHANNEL [SEQ]
  list                       open CHANNEL               (what comes into the open channel counts as read)
  direct USER                group TITLE USER...        invite CHANNEL USER...     kick CHANNEL USER
  leave CHANNEL              who [USER]                 block USER                 unblock USER
  call COMMAND [JSON]        any command of the protocol, with its data
  quit                       ends once everything is stored (so does the end of the input)

Output, one JSON object a line:
  {"event":"ready","data":{"user":...}}         connected; also after each reconnection
  {"event":"offline","data":{"reason","retry_in_ms"}}
  {"event":"entry","data":{...}}                a log entry: each once, in the order of its channel
  {"event":"positions"|"typing"|"presence"|"channel","data":{...}}   as in the protocol
  {"event":"received"|"stored"|"refused","data":{"client_id","channel",...}}  what becomes of one's messages
  {"line":N,"ok":{...}} or {"line":N,"err":{"code","text"}}   the result of input line N; for send: when it is stored

Ends with 0 when all went well, 1 when there is no connection or log-in, 3 when a line failed or a message is not
stored after --wait seconds. Messages that are not stored are kept and sent the next time."#;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Line {
    /// Nothing.
    Empty,
    /// Something to be done.
    Wish(Wish),
    /// Something that is known here.
    Known(Value),
    /// The end.
    Quit,
}

/// Understands a line; says what is wrong with it when it is none.
pub(crate) fn understand(chat: &Chat, line: &str) -> Result<Line, String> {
    let line = line.trim();
    let (command, rest) = first_word(line);
    let about = |usernames: Vec<String>, then| Ok(Line::Wish(Wish::About { usernames, then }));
    let user = || Some(rest.to_owned()).filter(|user| !user.is_empty() && !user.contains(char::is_whitespace)).ok_or(format!("{command} takes a user name"));
    match command {
        "" => Ok(Line::Empty),
        "quit" => Ok(Line::Quit),
        "list" => Ok(Line::Known(json!({ "channels": chat.list().iter().enumerate().map(|(at, channel)| listed(chat, at, channel)).collect::<Vec<_>>() }))),
        "who" if rest.is_empty() => Ok(Line::Known(serde_json::to_value(chat.me()).unwrap_or_default())),
        "who" => about(vec![user()?], Then::Tell),
        "direct" => about(vec![user()?], Then::Direct { text: None }),
        "block" => about(vec![user()?], Then::Block { on: true }),
        "unblock" => about(vec![user()?], Then::Block { on: false }),
        "group" => match words(rest)?.split_first() {
            Some((title, users)) => about(users.to_vec(), Then::Group { title: title.clone() }),
            None => Err("group takes a title and user names".to_owned()),
        },
        "send" => send(chat, rest),
        "call" => {
            let (name, data) = first_word(rest);
            let data = if data.is_empty() { json!({}) } else { serde_json::from_str(data).map_err(|error| format!("the data is not JSON: {error}"))? };
            if name.is_empty() { Err("call takes the name of a command".to_owned()) } else { Ok(Line::Wish(Wish::Call { name: name.to_owned(), data })) }
        }
        "open" | "reply" | "edit" | "delete" | "react" | "unreact" | "typing" | "history" | "members" | "mark" | "invite" | "kick" | "leave" => {
            let (name, rest) = channel_word(rest)?;
            match find(chat, &name)? {
                Target::Channel(channel) => in_channel(command, channel, rest).map(Line::Wish),
                Target::User(user) => Err(format!("there is no channel with @{user} yet; `direct {user}` opens one")),
            }
        }
        _ => Err(format!("there is no command {command:?}; see `rialto chat --help`")),
    }
}

fn send(chat: &Chat, rest: &str) -> Result<Line, String> {
    let (name, text) = channel_word(rest)?;
    if text.is_empty() {
        return Err("send takes a channel and a text".to_owned());
    }
    let text = text.to_owned();
    Ok(Line::Wish(match find(chat, &name)? {
        Target::Channel(channel) => Wish::Send { channel, text, reply_to: None },
        Target::User(user) => Wish::About { usernames: vec![user], then: Then::Direct { text: Some(text) } },
    }))
}

fn in_channel(command: &str, channel: ChannelId, rest: &str) -> Result<Wish, String> {
    let call = |name: &str, data: Value| Wish::Call { name: name.to_owned(), data };
    let (first, text) = first_word(rest);
    let seq = || first.parse().map(Seq).map_err(|_| format!("{command} takes a channel and the seq of a message"));
    let with_text = || Some(text.to_owned()).filter(|text| !text.is_empty()).ok_or(format!("{command} takes a channel, a seq, and something after it"));
    Ok(match command {
        "open" => Wish::Open(channel),
        "reply" => Wish::Send { channel, reply_to: Some(seq()?), text: with_text()? },
        "edit" => Wish::Edit { channel, target: seq()?, text: with_text()? },
        "delete" => Wish::Delete { channel, target: seq()? },
        "react" | "unreact" => Wish::React { channel, target: seq()?, emoji: with_text()?, on: command == "react" },
        "typing" => call("typing", json!({ "channel": channel })),
        "history" if first.is_empty() => call("history", json!({ "channel": channel })),
        "history" => call("history", json!({ "channel": channel, "limit": first.parse::<u32>().map_err(|_| "history takes a channel and a number")? })),
        "members" => call("channel.members", json!({ "channel": channel })),
        "mark" if first.is_empty() => Wish::Mark { channel, read: None },
        "mark" => Wish::Mark { channel, read: Some(seq()?) },
        "invite" => Wish::About { usernames: words(rest)?, then: Then::Invite(channel) },
        "kick" => Wish::About { usernames: words(rest)?, then: Then::Kick(channel) },
        _ => Wish::Leave(channel),
    })
}

/// The channel that a line begins with, and the rest.
fn channel_word(line: &str) -> Result<(String, &str), String> {
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map(|(name, rest)| (name.to_owned(), rest.trim_start())).ok_or("a quotation mark is missing".to_owned()),
        None => match first_word(line) {
            ("", _) => Err("name a channel".to_owned()),
            (name, rest) => Ok((name.to_owned(), rest)),
        },
    }
}

fn listed(chat: &Chat, at: usize, channel: &super::model::channel::Channel) -> Value {
    let view = &channel.view;
    json!({
        "number": at + 1, "id": view.id, "kind": view.kind, "title": chat.title(channel), "peer": view.peer, "members": view.members,
        "head": view.head, "read": view.read, "unread": view.unread, "mentions": view.mentions,
        "delivered_to_all": view.delivered_to_all, "read_by_all": view.read_by_all,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::chat::model::Happening;
    use crate::command::chat::model::channel::tests::{HERE, view};
    use crate::command::chat::model::tests::ready;
    use rialto_domain::Timestamp;
    use rialto_wire::command::ChannelView;

    fn chat() -> Chat {
        let mut chat = Chat::new(Vec::new(), false);
        chat.handle(Happening::Ready(Box::new(ready(vec![ChannelView { title: Some("my team".into()), ..view(3) }]))), Timestamp(0));
        chat
    }

    fn wish(line: &str) -> Wish {
        match understand(&chat(), line) {
            Ok(Line::Wish(wish)) => wish,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_message_goes_to_a_channel_or_to_a_user() {
        let sent = Wish::Send { channel: HERE, text: "hi  there".into(), reply_to: None };
        assert_eq!(wish("send 1 hi  there"), sent);
        assert_eq!(wish("send \"my team\" hi  there"), sent);
        assert_eq!(wish(&format!("send {HERE} hi  there")), sent);
        assert_eq!(wish("send @ana hi"), Wish::About { usernames: vec!["ana".into()], then: Then::Direct { text: Some("hi".into()) } });
    }

    #[test]
    fn commands_about_messages_take_their_seq() {
        assert_eq!(wish("reply 1 7 yes"), Wish::Send { channel: HERE, text: "yes".into(), reply_to: Some(Seq(7)) });
        assert_eq!(wish("delete 1 7"), Wish::Delete { channel: HERE, target: Seq(7) });
        assert_eq!(wish("unreact 1 7 👍"), Wish::React { channel: HERE, target: Seq(7), emoji: "👍".into(), on: false });
        assert_eq!(wish("mark 1"), Wish::Mark { channel: HERE, read: None });
        assert_eq!(wish("history 1 20"), Wish::Call { name: "history".into(), data: json!({"channel": HERE, "limit": 20}) });
    }

    #[test]
    fn every_command_of_the_protocol_can_be_called() {
        assert_eq!(wish("call settings.get"), Wish::Call { name: "settings.get".into(), data: json!({}) });
        assert_eq!(wish(r#"call receipts {"seq": 3}"#), Wish::Call { name: "receipts".into(), data: json!({"seq": 3}) });
    }

    #[test]
    fn the_list_is_known_here() {
        let Ok(Line::Known(list)) = understand(&chat(), "list") else { panic!("no list") };
        assert_eq!((&list["channels"][0]["title"], &list["channels"][0]["number"]), (&json!("my team"), &json!(1)));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, said) in [
            ("nonsense", "no command"),
            ("send", "name a channel"),
            ("send 1", "a text"),
            ("send 9 hi", "no channel 9"),
            ("send \"my team hi", "quotation mark"),
            ("edit 1 x hi", "seq"),
            ("edit 1 5", "something after it"),
            ("members @bob", "direct bob"),
            ("call", "name of a command"),
            ("call x {", "not JSON"),
            ("direct", "user name"),
        ] {
            let error = understand(&chat(), line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
