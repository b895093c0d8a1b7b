//! What operators and their tools ask: is it alive, is it ready, how is it doing. On a listener of its own, so that it
//! need not be reachable from where clients are.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answer::{Fault, with_type};
use crate::shortage::{PAUSE, Shortage};

/// Asks whether everything that the service depends on can be used. The text of an error is for operators.
pub type Readiness = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;
/// Writes the metrics in Prometheus' text format.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The operators' listener. It serves until dropped.
pub struct Operations {
    probes: Arc<Probes>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

struct Probes {
    readiness: Readiness,
    metrics: Metrics,
    is_draining: AtomicBool,
}

/// Probes come one at a time, and from few places.
const CONNECTIONS: usize = 64;
/// No probe takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// No connection of a prober lasts longer.
const LIFE: Duration = Duration::from_secs(600);

impl Operations {
    /// Serves `/healthz`, `/readyz` and `/metrics`. To be called within the runtime.
    pub fn start(listener: std::net::TcpListener, readiness: Readiness, metrics: Metrics) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let probes = Arc::new(Probes { readiness, metrics, is_draining: AtomicBool::new(false) });
        let router = Router::new()
            .route("/healthz", get(|| async { text(StatusCode::OK, "ok\n") }))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics_text))
            .fallback(|| std::future::ready(Fault::NotFound))
            .method_not_allowed_fallback(|| std::future::ready(Fault::MethodNotAllowed))
            .with_state(Arc::clone(&probes));
        Ok(Self { probes, address, accepting: tokio::spawn(accept(listener, router)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the server is not ready, whatever it depends on: load balancers shall send nobody here.
    pub fn drain(&self) {
        self.probes.is_draining.store(true, Ordering::Relaxed);
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn readyz(State(probes): State<Arc<Probes>>) -> Response<Body> {
    if probes.is_draining.load(Ordering::Relaxed) {
        return text(StatusCode::SERVICE_UNAVAILABLE, "draining\n");
    }
    match timeout(PATIENCE, (probes.readiness)()).await {
        Ok(Ok(())) => text(StatusCode::OK, "ready\n"),
        Ok(Err(why)) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
        Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "a dependency does not answer\n"),
    }
}

async fn metrics_text(State(probes): State<Arc<Probes>>) -> Response<Body> {
    with_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", (probes.metrics)())
}

fn text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    with_type(status, "text/plain; charset=utf-8", text)
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut shortage = Shortage::default();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                if shortage.is_news(Instant::now()) {
                    tracing::warn!(%error, "connections of operators cannot be accepted now; trying again until they can");
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(PATIENCE).serve_connection(TokioIo::new(socket), service);
            if let Ok(Err(error)) = timeout(LIFE, connection).await {
                tracing::debug!(%error, "a connection of an operator ended early");
            }
            drop(place);
        });
    }
}
