//! A small client of REST: one request after the other over one connection.

use serde_json::{Value, json};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use crate::program::PATIENCE;

pub(crate) struct Rest {
    address: String,
    socket: Option<BufReader<TcpStream>>,
    pub(crate) token: Option<String>,
}

/// A status and what came with it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().or_else(|| self.body["error"]["code"].as_str()).unwrap_or_default()
    }

    /// What was asked for.
    pub(crate) fn granted(self) -> Value {
        assert!(self.is_ok(), "{self:?}");
        self.body
    }
}

impl Rest {
    pub(crate) fn new(url: &str) -> Self {
        Self { address: url.strip_prefix("http://").unwrap().to_owned(), socket: None, token: None }
    }

    /// A connection on which nobody asks anything.
    pub(crate) fn knock(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// The same person at a server that is elsewhere now.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { token: self.token.clone(), ..Self::new(url) }
    }

    /// Makes an anonymous account and is logged in with it from now on; tells its user.
    pub(crate) fn register(&mut self) -> Value {
        let tokens = self.call("POST", "/accounts", Some(&json!({}))).unwrap().granted();
        self.token = Some(tokens["access_token"].as_str().unwrap().to_owned());
        tokens
    }

    /// Opens a group with others, and tells its id.
    pub(crate) fn open_group(&mut self, others: &[&Value]) -> String {
        let group = json!({"kind": "group", "title": "tests", "members": others});
        let channel = self.call("POST", "/channels", Some(&group)).unwrap().granted();
        channel["id"].as_str().or_else(|| channel["channel"].as_str()).or_else(|| channel["channel"]["id"].as_str()).expect("a channel has an id").to_owned()
    }

    /// Sends a message. What comes back is known to be stored, or a refusal, or a connection that broke.
    pub(crate) fn send(&mut self, channel: &str, client_id: &str, text: &str) -> io::Result<Answer> {
        self.call("POST", &format!("/channels/{channel}/messages"), Some(&json!({"client_id": client_id, "body": {"text": text}})))
    }

    /// Every message of a channel, oldest first.
    pub(crate) fn history(&mut self, channel: &str) -> Vec<Value> {
        let mut messages: Vec<Value> = Vec::new();
        loop {
            let after = messages.last().map_or(0, |last| last["seq"].as_u64().unwrap());
            let page = self.call("GET", &format!("/channels/{channel}/messages?after={after}&limit=200"), None).unwrap().granted();
            match page["messages"].as_array().unwrap().as_slice() {
                [] => return messages,
                page => messages.extend_from_slice(page),
            }
        }
    }

    pub(crate) fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let (status, text) = self.request(method, &format!("/api/v1{path}"), body)?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    /// A page that is none of the API.
    pub(crate) fn text(&mut self, path: &str) -> (u16, String) {
        self.request("GET", path, None).unwrap()
    }

    fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<(u16, String)> {
        let answered = self.exchange(method, path, body);
        if answered.is_err() {
            self.socket = None;
        }
        answered
    }

    fn exchange(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<(u16, String)> {
        if self.socket.is_none() {
            let socket = TcpStream::connect(&self.address)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            self.socket = Some(BufReader::new(socket));
        }
        let socket = self.socket.as_mut().unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if let Some(token) = &self.token {
            request += &format!("Authorization: Bearer {token}\r\n");
        }
        if let Some(body) = body {
            let body = body.to_string();
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        } else {
            request += "\r\n";
        }
        socket.get_mut().write_all(request.as_bytes())?;
        let broken = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let mut line = String::new();
        socket.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
        let (mut length, mut is_last) = (0, false);
        loop {
            line.clear();
            if socket.read_line(&mut line)? == 0 {
                return Err(broken());
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| broken())?;
            }
            is_last |= header == "connection: close";
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body)?;
        if is_last {
            self.socket = None;
        }
        Ok((status, String::from_utf8(body).map_err(|_| broken())?))
    }
}
