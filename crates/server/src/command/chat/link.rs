//! The connection, for as long as the program runs: opened, greeted, and opened again when it is lost.

use rialto_domain::{ChannelId, Seq};
use rialto_wire::command::{Hello, Ready};
use rialto_wire::event::Notice;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::backoff::Backoff;
use super::keyring::{Keyring, NoToken, client_name};
use super::model::{Effect, Generation, Happening};
use crate::client::{Connection, Event, Heard};

/// How long a server may take to greet.
const GREETING: Duration = Duration::from_secs(15);

/// The way to the server. What happens on it comes out of the receiver that [`Link::start`] gives.
pub(crate) struct Link {
    orders: UnboundedSender<Order>,
    task: JoinHandle<()>,
}

enum Order {
    Hello { generation: Generation, have: BTreeMap<ChannelId, Seq> },
    Ask { generation: Generation, number: u64, name: String, data: Value },
    Close,
}

/// Why a connection ended, and what to do.
enum End {
    /// Connect again; not before the moment, when the server named one.
    Lost { reason: String, not_before: Option<Instant> },
    /// It would be in vain.
    Refused { reason: String },
    /// It was wished.
    Closed,
}

impl Link {
    /// Begins to connect.
    pub(crate) fn start(keyring: Keyring) -> (Self, UnboundedReceiver<Happening>) {
        let (orders, incoming) = unbounded_channel();
        let (happenings, told) = unbounded_channel();
        let keeper = Keeper { keyring, orders: incoming, happenings, generation: 0 };
        (Self { orders, task: tokio::spawn(keeper.keep()) }, told)
    }

    /// Does what is for the server; gives back what is not.
    pub(crate) fn carry_out(&self, effect: Effect) -> Option<Effect> {
        let order = match effect {
            Effect::Hello { generation, have } => Order::Hello { generation, have },
            Effect::Ask { generation, number, name, data } => Order::Ask { generation, number, name, data },
            other => return Some(other),
        };
        // The task ends after it has told that there will be no connection; nobody hears the order then.
        let _ = self.orders.send(order);
        None
    }

    /// Says goodbye, and waits until that is said.
    pub(crate) async fn close(self) {
        let _ = self.orders.send(Order::Close);
        let _ = timeout(Duration::from_secs(2), self.task).await;
    }
}

struct Keeper {
    keyring: Keyring,
    orders: UnboundedReceiver<Order>,
    happenings: UnboundedSender<Happening>,
    generation: Generation,
}

impl Keeper {
    async fn keep(mut self) {
        let mut backoff = Backoff::default();
        loop {
            self.tell(Happening::Connecting);
            self.generation += 1;
            let began = Instant::now();
            let (reason, not_before) = match self.session().await {
                End::Lost { reason, not_before } => (reason, not_before),
                End::Refused { reason } => return self.tell(Happening::Offline { reason, retry_in_ms: None }),
                End::Closed => return,
            };
            backoff.note_lasted(began.elapsed().as_millis() as u64);
            let wait = Duration::from_millis(backoff.next_ms(random()));
            let until = not_before.unwrap_or(Instant::now() + wait);
            let retry_in_ms = Some(until.saturating_duration_since(Instant::now()).as_millis() as u64);
            self.tell(Happening::Offline { reason, retry_in_ms });
            if self.rest(until).await.is_err() {
                return;
            }
        }
    }

