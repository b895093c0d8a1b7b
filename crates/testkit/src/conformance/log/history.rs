//! Messages as people read them.

use rialto_domain::ChannelId;
use rialto_domain::apply::Command;
use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::Content;
use rialto_domain::history::{Folded, NAMED_REACTORS};
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::Newest;

use crate::builders::{add, edit, pin, react, send, text, user, users};
use crate::{Backend, Scribe};

const EVERYTHING: [Interval; 1] = [Interval { from: Seq(1), to: None }];

/// The nearest messages are chosen, and stand oldest first.
pub async fn windows_cut_the_history_where_they_say(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
    // 1 is the founding; messages stand at 2, 4, 6 … 12, edits between them.
    for n in 1..=6 {
        let seq = scribe.say(channel, user(1), "word").await;
        assert_eq!(seq, Seq(2 * n));
        scribe.write(channel, user(1), edit(seq, "words")).await;
    }
    let cases: [(Window, usize, &[u64]); 14] = [
        (Window::Latest, 3, &[8, 10, 12]),
        (Window::Latest, 100, &[2, 4, 6, 8, 10, 12]),
        (Window::Before(Seq(8)), 2, &[4, 6]),
        (Window::Before(Seq(9)), 2, &[6, 8]),
        (Window::Before(Seq(2)), 2, &[]),
        (Window::Before(Seq(0)), 2, &[]),
        (Window::Before(Seq(1_000)), 1, &[12]),
        (Window::After(Seq(0)), 2, &[2, 4]),
        (Window::After(Seq(4)), 2, &[6, 8]),
        (Window::After(Seq(5)), 2, &[6, 8]),
        (Window::After(Seq(10)), 5, &[12]),
        (Window::After(Seq(12)), 5, &[]),
        (Window::After(Seq(1_000)), 5, &[]),
        (Window::Around(Seq(6)), 100, &[2, 4, 6, 8, 10, 12]),
    ];
    for (window, limit, expected) in cases {
        let read = backend.log.history(channel, user(1), &EVERYTHING, window, limit).await.expect("history");
        assert_eq!(seqs(&read), expected, "{window:?}, at most {limit}");
    }
}

/// Itself if it is a message, and its neighbours on both sides, without a hole, never more than asked.
pub async fn a_window_around_a_place_has_both_sides(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
    for _ in 0..12 {
        let seq = scribe.say(channel, user(1), "word").await;
        scribe.write(channel, user(1), react(seq, "👍", true)).await;
    }
    let all: Vec<u64> = (1..=12).map(|n| 2 * n).collect();
    for place in 1..=26 {
        for limit in 1..=13 {
            let around = Window::Around(Seq(place));
            let read = seqs(&backend.log.history(channel, user(1), &EVERYTHING, around, limit).await.expect("history"));
            assert!(read.len() <= limit, "around {place}, at most {limit}: {read:?}");
            assert!(all.windows(read.len().max(1)).any(|run| run == read) || read.is_empty(), "without a hole: {read:?}");
            assert_eq!(read.contains(&place), all.contains(&place), "around {place}, at most {limit}: {read:?}");
            let count = |seqs: &[u64], side: fn(&u64, &u64) -> bool| seqs.iter().filter(|seq| side(seq, &place)).count();
            for side in [u64::lt as fn(&u64, &u64) -> bool, u64::gt] {
                let at_least = count(&all, side).min((limit - 1) / 2);
                assert!(count(&read, side) >= at_least, "both sides around {place}, at most {limit}: {read:?}");
            }
        }
    }
}

