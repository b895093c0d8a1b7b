//! What a person typed, understood.

use rialto_domain::Seq;

/// A line of input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Typed {
    /// A message for the open channel.
    Message(String),
    Help,
    List,
    /// A channel by its number in the list or its name.
    Open(String),
    /// A user.
    Direct(String),
    /// A title and users.
    Group(String, Vec<String>),
    Invite(Vec<String>),
    Kick(String),
    Leave,
    History,
    Reply(Seq, String),
    Edit(Seq, String),
    Delete(Seq),
    /// A message, an emoji, and whether it is set.
    React(Seq, String, bool),
    Members,
    /// Oneself, or a user.
    Who(Option<String>),
    /// A user, and whether they are blocked from now on.
    Block(String, bool),
    Sessions,
    Retry,
    Forget,
    Quit,
}

/// Every command: how it is written, and what it does.
pub(crate) const HELP: &[(&str, &str)] = &[
    ("/open N|NAME", "open a channel of the list (also Alt-1…9, Tab)"),
    ("/direct USER", "talk to somebody"),
    ("/group TITLE USER…", "open a group; \"quote a title\" of several words"),
    ("/invite USER…", "bring people into this channel"),
    ("/kick USER", "remove somebody"),
    ("/leave", "leave this channel"),
    ("/reply N TEXT", "answer message N (the number before it)"),
    ("/edit N TEXT", "change your message N"),
    ("/delete N", "delete message N"),
    ("/react N EMOJI", "react to message N; /unreact takes it back"),
    ("/history", "load older messages (also PgUp)"),
    ("/members", "who is in this channel"),
    ("/who [USER]", "who somebody is, or who you are"),
    ("/block USER", "hear no more of somebody; /unblock ends that"),
    ("/sessions", "your log-ins"),
    ("/retry  /forget", "send again, or drop, what was refused"),
    ("/list  /help  /quit", "the channels; this page; leave (also Ctrl-C)"),
    ("//TEXT", "a message that begins with a slash"),
];

/// Understands a line; says what is missing when it is none.
pub(crate) fn understand(line: &str) -> Result<Typed, String> {
    let line = line.trim();
    let Some(command) = line.strip_prefix('/') else { return Ok(Typed::Message(line.to_owned())) };
    if command.starts_with('/') {
        return Ok(Typed::Message(command.to_owned()));
    }
    let (name, rest) = first_word(command);
    let one = |what: &str| {
        let mut words = words(rest)?.into_iter();
        words.next().filter(|_| words.next().is_none()).ok_or_else(|| format!("/{name} takes {what}"))
    };
    let nothing = |typed: Typed| if rest.is_empty() { Ok(typed) } else { Err(format!("/{name} takes nothing after it")) };
    match name {
        "help" | "h" | "?" => nothing(Typed::Help),
        "list" | "ls" => nothing(Typed::List),
        "open" | "o" if !rest.is_empty() => Ok(Typed::Open(unquoted(rest).to_owned())),
        "open" | "o" => Err("/open takes the number or the name of a channel".to_owned()),
        "direct" | "dm" => one("a user name").map(Typed::Direct),
        "group" => match words(rest)?.split_first() {
            Some((title, users)) if !title.is_empty() => Ok(Typed::Group(title.clone(), users.to_vec())),
            _ => Err("/group takes a title and user names".to_owned()),
        },
        "invite" => Some(words(rest)?).filter(|users| !users.is_empty()).map(Typed::Invite).ok_or_else(|| "/invite takes user names".to_owned()),
        "kick" => one("a user name").map(Typed::Kick),
        "leave" => nothing(Typed::Leave),
        "history" => nothing(Typed::History),
        "reply" | "r" => with_text(name, rest).map(|(seq, text)| Typed::Reply(seq, text)),
        "edit" => with_text(name, rest).map(|(seq, text)| Typed::Edit(seq, text)),
        "delete" => number(name, rest).map(|(seq, _)| Typed::Delete(seq)),
        "react" => with_text(name, rest).map(|(seq, emoji)| Typed::React(seq, emoji, true)),
        "unreact" => with_text(name, rest).map(|(seq, emoji)| Typed::React(seq, emoji, false)),
        "members" => nothing(Typed::Members),
        "who" | "whoami" if rest.is_empty() => Ok(Typed::Who(None)),
        "who" => one("a user name").map(|user| Typed::Who(Some(user))),
        "block" => one("a user name").map(|user| Typed::Block(user, true)),
        "unblock" => one("a user name").map(|user| Typed::Block(user, false)),
        "sessions" => nothing(Typed::Sessions),
        "retry" => nothing(Typed::Retry),
        "forget" => nothing(Typed::Forget),
        "quit" | "q" | "exit" => nothing(Typed::Quit),
        "search" => Err("searching is not possible yet".to_owned()),
        _ => Err(format!("there is no /{name}; /help shows what there is")),
    }
}

