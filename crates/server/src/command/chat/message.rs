//! How a message, a note, and what is on its way look.

use jiff::tz::TimeZone;
use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::history::Folded;
use rialto_domain::{Seq, Timestamp, UserId};

use super::grid::{Row, Style};
use super::model::Chat;
use super::model::channel::{Channel, Line, words};
use super::model::outbox::{Stage, Unsent};
use super::visible;

/// Where the text of a message goes on below its first line: behind number and time.
const INDENT: usize = 12;
/// Columns of a name, at most.
const NAME_COLUMNS: usize = 24;
/// Columns of a quoted message, at most.
const QUOTE_COLUMNS: usize = 40;
/// Colours for names; red is left to what went wrong.
const NAME_COLOURS: [u8; 5] = [2, 3, 4, 5, 6];

/// How far one's own message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tick {
    /// Not with the server.
    Sending,
    /// The server has it.
    Received,
    /// It stands in the log.
    Stored,
    /// It reached everybody's devices.
    Delivered,
    /// Everybody has seen it.
    Read,
    /// It was not taken.
    Refused,
}

/// What messages are drawn with.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// Ticks as letters, for terminals without the signs and for eyes that cannot tell them apart.
    pub(crate) letters: bool,
    /// Where the person's clocks are.
    pub(crate) zone: TimeZone,
}

impl Tick {
    /// How far a stored message of one's own has come.
    fn of_stored(channel: &Channel, seq: Seq) -> Self {
        if channel.view.members < 2 {
            Self::Stored
        } else if seq <= channel.view.read_by_all {
            Self::Read
        } else if seq <= channel.view.delivered_to_all {
            Self::Delivered
        } else {
            Self::Stored
        }
    }

    /// How it looks: number and underline of the signs tell the steps apart, no colour does.
    fn span(self, look: &Look) -> (&'static str, Style) {
        if look.letters {
            let letters = match self {
                Self::Sending => "[..]",
                Self::Received => "[rc]",
                Self::Stored => "[st]",
                Self::Delivered => "[dl]",
                Self::Read => "[rd]",
                Self::Refused => "[NO]",
            };
            return (letters, Style::DIM);
        }
        match self {
            Self::Sending => ("◷", Style::DIM),
            Self::Received => ("✓", Style::PLAIN),
            Self::Stored => ("✓", Style::UNDERLINED),
            Self::Delivered => ("✓✓", Style::PLAIN),
            Self::Read => ("✓✓", Style::UNDERLINED),
            Self::Refused => ("✗", Style::BOLD.coloured(1)),
        }
    }
}

/// A line of a channel, in rows of so many columns.
pub(crate) fn line_rows(chat: &Chat, channel: &Channel, line: &Line, look: &Look, columns: usize) -> Vec<Row> {
    match line {
        Line::Message(message) => message_rows(chat, channel, message, look, columns),
        Line::Note(entry) => vec![Row::of(visible::cut(&format!("{:INDENT$}— {} —", "", note(chat, entry)), columns), Style::DIM)],
    }
}

/// The day of a line, as it stands between the days.
pub(crate) fn day(at: Timestamp, look: &Look) -> String {
    local(at, look).map_or_else(String::new, |time| time.strftime("%a %-d %b %Y").to_string())
}

