//! Channels: opening, finding, coming in, going, and what their owners may do.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::sync::Arc;

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::Event;
use rialto_domain::limit::{Limits, Rate};
use rialto_domain::ports::Flags;
use rialto_domain::publication::{Membership, Publication};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use rialto_service::{ListedChannel, MessageDraft, RatePolicy, Wish};
use rialto_testkit::Town;
use rialto_testkit::builders::{text, user};
use rialto_testkit::town::{Plan, draft};

use ChannelKind::{Broadcast, Direct, Group};

fn wish(kind: ChannelKind, members: &[UserId]) -> Wish {
    Wish { kind, members: members.to_vec(), title: (kind != Direct).then(|| "Venice".to_owned()), description: None }
}

async fn open(town: &Town, who: Identity, wish: Wish) -> Result<ChannelId, Refusal> {
    town.service.open_channel(who, wish).await.map(|opened| opened.listing.channel)
}

async fn channels_of(town: &Town, who: Identity) -> Vec<ChannelId> {
    town.service.list_channels(who, None, 100).await.unwrap().channels.into_iter().map(|channel| channel.listing.channel).collect()
}

async fn roles(town: &Town, who: Identity, channel: ChannelId) -> Vec<(UserId, Role)> {
    let (members, _) = town.service.members(who, channel, None, 100).await.unwrap();
    members.into_iter().map(|(_, row)| (row.user, row.role)).collect()
}

/// How somebody's own membership changed, as they heard it.
fn told(town: &Town, who: Identity) -> Vec<(ChannelId, Membership)> {
    let change = |publication| if let Publication::Membership { channel, change, .. } = publication { Some((channel, change)) } else { None };
    town.witness.heard(who.user).into_iter().filter_map(change).collect()
}

mod opening {
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
        for who in [ana, bob] {
            let heard = town.witness.heard(who.user);
            let [Publication::Membership { change: Membership::Joined, .. }, Publication::Entry(created), Publication::Entry(added)] = &heard[..] else {
                panic!("admission, then the first entries: {heard:?}");
            };
            assert!(matches!(&created.event, Event::Channel(change) if change.created == Some(Group)));
            assert!(matches!(&added.event, Event::Member { users, .. } if *users == [bob.user]));
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
}

mod members {
    use super::*;

