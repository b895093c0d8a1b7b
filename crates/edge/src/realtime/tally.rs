//! What a shard counts. Sums of one turn are reported at its end, so that counting costs next to nothing.

use metrics::{Counter, Gauge, counter, gauge};

use super::encode::Format;
use super::offence::Offence;
use super::opening::Opening;

pub(super) struct Tally {
    turn: Turn,
    connections: Gauge,
    reported: usize,
    queued: Gauge,
    reported_queued: usize,
    frames_in: Counter,
    frames_out: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
    resyncs: Counter,
}

#[derive(Default)]
struct Turn {
    frames_in: u64,
    frames_out: u64,
    bytes_in: u64,
    bytes_out: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            turn: Turn::default(),
            connections: gauge!("rialto_connections"),
            reported: 0,
            queued: gauge!("rialto_outbox_bytes"),
            reported_queued: 0,
            frames_in: counter!("rialto_frames_in_total"),
            frames_out: counter!("rialto_frames_out_total"),
            bytes_in: counter!("rialto_bytes_in_total"),
            bytes_out: counter!("rialto_bytes_out_total"),
            resyncs: counter!("rialto_resyncs_total"),
        }
    }

    pub(super) fn read(&mut self, bytes: usize) {
        self.turn.bytes_in += bytes as u64;
    }

    pub(super) fn heard(&mut self) {
        self.turn.frames_in += 1;
    }

    pub(super) fn wrote(&mut self, frames: u64, bytes: u64) {
        self.turn.frames_out += frames;
        self.turn.bytes_out += bytes;
    }

    pub(super) fn resync(&mut self) {
        self.resyncs.increment(1);
    }

    /// A connection ends for what its client did.
    pub(super) fn offended(&mut self, offence: Offence) {
        counter!("rialto_connections_shown_out_total", "offence" => offence.name()).increment(1);
    }

    pub(super) fn opened(&mut self, opening: Opening) {
        let carrier = match opening {
            Opening::Plain(Format::PlainMsgpack) => "plain_msgpack",
            Opening::Plain(_) => "plain_json",
            Opening::SocketIo(_) | Opening::Upgrade { .. } => "socketio_websocket",
            Opening::EngineEcho | Opening::Echo => "echo",
        };
        counter!("rialto_connections_opened_total", "carrier" => carrier).increment(1);
    }

    pub(super) fn opened_polling(&mut self) {
        counter!("rialto_connections_opened_total", "carrier" => "socketio_polling").increment(1);
    }

    /// A command was refused.
    pub(super) fn refused(&mut self, code: &str) {
        counter!("rialto_commands_refused_total", "code" => code.to_owned()).increment(1);
    }

    /// The turn ends with so many connections.
    pub(super) fn report(&mut self, connections: usize) {
        let Turn { frames_in, frames_out, bytes_in, bytes_out } = std::mem::take(&mut self.turn);
        for (counter, count) in [(&self.frames_in, frames_in), (&self.frames_out, frames_out), (&self.bytes_in, bytes_in), (&self.bytes_out, bytes_out)] {
            if count > 0 {
                counter.increment(count);
            }
        }
        // All shards share one gauge.
        if connections != self.reported {
            self.connections.increment(connections as f64 - self.reported as f64);
            self.reported = connections;
        }
    }

    /// So many bytes wait in the outboxes.
    pub(super) fn report_queued(&mut self, bytes: usize) {
        if bytes != self.reported_queued {
            self.queued.increment(bytes as f64 - self.reported_queued as f64);
            self.reported_queued = bytes;
        }
    }
}
