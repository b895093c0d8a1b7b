//! What a request for a WebSocket opens, or why it opens nothing.

use rialto_domain::UserId;
use rialto_wire::engineio::request::parameter;
use rialto_wire::engineio::{Request, RequestError, Sid, Transport};
use rialto_wire::websocket::handshake::UpgradeError;
use std::borrow::Cow;
use std::net::IpAddr;

use super::encode::Format;
use crate::settings::Profile;

/// An address where WebSockets are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/ws`: one command or event per message.
    Plain,
    /// `/socket.io/`.
    SocketIo,
    /// `/engine.io/` of the conformance profile: Engine.IO that echoes.
    EngineEcho,
    /// `/echo` of the conformance profile: WebSocket that echoes.
    Echo,
}

/// What a connection becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The plain carrier.
    Plain(Format),
    /// A new Socket.IO session; with the format when the client named it.
    SocketIo(Option<Format>),
    /// A new Engine.IO session that echoes.
    EngineEcho,
    /// An echo.
    Echo,
    /// The candidate of a session that polls.
    Upgrade {
        /// The session.
        sid: Sid,
        /// Whom the request's own token names, if it has one.
        caller: Option<UserId>,
    },
}

/// A request is refused: an HTTP answer, after which the connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// The HTTP status.
    pub status: u16,
    /// A header that goes with it.
    pub header: Option<(&'static str, &'static str)>,
    /// What is wrong: JSON when it begins with a brace, otherwise text.
    pub body: Cow<'static, str>,
}

impl Endpoint {
    /// The endpoint at a path, if there is one in this profile.
    pub fn at(path: &str, profile: Profile) -> Option<Self> {
        match (path, profile) {
            ("/ws", Profile::Production) => Some(Self::Plain),
            ("/socket.io/" | "/socket.io", _) => Some(Self::SocketIo),
            ("/engine.io/" | "/engine.io", Profile::Conformance) => Some(Self::EngineEcho),
            ("/echo", Profile::Conformance) => Some(Self::Echo),
            _ => None,
        }
    }

    /// Judges a request that wants a WebSocket here. `choose` picks the client's most wanted subprotocol among those it is
    /// given; `offers` tells whether the client named any. The subprotocol chosen belongs into the answer.
    pub fn open<'s>(
        self,
        method: &str,
        query: &str,
        offers: bool,
        choose: impl FnOnce(&[&'s str]) -> Option<&'s str>,
    ) -> Result<(Opening, Option<&'s str>), Declined> {
        match self {
            Self::Plain => match choose(&Format::SUBPROTOCOLS) {
                None if offers => Err(Declined::because(400, "this server speaks rialto.v1.json and rialto.v1.msgpack")),
                chosen => Ok((Opening::Plain(Format::of_subprotocol(chosen.unwrap_or_default())), chosen)),
            },
            Self::Echo => Ok((Opening::Echo, None)),
            Self::SocketIo | Self::EngineEcho => {
                let opening = match Request::decode(method, query, true)? {
                    Request::Upgrade(sid) => Opening::Upgrade { sid, caller: None },
                    Request::Open(Transport::WebSocket) => self.session(query)?,
                    _ => return Err(RequestError::BadRequest.into()),
                };
                Ok((opening, None))
            }
        }
    }

    /// The session that an Engine.IO request at this endpoint opens.
    pub fn session(self, query: &str) -> Result<Opening, RequestError> {
        match self {
            Self::SocketIo => {
                let is_msgpack = parameter(query, "parser")? == Some("msgpack");
                Ok(Opening::SocketIo(is_msgpack.then_some(Format::SocketIoMsgpack)))
            }
            Self::EngineEcho => Ok(Opening::EngineEcho),
            Self::Plain | Self::Echo => Err(RequestError::BadRequest),
        }
    }
}

impl Declined {
    /// A refusal in words.
    pub fn because(status: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { status, header: None, body: text.into() }
    }