    #[tokio::test]
    async fn who_is_added_is_told_first_and_sees_what_follows() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[]).await;
        town.say(ana, group, "before").await;
        let added = town.service.add_members(ana, group, vec![bob.user]).await.unwrap().unwrap();
        town.say(ana, group, "after").await;
        let heard = town.witness.heard(bob.user);
        let [Publication::Membership { change: Membership::Joined, .. }, Publication::Entry(first), Publication::Entry(second), ..] = &heard[..] else {
            panic!("admission, then what follows: {heard:?}");
        };
        assert_eq!((first.seq, second.seq), (added, added.next()));
        assert_eq!(town.words(bob, group).await, ["after"]);
        assert_eq!(town.service.channel(bob, group).await.unwrap().listing.unread, 1);
    }

    #[tokio::test]
    async fn who_comes_to_a_broadcast_sees_it_from_its_beginning() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let news = town.open(Broadcast, ana, &[]).await;
        town.say(ana, news, "before").await;
        town.service.add_members(ana, news, vec![bob.user]).await.unwrap();
        assert_eq!(town.words(bob, news).await, ["before"]);
        assert_eq!(town.service.send(bob, news, draft("me too"), false).await, Err(Refusal::RoleTooLow));
        assert_eq!(town.service.send(bob, news, draft("me too"), true).await, Err(Refusal::RoleTooLow));
    }

    #[tokio::test]
    async fn in_a_group_anyone_adds_and_in_a_broadcast_those_who_lead() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let (group, news, direct) = (town.group(ana, &[bob]).await, town.open(Broadcast, ana, &[bob]).await, town.direct(ana, bob).await);
        assert_eq!(town.service.add_members(bob, group, vec![cleo.user]).await, Ok(Some(Seq(3))));
        assert_eq!(town.service.add_members(bob, news, vec![cleo.user]).await, Err(Refusal::RoleTooLow));
        assert_eq!(town.service.make_invite(bob, news, Default::default()).await, Err(Refusal::RoleTooLow));
        assert_eq!(town.service.add_members(ana, direct, vec![cleo.user]).await, Err(Refusal::WrongKind));
        assert_eq!(town.service.make_invite(ana, direct, Default::default()).await, Err(Refusal::WrongKind));
        assert_eq!(town.service.add_members(cleo, news, vec![cleo.user]).await, Err(Refusal::ChannelUnknown));
    }

    #[tokio::test]
    async fn adding_those_who_are_in_changes_nothing() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob]).await;
        assert_eq!(town.service.add_members(ana, group, vec![bob.user, ana.user, bob.user]).await, Ok(None));
        assert_eq!(town.service.add_members(ana, group, vec![]).await, Ok(None));
        assert_eq!(town.service.add_members(ana, group, vec![bob.user, cleo.user]).await, Ok(Some(Seq(3))));
        assert_eq!(town.service.add_members(ana, group, vec![user(1)]).await, Err(Refusal::UserUnknown));
    }

    #[tokio::test]
    async fn members_are_paged_in_the_order_of_their_ids() {
        let town = Town::new().await;
        let [ana, bob, cleo, dan, eve] = town.people(["ana", "bob", "cleo", "dan", "eve"]).await;
        let group = town.group(ana, &[bob, cleo, dan]).await;
        let mut all = [ana.user, bob.user, cleo.user, dan.user];
        all.sort_unstable();
        let mut seen = Vec::new();
        let mut after = None;
        let pages = loop {
            let (page, next) = town.service.members(bob, group, after, 2).await.unwrap();
            assert!(page.len() <= 2 && page.iter().all(|(profile, row)| profile.id == row.user));
            seen.extend(page.into_iter().map(|(profile, _)| profile.id));
            match next {
                Some(last) => after = Some(last),
                None => break seen.len().div_ceil(2),
            }
        };
        assert_eq!((&seen[..], pages), (&all[..], 2));
        assert_eq!(town.service.members(eve, group, None, 2).await.err(), Some(Refusal::ChannelUnknown));
    }

    #[tokio::test]
    async fn who_left_is_told_and_is_out() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        town.witness.heard(bob.user);
        let left = town.service.leave(bob, group).await.unwrap().unwrap();
        town.say(ana, group, "is he gone?").await;
        let heard = town.witness.heard(bob.user);
        let [Publication::Entry(last), Publication::Membership { change: Membership::Left, .. }] = &heard[..] else {
            panic!("the departure, and nothing after it: {heard:?}");
        };
        assert_eq!(last.seq, left);
        assert!(channels_of(&town, bob).await.is_empty());
        assert_eq!(town.service.channel(bob, group).await.err(), Some(Refusal::ChannelUnknown));
        assert_eq!(town.service.send(bob, group, draft("still here"), false).await, Err(Refusal::NotAMember));
        assert_eq!(town.service.send(bob, group, draft("still here"), true).await, Err(Refusal::NotAMember));
        assert_eq!(town.service.members(bob, group, None, 10).await.err(), Some(Refusal::NotAMember));
        assert_eq!(town.service.leave(bob, group).await, Err(Refusal::NotAMember));
        assert_eq!(roles(&town, ana, group).await, [(ana.user, Role::Owner)]);
    }

    #[tokio::test]
    async fn a_direct_channel_is_not_left() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let direct = town.direct(ana, bob).await;
        assert_eq!(town.service.leave(ana, direct).await, Err(Refusal::WrongKind));
        assert_eq!(town.service.remove_member(ana, direct, bob.user).await, Err(Refusal::WrongKind));
        assert_eq!(town.service.delete_channel(ana, direct).await, Err(Refusal::WrongKind));
        assert_eq!(town.service.update_channel(ana, direct, Some("Us"), None).await, Err(Refusal::WrongKind));
    }

    #[tokio::test]
    async fn a_channel_with_members_keeps_an_owner() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        assert_eq!(town.service.leave(ana, group).await, Err(Refusal::LastOwner));
        assert_eq!(town.service.set_role(ana, group, ana.user, Role::Admin).await, Err(Refusal::LastOwner));
        town.service.set_role(ana, group, bob.user, Role::Owner).await.unwrap();
        assert!(town.service.leave(ana, group).await.is_ok());
        assert!(town.service.leave(bob, group).await.is_ok(), "the last one may go");
    }

    #[tokio::test]
    async fn roles_are_for_owners_to_give() {
        let town = Town::new().await;
        let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
        let group = town.group(ana, &[bob, cleo]).await;
        assert_eq!(town.service.set_role(bob, group, bob.user, Role::Owner).await, Err(Refusal::RoleTooLow));
        assert_eq!(town.service.set_role(ana, group, bob.user, Role::Admin).await, Ok(Some(Seq(3))));
        assert_eq!(town.service.set_role(ana, group, bob.user, Role::Admin).await, Ok(None), "that is what he is");
        assert_eq!(town.service.set_role(bob, group, cleo.user, Role::Admin).await, Err(Refusal::RoleTooLow));
        assert_eq!(town.service.set_role(ana, group, dan.user, Role::Admin).await, Err(Refusal::UserUnknown));
        assert_eq!(town.service.set_role(dan, group, dan.user, Role::Owner).await, Err(Refusal::ChannelUnknown));
        let mut expected = [(ana.user, Role::Owner), (bob.user, Role::Admin), (cleo.user, Role::Member)];
        expected.sort_unstable();
        assert_eq!(roles(&town, ana, group).await, expected);
    }

    #[tokio::test]
    async fn who_leads_removes_those_below() {
        let town = Town::new().await;
        let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
        let group = town.group(ana, &[bob, cleo, dan]).await;
        for admin in [bob, cleo] {
            town.service.set_role(ana, group, admin.user, Role::Admin).await.unwrap();
        }
        let remove = async |who, whom: Identity| town.service.remove_member(who, group, whom.user).await;
        assert_eq!(remove(dan, bob).await, Err(Refusal::RoleTooLow));
        assert_eq!(remove(bob, cleo).await, Err(Refusal::RoleTooLow));
        assert_eq!(remove(bob, ana).await, Err(Refusal::RoleTooLow));
        assert_eq!(remove(bob, bob).await, Err(Refusal::Oneself));
        assert!(remove(bob, dan).await.is_ok());
        assert_eq!(remove(bob, dan).await, Err(Refusal::UserUnknown));
        assert!(remove(ana, bob).await.is_ok());
        assert_eq!(told(&town, dan).last(), Some(&(group, Membership::Left)));
    }

    /// The bus may lose the announcement of an admission; the store does not.
    #[tokio::test]
    async fn who_is_in_is_not_turned_away_because_an_announcement_was_lost() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[]).await;
        town.say(ana, group, "now the members are known here").await;
        town.faults.silence(true);
        let adding = town.service.add_members(ana, group, vec![bob.user]);
        tokio::select! {
            biased;
            answer = adding => panic!("nobody can have told of {answer:?}"),
            () = async {
                tokio::task::yield_now().await;
                town.settle().await;
            } => {}
        }
        town.faults.silence(false);
        assert!(town.service.send(bob, group, draft("here I am"), false).await.is_ok());
    }
}

