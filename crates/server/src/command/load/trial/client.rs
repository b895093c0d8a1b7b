//! A client of a trial: it talks, follows its channels, comes back after every break, and writes everything down.

mod ending;
mod hearing;
mod speaking;

use anyhow::bail;
use rialto_checker::What;
use rialto_domain::{ChannelId, Seq, UserId};
use rialto_wire::command::{Hello, Ready};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::super::fleet::Random;
use super::super::naming::Naming;
use super::outbox::Outbox;
use super::place::Place;
use super::scribe::Scribe;
use super::wish::Target;
use crate::client::{Address, CallError, Connection, Lost, Trust};

/// How long a server may be away.
const SERVER_AWAY: Duration = Duration::from_secs(120);

/// What all clients do at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// They talk.
    Talk,
    /// What is on its way arrives; everybody catches up.
    Settle,
    /// Everybody reads everything once more.
    Read,
    /// It is over.
    Over,
}

/// What a client is told at the beginning.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) number: u32,
    pub(super) user: UserId,
    pub(super) token: String,
    pub(super) address: Address,
    /// Its channels, and whom it may put out and in there.
    pub(super) channels: Vec<(ChannelId, Vec<UserId>)>,
    /// One device of each user reads everything at the end.
    pub(super) is_first_device: bool,
    /// Between two things that it does, on average.
    pub(super) pause: Duration,
    pub(super) payload_bytes: usize,
    pub(super) naming: Naming,
    pub(super) scribe: Arc<Scribe>,
}

pub(super) struct Client {
    part: Part,
    phase: Phase,
    places: BTreeMap<ChannelId, Place>,
    outbox: Outbox,
    marks: BTreeMap<ChannelId, Marking>,
    /// Channels that it is no member of now.
    absent: HashSet<ChannelId>,
    /// Whom it put out of its channels.
    put_out: HashMap<ChannelId, UserId>,
    recent: VecDeque<Target>,
    /// What the commands on this connection were for.
    asked: HashMap<u64, Asked>,
    ops: u64,
    random: Random,
    messages: u64,
    /// It marked for the last time.
    has_marked_last: bool,
    /// Channels to be read to the end, and from where.
    to_read: Option<VecDeque<(ChannelId, Seq)>>,
    /// The phase that it has told to be done with.
    done: Option<Phase>,
}

/// A mark on its way.
#[derive(Clone, Copy, Debug)]
struct Marking {
    op: u64,
    delivered: Seq,
    read: Seq,
    is_sent: bool,
}

/// What a command was for.
enum Asked {
    Sync(BTreeMap<ChannelId, Seq>),
    Page {
        op: u64,
        channel: ChannelId,
        after: Seq,
        is_final: bool,
    },
    Rest(ChannelId),
    /// How far one is: a mark that moves nothing is not announced.
    Standing(ChannelId),
    Message,
    Mark(ChannelId),
    Other(u64),
}

/// Why no conversation began.
enum NotIn {
    /// The server is not there, or in trouble.
    Away(anyhow::Error),
    /// It does not want this client.
    TurnedAway(String),
}

/// Why a conversation ended.
enum Ended {
    /// It is over.
    Over,
    Lost(Lost),
}

