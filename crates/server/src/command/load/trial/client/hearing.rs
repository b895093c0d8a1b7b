//! What a client hears, and what it makes of it.

use anyhow::{Context as _, bail};
use rialto_checker::What;
use rialto_checker::journal::{How, Reached};
use rialto_domain::entry::{Entry, Event as Happened};
use rialto_domain::publication::{Membership, PositionsMoved};
use rialto_domain::{ChannelId, Seq};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelView, Messages, Missed, Synced};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::place::Place;
use super::super::wish::Target;
use super::{Asked, Client, Phase};
use crate::client::{Connection, Event, Heard};

/// Messages that a client remembers, to react to.
const REMEMBERED: usize = 64;

impl Client {
    pub(super) fn hear(&mut self, connection: &mut Connection, heard: Heard) -> anyhow::Result<()> {
        match heard {
            Heard::Answer(number, answer) => self.answered(connection, number, answer)?,
            Heard::Event(Event::Entry(entry)) => {
                let channel = entry.channel;
                let has_hole = self.places.get_mut(&channel).is_some_and(|place| place.live(entry.seq));
                self.saw(How::Live, &entry);
                if has_hole {
                    self.sync_one(connection, channel);
                }
                if self.phase == Phase::Talk && self.random.below(3) == 0 {
                    let have = self.places.get(&channel).map_or(Seq::ZERO, Place::have);
                    let read = Seq(have.0.saturating_sub(u64::from(self.random.below(3))));
                    self.mark(channel, have, read);
                }
            }
            Heard::Event(Event::Positions(moved)) => self.positions(How::Live, &moved),
            Heard::Event(Event::Channel(changed)) => match changed.change {
                Membership::Left | Membership::Deleted => {
                    self.absent.insert(changed.channel);
                    self.outbox.leave(changed.channel);
                    self.marks.remove(&changed.channel);
                }
                Membership::Joined => {
                    self.absent.remove(&changed.channel);
                    self.sync_one(connection, changed.channel);
                }
                Membership::Settings => {}
            },
            Heard::Event(Event::Rejected(rejected)) => {
                let certain = is_certain(&rejected.error);
                if let Some(op) = self.outbox.refused(|_, client_id| client_id == rejected.client_id, certain) {
                    self.write(What::Fail { op, code: rejected.error.code });
                }
            }
            Heard::Event(Event::Resync) => {
                let have = self.have();
                self.sync(connection, have);
            }
            Heard::Event(Event::Typing(_) | Event::Presence(_) | Event::Notice(_) | Event::Unknown) => {}
        }
        Ok(())
    }

    fn sync_one(&mut self, connection: &mut Connection, channel: ChannelId) {
        if let Some(place) = self.places.get(&channel) {
            self.sync(connection, BTreeMap::from([(channel, place.have())]));
        }
    }

    fn answered(&mut self, connection: &mut Connection, number: u64, answer: Result<Box<RawValue>, ErrorBody>) -> anyhow::Result<()> {
        match (self.asked.remove(&number), answer) {
            (Some(Asked::Sync(have)), Ok(synced)) => {
                let synced: Synced = read(&synced)?;
                let wanted = self.caught_up(&have, synced);
                self.sync(connection, wanted);
            }
            (Some(Asked::Page { op, channel, after, is_final }), Ok(page)) => {
                let page: Messages = read(&page)?;
                self.page(connection, op, channel, after, &page, is_final);
            }
            (Some(Asked::Rest(channel)), Ok(view)) => {
                let view: ChannelView = read(&view)?;
                self.write(What::Rest { channel, read: view.read, unread: view.unread });
            }
            (Some(Asked::Standing(channel)), Ok(view)) => {
                let view: ChannelView = read(&view)?;
                self.reached(channel, view.delivered, view.read);
            }
            (Some(Asked::Other(op)), Ok(_)) => self.write(What::Ok { op, seq: None }),
            (Some(Asked::Message), Err(error)) => {
                let certain = is_certain(&error);
                if let Some(op) = self.outbox.refused(|sent, _| sent == number, certain) {
                    self.write(What::Fail { op, code: error.code });
                }
            }
            (Some(Asked::Other(op) | Asked::Page { op, is_final: false, .. }), Err(error)) if is_certain(&error) => {
                self.write(What::Fail { op, code: error.code });
            }
            // A mark that a member no more wanted to make, or that a server in trouble does not take: it is given up.
            (Some(Asked::Mark(channel) | Asked::Standing(channel)), Err(_)) => drop(self.marks.remove(&channel)),
            (Some(Asked::Page { is_final: true, .. } | Asked::Rest(_)), Err(error)) => bail!("the last read is refused: {}", error.text),
            _ => {}
        }
        Ok(())
    }

