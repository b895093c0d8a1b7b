//! What happens to every request, whatever it asks for: who sends it and may they, what is logged and counted, and which
//! headers every answer carries.

use axum::Router;
use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Request, Response};
use axum::response::IntoResponse;
use parking_lot::Mutex;
use std::any::Any;
use std::future::poll_fn;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;
use tower::ServiceExt;

use super::answer::Fault;
use super::cors::{self, Origin};
use super::site::Site;
use crate::realtime::Permit;
use crate::realtime::address::client_address;

/// Who sends the request, seen through the proxies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// What an answer is counted under: its resource, without the ids in its address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named(pub(super) &'static str);

/// The way in.
pub(super) struct Front {
    pub(super) site: Arc<Site>,
    router: Router,
    /// Tells the requests of this process from those of another.
    run: u32,
    requests: AtomicU64,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Tokens have no business in an address, whatever they are called there.
const TOKEN_NAMES: [&str; 9] = ["token", "access_token", "refresh_token", "id_token", "authorization", "bearer", "jwt", "api_key", "password"];

impl Front {
    pub(super) fn new(site: Arc<Site>, router: Router) -> Self {
        let mut run = [0; 4];
        // Equal runs would only make two log lines harder to tell apart.
        let _ = getrandom::fill(&mut run);
        Self { site, router, run: u32::from_ne_bytes(run), requests: AtomicU64::new(0) }
    }

    /// Answers one request of a connection from `peer`, whose place is `permit`.
    pub(super) async fn answer(&self, request: Request<Body>, peer: IpAddr, permit: &Mutex<Permit>) -> Response<Body> {
        let began = Instant::now();
        let id = format!("{:08x}-{:x}", self.run, self.requests.fetch_add(1, Ordering::Relaxed));
        let method = request.method().clone();
        let origin = Origin::of(request.headers(), &self.site.settings.origins);
        let must_close = request.headers().contains_key(header::TRANSFER_ENCODING);
        let client = self.client(request.headers(), peer);

        let mut response = match self.admit(&request, &origin, client, permit) {
            Err(fault) => fault.into_response(),
            Ok(()) if cors::is_preflight(&method, request.headers()) => cors::preflight(),
            Ok(()) => self.serve(request, client, &id).await,
        };

        origin.mark(response.headers_mut());
        protect(response.headers_mut());
        if must_close {
            // Such a body tells its own end, and not everybody on the way may agree on where that is.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        note(&id, &method, &response, client, began);
        response
    }

    fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        let forwarded = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
        client_address(peer, forwarded, &self.site.settings.trusted_proxies)
    }

    fn admit(&self, request: &Request<Body>, origin: &Origin, client: IpAddr, permit: &Mutex<Permit>) -> Result<(), Fault> {
        permit.lock().count_as(client).map_err(|_| Fault::TooManyConnections)?;
        if *origin == Origin::Foreign {
            return Err(Fault::ForeignOrigin);
        }
        let query = request.uri().query().unwrap_or_default();
        let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
        if names.into_iter().any(|name| TOKEN_NAMES.iter().any(|token| name.eq_ignore_ascii_case(token))) {
            return Err(Fault::TokenInQuery);
        }
        Ok(())
    }

    async fn serve(&self, mut request: Request<Body>, client: IpAddr, id: &str) -> Response<Body> {
        request.extensions_mut().insert(Client(client));
        match caught(self.router.clone().oneshot(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => {
                tracing::error!(request.id = id, panic = said(&*panic), "a request met a fault in the server");
                Fault::Internal.into_response()
            }
        }
    }
}

/// The headers that keep an answer from being taken for something else.
fn protect(headers: &mut HeaderMap) {
    const ALWAYS: [(HeaderName, HeaderValue); 2] =
        [(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")), (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))];
    headers.extend(ALWAYS);
    let inert = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(inert);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Logs and counts. Neither addresses nor headers are told: they hold ids and tokens.
fn note(id: &str, method: &Method, response: &Response<Body>, client: IpAddr, began: Instant) {
    let status = response.status();
    let route = response.extensions().get::<Named>().map_or("other", |named| named.0);
    // The methods in use are few; what else a client makes up must not become names of counters.
    let method = if route == "other" { "any" } else { method.as_str() };
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.as_str().to_owned())];
    metrics::counter!("rialto_http_requests_total", &labels).increment(1);
    metrics::histogram!("rialto_http_request_seconds", "route" => route).record(began.elapsed().as_secs_f64());
    let elapsed_ms = began.elapsed().as_millis() as u64;
    if status.is_server_error() {
        tracing::warn!(request.id = id, method, route, status = status.as_u16(), %client, elapsed_ms, "a request failed");
    } else {
        tracing::debug!(request.id = id, method, route, status = status.as_u16(), %client, elapsed_ms, "a request was answered");
    }
}

/// Runs a future to its end or its panic.
async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    // After a panic the future is not touched again, so nobody sees what it left half done.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}
