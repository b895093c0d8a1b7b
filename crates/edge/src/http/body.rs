//! Reading a request's body: no more than allowed, no slower than allowed, and as it comes: nothing is inflated.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use super::answer::Fault;
use crate::settings::Timing;

/// The whole body.
pub(super) async fn read(headers: &HeaderMap, body: Body, max_bytes: usize, timing: &Timing) -> Result<Bytes, Fault> {
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Fault::Compressed);
    }
    let announced = length(headers);
    if announced.is_some_and(|length| length > max_bytes as u64) {
        return Err(Fault::TooLarge(max_bytes));
    }
    let time = Duration::from_millis(timing.transfer_ms(announced.unwrap_or(max_bytes as u64)));
    match tokio::time::timeout(time, collect(body, max_bytes)).await {
        Ok(collected) => collected,
        Err(_) => Err(Fault::TooSlow),
    }
}

/// The announced length.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Is there a body, or a claim about its kind that must hold?
pub(super) fn is_announced(headers: &HeaderMap) -> bool {
    headers.contains_key("transfer-encoding") || length(headers).is_some_and(|length| length > 0)
}

/// Does the request call its body JSON? (`true` when it says nothing of a body.) Forms cannot say that of theirs, and
/// a page of another origin that says it is stopped by its browser until we agree.
pub(super) fn is_called_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return !is_announced(headers) };
    let essence = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

async fn collect(mut body: Body, max_bytes: usize) -> Result<Bytes, Fault> {
    let mut whole: Option<Bytes> = None;
    let mut rest = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Fault::Malformed("the body is cut short or malformed".into()))?;
        let Ok(data) = frame.into_data() else { continue };
        let so_far = whole.as_ref().map_or(0, Bytes::len) + rest.len();
        if so_far + data.len() > max_bytes {
            return Err(Fault::TooLarge(max_bytes));
        }
        // Most bodies come in one piece, which is then used as it is.
        match whole.take() {
            None if rest.is_empty() => whole = Some(data),
            first => {
                rest.extend_from_slice(&first.unwrap_or_default());
                rest.extend_from_slice(&data);
            }
        }
    }
    Ok(whole.unwrap_or_else(|| rest.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_json_is_called_json() {
        for good in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(is_called_json(&headers(&[("content-type", good), ("content-length", "2")])), "{good}");
        }
        for bad in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "application/jsonp", "text/plain; application/json", ""] {
            assert!(!is_called_json(&headers(&[("content-type", bad)])), "{bad}");
        }
        assert!(is_called_json(&headers(&[("content-length", "0")])));
        assert!(!is_called_json(&headers(&[("content-length", "2")])));
        assert!(!is_called_json(&headers(&[("transfer-encoding", "chunked")])));
    }
}