/// Stretches of membership, with holes; a window looks through the holes to the next visible message.
pub async fn only_visible_stretches_are_read(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
    for _ in 2..=20 {
        scribe.say(channel, user(1), "word").await;
    }
    let stretch = |from, to| Interval { from: Seq(from), to };
    let visible = [stretch(3, Some(Seq(5))), stretch(9, Some(Seq(9))), stretch(17, None)];
    let cases: [(Window, usize, &[u64]); 6] = [
        (Window::Latest, 100, &[3, 4, 5, 9, 17, 18, 19, 20]),
        (Window::Latest, 6, &[5, 9, 17, 18, 19, 20]),
        (Window::Before(Seq(17)), 2, &[5, 9]),
        (Window::Before(Seq(12)), 3, &[4, 5, 9]),
        (Window::After(Seq(4)), 3, &[5, 9, 17]),
        (Window::After(Seq(6)), 2, &[9, 17]),
    ];
    for (window, limit, expected) in cases {
        let read = backend.log.history(channel, user(1), &visible, window, limit).await.expect("history");
        assert_eq!(seqs(&read), expected, "{window:?}, at most {limit}");
    }
    let around = backend.log.history(channel, user(1), &visible, Window::Around(Seq(12)), 100).await.expect("history");
    assert_eq!(seqs(&around), [3, 4, 5, 9, 17, 18, 19, 20]);
    for window in [Window::Latest, Window::Before(Seq(9)), Window::After(Seq(9)), Window::Around(Seq(9))] {
        let read = backend.log.history(channel, user(1), &[], window, 100).await.expect("history");
        assert_eq!(read, Vec::new(), "who may see nothing reads nothing: {window:?}");
    }
    for seq in [4, 7, 9, 18] {
        scribe.write(channel, user(1), pin(Seq(seq), true)).await;
    }
    let pinned = backend.log.pinned(channel, user(1), &visible).await.expect("pinned");
    assert_eq!(seqs(&pinned), [4, 9, 18]);
}

/// Each wish is answered as if it were the only one; a channel that is gone spoils nothing.
pub async fn the_newest_of_several_channels_come_in_the_order_of_the_wishes(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let (busy, quiet) = (scribe.open(ChannelKind::Group, user(1), &[user(2)]).await, scribe.open(ChannelKind::Group, user(1), &[user(2)]).await);
    for _ in 3..=7 {
        scribe.say(busy, user(1), "word").await;
    }
    backend.channels.hide(user(2), busy, Seq(7)).await.expect("hides");
    let wish = |channel, from, to: u64, count| Newest { channel, visible: vec![Interval { from: Seq(from), to: Some(Seq(to)) }], count };
    let never_made = ChannelId::from_bytes([7; 16]);
    let wishes = [wish(busy, 1, 9, 2), wish(never_made, 1, 9, 2), wish(quiet, 1, 9, 2), wish(busy, 1, 4, 9), wish(busy, 1, 9, 0)];
    let read = backend.log.newest(user(2), &wishes).await.expect("newest");
    assert_eq!(read.iter().map(|page| seqs(page)).collect::<Vec<_>>(), [vec![5, 6], vec![], vec![], vec![3, 4], vec![]]);
    assert_eq!(backend.log.newest(user(2), &[]).await.expect("newest"), Vec::<Vec<Folded>>::new());
}

/// A message as it is now.
pub async fn edits_reactions_and_pins_are_folded_in(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    let sending = send("draft");
    let seq = scribe.write(channel, user(1), sending.clone()).await;
    let stored_at = scribe.now();
    scribe.write(channel, user(1), edit(seq, "better")).await;
    scribe.write(channel, user(1), edit(seq, "best")).await;
    let edited_at = scribe.now();
    for (n, emoji, on) in [(3, "👍", true), (2, "👍", true), (2, "🎉", true), (3, "🛶", true), (3, "🛶", false)] {
        scribe.write(channel, user(n), react(seq, emoji, on)).await;
    }
    scribe.write(channel, user(1), pin(seq, true)).await;

    let read = backend.log.history(channel, user(2), &EVERYTHING, Window::Latest, 10).await.expect("history");
    let [message] = &read[..] else { panic!("one message, not {read:?}") };
    assert_eq!((message.channel, message.seq, message.sender, message.n), (channel, seq, user(1), 1));
    assert_eq!((message.client_id, message.at, message.edited_at), (sending.client_id(), stored_at, Some(edited_at)));
    assert_eq!((message.message.body.as_ref(), message.deleted, message.pinned), (Some(&text("best")), false, true));
    let reactions: Vec<_> = message.reactions.iter().map(|r| (r.emoji.as_str(), r.count, r.mine, r.users.clone())).collect();
    assert_eq!(reactions, [("🎉", 1, true, vec![user(2)]), ("👍", 2, true, vec![user(2), user(3)])]);
    assert_eq!(backend.log.pinned(channel, user(2), &EVERYTHING).await.expect("pinned"), read);

    let for_another = backend.log.history(channel, user(1), &EVERYTHING, Window::Latest, 10).await.expect("history");
    assert!(for_another[0].reactions.iter().all(|reaction| !reaction.mine));
    scribe.write(channel, user(1), pin(seq, false)).await;
    assert_eq!(backend.log.pinned(channel, user(2), &EVERYTHING).await.expect("pinned"), Vec::new());
}

