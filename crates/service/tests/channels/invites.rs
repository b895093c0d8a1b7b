//! Links: how long they are good, and whom they cost nothing.

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

/// Whoever came in would be alone, with nobody to lead.
#[tokio::test]
async fn a_link_to_where_nobody_is_left_is_good_no_more() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[]).await;
    let link = invite(&town, ana, group, None, None).await;
    town.service.leave(ana, group).await.unwrap();
    for who in [ana, bob] {
        assert_eq!(join(&town, who, &link).await, Err(Refusal::InviteInvalid));
    }
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

#[tokio::test]
async fn two_devices_that_join_at_once_use_one_use() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[]).await;
    let link = invite(&town, ana, group, Some(2), None).await;
    let (one, other) = tokio::join!(join(&town, bob, &link), join(&town, bob, &link));
    assert_eq!((one, other), (Ok(group), Ok(group)));
    assert_eq!(join(&town, cleo, &link).await, Ok(group), "a use is left");
}

#[tokio::test]
async fn the_last_place_is_taken_by_one_and_the_other_use_is_left() {
    let town = Plan { limits: Limits { members: 2, ..Limits::default() }, ..Plan::default() }.found().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[]).await;
    let link = invite(&town, ana, group, Some(2), None).await;
    let (one, other) = tokio::join!(join(&town, bob, &link), join(&town, cleo, &link));
    assert_eq!((one, other), (Ok(group), Err(Refusal::ChannelFull)));
    town.service.leave(bob, group).await.unwrap();
    assert_eq!(join(&town, cleo, &link).await, Ok(group), "a use is left");
}
