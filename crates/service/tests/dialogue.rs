//! The first payload, and catching up: what was pushed and what is fetched are together exactly what one may read.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Content, Entry, Event, Mentions};
use rialto_domain::limit::{Limits, Rate};
use rialto_domain::publication::{Membership, Publication};
use rialto_domain::{ChannelId, Refusal, Seq};
use rialto_service::{CaughtUp, MessageDraft, MissedEntries, RatePolicy};
use rialto_testkit::builders::{channel_id, text};
use rialto_testkit::town::{Plan, draft};
use rialto_testkit::{Dice, Town};

/// What one answer to a catching-up client may hold.
const ANSWER_ENTRIES: usize = 2_000;
const ANSWER_BYTES: usize = 512 * 1024;
const REPLAYED: u64 = 1_000;

fn generous() -> RatePolicy {
    let rate = Rate::new(1_000, 1, 100_000);
    RatePolicy { registrations: rate, discoveries: rate, ..RatePolicy::default() }
}

async fn catch_up<const N: usize>(town: &Town, who: Identity, have: [(ChannelId, u64); N]) -> CaughtUp {
    let have = have.into_iter().map(|(channel, seq)| (channel, Seq(seq))).collect();
    town.service.catch_up(who, &have).await.unwrap()
}

/// What was missed of the one channel that was asked about: places, where the log ends, and whether there is more.
async fn missed(town: &Town, who: Identity, channel: ChannelId, have: u64) -> (Vec<u64>, u64, bool) {
    let answer = catch_up(town, who, [(channel, have)]).await;
    match &answer.channels[&channel] {
        Ok(MissedEntries::Entries { head, entries, more, .. }) => {
            assert_eq!(*more, answer.more);
            (entries.iter().map(|entry| entry.seq.0).collect(), head.0, *more)
        }
        other => panic!("entries were expected, but: {}", describe(other)),
    }
}

fn describe(missed: &Result<MissedEntries, Refusal>) -> String {
    match missed {
        Ok(MissedEntries::Entries { entries, .. }) => format!("{} entries", entries.len()),
        Ok(MissedEntries::Refetch { head }) => format!("refetch up to {head}"),
        Err(refusal) => refusal.to_string(),
    }
}

async fn is_refetch(town: &Town, who: Identity, channel: ChannelId, have: u64) -> bool {
    matches!(catch_up(town, who, [(channel, have)]).await.channels[&channel], Ok(MissedEntries::Refetch { .. }))
}

async fn fill(town: &Town, who: Identity, channel: ChannelId, messages: usize, bytes: usize) {
    for _ in 0..messages {
        let long = MessageDraft { body: text(&"x".repeat(bytes)), ..draft("") };
        town.service.send(who, channel, long, false).await.unwrap();
    }
    town.settle().await;
}

fn text_bytes(entry: &Entry) -> usize {
    match &entry.event {
        Event::Message(message) => match &message.body {
            Some(Content::Text(text)) => text.len(),
            _ => 0,
        },
        _ => 0,
    }
}

mod welcome {
    use super::*;

