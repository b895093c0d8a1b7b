//! The head of an HTTP/1.1 request: everything in front of its body (RFC 9112).

use httparse::{EMPTY_HEADER, Status};

/// The longest head in bytes, the empty line at its end included.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
/// The most header lines in a head.
pub const MAX_HEADERS: usize = 100;

/// Headers that mean one thing. Two of them mean that someone on the way reads the request differently than we do.
const SINGLE: [&str; 9] =
    ["host", "content-length", "transfer-encoding", "authorization", "origin", "upgrade", "sec-websocket-key", "sec-websocket-version", "content-type"];

/// A request head that was read whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Head<'b> {
    method: &'b str,
    target: &'b str,
    minor_version: u8,
    headers: Vec<httparse::Header<'b>>,
    content_length: Option<u64>,
    len: usize,
}

/// Why the bytes are not a request head we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Longer than [`MAX_HEAD_BYTES`].
    #[error("the request head is longer than {MAX_HEAD_BYTES} bytes")]
    TooLong,
    /// More lines than [`MAX_HEADERS`].
    #[error("the request head has more than {MAX_HEADERS} headers")]
    TooManyHeaders,
    /// Not HTTP.
    #[error("the request head is malformed: {0}")]
    Malformed(httparse::Error),
    /// HTTP/1.1 without a Host header (RFC 9112 §3.2).
    #[error("the Host header is missing")]
    NoHost,
    /// A header that means one thing stands there twice.
    #[error("the {0} header is repeated")]
    Repeated(&'static str),
    /// Content-Length is not a number.
    #[error("the Content-Length header is not a number")]
    ContentLength,
    /// Content-Length beside Transfer-Encoding, the root of request smuggling (RFC 9112 §6.1).
    #[error("Content-Length and Transfer-Encoding exclude each other")]
    TwoLengths,
}

impl HeadError {
    /// The HTTP status to answer with. The connection is closed afterwards.
    pub fn status(self) -> u16 {
        match self {
            Self::TooLong | Self::TooManyHeaders => 431,
            Self::Malformed(httparse::Error::Version) => 505,
            _ => 400,
        }
    }
}

