//! What the server says, and what a device makes of it.

use std::collections::BTreeMap;

use rialto_domain::ChannelId;
use rialto_domain::entry::Entry;
use rialto_domain::log::Seq;
use rialto_domain::publication::{Membership, PositionsMoved};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelView, Invited, Messages, Missed, Ready, Refresh, Synced, Tokens};
use rialto_wire::event::{ChannelChanged, Hidden, Rejected};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Asked, Device, What};
use crate::sim::journal::Deed;
use crate::sim::speech::{Raw, Said, Speech};

/// The refusal of a Socket.IO CONNECT.
#[derive(Deserialize)]
struct ConnectError {
    data: Option<ErrorBody>,
}

impl Device {
    /// Bytes came.
    pub fn hear(&mut self, now: u64, bytes: Vec<u8>) {
        self.heard_at = now;
        let Some(mut speech) = self.speech.take() else { return };
        let said = speech.hear(bytes);
        self.speech = Some(speech);
        for said in said {
            self.understand(now, said);
        }
        if self.is_ready && !self.gives_up {
            self.catch_up(now);
        }
    }

    fn understand(&mut self, now: u64, said: Said) {
        match said {
            Said::Open if self.format.is_socketio() => {
                self.greeted_at = now;
                let hello = self.tokens.is_some().then(|| self.hello());
                let connect = self.speech.as_ref().map(|speech| speech.connect(hello.as_ref()));
                self.out.extend(connect.unwrap_or_default());
            }
            Said::Open => self.enter(now),
            Said::Joined if self.tokens.is_none() => self.enter(now),
            // `ready` follows.
            Said::Joined => {}
            Said::TurnedAway(error) => {
                let code = error.read::<ConnectError>().ok().and_then(|error| error.data).map(|data| data.code.to_string()).unwrap_or_default();
                if code == "auth.required" {
                    self.tokens = None;
                }
                self.turned_away(code);
            }
            Said::Ping => {
                let pong = self.speech.as_ref().map(Speech::pong);
                self.out.extend(pong.unwrap_or_default());
            }
            Said::Closed => self.gives_up = true,
            Said::Strange(what) => self.deeds.push(Deed::Strange(what)),
            Said::Event { name, data } => {
                if let Err(error) = self.event(now, &name, &data) {
                    self.deeds.push(Deed::Strange(error));
                }
            }
            Said::Reply { re, result } => match self.asked.remove(&re) {
                Some(asked) => {
                    if let Err(error) = self.answered(now, asked, result) {
                        self.deeds.push(Deed::Strange(error));
                    }
                }
                None => self.deeds.push(Deed::Strange(format!("an answer to {re}, which was not asked"))),
            },
        }
    }

    fn event(&mut self, now: u64, name: &str, data: &Raw) -> Result<(), String> {
        match name {
            "ready" => self.ready(self.greeted_at, data.read()?),
            "entry" => self.heard(data.read()?),
            "positions" => drop(data.read::<PositionsMoved>()?),
            "channel" => {
                let changed: ChannelChanged = data.read()?;
                match changed.change {
                    Membership::Joined => drop(self.present.insert(changed.channel)),
                    Membership::Left | Membership::Deleted => drop(self.present.remove(&changed.channel)),
                    Membership::Settings => {}
                }
                self.wanted.insert(changed.channel);
            }
            "hidden" => {
                let hidden: Hidden = data.read()?;
                self.hid(hidden.channel, hidden.seq);
            }
            "rejected" => {
                let rejected: Rejected = data.read()?;
                self.refused(now, rejected.client_id, &rejected.error);
            }
            "resync" => self.wanted.extend(self.replicas.keys()),
            "typing" | "presence" | "notice" => {}
            other => return Err(format!("event {other}")),
        }
        Ok(())
    }

    /// A message is no more, for this person.
    fn hid(&mut self, channel: ChannelId, seq: Seq) {
        self.deeds.push(Deed::Hid { channel, seq });
        if let Some(replica) = self.replicas.get_mut(&channel) {
            replica.entries.remove(&seq);
        }
    }

