//! How connections end.

use rialto_wire::engineio::Packet;
use rialto_wire::websocket::CloseCode;

use super::connection::{Carrier, NEVER};
use super::encode;
use super::offence::Offence;
use super::rooms::Index;
use super::shard::Shard;

impl Shard {
    /// Ends the connection for what its client did. The client is told in words.
    pub(super) fn show_out(&mut self, index: Index, offence: Offence, words: &str) {
        self.blame(index, offence, words);
        self.close(index, offence.close_code(), words);
    }

    /// Counts an offence that ends a connection, and logs it: the first of its kind in a minute for everybody, the others
    /// for who looks closely.
    pub(super) fn blame(&mut self, index: Index, offence: Offence, words: &str) {
        let Some(connection) = self.connections.get(index as usize).filter(|connection| !connection.is_closing()) else { return };
        let client = connection.permit.address();
        let words = if offence.is_told_in_quotes() { "" } else { words };
        self.tally.offended(offence);
        match self.told.note(offence, self.now) {
            Some(untold) => tracing::info!(offence = offence.name(), reason = words, %client, untold, "a client was shown out"),
            None => tracing::debug!(offence = offence.name(), reason = words, %client, "a client was shown out"),
        }
    }

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
        connection.message_by = NEVER;
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
        if let Some(pending) = connection.pending.take() {
            pending.abandon(&self.shared.runtime);
        }
        if std::mem::take(&mut connection.is_announced)
            && let Some(identity) = connection.identity()
        {
            self.shared.gateway.disconnected(identity);
        }
    }
}