    /// What was missed. Returns what is still to be asked for.
    pub(super) fn caught_up(&mut self, asked: &BTreeMap<ChannelId, Seq>, synced: Synced) -> BTreeMap<ChannelId, Seq> {
        let mut wanted = BTreeMap::new();
        for (channel, after) in asked {
            let is_behind = match synced.channels.get(channel) {
                Some(Missed::Entries { head, entries, more, .. }) => {
                    entries.iter().for_each(|entry| self.saw(How::Fetched, entry));
                    let to = if *more { entries.last().map_or(*after, |entry| entry.seq) } else { *head };
                    self.write(What::Synced { channel: *channel, after: *after, to });
                    let has_hole = self.places.get_mut(channel).is_some_and(|place| place.synced(to));
                    *more || has_hole
                }
                Some(Missed::Gap { head, .. }) => self.places.get_mut(channel).is_some_and(|place| place.refetched(*head)),
                Some(Missed::Unknown { .. }) => {
                    self.absent.insert(*channel);
                    false
                }
                None => true,
            };
            if is_behind && let Some(place) = self.places.get(channel) {
                wanted.insert(*channel, place.have());
            }
        }
        wanted
    }

    fn saw(&mut self, how: How, entry: &Entry) {
        self.write(What::Entry { how, entry: Cow::Borrowed(entry) });
        let is_own = entry.sender == self.part.user;
        if matches!(entry.event, Happened::Message(_)) {
            if let Some(place) = self.places.get_mut(&entry.channel) {
                place.message(entry.seq);
            }
            self.recent.push_back(Target { channel: entry.channel, seq: entry.seq, is_own });
            self.recent.drain(..self.recent.len().saturating_sub(REMEMBERED));
        }
        if is_own && matches!(entry.event, Happened::Message(_)) {
            // Who writes has read what stands above.
            self.reached(entry.channel, entry.seq, entry.seq);
        }
        if is_own && let Some(op) = entry.client_id.and_then(|client_id| self.outbox.stored(client_id)) {
            self.write(What::Ok { op, seq: Some(entry.seq) });
        }
    }

    fn positions(&mut self, how: How, moved: &PositionsMoved) {
        let members: Vec<_> = moved.members.iter().map(|member| Reached { user: member.user, delivered: member.delivered, read: member.read }).collect();
        let own = members.iter().find(|member| member.user == self.part.user).copied();
        self.write(What::Positions { how, channel: moved.channel, delivered: moved.delivered, read: moved.read, members: members.into() });
        if let Some(own) = own {
            self.reached(moved.channel, own.delivered, own.read);
        }
    }

    /// Its own position is this: a mark up to there has arrived.
    fn reached(&mut self, channel: ChannelId, delivered: Seq, read: Seq) {
        if let Some(mark) = self.marks.get(&channel).copied().filter(|mark| delivered >= mark.delivered && read >= mark.read) {
            self.marks.remove(&channel);
            self.write(What::Ok { op: mark.op, seq: None });
        }
    }

    /// The positions that hello's answer tells.
    pub(super) fn ready_positions(&mut self, channel: &ChannelView) {
        let own = rialto_domain::publication::MemberPosition { user: self.part.user, delivered: channel.delivered, read: channel.read };
        let moved = PositionsMoved { channel: channel.id, delivered: channel.delivered_to_all, read: channel.read_by_all, members: vec![own] };
        self.positions(How::Fetched, &moved);
    }

    fn page(&mut self, connection: &mut Connection, op: u64, channel: ChannelId, after: Seq, page: &Messages, is_final: bool) {
        // A page may be shorter than asked for; only an empty one is the end.
        let to = page.messages.last().map(|message| message.seq);
        self.write(What::Page { op, after, to, messages: Cow::Borrowed(&page.messages), is_final });
        if is_final && let Some(to) = to {
            self.read_page(connection, channel, to, true);
        }
    }
}

/// The refusal says that it was not done. (A server in trouble may not know.)
fn is_certain(error: &ErrorBody) -> bool {
    !error.code.starts_with("server.")
}

fn read<T: serde::de::DeserializeOwned>(answer: &RawValue) -> anyhow::Result<T> {
    serde_json::from_str(answer.get()).context("an answer is not understood")
}
