//! Appending, and reading back what was appended.

use std::collections::BTreeSet;

use rialto_domain::apply::Command;
use rialto_domain::channel::{Channel, ChannelKind, Role};
use rialto_domain::history::fold;
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{Append, PortError};
use rialto_domain::publication::Outcome;
use rialto_domain::{Refusal, Timestamp};

use crate::builders::{add, channel_id, delete, edit, mark, mention, mention_all, pin, react, reply, send, user};
use crate::{Backend, Scribe, truth};

/// Every kind of entry comes back as it was written, once its text is brought up to date.
pub async fn what_was_appended_is_read_back(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let first = scribe.say(channel, user(1), "Buongiorno").await;
    scribe.write(channel, user(2), reply("Ciao", first)).await;
    scribe.write(channel, user(2), mention("look", &[user(1)])).await;
    scribe.write(channel, user(2), mention_all("everyone")).await;
    scribe.write(channel, user(1), edit(first, "Buonasera")).await;
    scribe.write(channel, user(2), react(first, "👍", true)).await;
    scribe.write(channel, user(1), pin(first, true)).await;
    let regretted = scribe.say(channel, user(2), "oops").await;
    scribe.write(channel, user(2), delete(regretted)).await;
    scribe.write(channel, user(1), add(&[user(3)])).await;
    scribe.write(channel, user(1), Command::SetRole { user: user(2), role: Role::Admin }).await;
    scribe.write(channel, user(1), Command::Update { title: Some("Rialto".into()), description: Some("A bridge".into()) }).await;
    scribe.write(channel, user(2), Command::Remove { user: user(3) }).await;
    scribe.write(channel, user(3), Command::Join).await;
    scribe.write(channel, user(2), Command::Leave).await;

    let written = scribe.written(channel);
    let read = backend.log.entries(channel, user(1), Seq(1), Seq(u64::MAX >> 1), 1_000).await.expect("entries");
    assert_eq!(read, truth::entries_now(&written));
    let seqs: Vec<u64> = read.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (1..=written.len() as u64).collect::<Vec<_>>());
}

/// Neither an older nor a newer head will do.
pub async fn an_append_on_another_head_is_refused_and_changes_nothing(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    scribe.say(channel, user(1), "one").await;
    let before = state(&backend, &scribe, channel).await;
    let good = scribe.prepare(channel, user(1), &send("two")).await.expect("may write").append.expect("is appended");
    let head = good.expected;
    for wrong in [Seq::ZERO, head.previous(), head.next(), Seq(head.0 + 1_000)] {
        let refused = backend.log.append(vec![Append { expected: wrong, ..good.clone() }]).await;
        assert!(matches!(refused, Err(PortError::Conflict)), "expecting {wrong} at {head}: {refused:?}");
        let only_positions = Append { expected: wrong, entries: Vec::new(), ..good.clone() };
        assert!(matches!(backend.log.append(vec![only_positions]).await, Err(PortError::Conflict)));
    }
    assert_eq!(state(&backend, &scribe, channel).await, before);

    backend.log.append(vec![good.clone()]).await.expect("the right head");
    let again = backend.log.append(vec![good]).await;
    assert!(matches!(again, Err(PortError::Conflict)), "the same append is not taken twice: {again:?}");
}

/// All of a batch is appended, or nothing, whichever of them conflicts.
pub async fn one_conflict_keeps_the_whole_batch_out(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut channels = Vec::new();
    for _ in 0..3 {
        channels.push(scribe.open(ChannelKind::Group, user(1), &[user(2)]).await);
    }
    for conflicting in 0..3 {
        let mut batch = Vec::new();
        for &channel in &channels {
            batch.push(scribe.prepare(channel, user(1), &send("not to be seen")).await.expect("may write").append.expect("is appended"));
        }
        batch[conflicting].expected = Seq(77);
        assert!(matches!(backend.log.append(batch).await, Err(PortError::Conflict)));
        for &channel in &channels {
            let entries = backend.log.entries(channel, user(1), Seq(1), Seq(100), 100).await.expect("entries");
            assert_eq!(entries, scribe.written(channel));
            let loaded = backend.log.load(channel).await.expect("is there");
            assert_eq!(loaded.head, truth::head(&scribe.written(channel)));
        }
    }
}

/// One batch, several channels, each on its own head.
pub async fn a_batch_appends_to_several_channels(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut batch = Vec::new();
    for n in 0..5 {
        let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
        for _ in 0..n {
            scribe.say(channel, user(1), "before").await;
        }
        batch.push(scribe.prepare(channel, user(1), &send("together")).await.expect("may write").append.expect("is appended"));
    }
    backend.log.append(batch.clone()).await.expect("all heads are right");
    for append in batch {
        let read = backend.log.entries(append.channel, user(1), append.expected.next(), Seq(100), 10).await.expect("entries");
        assert_eq!(read, append.entries);
    }
    backend.log.append(Vec::new()).await.expect("an empty batch is no fault");
}

