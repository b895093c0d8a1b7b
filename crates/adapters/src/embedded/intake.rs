//! The intake as a queue in this process: bounded in orders and in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::UserId;
use rialto_domain::apply::Command;
use rialto_domain::entry::{Content, Mentions};
use rialto_domain::ports::{Intake, IntakeReader, Order, PortError, PortResult};
use tokio::sync::Notify;

const BACKEND: &str = "intake";

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Orders.
    pub orders: usize,
    /// Bytes of what people wrote and whom they named, over all orders.
    pub bytes: usize,
}

impl Default for Bounds {
    /// Some seconds of a very busy server: 65,536 orders, 64 MiB.
    fn default() -> Self {
        Self { orders: 65_536, bytes: 64 << 20 }
    }
}

/// Makes an empty queue with its two ends.
pub fn queue(bounds: Bounds) -> (QueueIntake, QueueReader) {
    let queue = Arc::new(Queue { bounds, waiting: Mutex::default(), news: Notify::new() });
    (QueueIntake(queue.clone()), QueueReader(queue))
}

/// The end where orders are accepted. Dropping it closes the intake.
pub struct QueueIntake(Arc<Queue>);

/// The end where they come out.
pub struct QueueReader(Arc<Queue>);

struct Queue {
    bounds: Bounds,
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    orders: VecDeque<Order>,
    bytes: usize,
    closed: bool,
}

impl QueueIntake {
    /// Accepts nothing more. What was accepted still comes out; then the reader is told that it was all.
    pub fn close(&self) {
        self.0.waiting.lock().closed = true;
        self.0.news.notify_one();
    }

    /// How many orders wait.
    pub fn depth(&self) -> usize {
        self.0.waiting.lock().orders.len()
    }
}

impl Drop for QueueIntake {
    fn drop(&mut self) {
        self.close();
    }
}

#[async_trait]
impl Intake for QueueIntake {
    async fn submit(&self, order: Order) -> PortResult<()> {
        let Queue { bounds, waiting, news } = &*self.0;
        let bytes = bytes_of(&order.command);
        {
            let mut waiting = waiting.lock();
            if waiting.closed {
                return Err(PortError::Unavailable { backend: BACKEND, source: "it is closed".into() });
            }
            if waiting.orders.len() >= bounds.orders || waiting.bytes + bytes > bounds.bytes {
                return Err(PortError::Overloaded { backend: BACKEND });
            }
            waiting.bytes += bytes;
            waiting.orders.push_back(order);
        }
        news.notify_one();
        Ok(())
    }
}

impl QueueReader {
    /// What is there now; `None` when nothing is, and nothing will be.
    fn take_waiting(&mut self, most: usize) -> Option<Vec<Order>> {
        let mut waiting = self.0.waiting.lock();
        if waiting.orders.is_empty() {
            return if waiting.closed { None } else { Some(Vec::new()) };
        }
        let count = waiting.orders.len().min(most.max(1));
        let taken: Vec<Order> = waiting.orders.drain(..count).collect();
        waiting.bytes -= taken.iter().map(|order| bytes_of(&order.command)).sum::<usize>();
        if waiting.orders.is_empty() {
            // The room that a rush needed is not kept for the next one.
            waiting.orders.shrink_to(1_024);
        }
        Some(taken)
    }
}

#[async_trait]
impl IntakeReader for QueueReader {
    async fn take(&mut self, most: usize) -> PortResult<Vec<Order>> {
        loop {
            match self.take_waiting(most) {
                None => return Ok(Vec::new()),
                Some(taken) if !taken.is_empty() => return Ok(taken),
                // A notification that came since is kept for the one reader, so none is missed here.
                Some(_) => self.0.news.notified().await,
            }
        }
    }

    async fn done(&mut self) -> PortResult<()> {
        Ok(())
    }
}

impl Drop for QueueReader {
    /// Nobody will read what waits or comes.
    fn drop(&mut self) {
        *self.0.waiting.lock() = Waiting { closed: true, ..Waiting::default() };
    }
}

