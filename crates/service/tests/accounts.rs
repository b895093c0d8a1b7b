//! Accounts and log-ins: who gets in, and who does not any more.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Barrier};

use rialto_domain::auth::Identity;
use rialto_domain::limit::Rate;
use rialto_domain::ports::Which;
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::user::{Audience, Settings};
use rialto_domain::{DeviceId, Refusal, SessionId, Timestamp};
use rialto_service::{Client, Credentials, Grant, RatePolicy, Registration, TokenPolicy};
use rialto_testkit::Town;
use rialto_testkit::town::{Plan, password};

const MINUTE_MS: u64 = 60_000;

fn named(username: &str, password: &str) -> Registration {
    Registration { username: Some(username.to_owned()), password: Some(password.to_owned()), display_name: None }
}

fn nameless() -> Registration {
    Registration { username: None, password: None, display_name: None }
}

fn by_password(username: &str, password: &str) -> Credentials {
    Credentials::Password { username: username.to_owned(), password: password.to_owned() }
}

fn at(last: u8) -> Client {
    Client { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), device: None, name: "phone".to_owned() }
}

async fn log_in(town: &Town, name: &str) -> Result<Grant, Refusal> {
    town.service.log_in(by_password(name, &password(name)), town.client()).await
}

/// What a refused request got. (A grant cannot be shown.)
fn refused(result: Result<Grant, Refusal>) -> Refusal {
    match result {
        Err(refusal) => refusal,
        Ok(_) => panic!("tokens were granted"),
    }
}

fn revoked(announced: Vec<(Topic, Publication)>) -> Vec<(Topic, Vec<SessionId>)> {
    let revoked = |(topic, publication)| if let Publication::Revoked { sessions, .. } = publication { Some((topic, sessions.to_vec())) } else { None };
    announced.into_iter().filter_map(revoked).collect()
}

#[tokio::test]
async fn who_registers_is_logged_in_and_can_log_in_again() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    assert_eq!(town.service.identify(&first.access_token), Ok(first.identity));
    assert!(first.recovery_key.is_none());
    let second = log_in(&town, "ana").await.unwrap();
    assert_eq!(second.identity.user, first.identity.user);
    assert_ne!(second.identity.session, first.identity.session);
    let account = town.service.account(first.identity).await.unwrap();
    assert_eq!((account.profile.username.unwrap().as_str(), account.profile.display_name.as_str()), ("ana", "ana"));
}

#[tokio::test]
async fn a_name_and_a_password_come_together_or_not_at_all() {
    let town = Town::new().await;
    let without_password = Registration { password: None, ..named("ana", "") };
    assert_eq!(refused(town.service.register(without_password, at(1)).await), Refusal::PasswordInvalid);
    let without_name = Registration { username: None, ..named("", "correct horse") };
    assert_eq!(refused(town.service.register(without_name, at(1)).await), Refusal::UsernameInvalid);
}

#[tokio::test]
async fn what_breaks_the_rules_is_refused_by_its_own_name() {
    let town = Town::new().await;
    assert_eq!(refused(town.service.register(named("a", "correct horse"), at(1)).await), Refusal::UsernameInvalid);
    assert_eq!(refused(town.service.register(named("ana", "short"), at(1)).await), Refusal::PasswordInvalid);
    let hidden = Registration { display_name: Some("\u{202E}ana".to_owned()), ..nameless() };
    assert_eq!(refused(town.service.register(hidden, at(1)).await), Refusal::DisplayNameInvalid);
}

#[tokio::test]
async fn a_name_is_taken_in_every_spelling() {
    let town = Town::new().await;
    town.register("ana").await.unwrap();
    assert_eq!(refused(town.service.register(named(" Ana ", "correct horse"), at(1)).await), Refusal::UsernameTaken);
    assert!(town.service.log_in(by_password("ANA", &password("ana")), at(1)).await.is_ok());
}

#[tokio::test]
async fn an_anonymous_account_is_opened_by_its_key_alone() {
    let town = Town::new().await;
    let guest = town.service.register(nameless(), at(1)).await.unwrap();
    let key = guest.recovery_key.clone().unwrap();
    let account = town.service.account(guest.identity).await.unwrap();
    assert!(account.profile.username.is_none() && account.profile.display_name.starts_with("Guest "));

    let typed = key.to_lowercase().replace('-', " ");
    let again = town.service.log_in(Credentials::RecoveryKey(typed), at(2)).await.unwrap();
    assert_eq!(again.identity.user, guest.identity.user);
    assert!(again.recovery_key.is_none(), "the key is told once");
    for wrong in ["", "rubbish", "00000-00000-00000-00000-00000-0"] {
        assert_eq!(refused(town.service.log_in(Credentials::RecoveryKey(wrong.to_owned()), at(3)).await), Refusal::WrongCredentials);
    }
}

