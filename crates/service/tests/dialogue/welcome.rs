//! The first payload.

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
