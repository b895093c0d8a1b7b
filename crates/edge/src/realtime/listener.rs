//! Where connections come from: accepted here, or handed over by the HTTP stack.

use bytes::Bytes;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use super::admission::{Admission, Permit};
use super::mailbox::Mailbox;
use super::opening::Opening;
use super::shard::Mail;
use super::stream::Stream;
use crate::settings::Settings;
use crate::shortage::{PAUSE, Shortage};

/// A connection for the HTTP stack: it began with a request that is not for the shards.
#[derive(Debug)]
pub struct HandOver {
    /// The socket; it does not block.
    pub stream: std::net::TcpStream,
    /// What was read of it already: a whole request head at least.
    pub prefix: Bytes,
    /// Its place among all connections. Its address is the peer's own: what a proxy says is judged for each request, with
    /// [`super::address::client_address`].
    pub permit: Permit,
}

/// A connection on its way to a shard.
pub(super) struct Arrival {
    pub(super) stream: Stream,
    pub(super) prefix: Vec<u8>,
    pub(super) permit: Permit,
    /// What it is, when its head was judged elsewhere, and the answer that agrees.
    pub(super) opening: Option<(Opening, Vec<u8>)>,
}

/// A thread that accepts connections and deals them out to the shards.
pub(super) struct Acceptor {
    thread: JoinHandle<()>,
    waker: Waker,
    is_stopped: Arc<AtomicBool>,
}

/// Names the waker among the listeners.
const WAKE: Token = Token(usize::MAX);

impl Acceptor {
    /// Accepts on these listeners until stopped.
    pub(super) fn start(
        listeners: Vec<std::net::TcpListener>,
        settings: &Settings,
        admission: Arc<Admission>,
        mailboxes: Vec<Arc<Mailbox>>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let listeners: io::Result<Vec<TcpListener>> = listeners
            .into_iter()
            .enumerate()
            .map(|(number, listener)| {
                listener.set_nonblocking(true)?;
                let mut listener = TcpListener::from_std(listener);
                poll.registry().register(&mut listener, Token(number), Interest::READABLE)?;
                Ok(listener)
            })
            .collect();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let accepting = Accepting {
            listeners: listeners?,
            trusted_proxies: settings.trusted_proxies.clone(),
            admission,
            mailboxes,
            next: 0,
            shortage: Shortage::default(),
            is_stopped: Arc::clone(&is_stopped),
        };
        let thread = std::thread::Builder::new().name("rialto-accept".into()).spawn(move || accepting.run(poll))?;
        Ok(Self { thread, waker, is_stopped })
    }

    /// Stops accepting and closes the listeners.
    pub(super) fn stop(self) {
        self.is_stopped.store(true, Ordering::Release);
        if self.waker.wake().is_ok() && self.thread.join().is_err() {
            tracing::error!("the accepting thread has panicked");
        }
    }
}

struct Accepting {
    listeners: Vec<TcpListener>,
    trusted_proxies: Vec<super::address::Network>,
    admission: Arc<Admission>,
    mailboxes: Vec<Arc<Mailbox>>,
    next: usize,
    shortage: Shortage,
    is_stopped: Arc<AtomicBool>,
}

impl Accepting {
    fn run(mut self, mut poll: Poll) {
        let mut events = Events::with_capacity(16);
        let mut must_pause = false;
        while !self.is_stopped.load(Ordering::Acquire) {
            if let Err(error) = poll.poll(&mut events, must_pause.then_some(PAUSE))
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!(%error, "the listeners cannot be watched");
                return;
            }
            // Every listener is asked whatever the events say: after a pause there are none for what still waits.
            must_pause = (0..self.listeners.len()).fold(false, |pause, number| pause | !self.accept_all(number));
        }
    }

    /// Accepts until nobody waits. False when the system has no room for more.
    fn accept_all(&mut self, number: usize) -> bool {
        while !self.is_stopped.load(Ordering::Acquire) {
            match self.listeners[number].accept() {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
                Err(error) => {
                    if self.shortage.is_news(Instant::now()) {
                        tracing::warn!(%error, "connections cannot be accepted now; trying again until they can");
                    }
                    return false;
                }
            }
        }
        true
    }

    fn admit(&mut self, mut stream: TcpStream, peer: SocketAddr) {
        let address = peer.ip().to_canonical();
        let is_proxy = self.trusted_proxies.iter().any(|network| network.contains(address));
        match self.permit(address, is_proxy) {
            Ok(permit) => {
                // Frames are small and wanted at once. It may fail on a connection that is gone already.
                let _ = stream.set_nodelay(true);
                let arrival = Arrival { stream: Stream::Tcp(stream), prefix: Vec::new(), permit, opening: None };
                if let Some(mailbox) = self.next_shard() {
                    mailbox.send(Mail::Arrival(Box::new(arrival)));
                }
            }
            Err(full) => {
                metrics::counter!("rialto_connections_full_total").increment(1);
                tracing::debug!(client = %address, "{full}");
                // Best effort: whether it is read or not, the connection ends here.
                let _ = stream.write(&full.declined().encode());
            }
        }
    }

    /// The next shard in turn that is alive.
    fn next_shard(&mut self) -> Option<&Mailbox> {
        let count = self.mailboxes.len();
        let turn = (1..=count).map(|step| (self.next + step) % count).find(|shard| self.mailboxes[*shard].is_open())?;
        self.next = turn;
        Some(&self.mailboxes[turn])
    }

    fn permit(&self, address: IpAddr, is_proxy: bool) -> Result<Permit, super::admission::Full> {
        if is_proxy { self.admission.admit_proxy(address) } else { self.admission.admit(address) }
    }
}
