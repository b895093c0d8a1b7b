//! Engine.IO sessions over long-polling: connections without a socket. HTTP brings the requests, a shard keeps the session.

use bytes::Bytes;
use rialto_domain::UserId;
use rialto_wire::engineio::payload::{self, MAX_PACKETS_IN};
use rialto_wire::engineio::{Packet, Payload, RequestError, Sid, Upgrade};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::oneshot;

use super::admission::Permit;
use super::connection::{Key, NEVER};
use super::encode;
use super::head::shard_of;
use super::mailbox::Mailbox;
use super::offence::Offence;
use super::opening::Opening;
use super::reading::Flow;
use super::rooms::Index;
use super::shard::{Mail, Shard};

/// Where the HTTP side takes polling requests. Answers are bodies of type `text/plain; charset=UTF-8`.
#[derive(Clone)]
pub struct Polling {
    mailboxes: Arc<[Arc<Mailbox>]>,
    next: Arc<AtomicUsize>,
}

/// What is known of a session only while it polls.
pub(super) struct Polled {
    pub(super) sid: Sid,
    pub(super) upgrade: Upgrade,
    /// The WebSocket that wants to take over.
    pub(super) candidate: Option<Key>,
    /// The poll that waits for something to be said.
    waiting: Option<Answer>,
}

/// The packet that ends a session.
const CLOSE: &[u8] = b"1";

type Answer = oneshot::Sender<Result<Vec<u8>, RequestError>>;

/// A request on its way to a shard.
pub(super) enum PollingMail {
    Open(Opening, Permit, Answer),
    Poll(Sid, Option<UserId>, Answer),
    Push(Sid, Option<UserId>, Bytes, Answer),
}

impl Polling {
    pub(super) fn new(mailboxes: &[Arc<Mailbox>]) -> Self {
        Self { mailboxes: mailboxes.into(), next: Arc::default() }
    }

    /// Opens a session; `opening` is what [`super::opening::Endpoint::session`] made of the query.
    pub async fn open(&self, opening: Opening, permit: Permit) -> Result<Vec<u8>, RequestError> {
        let shard = self.next.fetch_add(1, Ordering::Relaxed) % self.mailboxes.len();
        self.ask(shard, |answer| PollingMail::Open(opening, permit, answer)).await
    }

    /// Waits for packets. Dropping the future gives the poll up. `caller` is whom the request's own token names, if it has
    /// one: another user's session is as good as none.
    pub async fn poll(&self, sid: Sid, caller: Option<UserId>) -> Result<Vec<u8>, RequestError> {
        self.ask(shard_of(&sid), |answer| PollingMail::Poll(sid, caller, answer)).await
    }

    /// Brings packets. The body must have been limited to the largest frame before.
    pub async fn push(&self, sid: Sid, caller: Option<UserId>, body: Bytes) -> Result<Vec<u8>, RequestError> {
        self.ask(shard_of(&sid), |answer| PollingMail::Push(sid, caller, body, answer)).await
    }

    async fn ask(&self, shard: usize, mail: impl FnOnce(Answer) -> PollingMail) -> Result<Vec<u8>, RequestError> {
        let (answer, answered) = oneshot::channel();
        let mailbox = self.mailboxes.get(shard).ok_or(RequestError::UnknownSid)?;
        mailbox.send(Mail::Polling(Box::new(mail(answer))));
        answered.await.unwrap_or(Err(RequestError::UnknownSid))
    }
}

impl Shard {
    pub(super) fn polling(&mut self, mail: PollingMail) {
        match mail {
            PollingMail::Open(opening, permit, answer) => self.open_polled(opening, permit, answer),
            PollingMail::Poll(sid, caller, answer) => match self.polled(&sid, caller) {
                Some(index) => self.wait(index, answer),
                None => refuse(answer, RequestError::UnknownSid),
            },
            PollingMail::Push(sid, caller, body, answer) => match self.polled(&sid, caller) {
                Some(index) => self.take_body(index, &body, answer),
                None => refuse(answer, RequestError::UnknownSid),
            },
        }
    }

    fn open_polled(&mut self, opening: Opening, permit: Permit, answer: Answer) {
        let Some(sid) = self.new_sid().filter(|_| !self.is_draining()) else {
            return refuse(answer, RequestError::Forbidden);
        };
        let Some(index) = self.insert(None, permit) else { return };
        let connection = &mut self.connections[index as usize];
        connection.deadline = NEVER;
        connection.polled = Some(Box::new(Polled { sid, upgrade: Upgrade::default(), candidate: None, waiting: Some(answer) }));
        self.sids.insert(sid, index);
        self.open_session(index, opening, Some(sid));
        self.tally.opened_polling();
        self.arm(index);
    }