impl<'b> Head<'b> {
    /// Reads the head that `bytes` begin with; `None` while its end is missing.
    pub fn decode(bytes: &'b [u8]) -> Result<Option<Self>, HeadError> {
        let window = &bytes[..bytes.len().min(MAX_HEAD_BYTES)];
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let len = match request.parse(window) {
            Ok(Status::Complete(len)) => len,
            Ok(Status::Partial) if window.len() == MAX_HEAD_BYTES => return Err(HeadError::TooLong),
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooManyHeaders),
            Err(error) => return Err(HeadError::Malformed(error)),
        };
        let (Some(method), Some(target), Some(minor_version)) = (request.method, request.path, request.version) else {
            return Err(HeadError::Malformed(httparse::Error::Token));
        };
        let headers = request.headers.to_vec();
        let mut head = Self { method, target, minor_version, headers, content_length: None, len };
        head.check()?;
        Ok(Some(head))
    }

    fn check(&mut self) -> Result<(), HeadError> {
        if let Some(name) = SINGLE.into_iter().find(|name| self.values(name).nth(1).is_some()) {
            return Err(HeadError::Repeated(name));
        }
        if self.minor_version == 1 && self.header("host").is_none() {
            return Err(HeadError::NoHost);
        }
        if let Some(length) = self.header("content-length") {
            if self.header("transfer-encoding").is_some() {
                return Err(HeadError::TwoLengths);
            }
            // `parse` alone would take a sign.
            let digits = str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            self.content_length = Some(digits.and_then(|text| text.parse().ok()).ok_or(HeadError::ContentLength)?);
        }
        Ok(())
    }

    /// Length of the head in bytes; the body, or the first frame, begins there.
    // A head is never empty: there is no `is_empty` to go with it.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The method, as spelt by the client; methods are case-sensitive.
    pub fn method(&self) -> &'b str {
        self.method
    }

    /// The request target as it came: path and query, or an absolute URL.
    pub fn target(&self) -> &'b str {
        self.target
    }

    /// Whether this is HTTP/1.1; HTTP/1.0 otherwise.
    pub fn is_http_1_1(&self) -> bool {
        self.minor_version == 1
    }

    /// The path without the query, not percent-decoded.
    pub fn path(&self) -> &'b str {
        let origin_form = self.origin_form();
        origin_form.split_once('?').map_or(origin_form, |(path, _)| path)
    }

    /// The query without its question mark, not percent-decoded; empty when there is none.
    pub fn query(&self) -> &'b str {
        self.origin_form().split_once('?').map_or("", |(_, query)| query)
    }

    /// The first value under a name, which is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&'b [u8]> {
        self.values(name).next()
    }

    /// The first value under a name, when it is text.
    pub fn text(&self, name: &str) -> Option<&'b str> {
        self.header(name).and_then(|value| str::from_utf8(value).ok())
    }

    /// Every value under a name, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'b [u8]> + 'a {
        self.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    }

    /// The entries of a header that is a comma-separated list, over all its lines. What is not text is left out.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'b str> + 'a {
        self.values(name)
            .filter_map(|value| str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(|entry| entry.trim_matches([' ', '\t']))
            .filter(|entry| !entry.is_empty())
    }

    /// The announced length of the body in bytes.
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// A proxy may send the whole URL (RFC 9112 §3.2.2): drop its scheme and authority.
    fn origin_form(&self) -> &'b str {
        let Some((_, rest)) = self.target.split_once("://").filter(|_| !self.target.starts_with('/')) else {
            return self.target;
        };
        rest.find(['/', '?']).map_or("/", |start| &rest[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<Option<Head<'_>>, HeadError> {
        Head::decode(text.as_bytes())
    }

    fn head(text: &str) -> Head<'_> {
        decode(text).unwrap().unwrap()
    }

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let text = "GET /ws?a=1&b=2 HTTP/1.1\r\nHost: x\r\nX-List: a, b\r\nx-list: c\r\n\r\nbody";
        let end = text.len() - "body".len();
        for cut in 0..end {
            assert_eq!(decode(&text[..cut]), Ok(None), "cut at {cut}");
        }
        let head = head(text);
        assert_eq!((head.method(), head.path(), head.query(), head.len()), ("GET", "/ws", "a=1&b=2", end));
        assert!(head.is_http_1_1());
        assert_eq!(head.text("HOST"), Some("x"));
        assert_eq!(head.list("X-LIST").collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn the_target_may_be_a_whole_url() {
        for (target, path, query) in
            [("http://h/p?q", "/p", "q"), ("http://h?q", "", "q"), ("http://h", "/", ""), ("/p?u=http://h/x", "/p", "u=http://h/x"), ("*", "*", "")]
        {
            let text = format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
            let head = head(&text);
            assert_eq!((head.path(), head.query()), (path, query), "{target}");
        }
    }

    #[test]
    fn a_long_head_is_refused_without_waiting_for_its_end() {
        let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "a".repeat(MAX_HEAD_BYTES));
        assert_eq!(decode(&endless), Err(HeadError::TooLong));
        assert_eq!(HeadError::TooLong.status(), 431);

        let frame = "GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n".len();
        let longest = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(MAX_HEAD_BYTES - frame));
        assert_eq!(head(&longest).len(), MAX_HEAD_BYTES);
    }

    #[test]
    fn the_hundred_and_first_header_is_refused() {
        let with = |count: usize| format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
        assert!(decode(&with(MAX_HEADERS)).unwrap().is_some());
        assert_eq!(decode(&with(MAX_HEADERS + 1)), Err(HeadError::TooManyHeaders));
        assert_eq!(HeadError::TooManyHeaders.status(), 431);
    }

    #[test]
    fn ambiguous_heads_are_refused() {
        let cases = [
            ("Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", HeadError::TwoLengths),
            ("Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n", HeadError::Repeated("content-length")),
            ("Host: x\r\nhost: y\r\n", HeadError::Repeated("host")),
            ("Host: x\r\nSec-WebSocket-Key: a\r\nsec-websocket-key: a\r\n", HeadError::Repeated("sec-websocket-key")),
            ("Host: x\r\nContent-Length: +1\r\n", HeadError::ContentLength),
            ("Host: x\r\nContent-Length: 1, 1\r\n", HeadError::ContentLength),
            ("Host: x\r\nContent-Length:\r\n", HeadError::ContentLength),
            ("Host: x\r\nContent-Length: 99999999999999999999\r\n", HeadError::ContentLength),
            ("", HeadError::NoHost),
        ];
        for (headers, expected) in cases {
            let text = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            assert_eq!(decode(&text), Err(expected), "{headers}");
            assert_eq!(expected.status(), 400);
        }
        assert_eq!(head("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").content_length(), Some(10));
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for text in ["\x16\x03\x01\x02", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"] {
            let error = decode(text).unwrap_err();
            assert!(matches!(error, HeadError::Malformed(_)), "{text}: {error}");
            assert_eq!(error.status(), 400);
        }
        assert_eq!(decode("GET / HTTP/2.0\r\n\r\n").unwrap_err().status(), 505);
    }
}
