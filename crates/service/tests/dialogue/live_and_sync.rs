//! What was pushed and what is fetched are together exactly what one may read.

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