    #[tokio::test]
    async fn the_first_payload_tells_who_one_is_and_where_one_is() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        town.clock.advance_ms(5);
        let direct = town.direct(bob, ana).await;
        town.say(bob, direct, "hello").await;
        let welcome = town.service.welcome(ana, &BTreeMap::new()).await.unwrap();
        assert_eq!((welcome.account.profile.id, welcome.server_time, welcome.epoch.as_str()), (ana.user, town.now(), "first"));
        let listed: Vec<_> = welcome.channels.channels.iter().map(|channel| channel.listing.channel).collect();
        assert_eq!(listed, [direct, group]);
        let first = &welcome.channels.channels[0];
        assert_eq!(first.peer.as_ref().unwrap().id, bob.user);
        assert_eq!((first.listing.unread, first.last.as_ref().unwrap().seq), (1, Seq(2)));
        assert!(welcome.missed.is_none(), "who has nothing has missed nothing");
    }

    #[tokio::test]
    async fn of_the_five_channels_active_last_it_brings_the_last_ten_messages() {
        let town = Town::new().await;
        let ana = town.person("ana").await;
        let mut channels = Vec::new();
        for _ in 0..7 {
            town.clock.advance_ms(1_000);
            let group = town.group(ana, &[]).await;
            fill(&town, ana, group, 12, 1).await;
            channels.push(group);
        }
        let welcome = town.service.welcome(ana, &BTreeMap::new()).await.unwrap();
        assert_eq!(welcome.channels.channels.len(), 7);
        assert_eq!(welcome.recent.keys().copied().collect::<BTreeSet<_>>(), channels[2..].iter().copied().collect());
        for messages in welcome.recent.values() {
            let seqs: Vec<_> = messages.iter().map(|message| message.seq.0).collect();
            assert_eq!(seqs, (4..=13).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn its_messages_are_bounded_in_bytes_and_the_newest_are_kept() {
        let limits = Limits { body_bytes: 100_000, ..Limits::default() };
        let town = Plan { limits, ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        for _ in 0..3 {
            town.clock.advance_ms(1_000);
            let group = town.group(ana, &[]).await;
            fill(&town, ana, group, 10, 50_000).await;
        }
        let welcome = town.service.welcome(ana, &BTreeMap::new()).await.unwrap();
        let newest = welcome.channels.channels[0].listing.channel;
        let kept: Vec<_> = welcome.recent[&newest].iter().map(|message| message.seq.0).collect();
        assert_eq!(kept, [7, 8, 9, 10, 11], "256 KiB");
        assert_eq!(welcome.recent.values().map(Vec::len).sum::<usize>(), 5);
    }

    #[tokio::test]
    async fn one_who_is_in_very_many_channels_gets_the_first_page() {
        let town = Plan { rates: generous(), ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        for _ in 0..120 {
            town.clock.advance_ms(1);
            town.group(ana, &[]).await;
        }
        let welcome = town.service.welcome(ana, &BTreeMap::new()).await.unwrap();
        assert_eq!(welcome.channels.channels.len(), 100);
        let rest = town.service.list_channels(ana, welcome.channels.next, 100).await.unwrap();
        assert_eq!((rest.channels.len(), rest.next), (20, None));
    }

    #[tokio::test]
    async fn who_says_what_they_have_is_told_what_they_missed() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        town.say(ana, group, "one").await;
        let two = town.say(ana, group, "two").await;
        let welcome = town.service.welcome(bob, &BTreeMap::from([(group, Seq(3))])).await.unwrap();
        let missed = welcome.missed.unwrap();
        let Ok(MissedEntries::Entries { entries, .. }) = &missed.channels[&group] else { panic!("entries") };
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [two]);
    }
}

mod sync {
    use super::*;

    #[tokio::test]
    async fn each_channel_is_answered_from_where_one_is() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let (one, other, hers) = (town.group(ana, &[bob]).await, town.group(ana, &[bob]).await, town.group(ana, &[]).await);
        fill(&town, ana, one, 3, 1).await;
        let nowhere = channel_id();
        let answer = catch_up(&town, bob, [(one, 3), (other, 2), (hers, 0), (nowhere, 0)]).await;
        assert!(!answer.more);
        let described: BTreeMap<_, _> = answer.channels.iter().map(|(channel, missed)| (*channel, describe(missed))).collect();
        let unknown = Refusal::ChannelUnknown.to_string();
        let expected = [(one, "2 entries".to_owned()), (other, "0 entries".to_owned()), (hers, unknown.clone()), (nowhere, unknown)];
        assert_eq!(described, expected.into());
        assert_eq!(missed(&town, bob, one, 0).await, (vec![2, 3, 4, 5], 5, false), "from his admission on");
        assert_eq!(missed(&town, ana, one, 0).await, (vec![1, 2, 3, 4, 5], 5, false));
    }

    #[tokio::test]
    async fn a_long_absence_and_another_history_are_fetched_anew() {
        let town = Town::new().await;
        let ana = town.person("ana").await;
        let group = town.group(ana, &[]).await;
        fill(&town, ana, group, 1_010, 1).await;
        let head = 1_011;
        assert!(is_refetch(&town, ana, group, head - REPLAYED - 1).await);
        assert_eq!(missed(&town, ana, group, head - REPLAYED).await.0.len() as u64, REPLAYED);
        assert!(is_refetch(&town, ana, group, head + 1).await, "a place that this log has not reached");
        assert!(is_refetch(&town, ana, group, u64::MAX).await);
        assert_eq!(missed(&town, ana, group, head).await, (vec![], head, false));
    }

    #[tokio::test]
    async fn more_channels_than_one_can_be_in_are_too_many() {
        let limits = Limits { channels_per_user: 2, ..Limits::default() };
        let town = Plan { limits, ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        let have: BTreeMap<_, _> = (0..3).map(|_| (channel_id(), Seq(1))).collect();
        assert_eq!(town.service.catch_up(ana, &have).await.err(), Some(Refusal::TooMany));
    }

    #[tokio::test]
    async fn who_was_removed_gets_what_led_to_it_and_nothing_after() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        town.say(ana, group, "before").await;
        let removed = town.service.remove_member(ana, group, bob.user).await.unwrap().unwrap();
        fill(&town, ana, group, 3, 1).await;
        assert_eq!(missed(&town, bob, group, 2).await, (vec![3, 4], removed.0, false));
        assert_eq!(missed(&town, bob, group, removed.0).await, (vec![], removed.0, false));
        assert!(is_refetch(&town, bob, group, removed.0 + 1).await, "for him the log ends there");
        let answer = catch_up(&town, bob, [(group, 2)]).await;
        let Ok(MissedEntries::Entries { positions, .. }) = &answer.channels[&group] else { panic!("entries") };
        assert_eq!((positions.delivered, positions.read, positions.members.len()), (Seq::ZERO, Seq::ZERO, 0));
    }

    #[tokio::test]
    async fn who_came_back_does_not_get_what_was_between() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[]).await;
        town.say(ana, group, "before").await;
        town.service.add_members(ana, group, vec![bob.user]).await.unwrap();
        town.service.leave(bob, group).await.unwrap();
        town.say(ana, group, "between").await;
        town.service.add_members(ana, group, vec![bob.user]).await.unwrap();
        town.say(ana, group, "after").await;
        assert_eq!(missed(&town, bob, group, 0).await, (vec![3, 4, 6, 7], 7, false));
        assert_eq!(missed(&town, bob, group, 5).await, (vec![6, 7], 7, false));
    }

    #[tokio::test]
    async fn of_a_deleted_channel_one_learns_that_it_was_deleted() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        fill(&town, ana, group, 3, 1).await;
        town.service.delete_channel(ana, group).await.unwrap();
        let answer = catch_up(&town, bob, [(group, 3)]).await;
        let Ok(MissedEntries::Entries { entries, .. }) = &answer.channels[&group] else { panic!("entries") };
        assert!(matches!(&entries[..], [Entry { event: Event::Channel(change), seq: Seq(6), .. }] if change.deleted));
    }

    #[tokio::test]
    async fn what_was_missed_is_told_as_it_is_now() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        let (edited, deleted, hidden) = (town.say(ana, group, "helo").await, town.say(ana, group, "secret").await, town.say(ana, group, "spam").await);
        town.service.edit(ana, group, edited, text("hello"), Mentions::default(), None).await.unwrap();
        town.service.delete(ana, group, deleted, None).await.unwrap();
        town.service.hide(bob, group, hidden).await.unwrap();
        let answer = catch_up(&town, bob, [(group, 2)]).await;
        let Ok(MissedEntries::Entries { entries, head, .. }) = &answer.channels[&group] else { panic!("entries") };
        let said: Vec<_> =
            entries.iter().map(|entry| (entry.seq.0, if let Event::Message(message) = &entry.event { message.body.clone() } else { None })).collect();
        assert_eq!((said, *head), (vec![(3, Some(text("hello"))), (4, None), (6, None), (7, None)], Seq(7)));
    }

    #[tokio::test]
    async fn how_far_the_others_are_comes_with_it() {
        let town = Plan { rates: generous(), ..Plan::default() }.found().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        let said = town.say(ana, group, "hello").await;
        town.service.mark(bob, &[(group, said, Seq::ZERO)]).await.unwrap();
        town.settle().await;
        let positions = async || {
            let answer = catch_up(&town, ana, [(group, said.0)]).await;
            let Ok(MissedEntries::Entries { positions, .. }) = &answer.channels[&group] else { panic!("entries") };
            (positions.delivered, positions.read, positions.members.len())
        };
        assert_eq!(positions().await, (said, Seq(2), 2), "also for one who missed nothing");
        for n in 0..31 {
            let one = town.person(&format!("guest{n}")).await;
            town.service.add_members(ana, group, vec![one.user]).await.unwrap();
        }
        let (.., members) = positions().await;
        assert_eq!(members, 0, "of a large channel only the minima");
    }
}