    /// The session that a request means. Another user's is as good as none.
    pub(super) fn polled(&self, sid: &Sid, caller: Option<UserId>) -> Option<Index> {
        let index = *self.sids.get(sid)?;
        let owner = self.connections[index as usize].identity().map(|identity| identity.user);
        let is_foreign = caller.is_some() && owner.is_some() && caller != owner;
        (!is_foreign).then_some(index)
    }

    fn wait(&mut self, index: Index, answer: Answer) {
        let Some(polled) = &mut self.connections[index as usize].polled else { return };
        if polled.waiting.as_ref().is_some_and(|waiting| !waiting.is_closed()) {
            // Two polls at once: the client lost its mind, or somebody else knows the session's name.
            refuse(answer, RequestError::BadRequest);
            self.blame(index, Offence::TwoPolls, "");
            self.answer_poll(index, Some(Packet::Close));
            return self.cut(index);
        }
        let may_wait = polled.upgrade.may_poll_wait();
        polled.waiting = Some(answer);
        if may_wait { self.flush_poll(index) } else { self.release_poll(index) }
    }

    fn take_body(&mut self, index: Index, body: &[u8], answer: Answer) {
        let settings = &self.shared.settings;
        let (rate, max_bytes) = (settings.frame_rate(), settings.outbox_bytes);
        self.tally.read(body.len());
        let Ok(packets) = payload::decode(body, MAX_PACKETS_IN) else {
            self.show_out(index, Offence::Packet, "the payload is not one");
            return refuse(answer, RequestError::BadRequest);
        };
        for packet in &packets {
            let now = self.now;
            let connection = &mut self.connections[index as usize];
            let is_deaf = connection.outbox.bytes() > max_bytes;
            if is_deaf || connection.frames.take(&rate, now).is_err() {
                self.show_out(index, Offence::Flood, "");
                return refuse(answer, RequestError::BadRequest);
            }
            self.tally.heard();
            if self.hear_packet(index, packet) == Flow::End {
                break;
            }
        }
        give(answer, Ok(b"ok".to_vec()));
    }

    /// Answers a poll that waits, with a noop if there is nothing to say.
    pub(super) fn release_poll(&mut self, index: Index) {
        self.answer_poll(index, Some(Packet::Noop));
    }

    /// The session has something to say, if a poll waits for it.
    pub(super) fn flush_poll(&mut self, index: Index) {
        self.answer_poll(index, None);
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        let has_said_all = connection.outbox.is_empty();
        connection.is_lagging &= !has_said_all;
        match connection.is_closing() {
            true if has_said_all => self.cut(index),
            true => {}
            false => self.drained(index),
        }
    }

    /// Answers a poll that waits with what is queued, or with `otherwise`. Without either, it goes on waiting.
    fn answer_poll(&mut self, index: Index, otherwise: Option<Packet<'_>>) {
        let settings = &self.shared.settings;
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        let Some(polled) = &mut connection.polled else { return };
        let Some(answer) = polled.waiting.take().filter(|waiting| !waiting.is_closed()) else { return };
        let mut payload = Payload::new(settings.limits.poll_packets, settings.limits.frame_bytes);
        let mut packet = Vec::new();
        let taken = connection.outbox.take_while(|frame| {
            packet.clear();
            encode::polled(frame, &mut packet);
            // The official client acts on a close before what came in the same answer: it must come alone.
            (packet != CLOSE || payload.is_empty()) && payload.push(&packet)
        });
        if payload.is_empty() {
            let Some(otherwise) = otherwise else {
                polled.waiting = Some(answer);
                return;
            };
            packet.clear();
            otherwise.encode(&mut packet);
            let _fits = payload.push(&packet);
        }
        let body = payload.into_body();
        self.tally.wrote(taken, body.len() as u64);
        give(answer, Ok(body));
    }
}

fn give(answer: Answer, result: Result<Vec<u8>, RequestError>) {
    // Nobody waits any more when the HTTP client has gone.
    let _ = answer.send(result);
}

fn refuse(answer: Answer, error: RequestError) {
    give(answer, Err(error));
}
