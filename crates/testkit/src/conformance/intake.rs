//! What every [`Intake`] is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use rialto_domain::ChannelId;
use rialto_domain::apply::Command;
use rialto_domain::log::Seq;
use rialto_domain::ports::{Intake, IntakeReader, Order, PortError, Ticket};

use crate::builders::{channel_id, mark, send, user};

/// Asks an intake everything: `ask_intake!(fresh)`, where `fresh` is an
/// `async fn(bound: usize) -> (Arc<dyn Intake>, Box<dyn IntakeReader>)` that makes an empty one with room for `bound` orders.
#[macro_export]
macro_rules! ask_intake {
    ($fresh:expr) => {
        $crate::ask! {
            intake, $fresh,
            an_order_comes_out_as_it_went_in
            orders_of_a_channel_come_out_in_order
            a_take_brings_no_more_than_asked
            a_reader_that_waits_is_woken
            beyond_its_bound_it_refuses
            room_that_was_made_is_given_again
            submitters_at_once_lose_nothing
        }
    };
}

/// Both ends of an intake.
pub type Ends = (Arc<dyn Intake>, Box<dyn IntakeReader>);

/// Channel, actor, command and ticket.
pub async fn an_order_comes_out_as_it_went_in(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(10).await;
    let command = send("take this 🛶");
    let order = Order { channel: channel_id(), actor: user(3), command: command.clone(), ticket: Some(Ticket { gateway: u64::MAX, number: 7 }) };
    intake.submit(order.clone()).await.expect("there is room");
    let taken = reader.take(10).await.expect("takes");
    let [out] = &taken[..] else { panic!("one order, not {taken:?}") };
    assert_eq!((out.channel, out.actor, &out.command, out.ticket), (order.channel, user(3), &command, order.ticket));
    reader.done().await.expect("is done");
}

/// Whatever other channels do in between.
pub async fn orders_of_a_channel_come_out_in_order(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(100).await;
    let channels = [channel_id(), channel_id(), channel_id()];
    for step in 0..60 {
        intake.submit(step_of(channels[step as usize % 3], step)).await.expect("there is room");
    }
    let taken = take_all(&mut *reader, 60).await;
    for (place, channel) in channels.into_iter().enumerate() {
        let expected: Vec<u64> = (0..60).filter(|step| *step as usize % 3 == place).collect();
        assert_eq!(taken.get(&channel), Some(&expected));
    }
}

/// And leaves the rest for the next.
pub async fn a_take_brings_no_more_than_asked(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(100).await;
    let channel = channel_id();
    for step in 0..10 {
        intake.submit(step_of(channel, step)).await.expect("there is room");
    }
    let mut sizes = 0;
    while sizes < 10 {
        let batch = reader.take(4).await.expect("takes");
        assert!((1..=4).contains(&batch.len()), "{} orders", batch.len());
        assert!(batch.iter().map(step_in).eq(sizes..sizes + batch.len() as u64), "in order");
        sizes += batch.len() as u64;
        reader.done().await.expect("is done");
    }
}

/// An order that comes while the reader waits.
pub async fn a_reader_that_waits_is_woken(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(10).await;
    let channel = channel_id();
    for step in 0..50 {
        let waiting = tokio::spawn(async move {
            let taken = reader.take(10).await.expect("takes");
            reader.done().await.expect("is done");
            (reader, taken)
        });
        tokio::task::yield_now().await;
        intake.submit(step_of(channel, step)).await.expect("there is room");
        let (back, taken) = waiting.await.expect("comes to its end");
        assert_eq!(taken.iter().map(step_in).collect::<Vec<_>>(), [step]);
        reader = back;
    }
}

/// What was accepted before is not lost by it.
pub async fn beyond_its_bound_it_refuses(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(5).await;
    let channel = channel_id();
    for step in 0..5 {
        intake.submit(step_of(channel, step)).await.expect("there is room");
    }
    for step in 5..20 {
        let refused = intake.submit(step_of(channel, step)).await;
        assert!(matches!(refused, Err(PortError::Overloaded { .. })), "{refused:?}");
    }
    let taken = take_all(&mut *reader, 5).await;
    assert_eq!(taken, BTreeMap::from([(channel, vec![0, 1, 2, 3, 4])]));
}

/// A full intake recovers when it is read.
pub async fn room_that_was_made_is_given_again(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(3).await;
    let channel = channel_id();
    for round in 0..10 {
        for step in 0..3 {
            intake.submit(step_of(channel, 3 * round + step)).await.expect("there is room again");
        }
        assert!(intake.submit(step_of(channel, 999)).await.is_err());
        let taken = take_all(&mut *reader, 3).await;
        assert_eq!(taken, BTreeMap::from([(channel, vec![3 * round, 3 * round + 1, 3 * round + 2])]));
    }
}

/// Each submitter's orders come out in that submitter's order.
pub async fn submitters_at_once_lose_nothing(fresh: impl AsyncFn(usize) -> Ends) {
    let (intake, mut reader) = fresh(1_000).await;
    let submitters: Vec<_> = (0..4)
        .map(|_| {
            let (intake, channel) = (intake.clone(), channel_id());
            tokio::spawn(async move {
                for step in 0..100 {
                    intake.submit(step_of(channel, step)).await.expect("there is room");
                }
            })
        })
        .collect();
    let taken = take_all(&mut *reader, 400).await;
    assert_eq!(taken.len(), 4);
    assert!(taken.values().all(|steps| steps.iter().copied().eq(0..100)), "{taken:?}");
    for submitter in submitters {
        submitter.await.expect("comes to its end");
    }
}

/// Takes so many orders, and sorts their steps by channel.
async fn take_all(reader: &mut dyn IntakeReader, count: usize) -> BTreeMap<ChannelId, Vec<u64>> {
    let mut taken: BTreeMap<ChannelId, Vec<u64>> = BTreeMap::new();
    while taken.values().map(Vec::len).sum::<usize>() < count {
        let batch = reader.take(count).await.expect("takes");
        assert!(!batch.is_empty(), "an open intake waits for orders");
        for order in &batch {
            taken.entry(order.channel).or_default().push(step_in(order));
        }
        reader.done().await.expect("is done");
    }
    taken
}

fn step_of(channel: ChannelId, step: u64) -> Order {
    Order { channel, actor: user(1), command: mark(step, 0), ticket: None }
}

fn step_in(order: &Order) -> u64 {
    match order.command {
        Command::Mark { delivered: Seq(step), .. } => step,
        _ => panic!("only marks were submitted: {order:?}"),
    }
}
