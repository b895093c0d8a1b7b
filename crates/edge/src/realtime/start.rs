//! Starting the shards, and what the rest of the process holds of them.

use rialto_domain::ports::Bus;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::admission::{Admission, Permit};
use super::directory::MAX_SHARDS;
use super::gateway::Gateway;
use super::head::shard_of;
use super::listener::{Acceptor, Arrival, HandOver};
use super::mailbox::Mailbox;
use super::opening::Opening;
use super::polling::Polling;
use super::relay::Relay;
use super::shard::{Mail, Shard, Shared};
use super::stream::Stream;
use crate::settings::Settings;

/// Connections that may wait for the HTTP stack.
const WAITING_FOR_HTTP: usize = 1024;
/// How often topics that nobody needs any more are given up.
const TIDY_EVERY: Duration = Duration::from_secs(30);

/// What the shards need of the process.
pub struct Parts {
    /// The service.
    pub gateway: Arc<dyn Gateway>,
    /// Where announcements come from. It is asked for topics; attach [`Realtime::relay`] to it, or to whoever is attached.
    pub bus: Arc<dyn Bus>,
    /// Where answers that take longer are waited for.
    pub runtime: Handle,
}

/// The running shards.
pub struct Realtime {
    shared: Arc<Shared>,
    admission: Arc<Admission>,
    threads: Vec<JoinHandle<()>>,
    acceptor: Option<Acceptor>,
    tidying: tokio::task::JoinHandle<()>,
}

/// Where the HTTP stack hands WebSockets back.
#[derive(Clone)]
pub struct Adopter {
    mailboxes: Arc<[Arc<Mailbox>]>,
    next: Arc<AtomicUsize>,
}

/// A WebSocket that came to the HTTP stack.
pub struct Adopted {
    /// The socket.
    pub stream: AdoptedStream,
    /// What was read beyond the request.
    pub prefix: Vec<u8>,
    /// Its place, counted as the client's address.
    pub permit: Permit,
    /// What [`super::opening::Endpoint::open`] made of the request.
    pub opening: Opening,
    /// The answer that agrees, unless it was sent already.
    pub answer: Vec<u8>,
}

/// A socket from elsewhere.
#[derive(Debug)]
pub enum AdoptedStream {
    /// The connection itself.
    Tcp(std::net::TcpStream),
    /// One end of a pair whose other end speaks TLS to the client.
    Unix(std::os::unix::net::UnixStream),
}

impl Realtime {
    /// Starts the shards. The receiver gets the connections that are for the HTTP stack.
    pub fn start(settings: Settings, parts: Parts) -> io::Result<(Self, mpsc::Receiver<HandOver>)> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if settings.shards == 0 { cores } else { settings.shards }.min(MAX_SHARDS);
        let mut polls = Vec::new();
        let mut mailboxes = Vec::new();
        for _ in 0..count {
            let (poll, mailbox) = Shard::poller(&settings)?;
            polls.push(poll);
            mailboxes.push(Arc::new(mailbox));
        }
        let admission = Admission::new(settings.max_connections, settings.connections_per_address);
        let relay = Arc::new(Relay::new(parts.bus, mailboxes.clone()));
        let tidying = parts.runtime.spawn(tidy(Arc::clone(&relay)));
        let (http, handed_over) = mpsc::channel(WAITING_FOR_HTTP);
        let shared = Arc::new(Shared { settings, gateway: parts.gateway, relay, mailboxes, runtime: parts.runtime, http });
        let mut threads = Vec::new();
        for (number, poll) in polls.into_iter().enumerate() {
            let shard = Shard::new(number, poll, Arc::clone(&shared));
            threads.push(std::thread::Builder::new().name(format!("rialto-shard-{number}")).spawn(move || shard.run())?);
        }
        let realtime = Self { shared, admission, threads, acceptor: None, tidying };
        Ok((realtime, handed_over))
    }

    /// Accepts connections. To be called once.
    pub fn listen(&mut self, listeners: Vec<TcpListener>) -> io::Result<()> {
        let acceptor = Acceptor::start(listeners, &self.shared.settings, Arc::clone(&self.admission), self.shared.mailboxes.clone())?;
        self.acceptor = Some(acceptor);
        Ok(())
    }

    /// What brings announcements to the shards.
    pub fn relay(&self) -> Arc<Relay> {
        Arc::clone(&self.shared.relay)
    }

    /// Where polling requests go.
    pub fn polling(&self) -> Polling {
        Polling::new(&self.shared.mailboxes)
    }

    /// Who counts connections.
    pub fn admission(&self) -> Arc<Admission> {
        Arc::clone(&self.admission)
    }

    /// What was decided about connections.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Where WebSockets go that were opened elsewhere.
    pub fn adopter(&self) -> Adopter {
        Adopter { mailboxes: self.shared.mailboxes.as_slice().into(), next: Arc::default() }
    }

    /// Takes nobody new, asks every client to connect again elsewhere at its own moment within the time given, and ends. Blocks
    /// for up to `drain_ms`.
    ///
    /// Connections go on to be accepted meanwhile, because a session that polls hears of this by its next poll: HTTP is to be
    /// drained afterwards. A WebSocket or a new session is refused with 503.
    pub fn shutdown(mut self, drain_ms: u64) {
        self.tell_all(|| if drain_ms == 0 { Mail::Stop } else { Mail::Drain(drain_ms) });
        self.join();
    }

    fn tell_all(&self, mail: impl Fn() -> Mail) {
        for mailbox in &self.shared.mailboxes {
            mailbox.send(mail());
        }
    }

    fn join(&mut self) {
        self.tidying.abort();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a shard has panicked");
            }
        }
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.stop();
        }
    }
}

impl Adopter {
    /// Moves a WebSocket to a shard.
    pub fn adopt(&self, adopted: Adopted) -> io::Result<()> {
        let Adopted { stream, prefix, permit, opening, answer } = adopted;
        let stream = match stream {
            AdoptedStream::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                Stream::Tcp(mio::net::TcpStream::from_std(stream))
            }
            AdoptedStream::Unix(stream) => {
                stream.set_nonblocking(true)?;
                Stream::Unix(mio::net::UnixStream::from_std(stream))
            }
        };
        let shards = self.mailboxes.len();
        let shard = match opening {
            Opening::Upgrade { sid, .. } => shard_of(&sid) % shards,
            _ => self.next.fetch_add(1, Ordering::Relaxed) % shards,
        };
        let arrival = Arrival { stream, prefix, permit, opening: Some((opening, answer)) };
        self.mailboxes[shard].send(Mail::Arrival(Box::new(arrival)));
        Ok(())
    }
}

impl Drop for Realtime {
    fn drop(&mut self) {
        self.tell_all(|| Mail::Stop);
        self.join();
    }
}

async fn tidy(relay: Arc<Relay>) {
    loop {
        tokio::time::sleep(TIDY_EVERY).await;
        relay.tidy().await;
    }
}
