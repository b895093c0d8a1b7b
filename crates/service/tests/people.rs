//! Other people: finding and blocking them, and what they let others see.

#![allow(clippy::unwrap_used, missing_docs)]

use rialto_domain::auth::Identity;
use rialto_domain::channel::ChannelKind;
use rialto_domain::limit::Limits;
use rialto_domain::presence::{Presence, UserPresence};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::user::{Audience, Settings};
use rialto_domain::{Refusal, Timestamp, UserId};
use rialto_testkit::Town;
use rialto_testkit::builders::{user, users};
use rialto_testkit::town::Plan;

const HIDDEN: Presence = Presence { online: false, last_seen: None };
const HERE: Presence = Presence { online: true, last_seen: None };

fn left(at: Timestamp) -> Presence {
    Presence { online: false, last_seen: Some(at) }
}

async fn seen(town: &Town, by: Identity, whom: Identity) -> Presence {
    let seen = town.service.presence(by, &[whom.user]).await.unwrap();
    assert_eq!(seen[0].user, whom.user);
    seen[0].presence
}

/// What was announced to those who watch a user.
fn watched(town: &Town, whom: Identity) -> Vec<Presence> {
    let presence = |(topic, publication)| match publication {
        Publication::Presence(UserPresence { user, presence }) if topic == Topic::Presence(whom.user) && user == whom.user => Some(presence),
        _ => None,
    };
    town.witness.announced().into_iter().filter_map(presence).collect()
}

fn typing(publications: Vec<Publication>) -> Vec<UserId> {
    let typing = |publication| if let Publication::Typing { user, .. } = publication { Some(user) } else { None };
    publications.into_iter().filter_map(typing).collect()
}

mod finding {
    use super::*;

    #[tokio::test]
    async fn people_are_found_by_their_exact_name_in_any_spelling() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        assert_eq!(town.service.find_user(ana, " BOB ").await.unwrap().id, bob.user);
        for nobody in ["bo", "bobb", "cleo", "", "\u{202E}", &"x".repeat(1_000_000)] {
            assert_eq!(town.service.find_user(ana, nobody).await.err(), Some(Refusal::UserUnknown), "{nobody:.20}");
        }
    }

    #[tokio::test]
    async fn profiles_of_those_who_exist_are_shown() {
        let limits = Limits { users_per_command: 3, ..Limits::default() };
        let town = Plan { limits, ..Plan::default() }.found().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let profiles = town.service.profiles(&[bob.user, user(1), ana.user]).await.unwrap();
        let mut names: Vec<_> = profiles.iter().map(|profile| profile.display_name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ana", "bob"]);
        assert_eq!(town.service.profiles(&users(1, 4)).await.err(), Some(Refusal::TooMany));
    }
}

mod blocking {
    use super::*;

    #[tokio::test]
    async fn one_blocks_others_who_exist() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        assert_eq!(town.service.block(ana, ana.user, true).await, Err(Refusal::Oneself));
        assert_eq!(town.service.block(ana, user(1), true).await, Err(Refusal::UserUnknown));
        for _ in 0..2 {
            assert_eq!(town.service.block(ana, bob.user, true).await, Ok(()));
            assert_eq!(town.service.blocks(ana).await, Ok(vec![bob.user]));
        }
        assert_eq!(town.service.blocks(bob).await, Ok(vec![]));
        for _ in 0..2 {
            assert_eq!(town.service.block(ana, bob.user, false).await, Ok(()));
        }
        assert_eq!(town.service.blocks(ana).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn ones_own_devices_hear_of_a_block_and_the_other_does_not() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let direct = town.direct(ana, bob).await;
        for who in [ana, bob] {
            town.witness.heard(who.user);
        }
        town.service.block(ana, bob.user, true).await.unwrap();
        // What parts the two is for the gateways, and not told.
        let told = |who: Identity| town.witness.heard(who.user).into_iter().filter(|it| !matches!(it, Publication::Parted { .. })).collect::<Vec<_>>();
        let heard = told(ana);
        assert!(matches!(heard[..], [Publication::Membership { channel, change: Membership::Settings, .. }] if channel == direct), "{heard:?}");
        assert!(told(bob).is_empty());
    }
}

mod presence {
    use super::*;