    fn heard(&mut self, entry: Entry) {
        self.deeds.push(Deed::Heard(Box::new(entry.clone())));
        let channel = entry.channel;
        self.recognise(&entry);
        if !self.replicas.entry(channel).or_default().hear(entry) {
            self.wanted.insert(channel);
        }
    }

    pub(super) fn synced(&mut self, at: u64, have: &BTreeMap<ChannelId, Seq>, synced: Synced) {
        for (channel, missed) in synced.channels {
            match missed {
                Missed::Entries { head, entries, more, positions } => {
                    entries.iter().for_each(|entry| self.recognise(entry));
                    let up_to = if more { entries.last().map_or(Seq::ZERO, |entry| entry.seq) } else { head };
                    if !more {
                        self.wanted.remove(&channel);
                    }
                    let asked = have.get(&channel).copied().unwrap_or_default();
                    self.deeds.push(Deed::Synced { channel, asked: at, have: asked, head, entries: entries.clone(), more, positions });
                    let replica = self.replicas.entry(channel).or_default();
                    replica.catch_up(entries, up_to);
                    if replica.has_hole() {
                        self.wanted.insert(channel);
                    }
                }
                Missed::Gap { head, .. } => {
                    self.deeds.push(Deed::Strange(format!("a gap in {channel} up to {head}, though no log was ever shortened")));
                    self.wanted.remove(&channel);
                }
                Missed::Unknown { .. } => drop(self.wanted.remove(&channel)),
            }
        }
    }

    fn answered(&mut self, now: u64, asked: Asked, result: Result<Raw, ErrorBody>) -> Result<(), String> {
        match asked.what {
            What::Tokens => match read::<Tokens>(result)? {
                Ok(tokens) => {
                    self.me = Some(tokens.user);
                    self.tokens = Some(tokens);
                    self.greet(now);
                }
                Err(error) if error.code == "account.username_taken" => {
                    // It was registered, and the answer was lost.
                    self.registers = false;
                    self.enter(now);
                }
                Err(error) => self.turned_away(error.code.to_string()),
            },
            What::Hello => match read::<Ready>(result)? {
                Ok(ready) => self.ready(asked.at, ready),
                Err(error) if error.code == "auth.required" => {
                    let refresh_token = self.tokens.take().map(|tokens| tokens.refresh_token);
                    match refresh_token.filter(|_| self.dice.one_in(2)) {
                        Some(refresh_token) => self.ask(now, What::Tokens, "account.refresh", &Refresh { refresh_token }),
                        None => self.enter(now),
                    }
                }
                Err(error) => self.turned_away(error.code.to_string()),
            },
            What::Letter(client_id) => self.letter_answered(now, client_id, result)?,
            What::Sync(have) => {
                self.is_syncing = false;
                if let Ok(synced) = read(result)? {
                    self.synced(asked.at, &have, synced);
                }
            }
            What::Read(channel) => {
                if let Ok(Messages { messages }) = read(result)? {
                    self.deeds.push(Deed::Read { channel, asked: asked.at, messages });
                }
            }
            What::View => {
                if let Ok(view) = read::<ChannelView>(result)? {
                    self.deeds.push(Deed::Viewed { asked: asked.at, view: Box::new(view) });
                }
            }
            What::Hide(channel, seq) if result.is_ok() => self.hid(channel, seq),
            What::Block(user, on) if result.is_ok() => self.deeds.push(Deed::Blocked { user, on, asked: asked.at }),
            What::Link => {
                if let Ok(Invited { invite: Some(link), .. }) = read(result)? {
                    self.deeds.push(Deed::Invited { link });
                }
            }
            What::Mark if result.is_err() => self.replicas.values_mut().for_each(|replica| replica.told = Default::default()),
            What::Hide(..) | What::Block(..) | What::Mark | What::Nothing => {}
        }
        Ok(())
    }

    fn turned_away(&mut self, code: String) {
        self.deeds.push(Deed::TurnedAway { code });
        self.gives_up = true;
    }
}

fn read<T: DeserializeOwned>(result: Result<Raw, ErrorBody>) -> Result<Result<T, ErrorBody>, String> {
    match result {
        Ok(raw) => raw.read().map(Ok),
        Err(error) => Ok(Err(error)),
    }
}
