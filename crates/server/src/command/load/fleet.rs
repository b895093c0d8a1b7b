//! All connections of a run: one thread, one poller, no task for any of them.

use anyhow::{Context as _, ensure};
use mio::{Events, Interest, Poll, Token};
use rialto_domain::{ChannelId, Seq};
use rialto_wire::websocket::frame::{self, Opcode, Role};
use rialto_wire::websocket::{Message, Reader};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::carrier::{Carrier, Frame};
use super::cast::Account;
use super::ledger::Ledger;
use super::naming::Naming;
use super::order::Follower;
use super::plan::Plan;
use super::socket::Socket;
use super::tally::Tally;
use super::{Contract, MAX_MESSAGE_BYTES};

/// Bytes taken from a socket at once.
const READ_BYTES: usize = 256 << 10;

/// How this run connects and speaks.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    pub(super) server: SocketAddr,
    /// Host and port for the Host header.
    pub(super) host: String,
    pub(super) carrier: Carrier,
    pub(super) contract: Contract,
    /// Addresses of this machine that connections come from, counted up from 127.0.0.1.
    pub(super) sources: u8,
    /// Members tell that they received and read.
    pub(super) marks: bool,
    pub(super) plan: Plan,
}

/// The connections, and all that they experience.
pub(super) struct Fleet {
    pub(super) manner: Manner,
    pub(super) accounts: Vec<Account>,
    pub(super) channels: Vec<ChannelId>,
    /// The numbers of the channels.
    pub(super) numbers: HashMap<ChannelId, u32>,
    pub(super) connections: Vec<Connection>,
    pub(super) ready: usize,
    pub(super) gone: usize,
    pub(super) ledger: Ledger,
    pub(super) tally: Tally,
    pub(super) naming: Naming,
    /// Connections with something to mark.
    pub(super) unmarked: Vec<u32>,
    pub(super) random: Random,
    poll: Poll,
    began: Instant,
    buffer: Box<[u8]>,
    frame: Vec<u8>,
}

/// One connection.
pub(super) struct Connection {
    pub(super) socket: Socket,
    reader: Reader,
    pub(super) stage: Stage,
    pub(super) memberships: Box<[Membership]>,
    pub(super) is_syncing: bool,
    pub(super) is_marking: bool,
    pub(super) is_unmarked: bool,
    /// One's own messages that are stored and not yet read by all: channel, place, when due.
    pub(super) unseen: VecDeque<(u32, Seq, u64)>,
}

/// A connection's place in a channel.
#[derive(Default)]
pub(super) struct Membership {
    pub(super) channel: u32,
    pub(super) follower: Follower,
    /// Marked up to here.
    pub(super) marked: Seq,
    /// The log's end, as told with the wish that history be read anew.
    pub(super) refetch_to: Seq,
}

/// How far a connection has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// TCP connects.
    Dialing,
    /// The answer to the upgrade is awaited; what came of it.
    Upgrading { nonce: [u8; 16], head: Vec<u8> },
    /// Engine.IO's first packet is awaited.
    Opening,
    /// The answer to hello or CONNECT is awaited.
    Greeting,
    /// Messages flow.
    Ready,
    /// It left, and may come back.
    Away,
    /// It ended.
    Gone,
}

/// Random numbers that need not surprise anybody (xorshift64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }
}

impl Fleet {
    pub(super) fn new(manner: Manner, accounts: Vec<Account>, channels: Vec<ChannelId>, seed: [u8; 8]) -> anyhow::Result<Self> {
        let numbers = channels.iter().zip(0..).map(|(channel, number)| (*channel, number)).collect();
        let [a, b, ..] = seed;
        Ok(Self {
            connections: Vec::with_capacity(manner.plan.connections() as usize),
            manner,
            accounts,
            channels,
            numbers,
            ready: 0,
            gone: 0,
            ledger: Ledger::default(),
            tally: Tally::default(),
            naming: Naming::new([a, b]),
            unmarked: Vec::new(),
            random: Random::seeded(u64::from_le_bytes(seed)),
            poll: Poll::new().context("no poller")?,
            began: Instant::now(),
            buffer: vec![0; READ_BYTES].into(),
            frame: Vec::new(),
        })
    }

    /// Microseconds since the run began.
    pub(super) fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// Begins one more connection.
    pub(super) fn dial(&mut self) -> anyhow::Result<()> {
        let number = self.connections.len() as u32;
        let socket = self.socket(number)?;
        let memberships = self.manner.plan.channels_of(number).map(|channel| Membership { channel, ..Membership::default() }).collect();
        self.connections.push(Connection {
            socket,
            reader: Reader::default(),
            stage: Stage::Dialing,
            memberships,
            is_syncing: false,
            is_marking: false,
            is_unmarked: false,
            unseen: VecDeque::new(),
        });
        Ok(())
    }

    /// Ends a connection from this side. It may come back.
    pub(super) fn leave(&mut self, index: usize) -> anyhow::Result<()> {
        let connection = &mut self.connections[index];
        ensure!(connection.stage == Stage::Ready, "connection {index} cannot leave: it is not there");
        self.poll.registry().deregister(&mut connection.socket.stream)?;
        connection.socket.stream.shutdown(std::net::Shutdown::Both)?;
        connection.stage = Stage::Away;
        self.ready -= 1;
        Ok(())
    }

