//! Who comes too often waits.

use super::*;

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
