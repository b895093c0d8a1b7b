//! What the server's answers mean: that depends on what was asked.

use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelList, ChannelMembers, ChannelView, Channels, Members, Messages, Presences, Profiles, Sessions, Synced};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

use super::channel::{Channel, History};
use super::happening::{Effect, Tag, Then, Told};
use super::{Chat, MARK_AGAIN_MS, MAX_LIST_PAGES, PAGE};

/// A question that is not answered yet.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// A message was sent.
    Send(ClientId),
    /// What was missed.
    Sync,
    /// Messages of a channel.
    History { channel: ChannelId },
    /// Who some users are.
    People,
    /// What a channel is now.
    Channel(ChannelId),
    /// A further page of the channel list.
    List { pages: u32 },
    /// Members of a channel, to be shown when a person asked.
    Members { channel: ChannelId, show: bool },
    /// Who has a user name: one of several that something is to be done with.
    User { rest: Vec<String>, found: Vec<UserId>, then: Then, client_id: ClientId },
    /// A channel was opened, to be begun with a text.
    Created { text: Option<String>, client_id: ClientId },
    /// One's log-ins.
    Sessions,
    /// Marks were told; what had been told before.
    Mark(Vec<(ChannelId, (Seq, Seq))>),
    /// Presence is watched.
    Presence,
    /// Something whose success need only be mentioned, in these words.
    Done(&'static str),
    /// Something that is nobody's business.
    Nothing,
}

impl Chat {
    pub(super) fn answered(&mut self, number: u64, result: Result<Box<RawValue>, ErrorBody>, now: Timestamp) {
        let Some((tag, asked)) = self.asked.remove(&number) else { return };
        if let (Some(tag), Asked::Done(_) | Asked::Nothing | Asked::Members { .. } | Asked::Sessions | Asked::History { .. }) = (tag, &asked) {
            let result = result.as_ref().map(|data| serde_json::from_str(data.get()).unwrap_or(Value::Null)).map_err(Clone::clone);
            self.effects.push(Effect::Tell(Told::Answer { tag, result }));
        }
        match result {
            Ok(data) => self.answered_well(tag, asked, &data, now),
            Err(error) => self.answered_badly(tag, asked, error, now),
        }
    }

    fn answered_well(&mut self, tag: Option<Tag>, asked: Asked, data: &RawValue, now: Timestamp) {
        match asked {
            Asked::Send(client_id) => {
                let channel = self.outbox.channel_of(client_id).filter(|_| self.outbox.receive(client_id, now));
                self.effects.extend(channel.map(|channel| Effect::Tell(Told::Received { client_id, channel })));
            }
            Asked::Sync => {
                self.is_syncing = false;
                if let Some(synced) = self.read::<Synced>(data) {
                    self.caught_up(synced);
                }
            }
            Asked::History { channel } => {
                if let Some(page) = self.read::<Messages>(data) {
                    let history = if page.messages.len() < PAGE { History::Whole } else { History::More };
                    self.fold_in(channel, page.messages, history);
                }
            }
            Asked::People => {
                if let Some(profiles) = self.read::<Profiles>(data) {
                    profiles.users.into_iter().for_each(|profile| self.people.learn(profile));
                }
            }
            Asked::Channel(_) => drop(self.read::<ChannelView>(data).map(|view| self.know(view))),
            Asked::List { pages } => {
                let Some(page) = self.read::<Channels>(data) else { return };
                page.channels.into_iter().for_each(|view| self.list_channel(view, &BTreeSet::new()));
                if let Some(cursor) = page.next.filter(|_| pages < MAX_LIST_PAGES) {
                    self.ask(None, Asked::List { pages: pages + 1 }, "channel.list", &ChannelList { cursor: Some(cursor), limit: None });
                }
            }
            Asked::Members { channel, show } => {
                if let Some(members) = self.read::<Members>(data) {
                    self.know_members(channel, members, show);
                }
            }
            Asked::User { rest, mut found, then, client_id } => {
                if let Some(profile) = self.read::<Profile>(data) {
                    found.push(profile.id);
                    self.people.learn(profile);
                    self.about(tag, rest, found, then, client_id);
                }
            }
            Asked::Created { text, client_id } => {
                let Some(view) = self.read::<ChannelView>(data) else { return };
                let id = view.id;
                if let Some(tag) = tag.filter(|_| text.is_none()) {
                    let result = Ok(serde_json::from_str(data.get()).unwrap_or(Value::Null));
                    self.effects.push(Effect::Tell(Told::Answer { tag, result }));
                }
                self.know(view);
                match text {
                    Some(text) => self.send(id, text, None, tag, client_id),
                    None => self.show(id),
                }
            }
            Asked::Sessions => {
                if let Some(sessions) = self.read::<Sessions>(data) {
                    self.show_sessions(&sessions);
                }
            }
            Asked::Mark(_) => self.is_marking = false,
            Asked::Presence => {
                if let Some(presences) = self.read::<Presences>(data) {
                    presences.presences.into_iter().for_each(|presence| self.people.note_presence(presence.user, presence.presence));
                }
            }
            Asked::Done(words) => self.say(words, false),
            Asked::Nothing => {}
        }
    }

