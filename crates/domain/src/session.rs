//! One connection's dialogue with us, from greeting to goodbye.

use crate::auth::Identity;
use crate::time::Timestamp;

/// A connection's dialogue. It owns no socket and reads no clock: the edge feeds it, and does what it answers.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Greeting { by: Timestamp },
    Identifying { by: Timestamp },
    Ready(Identity),
    Closed,
}

/// What happened on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The client said hello.
    Hello,
    /// The token was good.
    Identified(Identity),
    /// The token was not good; the client may try another one.
    Refused,
    /// A command other than hello came.
    Command,
    /// The log-in that this connection speaks for was ended.
    Revoked,
    /// Time passed.
    Tick,
}

/// What the edge is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Find out whose token it is.
    Identify,
    /// Register the connection for this user and send the first payload.
    Welcome(Identity),
    /// Carry the command out in this name.
    Invoke(Identity),
    /// Refuse the command: nobody said hello yet.
    RefuseUnidentified,
    /// Close.
    Close(CloseReason),
    /// Nothing.
    Nothing,
}

/// Why the server closes a connection. There are no other reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// No hello in time.
    GreetingTimeout,
    /// A second hello, or one while another is looked into.
    OutOfTurn,
    /// The log-in was ended elsewhere.
    Revoked,
}

impl Session {
    /// A connection that must be greeted, and found to be somebody's, before `greet_by`.
    pub const fn opened(greet_by: Timestamp) -> Self {
        Self { state: State::Greeting { by: greet_by } }
    }

    /// For whom the connection speaks, once that is known.
    pub const fn identity(&self) -> Option<Identity> {
        match self.state {
            State::Ready(identity) => Some(identity),
            _ => None,
        }
    }

    /// When a tick is due, if one is.
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            State::Greeting { by } | State::Identifying { by } => Some(by),
            State::Ready(_) | State::Closed => None,
        }
    }

    /// Takes what happened and says what to do about it.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Effect {
        match (self.state, input) {
            (State::Closed, _) => Effect::Nothing,
            (State::Greeting { by } | State::Identifying { by }, Input::Tick) if now >= by => self.close(CloseReason::GreetingTimeout),
            (_, Input::Tick) => Effect::Nothing,
            (State::Greeting { by }, Input::Hello) => {
                self.state = State::Identifying { by };
                Effect::Identify
            }
            (State::Identifying { .. }, Input::Identified(identity)) => {
                self.state = State::Ready(identity);
                Effect::Welcome(identity)
            }
            (State::Identifying { by }, Input::Refused) => {
                self.state = State::Greeting { by };
                Effect::Nothing
            }
            (State::Ready(identity), Input::Command) => Effect::Invoke(identity),
            (State::Greeting { .. } | State::Identifying { .. }, Input::Command) => Effect::RefuseUnidentified,
            (_, Input::Revoked) => self.close(CloseReason::Revoked),
            (_, Input::Hello | Input::Identified(_) | Input::Refused) => self.close(CloseReason::OutOfTurn),
        }
    }

    fn close(&mut self, reason: CloseReason) -> Effect {
        self.state = State::Closed;
        Effect::Close(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DeviceId, SessionId, UserId};

    const ANA: Identity = Identity { user: UserId::from_bytes([1; 16]), device: DeviceId::from_bytes([2; 16]), session: SessionId::from_bytes([3; 16]) };

    fn ready() -> Session {
        let mut session = Session::opened(Timestamp(10));
        assert_eq!(session.handle(Input::Hello, Timestamp(0)), Effect::Identify);
        assert_eq!(session.handle(Input::Identified(ANA), Timestamp(1)), Effect::Welcome(ANA));
        session
    }

    #[test]
    fn a_client_that_never_greets_is_closed_at_the_deadline() {
        let mut session = Session::opened(Timestamp(10));
        assert_eq!(session.handle(Input::Tick, Timestamp(9)), Effect::Nothing);
        assert_eq!(session.handle(Input::Tick, Timestamp(10)), Effect::Close(CloseReason::GreetingTimeout));
    }

    #[test]
    fn wrong_tokens_do_not_buy_time() {
        let mut session = Session::opened(Timestamp(10));
        session.handle(Input::Hello, Timestamp(8));
        session.handle(Input::Refused, Timestamp(9));
        assert_eq!(session.handle(Input::Tick, Timestamp(10)), Effect::Close(CloseReason::GreetingTimeout));
    }

    #[test]
    fn commands_before_the_greeting_are_refused_and_after_it_invoked() {
        let mut session = Session::opened(Timestamp(10));
        assert_eq!(session.handle(Input::Command, Timestamp(0)), Effect::RefuseUnidentified);
        assert_eq!(ready().handle(Input::Command, Timestamp(2)), Effect::Invoke(ANA));
    }

    #[test]
    fn a_second_greeting_is_out_of_turn() {
        assert_eq!(ready().handle(Input::Hello, Timestamp(2)), Effect::Close(CloseReason::OutOfTurn));
    }

    #[test]
    fn a_greeted_connection_has_no_deadline_and_ends_with_its_log_in() {
        let mut session = ready();
        assert_eq!(session.deadline(), None);
        assert_eq!(session.handle(Input::Tick, Timestamp(u64::MAX)), Effect::Nothing);
        assert_eq!(session.handle(Input::Revoked, Timestamp(3)), Effect::Close(CloseReason::Revoked));
        assert_eq!(session.handle(Input::Command, Timestamp(4)), Effect::Nothing);
    }
}
