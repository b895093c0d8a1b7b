//! Origins of the web: who may open a connection from a browser, and the address people use.

use std::fmt;
use std::net::Ipv6Addr;

use super::setting::Range;
use super::value::{Raw, Value};

/// A scheme, a host and a port, in the spelling a browser sends (RFC 6454): lower case, no default port,
/// nothing after. Two origins are the same when their text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(String);

/// The origins whose pages may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origins {
    /// These and no others.
    Only(Vec<Origin>),
    /// Every page there is.
    Any,
}

/// The address people and their apps reach this server by: an origin of `http` or `https`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl(Origin);

impl Origin {
    /// Nothing when the text is not an origin. `null`, which every sandboxed page sends, is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = split_port(authority)?;
        if !is_scheme(scheme) || !is_host(host) {
            return None;
        }
        Some(match port {
            Some(port) if default_port(scheme) != Some(port) => Self(format!("{scheme}://{host}:{port}")),
            _ => Self(format!("{scheme}://{host}")),
        })
    }

    /// As a browser writes it in the `Origin` header.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicUrl {
    /// Nothing when the text is not an origin of the web.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let origin = Origin::parse(text)?;
        let is_web = ["http:", "https:"].iter().any(|scheme| origin.as_str().starts_with(scheme));
        is_web.then_some(Self(origin))
    }

    /// The address as an origin, which is also the one its pages send.
    pub(crate) fn origin(&self) -> &Origin {
        &self.0
    }

    /// Whether what travels to it is encrypted, be it by us or by a proxy in front.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.as_str().starts_with("https:")
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    // An IPv6 address has colons of its own, inside its brackets.
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            digits.then_some(())?;
            Some((host, Some(port.parse().ok()?)))
        }
        _ => Some((authority, None)),
    }
}

fn is_scheme(scheme: &str) -> bool {
    // RFC 3986, section 3.1. Shells of apps have schemes of their own: capacitor://localhost.
    scheme.starts_with(|letter: char| letter.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label =
        |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    host.len() <= 253 && host.split('.').all(is_label)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Value for Origins {
    fn expected(_: Option<&Range>) -> String {
        "a list of origins such as \"https://chat.example.org\" (scheme, host and port, no / after), or \"*\" alone".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        let items = raw.list()?;
        if let [only] = items.as_slice()
            && only.text() == Some("*")
        {
            return Some(Self::Any);
        }
        items.iter().map(|item| Origin::parse(item.text()?)).collect::<Option<_>>().map(Self::Only)
    }
}

/// `""` is nothing.
impl Value for Option<PublicUrl> {
    fn expected(_: Option<&Range>) -> String {
        "an address such as \"https://chat.example.org\" (http or https, no / after), or \"\" for none".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        let text = raw.text()?;
        if text.is_empty() {
            return Some(None);
        }
        PublicUrl::parse(text).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Origin::parse(text).map(|origin| origin.to_string())
    }

    #[test]
    fn an_origin_is_kept_in_the_spelling_of_browsers() {
        assert_eq!(parsed("HTTPS://Chat.Example.ORG:443").as_deref(), Some("https://chat.example.org"));
        assert_eq!(parsed("http://localhost:5173").as_deref(), Some("http://localhost:5173"));
        assert_eq!(parsed("http://[::1]:8080").as_deref(), Some("http://[::1]:8080"));
        assert_eq!(parsed("http://[::1]").as_deref(), Some("http://[::1]"));
        assert_eq!(parsed("capacitor://localhost").as_deref(), Some("capacitor://localhost"));
    }

    #[test]
    fn what_no_browser_sends_is_not_an_origin() {
        for text in [
            "null",
            "*",
            "",
            "chat.example.org",
            "https://",
            "https://chat.example.org/",
            "https://chat.example.org/path",
            "https://user@chat.example.org",
            "https://*.example.org",
            "https://chat.example.org:",
            "https://chat.example.org:+80",
            "https://chat.example.org:65536",
            "https://chat..example.org",
            "https://[::1",
            "https://[chat]",
            "1https://chat.example.org",
        ] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }

    #[test]
    fn any_origin_stands_alone() {
        let list = |text: &str| Origins::parse(&Raw::Text(text.to_owned()), None);
        assert_eq!(list("*"), Some(Origins::Any));
        assert_eq!(list("*, https://a.example"), None);
        assert_eq!(list(""), Some(Origins::Only(vec![])));
        assert!(matches!(list("https://a.example, https://b.example"), Some(Origins::Only(two)) if two.len() == 2));
    }

    #[test]
    fn the_public_address_is_one_of_the_web() {
        let url = |text: &str| Option::<PublicUrl>::parse(&Raw::Text(text.to_owned()), None);
        assert_eq!(url(""), Some(None));
        assert_eq!(url("ftp://example.org"), None);
        assert!(url("https://example.org").unwrap().unwrap().is_encrypted());
        assert!(!url("http://example.org").unwrap().unwrap().is_encrypted());
    }
}