/// The bytes that a command holds outside of itself: what its sender wrote, and the users it names.
fn bytes_of(command: &Command) -> usize {
    let users = |users: &[UserId]| size_of_val(users);
    let called = |mentions: &Mentions| users(&mentions.users);
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let content = |content: &Content| match content {
        Content::Text(text) => text.len(),
        Content::Location(place) => text(&place.label),
        Content::Contact(person) => person.name.len() + person.addresses.iter().map(|address| size_of::<String>() + address.len()).sum::<usize>(),
    };
    match command {
        Command::Send { message, .. } => message.body.as_ref().map_or(0, content) + called(&message.mentions),
        Command::Edit { body, mentions, .. } => content(body) + called(mentions),
        Command::React { emoji, .. } => emoji.len(),
        Command::Add { users: named } => users(named),
        Command::Update { title, description } => text(title) + text(description),
        Command::Delete { .. }
        | Command::Pin { .. }
        | Command::Join
        | Command::Leave
        | Command::Remove { .. }
        | Command::SetRole { .. }
        | Command::DeleteChannel
        | Command::Mark { .. }
        | Command::Block { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use rialto_testkit::builders::{add, channel_id, edit, mark, react, send, user, users};

    use super::*;

    fn order(command: Command) -> Order {
        Order { channel: channel_id(), actor: user(1), command, ticket: None }
    }

    async fn accepts(intake: &QueueIntake, command: Command) -> bool {
        match intake.submit(order(command)).await {
            Ok(()) => true,
            Err(PortError::Overloaded { backend: "intake" }) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_people_wrote_is_bounded_in_bytes() {
        let (intake, mut reader) = queue(Bounds { orders: 100, bytes: 20 });
        assert!(!accepts(&intake, send(&"x".repeat(21))).await, "larger than all the room there is");
        assert!(accepts(&intake, send("0123456789")).await);
        assert!(!accepts(&intake, edit(rialto_domain::Seq(1), "01234567890")).await);
        assert!(accepts(&intake, edit(rialto_domain::Seq(1), "0123456789")).await);
        assert!(!accepts(&intake, react(rialto_domain::Seq(1), "👍", true)).await);
        assert!(accepts(&intake, mark(1, 1)).await, "what weighs nothing still goes in");
        assert_eq!(reader.take(1).await.expect("takes").len(), 1);
        assert!(accepts(&intake, send("0123456789")).await, "what was taken makes room");
        assert!(!accepts(&intake, send("0")).await);
    }

    #[tokio::test]
    async fn users_that_are_named_weigh_as_much_as_words() {
        let (intake, _reader) = queue(Bounds { orders: 100, bytes: 160 });
        assert!(accepts(&intake, add(&users(1, 5))).await);
        assert!(!accepts(&intake, add(&users(1, 6))).await);
        assert!(accepts(&intake, add(&users(1, 5))).await);
    }

    #[tokio::test]
    async fn a_closed_intake_refuses_and_drains() {
        let (intake, mut reader) = queue(Bounds::default());
        for words in ["one", "two", "three"] {
            assert!(accepts(&intake, send(words)).await);
        }
        intake.close();
        let refused = intake.submit(order(send("four"))).await;
        assert!(matches!(refused, Err(PortError::Unavailable { backend: "intake", .. })), "{refused:?}");
        assert_eq!(reader.take(2).await.expect("takes").len(), 2);
        assert_eq!(reader.take(2).await.expect("takes").len(), 1);
        for _ in 0..2 {
            assert!(reader.take(2).await.expect("takes").is_empty(), "that was all");
        }
    }

    #[tokio::test]
    async fn a_reader_that_waits_is_told_when_the_intake_closes() {
        let (intake, mut reader) = queue(Bounds::default());
        let waiting = tokio::spawn(async move { reader.take(10).await });
        tokio::task::yield_now().await;
        drop(intake);
        assert!(waiting.await.expect("comes to its end").expect("takes").is_empty());
    }

    #[tokio::test]
    async fn without_a_reader_nothing_is_accepted() {
        let (intake, reader) = queue(Bounds::default());
        assert!(accepts(&intake, send("one")).await);
        drop(reader);
        assert_eq!(intake.depth(), 0);
        assert!(matches!(intake.submit(order(send("two"))).await, Err(PortError::Unavailable { .. })));
    }

    #[tokio::test]
    async fn the_room_of_a_rush_is_given_back() {
        let (intake, mut reader) = queue(Bounds::default());
        for _ in 0..20_000 {
            assert!(accepts(&intake, mark(1, 1)).await);
        }
        while intake.depth() > 0 {
            reader.take(4_096).await.expect("takes");
        }
        let waiting = reader.0.waiting.lock();
        assert!(waiting.bytes == 0 && waiting.orders.capacity() < 4_096, "{}", waiting.orders.capacity());
    }
}
