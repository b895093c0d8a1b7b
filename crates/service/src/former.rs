//! What former members may still read: what they saw, and nothing that came after.
//!
//! Text exists once, as it is now: what a message says may have been changed after a reader had left, and then it is
//! withheld. So are reactions and pins, which do not tell when they came.

use rialto_domain::entry::{Entry, Event, Mentions};
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Window};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use std::collections::BTreeSet;

use crate::Service;
use crate::refused::failed;

/// The moment at which somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left(Timestamp);

impl Left {
    /// Takes from a message what came after. A log's time never runs back, so whatever was edited later was edited at
    /// this moment or after it; what was edited within the same millisecond is withheld too.
    pub(crate) fn veil(self, message: &mut Folded) {
        if self.is_later(message) {
            message.message.body = None;
            message.message.mentions = Mentions::default();
        }
        message.pinned = false;
        message.reactions.clear();
    }

    fn is_later(self, message: &Folded) -> bool {
        message.edited_at.is_some_and(|at| at >= self.0)
    }
}

impl Service {
    /// When somebody left, of whom these stretches of a log are visible; `None` while they are in.
    pub(crate) async fn left(&self, user: UserId, channel: ChannelId, visible: &[Interval]) -> Result<Option<Left>, Refusal> {
        let Some(departure) = visible.last().and_then(|stretch| stretch.to) else { return Ok(None) };
        let entry = self.ports.log.entries(channel, user, departure, departure, 1).await.map_err(failed)?.pop();
        // Without the entry nothing is known to have come before it.
        Ok(Some(Left(entry.map_or(Timestamp::default(), |entry| entry.at))))
    }

    /// Takes from entries, oldest first, the text that came after a reader had left. Edits lose theirs in any case: whether
    /// it was the last one is not seen from them.
    pub(crate) async fn veil_entries(&self, user: UserId, channel: ChannelId, visible: &[Interval], entries: &mut [Entry]) -> Result<(), Refusal> {
        let Some(left) = self.left(user, channel, visible).await? else { return Ok(()) };
        let (Some(first), Some(last)) = (entries.first().map(|entry| entry.seq), entries.last().map(|entry| entry.seq)) else { return Ok(()) };
        let mut withheld = BTreeSet::new();
        let mut before = first.previous();
        while before < last {
            let page = self.ports.log.history(channel, user, visible, Window::After(before), self.policy.limits.page).await.map_err(failed)?;
            before = page.last().map_or(last, |message| message.seq);
            withheld.extend(page.iter().filter(|message| left.is_later(message)).map(|message| message.seq));
        }
        let is_withheld = |seq: Seq, event: &Event| matches!(event, Event::Edit { .. }) || withheld.contains(&seq);
        for entry in entries.iter_mut().filter(|entry| is_withheld(entry.seq, &entry.event)) {
            entry.event = entry.event.erased();
        }
        Ok(())
    }
}
