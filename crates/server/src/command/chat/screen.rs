//! What the person sees: the chat and what is being written, as a screenful of text.

use rialto_domain::{Seq, Timestamp};

use super::editor::Editor;
use super::grid::{Grid, Row, Style};
use super::message::{Look, day, line_rows, name, unsent_rows};
use super::model::channel::{Channel, History};
use super::model::{Chat, Link};
use super::visible;

/// The list of channels is left out of screens narrower than this.
const NARROW: usize = 60;
const LIST_COLUMNS: usize = 26;

/// What the person does with the screen, apart from the chat.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) editor: Editor,
    /// The lowest message in sight; none when that is the newest.
    pub(crate) anchor: Option<Seq>,
    /// Something to be read before going on.
    pub(crate) panel: Option<Panel>,
    pub(crate) look: Look,
    /// Columns and rows.
    pub(crate) size: (u16, u16),
}

/// Lines to be read before going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
}

/// A screenful, and what of the open channel is in sight.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) grid: Grid,
    /// The uppermost line in sight.
    pub(crate) top: Option<Seq>,
    /// The uppermost line in sight is the oldest that is here.
    pub(crate) is_at_oldest: bool,
}

/// Draws.
pub(crate) fn draw(chat: &Chat, view: &View, now: Timestamp) -> Drawn {
    let (columns, rows) = (usize::from(view.size.0).max(20), usize::from(view.size.1).max(5));
    let height = rows - 3;
    let list_columns = if columns < NARROW { 0 } else { LIST_COLUMNS };
    let body_columns = columns - list_columns - usize::from(list_columns > 0);

    let (body, top, is_at_oldest) = match (&view.panel, chat.open()) {
        (Some(panel), _) => (panel_rows(panel, height), None, false),
        (None, Some(channel)) => messages(chat, channel, view, height, body_columns),
        (None, None) => (welcome(chat), None, false),
    };
    let list = if list_columns > 0 { list_rows(chat, height) } else { Vec::new() };

    let mut grid = Grid { rows: vec![header(chat, columns, now)], cursor: (0, 0) };
    for at in 0..height {
        let body = body.get(at).cloned().unwrap_or_default().fitted(body_columns);
        grid.rows.push(if list_columns > 0 {
            list.get(at).cloned().unwrap_or_default().fitted(list_columns).with("│", Style::DIM).beside(body)
        } else {
            body
        });
    }
    grid.rows.push(status(chat, view, now).fitted(columns));
    let (input, cursor) = input(&view.editor, columns);
    grid.rows.push(input);
    grid.cursor = (cursor as u16, (rows - 1) as u16);
    Drawn { grid, top, is_at_oldest }
}

/// The message that is lowest after going one screenful down; none when that is the newest.
pub(crate) fn page_down(chat: &Chat, view: &View) -> Option<Seq> {
    let channel = chat.open()?;
    let (columns, height) = (usize::from(view.size.0).max(20), usize::from(view.size.1).max(5) - 3);
    let body_columns = if columns < NARROW { columns } else { columns - LIST_COLUMNS - 1 };
    let mut taken = 0;
    for (seq, line) in channel.lines.range(view.anchor?.next()..) {
        taken += line_rows(chat, channel, line, &view.look, body_columns).len();
        if taken >= height.saturating_sub(1) {
            return Some(*seq).filter(|seq| channel.lines.last_key_value().is_some_and(|(last, _)| seq < last));
        }
    }
    None
}