    /// Begins to connect anew, with what it had when it left.
    pub(super) fn come_back(&mut self, index: usize) -> anyhow::Result<()> {
        let socket = self.socket(index as u32)?;
        let connection = &mut self.connections[index];
        ensure!(connection.stage == Stage::Away, "connection {index} cannot come back: it never left");
        (connection.socket, connection.reader, connection.stage) = (socket, Reader::default(), Stage::Dialing);
        connection.is_syncing = false;
        Ok(())
    }

    fn socket(&self, number: u32) -> anyhow::Result<Socket> {
        let from = (self.manner.sources > 1).then(|| IpAddr::from(Ipv4Addr::new(127, 0, 0, 1 + (number % u32::from(self.manner.sources)) as u8)));
        let mut socket = Socket::dial(self.manner.server, from).context("no socket")?;
        self.poll.registry().register(&mut socket.stream, Token(number as usize), Interest::READABLE | Interest::WRITABLE)?;
        Ok(socket)
    }

    /// Lets the sockets move, waiting for at most so long.
    pub(super) fn turn(&mut self, events: &mut Events, wait: Duration) -> anyhow::Result<()> {
        match self.poll.poll(events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error).context("the poller failed"),
            _ => {}
        }
        for event in events.iter() {
            let index = event.token().0;
            let moved = self.advance(index, event.is_readable() || event.is_read_closed() || event.is_error());
            moved.unwrap_or_else(|error| self.lose(index, &error));
        }
        self.send_marks();
        Ok(())
    }

    fn advance(&mut self, index: usize, is_readable: bool) -> io::Result<()> {
        match self.connections[index].stage {
            Stage::Gone | Stage::Away => return Ok(()),
            Stage::Dialing if !self.connections[index].socket.is_connected()? => return Ok(()),
            Stage::Dialing => self.upgrade(index)?,
            _ => self.connections[index].socket.flush()?,
        }
        if is_readable { self.read(index) } else { Ok(()) }
    }

    fn read(&mut self, index: usize) -> io::Result<()> {
        // Taken out while frames in it are borrowed.
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut read = || -> io::Result<()> {
            while let Some(count) = self.connections[index].socket.read(&mut buffer)? {
                self.hear(index, &mut buffer[..count])?;
                // Less than was room for: the socket is empty, and will say so when it is not.
                if count < buffer.len() {
                    break;
                }
            }
            Ok(())
        };
        let result = read();
        self.buffer = buffer;
        result
    }

    fn hear(&mut self, index: usize, bytes: &mut [u8]) -> io::Result<()> {
        let at = self.agree(index, bytes)?;
        let Some(bytes) = bytes.get_mut(at..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
        let now_us = self.now_us();
        let mut reader = std::mem::take(&mut self.connections[index].reader);
        let mut incoming = reader.feed(Role::Client, MAX_MESSAGE_BYTES, bytes);
        while let Some(message) = incoming.next_message().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
            match message {
                Message::Text(text) => self.understand(index, Frame::Text(text), now_us)?,
                Message::Binary(bytes) => self.understand(index, Frame::Binary(bytes), now_us)?,
                Message::Ping(payload) => {
                    self.tally.heartbeats += 1;
                    self.write(index, Opcode::Pong, payload)?;
                }
                Message::Pong(_) => {}
                Message::Close(close) => {
                    let why = close.map_or_else(String::new, |close| format!(" ({} {})", close.code.0, close.reason));
                    return Err(io::Error::new(io::ErrorKind::ConnectionAborted, format!("the server said goodbye{why}")));
                }
            }
        }
        self.connections[index].reader = reader;
        Ok(())
    }

    /// Sends one frame.
    pub(super) fn write(&mut self, index: usize, opcode: Opcode, payload: &[u8]) -> io::Result<()> {
        let key = (self.random.next() as u32).to_ne_bytes();
        self.frame.clear();
        frame::encode(opcode, payload, Some(key), &mut self.frame);
        self.connections[index].socket.write(&self.frame)
    }

    /// A connection ended before its time.
    pub(super) fn lose(&mut self, index: usize, why: &dyn std::fmt::Display) {
        let connection = &mut self.connections[index];
        match std::mem::replace(&mut connection.stage, Stage::Gone) {
            Stage::Gone => return,
            Stage::Ready => self.ready -= 1,
            _ => {}
        }
        // It may never have been connected.
        let _ = connection.socket.stream.shutdown(std::net::Shutdown::Both);
        self.gone += 1;
        self.tally.lost_connections += 1;
        self.tally.complain(format_args!("connection {index} is lost: {why}"));
    }

    /// Where a connection keeps what it knows of a channel.
    pub(super) fn membership(&mut self, index: usize, channel: u32) -> Option<&mut Membership> {
        let memberships = &mut self.connections[index].memberships;
        match &mut **memberships {
            [only] => (only.channel == channel).then_some(only),
            many => many.binary_search_by_key(&channel, |membership| membership.channel).ok().map(|at| &mut many[at]),
        }
    }
}
