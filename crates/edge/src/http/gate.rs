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

/// How long a peer may take nothing of what waits for it.
pub(super) const STALL: Duration = Duration::from_secs(30);

/// How long a peer is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Between two requests.
    pub(super) rest: Duration,
    /// From the beginning of a head to its end.
    pub(super) head: Duration,
    /// While it takes nothing of an answer.
    pub(super) stall: Duration,
}

/// A socket whose requests are judged.
pub(super) struct Gate<S> {
    socket: S,
    /// Read from the socket, and not let through yet.
    held: BytesMut,
    stage: Stage,
    profile: Profile,
    patience: Patience,
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
    pub(super) fn new(socket: S, held: &[u8], profile: Profile, patience: Patience) -> Self {
        Self { socket, held: held.into(), stage: Stage::Resting, profile, patience, deadline: None, stalled: None }
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
                        Stage::Resting => (self.patience.rest, End::Over),
                        _ => (self.patience.head, End::Late),
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
        ready!(poll_deadline(&mut self.stalled, self.patience.stall, context));
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    const AT_ONCE: Duration = Duration::from_millis(1);
    const EVER: Duration = Duration::from_secs(600);
    const PATIENT: Patience = Patience { rest: EVER, head: EVER, stall: EVER };
    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";

    fn gate(held: &[u8], patience: Patience) -> (Gate<DuplexStream>, DuplexStream) {
        let (ours, theirs) = duplex(64);
        (Gate::new(ours, held, Profile::Production, patience), theirs)
    }

    async fn through(gate: &mut Gate<DuplexStream>) -> Vec<u8> {
        let mut bytes = Vec::new();
        gate.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn requests_go_through_whole_and_a_bad_one_ends_them() {
        let bad = b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
        let (mut gate, _peer) = gate(&[POST, b"abc", GET, bad, GET].concat(), PATIENT);
        assert_eq!(through(&mut gate).await, [POST, b"abc", GET].concat());
        let (end, _, held) = gate.into_parts();
        assert_eq!((end, &held[..]), (End::Refused(HeadError::Repeated("host")), &[bad, GET].concat()[..]));
    }

    #[tokio::test]
    async fn one_read_never_holds_parts_of_two_requests() {
        let (mut gate, _peer) = gate(&[POST, b"abc", GET].concat(), PATIENT);
        let mut buffer = [0; 1000];
        assert_eq!(gate.read(&mut buffer).await.unwrap(), POST.len() + 3);
        assert!(!gate.is_amid_request());
        assert_eq!(gate.read(&mut buffer).await.unwrap(), GET.len());
    }

    #[tokio::test]
    async fn what_is_not_held_comes_from_the_socket() {
        let (mut gate, mut peer) = gate(&POST[..10], PATIENT);
        let sender = tokio::spawn(async move {
            peer.write_all(&[&POST[10..], b"ab"].concat()).await.unwrap();
            peer
        });
        let mut bytes = vec![0; POST.len() + 2];
        gate.read_exact(&mut bytes).await.unwrap();
        assert!(gate.is_amid_request());
        let mut peer = sender.await.unwrap();
        peer.write_all(b"c").await.unwrap();
        drop(peer);
        assert_eq!(through(&mut gate).await, b"c");
        assert_eq!(gate.into_parts().0, End::Over);
    }

    #[tokio::test]
    async fn a_websocket_is_kept_for_the_shards_where_there_is_one() {
        let upgrade = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe";
        let (mut gate_of_ws, _peer) = gate(upgrade, PATIENT);
        assert_eq!(through(&mut gate_of_ws).await, b"");
        let (end, _, held) = gate_of_ws.into_parts();
        assert_eq!((end, &held[..]), (End::WebSocket, &upgrade[..]));
    }

    #[tokio::test]
    async fn a_peer_that_rests_too_long_or_does_not_finish_is_not_waited_for() {
        let (mut resting, _peer) = gate(GET, Patience { rest: AT_ONCE, ..PATIENT });
        assert_eq!(through(&mut resting).await, GET);
        assert_eq!(resting.into_parts().0, End::Over);
        let (mut late, _peer) = gate(&GET[..5], Patience { head: AT_ONCE, ..PATIENT });
        assert_eq!(through(&mut late).await, b"");
        assert_eq!(late.into_parts().0, End::Late);
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (mut gate, _peer) = gate(b"", Patience { stall: AT_ONCE, ..PATIENT });
        let error = gate.write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
