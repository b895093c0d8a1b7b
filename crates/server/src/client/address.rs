//! Where a server is.

use std::fmt;

/// The port a server listens on unless told otherwise.
const USUAL_PORT: u16 = 7878;

/// A server's address, as people write it: `http://127.0.0.1:7878`, `https://chat.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    is_encrypted: bool,
    host: String,
    port: u16,
    /// What stands in front of `/ws`; empty unless a proxy puts something there.
    path: String,
}

/// The text is no address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address of a server: expected something like http://127.0.0.1:7878 or https://chat.example.org")]
pub(crate) struct InvalidAddress {
    text: String,
}

impl Address {
    /// Reads an address. Without a scheme it is not encrypted, and has the usual port of a Rialto.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidAddress> {
        Self::read(text.trim()).ok_or_else(|| InvalidAddress { text: text.to_owned() })
    }

    fn read(text: &str) -> Option<Self> {
        let (is_encrypted, usual_port, rest) = match text.split_once("://") {
            Some(("http" | "ws", rest)) => (false, 80, rest),
            Some(("https" | "wss", rest)) => (true, 443, rest),
            Some(_) => return None,
            None => (false, USUAL_PORT, text),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, after.strip_prefix(':').or(after.is_empty().then_some(""))?)
            }
            None => authority.rsplit_once(':').unwrap_or((authority, "")),
        };
        let port = if port.is_empty() { usual_port } else { port.parse().ok()? };
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'@' | b'\\'));
        if host.is_empty() || port == 0 || !is_word(host) || !is_word(path) || (host.contains(':') && !authority.starts_with('[')) {
            return None;
        }
        let path = match path.trim_end_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        Some(Self { is_encrypted, host: host.to_ascii_lowercase(), port, path })
    }

    /// Whether it is reached through TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Name or number of the host, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as they stand in an address and in the Host header.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    /// The target of a request for something below this address; `what` begins with a slash.
    pub(crate) fn target(&self, what: &str) -> String {
        format!("{}{what}", self.path)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl std::str::FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Address::parse(text).unwrap().to_string()
    }

    #[test]
    fn an_address_may_be_written_in_every_usual_way() {
        assert_eq!(shown("http://127.0.0.1:7878"), "http://127.0.0.1:7878");
        assert_eq!(shown("ws://Chat.Example.org"), "http://chat.example.org:80");
        assert_eq!(shown("wss://chat.example.org/"), "https://chat.example.org:443");
        assert_eq!(shown(" https://chat.example.org:8443/rialto/ "), "https://chat.example.org:8443/rialto");
        assert_eq!(shown("localhost"), "http://localhost:7878");
        assert_eq!(shown("http://[::1]:7878"), "http://[::1]:7878");
        assert_eq!(shown("https://[::1]"), "https://[::1]:443");
    }

    #[test]
    fn what_is_below_it_keeps_its_path() {
        assert_eq!(Address::parse("https://a/b").unwrap().target("/ws"), "/b/ws");
        assert_eq!(Address::parse("https://a").unwrap().target("/ws"), "/ws");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ftp://a",
            "http://",
            "http://a:0",
            "http://a:b",
            "http://a:99999",
            "http://a b",
            "http://a@b",
            "::1",
            "http://[::1",
            "http://[x]",
            "http://a/?b",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
