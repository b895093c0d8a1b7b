//! What a client of a trial composed and does not know to be stored.

use rialto_domain::{ChannelId, ClientId};
use std::collections::VecDeque;

/// Messages that were not yet stored, in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Composed>,
    /// Of these nothing is known, and they are not sent again; they may turn up.
    given_up: VecDeque<Composed>,
}

/// A message that was written.
#[derive(Clone, Debug)]
pub(super) struct Composed {
    /// The operation in the journal.
    pub(super) op: u64,
    pub(super) channel: ChannelId,
    pub(super) client_id: ClientId,
    pub(super) text: String,
    /// On this connection it was sent under this number.
    sent: Option<u64>,
    /// It was sent before, and no answer came.
    is_doubtful: bool,
}

/// How many of which nothing is known are remembered.
const REMEMBERED: usize = 1000;

impl Outbox {
    /// Nothing is waiting.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// So many are waiting.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// A message was written.
    pub(super) fn compose(&mut self, op: u64, channel: ChannelId, client_id: ClientId, text: String) {
        self.waiting.push_back(Composed { op, channel, client_id, text, sent: None, is_doubtful: false });
    }

    /// Sends what was not sent on this connection yet, in its order; `send` gives the number of the command.
    pub(super) fn send(&mut self, mut send: impl FnMut(&Composed) -> u64) {
        for message in self.waiting.iter_mut().filter(|message| message.sent.is_none()) {
            message.sent = Some(send(message));
        }
    }

    /// The connection broke: what was sent on it may have arrived or not.
    pub(super) fn disconnected(&mut self) {
        for message in &mut self.waiting {
            message.is_doubtful |= message.sent.take().is_some();
        }
    }

    /// A message stands in the log. The operation, when it is one of these.
    pub(super) fn stored(&mut self, client_id: ClientId) -> Option<u64> {
        let messages = [&mut self.waiting, &mut self.given_up].into_iter();
        messages.filter_map(|messages| take(messages, |message| message.client_id == client_id)).map(|message| message.op).next()
    }

    /// The server refused the command of this number, or the message of this name. What is returned was certainly not done.
    pub(super) fn refused(&mut self, is_it: impl Fn(u64, ClientId) -> bool, is_certain: bool) -> Option<u64> {
        let message = take(&mut self.waiting, |message| message.sent.is_some_and(|number| is_it(number, message.client_id)))?;
        if is_certain && !message.is_doubtful {
            return Some(message.op);
        }
        self.given_up.push_back(message);
        self.given_up.drain(..self.given_up.len().saturating_sub(REMEMBERED));
        None
    }

    /// The client is no longer in a channel: what was meant for it is not sent again.
    pub(super) fn leave(&mut self, channel: ChannelId) {
        while let Some(message) = take(&mut self.waiting, |message| message.channel == channel) {
            self.given_up.push_back(message);
        }
    }
}

fn take(messages: &mut VecDeque<Composed>, is_it: impl Fn(&Composed) -> bool) -> Option<Composed> {
    let at = messages.iter().position(is_it)?;
    messages.remove(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: ChannelId = ChannelId::from_bytes([1; 16]);

    fn name(number: u8) -> ClientId {
        ClientId::from_bytes([number; 16])
    }

    fn with_messages(count: u8) -> Outbox {
        let mut outbox = Outbox::default();
        (1..=count).for_each(|number| outbox.compose(u64::from(number), CHANNEL, name(number), String::new()));
        outbox
    }

    fn sent(outbox: &mut Outbox) -> Vec<u64> {
        let mut sent = Vec::new();
        outbox.send(|message| {
            sent.push(message.op);
            message.op + 100
        });
        sent
    }

    #[test]
    fn after_a_break_everything_that_is_not_stored_is_sent_again_in_order() {
        let mut outbox = with_messages(3);
        assert_eq!(sent(&mut outbox), [1, 2, 3]);
        assert_eq!(outbox.stored(name(1)), Some(1));
        outbox.disconnected();
        assert_eq!(sent(&mut outbox), [2, 3]);
        assert_eq!(sent(&mut outbox), [0; 0]);
    }

    #[test]
    fn what_was_refused_at_once_was_not_done() {
        let mut outbox = with_messages(1);
        sent(&mut outbox);
        assert_eq!(outbox.refused(|number, _| number == 101, true), Some(1));
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_was_refused_after_a_doubt_may_have_been_done() {
        let mut outbox = with_messages(1);
        sent(&mut outbox);
        outbox.disconnected();
        sent(&mut outbox);
        assert_eq!(outbox.refused(|_, client_id| client_id == name(1), true), None);
        assert!(outbox.is_empty());
        assert_eq!(outbox.stored(name(1)), Some(1));
    }
}
