//! One connection to a server: commands out, answers and events in.

use rialto_wire::code::ErrorBody;
use rialto_wire::plain;
use rialto_wire::websocket::client::{Dial, DialError};
use rialto_wire::websocket::frame::{self, Opcode, Role};
use rialto_wire::websocket::{Close, CloseCode, Message, Reader};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::address::Address;
use super::heard::{Event, Heard};
use super::tls::Trust;

/// How long a server may take to open a connection.
const OPENING: Duration = Duration::from_secs(10);
/// Silence after which the server is asked whether it is still there, and how long it may take to answer.
const SILENCE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(15);
/// The largest message that is taken from a server.
const MAX_MESSAGE_BYTES: usize = 16 << 20;
const READ_BYTES: usize = 16 << 10;

/// An open connection. Commands are queued by [`Connection::send`] and travel while [`Connection::next`] is awaited.
pub(crate) struct Connection {
    reading: ReadHalf<Box<dyn Stream>>,
    writing: WriteHalf<Box<dyn Stream>>,
    reader: Reader,
    received: Vec<u8>,
    outgoing: Vec<u8>,
    heard: VecDeque<Heard>,
    /// Why nothing more will be heard.
    ended: Option<Lost>,
    next_id: u64,
    /// When something was heard last, and whether the server was asked for a sign of life since.
    alive_at: Instant,
    is_asked: bool,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// Nobody answers there.
    #[error("{address} cannot be reached: {source}")]
    Unreachable { address: String, source: std::io::Error },
    /// It answers too slowly.
    #[error("{address} does not answer")]
    Silent { address: String },
    /// The encrypted connection failed, or could not be prepared.
    #[error("no encrypted connection to {address}: {reason}")]
    Tls { address: String, reason: String },
    /// Its certificate is not good for its name, or nobody who is trusted signed it.
    #[error("the certificate of {address} is not trusted: {reason}")]
    Untrusted { address: String, reason: rustls::CertificateError },
    /// Somebody answers who is no Rialto, or who turns us away.
    #[error("{address} answers, but not as a Rialto server: {source}")]
    Handshake { address: String, source: DialError },
}

/// Why a connection ended.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// The server said goodbye.
    #[error("the server closed the connection ({code}{separator}{reason})", code = code.0, separator = if reason.is_empty() { "" } else { ": " })]
    Closed { code: CloseCode, reason: String },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Nothing was heard for too long.
    #[error("the server fell silent")]
    Silent,
    /// What came is not the protocol.
    #[error("{0}")]
    Protocol(String),
}

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The server says no.
    #[error("{}", .0.text)]
    Refused(ErrorBody),
    /// The connection ended before the answer.
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl CallError {
    /// The refusal's code; empty when the connection ended.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused(error) => &error.code,
            Self::Lost(_) => "",
        }
    }
}

#[derive(Serialize)]
struct Request<'a, T> {
    id: u64,
    cmd: &'a str,
    data: &'a T,
}

impl Connection {
    /// Opens a connection. Nobody is logged in on it yet.
    pub(crate) async fn open(address: &Address, trust: &Trust) -> Result<Self, ConnectError> {
        let until = Instant::now() + OPENING;
        timeout_at(until, Self::dial(address, trust)).await.unwrap_or_else(|_| Err(ConnectError::Silent { address: address.to_string() }))
    }

    async fn dial(address: &Address, trust: &Trust) -> Result<Self, ConnectError> {
        let unreachable = |source| ConnectError::Unreachable { address: address.to_string(), source };
        let tcp = TcpStream::connect((address.host(), address.port())).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let stream: Box<dyn Stream> = if address.is_encrypted() {
            let failed = |reason: String| ConnectError::Tls { address: address.to_string(), reason };
            let config = trust.config().map_err(|error| failed(format!("{error:#}")))?;
            let name = rustls_pki_types::ServerName::try_from(address.host().to_owned()).map_err(|error| failed(error.to_string()))?;
            let encrypted = tokio_rustls::TlsConnector::from(config).connect(name, tcp).await;
            Box::new(encrypted.map_err(|error| match error.get_ref().and_then(|error| error.downcast_ref()) {
                Some(rustls::Error::InvalidCertificate(reason)) => ConnectError::Untrusted { address: address.to_string(), reason: reason.clone() },
                _ => failed(error.to_string()),
            })?)
        } else {
            Box::new(tcp)
        };
        let (mut reading, mut writing) = tokio::io::split(stream);

        let (host, target) = (address.authority(), address.target("/ws"));
        let dial = Dial { host: &host, target: &target, nonce: random(), protocols: &[plain::JSON], headers: &[] };
        let refused = |source| ConnectError::Handshake { address: address.to_string(), source };
        let mut request = Vec::new();
        dial.request(&mut request).map_err(refused)?;
        writing.write_all(&request).await.map_err(unreachable)?;
        let mut received = Vec::new();
        let head_len = loop {
            if let Some(agreed) = dial.agreed(&received).map_err(refused)? {
                break agreed.len;
            }
            if reading.read_buf(&mut received).await.map_err(unreachable)? == 0 {
                return Err(refused(DialError::Malformed));
            }
        };
        let mut connection = Self {
            reading,
            writing,
            reader: Reader::default(),
            received: Vec::with_capacity(READ_BYTES),
            outgoing: Vec::new(),
            heard: VecDeque::new(),
            ended: None,
            next_id: 1,
            alive_at: Instant::now(),
            is_asked: false,
        };
        connection.received.extend_from_slice(&received[head_len..]);
        connection.take_in();
        Ok(connection)
    }