    #[tokio::test]
    async fn a_block_parts_both_from_each_other_before_it_is_answered() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        town.group(ana, &[bob]).await;
        town.witness.announced();
        town.service.block(ana, bob.user, true).await.unwrap();
        let parted = |(topic, publication)| if let Publication::Parted { user, from } = publication { Some((topic, user, from)) } else { None };
        let announced: Vec<_> = town.witness.announced().into_iter().filter_map(parted).collect();
        assert_eq!(announced, [(Topic::User(ana.user), ana.user, bob.user), (Topic::User(bob.user), bob.user, ana.user)]);
        town.service.block(ana, bob.user, false).await.unwrap();
        assert!(town.witness.announced().into_iter().filter_map(parted).next().is_none(), "the end of a block parts nobody");
    }

    #[tokio::test]
    async fn those_who_share_a_channel_see_each_other_come_and_go() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        town.group(ana, &[bob]).await;
        town.witness.announced();
        assert_eq!(seen(&town, ana, bob).await, HIDDEN);
        town.service.arrived(bob.user).await;
        assert_eq!(watched(&town, bob), [HERE]);
        assert_eq!((seen(&town, ana, bob).await, seen(&town, cleo, bob).await), (HERE, HIDDEN));
        town.clock.advance_ms(5);
        town.service.departed(bob.user).await;
        assert_eq!(watched(&town, bob), [left(town.now())]);
        assert_eq!((seen(&town, ana, bob).await, seen(&town, cleo, bob).await), (left(town.now()), HIDDEN));
    }

    #[tokio::test]
    async fn who_is_watched_by_nobody_comes_and_goes_without_an_announcement() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        town.direct(ana, bob).await;
        town.witness.look_away_from(bob.user);
        town.service.arrived(bob.user).await;
        assert_eq!(seen(&town, ana, bob).await, HERE, "whoever asks is told");
        town.service.departed(bob.user).await;
        assert_eq!(watched(&town, bob), []);
    }

    #[tokio::test]
    async fn one_is_there_as_long_as_one_connection_is() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        town.direct(ana, bob).await;
        town.witness.announced();
        town.service.arrived(bob.user).await;
        town.service.arrived(bob.user).await;
        town.service.departed(bob.user).await;
        assert_eq!(watched(&town, bob), [HERE]);
        assert_eq!(seen(&town, ana, bob).await, HERE);
        town.service.departed(bob.user).await;
        assert!(!seen(&town, ana, bob).await.online);
    }

    #[tokio::test]
    async fn blocking_hides_both_from_each_other() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        town.group(ana, &[bob]).await;
        for who in [ana, bob] {
            town.service.arrived(who.user).await;
        }
        town.service.block(ana, bob.user, true).await.unwrap();
        assert_eq!((seen(&town, ana, bob).await, seen(&town, bob, ana).await), (HIDDEN, HIDDEN));
        assert_eq!(town.service.watchable(bob, &[ana.user]).await, Ok(vec![]));
        town.service.block(ana, bob.user, false).await.unwrap();
        assert_eq!(seen(&town, bob, ana).await, HERE);
    }

    #[tokio::test]
    async fn who_no_longer_shares_a_channel_sees_nothing() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        town.service.arrived(ana.user).await;
        town.service.leave(bob, group).await.unwrap();
        assert_eq!(seen(&town, bob, ana).await, HIDDEN);
        assert_eq!(town.service.watchable(bob, &[ana.user]).await, Ok(vec![]));
    }

    /// Not even that something happened is told: the moment would say it.
    #[tokio::test]
    async fn who_hides_it_comes_and_goes_unseen() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        town.direct(ana, bob).await;
        let set = async |presence, last_seen| town.service.set_settings(bob, Settings { presence, last_seen, ..Settings::default() }).await.unwrap();
        let come_and_go = async || {
            town.witness.announced();
            town.service.arrived(bob.user).await;
            let here = seen(&town, ana, bob).await;
            town.clock.advance_ms(5);
            town.service.departed(bob.user).await;
            (here, seen(&town, ana, bob).await, watched(&town, bob))
        };
        set(Audience::Nobody, Audience::Nobody).await;
        assert_eq!(come_and_go().await, (HIDDEN, HIDDEN, vec![]));
        set(Audience::Contacts, Audience::Nobody).await;
        assert_eq!(come_and_go().await, (HERE, HIDDEN, vec![HERE, HIDDEN]));
        set(Audience::Nobody, Audience::Contacts).await;
        let before = left(town.now());
        let (here, gone, announced) = come_and_go().await;
        assert_eq!((here, gone, announced), (before, left(town.now()), vec![left(town.now())]));
    }

    #[tokio::test]
    async fn what_is_hidden_or_shown_is_hidden_or_shown_at_once() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        town.direct(ana, bob).await;
        town.service.arrived(bob.user).await;
        town.witness.announced();
        let secretive = Settings { presence: Audience::Nobody, ..Settings::default() };
        town.service.set_settings(bob, secretive.clone()).await.unwrap();
        assert_eq!(watched(&town, bob), [HIDDEN]);
        town.service.set_settings(bob, Settings { typing: Audience::Nobody, ..secretive }).await.unwrap();
        assert_eq!(watched(&town, bob), [], "nothing that they see has changed");
        town.service.set_settings(bob, Settings::default()).await.unwrap();
        assert_eq!(watched(&town, bob), [HERE]);
    }

    #[tokio::test]
    async fn several_are_asked_about_at_once_and_answered_in_order() {
        let limits = Limits { users_per_command: 3, ..Limits::default() };
        let town = Plan { limits, ..Plan::default() }.found().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        town.direct(ana, bob).await;
        for who in [bob, cleo] {
            town.service.arrived(who.user).await;
        }
        let asked = [cleo.user, user(1), bob.user];
        let answer = town.service.presence(ana, &asked).await.unwrap();
        assert_eq!(answer, [(cleo.user, HIDDEN), (user(1), HIDDEN), (bob.user, HERE)].map(|(user, presence)| UserPresence { user, presence }));
        assert_eq!(town.service.watchable(ana, &asked).await, Ok(vec![bob.user]));
        assert_eq!(town.service.presence(ana, &users(1, 4)).await, Err(Refusal::TooMany));
        assert_eq!(town.service.watchable(ana, &users(1, 4)).await, Err(Refusal::TooMany));
    }
}

