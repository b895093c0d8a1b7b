//! How long tokens are good, and what a stolen one is worth.

use super::*;

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