#[tokio::test]
async fn two_guests_are_two_people() {
    let town = Town::new().await;
    let (one, other) = (town.service.register(nameless(), at(1)).await.unwrap(), town.service.register(nameless(), at(1)).await.unwrap());
    assert_ne!(one.identity.user, other.identity.user);
    assert_ne!(one.recovery_key, other.recovery_key);
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_cannot_be_told_apart() {
    let town = Town::new().await;
    town.register("ana").await.unwrap();
    for (name, password) in [("ana", "wrong password"), ("bob", "wrong password"), ("!", "wrong password"), ("ana", "short"), ("bob", "short")] {
        assert_eq!(refused(town.service.log_in(by_password(name, password), town.client()).await), Refusal::WrongCredentials, "{name}, {password}");
    }
}

#[tokio::test]
async fn a_guest_takes_a_name_and_stays_who_they_are() {
    let town = Town::new().await;
    town.register("ana").await.unwrap();
    let guest = town.service.register(nameless(), at(1)).await.unwrap();
    assert_eq!(town.service.claim(guest.identity, "Ana", "correct horse").await.err(), Some(Refusal::UsernameTaken));
    assert_eq!(town.service.claim(guest.identity, "bob", "short").await.err(), Some(Refusal::PasswordInvalid));
    let account = town.service.claim(guest.identity, "Bob", "correct horse").await.unwrap();
    assert_eq!((account.profile.id, account.profile.username.unwrap().as_str()), (guest.identity.user, "bob"));
    assert_eq!(town.service.claim(guest.identity, "bob2", "correct horse").await.err(), Some(Refusal::AlreadyNamed));

    let named = town.service.log_in(by_password("bob", "correct horse"), at(2)).await.unwrap();
    let by_key = town.service.log_in(Credentials::RecoveryKey(guest.recovery_key.unwrap()), at(2)).await.unwrap();
    assert_eq!((named.identity.user, by_key.identity.user), (guest.identity.user, guest.identity.user));
}

#[tokio::test]
async fn a_password_change_ends_all_other_log_ins() {
    let town = Town::new().await;
    let here = town.register("ana").await.unwrap();
    let (phone, tablet) = (log_in(&town, "ana").await.unwrap(), log_in(&town, "ana").await.unwrap());
    let bystander = town.register("bob").await.unwrap();
    town.witness.announced();

    town.service.change_password(here.identity, &password("ana"), "a better secret", at(1).address).await.unwrap();

    assert_eq!(town.service.identify(&here.access_token), Ok(here.identity));
    assert!(town.service.refresh(&here.refresh_token).await.is_ok());
    assert!(town.service.identify(&bystander.access_token).is_ok());
    for ended in [&phone, &tablet] {
        assert_eq!(town.service.identify(&ended.access_token), Err(Refusal::NotAuthenticated));
        assert_eq!(refused(town.service.refresh(&ended.refresh_token).await), Refusal::RefreshRefused);
    }
    let mut sessions = [phone.identity.session, tablet.identity.session];
    sessions.sort_unstable();
    let [(topic, told)] = &mut revoked(town.witness.announced())[..] else { panic!("one announcement") };
    told.sort_unstable();
    assert_eq!((*topic, &told[..]), (Topic::User(here.identity.user), &sessions[..]));
    assert_eq!(refused(log_in(&town, "ana").await), Refusal::WrongCredentials);
    assert!(town.service.log_in(by_password("ana", "a better secret"), at(1)).await.is_ok());
}

#[tokio::test]
async fn without_the_old_password_nothing_changes() {
    let town = Town::new().await;
    let (ana, elsewhere) = (town.register("ana").await.unwrap(), log_in(&town, "ana").await.unwrap());
    let guest = town.service.register(nameless(), at(1)).await.unwrap();
    let change = async |who: Identity, old: &str, new: &str| town.service.change_password(who, old, new, at(1).address).await.err();
    assert_eq!(change(ana.identity, "not my password", "a better secret").await, Some(Refusal::WrongCredentials));
    assert_eq!(change(ana.identity, "", "a better secret").await, Some(Refusal::WrongCredentials));
    assert_eq!(change(ana.identity, &password("ana"), "short").await, Some(Refusal::PasswordInvalid));
    assert_eq!(change(guest.identity, "whatever it is", "a better secret").await, Some(Refusal::WrongCredentials), "a guest has none");
    assert!(town.service.identify(&elsewhere.access_token).is_ok());
    assert!(log_in(&town, "ana").await.is_ok());
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_gives_new_ones() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    let second = town.service.refresh(&first.refresh_token).await.unwrap();
    let third = town.service.refresh(&second.refresh_token).await.unwrap();
    assert_eq!((second.identity, third.identity), (first.identity, first.identity));
    assert_eq!(town.service.identify(&third.access_token), Ok(first.identity));
}

/// Rotation without patience: whatever comes twice was stolen.
async fn without_grace() -> Town {
    Plan { tokens: TokenPolicy { refresh_grace_ms: 0, ..TokenPolicy::default() }, ..Plan::default() }.found().await
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_asked_again_with_the_same_token() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    let lost = town.service.refresh(&first.refresh_token).await.unwrap();
    town.clock.advance_ms(MINUTE_MS - 1);
    let again = town.service.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(again.identity, first.identity);
    assert_eq!(town.service.identify(&again.access_token), Ok(first.identity));
    let next = town.service.refresh(&again.refresh_token).await.unwrap();
    assert!(town.service.refresh(&next.refresh_token).await.is_ok());
    assert_eq!(refused(town.service.refresh(&lost.refresh_token).await), Refusal::RefreshRefused, "what was lost is good no more than what came");
}

#[tokio::test]
async fn after_a_minute_a_refresh_token_that_comes_again_was_stolen() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    let second = town.service.refresh(&first.refresh_token).await.unwrap();
    town.clock.advance_ms(MINUTE_MS);
    assert_eq!(refused(town.service.refresh(&first.refresh_token).await), Refusal::RefreshRefused);
    assert_eq!(town.service.identify(&second.access_token), Err(Refusal::NotAuthenticated));
}

