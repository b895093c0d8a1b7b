//! A user's channels, the most recently active first.

use std::collections::BTreeSet;

use rialto_domain::apply::Command;
use rialto_domain::channel::{About, ChannelKind, Role};
use rialto_domain::entry::Mentions;
use rialto_domain::log::{Interval, Seq};
use rialto_domain::ports::{ChannelPage, Listing};
use rialto_domain::unread::{DISPLAY_CAP, at_most};
use rialto_domain::{ChannelId, Timestamp};

use crate::builders::{channel_id, client_id, delete, edit, founding, mark, mention, mention_all, send, text, user};
use crate::story::Story;
use crate::{Backend, Scribe, truth};

/// By the time of their newest entry, whatever it is.
pub async fn a_list_begins_with_the_most_recently_active(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut channels = Vec::new();
    for _ in 0..4 {
        channels.push(scribe.open(ChannelKind::Group, user(1), &[user(2)]).await);
    }
    let [a, b, c, d] = channels[..] else { unreachable!("four were opened") };
    assert_eq!(ids(&list(&backend, 2, 10).await), [d, c, b, a]);
    scribe.say(b, user(1), "word").await;
    scribe.write(a, user(1), Command::Update { title: Some("New".into()), description: None }).await;
    assert_eq!(ids(&list(&backend, 2, 10).await), [a, b, d, c]);
    scribe.settle(c, user(2), mark(2, 2)).await;
    assert_eq!(ids(&list(&backend, 2, 10).await), [a, b, d, c], "to read is no activity");
    scribe.write(d, user(2), Command::Leave).await;
    assert_eq!(ids(&list(&backend, 2, 10).await), [a, b, c]);
    assert_eq!(ids(&list(&backend, 1, 10).await), [d, a, b, c]);
    assert_eq!(list(&backend, 9, 10).await, ChannelPage::default(), "a stranger has none");
}

/// For every size of page; and the last page says that it is the last.
pub async fn a_list_gives_every_channel_once_over_its_pages(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut newest_first = Vec::new();
    for n in 0..12 {
        newest_first.insert(0, scribe.open(ChannelKind::Group, user(1), &[user(2 + n % 3)]).await);
    }
    for limit in [1, 2, 3, 4, 6, 11, 12, 13, 100] {
        assert_eq!(over_pages(&backend, 1, limit).await, newest_first, "pages of {limit}");
        assert_eq!(over_pages(&backend, 2, limit).await.len(), 4, "pages of {limit}");
    }
}

/// The same moment is the same place only for the same channel.
pub async fn a_list_of_channels_active_at_the_same_moment_is_complete(backend: Backend) {
    let mut expected = BTreeSet::new();
    for _ in 0..9 {
        let new = founding(channel_id(), ChannelKind::Group, user(1), &[], Timestamp(5_000));
        expected.insert(new.id);
        backend.channels.create(new).await.expect("is new");
    }
    for limit in 1..=10 {
        let told = over_pages(&backend, 1, limit).await;
        assert_eq!((told.len(), told.into_iter().collect::<BTreeSet<_>>()), (9, expected.clone()), "pages of {limit}");
    }
}

/// It is not lost between two pages: it is on the first page now.
pub async fn a_channel_that_becomes_active_moves_to_the_top(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut channels = Vec::new();
    for _ in 0..6 {
        channels.push(scribe.open(ChannelKind::Group, user(1), &[]).await);
    }
    let first = list(&backend, 1, 3).await;
    scribe.say(channels[0], user(1), "here I am").await;
    let second = backend.channels.list(user(1), first.next, 3).await.expect("a page");
    assert_eq!(ids(&second), [channels[2], channels[1]], "the others are still given once");
    assert_eq!(second.next, None);
    assert_eq!(ids(&list(&backend, 1, 2).await), [channels[0], channels[5]]);
}

