//! The log behind its port.

use async_trait::async_trait;
use rialto_domain::apply::Facts;
use rialto_domain::channel::{About, Channel};
use rialto_domain::entry::{Entry, Event, Message};
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{Append, ChannelLog, Lookup, Newest, PortResult};
use rialto_domain::{ChannelId, UserId};

use super::append::{self, Prepared};
use super::fault::Fault;
use super::job::Guard;
use super::payload::{Kind, Payload, decode_message};
use super::reader::{SeenChannel, View};
use super::row::LogRow;
use super::tail::ChannelKey;
use super::{Store, facts, history, member};

/// Entries read at once.
const CHUNK: u64 = 512;

/// Look-ups that are answered at once; more would take too long for that.
const FEW_LOOKUPS: usize = 64;

#[async_trait]
impl ChannelLog for Store {
    async fn load(&self, channel: ChannelId) -> PortResult<Channel> {
        self.read(move |view| load(view, channel)).await
    }

    async fn facts(&self, lookups: &[Lookup]) -> PortResult<Vec<Facts>> {
        let (lookups, is_small) = (lookups.to_vec(), lookups.len() <= FEW_LOOKUPS);
        let ask = move |view: &mut View<'_>| facts::all(view, &lookups);
        if is_small { self.read(ask).await } else { self.read_beside(ask).await }
    }

    async fn append(&self, batch: Vec<Append>) -> PortResult<()> {
        let salt = self.salt();
        let batch = batch.into_iter().map(|append| Prepared::new(append, salt)).collect::<Result<Vec<_>, Fault>>()?;
        let weight = batch.iter().map(Prepared::weight).sum();
        self.write(Guard::Checks, weight, move |group| append::append(group, batch)).await
    }

    async fn entries(&self, channel: ChannelId, reader: UserId, from: Seq, to: Seq, limit: usize) -> PortResult<Vec<Entry>> {
        self.read(move |view| entries(view, channel, reader, from, to, limit)).await
    }

    async fn history(&self, channel: ChannelId, reader: UserId, visible: &[Interval], window: Window, limit: usize) -> PortResult<Vec<Folded>> {
        let visible = visible.to_vec();
        self.read(move |view| history::page(view, channel, reader, &visible, window, limit)).await
    }

    async fn newest(&self, reader: UserId, wishes: &[Newest]) -> PortResult<Vec<Vec<Folded>>> {
        let wishes = wishes.to_vec();
        self.read(move |view| wishes.iter().map(|wish| newest(view, reader, wish)).collect()).await
    }

    async fn pinned(&self, channel: ChannelId, reader: UserId, visible: &[Interval]) -> PortResult<Vec<Folded>> {
        let visible = visible.to_vec();
        self.read(move |view| history::pinned(view, channel, reader, &visible)).await
    }

    async fn writable(&self) -> PortResult<()> {
        Ok(self.check_writable()?)
    }
}

fn newest(view: &mut View<'_>, reader: UserId, wish: &Newest) -> Result<Vec<Folded>, Fault> {
    match history::page(view, wish.channel, reader, &wish.visible, Window::Latest, wish.count) {
        Err(Fault::NotFound) => Ok(Vec::new()),
        page => page,
    }
}

fn load(view: &View<'_>, id: ChannelId) -> Result<Channel, Fault> {
    let SeenChannel { key, kind, deleted, head } = view.channel(id)?;
    let mut select = view.sql.prepare_cached("SELECT title, description FROM channel WHERE key = ?1")?;
    let about = select.query_row([key], |row| Ok(About { title: row.get(0)?, description: row.get(1)? }))?;
    let mut members = member::all(view.sql, key)?;
    for (user, member) in &mut members {
        member.position = view.tails.position(key, *user, member.position);
    }
    Ok(Channel::restored(id, kind, about, head, deleted, members))
}

fn entries(view: &mut View<'_>, id: ChannelId, reader: UserId, from: Seq, to: Seq, limit: usize) -> Result<Vec<Entry>, Fault> {
    let channel = view.channel(id)?;
    let (mut next, to) = (from.max(channel.first()), to.min(channel.head.seq));
    let mut entries = Vec::new();
    while next <= to && entries.len() < limit {
        let most = CHUNK.min((limit - entries.len()) as u64);
        let upto = Seq(next.0 + most - 1).min(to);
        let rows = view.places().rows(channel.key, next, upto)?;
        let hidden = history::hidden(view, channel.key, reader, next, upto)?;
        for row in rows.into_iter().filter(|row| !hidden.contains(&row.seq)) {
            entries.push(entry(view, id, channel.key, row)?);
        }
        next = upto.next();
    }
    Ok(entries)
}

/// The entry in a row. An edit gets what its message says now.
fn entry(view: &mut View<'_>, id: ChannelId, channel: ChannelKey, row: LogRow) -> Result<Entry, Fault> {
    let sender = view.person(row.sender)?;
    let mut entry = row.into_entry(id, sender)?;
    if let Event::Edit { target, body, mentions } = &mut entry.event {
        Message { body: *body, mentions: *mentions, .. } = message_now(view, channel, *target)?;
    }
    Ok(entry)
}

/// What a message says now; nothing, if it was deleted or is no message.
fn message_now(view: &View<'_>, channel: ChannelKey, target: Seq) -> Result<Message, Fault> {
    let found = view.places().find(channel, target)?.filter(|row| row.kind.is_message());
    let (kind, payload) = found.map_or((Kind::Erased, Payload::Nothing), |row| (row.kind, row.payload));
    decode_message(kind, payload)
}