/// Also by whoever looked a moment ago, and whoever looks again.
pub async fn what_becomes_of_a_message_is_seen_at_the_next_look(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let seq = scribe.say(channel, user(1), "word").await;
    let look = async || {
        let read = backend.log.history(channel, user(1), &EVERYTHING, Window::Latest, 10).await.expect("history");
        (read[0].pinned, read[0].reactions.len())
    };
    assert_eq!((look().await, look().await), ((false, 0), (false, 0)));
    for (command, seen) in [
        (react(seq, "👍", true), (false, 1)),
        (react(seq, "🎉", true), (false, 2)),
        (pin(seq, true), (true, 2)),
        (react(seq, "👍", false), (true, 1)),
        (pin(seq, false), (false, 1)),
        (react(seq, "🎉", false), (false, 0)),
    ] {
        scribe.write(channel, user(1), command).await;
        assert_eq!((look().await, look().await), (seen, seen));
    }
}

/// The count is of all; the names are the first by id.
pub async fn a_crowd_of_reactors_is_counted_and_some_are_named(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let crowd = users(2, 40);
    let channel = scribe.open(ChannelKind::Group, user(1), &crowd).await;
    let seq = scribe.say(channel, user(1), "raise your hands").await;
    for &reactor in crowd.iter().rev() {
        scribe.write(channel, reactor, react(seq, "🙋", true)).await;
    }
    let read = backend.log.history(channel, user(40), &EVERYTHING, Window::Latest, 1).await.expect("history");
    let [reaction] = &read[0].reactions[..] else { panic!("one emoji, not {read:?}") };
    assert_eq!((reaction.count, reaction.mine), (39, true), "the reader is counted, named or not");
    assert_eq!(reaction.users, crowd[..NAMED_REACTORS]);
}

/// Entries, history and pins; and nobody else misses it.
pub async fn what_a_reader_deleted_for_themselves_is_gone_for_them_alone(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    for _ in 3..=8 {
        scribe.say(channel, user(1), "word").await;
    }
    scribe.write(channel, user(1), pin(Seq(5), true)).await;
    for _ in 0..2 {
        backend.channels.hide(user(2), channel, Seq(5)).await.expect("may be repeated");
    }
    backend.channels.hide(user(2), channel, Seq(8)).await.expect("hides");
    let read = |reader, window, limit| {
        let log = backend.log.clone();
        async move { seqs(&log.history(channel, user(reader), &EVERYTHING, window, limit).await.expect("history")) }
    };
    assert_eq!(read(2, Window::Latest, 3).await, [4, 6, 7]);
    assert_eq!(read(2, Window::Before(Seq(7)), 2).await, [4, 6]);
    assert_eq!(read(2, Window::After(Seq(3)), 2).await, [4, 6]);
    assert_eq!(read(2, Window::Around(Seq(5)), 10).await, [3, 4, 6, 7]);
    assert_eq!(read(1, Window::Latest, 4).await, [5, 6, 7, 8]);
    let entries = |reader| entry_seqs(&backend, channel, reader);
    assert_eq!(entries(2).await, [1, 2, 3, 4, 6, 7, 9]);
    assert_eq!(entries(1).await, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(seqs(&backend.log.pinned(channel, user(2), &EVERYTHING).await.expect("pinned")), [0; 0]);
    assert_eq!(seqs(&backend.log.pinned(channel, user(1), &EVERYTHING).await.expect("pinned")), [5]);

    // A hidden place in one channel hides nothing in another, and who comes in later sees all there is to see.
    let other = scribe.open(ChannelKind::Broadcast, user(1), &[user(2)]).await;
    for _ in 3..=5 {
        scribe.say(other, user(1), "word").await;
    }
    assert_eq!(entry_seqs(&backend, other, 2).await, [1, 2, 3, 4, 5]);
    scribe.write(channel, user(1), add(&[user(3)])).await;
    assert_eq!(entries(3).await, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    scribe.write(channel, user(1), Command::Remove { user: user(2) }).await;
    assert_eq!(read(2, Window::Latest, 1).await, [7], "hidden it stays, also after leaving");
}

async fn entry_seqs(backend: &Backend, channel: ChannelId, reader: u64) -> Vec<u64> {
    let entries = backend.log.entries(channel, user(reader), Seq(1), Seq(1_000), 1_000).await.expect("entries");
    entries.iter().map(|entry| entry.seq.0).collect()
}

fn seqs(messages: &[Folded]) -> Vec<u64> {
    assert!(messages.iter().all(|message| matches!(message.message.body, Some(Content::Text(_)))));
    messages.iter().map(|message| message.seq.0).collect()
}
