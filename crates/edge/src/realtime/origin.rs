//! Which web pages may open a connection (RFC 6454). Clients that are no browsers send no Origin.

/// Stands for every origin. Safe only because nothing here goes by cookies: a page has to show a token.
pub const EVERY: &str = "*";

/// Judges a request by its `Origin` and `Host` headers.
///
/// With a list, only the origins on it are admitted, compared exactly but for case. Without one, a page may come from
/// the host that it talks to. `null` (a sandboxed frame, a local file) is admitted only when listed. A request without
/// an Origin does not come from a web page and is admitted.
pub fn admits(origin: Option<&str>, host: Option<&str>, listed: &[String]) -> bool {
    let Some(origin) = origin else { return true };
    if !listed.is_empty() {
        return listed.iter().any(|listed| listed == EVERY || listed.trim_end_matches('/').eq_ignore_ascii_case(origin));
    }
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let without_default = |authority: &str| authority.strip_suffix(default_port).unwrap_or(authority).to_ascii_lowercase();
    host.is_some_and(|host| !host.is_empty() && without_default(host) == without_default(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_no_browser_is_admitted() {
        assert!(admits(None, Some("chat.example"), &[]));
        assert!(admits(None, Some("chat.example"), &["https://app.example".into()]));
    }

    #[test]
    fn without_a_list_a_page_may_talk_to_its_own_host() {
        for (origin, host) in [
            ("http://chat.example", "chat.example"),
            ("https://Chat.example", "chat.example:443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://chat.example:80", "chat.example"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert!(admits(Some(origin), Some(host), &[]), "{origin} at {host}");
        }
        for (origin, host) in [
            ("http://evil.example", "chat.example"),
            ("http://chat.example.evil", "chat.example"),
            ("http://evilchat.example", "chat.example"),
            ("http://chat.example:8081", "chat.example:8080"),
            ("http://chat.example@evil.example", "chat.example"),
            ("https://chat.example", "chat.example:80"),
            ("file://chat.example", "chat.example"),
            ("chat.example", "chat.example"),
            ("http://", ""),
            ("null", "chat.example"),
            ("", "chat.example"),
        ] {
            assert!(!admits(Some(origin), Some(host), &[]), "{origin} at {host}");
        }
        assert!(!admits(Some("http://chat.example"), None, &[]));
    }

    #[test]
    fn with_a_list_only_what_stands_on_it_is_admitted() {
        let listed = ["https://app.example".to_owned(), "capacitor://localhost/".to_owned()];
        assert!(admits(Some("https://app.example"), Some("chat.example"), &listed));
        assert!(admits(Some("https://APP.example"), Some("chat.example"), &listed));
        assert!(admits(Some("capacitor://localhost"), Some("chat.example"), &listed));
        for origin in ["https://chat.example", "http://app.example", "https://app.example.evil", "https://app.example:444", "null"] {
            assert!(!admits(Some(origin), Some("chat.example"), &listed), "{origin}");
        }
        assert!(admits(Some("null"), Some("chat.example"), &["null".into()]));
        assert!(admits(Some("https://anywhere.example"), Some("chat.example"), &[EVERY.into()]));
    }
}