mod bounds {
    use super::*;

    /// Asks again and again, as a client does, and counts the answers.
    async fn fetch_all(town: &Town, who: Identity, channels: &[ChannelId], from: Seq) -> (BTreeMap<ChannelId, Vec<u64>>, usize) {
        let mut have: BTreeMap<_, _> = channels.iter().map(|channel| (*channel, from)).collect();
        let mut fetched: BTreeMap<ChannelId, Vec<u64>> = BTreeMap::new();
        for answers in 1..=100 {
            let answer = town.service.catch_up(who, &have).await.unwrap();
            let (mut entries_told, mut bytes) = (0, 0);
            for (channel, missed) in answer.channels {
                let Ok(MissedEntries::Entries { entries, head, more, .. }) = missed else { panic!("entries") };
                entries_told += entries.len();
                bytes += entries.iter().map(text_bytes).sum::<usize>();
                let at = have.get_mut(&channel).unwrap();
                *at = if more { entries.last().map_or(*at, |last| last.seq) } else { head };
                fetched.entry(channel).or_default().extend(entries.iter().map(|entry| entry.seq.0));
            }
            assert!(entries_told <= ANSWER_ENTRIES && bytes <= ANSWER_BYTES, "{entries_told} entries, {bytes} bytes");
            if !answer.more {
                return (fetched, answers);
            }
        }
        panic!("one hundred answers did not bring everything");
    }

