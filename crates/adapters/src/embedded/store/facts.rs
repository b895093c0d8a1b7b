//! What commands need to know about the past.

use std::collections::HashMap;

use rialto_domain::apply::{Facts, Target};
use rialto_domain::ports::Lookup;
use rialto_domain::{ChannelId, ClientId, Seq, UserId};
use rusqlite::params;

use super::column::{Col, get};
use super::fault::Fault;
use super::payload::Kind;
use super::reader::{SeenChannel, View};
use super::row::LogRow;
use super::tag::tag;
use super::tail::{ChannelKey, EntryId};

/// The facts for each look-up, in the same order.
pub(super) fn all(view: &mut View<'_>, lookups: &[Lookup]) -> Result<Vec<Facts>, Fault> {
    let mut channels: HashMap<ChannelId, Option<SeenChannel>> = HashMap::new();
    let mut facts = Vec::with_capacity(lookups.len());
    for lookup in lookups {
        let candidates = lookup.client_id.map_or_else(|| Ok(Vec::new()), |client_id| candidates(view, lookup, client_id))?;
        if candidates.is_empty() && lookup.target.is_none() && !lookup.pins {
            // Most commands: nothing of the past concerns them.
            facts.push(Facts::default());
            continue;
        }
        let channel = match channels.get(&lookup.channel) {
            Some(channel) => *channel,
            None => *channels.entry(lookup.channel).or_insert(view.find_channel(lookup.channel)?),
        };
        facts.push(channel.map_or_else(|| Ok(Facts::default()), |channel| one(view, &channel, lookup, candidates))?);
    }
    Ok(facts)
}

fn one(view: &mut View<'_>, channel: &SeenChannel, lookup: &Lookup, candidates: Vec<EntryId>) -> Result<Facts, Fault> {
    let sent = sent(view, channel, lookup, candidates)?;
    let target = lookup.target.map_or(Ok(None), |target| find_target(view, channel, lookup.actor, target))?;
    let pins = if lookup.pins { count_pins(view, channel.key)? } else { 0 };
    Ok(Facts { sent, target, pins })
}

/// The rows that may hold an entry of a client id, the first one first.
fn candidates(view: &View<'_>, lookup: &Lookup, client_id: ClientId) -> Result<Vec<EntryId>, Fault> {
    let tag = tag(&view.shared.salt, client_id, lookup.actor, lookup.channel);
    let mut ids = view.tails.client(tag);
    let mut select = view.sql.prepare_cached("SELECT id FROM client WHERE tag = ?1")?;
    for id in select.query_map([tag], |row| row.get(0))? {
        ids.push(id?);
    }
    ids.sort_unstable();
    Ok(ids)
}

/// The first of the candidates that is an entry of the actor under the client id.
fn sent(view: &mut View<'_>, channel: &SeenChannel, lookup: &Lookup, candidates: Vec<EntryId>) -> Result<Option<Seq>, Fault> {
    for id in candidates {
        // A row may be newer than this moment, or hold another entry whose tag is the same by chance.
        let Some(row) = LogRow::find(view.sql, id)? else { continue };
        let is_same = row.client_id == lookup.client_id && row.channel == channel.key && row.seq >= channel.first();
        if is_same && view.person(row.sender)? == lookup.actor {
            return Ok(Some(row.seq));
        }
    }
    Ok(None)
}

fn find_target(view: &mut View<'_>, channel: &SeenChannel, actor: UserId, target: Seq) -> Result<Option<Target>, Fault> {
    if !(channel.first()..=channel.head.seq).contains(&target) || target == Seq::ZERO {
        return Ok(None);
    }
    let Some(row) = view.places().find(channel.key, target)? else { return Ok(None) };
    let mut facts = Target {
        sender: view.person(row.sender)?,
        is_message: row.kind.is_message(),
        deleted: row.kind == Kind::Erased,
        n: row.n,
        pinned: false,
        own_reactions: Vec::new(),
        reactions: Vec::new(),
    };
    if facts.is_message {
        let place = params![channel.key, Col(target)];
        facts.pinned = view.sql.prepare_cached("SELECT 1 FROM pin WHERE channel = ?1 AND seq = ?2")?.exists(place)?;
        let mut select = view.sql.prepare_cached("SELECT emoji FROM tally WHERE channel = ?1 AND target = ?2 ORDER BY emoji")?;
        facts.reactions = select.query_map(place, |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut own = view.sql.prepare_cached("SELECT 1 FROM reaction WHERE channel = ?1 AND target = ?2 AND emoji = ?3 AND user = ?4")?;
        for emoji in &facts.reactions {
            if own.exists(params![channel.key, Col(target), emoji, Col(actor)])? {
                facts.own_reactions.push(emoji.clone());
            }
        }
    }
    Ok(Some(facts))
}

fn count_pins(view: &View<'_>, channel: ChannelKey) -> Result<usize, Fault> {
    let count: u64 = view.sql.prepare_cached("SELECT count(*) FROM pin WHERE channel = ?1")?.query_row([channel], |row| get(row, 0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