    /// Waits; `Err` when it is wished to end. Other orders are for connections that are gone.
    async fn rest(&mut self, until: Instant) -> Result<(), ()> {
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                order = self.orders.recv() => if matches!(order, None | Some(Order::Close)) { return Err(()) },
            }
        }
    }

    /// One connection, from its opening to its end.
    async fn session(&mut self) -> End {
        let lost = |reason: String| End::Lost { reason, not_before: None };
        let token = match self.keyring.token(None).await {
            Ok(saved) => saved.access_token,
            Err(NoToken::NotNow(error)) => return lost(format!("{error:#}")),
            Err(NoToken::LoggedOut(reason)) => return End::Refused { reason },
        };
        let mut connection = match self.keyring.connect().await {
            Ok(connection) => connection,
            Err(error) => return lost(format!("{error:#}")),
        };
        match timeout(GREETING, self.greet(&mut connection, token)).await {
            Ok(Ok(ready)) => self.tell(Happening::Ready(ready)),
            Ok(Err(end)) => return end,
            Err(_) => return lost("the server does not greet".to_owned()),
        }
        let end = self.serve(&mut connection).await;
        connection.close().await;
        end
    }

    async fn greet(&mut self, connection: &mut Connection, mut token: String) -> Result<Box<Ready>, End> {
        let lost = |reason: String| End::Lost { reason, not_before: None };
        self.tell(Happening::Opened(self.generation));
        let have = loop {
            match self.orders.recv().await {
                Some(Order::Hello { generation, have }) if generation == self.generation => break have,
                Some(Order::Close) | None => return Err(End::Closed),
                Some(_) => {}
            }
        };
        let mut has_renewed = false;
        loop {
            let hello = Hello { token: Some(token.clone()), client: Some(client_name()), have: have.clone(), ..Hello::default() };
            let id = connection.send("hello", &hello);
            let answer = loop {
                match connection.next().await.map_err(|error| lost(error.to_string()))? {
                    Heard::Answer(re, result) if re == id => break result,
                    Heard::Answer(..) | Heard::Event(_) => {}
                }
            };
            match answer {
                Ok(data) => return serde_json::from_str(data.get()).map_err(|error| lost(format!("the greeting is not understood: {error}"))),
                Err(error) if error.code == "auth.required" && !has_renewed => {
                    has_renewed = true;
                    token = match self.keyring.token(Some(&token)).await {
                        Ok(saved) => saved.access_token,
                        Err(NoToken::NotNow(error)) => return Err(lost(format!("{error:#}"))),
                        Err(NoToken::LoggedOut(reason)) => return Err(End::Refused { reason }),
                    };
                }
                Err(error) if matches!(&*error.code, "client.too_old" | "auth.required") => return Err(End::Refused { reason: error.text }),
                Err(error) => return Err(lost(error.text)),
            }
        }
    }

    async fn serve(&mut self, connection: &mut Connection) -> End {
        let mut numbers: HashMap<u64, u64> = HashMap::new();
        // The server goes down: when it asked us to come back.
        let mut leave_at: Option<Instant> = None;
        loop {
            tokio::select! {
                heard = connection.next() => match heard {
                    Ok(Heard::Answer(re, result)) => if let Some(number) = numbers.remove(&re) {
                        self.tell(Happening::Answered { number, result });
                    },
                    Ok(Heard::Event(event)) => {
                        if let Event::Notice(Notice::Drain { reconnect_after_ms }) = &event {
                            leave_at = Some(Instant::now() + Duration::from_millis(*reconnect_after_ms));
                        }
                        self.tell(Happening::Heard(event));
                    }
                    Err(error) => return End::Lost { reason: error.to_string(), not_before: leave_at },
                },
                order = self.orders.recv() => match order {
                    Some(Order::Ask { generation, number, name, data }) if generation == self.generation => {
                        numbers.insert(connection.send(&name, &data), number);
                    }
                    Some(Order::Close) | None => return End::Closed,
                    // For a connection that is gone.
                    Some(Order::Hello { .. } | Order::Ask { .. }) => {}
                },
                () = async { sleep_until(leave_at.unwrap_or_else(Instant::now)).await }, if leave_at.is_some() => {
                    return End::Lost { reason: "the server restarts".to_owned(), not_before: leave_at };
                }
            }
        }
    }

    fn tell(&self, happening: Happening) {
        // Whoever stopped listening is about to end us.
        let _ = self.happenings.send(happening);
    }
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    u64::from_le_bytes(bytes)
}
