//! What was said, in order, in every channel.

use async_trait::async_trait;

use super::error::PortResult;
use crate::apply::Facts;
use crate::channel::{About, Channel, Member};
use crate::entry::Entry;
use crate::history::Folded;
use crate::id::{ChannelId, ClientId, UserId};
use crate::log::{Interval, Seq, Window};
use crate::position::Position;

/// Entries for one channel, and what else changes with them.
#[derive(Clone, Debug)]
pub struct Append {
    /// The log.
    pub channel: ChannelId,
    /// Its head before: the append is refused as a [`Conflict`](super::PortError::Conflict) if it is another.
    pub expected: Seq,
    /// What is appended; the first stands at `expected + 1`. May be empty when only positions move.
    pub entries: Vec<Entry>,
    /// Membership rows as they are afterwards.
    pub members: Vec<(UserId, Member)>,
    /// Positions that moved and are not in `members`.
    pub positions: Vec<(UserId, Position)>,
    /// The minima over all present members afterwards: delivered, read.
    pub minima: (Seq, Seq),
    /// How many present members there are afterwards.
    pub active: usize,
    /// Title and description, when they changed.
    pub about: Option<About>,
}

/// What a command needs to know about the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The log.
    pub channel: ChannelId,
    /// Who commands.
    pub actor: UserId,
    /// The name under which the actor may have done this before.
    pub client_id: Option<ClientId>,
    /// The entry that the command points at.
    pub target: Option<Seq>,
    /// Also count the pinned messages.
    pub pins: bool,
}

/// A wish for the newest messages of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// The log.
    pub channel: ChannelId,
    /// What the reader may see of it.
    pub visible: Vec<Interval>,
    /// How many messages, at most.
    pub count: usize,
}

/// The logs of all channels.
///
/// Every implementation promises, and `testkit::conformance::log` asks:
/// - an append is visible entirely or not at all, and durable (fsync, or a quorum) when it returns;
/// - all of a batch is appended, or nothing;
/// - an append on another head than expected is refused and changes nothing;
/// - who has seen seq `n` of a channel never later meets a new entry below `n`;
/// - what was appended is found again under its (channel, sender, client id) for as long as the channel exists;
/// - text deleted by a `Delete` entry is in none of its answers, nor in its files in readable form for longer than its documentation says.
#[async_trait]
pub trait ChannelLog: Send + Sync {
    /// A channel as its writer needs it. [`NotFound`](super::PortError::NotFound) when there is none.
    async fn load(&self, channel: ChannelId) -> PortResult<Channel>;

    /// The facts for each look-up, in the same order.
    async fn facts(&self, lookups: &[Lookup]) -> PortResult<Vec<Facts>>;

    /// Appends to several channels at once.
    async fn append(&self, batch: Vec<Append>) -> PortResult<()>;

    /// The entries `from..=to`, at most `limit`, oldest first, as they are now: deleted text is absent, and an edit
    /// carries the text that the message has now. Entries that `reader` deleted for themselves are left out.
    async fn entries(&self, channel: ChannelId, reader: UserId, from: Seq, to: Seq, limit: usize) -> PortResult<Vec<Entry>>;

    /// At most `limit` messages of a window within what is `visible`, oldest first, with edits, deletions, reactions
    /// and pins folded in, without those that `reader` deleted for themselves.
    async fn history(&self, channel: ChannelId, reader: UserId, visible: &[Interval], window: Window, limit: usize) -> PortResult<Vec<Folded>>;

    /// The newest messages of several channels, in the order of the wishes, as [`history`](Self::history) tells them; none
    /// of a channel that is gone.
    async fn newest(&self, reader: UserId, wishes: &[Newest]) -> PortResult<Vec<Vec<Folded>>>;

    /// The pinned messages within what is `visible`, oldest first.
    async fn pinned(&self, channel: ChannelId, reader: UserId, visible: &[Interval]) -> PortResult<Vec<Folded>>;

    /// Would an append be taken now, as far as is known without one? The error is what an append would probably meet.
    async fn writable(&self) -> PortResult<()>;
}
