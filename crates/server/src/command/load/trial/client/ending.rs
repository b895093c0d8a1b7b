//! The phases at the end: everything arrives, everything is read once more.

use rialto_checker::What;
use rialto_domain::Seq;
use rialto_wire::command::ChannelRef;
use std::collections::VecDeque;

use super::{Asked, Client, Phase};
use crate::client::Connection;

impl Client {
    pub(super) fn has_done_its_part(&mut self, connection: &mut Connection) -> bool {
        match self.phase {
            Phase::Talk | Phase::Over => true,
            Phase::Settle => self.has_settled(connection),
            Phase::Read => self.has_read(connection),
        }
    }

    fn has_settled(&mut self, connection: &mut Connection) -> bool {
        if !self.outbox.is_empty() || self.asked.values().any(|asked| matches!(asked, Asked::Sync(_))) {
            return false;
        }
        if !self.has_marked_last {
            self.has_marked_last = true;
            for (channel, place) in self.places.clone() {
                // Some read everything, some nothing of late.
                if self.random.below(2) == 0 {
                    self.mark(channel, place.have(), place.newest_message());
                }
            }
            let have = self.have();
            self.sync(connection, have);
            self.send_what_waits(connection);
            return false;
        }
        for channel in self.marks.keys().copied().collect::<Vec<_>>() {
            if !self.asked.values().any(|asked| matches!(asked, Asked::Mark(of) | Asked::Standing(of) if *of == channel)) {
                self.asked.insert(connection.send("channel.get", &ChannelRef { channel }), Asked::Standing(channel));
            }
        }
        self.marks.is_empty()
    }

    fn has_read(&mut self, connection: &mut Connection) -> bool {
        if self.to_read.is_none() {
            self.asked.retain(|_, asked| !matches!(asked, Asked::Page { .. } | Asked::Rest(_)));
            let places = self.places.clone();
            for (channel, place) in &places {
                self.write(What::Synced { channel: *channel, after: place.since(), to: place.have() });
            }
            self.to_read = Some(VecDeque::new());
            if self.part.is_first_device {
                for channel in places.into_keys() {
                    self.read_page(connection, channel, Seq::ZERO, true);
                    if !self.absent.contains(&channel) {
                        self.asked.insert(connection.send("channel.get", &ChannelRef { channel }), Asked::Rest(channel));
                    }
                }
            }
        }
        !self.asked.values().any(|asked| matches!(asked, Asked::Page { .. } | Asked::Rest(_)))
    }
}
