//! Time that passes: one timer for each connection, however much it waits for.

use rialto_domain::session::{Effect, Input};
use rialto_wire::engineio::Beat;
use rialto_wire::engineio::packet::PING_FRAME;
use rialto_wire::websocket::CloseCode;

use super::connection::{Carrier, Key, NEVER};
use super::encode;
use super::offence::Offence;
use super::opening::Declined;
use super::rooms::Index;
use super::shard::Shard;

impl Shard {
    /// Sets a timer for the connection unless an earlier one is set.
    pub(super) fn arm(&mut self, index: Index) {
        let key = self.key(index);
        let connection = &mut self.connections[index as usize];
        let due = connection.due();
        if due < connection.timer_at {
            connection.timer_at = due;
            self.timers.set(due, key);
        }
    }

    pub(super) fn fire(&mut self, key: Key) {
        let now = self.now;
        let Some(connection) = self.find(key).filter(|connection| connection.timer_at <= now) else { return };
        connection.timer_at = NEVER;
        if connection.due() <= now {
            self.due(key.index);
        }
        if self.find(key).is_some() {
            self.arm(key.index);
        }
    }

    fn due(&mut self, index: Index) {
        let now = self.now;
        let pace = self.shared.settings.timing.heartbeat;
        let is_draining = self.is_draining();
        let connection = &mut self.connections[index as usize];
        if connection.deadline <= now {
            connection.deadline = NEVER;
            return match connection.carrier {
                Carrier::Head(_) => self.decline(index, &Declined::because(408, "the request did not come in time")),
                Carrier::Closing => self.cut(index),
                _ if connection.is_revoked => self.end_dialogue(index),
                _ if is_draining => self.close(index, CloseCode::GOING_AWAY, "the server goes down"),
                _ => self.show_out(index, Offence::Late, "too late"),
            };
        }
        if connection.message_by <= now {
            connection.message_by = NEVER;
            return self.show_out(index, Offence::Late, "the message did not come in time");
        }
        if let Effect::Close(reason) = connection.session.handle(Input::Tick, now) {
            return self.close_because(index, reason);
        }
        match connection.heartbeat.tick(pace, now.0) {
            Beat::Rest => {}
            Beat::Ping => {
                let ping = if matches!(connection.carrier, Carrier::Plain(_)) { encode::PLAIN_PING } else { PING_FRAME };
                self.push(index, ping);
            }
            Beat::Dead => {
                self.blame(index, Offence::Silent, "pings are not answered");
                self.cut(index);
            }
        }
    }
}
