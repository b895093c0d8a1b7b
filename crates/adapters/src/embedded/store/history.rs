//! Messages as people read them, found without reading what lies between.

use std::collections::{HashMap, HashSet};

use rialto_domain::history::{Folded, NAMED_REACTORS, Reactions};
use rialto_domain::log::{Head, Interval, Window};
use rialto_domain::{ChannelId, Seq, UserId};
use rusqlite::params;

use super::column::{Col, get};
use super::fault::Fault;
use super::payload::{Kind, decode_message};
use super::reader::{SeenChannel, View};
use super::row::LogRow;
use super::tail::ChannelKey;

/// Entries read at once while looking for messages, at most.
const CHUNK: u64 = 256;

/// Entries read beyond those that should do: reactions and edits do not lie evenly among the messages.
const SPARE: u64 = 4;

/// A reader's look into a channel.
struct Look<'v, 'r> {
    view: &'v mut View<'r>,
    channel: SeenChannel,
    reader: UserId,
    /// The database is seen as it was when the log ended where `channel` says, or later.
    is_settled: bool,
    /// What the reader may see: ascending, without overlaps, and within the log.
    stretches: Vec<(Seq, Seq)>,
}

/// A page of messages, oldest first.
pub(super) fn page(view: &mut View<'_>, channel: ChannelId, reader: UserId, visible: &[Interval], window: Window, limit: usize) -> Result<Vec<Folded>, Fault> {
    let mut look = Look::new(view, channel, reader, visible)?;
    let end = Seq(u64::MAX);
    let rows = match window {
        Window::Latest => look.back(end, limit)?,
        Window::Before(place) => look.back(place.previous(), limit)?,
        Window::After(place) => look.forward(place.next(), limit)?,
        Window::Around(place) => {
            let mut rows = look.back(place.previous(), limit / 2)?;
            rows.extend(look.forward(place, limit - limit / 2)?);
            rows
        }
    };
    look.fold(channel, rows)
}

/// The pinned messages, oldest first.
pub(super) fn pinned(view: &mut View<'_>, channel: ChannelId, reader: UserId, visible: &[Interval]) -> Result<Vec<Folded>, Fault> {
    let mut look = Look::new(view, channel, reader, visible)?;
    let mut rows = Vec::new();
    for seq in pins(look.view, look.channel.key, Seq(1), look.channel.head.seq)? {
        if look.stretches.iter().any(|(low, high)| (*low..=*high).contains(&seq)) {
            rows.extend(look.messages(seq, seq)?);
        }
    }
    look.fold(channel, rows)
}

impl<'v, 'r> Look<'v, 'r> {
    fn new(view: &'v mut View<'r>, channel: ChannelId, reader: UserId, visible: &[Interval]) -> Result<Self, Fault> {
        let channel = view.channel(channel)?;
        let is_settled = view.is_settled();
        let stretches = stretches(visible, channel.first(), channel.head.seq);
        Ok(Self { view, channel, reader, is_settled, stretches })
    }

    /// At most `most` messages up to a place, the nearest ones, oldest first.
    fn back(&mut self, upto: Seq, most: usize) -> Result<Vec<LogRow>, Fault> {
        let mut found: Vec<LogRow> = Vec::new();
        for (low, high) in self.stretches.clone().into_iter().rev() {
            let mut high = high.min(upto);
            while low <= high && found.len() < most {
                let from = Seq(high.0.saturating_sub(chunk(self.channel.head, most - found.len()) - 1)).max(low);
                let rows = self.rows(from, high)?;
                high = match rows.first() {
                    // Nothing but edits and reactions: on to the message before them.
                    Some(first) if !rows.iter().any(|row| row.kind.is_message()) => match first.n {
                        0 => Seq::ZERO,
                        n => self.view.places().nth_message(self.channel.key, n, self.channel.first(), from)?.min(from.previous()),
                    },
                    _ => from.previous(),
                };
                found.extend(self.shown(rows)?.into_iter().rev());
            }
        }
        found.truncate(most);
        found.reverse();
        Ok(found)
    }

