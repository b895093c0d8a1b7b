//! Long random histories, held against what they must come to.

use rialto_domain::channel::{Channel, ChannelKind};
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::Lookup;

use crate::story::Story;
use crate::{Backend, Dice, truth};

/// Edits, deletions, reactions, pins, comings and goings in groups.
pub async fn stories_of_groups_are_told_truly(backend: Backend) {
    for seed in 1..=4 {
        hold_against_truth(&backend, &Story::play(&backend, seed, ChannelKind::Group, 400).await, seed).await;
    }
}

/// Where few write and who joins sees everything.
pub async fn stories_of_broadcasts_are_told_truly(backend: Backend) {
    for seed in 11..=13 {
        hold_against_truth(&backend, &Story::play(&backend, seed, ChannelKind::Broadcast, 400).await, seed).await;
    }
}

/// Where two write and block each other.
pub async fn stories_of_direct_channels_are_told_truly(backend: Backend) {
    // A pair has one direct channel, so there is one story of it.
    let seed = 21;
    hold_against_truth(&backend, &Story::play(&backend, seed, ChannelKind::Direct, 500).await, seed).await;
}

/// Asks the store everything about a story, for each of its people.
pub(super) async fn hold_against_truth(backend: &Backend, story: &Story, seed: u64) {
    let (channel, written) = (story.channel, story.written.clone());
    let loaded = backend.log.load(channel).await.expect("is there");
    assert_eq!(loaded.head, truth::head(&written), "seed {seed}");
    minima_are_true(&loaded, seed);
    let now = truth::entries_now(&written);
    let everything = [Interval { from: Seq(1), to: None }];
    let mut dice = Dice::new(seed);
    for &reader in &story.people {
        let about = format!("seed {seed}, reader {reader}");
        let hidden = story.hidden_from(reader);
        let row = backend.channels.find_member(channel, reader).await.expect("the store answers");
        assert_eq!(row.as_ref(), loaded.member(reader), "{about}");

        for (from, to) in ranges(&mut dice, loaded.head.seq) {
            let expected: Vec<_> = now.iter().filter(|entry| (from..=to).contains(&entry.seq) && !hidden.contains(&entry.seq)).cloned().collect();
            let read = backend.log.entries(channel, reader, from, to, 10_000).await.expect("entries");
            assert_eq!(read, expected, "{about}, entries {from}..={to}");
            let some = backend.log.entries(channel, reader, from, to, 7).await.expect("entries");
            assert_eq!(some, expected[..expected.len().min(7)], "{about}, the first seven of {from}..={to}");
        }

        let own = row.map(|member| member.visible.to_vec()).unwrap_or_default();
        for visible in [&own[..], &everything] {
            for (window, limit) in windows(&mut dice, loaded.head.seq) {
                let expected = truth::history(&written, reader, visible, &hidden, window, limit);
                let read = backend.log.history(channel, reader, visible, window, limit).await.expect("history");
                assert_eq!(read, expected, "{about}, {window:?}, at most {limit}, of {visible:?}");
            }
            let expected = truth::pinned(&written, reader, visible, &hidden);
            assert_eq!(backend.log.pinned(channel, reader, visible).await.expect("pinned"), expected, "{about}, pinned of {visible:?}");
        }

        let lookups: Vec<Lookup> = lookups(&mut dice, story, reader);
        let facts = backend.log.facts(&lookups).await.expect("facts");
        for (lookup, mut facts) in lookups.iter().zip(facts) {
            if let Some(target) = &mut facts.target {
                target.own_reactions.sort();
                target.reactions.sort();
            }
            assert_eq!(facts, truth::facts(&written, lookup), "{about}, {lookup:?}");
        }
    }
}

fn minima_are_true(channel: &Channel, seed: u64) {
    let present = || channel.members().filter(|(_, member)| member.is_active()).map(|(_, member)| member.position);
    assert_eq!(channel.active_count(), present().count(), "seed {seed}");
    assert_eq!(channel.minima().delivered(), present().map(|at| at.delivered).min().unwrap_or_default(), "seed {seed}");
    assert_eq!(channel.minima().read(), present().map(|at| at.read).min().unwrap_or_default(), "seed {seed}");
}

fn ranges(dice: &mut Dice, head: Seq) -> Vec<(Seq, Seq)> {
    let mut ranges = vec![(Seq(1), head)];
    for _ in 0..5 {
        ranges.push((Seq(dice.below(head.0 + 2)), Seq(dice.below(head.0 + 10))));
    }
    ranges
}

fn windows(dice: &mut Dice, head: Seq) -> Vec<(Window, usize)> {
    let mut windows = vec![(Window::Latest, 1_000), (Window::Latest, 10)];
    for limit in [1, 3, 10, 1_000] {
        windows.push((Window::Before(Seq(dice.below(head.0 + 10))), limit));
        windows.push((Window::After(Seq(dice.below(head.0 + 10))), limit));
    }
    windows
}

fn lookups(dice: &mut Dice, story: &Story, actor: rialto_domain::UserId) -> Vec<Lookup> {
    let mut any = || dice.pick(&story.written);
    let lookup = |client_id, target| Lookup { channel: story.channel, actor, client_id, target: Some(target), pins: true };
    (0..25).map(|_| lookup(any().client_id, any().seq)).collect()
}
