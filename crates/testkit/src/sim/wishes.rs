//! What people do with their devices.

use rialto_domain::entry::Event;
use rialto_domain::log::Seq;
use rialto_domain::{ChannelId, ClientId, Timestamp, UserId};
use serde_json::{Value, json};

use super::device::{Device, Letter};
use super::journal::Says;

impl Device {
    /// Somebody thought of something to do. `people` are all there are, `links` all by which they may come in.
    pub fn wish(&mut self, now: u64, people: &[UserId], links: &[String]) {
        let present: Vec<ChannelId> = self.present.iter().copied().collect();
        let Some(me) = self.me.filter(|_| self.is_ready) else { return };
        let others: Vec<UserId> = people.iter().copied().filter(|user| *user != me).collect();
        if !links.is_empty() && self.dice.one_in(12) {
            let link = self.dice.pick(links);
            return self.join(now, &link);
        }
        let somebody = self.dice.pick(&others);
        if present.is_empty() {
            // Who is in no channel any more opens one, now and then.
            if self.dice.one_in(5) {
                self.found(now, "group", &[somebody]);
            }
            return;
        }
        let channel = self.dice.pick(&present);
        if self.dice.one_in(8) {
            return self.wish_rarely(now, channel, somebody, links.len());
        }
        match self.dice.below(100) {
            0..40 => self.say(channel),
            40..48 => self.edit(channel, me),
            48..52 => self.delete(channel, me),
            52..60 => self.react(channel),
            60..72 => self.look(channel),
            72..80 => self.read(now, channel),
            80..83 => self.view(now, channel),
            83..85 => self.command(now, "typing", &json!({ "channel": channel })),
            85..88 => self.command(now, "channel.kick", &json!({ "channel": channel, "user": somebody })),
            88..93 => self.command(now, "channel.invite", &json!({ "channel": channel, "users": [somebody] })),
            93..95 => self.command(now, "channel.leave", &json!({ "channel": channel })),
            95..97 => self.command(now, "channel.create", &json!({ "kind": "direct", "members": [somebody] })),
            97..98 => self.command(now, "channel.update", &json!({ "channel": channel, "title": format!("Title at {now}") })),
            98..99 => self.command(now, "channel.role", &json!({ "channel": channel, "user": somebody, "role": "admin" })),
            _ => self.pin(now, channel),
        }
    }

    /// What people do now and then.
    fn wish_rarely(&mut self, now: u64, channel: ChannelId, somebody: UserId, links: usize) {
        match self.dice.below(100) {
            0..25 => {
                if let Some(target) = self.target(channel, None) {
                    self.hide(now, channel, target);
                }
            }
            25..55 => self.forward(channel),
            55..63 => self.block(now, somebody, true),
            63..78 => self.block(now, somebody, false),
            // Few, so that they are used up.
            78..94 if links < 2 => self.invite(now, channel, 1),
            78..94 => {}
            _ => self.command(now, "channel.delete", &json!({ "channel": channel })),
        }
    }

    /// Opens a channel.
    pub fn found(&mut self, now: u64, kind: &str, members: &[UserId]) {
        self.command(now, "channel.create", &json!({ "kind": kind, "members": members, "title": (kind != "direct").then_some("Venice") }));
    }

    fn say(&mut self, channel: ChannelId) {
        let text = self.words();
        let recent: Vec<Seq> = self.replicas.get(&channel).into_iter().flat_map(|replica| replica.messages()).take(4).map(|entry| entry.seq).collect();
        let reply_to = (!recent.is_empty() && self.dice.one_in(6)).then(|| self.dice.pick(&recent));
        let wait = self.dice.one_in(2);
        let data = json!({ "channel": channel, "body": { "text": text }, "reply_to": reply_to, "wait": wait });
        self.compose("message.send", channel, data, Says::Text(text));
    }

    fn edit(&mut self, channel: ChannelId, me: UserId) {
        if let Some(target) = self.target(channel, Some(me)) {
            let text = self.words();
            self.compose("message.edit", channel, json!({ "channel": channel, "target": target, "body": { "text": text } }), Says::Text(text));
        }
    }

    fn delete(&mut self, channel: ChannelId, me: UserId) {
        if let Some(target) = self.target(channel, Some(me)) {
            self.compose("message.delete", channel, json!({ "channel": channel, "target": target }), Says::Nothing);
        }
    }

    fn react(&mut self, channel: ChannelId) {
        if let Some(target) = self.target(channel, None) {
            let (emoji, on) = (self.dice.pick(&["👍", "🎉"]), !self.dice.one_in(3));
            self.compose("message.react", channel, json!({ "channel": channel, "target": target, "emoji": emoji, "on": on }), Says::Nothing);
        }
    }

    /// Sends a message on, also one of a channel that was left.
    fn forward(&mut self, channel: ChannelId) {
        let known: Vec<ChannelId> = self.replicas.keys().copied().collect();
        let from = self.dice.pick(&known);
        if let Some(target) = self.target(from, None) {
            let data = json!({ "from": from, "target": target, "channel": channel, "wait": self.dice.one_in(2) });
            self.compose("message.forward", channel, data, Says::Forward { from, target });
        }
    }

    fn pin(&mut self, now: u64, channel: ChannelId) {
        if let Some(target) = self.target(channel, None) {
            let on = self.dice.one_in(2);
            self.command(now, "message.pin", &json!({ "channel": channel, "target": target, "on": on }));
        }
    }

    /// Reads everything that is there.
    fn look(&mut self, channel: ChannelId) {
        if let Some(replica) = self.replicas.get_mut(&channel) {
            replica.read = replica.have;
        }
    }

    /// One of the newest messages.
    fn target(&mut self, channel: ChannelId, of: Option<UserId>) -> Option<Seq> {
        let has_text = |event: &Event| matches!(event, Event::Message(message) if message.body.is_some());
        let mine = self.replicas.get(&channel)?.messages().filter(|entry| has_text(&entry.event) && of.is_none_or(|of| entry.sender == of));
        let recent: Vec<Seq> = mine.take(5).map(|entry| entry.seq).collect();
        (!recent.is_empty()).then(|| self.dice.pick(&recent))
    }

    /// Words that nobody else says.
    fn words(&mut self) -> String {
        format!("{} on the {}, no. {}", self.name, self.kind(), self.composed + 1)
    }

    fn compose(&mut self, name: &'static str, channel: ChannelId, mut data: Value, says: Says) {
        self.composed += 1;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.dice.bits().to_be_bytes());
        let client_id = ClientId::new(Timestamp(self.composed), &random);
        data["client_id"] = json!(client_id);
        self.letters.push_back(Letter { client_id, channel, name, data, says, is_composed: false, sent_at: None, not_before: 0 });
    }
}