fn message_rows(chat: &Chat, channel: &Channel, message: &Folded, look: &Look, columns: usize) -> Vec<Row> {
    let is_own = chat.me().is_some_and(|me| me.id == message.sender);
    let mut text = match &message.message.body {
        Some(body) => words(body),
        None => "(deleted)".to_owned(),
    };
    for (applies, word) in [(message.edited_at.is_some() && !message.deleted, " (edited)"), (message.pinned, " (pinned)")] {
        if applies {
            text.push_str(word);
        }
    }
    let forwarded = message.message.forwarded_from.map(|from| format!("forwarded from {}: ", name(chat, from))).unwrap_or_default();
    let head = Head {
        number: message.seq.to_string(),
        time: local(message.at, look).map_or_else(String::new, |time| time.strftime("%H:%M").to_string()),
        sender: message.sender,
        is_quiet: message.deleted,
        calls: message.message.mentions.all || chat.me().is_some_and(|me| message.message.mentions.users.contains(&me.id)),
    };
    let mut rows = Vec::new();
    if let Some(quoted) = message.message.reply_to {
        rows.push(Row::of(visible::cut(&quote(chat, channel, quoted), columns), Style::DIM));
    }
    let tick = is_own.then(|| Tick::of_stored(channel, message.seq));
    rows.extend(head.rows(chat, &format!("{forwarded}{text}"), tick, look, columns));
    if !message.reactions.is_empty() {
        let reaction = |reaction: &rialto_domain::history::Reactions| {
            let mine = if reaction.mine { "*" } else { "" };
            format!("{} {}{mine}", visible::line(&reaction.emoji), reaction.count)
        };
        let reactions: Vec<_> = message.reactions.iter().map(reaction).collect();
        rows.push(Row::of(visible::cut(&format!("{:INDENT$}{}", "", reactions.join("  ")), columns), Style::DIM));
    }
    rows
}

/// A message on its way, in rows of so many columns.
pub(crate) fn unsent_rows(chat: &Chat, channel: &Channel, unsent: &Unsent, look: &Look, columns: usize) -> Vec<Row> {
    let Some(me) = chat.me() else { return Vec::new() };
    let tick = match &unsent.stage {
        Stage::Waiting | Stage::Asked => Tick::Sending,
        Stage::Received(_) => Tick::Received,
        Stage::Refused { .. } => Tick::Refused,
    };
    let head = Head { number: String::new(), time: String::new(), sender: me.id, is_quiet: false, calls: false };
    let mut rows: Vec<_> = unsent.reply_to.map(|seq| Row::of(visible::cut(&quote(chat, channel, seq), columns), Style::DIM)).into_iter().collect();
    rows.extend(head.rows(chat, &unsent.text, Some(tick), look, columns));
    if let Stage::Refused { text } = &unsent.stage {
        rows.push(Row::of(visible::cut(&format!("{:INDENT$}not sent: {}", "", visible::line(text)), columns), Style::DIM));
    }
    rows
}

/// What stands before a message.
struct Head {
    number: String,
    time: String,
    sender: UserId,
    is_quiet: bool,
    calls: bool,
}

impl Head {
    fn rows(&self, chat: &Chat, text: &str, tick: Option<Tick>, look: &Look, columns: usize) -> Vec<Row> {
        let Self { number, time, .. } = self;
        let colour = NAME_COLOURS[usize::from(self.sender.as_bytes()[15]) % NAME_COLOURS.len()];
        let mut first = Row::of(format!("{number:>5} {time:<5} "), Style::DIM);
        if self.calls {
            first.push("@ ", Style::BOLD);
        }
        first.push(format!("{}: ", name(chat, self.sender)), Style::BOLD.coloured(colour));
        let style = if self.is_quiet { Style::DIM } else { Style::PLAIN };

        // The first line of the text stands beside the name, the others below it.
        let mut rows = vec![first];
        for (at, line) in visible::lines(text).iter().enumerate() {
            let used = if at == 0 { rows[0].width() } else { INDENT };
            let (beginning, rest) = split(line, columns.saturating_sub(used), columns.saturating_sub(INDENT));
            match rows.first_mut().filter(|_| at == 0) {
                Some(first) => first.push(beginning, style),
                None => rows.push(Row::of(format!("{:INDENT$}{beginning}", ""), style)),
            }
            rows.extend(rest.into_iter().map(|line| Row::of(format!("{:INDENT$}{line}", ""), style)));
        }
        if let (Some((sign, style)), Some(last)) = (tick.map(|tick| tick.span(look)), rows.last_mut()) {
            if last.width() + 1 + visible::width(sign) <= columns {
                last.push(" ", Style::PLAIN);
                last.push(sign, style);
            } else {
                rows.push(Row::of(format!("{:INDENT$}", ""), Style::PLAIN).with(sign, style));
            }
        }
        rows
    }
}

