//! Who can be brought together, once, and within which limits.

use super::*;

#[tokio::test]
async fn a_pair_has_one_direct_channel_whoever_opens_it_and_however_often() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let channel = town.direct(ana, bob).await;
    assert_eq!(town.direct(bob, ana).await, channel);
    assert_eq!(town.direct(ana, bob).await, channel);
    assert_ne!(town.direct(ana, cleo).await, channel);
    let mut pair = [(ana.user, Role::Member), (bob.user, Role::Member)];
    pair.sort_unstable();
    assert_eq!(roles(&town, bob, channel).await, pair);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opened_from_both_sides_at_once_it_is_one_channel() {
    for _ in 0..20 {
        let town = Arc::new(Town::new().await);
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let opened = [(ana, bob), (bob, ana), (ana, bob)].map(|(one, other)| {
            let town = town.clone();
            tokio::spawn(async move { town.direct(one, other).await })
        });
        let mut channels = BTreeSet::new();
        for channel in opened {
            channels.insert(channel.await.unwrap());
        }
        assert_eq!(channels.len(), 1);
        assert_eq!(channels_of(&town, ana).await, channels_of(&town, bob).await);
    }
}

#[tokio::test]
async fn a_direct_channel_has_exactly_one_other() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    for members in [&[][..], &[ana.user], &[bob.user, cleo.user]] {
        assert_eq!(open(&town, ana, wish(Direct, members)).await, Err(Refusal::MembersInvalid));
    }
    assert!(open(&town, ana, wish(Direct, &[bob.user, ana.user, bob.user])).await.is_ok(), "oneself and repetitions are no others");
}

#[tokio::test]
async fn a_direct_channel_shows_the_other_and_has_no_title() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let wish = Wish { title: Some("Us".to_owned()), description: Some("Two".to_owned()), ..wish(Direct, &[bob.user]) };
    let opened = town.service.open_channel(ana, wish).await.unwrap();
    assert_eq!(opened.listing.about, Default::default());
    assert_eq!(opened.peer.unwrap().username.unwrap().as_str(), "bob");
    let seen = town.service.channel(bob, opened.listing.channel).await.unwrap();
    assert_eq!(seen.peer.unwrap().username.unwrap().as_str(), "ana");
}

#[tokio::test]
async fn a_group_may_begin_with_its_founder_alone() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    assert_eq!(roles(&town, ana, group).await, [(ana.user, Role::Owner)]);
    assert_eq!(town.say(ana, group, "anybody here?").await, Seq(2));
}

#[tokio::test]
async fn members_are_told_and_have_nothing_unread() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let heard = town.witness.heard(ana.user);
    let [Publication::Membership { change: Membership::Joined, .. }, Publication::Entry(created), Publication::Entry(added)] = &heard[..] else {
        panic!("admission, then the first entries: {heard:?}");
    };
    assert!(matches!(&created.event, Event::Channel(change) if change.created == Some(Group)));
    assert!(matches!(&added.event, Event::Member { users, .. } if *users == [bob.user]));
    let heard = town.witness.heard(bob.user);
    let [Publication::Membership { change: Membership::Joined, .. }, Publication::Entry(first)] = &heard[..] else {
        panic!("admission, then what he may read: {heard:?}");
    };
    assert_eq!(first, added);
    for who in [ana, bob] {
        let listing = town.service.channel(who, group).await.unwrap().listing;
        assert_eq!((listing.unread, listing.members, listing.position.read), (0, 2, Seq(2)));
    }
}

#[tokio::test]
async fn titles_are_shown_and_therefore_checked() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    for title in [None, Some("  "), Some("a\nb"), Some(&*"x".repeat(129))] {
        let wish = Wish { title: title.map(str::to_owned), ..wish(Group, &[]) };
        assert_eq!(open(&town, ana, wish).await, Err(Refusal::TitleInvalid), "{title:?}");
    }
    let endless = Wish { description: Some("x".repeat(2049)), ..wish(Broadcast, &[]) };
    assert_eq!(open(&town, ana, endless).await, Err(Refusal::TitleInvalid));
    let described = Wish { title: Some(" Ponte ".to_owned()), description: Some(" Where people meet\nand trade ".to_owned()), ..wish(Broadcast, &[]) };
    let about = town.service.open_channel(ana, described).await.unwrap().listing.about;
    assert_eq!((about.title.as_deref(), about.description.as_deref()), (Some("Ponte"), Some("Where people meet\nand trade")));
}

#[tokio::test]
async fn with_somebody_who_does_not_exist_nothing_is_opened() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    assert_eq!(open(&town, ana, wish(Direct, &[user(1)])).await, Err(Refusal::UserUnknown));
    assert_eq!(open(&town, ana, wish(Group, &[bob.user, user(1)])).await, Err(Refusal::UserUnknown));
    assert!(channels_of(&town, ana).await.is_empty() && channels_of(&town, bob).await.is_empty());
}