fn header(chat: &Chat, columns: usize, now: Timestamp) -> Row {
    let link = match chat.link() {
        Link::Connecting => "connecting…".to_owned(),
        Link::Online => "online".to_owned(),
        Link::Offline { reason, retry_at } => {
            let retry = retry_at.map(|at| format!(", trying again in {} s", at.since(now).div_ceil(1000))).unwrap_or_default();
            format!("OFFLINE{retry}: {}", visible::line(reason))
        }
    };
    let me = chat.me().map(|me| format!(" {}", visible::cut(&visible::line(&me.display_name), 24))).unwrap_or_default();
    let mut left = format!(" rialto{me} · {link}");
    if let Some(channel) = chat.open() {
        let about = match &channel.view.peer {
            Some(peer) => chat.people().presence(peer.id).map(|presence| if presence.online { "online" } else { "not here" }).unwrap_or_default().to_owned(),
            None => format!("{} members", channel.view.members),
        };
        let separator = if about.is_empty() { "" } else { ", " };
        left = format!("{left} · {}{separator}{about}", visible::line(&chat.title(channel)));
    }
    let text = visible::cut(&left, columns);
    let fill = columns - visible::width(&text);
    Row::of(format!("{text}{}", " ".repeat(fill)), Style::REVERSED)
}

fn list_rows(chat: &Chat, height: usize) -> Vec<Row> {
    let open = chat.open().map(Channel::id);
    let list = chat.list();
    let selected = list.iter().position(|channel| Some(channel.id()) == open).unwrap_or(0);
    // The open channel stays in sight.
    let from = (selected + 1).saturating_sub(height);
    let rows = list.iter().enumerate().skip(from).take(height).map(|(at, channel)| {
        let is_open = Some(channel.id()) == open;
        let is_here = channel.view.peer.as_ref().and_then(|peer| chat.people().presence(peer.id)).is_some_and(|presence| presence.online);
        let unread = match (channel.view.unread, channel.view.mentions) {
            (0, _) => String::new(),
            (unread, 0) => format!("({})", at_most_999(unread)),
            (unread, mentions) => format!("({} @{})", at_most_999(unread), at_most_999(mentions)),
        };
        let room = LIST_COLUMNS - 5 - visible::width(&unread) - usize::from(!unread.is_empty());
        let title = visible::cut(&visible::line(&chat.title(channel)), room);
        let style = match (is_open, channel.view.unread > 0, channel.view.flags.archived) {
            (true, ..) => Style::REVERSED,
            (_, true, _) => Style::BOLD,
            (.., true) => Style::DIM,
            _ => Style::PLAIN,
        };
        let sign = if is_open { ">" } else { " " };
        let presence = if is_here { "●" } else { " " };
        Row::of(format!("{sign}{:>2} ", at + 1), Style::DIM)
            .with(presence, Style::PLAIN)
            .with(title, style)
            .fitted(LIST_COLUMNS - visible::width(&unread))
            .with(unread, Style::BOLD)
    });
    rows.collect()
}

fn at_most_999(count: u64) -> String {
    if count > 999 { "999+".to_owned() } else { count.to_string() }
}

/// The messages in sight, from the lowest upwards until the place is full.
fn messages(chat: &Chat, channel: &Channel, view: &View, height: usize, columns: usize) -> (Vec<Row>, Option<Seq>, bool) {
    let mut rows: Vec<Row> = Vec::new();
    if view.anchor.is_none() {
        let unsent: Vec<_> = chat.outbox().of(channel.id()).flat_map(|unsent| unsent_rows(chat, channel, unsent, &view.look, columns)).collect();
        rows.extend(unsent.into_iter().rev().take(height));
    }
    let mut lines = channel.lines.range(..=view.anchor.unwrap_or(Seq(u64::MAX))).rev().peekable();
    let mut top = None;
    while rows.len() < height {
        let Some((seq, line)) = lines.next() else { break };
        top = Some(*seq);
        rows.extend(line_rows(chat, channel, line, &view.look, columns).into_iter().rev());
        let this_day = day(at_of(line), &view.look);
        if lines.peek().is_none_or(|(_, before)| day(at_of(before), &view.look) != this_day) {
            rows.push(Row::of(format!("{:─^columns$}", format!(" {this_day} ")), Style::DIM));
        }
    }
    let is_at_oldest = lines.peek().is_none();
    if is_at_oldest && rows.len() < height {
        let beginning = match channel.history {
            History::Asked => "  loading…",
            History::Unasked | History::More => "  PgUp loads older messages",
            History::Whole if channel.lines.is_empty() => "  nobody has written here yet",
            History::Whole => "",
        };
        rows.push(Row::of(beginning, Style::DIM));
    }
    rows.truncate(height);
    rows.resize(height, Row::default());
    rows.reverse();
    (rows, top, is_at_oldest)
}

