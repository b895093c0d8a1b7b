//! A client that says exactly what a test wants.

use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a header, joined as HTTP joins them.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let values: Vec<_> = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The code of a refusal.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }
}

/// A connection.
pub struct Line<S> {
    socket: S,
    held: Vec<u8>,
}

impl Line<TcpStream> {
    pub async fn to(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub fn over(socket: S) -> Self {
        Self { socket, held: Vec::new() }
    }

    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that refuses what it has not read may close while we still send.
        let _ = self.socket.write_all(bytes.as_ref()).await;
    }

    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.say(request).await;
        self.hear().await
    }

    /// Reads an answer. A body without a length is none.
    pub async fn hear(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.held.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.more().await, "the connection ended before an answer: {:?}", String::from_utf8_lossy(&self.held));
        };
        let head = String::from_utf8(self.held.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}"));
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.held.len() < length {
            assert!(self.more().await, "the connection ended amid an answer");
        }
        answer.body = self.held.drain(..length).collect();
        answer
    }

    /// Reads exactly so many bytes.
    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.held.len() < count {
            assert!(self.more().await, "the connection ended after {:?}", self.held);
        }
        self.held.drain(..count).collect()
    }

    /// Is closed by the server, with nothing more said.
    pub async fn ends(&mut self) -> bool {
        !self.more().await && self.held.is_empty()
    }

    /// Says that nothing more will be sent.
    pub async fn finish(&mut self) {
        self.socket.shutdown().await.unwrap();
    }

    async fn more(&mut self) -> bool {
        let mut space = [0; 4096];
        match timeout(PATIENCE, self.socket.read(&mut space)).await.expect("the server says something in time") {
            Ok(count) => {
                self.held.extend_from_slice(&space[..count]);
                count > 0
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A request of somebody.
pub fn request(method: &str, target: &str, token: Option<&str>, body: Option<&str>) -> String {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let body = body.map_or("\r\n".to_owned(), |body| format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    format!("{method} {target} HTTP/1.1\r\nHost: test\r\n{authorization}{body}")
}

/// One request on a connection of its own.
pub async fn ask(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    Line::to(address).await.ask(request).await
}