#[tokio::test]
async fn who_blocks_or_is_blocked_is_not_brought_in() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[]).await;
    town.service.block(bob, ana.user, true).await.unwrap();
    for (one, other) in [(ana, bob), (bob, ana)] {
        assert_eq!(open(&town, one, wish(Direct, &[other.user])).await, Err(Refusal::Blocked));
        assert_eq!(open(&town, one, wish(Group, &[other.user])).await, Err(Refusal::Blocked));
    }
    assert_eq!(town.service.add_members(ana, group, vec![bob.user]).await, Err(Refusal::Blocked));
    town.service.block(bob, ana.user, false).await.unwrap();
    assert!(open(&town, ana, wish(Direct, &[bob.user])).await.is_ok());
}

/// It is there, and may be read; only writing is refused.
#[tokio::test]
async fn a_direct_channel_that_is_there_is_found_whatever_became_of_the_two() {
    let limits = Limits { channels_per_user: 1, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let channel = town.direct(ana, bob).await;
    town.service.block(bob, ana.user, true).await.unwrap();
    assert_eq!(open(&town, ana, wish(Direct, &[bob.user])).await, Ok(channel));
    assert_eq!(open(&town, bob, wish(Direct, &[ana.user])).await, Ok(channel));
}

/// The block looks for their channel before there is one, the opening looks for a block before there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_block_that_crosses_with_the_opening_holds() {
    for _ in 0..200 {
        let town = Arc::new(Town::new().await);
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let opening = tokio::spawn({
            let town = town.clone();
            async move { open(&town, ana, wish(Direct, &[bob.user])).await }
        });
        let blocking = tokio::spawn({
            let town = town.clone();
            async move { town.service.block(bob, ana.user, true).await }
        });
        blocking.await.unwrap().unwrap();
        match opening.await.unwrap() {
            Err(refusal) => assert_eq!(refusal, Refusal::Blocked),
            Ok(channel) => assert_eq!(town.service.send(ana, channel, draft("hello?"), true).await, Err(Refusal::Blocked)),
        }
    }
}

#[tokio::test]
async fn so_many_are_named_in_one_command_and_so_many_are_members() {
    let limits = Limits { users_per_command: 2, members: 3, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
    assert_eq!(open(&town, ana, wish(Group, &[bob.user, cleo.user, dan.user])).await, Err(Refusal::ChannelFull));
    let group = open(&town, ana, wish(Group, &[bob.user])).await.unwrap();
    assert_eq!(town.service.add_members(ana, group, vec![bob.user, cleo.user, dan.user]).await, Err(Refusal::TooMany));
    assert_eq!(town.service.add_members(ana, group, vec![cleo.user, dan.user]).await, Err(Refusal::ChannelFull));
    assert_eq!(town.service.add_members(ana, group, vec![cleo.user]).await, Ok(Some(Seq(3))));
    assert_eq!(town.service.add_members(ana, group, vec![dan.user]).await, Err(Refusal::ChannelFull));
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    assert_eq!(town.service.add_members(ana, group, vec![dan.user]).await, Ok(Some(Seq(5))));
}

#[tokio::test]
async fn more_than_may_be_named_are_refused_before_they_are_looked_up() {
    let limits = Limits { users_per_command: 2, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let many: Vec<_> = (1..=3).map(user).collect();
    assert_eq!(open(&town, ana, wish(Group, &many)).await, Err(Refusal::TooMany));
}

#[tokio::test]
async fn a_user_is_in_so_many_channels_and_no_more() {
    let limits = Limits { channels_per_user: 2, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let [one, _] = [town.group(ana, &[]).await, town.group(ana, &[]).await];
    let bobs = town.group(bob, &[]).await;
    let link = town.service.make_invite(bob, bobs, Default::default()).await.unwrap();
    assert_eq!(open(&town, ana, wish(Group, &[])).await, Err(Refusal::TooManyChannels));
    assert_eq!(open(&town, bob, wish(Group, &[ana.user])).await, Err(Refusal::TooManyChannels));
    assert_eq!(town.service.add_members(bob, bobs, vec![ana.user]).await, Err(Refusal::TooManyChannels));
    assert_eq!(town.service.join(ana, &link).await.err(), Some(Refusal::TooManyChannels));
    town.service.leave(ana, one).await.unwrap();
    assert!(town.service.join(ana, &link).await.is_ok());
}

#[tokio::test]
async fn opening_is_slowed_down() {
    let rates = RatePolicy { discoveries: Rate::new(1, 60_000, 2), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    town.group(ana, &[]).await;
    town.group(ana, &[]).await;
    assert!(matches!(open(&town, ana, wish(Group, &[])).await, Err(Refusal::TooFast { .. })));
    assert!(matches!(town.service.find_user(ana, "ana").await, Err(Refusal::TooFast { .. })), "looking people up counts as well");
}
