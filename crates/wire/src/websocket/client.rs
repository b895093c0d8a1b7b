//! The opening handshake as the client sees it (RFC 6455 §4.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use httparse::{EMPTY_HEADER, Status};

use super::handshake::accept_key;
use super::head::{MAX_HEAD_BYTES, MAX_HEADERS};

/// A wish to speak WebSocket, on its way to a server.
#[derive(Debug, Clone)]
pub struct Dial<'a> {
    /// Name and port of the server, as in the Host header.
    pub host: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Fresh random bytes for each connection.
    pub nonce: [u8; 16],
    /// Subprotocols we speak, the most wanted first.
    pub protocols: &'a [&'a str],
    /// Further headers.
    pub headers: &'a [(&'a str, &'a str)],
}

/// A server's agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed<'a> {
    /// The subprotocol it chose among those we offered.
    pub protocol: Option<&'a str>,
    /// Length of its answer in bytes; frames begin there.
    pub len: usize,
}

/// Why no WebSocket came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// A part of our request holds a control character or a space that would change its meaning.
    #[error("the request would hold a forbidden character")]
    ForbiddenCharacter,
    /// The server answered with another status than 101.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The answer is not HTTP, or longer than a head may be.
    #[error("the server's answer is not HTTP/1.1")]
    Malformed,
    /// The answer does not prove that the server understood us, or agrees to what was not offered.
    #[error("the server's answer has a wrong {0} header")]
    Header(&'static str),
}

impl<'a> Dial<'a> {
    /// Appends the request.
    pub fn request(&self, out: &mut Vec<u8>) -> Result<(), DialError> {
        let words = [self.host, self.target].into_iter().chain(self.protocols.iter().copied());
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_line = |text: &str| !text.bytes().any(|byte| byte.is_ascii_control());
        if !words.into_iter().all(is_word) || !self.headers.iter().all(|(name, value)| is_word(name) && is_line(value)) {
            return Err(DialError::ForbiddenCharacter);
        }
        let mut line = |parts: &[&str]| {
            parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
            out.extend_from_slice(b"\r\n");
        };
        line(&["GET ", self.target, " HTTP/1.1"]);
        line(&["Host: ", self.host]);
        line(&["Upgrade: websocket"]);
        line(&["Connection: Upgrade"]);
        line(&["Sec-WebSocket-Version: 13"]);
        line(&["Sec-WebSocket-Key: ", &self.key()]);
        if !self.protocols.is_empty() {
            line(&["Sec-WebSocket-Protocol: ", &self.protocols.join(", ")]);
        }
        for (name, value) in self.headers {
            line(&[name, ": ", value]);
        }
        line(&[]);
        Ok(())
    }

    /// Judges the answer that `bytes` begin with; `None` while its end is missing.
    pub fn agreed(&self, bytes: &[u8]) -> Result<Option<Agreed<'a>>, DialError> {
        let window = &bytes[..bytes.len().min(MAX_HEAD_BYTES)];
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let len = match response.parse(window) {
            Ok(Status::Complete(len)) => len,
            Ok(Status::Partial) if window.len() < MAX_HEAD_BYTES => return Ok(None),
            Ok(Status::Partial) | Err(_) => return Err(DialError::Malformed),
        };
        match response.code {
            Some(101) => {}
            Some(status) => return Err(DialError::Status(status)),
            None => return Err(DialError::Malformed),
        }
        let values = |name: &'static str| {
            let named = response.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
            named.map(|header| str::from_utf8(header.value).unwrap_or_default())
        };
        let lists = |name, token: &str| values(name).flat_map(|value| value.split(',')).any(|entry| entry.trim().eq_ignore_ascii_case(token));
        if !lists("Upgrade", "websocket") {
            return Err(DialError::Header("Upgrade"));
        }
        if !lists("Connection", "upgrade") {
            return Err(DialError::Header("Connection"));
        }
        if !values("Sec-WebSocket-Accept").eq([accept_key(&self.key())]) {
            return Err(DialError::Header("Sec-WebSocket-Accept"));
        }
        if values("Sec-WebSocket-Extensions").next().is_some() {
            return Err(DialError::Header("Sec-WebSocket-Extensions"));
        }
        let mut chosen = values("Sec-WebSocket-Protocol");
        let protocol = match (chosen.next(), chosen.next()) {
            (None, _) => None,
            (Some(chosen), None) => self.protocols.iter().find(|offered| **offered == chosen).copied(),
            _ => None,
        };
        if protocol.is_none() && values("Sec-WebSocket-Protocol").next().is_some() {
            return Err(DialError::Header("Sec-WebSocket-Protocol"));
        }
        Ok(Some(Agreed { protocol, len }))
    }

    fn key(&self) -> String {
        STANDARD.encode(self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::handshake::Upgrade;
    use crate::websocket::head::Head;

    const DIAL: Dial<'_> =
        Dial { host: "127.0.0.1:80", target: "/ws?x=1", nonce: *b"the sample nonce", protocols: &["b", "a"], headers: &[("Authorization", "Bearer x y")] };

    fn answer() -> String {
        let mut request = Vec::new();
        DIAL.request(&mut request).unwrap();
        let head = Head::decode(&request).unwrap().unwrap();
        assert_eq!((head.query(), head.text("authorization")), ("x=1", Some("Bearer x y")));
        let upgrade = Upgrade::of(&head).unwrap();
        let mut response = Vec::new();
        upgrade.accept(upgrade.choose(&["a"]), &mut response);
        String::from_utf8(response).unwrap()
    }

    #[test]
    fn both_ends_agree() {
        let answer = answer();
        for cut in 0..answer.len() {
            assert_eq!(DIAL.agreed(&answer.as_bytes()[..cut]), Ok(None));
        }
        let agreed = Agreed { protocol: Some("a"), len: answer.len() };
        assert_eq!(DIAL.agreed(format!("{answer}frames").as_bytes()), Ok(Some(agreed)));
    }

    #[test]
    fn a_server_that_did_not_understand_is_refused() {
        let answer = answer();
        let cases = [
            ("101 Switching Protocols", "200 OK", DialError::Status(200)),
            ("Upgrade: websocket", "Upgrade: h2c", DialError::Header("Upgrade")),
            ("Connection: Upgrade", "Connection: close", DialError::Header("Connection")),
            ("s3pPLMBi", "AAAAAAAA", DialError::Header("Sec-WebSocket-Accept")),
            ("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: c", DialError::Header("Sec-WebSocket-Protocol")),
            ("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Extensions: x", DialError::Header("Sec-WebSocket-Extensions")),
            ("HTTP/1.1", "SMTP/1.1", DialError::Malformed),
        ];
        for (part, wrong, error) in cases {
            assert_eq!(DIAL.agreed(answer.replace(part, wrong).as_bytes()), Err(error), "{wrong}");
        }
        let endless = answer.trim_end().to_owned() + &"a".repeat(MAX_HEAD_BYTES);
        assert_eq!(DIAL.agreed(endless.as_bytes()), Err(DialError::Malformed));
    }

    #[test]
    fn a_request_cannot_be_split_by_its_parts() {
        for dial in [
            Dial { host: "a\r\nb", ..DIAL },
            Dial { target: "/a b", ..DIAL },
            Dial { protocols: &["a\n"], ..DIAL },
            Dial { headers: &[("A", "b\r\nC: d")], ..DIAL },
            Dial { headers: &[("A:\r\n", "b")], ..DIAL },
        ] {
            assert_eq!(dial.request(&mut Vec::new()), Err(DialError::ForbiddenCharacter));
        }
    }
}