/// Every field.
pub async fn a_listing_tells_what_the_reader_needs(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Broadcast, user(1), &[user(2), user(3)]).await;
    scribe.write(channel, user(1), Command::Update { title: Some("News".into()), description: Some("of the Rialto".into()) }).await;
    scribe.say(channel, user(1), "one").await;
    scribe.write(channel, user(1), mention_all("two")).await;
    scribe.write(channel, user(1), Command::SetRole { user: user(2), role: Role::Admin }).await;
    scribe.settle(channel, user(2), mark(5, 4)).await;
    scribe.write(channel, user(3), Command::Leave).await;
    let listing = find(&backend, 2, channel).await;
    let position = backend.log.load(channel).await.expect("is there").active_member(user(2)).expect("is in").position;
    let expected = Listing {
        channel,
        kind: ChannelKind::Broadcast,
        about: About { title: Some("News".into()), description: Some("of the Rialto".into()) },
        head: truth::head(&scribe.written(channel)),
        members: 2,
        minima: (Seq(5), Seq(4)),
        peer: None,
        role: Role::Admin,
        visible: vec![Interval { from: Seq(1), to: None }],
        position,
        flags: Default::default(),
        unread: 1,
        mentions: 1,
    };
    assert_eq!((position.delivered, position.read, position.read_n), (Seq(5), Seq(4), 1));
    assert_eq!(listing, expected);
    assert_eq!(list(&backend, 2, 10).await, ChannelPage { channels: vec![expected], next: None }, "a page tells the same");
}

/// The other one, seen from each side.
pub async fn a_listing_of_a_direct_channel_names_the_peer(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Direct, user(2), &[user(1)]).await;
    for (reader, peer) in [(1, 2), (2, 1)] {
        let listing = find(&backend, reader, channel).await;
        assert_eq!((listing.peer, listing.kind, listing.about), (Some(user(peer)), ChannelKind::Direct, About::default()));
    }
}

/// Others' messages after the read position that are visible, not deleted, and not hidden by the reader.
pub async fn unread_messages_are_counted_exactly(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    let counts = |n| {
        let backend = backend.clone();
        async move {
            let listing = find(&backend, n, channel).await;
            (listing.unread, listing.mentions)
        }
    };
    assert_eq!(counts(2).await, (0, 0), "what came before one's coming is no news");
    let first = scribe.say(channel, user(1), "one").await;
    let second = scribe.write(channel, user(1), mention("two", &[user(2)])).await;
    let third = scribe.write(channel, user(1), mention_all("three")).await;
    assert_eq!((counts(1).await, counts(2).await, counts(3).await), ((0, 0), (3, 2), (3, 1)));
    scribe.write(channel, user(1), edit(first, "one, edited")).await;
    assert_eq!(counts(2).await, (3, 2), "only messages count");
    scribe.write(channel, user(1), delete(second)).await;
    assert_eq!(counts(2).await, (2, 1), "what was deleted is not waiting");
    backend.channels.hide(user(2), channel, third).await.expect("hides");
    assert_eq!((counts(2).await, counts(3).await), ((1, 0), (2, 1)), "nor what one deleted for oneself");
    scribe.settle(channel, user(3), mark(0, first.0)).await;
    assert_eq!(counts(3).await, (1, 1));
    let own = scribe.say(channel, user(3), "mine").await;
    assert_eq!(counts(3).await, (0, 0), "who writes has read");
    assert_eq!(counts(1).await, (1, 0));
    scribe.settle(channel, user(1), mark(own.0, own.0)).await;
    assert_eq!(counts(1).await, (0, 0));

    scribe.write(channel, user(1), Command::Remove { user: user(2) }).await;
    scribe.say(channel, user(1), "while away").await;
    scribe.write(channel, user(1), Command::Add { users: vec![user(2)] }).await;
    assert_eq!(counts(2).await, (0, 0), "what was said in one's absence is not waiting");
    scribe.say(channel, user(1), "back").await;
    assert_eq!(counts(2).await, (1, 0));
}

/// A mention counts as the message says it now.
pub async fn an_edit_changes_who_is_mentioned(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    let seq = scribe.write(channel, user(1), mention("you", &[user(2)])).await;
    let mentions = Mentions { users: vec![user(3)], all: false };
    let anew = Command::Edit { client_id: Some(client_id()), target: seq, body: text("no, you"), mentions };
    scribe.write(channel, user(1), anew).await;
    assert_eq!((find(&backend, 2, channel).await.mentions, find(&backend, 3, channel).await.mentions), (0, 1));
    scribe.write(channel, user(1), edit(seq, "nobody")).await;
    assert_eq!(find(&backend, 3, channel).await.mentions, 0);
}

