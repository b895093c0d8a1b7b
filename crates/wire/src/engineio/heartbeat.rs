//! Whether the peer is still there. In revision 4 the server asks and the client answers.

/// How often is asked, and how long waited. One for all sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Time from a pong to the next ping, in milliseconds.
    pub interval_ms: u64,
    /// Time from a ping to the verdict, in milliseconds.
    pub timeout_ms: u64,
}

/// One session's heartbeat, seen from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    due_ms: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The peer lives; the next ping is due.
    Resting,
    /// A ping is out; the verdict is due.
    Asked,
    /// A ping is out and the peer has said something else since; the verdict was put off once.
    Excused,
}

/// What to do when time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Nothing before [`Heartbeat::due_ms`].
    Rest,
    /// Send a ping.
    Ping,
    /// The peer is gone: close.
    Dead,
}

impl Heartbeat {
    /// Starts when the session is opened.
    pub fn started(pace: Pace, now_ms: u64) -> Self {
        Self { due_ms: now_ms.saturating_add(pace.interval_ms), state: State::Resting }
    }

    /// When to call [`Heartbeat::tick`] next.
    pub fn due_ms(&self) -> u64 {
        self.due_ms
    }

    /// Time has passed. Bytes that have arrived are to be read before: a pong may be among them.
    pub fn tick(&mut self, pace: Pace, now_ms: u64) -> Beat {
        if now_ms < self.due_ms {
            return Beat::Rest;
        }
        if self.state != State::Resting {
            return Beat::Dead;
        }
        *self = Self { due_ms: now_ms.saturating_add(pace.timeout_ms), state: State::Asked };
        Beat::Ping
    }

    /// The peer has answered. A pong nobody asked for changes nothing.
    pub fn pong(&mut self, pace: Pace, now_ms: u64) {
        if self.state != State::Resting {
            *self = Self::started(pace, now_ms);
        }
    }

    /// The peer has said something else. Its pong may be stuck behind a long message, so the verdict is put off, but once only:
    /// a peer that talks and never listens is gone too.
    pub fn heard(&mut self, pace: Pace, now_ms: u64) {
        if self.state == State::Asked {
            *self = Self { due_ms: now_ms.saturating_add(pace.timeout_ms), state: State::Excused };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { interval_ms: 300, timeout_ms: 200 };

    #[test]
    fn a_peer_that_answers_is_asked_again_after_the_interval() {
        let mut heartbeat = Heartbeat::started(PACE, 0);
        assert_eq!(heartbeat.tick(PACE, 299), Beat::Rest);
        assert_eq!(heartbeat.tick(PACE, 300), Beat::Ping);
        assert_eq!(heartbeat.tick(PACE, 499), Beat::Rest);
        heartbeat.pong(PACE, 499);
        assert_eq!(heartbeat.due_ms(), 799);
        assert_eq!(heartbeat.tick(PACE, 798), Beat::Rest);
        assert_eq!(heartbeat.tick(PACE, 799), Beat::Ping);
    }

    #[test]
    fn a_peer_that_never_answers_is_dead_after_the_timeout() {
        let mut heartbeat = Heartbeat::started(PACE, 0);
        assert_eq!(heartbeat.tick(PACE, 300), Beat::Ping);
        assert_eq!(heartbeat.tick(PACE, 500), Beat::Dead);
    }

    #[test]
    fn a_late_tick_asks_before_it_judges() {
        let mut heartbeat = Heartbeat::started(PACE, 0);
        assert_eq!(heartbeat.tick(PACE, 10_000), Beat::Ping);
        assert_eq!(heartbeat.due_ms(), 10_200);
    }

    #[test]
    fn talking_puts_the_verdict_off_once() {
        let mut heartbeat = Heartbeat::started(PACE, 0);
        heartbeat.tick(PACE, 300);
        heartbeat.heard(PACE, 450);
        assert_eq!(heartbeat.due_ms(), 650);
        heartbeat.heard(PACE, 640);
        assert_eq!(heartbeat.tick(PACE, 650), Beat::Dead);
    }

    #[test]
    fn pongs_and_words_out_of_turn_do_not_move_the_next_ping() {
        let mut heartbeat = Heartbeat::started(PACE, 0);
        heartbeat.pong(PACE, 100);
        heartbeat.heard(PACE, 100);
        assert_eq!(heartbeat.due_ms(), 300);
    }
}
