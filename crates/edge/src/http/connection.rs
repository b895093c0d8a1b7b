//! One connection of HTTP, from the first request to whatever comes after the last.

use axum::body::Body;
use bytes::BytesMut;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rialto_wire::code;
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::front::Front;
use super::gate::{End, Gate, Patience, STALL};
use super::server::Phase;
use crate::realtime::head::{self, Route};
use crate::realtime::opening::Opening;
use crate::realtime::{Adopted, AdoptedStream, Declined, Permit};

/// What HTTP may be spoken over.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The socket as the shards take it. To be called within the runtime.
    fn into_adopted(self) -> io::Result<AdoptedStream>;
}

impl Socket for TcpStream {
    fn into_adopted(self) -> io::Result<AdoptedStream> {
        self.into_std().map(AdoptedStream::Tcp)
    }
}

/// How long a connection may rest between two requests.
const REST: Duration = Duration::from_secs(60);
/// The most that is read from a peer after our last word.
const LINGER_BYTES: usize = 256 * 1024;

/// Serves a connection, of which `prefix` was read already, until either side ends it or the server drains.
pub(super) async fn serve<S: Socket>(front: Arc<Front>, socket: S, prefix: &[u8], permit: Permit, mut phase: watch::Receiver<Phase>) {
    let settings = &front.site.settings;
    let patience = Patience { rest: REST, head: Duration::from_millis(settings.timing.head_ms), stall: STALL };
    let linger = Duration::from_millis(settings.timing.linger_ms);
    let peer = permit.address();
    let permit = Arc::new(Mutex::new(permit));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let (front, permit) = (Arc::clone(&front), Arc::clone(&permit));
        // A box, because the stack wants to move what it polls.
        Box::pin(async move { Ok::<_, Infallible>(front.answer(request.map(Body::new), peer, &permit).await) })
    });
    let gate = Gate::new(socket, prefix, settings.profile, patience);
    // With half of a connection closed the other half goes on: the gate closes the reading half when it lets no more
    // requests through, and the answer under way must still go out.
    let mut connection = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(gate), service);
    let mut is_told = false;
    let result = loop {
        tokio::select! {
            // In this order: a request that is here already is taken up before the end is told.
            biased;
            result = &mut connection => break result,
            _ = phase.wait_for(|phase| *phase >= Phase::Draining), if !is_told => {
                is_told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let parts = connection.into_parts();
    let gate = parts.io.into_inner();
    if let Err(error) = &result {
        // The peer's doing: it is gone, too slow, or says what the gate takes and the stack does not.
        tracing::debug!(%error, "a connection ended early");
    }
    let was_cut_short = result.is_err() || gate.is_amid_request();
    let (end, mut socket, held) = gate.into_parts();
    let last_word = match end {
        End::Over if was_cut_short => Vec::new(),
        End::Over => {
            let _ = socket.shutdown().await;
            return;
        }
        End::Refused(error) => decline(&Declined::because(error.status(), error.to_string()), peer),
        End::Late => decline(&Declined::because(408, "the request did not come in time"), peer),
        End::WebSocket => match Arc::into_inner(permit).map(Mutex::into_inner) {
            Some(permit) => match hand_back(&front, socket, held, peer, permit).await {
                Ok(()) => return,
                Err((declined, refused)) => {
                    socket = refused;
                    decline(&declined, peer)
                }
            },
            None => return,
        },
    };
    // Who closes while the peer still sends resets the connection, and takes the last word with it.
    let _ = timeout(linger, part(socket, &last_word)).await;
}

fn decline(declined: &Declined, client: IpAddr) -> Vec<u8> {
    declined.note(client);
    declined.encode()
}

/// Moves a WebSocket to the shards, which answer it.
async fn hand_back<S: Socket>(front: &Front, socket: S, held: BytesMut, peer: IpAddr, mut permit: Permit) -> Result<(), (Declined, S)> {
    let site = &front.site;
    let (mut opening, answer, len, client, token) = match head::route(&held, peer, &site.settings) {
        Route::WebSocket { opening, answer, len, client, token } => (opening, answer, len, client, token),
        Route::Declined(declined) => return Err((declined, socket)),
        Route::Incomplete | Route::Http => return Err((Declined::because(400, "this is no WebSocket"), socket)),
    };
    if permit.count_as(client).is_err() {
        return Err((Declined::because(503, "too many connections from this address"), socket));
    }
    if let (Opening::Upgrade { caller, .. }, Some(token)) = (&mut opening, token) {
        match site.identify(&token, client).await {
            Ok(identity) => *caller = Some(identity.user),
            Err(refusal) => return Err((Declined::because(code::http_status(refusal), refusal.to_string()), socket)),
        }
    }
    let stream = socket.into_adopted();
    if let Err(error) = stream.and_then(|stream| site.adopter.adopt(Adopted { stream, prefix: held[len..].to_vec(), permit, opening, answer })) {
        tracing::debug!(%error, "a WebSocket was lost on its way to the shards");
    }
    Ok(())
}

/// Says the last word, and reads what the peer still sends until it has heard us.
async fn part<S: Socket>(mut socket: S, last_word: &[u8]) -> io::Result<()> {
    socket.write_all(last_word).await?;
    socket.shutdown().await?;
    let mut rest = [0; 4096];
    let mut ignored = 0;
    while ignored < LINGER_BYTES {
        match socket.read(&mut rest).await? {
            0 => break,
            count => ignored += count,
        }
    }
    Ok(())
}