/// A line in a first piece of so many columns, and further ones of so many others.
fn split(line: &str, first: usize, others: usize) -> (String, Vec<String>) {
    let pieces = visible::wrap(line, first);
    let Some((beginning, rest)) = pieces.split_first() else { return Default::default() };
    if visible::width(beginning) > first {
        return (String::new(), visible::wrap(line, others));
    }
    if rest.is_empty() {
        return (beginning.clone(), Vec::new());
    }
    let rest = line.get(beginning.len()..).unwrap_or_default().trim_start();
    (beginning.clone(), visible::wrap(rest, others))
}

fn quote(chat: &Chat, channel: &Channel, seq: Seq) -> String {
    let said = channel.message(seq).map(|message| {
        let text = message.message.body.as_ref().map_or_else(|| "(deleted)".to_owned(), words);
        format!(" {}: {}", name(chat, message.sender), visible::cut(&visible::line(&text), QUOTE_COLUMNS))
    });
    format!("{:INDENT$}↪ {seq}{}", "", said.unwrap_or_default())
}

/// What happened, in words.
fn note(chat: &Chat, entry: &Entry) -> String {
    let who = name(chat, entry.sender);
    match &entry.event {
        Event::Member { users, change } => {
            let others: Vec<_> = users.iter().take(5).map(|user| name(chat, *user)).collect();
            let more = if users.len() > others.len() { format!(" and {} more", users.len() - others.len()) } else { String::new() };
            let others = format!("{}{more}", others.join(", "));
            match change {
                MemberChange::Added { .. } => format!("{who} brought in {others}"),
                MemberChange::Joined => format!("{others} joined"),
                MemberChange::Left => format!("{others} left"),
                MemberChange::Removed => format!("{who} removed {others}"),
                MemberChange::Role { role } => format!("{who} made {others} {}", format!("{role:?}").to_lowercase()),
            }
        }
        Event::Channel(change) => match (&change.created, &change.title, change.deleted) {
            (_, _, true) => format!("{who} deleted the channel"),
            (Some(_), _, _) => format!("{who} opened the channel"),
            (None, Some(title), _) => format!("{who} named it {}", visible::line(title)),
            (None, None, _) => format!("{who} changed the description"),
        },
        _ => String::new(),
    }
}

/// Somebody's name, fit to be shown.
pub(crate) fn name(chat: &Chat, user: UserId) -> String {
    visible::cut(&visible::line(&chat.people().name(user)), NAME_COLUMNS)
}

fn local(at: Timestamp, look: &Look) -> Option<jiff::Zoned> {
    let ms = i64::try_from(at.0).ok()?;
    Some(jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(look.zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(letters: bool) -> Look {
        Look { letters, zone: TimeZone::UTC }
    }

    #[test]
    fn every_step_of_a_message_looks_different_without_colour() {
        use Tick::{Delivered, Read, Received, Refused, Sending, Stored};
        for letters in [false, true] {
            let mut seen: Vec<_> = [Sending, Received, Stored, Delivered, Read, Refused]
                .map(|tick| {
                    let (sign, style) = tick.span(&look(letters));
                    (sign, style.underlined)
                })
                .into();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 6);
        }
    }

    #[test]
    fn a_long_line_goes_on_below_and_loses_nothing() {
        let (first, rest) = split("the quick brown fox jumps", 10, 15);
        assert_eq!((first.as_str(), rest), ("the quick", vec!["brown fox jumps".to_owned()]));
        let (first, rest) = split("日本", 1, 15);
        assert_eq!((first.as_str(), rest), ("", vec!["日本".to_owned()]));
    }
}
