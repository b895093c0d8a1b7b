//! A client made of a socket and the codecs of `wire`, so that it can also misbehave.

use rialto_wire::websocket::client::Dial;
use rialto_wire::websocket::frame::{self, Opcode, Role};
use rialto_wire::websocket::{Close, CloseCode, Message, Reader};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What the server said.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(u16, String),
    /// The socket ended.
    End,
}

pub struct Client {
    pub stream: TcpStream,
    reader: Reader,
    inbox: VecDeque<Said>,
    next_id: u64,
}

/// Long enough for a busy machine; no test waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    /// A socket on which nothing was said.
    pub fn bare(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Opens a WebSocket, or gives the status of the refusal.
    pub fn open(address: SocketAddr, target: &str, protocols: &[&str], headers: &[(&str, &str)]) -> Result<Self, String> {
        Self::open_on(Self::bare(address), target, protocols, headers)
    }

    pub fn open_on(mut stream: TcpStream, target: &str, protocols: &[&str], headers: &[(&str, &str)]) -> Result<Self, String> {
        let dial = Dial { host: "chat.example", target, nonce: [7; 16], protocols, headers };
        let mut request = Vec::new();
        dial.request(&mut request).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        let agreed = loop {
            let count = stream.read(&mut buffer).unwrap();
            answer.extend_from_slice(&buffer[..count]);
            match dial.agreed(&answer).map_err(|error| error.to_string())? {
                Some(agreed) => break agreed,
                None => assert!(count > 0, "the server ended the connection: {}", String::from_utf8_lossy(&answer)),
            }
        };
        let mut client = Self { stream, reader: Reader::default(), inbox: VecDeque::new(), next_id: 0 };
        client.take(&mut answer[agreed.len..]);
        Ok(client)
    }

    /// A plain connection in JSON.
    pub fn plain(address: SocketAddr) -> Self {
        Self::open(address, "/ws", &["rialto.v1.json"], &[]).unwrap()
    }

    /// A plain connection that has said hello.
    pub fn hello(address: SocketAddr, token: &str) -> Self {
        let mut client = Self::plain(address);
        let ready = client.call("hello", json!({ "token": token }));
        assert!(ready["ok"]["session"].is_string(), "{ready}");
        client
    }

    /// A Socket.IO connection that has joined `/`, with the JSON parser.
    pub fn socketio(address: SocketAddr, auth: &Value) -> Self {
        let mut client = Self::open(address, "/socket.io/?EIO=4&transport=websocket", &[], &[]).unwrap();
        assert!(client.text().starts_with("0{"));
        client.send_text(&format!("40{auth}"));
        client
    }

    /// Sends a command and gives its answer. Events that come before it are lost.
    pub fn call(&mut self, name: &str, data: Value) -> Value {
        let id = self.ask(name, data);
        loop {
            let answer = self.json();
            if answer["re"] == id {
                return answer;
            }
        }
    }

    /// Sends a command and gives its number.
    pub fn ask(&mut self, name: &str, data: Value) -> u64 {
        self.next_id += 1;
        self.send_text(&json!({ "id": self.next_id, "cmd": name, "data": data }).to_string());
        self.next_id
    }

    pub fn send_text(&mut self, text: &str) {
        self.send(Opcode::Text, text.as_bytes());
    }

    pub fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        let mut out = Vec::new();
        frame::encode(opcode, payload, Some([1, 2, 3, 4]), &mut out);
        self.send_raw(&out);
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        // The server may have closed in the meantime; what it said then is still to be read.
        let _ = self.stream.write_all(bytes);
    }

    pub fn say_close(&mut self) {
        let mut out = Vec::new();
        Close { code: CloseCode::NORMAL, reason: "" }.encode(Some([1, 2, 3, 4]), &mut out);
        self.send_raw(&out);
    }

    /// The next thing the server says.
    pub fn hear(&mut self) -> Said {
        let mut buffer = vec![0; 65_536];
        while self.inbox.is_empty() {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Said::End,
                Ok(count) => self.take(&mut buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Said::End,
                Err(error) => panic!("the server says nothing: {error}"),
            }
        }
        self.inbox.pop_front().unwrap()
    }

    /// The next text, pings left out.
    pub fn text(&mut self) -> String {
        loop {
            match self.hear() {
                Said::Text(text) => return text,
                Said::Ping => {}
                other => panic!("{other:?} instead of text"),
            }
        }
    }

    pub fn json(&mut self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The next event of a plain connection: its name and data.
    pub fn event(&mut self) -> (String, Value) {
        let mut event = self.json();
        (event["ev"].as_str().unwrap_or_else(|| panic!("{event} is no event")).to_owned(), event["data"].take())
    }

    /// The text of the next message entry.
    pub fn message(&mut self) -> String {
        let (name, data) = self.event();
        assert_eq!(name, "entry", "{data}");
        data["body"]["text"].as_str().unwrap_or_else(|| panic!("{data} is no message")).to_owned()
    }

    /// How the connection ends: the code and reason of the close.
    pub fn until_closed(&mut self) -> (u16, String) {
        loop {
            match self.hear() {
                Said::Close(code, reason) => return (code, reason),
                Said::End => panic!("ended without a close"),
                _ => {}
            }
        }
    }

    pub fn until_end(&mut self) {
        while self.hear() != Said::End {}
    }

    fn take(&mut self, bytes: &mut [u8]) {
        let mut incoming = self.reader.feed(Role::Client, 64 << 20, bytes);
        while let Some(message) = incoming.next_message().unwrap() {
            self.inbox.push_back(match message {
                Message::Text(text) => Said::Text(text.into()),
                Message::Binary(bytes) => Said::Binary(bytes.into()),
                Message::Ping(_) => Said::Ping,
                Message::Pong(bytes) => Said::Pong(bytes.into()),
                Message::Close(close) => close.map_or(Said::Close(1005, String::new()), |close| Said::Close(close.code.0, close.reason.into())),
            });
        }
    }
}