fn at_of(line: &super::model::channel::Line) -> Timestamp {
    use super::model::channel::Line;
    match line {
        Line::Message(message) => message.at,
        Line::Note(entry) => entry.at,
    }
}

fn panel_rows(panel: &Panel, height: usize) -> Vec<Row> {
    let mut rows = vec![Row::of(format!("  {}", visible::line(&panel.title)), Style::BOLD), Row::default()];
    let room = height.saturating_sub(4);
    rows.extend(panel.lines.iter().take(room).map(|line| Row::of(format!("  {}", visible::line(line)), Style::PLAIN)));
    if panel.lines.len() > room {
        rows.push(Row::of(format!("  … {} more", panel.lines.len() - room), Style::DIM));
    }
    rows.push(Row::default());
    rows.push(Row::of("  any key goes on", Style::DIM));
    rows
}

fn welcome(chat: &Chat) -> Vec<Row> {
    if chat.me().is_none() {
        return Vec::new();
    }
    let lines = if chat.list().is_empty() {
        [
            "  You are in no channel yet.",
            "",
            "  /direct USER          talk to somebody",
            "  /group TITLE USER…    open a group",
            "  /help                 what else there is",
        ]
        .as_slice()
    } else {
        ["  /open N opens a channel of the list; /help shows what else there is."].as_slice()
    };
    lines.iter().map(|line| Row::of(*line, Style::PLAIN)).collect()
}

fn status(chat: &Chat, view: &View, now: Timestamp) -> Row {
    if view.anchor.is_some() {
        return Row::of("  older messages; PgDn goes on, End shows the newest", Style::DIM);
    }
    let typing: Vec<_> = chat.open().into_iter().flat_map(|channel| channel.typing(now)).map(|user| name(chat, user)).collect();
    match (&typing[..], chat.word()) {
        (_, Some(word)) if word.is_bad => Row::of(format!("! {}", visible::line(&word.text)), Style::BOLD.coloured(1)),
        ([one], _) => Row::of(format!("  {one} is typing…"), Style::DIM),
        ([one, two], _) => Row::of(format!("  {one} and {two} are typing…"), Style::DIM),
        ([_, _, ..], _) => Row::of(format!("  {} people are typing…", typing.len()), Style::DIM),
        ([], Some(word)) => Row::of(format!("  {}", visible::line(&word.text)), Style::DIM),
        ([], None) => Row::default(),
    }
}

/// The line being written, shifted so that the cursor is in sight, and the cursor's column.
fn input(editor: &Editor, columns: usize) -> (Row, usize) {
    const PROMPT: &str = "> ";
    let room = columns - PROMPT.len() - 1;
    let text = visible::line(editor.text());
    let before = visible::width(&visible::line(editor.before_cursor()));
    let skipped = before.saturating_sub(room);
    let mut shown = String::new();
    let (mut at, mut hidden) = (0, 0);
    for letter in unicode_segmentation::UnicodeSegmentation::graphemes(text.as_str(), true) {
        if at < skipped {
            hidden += visible::width(letter);
        } else {
            shown.push_str(letter);
        }
        at += visible::width(letter);
    }
    let row = Row::of(PROMPT, Style::BOLD).with(visible::cut(&shown, room + 1), Style::PLAIN).fitted(columns);
    (row, PROMPT.len() + before.saturating_sub(hidden))
}

#[cfg(test)]
mod tests;
