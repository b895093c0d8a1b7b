//! What every [`PresenceBoard`] is asked.

use std::sync::Arc;

use rialto_domain::Timestamp;
use rialto_domain::ports::PresenceBoard;
use rialto_domain::presence::Presence;

use crate::builders::{user, users};

/// Asks a presence board everything: `ask_presence!(fresh)`, where `fresh` is an `async fn() -> Arc<dyn PresenceBoard>` that makes an empty one.
#[macro_export]
macro_rules! ask_presence {
    ($fresh:expr) => {
        $crate::ask! {
            presence, $fresh().await,
            the_first_connection_comes_and_the_last_one_goes
            each_user_is_counted_apart
            presence_is_told_in_the_order_asked
            a_departure_without_an_arrival_changes_nothing
            connections_that_come_and_go_at_once_are_counted_right
        }
    };
}

/// Those in between change nothing for others.
pub async fn the_first_connection_comes_and_the_last_one_goes(board: Arc<dyn PresenceBoard>) {
    for round in 0..3 {
        assert!(arrive(&*board, 1).await, "the first");
        assert!(!arrive(&*board, 1).await);
        assert!(!arrive(&*board, 1).await);
        assert!(!depart(&*board, 1, 100).await);
        assert!(!depart(&*board, 1, 200).await);
        assert!(look(&*board, 1).await.online);
        let now = 1_000 * (round + 1);
        assert!(depart(&*board, 1, now).await, "the last");
        assert_eq!(look(&*board, 1).await, Presence { online: false, last_seen: Some(Timestamp(now)) });
    }
}

/// One user's connections are nobody else's.
pub async fn each_user_is_counted_apart(board: Arc<dyn PresenceBoard>) {
    assert!(arrive(&*board, 1).await);
    assert!(arrive(&*board, 2).await);
    assert!(depart(&*board, 1, 5).await);
    assert_eq!((look(&*board, 1).await.online, look(&*board, 2).await.online), (false, true));
}

/// Also of those who were never here, and of those named twice.
pub async fn presence_is_told_in_the_order_asked(board: Arc<dyn PresenceBoard>) {
    for n in [2, 4] {
        arrive(&*board, n).await;
    }
    arrive(&*board, 3).await;
    depart(&*board, 3, 77).await;
    let told = board.look(&[user(4), user(3), user(9), user(2), user(4)]).await.expect("the board answers");
    let here = |presence: &Presence| presence.online;
    assert_eq!(told.iter().map(here).collect::<Vec<_>>(), [true, false, false, true, true]);
    assert_eq!((told[1].last_seen, told[2]), (Some(Timestamp(77)), Presence::default()));
    assert_eq!(board.look(&[]).await.expect("the board answers"), []);
    assert_eq!(board.look(&users(100, 900)).await.expect("the board answers").len(), 801);
}

/// Nothing to count down from.
pub async fn a_departure_without_an_arrival_changes_nothing(board: Arc<dyn PresenceBoard>) {
    assert!(!depart(&*board, 1, 5).await);
    assert_eq!(look(&*board, 1).await, Presence::default());
    assert!(arrive(&*board, 1).await, "the count did not fall below zero");
    assert!(depart(&*board, 1, 6).await);
    assert!(!depart(&*board, 1, 7).await);
    assert_eq!(look(&*board, 1).await.last_seen, Some(Timestamp(6)));
}

/// As many firsts as lasts, and in the end nobody.
pub async fn connections_that_come_and_go_at_once_are_counted_right(board: Arc<dyn PresenceBoard>) {
    let connections: Vec<_> = (0..8)
        .map(|_| {
            let board = board.clone();
            tokio::spawn(async move {
                let (mut firsts, mut lasts) = (0, 0);
                for now in 0..50 {
                    firsts += usize::from(arrive(&*board, 1).await);
                    tokio::task::yield_now().await;
                    lasts += usize::from(depart(&*board, 1, now).await);
                }
                (firsts, lasts)
            })
        })
        .collect();
    let (mut firsts, mut lasts) = (0, 0);
    for connection in connections {
        let (first, last) = connection.await.expect("comes to its end");
        firsts += first;
        lasts += last;
    }
    assert!(firsts >= 1 && firsts == lasts, "{firsts} firsts, {lasts} lasts");
    assert!(!look(&*board, 1).await.online);
}

async fn arrive(board: &dyn PresenceBoard, n: u64) -> bool {
    board.arrive(user(n)).await.expect("the board answers")
}

async fn depart(board: &dyn PresenceBoard, n: u64, now: u64) -> bool {
    board.depart(user(n), Timestamp(now)).await.expect("the board answers")
}

async fn look(board: &dyn PresenceBoard, n: u64) -> Presence {
    board.look(&[user(n)]).await.expect("the board answers")[0]
}
