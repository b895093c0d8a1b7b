//! The list of one's channels: its order, its pages, its bounds.

use super::*;

#[tokio::test]
async fn the_most_recently_active_channel_comes_first() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let mut channels = Vec::new();
    for _ in 0..3 {
        town.clock.advance_ms(1_000);
        channels.push(town.group(ana, &[bob]).await);
    }
    town.clock.advance_ms(1_000);
    town.say(ana, channels[0], "it lives").await;
    assert_eq!(channels_of(&town, bob).await, [channels[0], channels[2], channels[1]]);
}

#[tokio::test]
async fn pages_bring_every_channel_once() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let mut all = BTreeSet::new();
    for n in 0..7 {
        town.clock.advance_ms(n % 2);
        all.insert(town.group(ana, &[]).await);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = town.service.list_channels(ana, after, 3).await.unwrap();
        assert!(page.channels.len() <= 3);
        seen.extend(page.channels.into_iter().map(|channel| channel.listing.channel));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (7, all));
}

#[tokio::test]
async fn a_channel_is_listed_with_its_newest_message_that_the_reader_may_see() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let last = async |who| {
        let last = town.service.channel(who, group).await.unwrap().last;
        last.map(|message| message.seq)
    };
    assert_eq!(last(bob).await, None);
    let (first, second) = (town.say(ana, group, "one").await, town.say(ana, group, "two").await);
    town.service.hide(bob, group, second).await.unwrap();
    assert_eq!((last(ana).await, last(bob).await), (Some(second), Some(first)));
}

#[tokio::test]
async fn a_page_is_bounded_in_bytes_as_well() {
    let limits = Limits { body_bytes: 100_000, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let mut all = BTreeSet::new();
    for _ in 0..8 {
        town.clock.advance_ms(1);
        let group = town.group(ana, &[]).await;
        let long = MessageDraft { body: text(&"x".repeat(100_000)), ..draft("") };
        town.service.send(ana, group, long, true).await.unwrap();
        all.insert(group);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = town.service.list_channels(ana, after, 100).await.unwrap();
        assert!((1..=2).contains(&page.channels.len()), "about 256 KiB: {}", page.channels.len());
        seen.extend(page.channels.into_iter().map(|channel| channel.listing.channel));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (8, all));
}

#[tokio::test]
async fn outsiders_learn_nothing_of_a_channel() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[]).await;
    assert!(channels_of(&town, bob).await.is_empty());
    assert_eq!(town.service.channel(bob, group).await.err(), Some(Refusal::ChannelUnknown));
    assert_eq!(town.service.memberships(bob.user).await, Ok(vec![]));
    for wait in [false, true] {
        assert_eq!(town.service.send(bob, group, draft("let me in"), wait).await, Err(Refusal::ChannelUnknown));
    }
}