/// Entries that change entries of the same append: as if each had come alone.
pub async fn one_append_holds_entries_that_change_each_other(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    let sending = mention("first", &[user(2)]);
    let commands = [
        (1, sending.clone()),
        (1, edit(Seq(3), "first, edited")),
        (2, react(Seq(3), "👍", true)),
        (3, react(Seq(3), "👍", true)),
        (3, react(Seq(3), "👍", false)),
        (1, pin(Seq(3), true)),
        (2, send("second")),
        (2, pin(Seq(9), true)),
        (1, pin(Seq(9), true)),
        (2, edit(Seq(9), "a SECRET")),
        (2, delete(Seq(9))),
        (3, mark(4, 3)),
        (3, Command::Leave),
        (1, add(&[user(3)])),
        (1, sending),
    ];
    let commands: Vec<_> = commands.into_iter().map(|(n, command)| (user(n), command)).collect();
    let outcomes = scribe.together(channel, &commands).await;
    assert_eq!(outcomes[7], Err(Refusal::RoleTooLow));
    assert_eq!(outcomes[14], Ok(Outcome::Stored(Seq(3))));

    let written = scribe.written(channel);
    let entries = backend.log.entries(channel, user(1), Seq(1), Seq(100), 100).await.expect("entries");
    assert_eq!(entries, truth::entries_now(&written));
    let everything = [Interval { from: Seq(1), to: None }];
    let history = backend.log.history(channel, user(2), &everything, Window::Latest, 10).await.expect("history");
    assert_eq!(history, fold(&written, user(2)));
    assert_eq!((history[0].reactions[0].count, history[0].pinned, history[1].deleted, history[1].pinned), (1, true, true, false));
    assert!(!format!("{entries:?}{history:?}").contains("SECRET"));
    let member = backend.channels.find_member(channel, user(3)).await.expect("the store answers").expect("is in");
    assert_eq!((member.visible.len(), member.position.read), (1, truth::head(&written).seq));
    let listing = backend.channels.find_listing(user(2), channel).await.expect("the store answers").expect("is in");
    assert_eq!((listing.members, listing.unread, listing.head), (3, 0, truth::head(&written)));
}

