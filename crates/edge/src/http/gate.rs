//! What stands between a socket and the HTTP stack: every request head is judged here before the stack sees it.
//!
//! The stack keeps connections for many requests, and forgives what we do not: a length told twice in two ways, a
//! header that means one thing and stands there twice. The shards judge the first head of a connection; the gate holds
//! every later one to the same standard, and lets exactly one request through at a time. A head that must not reach the
//! stack ends what the stack reads: it finishes what it is doing, and the connection's [`End`] tells what comes then.

use bytes::{Buf, BytesMut};
use rialto_wire::websocket::handshake;
use rialto_wire::websocket::head::{Head, HeadError};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::realtime::opening::Endpoint;
use crate::settings::Profile;

/// How long a connection may rest between two requests.
const REST: Duration = Duration::from_secs(60);
/// How long a peer may take nothing of an answer that waits for it.
pub(super) const STALL: Duration = Duration::from_secs(30);

/// A socket whose requests are judged.
pub(super) struct Gate<S> {
    socket: S,
    /// Read from the socket, and not let through yet.
    held: BytesMut,
    stage: Stage,
    profile: Profile,
    head_time: Duration,
    /// When the stage must be over.
    deadline: Option<Pin<Box<Sleep>>>,
    /// When the peer must have taken something; set while it does not.
    stalled: Option<Pin<Box<Sleep>>>,
}

enum Stage {
    /// Nothing of the next request is there yet.
    Resting,
    /// A part of its head is.
    Head,
    /// The rest of a request: so many bytes.
    Through(u64),
    /// A body that tells its end itself. The connection ends after it: the gate does not look into it.
    Chunked,
    /// Nothing goes through any more.
    Ended(End),
}

/// How the requests of a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The peer, or the stack, had enough.
    Over,
    /// The next head is refused.
    Refused(HeadError),
    /// The next head did not come in time.
    Late,
    /// The next request opens a WebSocket.
    WebSocket,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Gate<S> {
    /// A gate before a socket from which `held` was read already.
    pub(super) fn new(socket: S, held: &[u8], profile: Profile, head_time: Duration) -> Self {
        Self { socket, held: held.into(), stage: Stage::Resting, profile, head_time, deadline: None, stalled: None }
    }

    /// How it ended, the socket, and what was read from it and not let through.
    pub(super) fn into_parts(self) -> (End, S, BytesMut) {
        let end = match self.stage {
            Stage::Ended(end) => end,
            _ => End::Over,
        };
        (end, self.socket, self.held)
    }

    /// A part of a request is on its way that nobody will read.
    pub(super) fn is_amid_request(&self) -> bool {
        matches!(self.stage, Stage::Through(_) | Stage::Chunked)
    }

    /// Reads until the next request may go through, or it is known that none will.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.held.is_empty() {
                if let Some(stage) = judge(&self.held, self.profile) {
                    self.deadline = None;
                    self.stage = stage;
                    return Poll::Ready(Ok(()));
                }
                if matches!(self.stage, Stage::Resting) {
                    self.stage = Stage::Head;
                    self.deadline = None;
                }
            }
            match self.poll_more(context) {
                Poll::Ready(Ok(0)) => {
                    self.stage = Stage::Ended(End::Over);
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let (time, end) = match self.stage {
                        Stage::Resting => (REST, End::Over),
                        _ => (self.head_time, End::Late),
                    };
                    ready!(poll_deadline(&mut self.deadline, time, context));
                    self.stage = Stage::Ended(end);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    /// Reads what is there into `held`, and tells how much that was.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [0; 2048];
        let mut buffer = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer))?;
        self.held.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Lets at most `most` bytes through, those held back first, and tells how many.
    fn poll_through(&mut self, most: usize, buffer: &mut ReadBuf<'_>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let most = most.min(buffer.remaining());
        if self.held.is_empty() {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
            ready!(Pin::new(&mut self.socket).poll_read(context, &mut part))?;
            let count = part.filled().len();
            buffer.advance(count);
            return Poll::Ready(Ok(count));
        }
        let count = most.min(self.held.len());
        buffer.put_slice(&self.held[..count]);
        self.held.advance(count);
        if self.held.is_empty() {
            self.held = BytesMut::new();
        }
        Poll::Ready(Ok(count))
    }

    /// Notes whether the peer takes what is written; a peer that takes nothing for too long is given up.
    fn watch<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        ready!(poll_deadline(&mut self.stalled, STALL, context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gate<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        loop {
            let left = match gate.stage {
                Stage::Ended(_) => return Poll::Ready(Ok(())),
                Stage::Resting | Stage::Head => {
                    ready!(gate.poll_next(context))?;
                    continue;
                }
                Stage::Chunked => return gate.poll_through(usize::MAX, buffer, context).map_ok(|_| ()),
                Stage::Through(left) => left,
            };
            let count = ready!(gate.poll_through(usize::try_from(left).unwrap_or(usize::MAX), buffer, context))?;
            gate.stage = match left - count as u64 {
                0 => Stage::Resting,
                left => Stage::Through(left),
            };
            return Poll::Ready(Ok(()));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        let written = Pin::new(&mut gate.socket).poll_write(context, bytes);
        gate.watch(written, context)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        let written = Pin::new(&mut gate.socket).poll_write_vectored(context, slices);
        gate.watch(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    /// Leaves the socket open: what becomes of it is decided once the stack is done.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

/// What becomes of the bytes that begin with a head; `None` while its end is missing.
fn judge(held: &[u8], profile: Profile) -> Option<Stage> {
    let head = match Head::decode(held) {
        Ok(head) => head?,
        Err(error) => return Some(Stage::Ended(End::Refused(error))),
    };
    if handshake::is_wanted(&head) && Endpoint::at(head.path(), profile).is_some() {
        return Some(Stage::Ended(End::WebSocket));
    }
    if head.header("transfer-encoding").is_some() {
        return Some(Stage::Chunked);
    }
    Some(Stage::Through((head.len() as u64).saturating_add(head.content_length().unwrap_or(0))))
}

fn poll_deadline(deadline: &mut Option<Pin<Box<Sleep>>>, time: Duration, context: &mut Context<'_>) -> Poll<()> {
    deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + time))).as_mut().poll(context)
}
