//! The durable, ordered way of commands to the one writer of their channel.

use async_trait::async_trait;

use super::error::PortResult;
use crate::apply::Command;
use crate::id::{ChannelId, UserId};

/// Somebody's command on its way to a channel's writer.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where.
    pub channel: ChannelId,
    /// Who.
    pub actor: UserId,
    /// What.
    pub command: Command,
    /// Who waits for the outcome, if anybody.
    pub ticket: Option<Ticket>,
}

/// Where an outcome is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The gateway, by the number it drew at start.
    pub gateway: u64,
    /// The number under which it waits there.
    pub number: u64,
}

/// Accepts commands.
///
/// Every implementation promises:
/// - what was accepted comes out of the [`IntakeReader`], at least once, unless the process (embedded) or the broker's quorum (cluster) is lost;
/// - two commands for one channel submitted one after the other come out in that order;
/// - beyond its bound it refuses with [`Overloaded`](super::PortError::Overloaded) rather than grow.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Accepts a command: from here on it is *received*.
    async fn submit(&self, order: Order) -> PortResult<()>;
}

/// The writer's end.
#[async_trait]
pub trait IntakeReader: Send {
    /// Waits for commands and takes at most `most` of them, in order. Empty: the intake is closed and drained.
    async fn take(&mut self, most: usize) -> PortResult<Vec<Order>>;

    /// All that was taken has been dealt with.
    async fn done(&mut self) -> PortResult<()>;
}
