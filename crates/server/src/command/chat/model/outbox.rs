//! Messages that were written and are not in the log yet.

use rialto_domain::entry::{Content, Mentions};
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp};
use rialto_wire::command::MessageSend;
use serde::{Deserialize, Serialize};

/// The most messages that may wait: whoever writes more is offline for too long to be typing at all.
const MAX_UNSENT: usize = 1000;
/// A message that was received and does not show in the log for so long is sent again: its name makes that harmless.
const STORED_WITHIN_MS: u64 = 20_000;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unsent {
    /// What this client calls it. Sent again under the same name, it is the same message.
    pub(crate) client_id: ClientId,
    /// Where it goes.
    pub(crate) channel: ChannelId,
    /// What it says.
    pub(crate) text: String,
    /// What it answers.
    #[serde(default)]
    pub(crate) reply_to: Option<Seq>,
    /// Whom it calls.
    #[serde(default)]
    pub(crate) mentions: Mentions,
    /// How far it has come; after a restart, nowhere.
    #[serde(skip)]
    pub(crate) stage: Stage,
}

/// How far an unsent message has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// To be sent, not before this moment.
    #[default]
    Waiting,
    /// Sent; no answer yet.
    Asked,
    /// The server has it, since then.
    Received(Timestamp),
    /// The server does not take it.
    Refused {
        /// Why, for people.
        text: String,
    },
}

/// The outbox: in the order of writing, which is the order of sending.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    items: Vec<Unsent>,
    /// Nothing is sent before: the server asked for a pause.
    resume_at: Timestamp,
}

impl Outbox {
    /// With what a file kept.
    pub(crate) fn restored(items: Vec<Unsent>) -> Self {
        Self { items, resume_at: Timestamp(0) }
    }