/// The words of a line; "several words" in quotes are one.
pub(crate) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("a quotation mark is missing")?,
            None => first_word(rest),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

/// The first word of a line, and the rest without the space between.
pub(crate) fn first_word(line: &str) -> (&str, &str) {
    line.split_once(char::is_whitespace).map_or((line, ""), |(word, rest)| (word, rest.trim_start()))
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn number<'a>(name: &str, rest: &'a str) -> Result<(Seq, &'a str), String> {
    let (word, rest) = first_word(rest);
    let seq = word.trim_start_matches('#').parse().map_err(|_| format!("/{name} takes the number before the message"))?;
    Ok((Seq(seq), rest))
}

fn with_text(name: &str, rest: &str) -> Result<(Seq, String), String> {
    let (seq, text) = number(name, rest)?;
    if text.is_empty() { Err(format!("/{name} takes a number and something after it")) } else { Ok((seq, text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_begin_with_a_slash_is_a_message() {
        assert_eq!(understand("  hi /all "), Ok(Typed::Message("hi /all".into())));
        assert_eq!(understand("//etc is a directory"), Ok(Typed::Message("/etc is a directory".into())));
    }

    #[test]
    fn commands_are_understood() {
        assert_eq!(understand("/open 2"), Ok(Typed::Open("2".into())));
        assert_eq!(understand("/open \"my team\""), Ok(Typed::Open("my team".into())));
        assert_eq!(understand("/group \"my team\" ana bob"), Ok(Typed::Group("my team".into(), vec!["ana".into(), "bob".into()])));
        assert_eq!(understand("/reply 12 yes, of course"), Ok(Typed::Reply(Seq(12), "yes, of course".into())));
        assert_eq!(understand("/react #12 👍"), Ok(Typed::React(Seq(12), "👍".into(), true)));
        assert_eq!(understand("/unblock ana"), Ok(Typed::Block("ana".into(), false)));
        assert_eq!(understand("/who"), Ok(Typed::Who(None)));
        assert_eq!(understand("/q"), Ok(Typed::Quit));
    }

    #[test]
    fn what_is_missing_is_said() {
        for (line, said) in [
            ("/nonsense", "there is no /nonsense"),
            ("/open", "number or the name"),
            ("/direct ana bob", "takes a user name"),
            ("/group", "a title"),
            ("/group \"x", "quotation mark"),
            ("/reply yes", "number before the message"),
            ("/reply 5", "something after it"),
            ("/leave now", "nothing after it"),
            ("/search x", "not possible yet"),
        ] {
            assert!(understand(line).unwrap_err().contains(said), "{line}");
        }
    }

    #[test]
    fn every_command_of_the_help_is_understood() {
        for (written, _) in HELP {
            for name in written.split_whitespace().filter(|word| word.starts_with('/') && !word.starts_with("//")) {
                let is_unknown = understand(name).is_err_and(|error| error.contains("there is no"));
                assert!(!is_unknown, "{name}");
            }
        }
    }
}