    #[tokio::test]
    async fn an_answer_is_bounded_in_bytes_and_the_next_ones_bring_the_rest() {
        let town = Plan { rates: generous(), ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        let group = town.group(ana, &[]).await;
        fill(&town, ana, group, 100, 16 * 1024).await;
        let (fetched, answers) = fetch_all(&town, ana, &[group], Seq::ZERO).await;
        assert_eq!(fetched[&group], (1..=101).collect::<Vec<_>>());
        assert!((4..=5).contains(&answers), "1.6 MB in answers of 512 KiB: {answers}");
    }

    #[tokio::test]
    async fn one_long_message_in_each_of_many_channels_is_bounded_as_well() {
        let town = Plan { rates: generous(), ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        let mut channels = Vec::new();
        for _ in 0..100 {
            let group = town.group(ana, &[]).await;
            fill(&town, ana, group, 1, 16 * 1024).await;
            channels.push(group);
        }
        let (fetched, _) = fetch_all(&town, ana, &channels, Seq(1)).await;
        assert!(fetched.len() == 100 && fetched.values().all(|seqs| *seqs == [2]));
    }

    #[tokio::test]
    async fn an_answer_is_bounded_in_entries_over_all_channels() {
        let town = Plan { rates: generous(), ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        let mut channels = Vec::new();
        for _ in 0..3 {
            let group = town.group(ana, &[]).await;
            fill(&town, ana, group, 900, 1).await;
            channels.push(group);
        }
        let (fetched, answers) = fetch_all(&town, ana, &channels, Seq::ZERO).await;
        assert!(fetched.values().all(|seqs| *seqs == (1..=901).collect::<Vec<_>>()));
        assert_eq!(answers, 2);
    }

    #[tokio::test]
    async fn a_message_larger_than_an_answer_still_comes() {
        let limits = Limits { body_bytes: 1024 * 1024, ..Limits::default() };
        let town = Plan { limits, ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        let group = town.group(ana, &[]).await;
        fill(&town, ana, group, 2, 1024 * 1024).await;
        assert_eq!(missed(&town, ana, group, 1).await, (vec![2], 3, true));
        assert_eq!(missed(&town, ana, group, 2).await, (vec![3], 3, false));
    }

    #[tokio::test]
    async fn of_very_many_channels_those_that_are_missing_are_asked_about_again() {
        let limits = Limits { channels_per_user: 3_000, ..Limits::default() };
        let town = Plan { rates: generous(), limits, ..Plan::default() }.found().await;
        let ana = town.person("ana").await;
        let mut have: BTreeMap<_, _> = (0..1_500).map(|_| (channel_id(), Seq(1))).collect();
        let group = town.group(ana, &[]).await;
        have.insert(group, Seq::ZERO);
        let answer = town.service.catch_up(ana, &have).await.unwrap();
        assert_eq!((answer.channels.len(), answer.more), (1_000, true));
        have.retain(|channel, _| !answer.channels.contains_key(channel));
        let answer = town.service.catch_up(ana, &have).await.unwrap();
        assert_eq!((answer.channels.len(), answer.more), (501, false));
        assert!(matches!(answer.channels[&group], Ok(MissedEntries::Entries { .. })));
    }
}

mod live_and_sync {
    use super::*;

    /// A client that keeps what it is told and what it fetches, and drops nothing that it should have.
    #[derive(Default)]
    struct Reader {
        have: BTreeMap<ChannelId, Seq>,
        pushed: BTreeSet<(ChannelId, Seq)>,
        fetched: BTreeSet<(ChannelId, Seq)>,
    }

    impl Reader {
        fn hear(&mut self, publications: Vec<Publication>) {
            for publication in publications {
                match publication {
                    Publication::Entry(entry) => {
                        let have = self.have.entry(entry.channel).or_default();
                        if entry.seq == have.next() {
                            *have = entry.seq;
                        }
                        self.pushed.insert((entry.channel, entry.seq));
                    }
                    Publication::Membership { channel, change: Membership::Joined, .. } => {
                        self.have.entry(channel).or_default();
                    }
                    _ => {}
                }
            }
        }

        async fn fetch(&mut self, town: &Town, who: Identity) {
            loop {
                let answer = town.service.catch_up(who, &self.have).await.unwrap();
                for (channel, missed) in answer.channels {
                    let Ok(MissedEntries::Entries { entries, head, more, .. }) = missed else { panic!("{}", describe(&missed)) };
                    let have = self.have.get_mut(&channel).unwrap();
                    *have = if more { entries.last().map_or(*have, |last| last.seq) } else { head };
                    self.fetched.extend(entries.iter().map(|entry| (channel, entry.seq)));
                }
                if !answer.more {
                    return;
                }
            }
        }
    }

    /// Random people do random things, connect and disconnect, and announcements of messages get lost.
    #[tokio::test]
    async fn what_was_pushed_and_what_is_fetched_are_exactly_what_one_may_read() {
        for seed in 1..=10 {
            let town = Plan { seed, rates: generous(), ..Plan::default() }.found().await;
            let mut dice = Dice::new(seed);
            let people = town.people(["ana", "bob", "cleo", "dan"]).await;
            let channels = [
                town.group(people[0], &people[1..3]).await,
                town.open(ChannelKind::Broadcast, people[1], &people[2..]).await,
                town.direct(people[0], people[3]).await,
            ];
            for group in &channels[..2] {
                let owner = if *group == channels[0] { people[0] } else { people[1] };
                for other in people {
                    let _ = town.service.set_role(owner, *group, other.user, Role::Owner).await;
                }
            }
            let mut readers = people.map(|_| Reader::default());
            for _ in 0..300 {
                step(&town, &mut dice, &people, &channels).await;
                for (who, reader) in people.iter().zip(&mut readers) {
                    match dice.below(40) {
                        0 => town.witness.disconnect(who.user),
                        1..4 => {
                            // In this order: what is announced in between comes twice, and nothing is lost.
                            town.connect(*who).await;
                            for channel in town.service.memberships(who.user).await.unwrap() {
                                reader.have.entry(channel).or_default();
                            }
                            reader.fetch(&town, *who).await;
                        }
                        _ => {}
                    }
                    reader.hear(town.witness.heard(who.user));
                }
            }
            for (who, reader) in people.iter().zip(&mut readers) {
                for channel in town.service.memberships(who.user).await.unwrap() {
                    reader.have.entry(channel).or_default();
                }
                reader.fetch(&town, *who).await;
                let mut readable = BTreeSet::new();
                for channel in channels {
                    let Some(member) = town.backend.channels.find_member(channel, who.user).await.unwrap() else { continue };
                    let log = town.backend.log.entries(channel, who.user, Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
                    // Who was in and out while nobody was connected for them does not know of it, nor needs to.
                    let known = reader.have.contains_key(&channel);
                    readable.extend(log.iter().filter(|entry| known && member.sees(entry.seq)).map(|entry| (channel, entry.seq)));
                }
                let kept: BTreeSet<_> = reader.pushed.union(&reader.fetched).copied().collect();
                let differing: Vec<_> = kept.symmetric_difference(&readable).collect();
                assert!(differing.is_empty(), "seed {seed}, {}: {differing:?}", who.user);
                assert!(!reader.pushed.is_empty() && !reader.fetched.is_empty(), "seed {seed} tells something");
            }
        }
    }

    async fn step(town: &Town, dice: &mut Dice, people: &[Identity; 4], channels: &[ChannelId; 3]) {
        let (who, other, channel) = (dice.pick(people), dice.pick(people), dice.pick(channels));
        let seq = Seq(1 + dice.below(60));
        // A refusal changes nothing, and is as good a step as any.
        match dice.below(20) {
            0..10 => {
                let lost = dice.one_in(4);
                town.faults.silence(lost);
                let bytes = if dice.one_in(3) { 16 * 1024 } else { 10 };
                for _ in 0..=dice.below(3) {
                    let long = MessageDraft { body: text(&"x".repeat(bytes)), ..draft("") };
                    let _ = town.service.send(who, channel, long, false).await;
                }
                town.settle().await;
                town.faults.silence(false);
            }
            10..12 => drop(town.service.edit(who, channel, seq, text("edited"), Mentions::default(), None).await),
            12..14 => drop(town.service.react(who, channel, seq, "👍".to_owned(), true, None).await),
            14 => drop(town.service.delete(who, channel, seq, None).await),
            15..17 => drop(town.service.add_members(who, channel, vec![other.user]).await),
            17 => drop(town.service.remove_member(who, channel, other.user).await),
            18 => drop(town.service.leave(who, channel).await),
            _ => drop(town.service.mark(who, &[(channel, seq, seq)]).await),
        }
        town.settle().await;
    }
}