/// Several writers, of which only one at a time can be right about the head.
pub async fn racing_writers_leave_one_log_without_gaps(backend: Backend) {
    let scribe = std::sync::Arc::new(Scribe::new(&backend));
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3), user(4)]).await;
    let writers: Vec<_> = (1..=4)
        .map(|n| {
            let scribe = scribe.clone();
            tokio::spawn(async move {
                for step in 0..15 {
                    scribe.say(channel, user(n), &format!("{n} says {step}")).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer comes to its end");
    }
    let entries = backend.log.entries(channel, user(1), Seq(1), Seq(1_000), 1_000).await.expect("entries");
    assert_eq!(entries, scribe.written(channel));
    assert_eq!(entries.len(), 2 + 4 * 15);
    assert!(entries.iter().zip(1..).all(|(entry, seq)| entry.seq == Seq(seq)));
    assert_eq!(entries.last().map(|entry| entry.n), Some(60));
}

/// There is nothing to load, and nothing to append to.
pub async fn a_channel_that_was_never_made_is_not_found(backend: Backend) {
    let channel = channel_id();
    assert!(matches!(backend.log.load(channel).await, Err(PortError::NotFound)));
    let scribe = Scribe::new(&backend);
    let other = scribe.open(ChannelKind::Group, user(1), &[]).await;
    let mut append = scribe.prepare(other, user(1), &send("lost")).await.expect("may write").append.expect("is appended");
    append.channel = channel;
    assert!(backend.log.append(vec![append]).await.is_err());
    assert!(matches!(backend.log.load(channel).await, Err(PortError::NotFound)));
}

/// Kind, title, head, members present and former with roles, stretches and positions.
pub async fn a_channel_is_loaded_as_its_writer_left_it(backend: Backend) {
    let scribe = Scribe::new(&backend);
    for kind in [ChannelKind::Group, ChannelKind::Broadcast] {
        let channel = scribe.open(kind, user(1), &[user(2), user(3)]).await;
        scribe.say(channel, user(1), "one").await;
        scribe.settle(channel, user(3), mark(3, 2)).await;
        scribe.write(channel, user(1), Command::Update { title: Some("New".into()), description: None }).await;
        scribe.write(channel, user(1), Command::SetRole { user: user(3), role: Role::Admin }).await;
        scribe.write(channel, user(2), Command::Leave).await;

        let loaded = backend.log.load(channel).await.expect("is there");
        assert_eq!((loaded.id, loaded.kind, loaded.deleted), (channel, kind, false));
        assert_eq!(loaded.about.title.as_deref(), Some("New"));
        assert_eq!(loaded.about.description, None);
        assert_eq!(loaded.head, truth::head(&scribe.written(channel)));
        assert_eq!(loaded.active_count(), 2);
        let all: BTreeSet<_> = loaded.members().map(|(user, _)| user).collect();
        assert_eq!(all, BTreeSet::from([user(1), user(2), user(3)]));
        let former = loaded.member(user(2)).expect("is remembered");
        assert_eq!(former.visible.last().and_then(|stretch| stretch.to), Some(loaded.head.seq));
        let admin = loaded.active_member(user(3)).expect("is in");
        assert_eq!((admin.role, admin.position.delivered, admin.position.read), (Role::Admin, Seq(3), Seq(2)));
        assert_eq!((loaded.minima().delivered(), loaded.minima().read()), (Seq(3), Seq(2)));
    }
}

/// A mark is an append without entries; marks that go back move nothing.
pub async fn positions_move_without_entries_and_only_forward(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    for words in ["one", "two", "three"] {
        scribe.say(channel, user(1), words).await;
    }
    let head = backend.log.load(channel).await.expect("is there").head;
    let steps = [((4, 3), (4, 3)), ((3, 2), (4, 3)), ((4, 4), (4, 4)), ((99, 0), (5, 4)), ((0, 99), (5, 5))];
    for ((delivered, read), (is_delivered, is_read)) in steps {
        scribe.settle(channel, user(2), mark(delivered, read)).await;
        let loaded = backend.log.load(channel).await.expect("is there");
        let position = loaded.active_member(user(2)).expect("is in").position;
        assert_eq!((position.delivered, position.read), (Seq(is_delivered), Seq(is_read)), "after mark({delivered}, {read})");
        assert_eq!(position.read_n, is_read - 2);
        assert_eq!(loaded.head, head);
        let row = backend.channels.find_member(channel, user(2)).await.expect("the store answers").expect("is in");
        assert_eq!(row.position, position);
        let other = loaded.active_member(user(3)).expect("is in").position;
        assert_eq!((other.delivered, other.read), (Seq(2), Seq(2)), "who did not move stands still");
    }
    let moved_at = backend.log.load(channel).await.expect("is there").active_member(user(2)).expect("is in").position;
    assert!(moved_at.delivered_at > Timestamp(0) && moved_at.delivered_at < moved_at.read_at);
}

/// Memberships are stretches of the log: leaving ends one, returning begins another, positions never go back.
pub async fn who_returns_sees_both_stretches(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    scribe.say(channel, user(1), "seen").await;
    scribe.write(channel, user(1), Command::Remove { user: user(2) }).await;
    scribe.say(channel, user(1), "not seen").await;
    scribe.write(channel, user(1), add(&[user(2)])).await;
    scribe.say(channel, user(1), "seen again").await;
    let member = backend.channels.find_member(channel, user(2)).await.expect("the store answers").expect("is in");
    assert_eq!(member.visible.to_vec(), [Interval { from: Seq(2), to: Some(Seq(4)) }, Interval { from: Seq(6), to: None }]);
    assert_eq!((member.position.delivered, member.position.read, member.position.read_n), (Seq(6), Seq(6), 2));
    let loaded = backend.log.load(channel).await.expect("is there");
    assert_eq!(loaded.active_member(user(2)), Ok(&member));
}

/// A row changes without an entry.
pub async fn blocking_is_kept_without_an_entry(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Direct, user(1), &[user(2)]).await;
    let head = backend.log.load(channel).await.expect("is there").head;
    for on in [true, false] {
        scribe.settle(channel, user(1), Command::Block { on }).await;
        let loaded = backend.log.load(channel).await.expect("is there");
        let blocking = |n| loaded.member(user(n)).map(|member| member.blocking);
        assert_eq!((blocking(1), blocking(2)), (Some(on), Some(false)));
        assert_eq!(loaded.head, head);
    }
}

/// `from..=to`, at most `limit`, oldest first.
pub async fn ranges_of_entries_are_bounded_on_both_sides(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
    for n in 2..=9 {
        assert_eq!(scribe.say(channel, user(1), "word").await, Seq(n));
    }
    let cases: [(u64, u64, usize, &[u64]); 9] = [
        (1, 9, 100, &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (3, 5, 100, &[3, 4, 5]),
        (3, 9, 2, &[3, 4]),
        (0, 2, 100, &[1, 2]),
        (3, 9, 1, &[3]),
        (9, 9, 1, &[9]),
        (10, 20, 100, &[]),
        (8, 1_000_000, 100, &[8, 9]),
        (5, 4, 100, &[]),
    ];
    for (from, to, limit, expected) in cases {
        let entries = backend.log.entries(channel, user(1), Seq(from), Seq(to), limit).await.expect("entries");
        let seqs: Vec<u64> = entries.iter().map(|entry| entry.seq.0).collect();
        assert_eq!(seqs, expected, "entries {from}..={to}, at most {limit}");
    }
}

/// A channel as text, for comparing: head, members, minima, and what a listing and the entries say.
async fn state(backend: &Backend, scribe: &Scribe, channel: rialto_domain::ChannelId) -> String {
    let loaded: Channel = backend.log.load(channel).await.expect("is there");
    let entries = backend.log.entries(channel, user(1), Seq(1), Seq(1_000), 1_000).await.expect("entries");
    assert_eq!(entries, scribe.written(channel));
    let listing = backend.channels.find_listing(user(1), channel).await.expect("the store answers");
    format!("{loaded:?} {listing:?}")
}
