//! Log-ins: listed, ended, forgotten.

use super::*;

#[tokio::test]
async fn after_a_log_out_its_tokens_open_nothing() {
    let town = Town::new().await;
    let (here, elsewhere) = (town.register("ana").await.unwrap(), log_in(&town, "ana").await.unwrap());
    town.witness.announced();
    town.service.log_out(here.identity).await.unwrap();
    assert_eq!(revoked(town.witness.announced()), [(Topic::User(here.identity.user), vec![here.identity.session])]);
    assert_eq!(town.service.identify(&here.access_token), Err(Refusal::NotAuthenticated));
    assert_eq!(refused(town.service.refresh(&here.refresh_token).await), Refusal::RefreshRefused);
    assert_eq!(town.service.welcome(here.identity, &BTreeMap::new()).await.err(), Some(Refusal::NotAuthenticated));
    assert!(town.service.identify(&elsewhere.access_token).is_ok());
    assert_eq!(town.service.log_out(here.identity).await, Ok(()), "who is out already may say so again");
}

#[tokio::test]
async fn a_log_out_survives_a_restart_and_a_lost_announcement() {
    let town = Town::new().await;
    let (here, elsewhere) = (town.register("ana").await.unwrap(), log_in(&town, "ana").await.unwrap());
    town.faults.silence(true);
    town.service.log_out(here.identity).await.unwrap();
    assert_eq!(town.service.identify(&here.access_token), Err(Refusal::NotAuthenticated));
    town.clock.advance_ms(5 * MINUTE_MS);
    let town = town.restarted().await;
    assert_eq!(town.service.identify(&here.access_token), Err(Refusal::NotAuthenticated));
    assert_eq!(town.service.identify(&elsewhere.access_token), Ok(elsewhere.identity));
    assert_eq!(refused(town.service.refresh(&here.refresh_token).await), Refusal::RefreshRefused);
}

#[tokio::test]
async fn log_ins_are_listed_named_and_ended_one_by_one() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    town.clock.advance_ms(1);
    let phone = town.service.log_in(by_password("ana", &password("ana")), Client { device: Some(DeviceId::from_bytes([5; 16])), ..at(1) }).await.unwrap();
    let stranger = town.register("bob").await.unwrap();
    assert_eq!(phone.identity.device, DeviceId::from_bytes([5; 16]));
    town.service.name_device(phone.identity, "Ana's phone").await.unwrap();
    assert_eq!(town.service.name_device(phone.identity, "\n").await, Err(Refusal::DisplayNameInvalid));

    let listed: Vec<_> = town.service.log_ins(first.identity).await.unwrap().into_iter().map(|log_in| (log_in.id, log_in.client)).collect();
    assert_eq!(listed, [(phone.identity.session, "Ana's phone".to_owned()), (first.identity.session, "test client 1.0".to_owned())]);

    let foreign = Which::One(stranger.identity.session);
    assert_eq!(town.service.revoke(first.identity, foreign).await, Err(Refusal::SessionUnknown));
    assert!(town.service.identify(&stranger.access_token).is_ok());
    assert_eq!(town.service.revoke(first.identity, Which::One(phone.identity.session)).await, Ok(vec![phone.identity.session]));
    assert_eq!(town.service.identify(&phone.access_token), Err(Refusal::NotAuthenticated));
    assert_eq!(town.service.revoke(first.identity, Which::One(phone.identity.session)).await, Err(Refusal::SessionUnknown));
    assert_eq!(town.service.revoke(first.identity, Which::AllBut(first.identity.session)).await, Ok(vec![]));
    assert_eq!(town.service.revoke(first.identity, Which::All).await, Ok(vec![first.identity.session]));
    assert_eq!(town.service.identify(&first.access_token), Err(Refusal::NotAuthenticated));
}

#[tokio::test]
async fn one_log_in_too_many_ends_the_one_that_was_refreshed_longest_ago() {
    let town = Plan { tokens: TokenPolicy { log_ins_per_user: 3, ..TokenPolicy::default() }, ..Plan::default() }.found().await;
    let bystander = town.register("bob").await.unwrap();
    let mut grants = vec![town.register("ana").await.unwrap()];
    for _ in 0..2 {
        town.clock.advance_ms(1);
        grants.push(log_in(&town, "ana").await.unwrap());
    }
    town.clock.advance_ms(1);
    town.service.refresh(&grants[0].refresh_token).await.unwrap();
    town.witness.announced();
    town.clock.advance_ms(1);

    let newest = log_in(&town, "ana").await.unwrap();

    assert_eq!(revoked(town.witness.announced()), [(Topic::User(newest.identity.user), vec![grants[1].identity.session])]);
    let listed: Vec<_> = town.service.log_ins(newest.identity).await.unwrap().into_iter().map(|log_in| log_in.id).collect();
    assert_eq!(listed, [&newest, &grants[2], &grants[0]].map(|grant| grant.identity.session));
    assert_eq!(town.service.identify(&grants[1].access_token), Err(Refusal::NotAuthenticated));
    for good in [&newest, &grants[2], &grants[0], &bystander] {
        assert!(town.service.identify(&good.access_token).is_ok());
    }
}

#[tokio::test]
async fn a_log_in_is_not_the_one_too_many_itself_when_the_clock_was_set_back() {
    let town = Plan { tokens: TokenPolicy { log_ins_per_user: 2, ..TokenPolicy::default() }, ..Plan::default() }.found().await;
    let first_moment = town.now();
    for result in [town.register("ana").await, log_in(&town, "ana").await] {
        result.unwrap();
    }
    town.clock.set(Timestamp(first_moment.0 - MINUTE_MS));
    let newest = log_in(&town, "ana").await.unwrap();
    assert!(town.service.identify(&newest.access_token).is_ok());
    assert_eq!(town.service.log_ins(newest.identity).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_a_client_calls_itself_is_kept_only_if_it_can_be_shown() {
    let town = Town::new().await;
    let tricky = Client { name: "phone\u{202E}".to_owned(), ..at(1) };
    let ana = town.service.register(named("ana", "correct horse"), tricky).await.unwrap();
    assert_eq!(town.service.log_ins(ana.identity).await.unwrap()[0].client, "");
}

#[tokio::test]
async fn log_ins_that_ended_are_forgotten_when_no_token_of_theirs_can_be_good() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    town.service.log_out(first.identity).await.unwrap();
    let is_kept = async || town.backend.accounts.find_log_in(first.identity.session).await.unwrap().is_some();
    town.clock.advance_ms(2 * 24 * 3600 * 1000);
    let second = log_in(&town, "ana").await.unwrap();
    assert!(is_kept().await, "for two days");
    town.clock.advance_ms(1);
    log_in(&town, "ana").await.unwrap();
    assert!(!is_kept().await);
    assert_eq!(refused(town.service.refresh(&first.refresh_token).await), Refusal::RefreshRefused);
    assert!(town.service.refresh(&second.refresh_token).await.is_ok(), "what is open stays");
}
