//! What a person wishes, turned into commands.

use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Content, Mentions};
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{
    Block, ChannelCreate, ChannelInvite, ChannelKick, ChannelMembers, ChannelRef, MessageDelete, MessageEdit, MessageReact, Nothing, Scope, UserFind,
};

use super::answers::{Asked, member_line};
use super::channel::History;
use super::happening::{Effect, Tag, Then, Told, Wish};
use super::outbox::{Stage, Unsent};
use super::{Chat, Link};

/// How often others are told that one is typing.
const TYPING_EVERY_MS: u64 = 3_000;

impl Chat {
    pub(super) fn wish(&mut self, wish: Wish, tag: Option<Tag>, client_id: ClientId, now: Timestamp) {
        // A message waits for the connection; everything else is asked of the server now, or not.
        let needs_server = !matches!(wish, Wish::Send { .. } | Wish::Open(_) | Wish::Retry | Wish::Forget | Wish::Mark { .. } | Wish::Typing(_));
        if needs_server && self.link != Link::Online {
            return self.not_now(tag);
        }
        match wish {
            Wish::Open(channel) => {
                self.show(channel);
                self.answer_at_once(tag);
            }
            Wish::Send { channel, text, reply_to } => self.send(channel, text, reply_to, tag, client_id),
            Wish::Edit { channel, target, text } => {
                let mentions = self.mentions(channel, &text);
                let edit = MessageEdit { channel, target, body: Content::Text(text), mentions, client_id: Some(client_id) };
                self.ask(tag, Asked::Done("edited"), "message.edit", &edit);
            }
            Wish::Delete { channel, target } => {
                let delete = MessageDelete { channel, target, scope: Scope::All, client_id: Some(client_id) };
                self.ask(tag, Asked::Done("deleted"), "message.delete", &delete);
            }
            Wish::React { channel, target, emoji, on } => {
                let react = MessageReact { channel, target, emoji, on, client_id: Some(client_id) };
                self.ask(tag, Asked::Done(if on { "reacted" } else { "taken back" }), "message.react", &react);
            }
            Wish::Older(channel) => self.older(channel),
            Wish::Members(channel) => {
                let members = ChannelMembers { channel, after: None, limit: None };
                self.ask(tag, Asked::Members { channel, show: true }, "channel.members", &members);
            }
            Wish::About { usernames, then } => self.about(tag, usernames, Vec::new(), then, client_id),
            Wish::Leave(channel) => self.ask(tag, Asked::Done("left"), "channel.leave", &ChannelRef { channel }),
            Wish::Sessions => self.ask(tag, Asked::Sessions, "sessions.list", &Nothing {}),
            Wish::Mark { channel, read } => {
                if let Some(channel) = self.channels.get_mut(&channel) {
                    let have = channel.have();
                    channel.read_up_to(read.map_or(have, |read| read.min(have)));
                }
                self.answer_at_once(tag);
            }
            Wish::Typing(channel) => self.tell_typing(channel, now),
            Wish::Retry => {
                let count = self.outbox.retry();
                self.effects.push(Effect::KeepOutbox);
                self.say(format!("{count} sent again"), false);
            }
            Wish::Forget => {
                let count = self.outbox.drop_refused();
                self.say(format!("{count} dropped"), false);
            }
            Wish::Call { name, data } => self.ask_value(tag, Asked::Nothing, &name, data),
        }
    }

    pub(super) fn send(&mut self, channel: ChannelId, text: String, reply_to: Option<Seq>, tag: Option<Tag>, client_id: ClientId) {
        let mentions = self.mentions(channel, &text);
        // Whoever begins to write the next message is typing again.
        self.typing_told_at = Timestamp(0);
        let unsent = Unsent { client_id, channel, text, reply_to, mentions, stage: Stage::Waiting };
        if !self.outbox.push(unsent) {
            self.say("too much is waiting to be sent", true);
            let error = ErrorBody { code: "client.outbox_full".into(), text: "too much is waiting to be sent".to_owned(), retry_after_ms: None };
            self.effects.extend(tag.map(|tag| Effect::Tell(Told::Answer { tag, result: Err(error) })));
            return;
        }
        if let Some(tag) = tag {
            self.tags.insert(client_id, tag);
        }
        self.effects.push(Effect::KeepOutbox);
    }

