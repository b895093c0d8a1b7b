//! How connections end.

use rialto_wire::engineio::Packet;
use rialto_wire::websocket::CloseCode;

use super::connection::Carrier;
use super::encode;
use super::rooms::Index;
use super::shard::Shard;

impl Shard {
    /// Says goodbye, and ends the connection when the client has answered or does not.
    pub(super) fn close(&mut self, index: Index, code: CloseCode, reason: &str) {
        let Some(connection) = self.connections.get_mut(index as usize).filter(|connection| !connection.is_closing()) else { return };
        let last_word = match &connection.carrier {
            Carrier::Head(_) | Carrier::Closing => None,
            Carrier::EngineIo(_) if connection.stream.is_none() => Some(Packet::Close.frame()),
            _ => Some(encode::close(code, reason)),
        };
        self.end(index, last_word);
    }

    /// Queues the last word and ignores from now on what the peer says.
    pub(super) fn end(&mut self, index: Index, last_word: Option<bytes::Bytes>) {
        self.retire(index);
        self.part_unless_moving(index);
        let linger_ms = self.shared.settings.timing.linger_ms;
        let connection = &mut self.connections[index as usize];
        connection.carrier = Carrier::Closing;
        connection.reader = Default::default();
        connection.deadline = self.now.after_ms(linger_ms);
        if connection.is_blocked {
            // The last word must not wait behind what will hardly be read any more.
            connection.outbox.drop_announcements();
        }
        if let Some(frame) = last_word {
            connection.outbox.push(frame, &mut self.spares);
        }
        self.soil(index);
        self.arm(index);
    }

    /// Ends the connection without another word.
    pub(super) fn cut(&mut self, index: Index) {
        if self.connections.contains(index as usize) {
            self.retire(index);
            self.part(index);
            let connection = self.connections.remove(index as usize);
            if let Some(polled) = connection.polled {
                self.sids.remove(&polled.sid);
            }
        }
    }

    /// Takes the connection out of everything it is registered in.
    fn retire(&mut self, index: Index) {
        self.leave_rooms(index);
        let connection = &mut self.connections[index as usize];
        connection.rare = None;
        if std::mem::take(&mut connection.is_announced)
            && let Some(identity) = connection.identity()
        {
            self.shared.gateway.disconnected(identity);
        }
    }
}
