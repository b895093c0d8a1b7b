//! Who comes in: names, passwords, keys, guests.

use super::*;

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