    /// Everything that must outlive this program.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Unsent> {
        self.items.iter().filter(|item| !matches!(item.stage, Stage::Refused { .. }))
    }

    /// Whether anything is still to be sent, or to be stored.
    pub(crate) fn is_busy(&self) -> bool {
        self.kept().next().is_some()
    }

    /// What is on its way into a channel.
    pub(crate) fn of(&self, channel: ChannelId) -> impl Iterator<Item = &Unsent> {
        self.items.iter().filter(move |item| item.channel == channel)
    }

    /// Where a message goes, while it is here.
    pub(crate) fn channel_of(&self, id: ClientId) -> Option<ChannelId> {
        self.items.iter().find(|item| item.client_id == id).map(|item| item.channel)
    }

    /// Adds a message. `false` when there are too many.
    pub(crate) fn push(&mut self, item: Unsent) -> bool {
        let has_room = self.items.len() < MAX_UNSENT;
        if has_room {
            self.items.push(item);
        }
        has_room
    }

    /// The next message to send, if its turn has come. One at a time, so that a refusal cannot put them out of order.
    pub(crate) fn take_next(&mut self, now: Timestamp) -> Option<MessageSend> {
        if now < self.resume_at || self.items.iter().any(|item| item.stage == Stage::Asked) {
            return None;
        }
        let item = self.items.iter_mut().find(|item| item.stage == Stage::Waiting)?;
        item.stage = Stage::Asked;
        Some(MessageSend {
            channel: item.channel,
            client_id: item.client_id,
            body: Content::Text(item.text.clone()),
            reply_to: item.reply_to,
            mentions: item.mentions.clone(),
            wait: false,
        })
    }

    /// The server took a message in. `false` when that is known or the message is stored already.
    pub(crate) fn receive(&mut self, id: ClientId, now: Timestamp) -> bool {
        let item = self.find(id).filter(|item| item.stage == Stage::Asked);
        item.map(|item| item.stage = Stage::Received(now)).is_some()
    }

    /// The server wants it later.
    pub(crate) fn postpone(&mut self, id: ClientId, until: Timestamp) {
        self.resume_at = self.resume_at.max(until);
        if let Some(item) = self.find(id) {
            item.stage = Stage::Waiting;
        }
    }

    /// The server does not take it. It stays in sight until it is sent again or dropped.
    pub(crate) fn refuse(&mut self, id: ClientId, text: String) -> bool {
        self.find(id).map(|item| item.stage = Stage::Refused { text }).is_some()
    }

    /// It stands in the log. `false` when it was not ours to wait for.
    pub(crate) fn stored(&mut self, id: ClientId) -> bool {
        let before = self.items.len();
        self.items.retain(|item| item.client_id != id);
        self.items.len() < before
    }

    /// A new connection: whatever is not in the log is sent again.
    pub(crate) fn rewind(&mut self) {
        for item in &mut self.items {
            if matches!(item.stage, Stage::Asked | Stage::Received(_)) {
                item.stage = Stage::Waiting;
            }
        }
    }

    /// Time passed: what should have been stored by now is sent again.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        for item in &mut self.items {
            if matches!(item.stage, Stage::Received(at) if now.since(at) > STORED_WITHIN_MS) {
                item.stage = Stage::Waiting;
            }
        }
    }

    /// What was refused is tried again.
    pub(crate) fn retry(&mut self) -> usize {
        let refused = self.items.iter_mut().filter(|item| matches!(item.stage, Stage::Refused { .. }));
        refused.map(|item| item.stage = Stage::Waiting).count()
    }

    /// What was refused is dropped.
    pub(crate) fn drop_refused(&mut self) -> usize {
        let before = self.items.len();
        self.items.retain(|item| !matches!(item.stage, Stage::Refused { .. }));
        before - self.items.len()
    }

    /// Nothing can be sent there any more. Tells what was lost by it.
    pub(crate) fn leave(&mut self, channel: ChannelId) -> Vec<Unsent> {
        self.items.extract_if(.., |item| item.channel == channel).collect()
    }

    fn find(&mut self, id: ClientId) -> Option<&mut Unsent> {
        self.items.iter_mut().find(|item| item.client_id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn id(number: u8) -> ClientId {
        ClientId::from_bytes([number; 16])
    }

    fn outbox(count: u8) -> Outbox {
        let item = |number| Unsent {
            client_id: id(number),
            channel: ChannelId::from_bytes([9; 16]),
            text: format!("message {number}"),
            reply_to: None,
            mentions: Mentions::default(),
            stage: Stage::Waiting,
        };
        Outbox::restored((1..=count).map(item).collect())
    }

    fn next(outbox: &mut Outbox, now: Timestamp) -> Option<ClientId> {
        outbox.take_next(now).map(|message| message.client_id)
    }

    #[test]
    fn messages_go_one_after_the_other() {
        let mut outbox = outbox(2);
        assert_eq!(next(&mut outbox, NOW), Some(id(1)));
        assert_eq!(next(&mut outbox, NOW), None);
        assert!(outbox.receive(id(1), NOW));
        assert_eq!(next(&mut outbox, NOW), Some(id(2)));
    }

    #[test]
    fn a_message_is_kept_until_it_is_in_the_log() {
        let mut outbox = outbox(1);
        next(&mut outbox, NOW);
        outbox.receive(id(1), NOW);
        assert!(outbox.is_busy());
        assert!(outbox.stored(id(1)));
        assert!(!outbox.stored(id(1)));
        assert!(!outbox.is_busy());
    }

    #[test]
    fn after_a_lost_connection_everything_not_stored_goes_again_under_the_same_name() {
        let mut outbox = outbox(2);
        next(&mut outbox, NOW);
        outbox.receive(id(1), NOW);
        next(&mut outbox, NOW);
        outbox.rewind();
        assert_eq!(next(&mut outbox, NOW), Some(id(1)));
        outbox.receive(id(1), NOW);
        assert_eq!(next(&mut outbox, NOW), Some(id(2)));
    }

    #[test]
    fn a_pause_holds_everything_and_keeps_the_order() {
        let mut outbox = outbox(2);
        next(&mut outbox, NOW);
        outbox.postpone(id(1), NOW.after_ms(500));
        assert_eq!(next(&mut outbox, NOW.after_ms(499)), None);
        assert_eq!(next(&mut outbox, NOW.after_ms(500)), Some(id(1)));
    }

    #[test]
    fn what_is_refused_is_not_kept_over_a_restart_but_may_be_tried_again() {
        let mut outbox = outbox(1);
        next(&mut outbox, NOW);
        assert!(outbox.refuse(id(1), "too long".into()));
        assert_eq!(outbox.kept().count(), 0);
        assert_eq!(next(&mut outbox, NOW), None);
        assert_eq!(outbox.retry(), 1);
        assert_eq!(next(&mut outbox, NOW), Some(id(1)));
        outbox.refuse(id(1), "too long".into());
        assert_eq!(outbox.drop_refused(), 1);
    }

    #[test]
    fn what_was_received_and_never_shows_is_sent_again() {
        let mut outbox = outbox(1);
        next(&mut outbox, NOW);
        outbox.receive(id(1), NOW);
        outbox.tick(NOW.after_ms(STORED_WITHIN_MS));
        assert_eq!(next(&mut outbox, NOW), None);
        outbox.tick(NOW.after_ms(STORED_WITHIN_MS + 1));
        assert_eq!(next(&mut outbox, NOW), Some(id(1)));
    }

    #[test]
    fn a_restart_keeps_the_names() {
        let mut before = outbox(1);
        next(&mut before, NOW);
        let file = serde_json::to_string(&before.kept().collect::<Vec<_>>()).unwrap();
        let mut after = Outbox::restored(serde_json::from_str(&file).unwrap());
        assert_eq!(next(&mut after, NOW), Some(id(1)));
    }

    #[test]
    fn the_outbox_is_bounded() {
        let mut outbox = outbox(1);
        let item = outbox.items[0].clone();
        let pushed = (0..2 * MAX_UNSENT).filter(|_| outbox.push(item.clone())).count();
        assert_eq!(pushed, MAX_UNSENT - 1);
    }
}