    /// The rows `low..=high`, from memory if they are among the last ones and were read lately.
    fn rows(&self, low: Seq, high: Seq) -> Result<Vec<LogRow>, Fault> {
        let SeenChannel { key, head, .. } = self.channel;
        let latest = &self.view.shared.latest;
        if let Some(rows) = latest.find(key, head.seq, low, high) {
            return Ok(rows);
        }
        let rows = self.view.places().rows(key, low, high)?;
        if self.is_settled && rows.last().is_some_and(|last| last.seq == head.seq) {
            latest.keep(key, &rows);
        }
        Ok(rows)
    }

    /// At most `most` messages from a place on, the nearest ones, oldest first.
    fn forward(&mut self, from: Seq, most: usize) -> Result<Vec<LogRow>, Fault> {
        let mut found: Vec<LogRow> = Vec::new();
        for (low, high) in self.stretches.clone() {
            let mut low = low.max(from);
            while low <= high && found.len() < most {
                let upto = Seq(low.0.saturating_add(chunk(self.channel.head, most - found.len()) - 1)).min(high);
                let rows = self.view.places().rows(self.channel.key, low, upto)?;
                low = match rows.last() {
                    Some(last) if upto < high && !rows.iter().any(|row| row.kind.is_message()) => {
                        self.view.places().nth_message(self.channel.key, last.n + 1, upto.next(), high)?
                    }
                    _ => upto.next(),
                };
                found.extend(self.shown(rows)?);
            }
        }
        found.truncate(most);
        Ok(found)
    }

    fn messages(&self, low: Seq, high: Seq) -> Result<Vec<LogRow>, Fault> {
        self.shown(self.view.places().rows(self.channel.key, low, high)?)
    }

    /// The messages among rows, without those that the reader deleted for themselves.
    fn shown(&self, mut rows: Vec<LogRow>) -> Result<Vec<LogRow>, Fault> {
        rows.retain(|row| row.kind.is_message());
        if let [first, .., last] | [first @ last] = &rows[..] {
            let hidden = hidden(self.view, self.channel.key, self.reader, first.seq, last.seq)?;
            rows.retain(|row| !hidden.contains(&row.seq));
        }
        Ok(rows)
    }

    /// Folds reactions and pins in.
    fn fold(&mut self, channel: ChannelId, rows: Vec<LogRow>) -> Result<Vec<Folded>, Fault> {
        let (Some(low), Some(high)) = (rows.first().map(|row| row.seq), rows.last().map(|row| row.seq)) else { return Ok(Vec::new()) };
        let key = self.channel.key;
        let pinned = pins(self.view, key, low, high)?;
        let mut reactions = reactions(self.view, key, self.reader, low, high)?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            messages.push(Folded {
                channel,
                seq: row.seq,
                at: row.at,
                sender: self.view.person(row.sender)?,
                client_id: row.client_id,
                n: row.n,
                edited_at: row.edited_at,
                deleted: row.kind == Kind::Erased,
                pinned: pinned.contains(&row.seq),
                message: decode_message(row.kind, row.payload)?,
                reactions: reactions.remove(&row.seq).unwrap_or_default(),
            });
        }
        Ok(messages)
    }
}

/// How many entries to read at once to find so many messages, where a log has as many of both as its head tells.
fn chunk(head: Head, most: usize) -> u64 {
    let expected = (most as u64).saturating_mul(head.seq.0).div_ceil(head.n.max(1));
    expected.saturating_add(SPARE).min(CHUNK)
}

