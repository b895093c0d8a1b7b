//! Commands: from the moment they are understood to their answer.
//!
//! The commands of one connection are carried out strictly one after the other, so that what was sent first is stored
//! first. Most answers are there at once, in the same turn; while one is not, what follows waits in a bounded queue.

use rialto_domain::auth::Identity;
use rialto_domain::publication::Topic;
use rialto_domain::session::{CloseReason, Effect, Input};
use rialto_domain::{ChannelId, Refusal, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{Command, Hello, Payload, Ready, Reply};
use rialto_wire::websocket::CloseCode;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::connection::{Arriving, Asked, Connection, Key, Order};
use super::encode::{self, ReplyTo};
use super::gateway::{Caller, Promise};
use super::offence::Offence;
use super::pending::{Owed, Pending};
use super::reading::Flow;
use super::rooms::Index;
use super::shard::Shard;

/// What the service answered, and what it was asked.
pub(super) enum Answer {
    Identified(ReplyTo, Box<Hello>, Result<Identity, Refusal>),
    Memberships(ReplyTo, Box<Hello>, Result<Vec<ChannelId>, Refusal>),
    Welcomed(ReplyTo, Result<Box<Ready>, Refusal>),
    Watchable(ReplyTo, Box<Command>, Result<Vec<UserId>, Refusal>),
    Invoked(ReplyTo, Result<Reply, Refusal>),
}

impl Shard {
    /// A client asks for something. `bytes` is the length of its message.
    pub(super) fn ask(&mut self, index: Index, reply_to: ReplyTo, name: &str, data: Payload<'_>, bytes: usize) -> Flow {
        let now = self.now;
        let settings = &self.shared.settings;
        let connection = &mut self.connections[index as usize];
        if let Err(retry_after_ms) = connection.commands.take(&settings.command_rate(), now) {
            self.refuse(index, reply_to, Refusal::TooFast { retry_after_ms });
            return Flow::To(index);
        }
        let order = match name {
            "hello" => data.read().map(|hello| Order::Hello(Box::new(hello))),
            name => Command::decode(name, data).map(|command| Order::Command(Box::new(command))),
        };
        match order {
            Ok(order) => self.take_order(index, Asked { reply_to, order, bytes }),
            Err(invalid) => self.reply(index, reply_to, Err(invalid.into())),
        }
        let goes_on = self.connections.get(index as usize).is_some_and(|connection| !connection.is_closing());
        if goes_on { Flow::To(index) } else { Flow::End }
    }

    /// Carries an order out, or lets it wait for the one before.
    pub(super) fn take_order(&mut self, index: Index, asked: Asked) {
        let settings = &self.shared.settings;
        let connection = &mut self.connections[index as usize];
        if connection.pending.is_none() && connection.outbox.bytes() <= settings.outbox_bytes {
            return self.carry_out(index, asked);
        }
        let (max_commands, max_bytes) = (settings.pending_commands, settings.limits.frame_bytes);
        let rare = connection.rare();
        if rare.queue.len() >= max_commands || rare.queued_bytes + asked.bytes > max_bytes {
            let retry_after_ms = 1000;
            return self.refuse(index, asked.reply_to, Refusal::TooFast { retry_after_ms });
        }
        rare.queued_bytes += asked.bytes;
        rare.queue.push_back(asked);
    }

    /// Somebody worked on the answer that the connection waits for: perhaps it is there.
    pub(super) fn woken(&mut self, key: Key) {
        let Some(connection) = self.find(key) else { return };
        let Some(mut pending) = connection.pending.take() else { return };
        let answer = pending.poll();
        let Some(connection) = self.find(key) else { return };
        let Poll::Ready(answer) = answer else {
            connection.pending = Some(pending);
            return;
        };
        if connection.is_revoked {
            if let Answer::Invoked(reply_to, result) = answer {
                self.reply(key.index, reply_to, result.map_err(ErrorBody::from));
            }
            return self.end_dialogue(key.index);
        }
        self.settle(key.index, Some(answer));
        self.go_on(key.index);
    }

    /// Carries out what waits, unless something is still under way.
    pub(super) fn go_on(&mut self, index: Index) {
        let max_bytes = self.shared.settings.outbox_bytes;
        while let Some(connection) = self.connections.get_mut(index as usize)
            && connection.pending.is_none()
            && connection.outbox.bytes() <= max_bytes
            && let Some(asked) = connection.next_asked()
        {
            let answer = self.begin(index, asked);
            self.settle(index, answer);
        }
    }

    fn carry_out(&mut self, index: Index, asked: Asked) {
        let answer = self.begin(index, asked);
        self.settle(index, answer);
        self.go_on(index);
    }

    /// Asks the service. The answer, if it is there at once.
    fn begin(&mut self, index: Index, asked: Asked) -> Option<Answer> {
        let now = self.now;
        let Asked { reply_to, order, .. } = asked;
        let gateway = Arc::clone(&self.shared.gateway);
        let connection = &mut self.connections[index as usize];
        let address = connection.permit.address();
        let command = match order {
            Order::Hello(hello) => {
                return match connection.session.handle(Input::Hello, now) {
                    Effect::Identify => {
                        let promise = gateway.identify(&hello, address);
                        self.attempt(index, promise, move |result| Answer::Identified(reply_to, hello, result))
                    }
                    Effect::Close(reason) => {
                        self.close_because(index, reason);
                        None
                    }
                    _ => None,
                };
            }
            Order::Command(command) => command,
        };
        let identity = match connection.session.handle(Input::Command, now) {
            Effect::Invoke(identity) => Some(identity),
            Effect::RefuseUnidentified if command.is_open() => None,
            Effect::RefuseUnidentified => return Some(Answer::Invoked(reply_to, Err(Refusal::NotAuthenticated))),
            _ => return None,
        };
        if let (Some(identity), Command::PresenceWatch(watch)) = (identity, &*command) {
            if watch.users.len() > self.shared.settings.limits.users_per_command {
                return Some(Answer::Invoked(reply_to, Err(Refusal::TooMany)));
            }
            let users = watch.users.clone();
            return self.ask_to_watch(index, reply_to, command, identity, users);
        }
        let promise = gateway.invoke(Caller { identity, address }, *command);
        self.attempt(index, promise, move |result| Answer::Invoked(reply_to, result))
    }

    /// Acts on an answer, and on those to what it leads to.
    fn settle(&mut self, index: Index, mut answer: Option<Answer>) {
        while let Some(given) = answer {
            answer = match given {
                Answer::Identified(reply_to, hello, result) => self.identified(index, reply_to, hello, result),
                Answer::Memberships(reply_to, hello, result) => self.memberships(index, reply_to, hello, result),
                Answer::Welcomed(reply_to, result) => {
                    self.welcomed(index, reply_to, result);
                    None
                }
                Answer::Watchable(reply_to, command, result) => self.watch(index, reply_to, command, result),
                Answer::Invoked(reply_to, result) => {
                    self.reply(index, reply_to, result.map_err(Into::into));
                    None
                }
            };
        }
    }

    fn identified(&mut self, index: Index, reply_to: ReplyTo, hello: Box<Hello>, result: Result<Identity, Refusal>) -> Option<Answer> {
        let now = self.now;
        let connection = &mut self.connections[index as usize];
        let input = result.as_ref().map_or(Input::Refused, |identity| Input::Identified(*identity));
        match (connection.session.handle(input, now), result) {
            (Effect::Welcome(identity), _) => {
                // Register before reading: what is announced in between arrives twice and is dropped by seq. The other
                // order would lose it.
                connection.rare().arriving = Some(Arriving::default());
                let topic = Topic::User(identity.user);
                self.join(index, topic);
                let (relay, gateway) = (Arc::clone(&self.shared.relay), Arc::clone(&self.shared.gateway));
                let promise = async move {
                    wanted(relay.want(&[topic]).await)?;
                    gateway.memberships(identity.user).await
                };
                self.attempt(index, Box::pin(promise), move |result| Answer::Memberships(reply_to, hello, result))
            }
            (Effect::Close(reason), _) => {
                self.close_because(index, reason);
                None
            }
            (_, Err(refusal)) => {
                self.refuse(index, reply_to, refusal);
                None
            }
            _ => None,
        }
    }

    fn memberships(&mut self, index: Index, reply_to: ReplyTo, hello: Box<Hello>, result: Result<Vec<ChannelId>, Refusal>) -> Option<Answer> {
        let connection = &mut self.connections[index as usize];
        let (Some(identity), Ok(mut channels)) = (connection.identity(), result) else {
            self.turn_away(index, reply_to, Refusal::Unavailable);
            return None;
        };
        for (channel, is_member) in connection.arriving().map(|arriving| std::mem::take(&mut arriving.changes)).unwrap_or_default() {
            channels.retain(|listed| *listed != channel);
            channels.extend(is_member.then_some(channel));
        }
        let topics: Vec<_> = channels.into_iter().map(Topic::Channel).collect();
        self.rooms.expect(index, topics.len());
        topics.iter().for_each(|topic| self.join(index, *topic));
        let (relay, gateway) = (Arc::clone(&self.shared.relay), Arc::clone(&self.shared.gateway));
        let promise = async move {
            wanted(relay.want(&topics).await)?;
            gateway.welcome(identity, *hello).await
        };
        self.attempt(index, Box::pin(promise), move |result| Answer::Welcomed(reply_to, result))
    }

    fn welcomed(&mut self, index: Index, reply_to: ReplyTo, result: Result<Box<Ready>, Refusal>) {
        let ready = match result {
            Ok(ready) => ready,
            Err(refusal) => return self.turn_away(index, reply_to, refusal),
        };
        let listed = &ready.channels.channels;
        let held = self.connections[index as usize].arrived(|channel, seq| listed.iter().all(|view| view.id != channel || view.since <= seq));
        self.greet(index, reply_to, ready);
        let connection = &mut self.connections[index as usize];
        match held {
            Some(held) => held.into_iter().for_each(|frame| connection.outbox.announce(frame, &mut self.spares)),
            None => self.resync(index),
        }
        self.soil(index);
        let connection = &mut self.connections[index as usize];
        connection.is_announced = true;
        if let Some(identity) = connection.identity() {
            self.shared.gateway.connected(identity);
        }
    }

    /// Polls here and now. What cannot be answered at once is polled again when somebody wakes it, by mail.
    pub(super) fn attempt<T: 'static>(
        &mut self,
        index: Index,
        promise: Promise<T>,
        answer: impl FnOnce(Result<T, Refusal>) -> Answer + Send + Unpin + 'static,
    ) -> Option<Answer> {
        let mut owed = Owed::new(promise, answer);
        // Most answers are there at once, and need nobody to wake the shard.
        if let Poll::Ready(answer) = owed.poll(&mut Context::from_waker(Waker::noop())) {
            return Some(answer);
        }
        let mut pending = Box::new(Pending::new(owed, self.key(index), Arc::clone(&self.shared.mailboxes[self.number])));
        match pending.poll() {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => {
                self.connections[index as usize].pending = Some(pending);
                None
            }
        }
    }

    // Answers

    /// Answers a command.
    pub(super) fn reply(&mut self, index: Index, reply_to: ReplyTo, result: Result<Reply, ErrorBody>) {
        if let Err(error) = &result {
            self.tally.refused(&error.code);
            let client = self.connections.get(index as usize).map(|connection| connection.permit.address());
            tracing::debug!(code = %error.code, ?client, "a command was refused");
        }
        if reply_to == ReplyTo::Connect {
            if let Err(error) = result {
                self.refuse_connect(index, &error);
            }
            return;
        }
        let Some(format) = self.connections.get(index as usize).and_then(Connection::format) else { return };
        if let Some(frame) = encode::reply(format, reply_to, &result) {
            self.push(index, frame);
        }
    }

    fn refuse(&mut self, index: Index, reply_to: ReplyTo, refusal: Refusal) {
        self.reply(index, reply_to, Err(refusal.into()));
    }

    /// Refuses a hello whose token was good: the client may try again on a new connection.
    fn turn_away(&mut self, index: Index, reply_to: ReplyTo, refusal: Refusal) {
        self.refuse(index, reply_to, refusal);
        let code = if refusal == Refusal::NotAuthenticated { CloseCode::POLICY } else { CloseCode::TRY_AGAIN_LATER };
        self.close(index, code, refusal.code());
    }

    /// Sends the first payload: as the answer to `hello`, or as an event after CONNECT.
    fn greet(&mut self, index: Index, reply_to: ReplyTo, ready: Box<Ready>) {
        if matches!(reply_to, ReplyTo::Plain(_) | ReplyTo::Ack(_)) {
            return self.reply(index, reply_to, Ok(Reply::Ready(ready)));
        }
        if reply_to == ReplyTo::Connect {
            self.agree_to_connect(index);
        }
        let format = self.connections[index as usize].format();
        if let Some(frame) = format.and_then(|format| encode::event(format, &rialto_wire::event::Event::Ready(&ready))) {
            self.push(index, frame);
        }
    }

    pub(super) fn close_because(&mut self, index: Index, reason: CloseReason) {
        match reason {
            CloseReason::GreetingTimeout => self.show_out(index, Offence::Late, "nobody said hello in time"),
            CloseReason::OutOfTurn => self.close(index, CloseCode::POLICY, "hello is said once"),
            CloseReason::Revoked => self.close(index, CloseCode::POLICY, "the log-in was ended"),
        }
    }
}

/// The bus's failure, as a client sees it.
pub(super) fn wanted(result: rialto_domain::ports::PortResult<()>) -> Result<(), Refusal> {
    result.map_err(|error| {
        tracing::warn!(%error, "a topic cannot be subscribed to");
        Refusal::Unavailable
    })
}
