//! From a connected socket to a connection that is ready.

use rialto_wire::command::{ClientName, Hello, Ready};
use rialto_wire::websocket::client::{Dial, DialError};
use serde::Serialize;
use std::io;

use super::Contract;
use super::carrier::Frame;
use super::fleet::{Fleet, Stage};
use super::heard::Heard;
use super::order::Follower;

/// What the bench contract says with its CONNECT.
#[derive(Serialize)]
struct Room {
    room: String,
}

/// The id of hello. Nothing else is asked before its answer.
const HELLO: u64 = 0;

impl Fleet {
    /// Asks for a WebSocket.
    pub(super) fn upgrade(&mut self, index: usize) -> io::Result<()> {
        let nonce = [self.random.next().to_ne_bytes(), self.random.next().to_ne_bytes()];
        let nonce: [u8; 16] = std::array::from_fn(|at| nonce[at / 8][at % 8]);
        let mut request = Vec::new();
        self.dialled(nonce).request(&mut request).map_err(invalid)?;
        let connection = &mut self.connections[index];
        connection.stage = Stage::Upgrading { nonce, head: Vec::new() };
        connection.socket.write(&request)
    }

    /// Takes the answer to the upgrade from the front of what was read, if that is what is awaited. Tells where frames begin.
    pub(super) fn agree(&mut self, index: usize, bytes: &[u8]) -> io::Result<usize> {
        let Stage::Upgrading { nonce, head } = &mut self.connections[index].stage else { return Ok(0) };
        let (nonce, before) = (*nonce, head.len());
        head.extend_from_slice(bytes);
        let head = std::mem::take(head);
        let agreed = self.dialled(nonce).agreed(&head).map_err(|error| match error {
            DialError::Status(status @ (429 | 503)) => {
                let what = format!("the server turned it away (HTTP {status}); see its RIALTO_EDGE_CONNECTIONS_PER_ADDRESS and RIALTO_EDGE_MAX_CONNECTIONS");
                io::Error::new(io::ErrorKind::ConnectionRefused, what)
            }
            error => invalid(error),
        })?;
        match agreed.map(|agreed| agreed.len) {
            None => {
                self.connections[index].stage = Stage::Upgrading { nonce, head };
                Ok(bytes.len())
            }
            Some(len) => {
                if self.manner.carrier.is_socketio() {
                    self.connections[index].stage = Stage::Opening;
                } else {
                    self.connections[index].stage = Stage::Greeting;
                    match self.manner.contract {
                        Contract::Rialto => self.command(index, HELLO, "hello", &self.hello(index))?,
                        Contract::Bench => self.command(index, HELLO, "hello", &self.room(index))?,
                    }
                }
                Ok(len - before)
            }
        }
    }

    /// Hears a frame that is part of the greeting.
    pub(super) fn greet(&mut self, index: usize, heard: Heard<'_>, frame: Frame<'_>) -> io::Result<()> {
        let carrier = self.manner.carrier;
        match (&self.connections[index].stage, heard) {
            (Stage::Opening, Heard::Opened) => {
                let mut packet = Vec::new();
                match self.manner.contract {
                    Contract::Rialto => carrier.connect(&self.hello(index), &mut packet),
                    Contract::Bench => carrier.connect(&self.room(index), &mut packet),
                }
                self.connections[index].stage = Stage::Greeting;
                self.write(index, carrier.opcode(), &packet)
            }
            (Stage::Greeting, Heard::Connected) => {
                if self.manner.contract == Contract::Bench {
                    self.be_ready(index);
                }
                Ok(())
            }
            (Stage::Greeting, Heard::Ok(HELLO)) if self.manner.contract == Contract::Bench => {
                self.be_ready(index);
                Ok(())
            }
            (Stage::Greeting, Heard::Ok(HELLO)) => self.begin(index, carrier.result::<Ready>(frame).and_then(Result::ok)),
            (Stage::Greeting, Heard::Event(b"ready")) => self.begin(index, carrier.data::<Ready>(frame)),
            (Stage::Greeting, Heard::Refused(HELLO)) => {
                let why = carrier.result::<Ready>(frame).and_then(Result::err).map_or_else(String::new, |error| error.text);
                Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("hello was refused: {why}")))
            }
            (_, Heard::ConnectRefused) => {
                let why = carrier.data::<serde_json::Value>(frame).unwrap_or_default();
                Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("CONNECT was refused: {why}")))
            }
            // A newer server may say more before it is ready.
            (_, Heard::Event(_)) => Ok(()),
            (_, heard) => Err(invalid(format!("{heard:?} came before the connection was ready"))),
        }
    }

    /// Takes the first payload. Who was here before goes on from where it was, with what it missed.
    fn begin(&mut self, index: usize, ready: Option<Ready>) -> io::Result<()> {
        let ready = ready.ok_or_else(|| invalid("the first payload is not understood"))?;
        for channel in &ready.channels.channels {
            let Some(number) = self.numbers.get(&channel.id).copied() else { continue };
            if let Some(membership) = self.membership(index, number).filter(|membership| membership.follower.have().is_none()) {
                membership.follower = Follower::based_at(channel.head);
                membership.marked = channel.read;
            }
        }
        self.be_ready(index);
        match ready.missed {
            Some(missed) => self.catch_up(index, missed, self.now_us()),
            None => Ok(()),
        }
    }

    fn be_ready(&mut self, index: usize) {
        self.connections[index].stage = Stage::Ready;
        self.ready += 1;
    }

    fn room(&self, index: usize) -> Room {
        Room { room: format!("r{}", self.connections[index].memberships[0].channel) }
    }

    fn hello(&self, index: usize) -> Hello {
        let token = self.accounts[index].access_token.clone();
        let client = ClientName { name: "rialto load".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        Hello { token: Some(token), client: Some(client), have: self.have(index), ..Hello::default() }
    }

    fn dialled(&self, nonce: [u8; 16]) -> Dial<'_> {
        let carrier = self.manner.carrier;
        Dial { host: &self.manner.host, target: carrier.target(), nonce, protocols: carrier.subprotocols(), headers: &[] }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
