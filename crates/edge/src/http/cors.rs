//! Which pages of other origins may use this server, as browsers ask it (the CORS protocol of the Fetch standard).
//!
//! No cookie is set or read anywhere: what a request may do hangs on its `Authorization` header alone, which a page of
//! another origin cannot add without asking here first. Answers name the one origin that asked, never `*`.

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Response, StatusCode};

use crate::realtime::origin::admits;

/// Where a request comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// From no page of another origin, as far as it tells.
    Untold,
    /// From a page that may use this server.
    Admitted(HeaderValue),
    /// From a page that may not.
    Foreign,
}

const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("600");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type");
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");
/// The preflight's answer also hangs on what it asks for.
const VARY: HeaderValue = HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

impl Origin {
    /// Judges by the list of origins that may, see [`admits`].
    pub(super) fn of(headers: &HeaderMap, listed: &[String]) -> Self {
        let Some(origin) = headers.get(header::ORIGIN) else { return Self::Untold };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        match origin.to_str() {
            Ok(text) if admits(Some(text), host, listed) => Self::Admitted(origin.clone()),
            _ => Self::Foreign,
        }
    }

    /// Tells the browser whether the page may see the answer. Cookies are never asked for: nothing here goes by them.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Self::Admitted(origin) = self else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// Does a browser ask whether a request that it holds back would be welcome?
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ORIGIN) && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight from an admitted origin.
pub(super) fn preflight() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let told: [(HeaderName, HeaderValue); 4] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
        (header::VARY, VARY),
    ];
    response.headers_mut().extend(told);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origin: &'static str, listed: &[&str]) -> Origin {
        let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin)), (header::HOST, HeaderValue::from_static("chat.example"))]);
        Origin::of(&headers, &listed.iter().map(|&origin| origin.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_admitted_origins_are_named_back() {
        let marked = |origin: &Origin| {
            let mut headers = HeaderMap::new();
            origin.mark(&mut headers);
            assert!(!headers.contains_key("access-control-allow-credentials"));
            (headers.get("access-control-allow-origin").cloned(), headers["vary"].clone())
        };
        let app = of("https://app.example", &["https://app.example"]);
        assert_eq!(marked(&app), (Some(HeaderValue::from_static("https://app.example")), HeaderValue::from_static("Origin")));
        for foreign in ["https://evil.example", "https://app.example.evil", "null", "https://app.example:444"] {
            let foreign = of(foreign, &["https://app.example"]);
            assert_eq!(foreign, Origin::Foreign);
            assert_eq!(marked(&foreign), (None, HeaderValue::from_static("Origin")));
        }
        assert_eq!(Origin::of(&HeaderMap::new(), &[]), Origin::Untold);
    }
}
