//! Answers, and what is wrong with a request before any command is understood.

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use rialto_domain::Refusal;
use rialto_wire::code::{self, ErrorBody};
use serde::Serialize;
use std::borrow::Cow;

/// What is wrong with a request as such. Refusals of the service are answered with their own codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Nothing is there.
    #[error("there is nothing at this address")]
    NotFound,
    /// It exists, but not for this method; the header `Allow` tells for which.
    #[error("this address does not take this method")]
    MethodNotAllowed,
    /// The request is not what the address takes.
    #[error("{0}")]
    Malformed(Cow<'static, str>),
    /// Tokens in addresses end up in histories, logs and `Referer`.
    #[error("a token belongs into the Authorization header, never into an address; this one should be revoked")]
    TokenInQuery,
    /// The page that sends this may not.
    #[error("pages of this origin may not use this server")]
    ForeignOrigin,
    /// The body did not come in time.
    #[error("the request did not come in time")]
    TooSlow,
    /// The body is larger than allowed.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The body is something else than JSON.
    #[error("the body must be JSON, and say so: Content-Type: application/json")]
    NotJson,
    /// The body is compressed, and we inflate nothing.
    #[error("the body must not be compressed")]
    Compressed,
    /// The client's address has as many connections as it may have.
    #[error("too many connections from this address")]
    TooManyConnections,
    /// We failed.
    #[error("the server has a fault; it was logged")]
    Internal,
}

impl Fault {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::TokenInQuery => StatusCode::BAD_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson | Self::Compressed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyConnections => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code that clients see.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::MethodNotAllowed => "http.method_not_allowed",
            Self::Malformed(_) => "http.malformed",
            Self::TokenInQuery => "http.token_in_query",
            Self::ForeignOrigin => "http.foreign_origin",
            Self::TooSlow => "http.too_slow",
            Self::TooLarge(_) => "http.too_large",
            Self::NotJson => "http.not_json",
            Self::Compressed => "http.compressed",
            Self::TooManyConnections => "http.too_many_connections",
            Self::Internal => Refusal::Internal.code(),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response<Body> {
        let body = ErrorBody { code: self.code().into(), text: self.to_string(), retry_after_ms: None };
        let mut response = json(self.status(), &body);
        // What is left of such a body is not read: the connection cannot be used again.
        if matches!(self, Self::TooSlow | Self::TooLarge(_)) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// An answer in JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => with_type(status, "application/json", bytes),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Fault::Internal.into_response()
        }
    }
}

/// An answer of any kind.
pub(super) fn with_type(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The service's *no*. `had_token`: the client did say who it is.
pub(super) fn refused(refusal: Refusal, had_token: bool) -> Response<Body> {
    let status = StatusCode::from_u16(code::http_status(refusal)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = ErrorBody::from(refusal);
    let retry_after_ms = body.retry_after_ms;
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750 §3.1: without a token, no error code.
        let challenge = if had_token { r#"Bearer realm="rialto", error="invalid_token""# } else { r#"Bearer realm="rialto""# };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(after_ms) = retry_after_ms {
        headers.insert(header::RETRY_AFTER, after_ms.div_ceil(1000).max(1).into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_too_fast_is_told_when_to_come_back() {
        let response = refused(Refusal::TooFast { retry_after_ms: 1001 }, true);
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &HeaderValue::from_static("2")));
    }

    #[test]
    fn who_is_unknown_is_told_how_to_say_who_they_are() {
        let challenge = |had_token| refused(Refusal::NotAuthenticated, had_token).headers()["www-authenticate"].clone();
        assert_eq!(challenge(false), r#"Bearer realm="rialto""#);
        assert_eq!(challenge(true), r#"Bearer realm="rialto", error="invalid_token""#);
        assert!(refused(Refusal::ChannelUnknown, true).headers().get("www-authenticate").is_none());
    }
}
