//! Who is in which channel.

use serde::{Deserialize, Serialize};

/// Connections, each with its own account, spread evenly over channels of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    connections: u32,
    channel_size: u32,
    memberships: u32,
}

impl Plan {
    /// As many whole channels as the connections fill, `memberships` of them for each connection. All are at least 1.
    pub(super) fn new(connections: u32, channel_size: u32, memberships: u32) -> Self {
        let channel_size = channel_size.clamp(1, connections.max(1));
        // Only whole channels, so that it is known how many deliveries a message makes.
        Self { connections: connections.max(1) / channel_size * channel_size, channel_size, memberships: memberships.max(1) }
    }

    /// How many connections there are; it may be a few less than wished for.
    pub(super) fn connections(&self) -> u32 {
        self.connections
    }

    /// How many members each channel has.
    pub(super) fn channel_size(&self) -> u32 {
        self.channel_size
    }

    /// How many channels there are.
    pub(super) fn channels(&self) -> u32 {
        self.channels_per_layer() * self.memberships
    }

    /// The members of a channel; the first one opens it.
    pub(super) fn members(&self, channel: u32) -> impl Iterator<Item = u32> + use<> {
        let (layer, place) = (channel / self.channels_per_layer(), channel % self.channels_per_layer());
        let (connections, size) = (self.connections, self.channel_size);
        let back = connections - self.shift(layer);
        (place * size..(place + 1) * size).map(move |position| (position + back) % connections)
    }

    /// The channels of a connection, in ascending order.
    pub(super) fn channels_of(&self, connection: u32) -> impl Iterator<Item = u32> + use<'_> {
        (0..self.memberships).map(move |layer| {
            let position = (connection + self.shift(layer)) % self.connections;
            layer * self.channels_per_layer() + position / self.channel_size
        })
    }

    fn channels_per_layer(&self) -> u32 {
        self.connections / self.channel_size
    }

    /// Each further membership puts the connections a little aside, so that channels do not all have the same members.
    fn shift(&self, layer: u32) -> u32 {
        let step = u64::from((self.channel_size / self.memberships).max(1));
        (u64::from(layer) * step % u64::from(self.connections)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_is_in_its_channels_and_every_channel_has_its_size() {
        for (connections, size, memberships) in [(12, 4, 1), (12, 4, 3), (10, 3, 2), (7, 1, 5), (5, 5, 2)] {
            let plan = Plan::new(connections, size, memberships);
            let mut counted = vec![0; plan.connections() as usize];
            for channel in 0..plan.channels() {
                let members: Vec<_> = plan.members(channel).collect();
                assert_eq!(members.len(), size as usize);
                for member in members {
                    counted[member as usize] += 1;
                    assert!(plan.channels_of(member).any(|of| of == channel), "{plan:?} {member} {channel}");
                }
            }
            assert_eq!(counted, vec![memberships; plan.connections() as usize], "{plan:?}");
        }
    }

    #[test]
    fn only_whole_channels_are_made() {
        let plan = Plan::new(10, 4, 1);
        assert_eq!((plan.connections(), plan.channels()), (8, 2));
        assert_eq!(Plan::new(3, 1000, 1).channel_size(), 3);
    }
}
