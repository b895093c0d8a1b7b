//! Who comes, who goes, and who decides that.

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
            while town.backend.channels.find_member(group, bob.user).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    town.faults.silence(false);
    assert!(town.service.send(bob, group, draft("here I am"), false).await.is_ok());
}