mod invites {
    use super::*;
    use rialto_service::InviteTerms;

    async fn invite(town: &Town, who: Identity, channel: ChannelId, uses: Option<u32>, expires_in_ms: Option<u64>) -> String {
        town.service.make_invite(who, channel, InviteTerms { expires_in_ms, uses }).await.unwrap()
    }

    async fn join(town: &Town, who: Identity, link: &str) -> Result<ChannelId, Refusal> {
        town.service.join(who, link).await.map(|channel: ListedChannel| channel.listing.channel)
    }

    #[tokio::test]
    async fn whoever_has_the_link_comes_in() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[]).await;
        let link = invite(&town, ana, group, None, None).await;
        assert_eq!(join(&town, bob, &link).await, Ok(group));
        assert_eq!(told(&town, bob), [(group, Membership::Joined)]);
        assert!(town.service.send(bob, group, draft("thanks"), true).await.is_ok());
        assert!(town.read(ana, group).await.len() == 1);
    }

    #[tokio::test]
    async fn a_link_is_good_until_its_time_and_for_its_uses() {
        let town = Town::new().await;
        let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
        let group = town.group(ana, &[]).await;
        let (short, twice) = (invite(&town, ana, group, None, Some(1_000)).await, invite(&town, ana, group, Some(2), None).await);
        town.clock.advance_ms(999);
        assert_eq!(join(&town, bob, &short).await, Ok(group));
        town.clock.advance_ms(1);
        assert_eq!(join(&town, cleo, &short).await, Err(Refusal::InviteInvalid));
        assert_eq!(join(&town, cleo, &twice).await, Ok(group));
        assert_eq!(join(&town, dan, &twice).await, Ok(group));
        town.service.leave(dan, group).await.unwrap();
        assert_eq!(join(&town, dan, &twice).await, Err(Refusal::InviteInvalid));
    }

    #[tokio::test]
    async fn who_is_in_uses_nothing_up() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob]).await;
        let link = invite(&town, ana, group, Some(1), None).await;
        for who in [ana, bob, bob] {
            assert_eq!(join(&town, who, &link).await, Ok(group));
        }
        assert_eq!(join(&town, cleo, &link).await, Ok(group));
        assert_eq!(join(&town, cleo, &link).await, Ok(group), "who came in by it is in");
    }

    #[tokio::test]
    async fn who_cannot_come_in_uses_nothing_up() {
        let limits = Limits { members: 2, channels_per_user: 1, ..Limits::default() };
        let town = Plan { limits, ..Plan::default() }.found().await;
        let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
        let group = town.group(ana, &[bob]).await;
        let link = invite(&town, ana, group, Some(1), None).await;
        assert_eq!(join(&town, cleo, &link).await, Err(Refusal::ChannelFull));
        town.service.remove_member(ana, group, bob.user).await.unwrap();
        town.group(dan, &[]).await;
        assert_eq!(join(&town, dan, &link).await, Err(Refusal::TooManyChannels));
        assert_eq!(join(&town, cleo, &link).await, Ok(group));
    }

    #[tokio::test]
    async fn a_link_that_nobody_made_opens_nothing() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let (group, other) = (town.group(ana, &[]).await, town.group(ana, &[]).await);
        let (link, elsewhere) = (invite(&town, ana, group, None, None).await, invite(&town, ana, other, None, None).await);
        // The way to one channel and the secret of another.
        let mixed = format!("{}{}", &elsewhere[..elsewhere.len() / 2], &link[link.len() / 2..]);
        let endless = "A".repeat(1_000_000);
        for forged in ["", "rubbish", &link[1..], &format!("{link}A"), &link.to_uppercase(), &mixed, &endless] {
            assert_eq!(join(&town, bob, forged).await, Err(Refusal::InviteInvalid), "{forged:.50}");
        }
    }

    #[tokio::test]
    async fn a_link_to_a_deleted_channel_is_good_no_more() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[]).await;
        let link = invite(&town, ana, group, None, None).await;
        town.service.delete_channel(ana, group).await.unwrap();
        assert_eq!(join(&town, bob, &link).await, Err(Refusal::InviteInvalid));
    }

    #[tokio::test]
    async fn a_link_for_nobody_is_not_made() {
        let town = Town::new().await;
        let ana = town.person("ana").await;
        let group = town.group(ana, &[]).await;
        for terms in [InviteTerms { uses: Some(0), expires_in_ms: None }, InviteTerms { uses: None, expires_in_ms: Some(0) }] {
            assert_eq!(town.service.make_invite(ana, group, terms).await, Err(Refusal::Invalid));
        }
    }

    #[tokio::test]
    async fn who_was_removed_may_come_back_and_misses_what_was_between() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        let link = invite(&town, ana, group, None, None).await;
        town.say(ana, group, "before").await;
        town.service.remove_member(ana, group, bob.user).await.unwrap();
        town.say(ana, group, "between").await;
        assert_eq!(join(&town, bob, &link).await, Ok(group));
        town.say(ana, group, "after").await;
        assert_eq!(town.words(bob, group).await, ["before", "after"]);
    }
}