mod typing_is_told {
    use super::*;

    #[tokio::test]
    async fn to_those_who_are_in() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob]).await;
        for who in [ana, bob, cleo] {
            town.witness.heard(who.user);
        }
        assert_eq!(town.service.typing(bob, group).await, Ok(()));
        assert_eq!(typing(town.witness.heard(ana.user)), [bob.user]);
        assert!(town.witness.heard(cleo.user).is_empty());
        assert_eq!(town.service.typing(cleo, group).await, Err(Refusal::ChannelUnknown));
        town.service.leave(bob, group).await.unwrap();
        town.witness.heard(ana.user);
        assert_eq!(town.service.typing(bob, group).await, Err(Refusal::NotAMember));
        assert!(town.witness.heard(ana.user).is_empty());
    }

    #[tokio::test]
    async fn not_where_one_may_not_write() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let news = town.open(ChannelKind::Broadcast, ana, &[bob]).await;
        town.witness.heard(bob.user);
        assert_eq!(town.service.typing(bob, news).await, Err(Refusal::RoleTooLow));
        assert_eq!(town.service.typing(ana, news).await, Ok(()));
        assert_eq!(typing(town.witness.heard(bob.user)), [ana.user]);
    }

    #[tokio::test]
    async fn not_by_those_who_hide_it_nor_between_those_who_block() {
        let town = Town::new().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let direct = town.direct(ana, bob).await;
        town.service.set_settings(bob, Settings { typing: Audience::Nobody, ..Settings::default() }).await.unwrap();
        town.witness.heard(ana.user);
        assert_eq!(town.service.typing(bob, direct).await, Ok(()));
        assert!(town.witness.heard(ana.user).is_empty());
        town.service.set_settings(bob, Settings::default()).await.unwrap();
        town.service.block(ana, bob.user, true).await.unwrap();
        for who in [ana, bob] {
            town.witness.heard(who.user);
        }
        for who in [ana, bob] {
            assert_eq!(town.service.typing(who, direct).await, Ok(()));
        }
        assert!(town.witness.heard(ana.user).is_empty() && town.witness.heard(bob.user).is_empty());
    }
}