/// Exact up to the cap, and more than the cap beyond it.
pub async fn beyond_the_display_cap_a_count_says_so(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let mut batch = scribe.prepare(channel, user(1), &send("word")).await.expect("may write").append.expect("is appended");
    let template = batch.entries.remove(0);
    for n in 1..=DISPLAY_CAP + 20 {
        let mut entry = template.clone();
        (entry.seq, entry.n, entry.client_id) = (Seq(2 + n), n, Some(client_id()));
        batch.entries.push(entry);
    }
    backend.log.append(vec![batch]).await.expect("a large append");
    let listing = find(&backend, 2, channel).await;
    assert!(listing.unread > DISPLAY_CAP && listing.unread <= at_most(&listing.head, &listing.position), "{}", listing.unread);
    scribe.settle(channel, user(2), mark(22, 22)).await;
    assert_eq!(find(&backend, 2, channel).await.unread, DISPLAY_CAP);
    scribe.settle(channel, user(2), mark(23, 23)).await;
    assert_eq!(find(&backend, 2, channel).await.unread, DISPLAY_CAP - 1);
}

/// Unread, mentions, minima, roles and stretches after long random histories, on the page as on its own.
pub async fn listings_of_stories_are_true(backend: Backend) {
    for seed in 41..=44 {
        let kind = if seed % 2 == 0 { ChannelKind::Broadcast } else { ChannelKind::Group };
        let story = Story::play(&backend, seed, kind, 300).await;
        let loaded = backend.log.load(story.channel).await.expect("is there");
        for &reader in &story.people {
            let listing = backend.channels.find_listing(reader, story.channel).await.expect("the store answers");
            let Some(member) = loaded.member(reader).filter(|member| member.is_active()) else {
                assert_eq!(listing, None, "seed {seed}, {reader} is not in");
                continue;
            };
            let listing = listing.expect("is in");
            let hidden = story.hidden_from(reader);
            let expected = truth::unread(&story.written, reader, &member.visible, &hidden, member.position.read);
            assert_eq!((listing.unread, listing.mentions), expected, "seed {seed}, {reader}");
            assert!(listing.unread <= at_most(&listing.head, &listing.position), "seed {seed}, {reader}");
            assert_eq!((listing.role, &listing.visible[..], listing.position), (member.role, &member.visible[..], member.position));
            assert_eq!(listing.members, loaded.active_count() as u64);
            assert_eq!(listing.minima, (loaded.minima().delivered(), loaded.minima().read()), "seed {seed}");
            let page = backend.channels.list(reader, None, 100).await.expect("a page");
            assert!(page.channels.contains(&listing), "seed {seed}, {reader}");
        }
    }
}

/// Delivered to all, read by all; who leaves holds nobody back.
pub async fn minima_are_those_of_the_slowest_present_member(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    let minima = || async { find(&backend, 1, channel).await.minima };
    assert_eq!(minima().await, (Seq(0), Seq(0)), "the founder has seen nothing of it yet");
    for words in ["one", "two", "three"] {
        scribe.say(channel, user(1), words).await;
    }
    assert_eq!(minima().await, (Seq(2), Seq(2)));
    scribe.settle(channel, user(2), mark(5, 4)).await;
    assert_eq!(minima().await, (Seq(2), Seq(2)));
    scribe.settle(channel, user(3), mark(4, 3)).await;
    assert_eq!(minima().await, (Seq(4), Seq(3)));
    scribe.write(channel, user(3), Command::Leave).await;
    assert_eq!(minima().await, (Seq(5), Seq(4)));
}

async fn list(backend: &Backend, reader: u64, limit: usize) -> ChannelPage {
    backend.channels.list(user(reader), None, limit).await.expect("a page")
}

async fn find(backend: &Backend, reader: u64, channel: ChannelId) -> Listing {
    backend.channels.find_listing(user(reader), channel).await.expect("the store answers").expect("is in")
}

/// All pages, one after the other: none larger than asked, none empty but a lonely first one.
async fn over_pages(backend: &Backend, reader: u64, limit: usize) -> Vec<ChannelId> {
    let mut page = list(backend, reader, limit).await;
    let mut all = ids(&page);
    while let Some(next) = page.next {
        assert_eq!(page.channels.len(), limit, "only the last page is short");
        page = backend.channels.list(user(reader), Some(next), limit).await.expect("a page");
        assert!(!page.channels.is_empty(), "a page was announced, so there is something on it");
        assert!(ids(&page).iter().all(|channel| !all.contains(channel)), "every channel is given once");
        all.extend(ids(&page));
    }
    all
}

fn ids(page: &ChannelPage) -> Vec<ChannelId> {
    page.channels.iter().map(|listing| listing.channel).collect()
}
