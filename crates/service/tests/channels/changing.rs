//! What may be changed, by whom, and what remains of a deleted channel.

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
    assert_eq!(town.service.change_flags(ana, group, FlagChange::Mute(Some(Timestamp(5)))).await, Ok(muted));
    let pinned = Flags { pinned: true, ..muted };
    assert_eq!(town.service.change_flags(ana, group, FlagChange::Pin(true)).await, Ok(pinned), "the rest stays");
    assert_eq!(told(&town, ana), [(group, Membership::Settings); 2]);
    assert_eq!(told(&town, bob), []);
    assert_eq!(town.service.channel(bob, group).await.unwrap().listing.flags, Flags::default());
    assert_eq!(town.service.change_flags(cleo, group, FlagChange::Pin(true)).await, Err(Refusal::ChannelUnknown));
    let town = town.restarted().await;
    assert_eq!(town.service.channel(ana, group).await.unwrap().listing.flags, pinned);
}
