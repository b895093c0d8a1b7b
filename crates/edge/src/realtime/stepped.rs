//! A shard that is moved by hand: it has no thread and no clock, and its connections exist in memory only.
//!
//! For simulations. Everything else is the shard that serves real sockets: heads, frames, dialogues, rooms, outboxes, timers.

use mio::event::Source;
use mio::{Interest, Poll, Registry, Token};
use parking_lot::Mutex;
use rialto_domain::Timestamp;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown};
use std::sync::Arc;
use tokio::sync::mpsc;

use super::admission::Admission;
use super::connection::Key;
use super::mailbox::Mailbox;
use super::relay::Relay;
use super::rooms::Index;
use super::shard::{Shard, Shared, Turn};
use super::start::Parts;
use super::stream::Stream;
use crate::settings::Settings;

/// One shard, and whoever moves it.
pub struct Stepped {
    shard: Shard,
    turn: Turn,
    admission: Arc<Admission>,
    pipes: Vec<(Key, Pipe)>,
}

impl Stepped {
    /// A shard without connections. `wake` is called, from anywhere, when it should have a turn.
    ///
    /// # Errors
    /// When the system gives no poller, which is there only because a shard has one.
    pub fn new(settings: Settings, parts: Parts, wake: impl Fn() + Send + Sync + 'static) -> io::Result<Self> {
        Mailbox::never_wait_on_this_thread();
        let mailboxes = vec![Arc::new(Mailbox::new(settings.mailbox_bytes, wake))];
        let admission = Admission::new(settings.max_connections, settings.connections_per_address);
        let relay = Arc::new(Relay::new(parts.bus, mailboxes.clone()));
        // Whoever asks for HTTP is told that there is too much of it.
        let (http, _) = mpsc::channel(1);
        let shared = Shared { settings, gateway: parts.gateway, relay, mailboxes, runtime: parts.runtime, http };
        Ok(Self { shard: Shard::new(0, Poll::new()?, Arc::new(shared)), turn: Turn::default(), admission, pipes: Vec::new() })
    }

    /// What brings announcements to the shard.
    pub fn relay(&self) -> Arc<Relay> {
        Arc::clone(&self.shard.shared.relay)
    }

    /// A client at this address connects. False when there is no place for it.
    pub fn connect(&mut self, pipe: Pipe, address: IpAddr) -> bool {
        let Ok(permit) = self.admission.admit(address) else { return false };
        let Some(index) = self.shard.insert(Some(Stream::Memory(pipe.clone())), permit) else { return false };
        self.pipes.push((self.shard.key(index), pipe));
        true
    }

    /// Has the shard do, at this moment, everything there is to do. Must be called within the runtime of its parts.
    pub fn turn(&mut self, now: Timestamp) {
        self.shard.now = now;
        let Self { shard, pipes, .. } = self;
        let ready: Vec<(Index, bool, bool)> = pipes.iter().map(|(key, pipe)| (key.index, pipe.is_readable(), pipe.is_writable())).collect();
        for (index, is_readable, is_writable) in ready {
            if is_writable {
                shard.writable(index);
            }
            if is_readable {
                shard.readable(index, true);
            }
        }
        shard.turn(&mut self.turn, true);
        // Asleep, it is woken by whoever has something for it.
        while !shard.mailbox.may_sleep() {
            shard.turn(&mut self.turn, true);
        }
        pipes.retain(|(key, pipe)| {
            let is_open = shard.find(*key).is_some();
            pipe.0.lock().is_finished |= !is_open;
            is_open
        });
    }

    /// When it should have a turn even if nothing happens.
    pub fn due(&self) -> Option<Timestamp> {
        let now = self.shard.now;
        if !self.shard.unread.is_empty() {
            return Some(now);
        }
        self.shard.timers.sleep_ms(now).map(|ms| now.after_ms(ms))
    }
}

/// A connection in memory. Both ends hold it: the shard as its socket, and the client's side by the methods here.
#[derive(Clone, Debug)]
pub struct Pipe(Arc<Mutex<Inside>>);

#[derive(Debug)]
struct Inside {
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
    /// What the client's side has not taken and the server may not exceed.
    window: usize,
    /// The client says nothing more.
    is_over: bool,
    /// The server says nothing more.
    is_finished: bool,
}

impl Pipe {
    /// A connection on which nothing was said. The server may be `window` bytes ahead of the client's side.
    pub fn new(window: usize) -> Self {
        Self(Arc::new(Mutex::new(Inside { to_server: VecDeque::new(), to_client: Vec::new(), window, is_over: false, is_finished: false })))
    }

    /// The client said this.
    pub fn say(&self, bytes: &[u8]) {
        self.0.lock().to_server.extend(bytes);
    }

    /// The client, or the network, ended it.
    pub fn end(&self) {
        self.0.lock().is_over = true;
    }

    /// What the server said since this was asked last.
    pub fn hear(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().to_client)
    }

    /// The server ended it: it let the socket go, or closed its half.
    pub fn is_ended(&self) -> bool {
        self.0.lock().is_finished
    }

    fn is_readable(&self) -> bool {
        let inside = self.0.lock();
        inside.is_over || !inside.to_server.is_empty()
    }

    fn is_writable(&self) -> bool {
        let inside = self.0.lock();
        inside.to_client.len() < inside.window
    }

    /// The server's half of the end, or both.
    pub(super) fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        self.0.lock().is_finished = true;
        Ok(())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut inside = self.0.lock();
        match inside.to_server.read(buffer)? {
            0 if !inside.is_over => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inside = self.0.lock();
        let room = inside.window.saturating_sub(inside.to_client.len());
        if inside.is_over {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = bytes.len().min(room);
        inside.to_client.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nothing watches it: whoever moves the shard looks.
impl Source for Pipe {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}