mod changing {
    use super::*;

    #[tokio::test]
    async fn title_and_description_are_changed_by_those_who_lead() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob]).await;
        let update = async |who, title: Option<&str>, description: Option<&str>| town.service.update_channel(who, group, title, description).await;
        assert_eq!(update(bob, Some("Mine"), None).await, Err(Refusal::RoleTooLow));
        assert_eq!(update(cleo, Some("Mine"), None).await, Err(Refusal::ChannelUnknown));
        assert_eq!(update(ana, Some(" "), None).await, Err(Refusal::TitleInvalid));
        assert_eq!(update(ana, None, Some(&*"x".repeat(2049))).await, Err(Refusal::TitleInvalid));
        assert_eq!(update(ana, Some("Murano"), None).await, Ok(Some(Seq(3))));
        assert_eq!(update(ana, None, Some("Glass")).await, Ok(Some(Seq(4))));
        assert_eq!(update(ana, Some("Murano"), Some("Glass")).await, Ok(None), "nothing changes");
        assert_eq!(update(ana, None, None).await, Ok(None));
        let about = town.service.channel(bob, group).await.unwrap().listing.about;
        assert_eq!((about.title.as_deref(), about.description.as_deref()), (Some("Murano"), Some("Glass")));
        assert_eq!(update(ana, None, Some("")).await, Ok(Some(Seq(5))));
        assert_eq!(town.service.channel(bob, group).await.unwrap().listing.about.description.as_deref(), Some(""));
    }

    #[tokio::test]
    async fn a_deleted_channel_is_gone_for_everybody() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        let said = town.say(bob, group, "remember me").await;
        assert_eq!(town.service.delete_channel(bob, group).await, Err(Refusal::RoleTooLow));
        for who in [ana, bob] {
            town.witness.heard(who.user);
        }
        assert!(town.service.delete_channel(ana, group).await.is_ok());
        for who in [ana, bob] {
            let heard = town.witness.heard(who.user);
            let [Publication::Entry(last), Publication::Membership { change: Membership::Deleted, .. }] = &heard[..] else {
                panic!("the deletion, and nothing after it: {heard:?}");
            };
            assert!(matches!(&last.event, Event::Channel(change) if change.deleted));
            assert!(channels_of(&town, who).await.is_empty());
            assert!(town.read(who, group).await.is_empty());
            for wait in [false, true] {
                assert_eq!(town.service.send(who, group, draft("hello?"), wait).await, Err(Refusal::ChannelUnknown));
            }
            assert_eq!(town.service.delete(who, group, said, None).await, Err(Refusal::ChannelUnknown));
            assert_eq!(town.service.members(who, group, None, 10).await.err(), Some(Refusal::ChannelUnknown));
        }
    }

    #[tokio::test]
    async fn flags_are_ones_own_and_ones_other_devices_are_told() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob]).await;
        for who in [ana, bob] {
            town.witness.heard(who.user);
        }
        let muted = Flags { muted_until: Some(Timestamp(5)), ..Flags::default() };
        assert_eq!(town.service.change_flags(ana, group, |flags| Flags { muted_until: Some(Timestamp(5)), ..flags }).await, Ok(muted));
        let pinned = Flags { pinned: true, ..muted };
        assert_eq!(town.service.change_flags(ana, group, |flags| Flags { pinned: true, ..flags }).await, Ok(pinned), "the rest stays");
        assert_eq!(told(&town, ana), [(group, Membership::Settings); 2]);
        assert_eq!(told(&town, bob), []);
        assert_eq!(town.service.channel(bob, group).await.unwrap().listing.flags, Flags::default());
        assert_eq!(town.service.change_flags(cleo, group, |flags| flags).await, Err(Refusal::ChannelUnknown));
        let town = town.restarted().await;
        assert_eq!(town.service.channel(ana, group).await.unwrap().listing.flags, pinned);
    }
}

mod listing {
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
}
