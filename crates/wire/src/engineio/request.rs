//! What an HTTP request wants of an Engine.IO session.

use super::sid::Sid;

/// The protocol revision we speak.
pub const REVISION: &str = "4";

/// How packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// A WebSocket.
    WebSocket,
}

/// A request that is well-formed. Whether its session exists, and may be used by this user, is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Opens a session.
    Open(Transport),
    /// Asks for packets, and waits when there are none.
    Poll(Sid),
    /// Brings packets.
    Post(Sid),
    /// Brings a WebSocket as the candidate of an upgrade.
    Upgrade(Sid),
}

/// Why a request is refused, with the numbers and words of the reference server, which clients print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Neither polling nor websocket.
    #[error("Transport unknown")]
    UnknownTransport,
    /// No such session.
    #[error("Session ID unknown")]
    UnknownSid,
    /// A session is opened with GET.
    #[error("Bad handshake method")]
    BadHandshakeMethod,
    /// Anything else that is wrong with the request.
    #[error("Bad request")]
    BadRequest,
    /// The operator does not want this client.
    #[error("Forbidden")]
    Forbidden,
    /// Another revision than [`REVISION`].
    #[error("Unsupported protocol version")]
    UnsupportedRevision,
}

impl Request {
    /// Judges a request by its method, its query (without the question mark, not decoded) and whether it asks for a WebSocket.
    pub fn decode(method: &str, query: &str, wants_websocket: bool) -> Result<Self, RequestError> {
        // Values are compared as they came: no client escapes them, and two spellings of one value are one too many.
        let (transport, revision, sid) = (parameter(query, "transport")?, parameter(query, "EIO")?, parameter(query, "sid")?);
        for ignored in ["t", "b64"] {
            parameter(query, ignored)?;
        }
        let transport = match transport {
            Some("polling") => Transport::Polling,
            Some("websocket") => Transport::WebSocket,
            _ => return Err(RequestError::UnknownTransport),
        };
        if revision != Some(REVISION) {
            return Err(RequestError::UnsupportedRevision);
        }
        let sid = match sid {
            None => None,
            Some(text) => Some(Sid::decode(text).ok_or(RequestError::UnknownSid)?),
        };
        if (transport == Transport::WebSocket) != wants_websocket {
            return Err(RequestError::BadRequest);
        }
        match (sid, transport, method) {
            (None, _, "GET") => Ok(Self::Open(transport)),
            (None, _, _) => Err(RequestError::BadHandshakeMethod),
            (Some(sid), Transport::WebSocket, "GET") => Ok(Self::Upgrade(sid)),
            (Some(sid), Transport::Polling, "GET") => Ok(Self::Poll(sid)),
            (Some(sid), Transport::Polling, "POST") => Ok(Self::Post(sid)),
            (Some(_), _, _) => Err(RequestError::BadRequest),
        }
    }
}

impl RequestError {
    /// The number the reference server gives this error.
    pub fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSid => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedRevision => 5,
        }
    }

    /// The HTTP status to answer with.
    pub fn status(self) -> u16 {
        if self == Self::Forbidden { 403 } else { 400 }
    }

    /// The JSON body to answer with.
    pub fn body(self) -> String {
        format!(r#"{{"code":{},"message":"{self}"}}"#, self.code())
    }
}

/// The value of one query parameter, not decoded. A parameter given twice is a bad request: two readers might pick different ones.
pub fn parameter<'a>(query: &'a str, name: &str) -> Result<Option<&'a str>, RequestError> {
    let mut values = query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    });
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(RequestError::BadRequest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid() -> Sid {
        Sid::from_random([7; 18])
    }

    #[test]
    fn every_wish_is_told_apart() {
        let of = |method, transport: &str, sid: &str, wants_websocket| {
            let query = format!("EIO=4&transport={transport}{sid}&t=abc&parser=msgpack");
            Request::decode(method, &query, wants_websocket)
        };
        let ours = format!("&sid={}", sid().as_str());
        assert_eq!(of("GET", "polling", "", false), Ok(Request::Open(Transport::Polling)));
        assert_eq!(of("GET", "websocket", "", true), Ok(Request::Open(Transport::WebSocket)));
        assert_eq!(of("GET", "polling", &ours, false), Ok(Request::Poll(sid())));
        assert_eq!(of("POST", "polling", &ours, false), Ok(Request::Post(sid())));
        assert_eq!(of("GET", "websocket", &ours, true), Ok(Request::Upgrade(sid())));
    }

    #[test]
    fn every_mistake_has_the_number_of_the_reference_server() {
        let ours = format!("EIO=4&transport=polling&sid={}", sid().as_str());
        let long = format!("EIO=4&transport=polling&sid={}", "A".repeat(8192));
        let cases = [
            ("GET", "EIO=4", false, RequestError::UnknownTransport),
            ("GET", "EIO=4&transport=abc", false, RequestError::UnknownTransport),
            ("GET", "transport=polling", false, RequestError::UnsupportedRevision),
            ("GET", "EIO=3&transport=polling", false, RequestError::UnsupportedRevision),
            ("GET", "EIO=04&transport=polling", false, RequestError::UnsupportedRevision),
            ("POST", "EIO=4&transport=polling", false, RequestError::BadHandshakeMethod),
            ("DELETE", "EIO=4&transport=polling", false, RequestError::BadHandshakeMethod),
            ("GET", "EIO=4&transport=websocket", false, RequestError::BadRequest),
            ("GET", "EIO=4&transport=polling", true, RequestError::BadRequest),
            ("GET", "EIO=4&transport=polling&sid=abc", false, RequestError::UnknownSid),
            ("GET", &long, false, RequestError::UnknownSid),
            ("PUT", &ours, false, RequestError::BadRequest),
            ("DELETE", &ours, false, RequestError::BadRequest),
        ];
        for (method, query, wants_websocket, error) in cases {
            assert_eq!(Request::decode(method, query, wants_websocket), Err(error), "{method} {query}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_a_bad_request() {
        for name in ["EIO", "transport", "sid", "t", "b64"] {
            let query = format!("EIO=4&transport=polling&sid={}&t=1&b64=1&{name}=1", sid().as_str());
            assert_eq!(Request::decode("GET", &query, false), Err(RequestError::BadRequest), "{name}");
        }
    }

    #[test]
    fn the_answer_to_a_mistake_is_the_one_clients_know() {
        assert_eq!(RequestError::UnknownTransport.body(), r#"{"code":0,"message":"Transport unknown"}"#);
        assert_eq!(RequestError::UnknownSid.body(), r#"{"code":1,"message":"Session ID unknown"}"#);
        assert_eq!(RequestError::BadHandshakeMethod.body(), r#"{"code":2,"message":"Bad handshake method"}"#);
        assert_eq!(RequestError::BadRequest.body(), r#"{"code":3,"message":"Bad request"}"#);
        assert_eq!(RequestError::Forbidden.body(), r#"{"code":4,"message":"Forbidden"}"#);
        assert_eq!(RequestError::UnsupportedRevision.body(), r#"{"code":5,"message":"Unsupported protocol version"}"#);
        assert_eq!((RequestError::Forbidden.status(), RequestError::BadRequest.status()), (403, 400));
    }
}
