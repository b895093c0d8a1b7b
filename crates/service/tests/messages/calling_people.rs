//! Whom a message may call, and how calls are counted.

use super::*;

#[tokio::test]
async fn those_who_are_called_are_counted_apart() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[bob, cleo]).await;
    town.service.send(ana, group, calling("bob", &[bob.user]), true).await.unwrap();
    let all = town.service.send(ana, group, calling_all("both"), true).await.unwrap().unwrap();
    town.say(ana, group, "nobody").await;
    assert_eq!((waiting(&town, bob, group).await, waiting(&town, cleo, group).await, waiting(&town, ana, group).await), ((3, 2), (3, 1), (0, 0)));
    let bobs = Mentions { users: vec![cleo.user], all: false };
    town.service.edit(ana, group, all, text("cleo"), bobs, None).await.unwrap();
    assert_eq!((waiting(&town, bob, group).await, waiting(&town, cleo, group).await), ((3, 1), (3, 1)));
}

#[tokio::test]
async fn only_members_are_called() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[bob]).await;
    let said = town.say(ana, group, "hello").await;
    for stranger in [cleo.user, user(1)] {
        assert_eq!(town.service.send(ana, group, calling("you", &[bob.user, stranger]), true).await, Err(Refusal::MentionsInvalid));
        let called = Mentions { users: vec![stranger], all: false };
        assert_eq!(town.service.edit(ana, group, said, text("you"), called, None).await, Err(Refusal::MentionsInvalid));
    }
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    assert_eq!(town.service.send(ana, group, calling("you", &[bob.user]), true).await, Err(Refusal::MentionsInvalid));
}

#[tokio::test]
async fn in_a_large_channel_only_those_who_lead_call_everyone() {
    let town = Plan { rates: generous(), ..Plan::default() }.found().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    for n in 0..30 {
        let one = town.person(&format!("guest{n}")).await;
        town.service.add_members(ana, group, vec![one.user]).await.unwrap();
    }
    assert!(town.service.send(bob, group, calling_all("32 of us"), true).await.is_ok());
    let one_more = town.person("onemore").await;
    town.service.add_members(ana, group, vec![one_more.user]).await.unwrap();
    for wait in [false, true] {
        assert_eq!(town.service.send(bob, group, calling_all("33 of us"), wait).await, Err(Refusal::MentionAllDenied));
    }
    assert!(town.service.send(ana, group, calling_all("33 of us"), true).await.is_ok());
}

fn generous() -> rialto_service::RatePolicy {
    let rate = rialto_domain::limit::Rate::new(1_000, 1, 1_000);
    rialto_service::RatePolicy { registrations: rate, discoveries: rate, ..Default::default() }
}
