//! The opening handshake as the server sees it (RFC 6455 §4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

use super::head::Head;

/// Appended to the client's key before it is hashed (§1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A valid wish to speak WebSocket.
#[derive(Debug, Clone, PartialEq)]
pub struct Upgrade<'b> {
    key: &'b str,
    protocols: Vec<&'b str>,
}

/// Why an upgrade is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// Only GET opens a WebSocket.
    #[error("a WebSocket is opened with GET")]
    Method,
    /// HTTP/1.0 knows no upgrade.
    #[error("a WebSocket is opened with HTTP/1.1")]
    HttpVersion,
    /// The request does not ask for a WebSocket.
    #[error("this address speaks WebSocket")]
    NotAnUpgrade,
    /// The client wants another version than 13.
    #[error("this server speaks WebSocket version 13")]
    Version,
    /// The key is missing or not 16 bytes in base64.
    #[error("Sec-WebSocket-Key is not 16 bytes in base64")]
    Key,
    /// The request has a body. What stands in its place are frames, or another reader's next request.
    #[error("a request for a WebSocket has no body")]
    Body,
}

/// Whether a request asks for a WebSocket at all, rightly or wrongly: the question that routes it.
pub fn is_wanted(head: &Head<'_>) -> bool {
    head.list("upgrade").any(|entry| entry.eq_ignore_ascii_case("websocket")) && head.list("connection").any(|entry| entry.eq_ignore_ascii_case("upgrade"))
}

impl<'b> Upgrade<'b> {
    /// Judges the request (§4.2.1). Its origin is judged elsewhere: only the operator knows who may come.
    pub fn of(head: &Head<'b>) -> Result<Self, UpgradeError> {
        if head.method() != "GET" {
            return Err(UpgradeError::Method);
        }
        if !head.is_http_1_1() {
            return Err(UpgradeError::HttpVersion);
        }
        if !is_wanted(head) {
            return Err(UpgradeError::NotAnUpgrade);
        }
        if head.header("sec-websocket-version") != Some(b"13") {
            return Err(UpgradeError::Version);
        }
        if head.content_length().unwrap_or(0) > 0 || head.header("transfer-encoding").is_some() {
            return Err(UpgradeError::Body);
        }
        let key = head.text("sec-websocket-key").filter(|key| is_key(key)).ok_or(UpgradeError::Key)?;
        Ok(Self { key, protocols: head.list("sec-websocket-protocol").collect() })
    }

    /// The subprotocols the client offers, the most wanted first.
    pub fn protocols(&self) -> &[&'b str] {
        &self.protocols
    }

    /// The client's most wanted subprotocol among those we speak. They are compared exactly.
    pub fn choose<'s>(&self, spoken: &[&'s str]) -> Option<&'s str> {
        self.protocols.iter().find_map(|offered| spoken.iter().find(|ours| *ours == offered)).copied()
    }

    /// Appends the answer that agrees (§4.2.2). The client takes it as a failure when `protocol` is none of those it offered.
    pub fn accept(&self, protocol: Option<&str>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
        out.extend_from_slice(accept_key(self.key).as_bytes());
        if let Some(protocol) = protocol {
            out.extend_from_slice(b"\r\nSec-WebSocket-Protocol: ");
            out.extend_from_slice(protocol.as_bytes());
        }
        out.extend_from_slice(b"\r\n\r\n");
    }
}

impl UpgradeError {
    /// The HTTP status to answer with.
    pub fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::HttpVersion => 505,
            Self::NotAnUpgrade | Self::Version => 426,
            Self::Key | Self::Body => 400,
        }
    }

    /// The header such an answer must carry, if any.
    pub fn header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Method => Some(("Allow", "GET")),
            Self::NotAnUpgrade => Some(("Upgrade", "websocket")),
            Self::Version => Some(("Sec-WebSocket-Version", "13")),
            Self::HttpVersion | Self::Key | Self::Body => None,
        }
    }
}

/// The value that proves a server has read the client's key (§4.2.2).
pub fn accept_key(key: &str) -> String {
    let mut digest = Sha1::new();
    digest.update(key.as_bytes());
    digest.update(GUID);
    STANDARD.encode(digest.digest().bytes())
}

/// Sixteen bytes are 22 characters of base64 and their padding. Nobody needs the bytes.
fn is_key(key: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.strip_suffix("==").is_some_and(|digits| digits.bytes().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
        Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";

    fn judge(request: &str) -> Result<(), UpgradeError> {
        Upgrade::of(&Head::decode(request.as_bytes()).unwrap().unwrap()).map(drop)
    }

    #[test]
    fn the_example_of_the_rfc_is_answered_as_the_rfc_answers() {
        let head = Head::decode(REQUEST.as_bytes()).unwrap().unwrap();
        let upgrade = Upgrade::of(&head).unwrap();
        assert_eq!(upgrade.protocols(), ["chat", "superchat"]);
        let mut out = Vec::new();
        upgrade.accept(upgrade.choose(&["other", "chat"]), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
        );
    }

    #[test]
    fn the_clients_order_decides_between_two_protocols_we_speak() {
        let head = Head::decode(REQUEST.as_bytes()).unwrap().unwrap();
        let upgrade = Upgrade::of(&head).unwrap();
        assert_eq!(upgrade.choose(&["superchat", "chat"]), Some("chat"));
        assert_eq!(upgrade.choose(&["Chat"]), None);
        assert_eq!(upgrade.choose(&[]), None);
    }

    #[test]
    fn every_missing_or_wrong_part_of_an_upgrade_is_refused_for_its_own_reason() {
        assert_eq!(judge(REQUEST), Ok(()));
        let cases = [
            ("GET /chat", "POST /chat", UpgradeError::Method, 405),
            ("HTTP/1.1", "HTTP/1.0", UpgradeError::HttpVersion, 505),
            ("Upgrade: websocket", "Upgrade: h2c", UpgradeError::NotAnUpgrade, 426),
            ("keep-alive, Upgrade", "keep-alive", UpgradeError::NotAnUpgrade, 426),
            ("Version: 13", "Version: 8", UpgradeError::Version, 426),
            ("Sec-WebSocket-Version: 13\r\n", "", UpgradeError::Version, 426),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", UpgradeError::Key, 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZTEx", UpgradeError::Key, 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j*Q==", UpgradeError::Key, 400),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", UpgradeError::Key, 400),
            ("Origin: http://example.com", "Content-Length: 1", UpgradeError::Body, 400),
            ("Origin: http://example.com", "Transfer-Encoding: chunked", UpgradeError::Body, 400),
        ];
        for (part, wrong, error, status) in cases {
            assert_eq!(judge(&REQUEST.replace(part, wrong)), Err(error), "{wrong}");
            assert_eq!(error.status(), status);
        }
        assert_eq!(UpgradeError::Version.header(), Some(("Sec-WebSocket-Version", "13")));
    }

    #[test]
    fn names_and_tokens_are_compared_without_case() {
        assert_eq!(judge(&REQUEST.replace("Upgrade: websocket", "UPGRADE: WebSocket").replace("keep-alive, Upgrade", "upgrade")), Ok(()));
    }
}