    /// Queues a command. Its answer will have the number returned.
    pub(crate) fn send(&mut self, name: &str, data: &impl Serialize) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let text = serde_json::to_vec(&Request { id, cmd: name, data }).expect("every command of the protocol can be written as JSON");
        frame::encode(Opcode::Text, &text, Some(random()), &mut self.outgoing);
        id
    }

    /// The next answer or event. Whether the server is still there is watched meanwhile.
    /// Safe to be dropped and called again: nothing is lost by it.
    pub(crate) async fn next(&mut self) -> Result<Heard, Lost> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            if let Some(lost) = &self.ended {
                return Err(lost.clone());
            }
            let deadline = self.alive_at + if self.is_asked { SILENCE + PATIENCE } else { SILENCE };
            let happened = timeout_at(deadline, async {
                tokio::select! {
                    read = self.reading.read_buf(&mut self.received) => Moved::In(read),
                    written = self.writing.write(&self.outgoing), if !self.outgoing.is_empty() => Moved::Out(written),
                }
            });
            match happened.await {
                Ok(Moved::In(Ok(0))) => return Err(Lost::Broken("it ended".to_owned())),
                Ok(Moved::In(Ok(_))) => {
                    self.alive_at = Instant::now();
                    self.is_asked = false;
                    self.take_in();
                }
                Ok(Moved::Out(Ok(written))) => drop(self.outgoing.drain(..written)),
                Ok(Moved::In(Err(error)) | Moved::Out(Err(error))) => return Err(Lost::Broken(error.to_string())),
                Err(_) if self.is_asked => return Err(Lost::Silent),
                Err(_) => {
                    self.is_asked = true;
                    frame::encode(Opcode::Ping, b"", Some(random()), &mut self.outgoing);
                }
            }
        }
    }

    /// Sends a command and waits for its result. Events that come meanwhile are dropped: for dialogues in which none matter.
    pub(crate) async fn call<T: DeserializeOwned>(&mut self, name: &str, data: &impl Serialize) -> Result<T, CallError> {
        let id = self.send(name, data);
        loop {
            match self.next().await? {
                Heard::Answer(re, Ok(result)) if re == id => {
                    return serde_json::from_str(result.get())
                        .map_err(|error| Lost::Protocol(format!("the answer to {name} is not understood: {error}")).into());
                }
                Heard::Answer(re, Err(error)) if re == id => return Err(CallError::Refused(error)),
                Heard::Answer(..) | Heard::Event(_) => {}
            }
        }
    }

    /// Says goodbye. What was queued is sent before, unless the server takes too long for it.
    pub(crate) async fn close(mut self) {
        Close { code: CloseCode::NORMAL, reason: "" }.encode(Some(random()), &mut self.outgoing);
        let farewell = async {
            self.writing.write_all(&self.outgoing).await?;
            self.writing.shutdown().await
        };
        // Whether the server hears it or not, we are gone.
        let _ = tokio::time::timeout(Duration::from_secs(1), farewell).await;
    }

    /// Takes the messages out of what was received. What came before an end is still told.
    fn take_in(&mut self) {
        let mut incoming = self.reader.feed(Role::Client, MAX_MESSAGE_BYTES, &mut self.received);
        let ended = loop {
            match incoming.next_message() {
                Ok(Some(Message::Text(text))) => match Heard::read(text) {
                    Ok(heard) => self.heard.push_back(heard),
                    Err(error) => break Some(Lost::Protocol(error.to_string())),
                },
                Ok(Some(Message::Binary(_))) => self.heard.push_back(Heard::Event(Event::Unknown)),
                Ok(Some(Message::Ping(payload))) => frame::encode(Opcode::Pong, payload, Some(random()), &mut self.outgoing),
                Ok(Some(Message::Pong(_))) => {}
                Ok(Some(Message::Close(close))) => {
                    let (code, reason) = close.map_or((CloseCode::NORMAL, ""), |close| (close.code, close.reason));
                    break Some(Lost::Closed { code, reason: reason.to_owned() });
                }
                Ok(None) => break None,
                Err(error) => break Some(Lost::Protocol(error.to_string())),
            }
        };
        self.ended = ended;
        self.received.clear();
    }
}

enum Moved {
    In(std::io::Result<usize>),
    Out(std::io::Result<usize>),
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}
