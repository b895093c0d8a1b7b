//! What connections have to say: gathered during a turn, written at its end.

use super::connection::Carrier;
use super::rooms::Index;
use super::shard::Shard;

impl Shard {
    /// Notes that the connection has something to write.
    pub(super) fn soil(&mut self, index: Index) {
        let connection = &mut self.connections[index as usize];
        if !std::mem::replace(&mut connection.is_dirty, true) {
            self.dirty.push(index);
        }
    }

    /// Queues a frame that must not be dropped.
    pub(super) fn push(&mut self, index: Index, frame: bytes::Bytes) {
        if let Some(connection) = self.connections.get_mut(index as usize) {
            connection.outbox.push(frame, &mut self.spares);
            self.soil(index);
        }
    }

    pub(super) fn writable(&mut self, index: Index) {
        if let Some(connection) = self.connections.get_mut(index as usize)
            && std::mem::take(&mut connection.is_blocked)
        {
            self.soil(index);
        }
    }

    pub(super) fn flush(&mut self) {
        // What leaves may let commands go on that waited for room, and they have something to say as well.
        while let Some(index) = self.dirty.pop() {
            self.flush_one(index);
        }
    }

    pub(super) fn flush_one(&mut self, index: Index) {
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        connection.is_dirty = false;
        let Some(stream) = &mut connection.stream else { return self.flush_poll(index) };
        if connection.is_blocked {
            return;
        }
        let Ok(written) = connection.outbox.write_to(stream, &mut self.spares) else { return self.cut(index) };
        connection.is_blocked = written.is_blocked;
        self.tally.wrote(written.frames, written.bytes);
        if connection.outbox.is_empty() {
            connection.is_lagging = false;
            if matches!(connection.carrier, Carrier::Closing) && stream.finish().is_err() {
                return self.cut(index);
            }
        }
        self.drained(index);
    }

    /// Less waits for the peer than before: perhaps it may speak again.
    pub(super) fn drained(&mut self, index: Index) {
        let half = self.shared.settings.outbox_bytes / 2;
        let connection = &mut self.connections[index as usize];
        if connection.outbox.bytes() > half {
            return;
        }
        let may_wait = connection.rare.is_some();
        if std::mem::take(&mut connection.is_paused) {
            let key = self.key(index);
            self.unread.push(key);
        }
        if may_wait {
            self.go_on(index);
        }
    }
}