#[tokio::test]
async fn asking_again_does_not_put_off_the_end_of_the_minute() {
    let town = Town::new().await;
    let first = town.register("ana").await.unwrap();
    town.service.refresh(&first.refresh_token).await.unwrap();
    town.clock.advance_ms(MINUTE_MS - 1);
    town.service.refresh(&first.refresh_token).await.unwrap();
    town.clock.advance_ms(1);
    assert_eq!(refused(town.service.refresh(&first.refresh_token).await), Refusal::RefreshRefused);
}

#[tokio::test]
async fn once_the_new_refresh_token_was_used_the_old_one_ends_the_log_in_at_once() {
    let town = Town::new().await;
    let stolen = town.register("ana").await.unwrap();
    let second = town.service.refresh(&stolen.refresh_token).await.unwrap();
    let third = town.service.refresh(&second.refresh_token).await.unwrap();
    assert_eq!(refused(town.service.refresh(&stolen.refresh_token).await), Refusal::RefreshRefused);
    assert_eq!(town.service.identify(&third.access_token), Err(Refusal::NotAuthenticated));
    assert_eq!(refused(town.service.refresh(&third.refresh_token).await), Refusal::RefreshRefused);
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_whole_log_in() {
    let town = without_grace().await;
    let (stolen, other) = (town.register("ana").await.unwrap(), log_in(&town, "ana").await.unwrap());
    let fresh = town.service.refresh(&stolen.refresh_token).await.unwrap();
    town.witness.announced();

    assert_eq!(refused(town.service.refresh(&stolen.refresh_token).await), Refusal::RefreshRefused);

    assert_eq!(revoked(town.witness.announced()), [(Topic::User(stolen.identity.user), vec![stolen.identity.session])]);
    assert_eq!(refused(town.service.refresh(&fresh.refresh_token).await), Refusal::RefreshRefused);
    for access_token in [&stolen.access_token, &fresh.access_token] {
        assert_eq!(town.service.identify(access_token), Err(Refusal::NotAuthenticated));
    }
    assert!(town.service.identify(&other.access_token).is_ok(), "the other log-in has nothing to do with it");
    assert_eq!(refused(town.service.refresh(&stolen.refresh_token).await), Refusal::RefreshRefused);
    assert!(revoked(town.witness.announced()).is_empty(), "what ended is not ended again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_refresh_at_once_with_one_token_are_all_logged_in() {
    for _ in 0..20 {
        let town = Arc::new(Town::new().await);
        let grant = town.register("ana").await.unwrap();
        assert_eq!(refresh_at_once(&town, &grant).await, 4);
        assert_eq!(town.service.identify(&grant.access_token), Ok(grant.identity));
    }
}

/// How many of four who refresh with one token get new ones.
async fn refresh_at_once(town: &Arc<Town>, grant: &Grant) -> u32 {
    let start = Arc::new(Barrier::new(4));
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let (town, token, start) = (town.clone(), grant.refresh_token.clone(), start.clone());
            tokio::spawn(async move {
                tokio::task::block_in_place(|| start.wait());
                town.service.refresh(&token).await.is_ok()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += u32::from(racer.await.unwrap());
    }
    winners
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_grace_at_most_one_of_those_who_refresh_at_once_succeeds_and_the_log_in_ends() {
    for _ in 0..20 {
        let town = Arc::new(without_grace().await);
        let grant = town.register("ana").await.unwrap();
        let winners = refresh_at_once(&town, &grant).await;
        assert!(winners <= 1, "{winners} got tokens for one");
        assert_eq!(town.service.identify(&grant.access_token), Err(Refusal::NotAuthenticated));
    }
}

#[tokio::test]
async fn tokens_end_by_the_clock_and_refreshing_puts_the_end_off() {
    let tokens = TokenPolicy { access_ttl_ms: MINUTE_MS, refresh_ttl_ms: 10 * MINUTE_MS, ..TokenPolicy::default() };
    let town = Plan { tokens, ..Plan::default() }.found().await;
    let first = town.register("ana").await.unwrap();
    assert_eq!(first.access_ttl_ms, MINUTE_MS);
    town.clock.advance_ms(MINUTE_MS);
    assert_eq!(town.service.identify(&first.access_token), Err(Refusal::NotAuthenticated));
    town.clock.advance_ms(8 * MINUTE_MS);
    let second = town.service.refresh(&first.refresh_token).await.unwrap();
    assert!(town.service.identify(&second.access_token).is_ok());
    town.clock.advance_ms(9 * MINUTE_MS);
    let third = town.service.refresh(&second.refresh_token).await.unwrap();
    town.clock.advance_ms(10 * MINUTE_MS);
    assert_eq!(refused(town.service.refresh(&third.refresh_token).await), Refusal::RefreshRefused);
    assert!(town.service.log_ins(third.identity).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_access_token_does_not_refresh_and_a_refresh_token_does_not_open() {
    let town = Town::new().await;
    let grant = town.register("ana").await.unwrap();
    assert_eq!(refused(town.service.refresh(&grant.access_token).await), Refusal::RefreshRefused);
    assert_eq!(town.service.identify(&grant.refresh_token), Err(Refusal::NotAuthenticated));
    assert!(town.service.refresh(&grant.refresh_token).await.is_ok(), "and neither try ended anything");
}

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
async fn an_address_makes_so_many_accounts_and_then_waits() {
    let rates = RatePolicy { registrations: Rate::new(1, MINUTE_MS, 2), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    assert!(town.service.register(nameless(), at(1)).await.is_ok());
    assert!(town.service.register(named("ana", "correct horse"), at(1)).await.is_ok());
    assert_eq!(refused(town.service.register(nameless(), at(1)).await), Refusal::TooFast { retry_after_ms: MINUTE_MS });
    assert!(town.service.register(nameless(), at(2)).await.is_ok(), "another address has its own count");
    town.clock.advance_ms(MINUTE_MS);
    assert!(town.service.register(nameless(), at(1)).await.is_ok());
}

#[tokio::test]
async fn who_guesses_is_slowed_down_and_locks_nobody_out() {
    let rates = RatePolicy { log_ins_per_name: Rate::new(1, MINUTE_MS, 3), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    town.register("ana").await.unwrap();
    let guess = async |client| refused(town.service.log_in(by_password("Ana", "a guess of mine"), client).await);
    for _ in 0..3 {
        assert_eq!(guess(at(1)).await, Refusal::WrongCredentials);
    }
    assert!(matches!(guess(at(1)).await, Refusal::TooFast { .. }));
    let right_but_late = town.service.log_in(by_password("ana", &password("ana")), at(1)).await;
    assert!(matches!(refused(right_but_late), Refusal::TooFast { .. }), "the right password does not help the one who guesses");
    assert!(town.service.log_in(by_password("ana", &password("ana")), at(2)).await.is_ok());
    town.clock.advance_ms(MINUTE_MS);
    assert!(town.service.log_in(by_password("ana", &password("ana")), at(1)).await.is_ok());
}

#[tokio::test]
async fn an_address_tries_so_many_names_and_keys_and_then_waits() {
    let rates = RatePolicy { log_ins_per_address: Rate::new(1, MINUTE_MS, 4), log_ins_per_name: Rate::new(1, MINUTE_MS, 2), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    let guess_name = async |name| refused(town.service.log_in(by_password(name, "a guess of mine"), at(1)).await);
    let guess_key = async || refused(town.service.log_in(Credentials::RecoveryKey("0".repeat(26)), at(1)).await);
    assert_eq!(guess_name("ana").await, Refusal::WrongCredentials);
    assert_eq!(guess_name("bob").await, Refusal::WrongCredentials);
    assert_eq!(guess_key().await, Refusal::WrongCredentials);
    assert_eq!(guess_key().await, Refusal::WrongCredentials);
    assert!(matches!(guess_name("cleo").await, Refusal::TooFast { .. }));
    assert!(matches!(guess_key().await, Refusal::TooFast { .. }));
}

#[tokio::test]
async fn guessing_the_old_password_is_guessing() {
    let rates = RatePolicy { log_ins_per_name: Rate::new(1, MINUTE_MS, 2), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    let ana = town.register("ana").await.unwrap();
    let guess = async || town.service.change_password(ana.identity, "a guess of mine", "a better secret", at(1).address).await;
    assert_eq!(guess().await, Err(Refusal::WrongCredentials));
    assert_eq!(guess().await, Err(Refusal::WrongCredentials));
    assert!(matches!(guess().await, Err(Refusal::TooFast { .. })));
}

#[tokio::test]
async fn commands_are_counted_by_user_over_all_log_ins() {
    let rates = RatePolicy { commands: Rate::new(1, 1_000, 2), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    let (here, there) = (town.register("ana").await.unwrap().identity, log_in(&town, "ana").await.unwrap().identity);
    let other = town.register("bob").await.unwrap().identity;
    assert_eq!((town.service.admit(here), town.service.admit(there)), (Ok(()), Ok(())));
    assert_eq!(town.service.admit(here), Err(Refusal::TooFast { retry_after_ms: 1_000 }));
    assert_eq!(town.service.admit(other), Ok(()));
    town.clock.advance_ms(1_000);
    assert_eq!(town.service.admit(there), Ok(()));
}

#[tokio::test]
async fn names_shown_and_settings_are_ones_own_to_change() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    assert_eq!(town.service.rename(ana, " Zoë ").await.unwrap().profile.display_name, "Zoë");
    assert_eq!(town.service.rename(ana, "").await.err(), Some(Refusal::DisplayNameInvalid));
    let settings = Settings { typing: Audience::Nobody, ..Settings::default() };
    assert_eq!(town.service.set_settings(ana, settings.clone()).await, Ok(settings.clone()));
    let account = town.service.account(ana).await.unwrap();
    assert_eq!((account.profile.display_name.as_str(), account.settings), ("Zoë", settings));
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

#[tokio::test]
async fn many_places_that_guess_together_are_slowed_and_the_owner_is_not() {
    let rates = RatePolicy { log_ins_from_new_places: Rate::new(1, MINUTE_MS, 3), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    let home = town.service.register(named("ana", &password("ana")), at(1)).await.unwrap();
    for name in ["ana", "nobody"] {
        for n in 10..13 {
            assert_eq!(refused(town.service.log_in(by_password(name, "a guess of mine"), at(n)).await), Refusal::WrongCredentials, "{name}");
        }
        assert!(matches!(refused(town.service.log_in(by_password(name, "a guess of mine"), at(13)).await), Refusal::TooFast { .. }), "{name}");
    }
    assert!(town.service.log_in(by_password("ana", &password("ana")), at(1)).await.is_ok(), "from a known place");
    let away = Client { device: Some(home.identity.device), ..at(14) };
    assert!(town.service.log_in(by_password("ana", &password("ana")), away.clone()).await.is_ok(), "with a device that is logged in");
    let lent = Client { address: at(15).address, ..away };
    assert!(matches!(refused(town.service.log_in(by_password("nobody", "a guess of mine"), lent).await), Refusal::TooFast { .. }), "of somebody else");
}

#[tokio::test]
async fn commands_are_counted_by_address_whoever_sends_them() {
    let rates = RatePolicy { commands_per_address: Rate::new(1, 1_000, 2), ..RatePolicy::default() };
    let town = Plan { rates, ..Plan::default() }.found().await;
    assert_eq!((town.service.admit_from(at(1).address), town.service.admit_from(at(1).address)), (Ok(()), Ok(())));
    assert_eq!(town.service.admit_from(at(1).address), Err(Refusal::TooFast { retry_after_ms: 1_000 }));
    assert_eq!(town.service.admit_from(at(2).address), Ok(()));
}