    /// Finds out who the people named are, one after the other, and then does it.
    pub(super) fn about(&mut self, tag: Option<Tag>, mut rest: Vec<String>, mut found: Vec<UserId>, then: Then, client_id: ClientId) {
        while let Some(name) = rest.first() {
            let name = name.trim_start_matches('@').to_owned();
            rest.remove(0);
            match self.people.find_by_username(&name.to_lowercase()) {
                Some(profile) => found.push(profile.id),
                None => return self.ask(tag, Asked::User { rest, found, then, client_id }, "user.find", &UserFind { username: name }),
            }
        }
        self.act(tag, found, then, client_id);
    }

    fn act(&mut self, tag: Option<Tag>, users: Vec<UserId>, then: Then, client_id: ClientId) {
        let first = users.first().copied();
        match (then, first) {
            (Then::Direct { text }, Some(user)) => {
                if let (Some(id), Some(text)) = (self.direct_with(user).map(|channel| channel.id()), &text) {
                    return self.send(id, text.clone(), None, tag, client_id);
                }
                let create = ChannelCreate { kind: ChannelKind::Direct, members: vec![user], title: None, description: None };
                self.ask(tag, Asked::Created { text, client_id }, "channel.create", &create);
            }
            (Then::Group { title }, _) => {
                let create = ChannelCreate { kind: ChannelKind::Group, members: users, title: Some(title), description: None };
                self.ask(tag, Asked::Created { text: None, client_id }, "channel.create", &create);
            }
            (Then::Invite(channel), Some(_)) => self.ask(tag, Asked::Done("invited"), "channel.invite", &ChannelInvite { channel, users, link: None }),
            (Then::Kick(channel), Some(user)) => self.ask(tag, Asked::Done("removed"), "channel.kick", &ChannelKick { channel, user }),
            (Then::Block { on }, Some(user)) => self.ask(tag, Asked::Done(if on { "blocked" } else { "not blocked" }), "block", &Block { user, on }),
            (Then::Tell, Some(user)) => self.tell_about(user, tag),
            (_, None) => self.say("name somebody", true),
        }
    }

    fn tell_about(&mut self, user: UserId, tag: Option<Tag>) {
        let Some(profile) = self.people.find(user).cloned() else { return };
        let presence = match self.people.presence(user) {
            Some(presence) if presence.online => "online",
            Some(_) => "not online",
            None => "",
        };
        if let Some(tag) = tag {
            let result = Ok(serde_json::to_value(&profile).unwrap_or_default());
            self.effects.push(Effect::Tell(Told::Answer { tag, result }));
        }
        self.effects.push(Effect::Show { title: "who".to_owned(), lines: vec![member_line(&profile, presence), profile.id.to_string()] });
    }

    /// Loads older messages, unless there are none or they are on their way.
    fn older(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.get(&id) else { return };
        match channel.history {
            History::Unasked => self.load_history(id, None),
            History::More => self.load_history(id, channel.oldest()),
            History::Asked => {}
            History::Whole => self.say("this is the beginning", false),
        }
    }

    fn tell_typing(&mut self, channel: ChannelId, now: Timestamp) {
        if self.link == Link::Online && now.since(self.typing_told_at) >= TYPING_EVERY_MS {
            self.typing_told_at = now;
            self.ask(None, Asked::Nothing, "typing", &ChannelRef { channel });
        }
    }

    /// Whom a text calls: members written as `@name`, and everyone as `@all`.
    fn mentions(&self, channel: ChannelId, text: &str) -> Mentions {
        let Some(channel) = self.channels.get(&channel) else { return Mentions::default() };
        let mut mentions = Mentions::default();
        let words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ':' | ';' | '!' | '?' | '(' | ')'));
        for name in words.filter_map(|word| word.strip_prefix('@')) {
            let name = name.trim_end_matches('.').to_lowercase();
            mentions.all |= name == "all";
            let member = channel.roster.iter().map(|member| &member.profile).find(|profile| profile.username.as_ref().is_some_and(|of| of.as_str() == name));
            if let Some(member) = member.filter(|member| !mentions.users.contains(&member.id)) {
                mentions.users.push(member.id);
            }
        }
        mentions
    }

    fn not_now(&mut self, tag: Option<Tag>) {
        self.say("not while there is no connection", true);
        let error = ErrorBody { code: "client.offline".into(), text: "there is no connection".to_owned(), retry_after_ms: None };
        self.effects.extend(tag.map(|tag| Effect::Tell(Told::Answer { tag, result: Err(error) })));
    }

    fn answer_at_once(&mut self, tag: Option<Tag>) {
        self.effects.extend(tag.map(|tag| Effect::Tell(Told::Answer { tag, result: Ok(serde_json::json!({})) })));
    }
}