    /// Counts and logs it. What the request asked for is not told: it may hold session names and tokens.
    pub(crate) fn note(&self, client: IpAddr) {
        let status = self.status;
        metrics::counter!("rialto_connections_declined_total", "status" => status.to_string()).increment(1);
        tracing::debug!(status, %client, "a connection was declined");
    }

    /// The answer as HTTP/1.1, which also says that the connection ends.
    pub fn encode(&self) -> Vec<u8> {
        let reason = http::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
        let kind = if self.body.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
        let header = self.header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let (status, length, body) = (self.status, self.body.len(), &self.body);
        format!("HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {kind}\r\n{header}Content-Length: {length}\r\n\r\n{body}").into_bytes()
    }
}

impl From<RequestError> for Declined {
    fn from(error: RequestError) -> Self {
        Self::because(error.status(), error.body())
    }
}

impl From<UpgradeError> for Declined {
    fn from(error: UpgradeError) -> Self {
        Self { header: error.header(), ..Self::because(error.status(), error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_its_own_endpoints() {
        let production = |path| Endpoint::at(path, Profile::Production);
        let conformance = |path| Endpoint::at(path, Profile::Conformance);
        assert_eq!(production("/ws"), Some(Endpoint::Plain));
        assert_eq!(production("/socket.io/"), Some(Endpoint::SocketIo));
        assert_eq!((production("/echo"), production("/engine.io/"), production("/")), (None, None, None));
        assert_eq!((conformance("/echo"), conformance("/engine.io/")), (Some(Endpoint::Echo), Some(Endpoint::EngineEcho)));
        assert_eq!(conformance("/ws"), None);
    }

    #[test]
    fn the_plain_carrier_speaks_what_was_agreed_upon() {
        let open = |offers, chosen: Option<&'static str>| Endpoint::Plain.open("GET", "", offers, |_| chosen);
        assert_eq!(open(false, None), Ok((Opening::Plain(Format::PlainJson), None)));
        assert_eq!(open(true, Some("rialto.v1.msgpack")), Ok((Opening::Plain(Format::PlainMsgpack), Some("rialto.v1.msgpack"))));
        assert_eq!(open(true, None).map_err(|declined| declined.status), Err(400));
    }

    #[test]
    fn socketio_names_its_parser_or_lets_us_find_out() {
        let open = |query: &str| Endpoint::SocketIo.open("GET", query, false, |_| None).map(|(opening, _)| opening);
        assert_eq!(open("EIO=4&transport=websocket"), Ok(Opening::SocketIo(None)));
        assert_eq!(open("EIO=4&transport=websocket&parser=msgpack"), Ok(Opening::SocketIo(Some(Format::SocketIoMsgpack))));
        let sid = Sid::from_random([7; Sid::RANDOM_BYTES]);
        assert_eq!(open(&format!("EIO=4&transport=websocket&sid={}", sid.as_str())), Ok(Opening::Upgrade { sid, caller: None }));
        for bad in ["", "EIO=3&transport=websocket", "EIO=4&transport=polling", "EIO=4&transport=websocket&sid=x", "EIO=4&EIO=4&transport=websocket"] {
            assert_eq!(open(bad).map_err(|declined| declined.status), Err(400), "{bad}");
        }
    }

    #[test]
    fn a_refusal_is_an_http_answer_that_ends_the_connection() {
        let text = String::from_utf8(Declined::because(403, "no").encode()).unwrap();
        assert_eq!(text, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nno");
        let json = String::from_utf8(Declined::from(RequestError::UnknownSid).encode()).unwrap();
        assert!(json.contains("application/json") && json.ends_with(r#"{"code":1,"message":"Session ID unknown"}"#));
        let version = String::from_utf8(Declined::from(UpgradeError::Version).encode()).unwrap();
        assert!(version.starts_with("HTTP/1.1 426 ") && version.contains("\r\nSec-WebSocket-Version: 13\r\n"));
    }
}