impl Client {
    pub(super) fn new(part: Part) -> Self {
        let places = part.channels.iter().map(|(channel, _)| (*channel, Place::default())).collect();
        let random = Random::seeded(u64::from(part.number).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
        Self {
            part,
            phase: Phase::Talk,
            places,
            outbox: Outbox::default(),
            marks: BTreeMap::new(),
            absent: HashSet::new(),
            put_out: HashMap::new(),
            recent: VecDeque::new(),
            asked: HashMap::new(),
            ops: 0,
            random,
            messages: 0,
            has_marked_last: false,
            to_read: None,
            done: None,
        }
    }

    /// Lives until the trial is over; tells by `done` when it has done its part of a phase.
    pub(super) async fn live(mut self, mut phase: watch::Receiver<Phase>, done: mpsc::UnboundedSender<Phase>) -> anyhow::Result<()> {
        self.write(What::Client { user: self.part.user });
        let mut here_at = Instant::now();
        loop {
            match self.greet().await {
                Ok(mut connection) => {
                    let ended = self.converse(&mut connection, &mut phase, &done).await?;
                    here_at = Instant::now();
                    match ended {
                        Ended::Over => {
                            connection.close().await;
                            return Ok(());
                        }
                        Ended::Lost(Lost::Protocol(what)) => bail!("{what}"),
                        Ended::Lost(_) => {}
                    }
                }
                Err(NotIn::TurnedAway(code)) => {
                    bail!("hello is refused ({code}); for long trials start the server with RIALTO_TOKENS_ACCESS_TTL_S=86400")
                }
                Err(NotIn::Away(error)) if here_at.elapsed() > SERVER_AWAY => return Err(error.context("the server stayed away")),
                Err(NotIn::Away(_)) => {}
            }
            self.outbox.disconnected();
            self.asked.clear();
            self.marks.values_mut().for_each(|mark| mark.is_sent = false);
            self.to_read = None;
            sleep(Duration::from_millis(20 + u64::from(self.random.below(200)))).await;
        }
    }

    /// Connects and says hello, which also tells what was missed.
    async fn greet(&mut self) -> Result<Connection, NotIn> {
        let mut connection = Connection::open(&self.part.address, &Trust::default()).await.map_err(|error| NotIn::Away(error.into()))?;
        let have = self.have();
        let hello = Hello { token: Some(self.part.token.clone()), have: have.clone(), ..Hello::default() };
        // Nothing comes by itself before the answer to hello.
        let ready: Ready = match connection.call("hello", &hello).await {
            Ok(ready) => ready,
            Err(CallError::Refused(error)) if error.code.starts_with("auth.") => return Err(NotIn::TurnedAway(error.code.into_owned())),
            Err(error) => return Err(NotIn::Away(error.into())),
        };
        self.write(What::Connected);
        for channel in &ready.channels.channels {
            self.absent.remove(&channel.id);
            self.ready_positions(channel);
        }
        let mut wanted = BTreeMap::new();
        if let Some(missed) = ready.missed {
            wanted = self.caught_up(&have, missed);
        }
        self.sync(&mut connection, wanted);
        Ok(connection)
    }

    async fn converse(
        &mut self,
        connection: &mut Connection,
        phase: &mut watch::Receiver<Phase>,
        done: &mpsc::UnboundedSender<Phase>,
    ) -> anyhow::Result<Ended> {
        let mut act_at = Instant::now() + self.pause();
        loop {
            self.phase = *phase.borrow_and_update();
            if self.phase == Phase::Over {
                return Ok(Ended::Over);
            }
            self.send_what_waits(connection);
            if self.has_done_its_part(connection) && self.done < Some(self.phase) {
                self.done = Some(self.phase);
                // When nobody listens any more, the trial has failed elsewhere.
                let _ = done.send(self.phase);
            }
            tokio::select! {
                heard = connection.next() => match heard {
                    Ok(heard) => self.hear(connection, heard)?,
                    Err(lost) => return Ok(Ended::Lost(lost)),
                },
                () = sleep_until(act_at), if self.phase == Phase::Talk => {
                    act_at = Instant::now() + self.pause();
                    self.act(connection);
                }
                changed = phase.changed() => if changed.is_err() { return Ok(Ended::Over) },
            }
        }
    }

    fn pause(&mut self) -> Duration {
        // Half to one and a half times the average.
        self.part.pause.mul_f64(0.5 + f64::from(self.random.below(1000)) / 1000.0)
    }

    fn write(&self, what: What<'_>) {
        self.part.scribe.write(self.part.number, what);
    }

    fn op(&mut self) -> u64 {
        self.ops += 1;
        self.ops
    }

    fn have(&self) -> BTreeMap<ChannelId, Seq> {
        self.places.iter().map(|(channel, place)| (*channel, place.have())).collect()
    }
}