    fn answered_badly(&mut self, tag: Option<Tag>, asked: Asked, error: ErrorBody, now: Timestamp) {
        match asked {
            Asked::Send(client_id) => {
                if let Some(channel) = self.outbox.channel_of(client_id) {
                    self.refuse(client_id, channel, error, now);
                }
            }
            Asked::Sync => {
                self.is_syncing = false;
                self.say(format!("not up to date: {}", error.text), true);
            }
            Asked::Mark(before) => {
                self.is_marking = false;
                self.mark_at = now.after_ms(error.retry_after_ms.unwrap_or(MARK_AGAIN_MS));
                self.unmark(&before);
            }
            Asked::History { channel } => {
                if let Some(channel) = self.channels.get_mut(&channel) {
                    channel.history = History::More;
                }
                self.say(error.text, true);
            }
            Asked::Channel(id) => self.drop_channel(id),
            Asked::User { .. } | Asked::Created { .. } => {
                self.say(error.text.clone(), true);
                if let Some(tag) = tag {
                    self.effects.push(Effect::Tell(Told::Answer { tag, result: Err(error) }));
                }
            }
            Asked::List { .. } | Asked::Members { .. } | Asked::Sessions | Asked::Done(_) => self.say(error.text, true),
            Asked::People | Asked::Presence | Asked::Nothing => {}
        }
    }

    /// Takes in what a channel is now. A new one begins where its log ends; its messages are history.
    pub(super) fn know(&mut self, view: ChannelView) {
        if let Some(peer) = &view.peer {
            self.people.learn(peer.clone());
        }
        let id = view.id;
        match self.channels.get_mut(&id) {
            Some(known) => {
                known.refresh(view);
                if known.have() < known.view.head {
                    self.sync();
                }
            }
            None => {
                let strays: Vec<_> = self.strays.extract_if(.., |entry| entry.channel == id).collect();
                let (channel, entries) = Channel::arrived(view, strays, self.me.as_ref().map(|me| me.id));
                self.channels.insert(id, channel);
                self.take_in(entries, true);
                self.load_history(id, None);
            }
        }
    }

    pub(super) fn ask_members(&mut self, channel: ChannelId, after: Option<UserId>, tag: Option<Tag>) {
        self.ask(tag, Asked::Members { channel, show: false }, "channel.members", &ChannelMembers { channel, after, limit: None });
    }

    fn know_members(&mut self, id: ChannelId, page: Members, show: bool) {
        for member in &page.members {
            self.people.learn(member.profile.clone());
        }
        let is_all = page.next.is_none();
        let Some(channel) = self.channels.get_mut(&id) else { return };
        channel.roster = page.members;
        if show {
            let mut lines: Vec<_> = channel.roster.iter().map(|member| member_line(&member.profile, &format!("{:?}", member.role).to_lowercase())).collect();
            if !is_all {
                lines.push(format!("… and more: {} in all", channel.view.members));
            }
            self.effects.push(Effect::Show { title: "members".to_owned(), lines });
        }
    }

    fn show_sessions(&mut self, sessions: &Sessions) {
        let line = |session: &rialto_wire::command::SessionView| {
            let name = if session.client.is_empty() { "(unnamed)" } else { &session.client };
            format!("{} {name}  {}", if session.current { "*" } else { " " }, session.id)
        };
        let lines = sessions.sessions.iter().map(line).collect();
        self.effects.push(Effect::Show { title: "log-ins (* is this one)".to_owned(), lines });
    }

    /// Understands an answer. One that is not what the protocol says is mentioned, and otherwise as good as none.
    fn read<T: DeserializeOwned>(&mut self, data: &RawValue) -> Option<T> {
        let read = serde_json::from_str(data.get());
        read.inspect_err(|error| self.say(format!("the server's answer is not understood: {error}"), true)).ok()
    }
}

/// A person in a list.
pub(super) fn member_line(profile: &Profile, role: &str) -> String {
    let username = profile.username.as_ref().map(|name| format!(" @{name}")).unwrap_or_default();
    format!("{}{username}  {role}", profile.display_name)
}