/// What intervals show of `first..=last`: ascending, and without overlaps.
fn stretches(visible: &[Interval], first: Seq, last: Seq) -> Vec<(Seq, Seq)> {
    let mut clipped: Vec<_> = visible.iter().filter_map(|interval| interval.overlap(first, last)).collect();
    clipped.sort_unstable();
    let mut stretches: Vec<(Seq, Seq)> = Vec::with_capacity(clipped.len());
    for (low, high) in clipped {
        match stretches.last_mut() {
            Some(before) if low <= before.1.next() => before.1 = before.1.max(high),
            _ => stretches.push((low, high)),
        }
    }
    stretches
}

/// What a reader deleted for themselves in `low..=high`.
pub(super) fn hidden(view: &View<'_>, channel: ChannelKey, reader: UserId, low: Seq, high: Seq) -> Result<HashSet<Seq>, Fault> {
    let mut select = view.sql.prepare_cached("SELECT seq FROM hidden WHERE channel = ?1 AND user = ?2 AND seq BETWEEN ?3 AND ?4")?;
    let seqs = select.query_map(params![channel, Col(reader), Col(low), Col(high)], |row| get(row, 0))?;
    Ok(seqs.collect::<Result<_, _>>()?)
}

fn pins(view: &View<'_>, channel: ChannelKey, low: Seq, high: Seq) -> Result<Vec<Seq>, Fault> {
    let mut select = view.sql.prepare_cached("SELECT seq FROM pin WHERE channel = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq")?;
    let seqs = select.query_map(params![channel, Col(low), Col(high)], |row| get(row, 0))?;
    Ok(seqs.collect::<Result<_, _>>()?)
}

/// The reactions on each of `low..=high`, in the order of their emoji.
fn reactions(view: &View<'_>, channel: ChannelKey, reader: UserId, low: Seq, high: Seq) -> Result<HashMap<Seq, Vec<Reactions>>, Fault> {
    let mut select = view.sql.prepare_cached(
        "SELECT target, emoji, count,
                EXISTS (SELECT 1 FROM reaction r WHERE (r.channel, r.target, r.emoji, r.user) = (t.channel, t.target, t.emoji, ?4))
         FROM tally t WHERE channel = ?1 AND target BETWEEN ?2 AND ?3 ORDER BY target, emoji",
    )?;
    let mut name = view.sql.prepare_cached("SELECT user FROM reaction WHERE channel = ?1 AND target = ?2 AND emoji = ?3 ORDER BY user LIMIT ?4")?;
    let mut reactions: HashMap<Seq, Vec<Reactions>> = HashMap::new();
    let mut rows = select.query(params![channel, Col(low), Col(high), Col(reader)])?;
    while let Some(row) = rows.next()? {
        let (target, emoji): (Seq, String) = (get(row, 0)?, row.get(1)?);
        let users = name.query_map(params![channel, Col(target), emoji, NAMED_REACTORS as i64], |row| get(row, 0))?.collect::<Result<_, _>>()?;
        reactions.entry(target).or_default().push(Reactions { emoji, count: get(row, 2)?, mine: row.get(3)?, users });
    }
    Ok(reactions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_visible_is_put_in_order_and_clipped_to_the_log() {
        let interval = |from, to: Option<u64>| Interval { from: Seq(from), to: to.map(Seq) };
        let visible = [interval(8, None), interval(1, Some(3)), interval(3, Some(4)), interval(20, None)];
        assert_eq!(stretches(&visible, Seq(2), Seq(9)), [(Seq(2), Seq(4)), (Seq(8), Seq(9))]);
        assert_eq!(stretches(&visible, Seq(1), Seq::ZERO), []);
    }

    #[test]
    fn as_many_entries_are_read_as_the_log_has_for_so_many_messages() {
        let read = |seq, n, most| chunk(Head { seq: Seq(seq), n, ..Head::default() }, most);
        assert_eq!([read(1_000, 1_000, 50), read(1_000, 500, 50), read(1_000, 10, 50)], [54, 104, CHUNK]);
        assert_eq!([read(0, 0, 50), read(7, 0, 50), read(u64::MAX, 1, usize::MAX)], [SPARE, CHUNK, CHUNK]);
    }
}
