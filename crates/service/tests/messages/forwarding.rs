//! Sending on what stands elsewhere.

use super::*;

#[tokio::test]
async fn what_is_sent_on_keeps_its_first_author_and_calls_nobody() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let (here, there, beyond) = (town.group(ana, &[bob]).await, town.group(bob, &[cleo]).await, town.group(cleo, &[]).await);
    let said = town.service.send(ana, here, calling("news", &[bob.user]), true).await.unwrap().unwrap();
    let second = town.service.forward(bob, here, said, there, client_id(), true).await.unwrap().unwrap();
    town.service.forward(cleo, there, second, beyond, client_id(), true).await.unwrap();
    let [message] = &town.read(cleo, beyond).await[..] else { panic!("one message") };
    assert_eq!((message.sender, message.message.forwarded_from), (cleo.user, Some(ana.user)));
    assert_eq!((&message.message.body, message.message.mentions.is_empty(), message.message.reply_to), (&Some(text("news")), true, None));
}

#[tokio::test]
async fn what_one_may_not_read_or_is_gone_is_not_sent_on() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let here = town.group(ana, &[]).await;
    let (before, gone) = (town.say(ana, here, "before bob came").await, town.say(ana, here, "gone").await);
    town.service.add_members(ana, here, vec![bob.user]).await.unwrap();
    let after = town.say(ana, here, "after").await;
    town.service.delete(ana, here, gone, None).await.unwrap();
    let there = town.group(bob, &[]).await;
    let forward = async |who, seq, to| town.service.forward(who, here, seq, to, client_id(), true).await;
    assert_eq!(forward(bob, before, there).await, Err(Refusal::MessageUnknown));
    assert_eq!(forward(bob, Seq(1), there).await, Err(Refusal::MessageUnknown));
    assert_eq!(forward(bob, Seq(99), there).await, Err(Refusal::MessageUnknown));
    assert_eq!(forward(ana, gone, here).await, Err(Refusal::MessageDeleted));
    assert_eq!(forward(ana, after, there).await, Err(Refusal::ChannelUnknown));
    assert_eq!(forward(cleo, after, there).await, Err(Refusal::ChannelUnknown));
    assert!(forward(bob, after, there).await.is_ok());
    town.service.hide(bob, here, after).await.unwrap();
    assert_eq!(forward(bob, after, there).await, Err(Refusal::MessageUnknown), "what one deleted for oneself is gone for oneself");
}

#[tokio::test]
async fn sent_on_again_it_is_the_same_message_even_if_the_first_is_gone() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let (here, there) = (town.group(ana, &[]).await, town.group(ana, &[]).await);
    let (said, name) = (town.say(ana, here, "news").await, client_id());
    let place = town.service.forward(ana, here, said, there, name, true).await;
    town.service.delete(ana, here, said, None).await.unwrap();
    assert_eq!(town.service.forward(ana, here, said, there, name, true).await, place);
    assert_eq!(town.words(ana, there).await, ["news"]);
}
