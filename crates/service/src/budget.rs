//! How much fits into one answer.

use rialto_domain::channel::About;
use rialto_domain::entry::{Content, Entry, Event, Mentions};
use rialto_domain::history::Folded;

/// Bytes that an answer may still have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: usize,
    is_untouched: bool,
}

/// What surrounds the text of an entry, a message or a channel: ids, numbers, names of fields.
const ENVELOPE: usize = 256;
const ID: usize = 40;

impl Budget {
    pub(crate) const fn new(bytes: usize) -> Self {
        Self { left: bytes, is_untouched: true }
    }

    /// Takes `bytes` out of what is left, if they fit. What comes first always fits: an answer that could hold nothing
    /// would be asked for again for ever. After a no, nothing fits any more: answers have no holes.
    pub(crate) const fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left || self.is_untouched;
        self.left = if fits { self.left.saturating_sub(bytes) } else { 0 };
        self.is_untouched = false;
        fits
    }

    pub(crate) const fn is_spent(&self) -> bool {
        self.left == 0
    }
}

/// About how large an entry is on the wire.
pub(crate) fn entry_bytes(entry: &Entry) -> usize {
    ENVELOPE
        + match &entry.event {
            Event::Message(message) => content_bytes(message.body.as_ref()) + mentions_bytes(&message.mentions),
            Event::Edit { body, mentions, .. } => content_bytes(body.as_ref()) + mentions_bytes(mentions),
            Event::Member { users, .. } => ID * users.len(),
            Event::Channel(change) => text_bytes(change.title.as_ref()) + text_bytes(change.description.as_ref()),
            Event::Delete { .. } | Event::Reaction { .. } | Event::Pin { .. } => 0,
        }
}

/// About how large a message is on the wire.
pub(crate) fn folded_bytes(message: &Folded) -> usize {
    let reactions: usize = message.reactions.iter().map(|reaction| 64 + ID * reaction.users.len()).sum();
    ENVELOPE + content_bytes(message.message.body.as_ref()) + mentions_bytes(&message.message.mentions) + reactions
}

/// About how large a channel of a list is on the wire, without its last message.
pub(crate) fn about_bytes(about: &About) -> usize {
    3 * ENVELOPE + text_bytes(about.title.as_ref()) + text_bytes(about.description.as_ref())
}

fn content_bytes(content: Option<&Content>) -> usize {
    match content {
        Some(Content::Text(text)) => text.len(),
        Some(Content::Location(place)) => 64 + text_bytes(place.label.as_ref()),
        Some(Content::Contact(contact)) => ID + contact.name.len() + contact.addresses.iter().map(String::len).sum::<usize>(),
        None => 0,
    }
}

fn mentions_bytes(mentions: &Mentions) -> usize {
    ID * mentions.users.len()
}

fn text_bytes(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_always_fits_and_after_a_no_nothing_does() {
        let mut budget = Budget::new(10);
        assert!(budget.take(11));
        assert!(!budget.take(1) && budget.is_spent());
        let mut budget = Budget::new(10);
        assert!(budget.take(4) && budget.take(6) && budget.is_spent());
        let mut budget = Budget::new(10);
        assert!(budget.take(4) && !budget.take(7) && !budget.take(1));
    }
}
