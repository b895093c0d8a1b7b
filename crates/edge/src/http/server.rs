//! The HTTP server: connections come in, and leave when it drains.

use axum::Router;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::answer::Fault;
use super::connection::{self, Socket};
use super::front::Front;
use super::site::{Parts, Site};
use super::tls::{self, Tls};
use super::{assets, pages, polling, rest};
use crate::realtime::{HandOver, Permit};
use crate::settings::Profile;

/// How far the server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It serves.
    Open,
    /// Requests under way are finished; connections end after them.
    Draining,
    /// Time is up.
    Over,
}

/// The server for clients. It serves until it is drained or dropped.
pub struct Http {
    front: Arc<Front>,
    phase: watch::Sender<Phase>,
    /// Every task holds the other end, so that its closing tells that all are done.
    alive: mpsc::Sender<Infallible>,
    all_done: mpsc::Receiver<Infallible>,
    /// Ends with the server.
    accepting: JoinSet<()>,
}

/// What a task needs to serve connections.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) front: Arc<Front>,
    phase: watch::Receiver<Phase>,
    alive: mpsc::Sender<Infallible>,
}

impl Http {
    /// A server that has no connections yet.
    pub fn new(parts: Parts) -> Self {
        let profile = parts.settings.profile;
        let site = Arc::new(Site::new(parts));
        let messenger = match profile {
            Profile::Production => rest::router(&site.contract).merge(pages::router(&site)).fallback(assets::answer),
            Profile::Conformance => Router::new().fallback(|| std::future::ready(Fault::NotFound)),
        };
        let router =
            messenger.merge(polling::router(profile)).method_not_allowed_fallback(|| std::future::ready(Fault::MethodNotAllowed)).with_state(Arc::clone(&site));
        let (alive, all_done) = mpsc::channel(1);
        Self { front: Arc::new(Front::new(site, router)), phase: watch::Sender::new(Phase::Open), alive, all_done, accepting: JoinSet::new() }
    }

    /// Serves the connections that the shards hand over. To be called within the runtime.
    pub fn serve(&mut self, mut handed_over: mpsc::Receiver<HandOver>) {
        let serving = self.serving();
        self.accepting.spawn(async move {
            while let Some(HandOver { stream, prefix, permit }) = handed_over.recv().await {
                match TcpStream::from_std(stream) {
                    Ok(socket) => serving.spawn(socket, prefix.to_vec(), permit),
                    Err(error) => tracing::warn!(%error, "a connection cannot be watched"),
                }
            }
        });
    }

    /// Serves connections over TLS. To be called within the runtime.
    pub fn serve_tls(&mut self, listener: std::net::TcpListener, tls: Tls) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        self.accepting.spawn(tls::accept(listener, tls, self.serving()));
        Ok(())
    }

    /// Takes no more connections, finishes what is under way within the time given, and cuts the rest. Polls that wait
    /// are answered by the shards when those drain: drain both at the same time.
    pub async fn drain(mut self, within: Duration) {
        self.phase.send_replace(Phase::Draining);
        drop(self.alive);
        self.accepting.shutdown().await;
        let all_done = async { while self.all_done.recv().await.is_some() {} };
        if tokio::time::timeout(within, all_done).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut");
        }
        self.phase.send_replace(Phase::Over);
    }

    fn serving(&self) -> Serving {
        Serving { front: Arc::clone(&self.front), phase: self.phase.subscribe(), alive: self.alive.clone() }
    }
}

impl Serving {
    /// Serves one connection in a task of its own.
    pub(super) fn spawn<S: Socket>(&self, socket: S, prefix: Vec<u8>, permit: Permit) {
        let Self { front, phase, alive } = self.clone();
        let mut end = phase.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = connection::serve(front, socket, &prefix, permit, phase) => {}
                _ = end.wait_for(|phase| *phase == Phase::Over) => {}
            }
            drop(alive);
        });
    }
}
