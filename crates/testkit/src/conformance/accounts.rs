//! What every [`AccountStore`](rialto_domain::ports::AccountStore) is asked.

use std::collections::BTreeSet;

use rialto_domain::auth::LogIn;
use rialto_domain::ports::{PortError, PortResult, Rotated, Which};
use rialto_domain::user::{Audience, Settings, Username};
use rialto_domain::{SessionId, Timestamp, UserId};

use crate::Backend;
use crate::builders::{account, anonymous, log_in, session_id, user, users};

/// Asks a store of accounts everything: `ask_accounts!(fresh)`, where `fresh` is an `async fn() -> Backend` that makes an empty one.
#[macro_export]
macro_rules! ask_accounts {
    ($fresh:expr) => {
        $crate::ask! {
            accounts, $fresh().await,
            an_account_is_found_by_id_and_by_name
            an_anonymous_account_is_found_by_its_recovery_key
            a_user_name_belongs_to_one_account
            a_user_name_that_many_want_at_once_goes_to_one
            an_anonymous_account_takes_a_name_once
            what_a_user_sets_is_read_back
            profiles_are_told_of_those_who_exist
            log_ins_are_listed_until_they_end_newest_first
            a_log_in_is_named_anew
            a_log_in_moves_to_each_generation_once
            of_racing_rotations_one_succeeds
            an_ended_log_in_rotates_no_more
            ending_log_ins_tells_which_ended
            nobody_ends_the_log_ins_of_another
            ended_log_ins_are_told_since_a_moment
            log_ins_that_ended_long_ago_are_forgotten
            blocks_may_be_repeated_and_taken_back
            a_block_stands_between_both
        }
    };
}

/// As it was made.
pub async fn an_account_is_found_by_id_and_by_name(backend: Backend) {
    let (marco, anna) = (account(user(1), "marco"), account(user(2), "anna"));
    for new in [&marco, &anna] {
        backend.accounts.create(new.clone()).await.expect("is new");
    }
    assert_eq!(backend.accounts.load(user(1)).await.expect("is there"), marco.account);
    assert_eq!(backend.accounts.find_by_username(&name("anna")).await.expect("the store answers"), Some(anna.account));
    assert_eq!(backend.accounts.find_by_username(&name("nobody")).await.expect("the store answers"), None);
    assert!(matches!(backend.accounts.load(user(3)).await, Err(PortError::NotFound)));
}

/// By its digest, and by no other.
pub async fn an_anonymous_account_is_found_by_its_recovery_key(backend: Backend) {
    for n in 1..=3 {
        backend.accounts.create(anonymous(user(n), [n as u8; 32])).await.expect("is new: nobody without a name has another's name");
    }
    for (digest, found) in [(1, Some(user(1))), (3, Some(user(3))), (4, None)] {
        assert_eq!(backend.accounts.find_by_recovery([digest; 32]).await.expect("the store answers"), found);
    }
    let loaded = backend.accounts.load(user(2)).await.expect("is there");
    assert_eq!((loaded.profile.username, loaded.password_hash), (None, None));
}

/// The second is refused and leaves no trace.
pub async fn a_user_name_belongs_to_one_account(backend: Backend) {
    backend.accounts.create(account(user(1), "marco")).await.expect("is new");
    let refused = backend.accounts.create(account(user(2), "marco")).await;
    assert!(matches!(refused, Err(PortError::Conflict)), "{refused:?}");
    assert!(matches!(backend.accounts.load(user(2)).await, Err(PortError::NotFound)));
    assert_eq!(holder(&backend, "marco").await, Some(user(1)));
    backend.accounts.create(account(user(2), "marco2")).await.expect("another name is free");
}

/// New accounts and anonymous ones that take a name.
pub async fn a_user_name_that_many_want_at_once_goes_to_one(backend: Backend) {
    for round in 0..6 {
        let wanted = format!("wanted{round}");
        let mut wishes = Vec::new();
        for n in 0..8 {
            let (accounts, wanted, id) = (backend.accounts.clone(), wanted.clone(), user(100 * (round + 1) + n));
            if n % 2 == 0 {
                wishes.push(tokio::spawn(async move { (id, accounts.create(account(id, &wanted)).await) }));
            } else {
                accounts.create(anonymous(id, [(8 * round + n) as u8; 32])).await.expect("is new");
                wishes.push(tokio::spawn(async move { (id, accounts.set_username(id, name(&wanted), "hash".into()).await) }));
            }
        }
        let mut granted = Vec::new();
        for wish in wishes {
            match wish.await.expect("comes to its end") {
                (id, Ok(())) => granted.push(id),
                (_, Err(error)) => assert!(matches!(error, PortError::Conflict), "{error:?}"),
            }
        }
        let [winner] = granted[..] else { panic!("one, not {granted:?}") };
        assert_eq!(holder(&backend, &wanted).await, Some(winner));
    }
}

/// It keeps its id; the name it has is not replaced.
pub async fn an_anonymous_account_takes_a_name_once(backend: Backend) {
    let accounts = &backend.accounts;
    accounts.create(account(user(1), "marco")).await.expect("is new");
    accounts.create(anonymous(user(2), [2; 32])).await.expect("is new");
    let taken = accounts.set_username(user(2), name("marco"), "hash".into()).await;
    assert!(matches!(taken, Err(PortError::Conflict)), "{taken:?}");
    assert_eq!(accounts.load(user(2)).await.expect("is there").profile.username, None);
    accounts.set_username(user(2), name("anna"), "hash".into()).await.expect("is free");
    let named = accounts.load(user(2)).await.expect("is there");
    assert_eq!((named.profile.username, named.password_hash.as_deref()), (Some(name("anna")), Some("hash")));
    assert_eq!(holder(&backend, "anna").await, Some(user(2)));
    for again in ["anna", "annamaria"] {
        let refused = accounts.set_username(user(2), name(again), "other".into()).await;
        assert!(matches!(refused, Err(PortError::Conflict)), "{refused:?}");
    }
    assert_eq!(holder(&backend, "annamaria").await, None);
    assert_eq!(accounts.load(user(2)).await.expect("is there").password_hash.as_deref(), Some("hash"));
}

/// Password, display name, settings; and everybody else's stay.
pub async fn what_a_user_sets_is_read_back(backend: Backend) {
    let accounts = &backend.accounts;
    let (marco, anna) = (account(user(1), "marco"), account(user(2), "anna"));
    for new in [&marco, &anna] {
        accounts.create(new.clone()).await.expect("is new");
    }
    let settings = Settings { presence: Audience::Nobody, last_seen: Audience::Contacts, typing: Audience::Nobody };
    accounts.set_password(user(1), "another hash".into()).await.expect("sets");
    accounts.set_display_name(user(1), "Marco Polo 🛶".into()).await.expect("sets");
    accounts.set_settings(user(1), settings.clone()).await.expect("sets");
    let mut expected = marco.account;
    expected.password_hash = Some("another hash".into());
    expected.profile.display_name = "Marco Polo 🛶".into();
    expected.settings = settings;
    assert_eq!(accounts.load(user(1)).await.expect("is there"), expected);
    assert_eq!(accounts.find_by_username(&name("marco")).await.expect("the store answers"), Some(expected));
    assert_eq!(accounts.load(user(2)).await.expect("is there"), anna.account);
}

/// Unknown ones are left out.
pub async fn profiles_are_told_of_those_who_exist(backend: Backend) {
    for n in 1..=40 {
        backend.accounts.create(account(user(n), &format!("name{n}"))).await.expect("is new");
    }
    for asked in [users(1, 1), users(38, 45), users(50, 60), Vec::new(), users(1, 40)] {
        let mut told = backend.accounts.profiles(&asked).await.expect("profiles");
        told.sort_by_key(|profile| profile.id);
        let known: Vec<UserId> = asked.into_iter().filter(|id| *id <= user(40)).collect();
        assert_eq!(told.iter().map(|profile| profile.id).collect::<Vec<_>>(), known);
        for profile in told {
            assert_eq!(profile, backend.accounts.load(profile.id).await.expect("is there").profile);
        }
    }
}

/// Revoked and expired ones are found, but not listed.
pub async fn log_ins_are_listed_until_they_end_newest_first(backend: Backend) {
    let began: Vec<LogIn> = [300, 100, 400, 200].into_iter().map(|at| log_in(user(1), Timestamp(at))).collect();
    for log_in in &began {
        backend.accounts.open_log_in(log_in.clone()).await.expect("begins");
    }
    backend.accounts.open_log_in(log_in(user(2), Timestamp(350))).await.expect("begins");
    let listed = |at: u64| {
        let accounts = backend.accounts.clone();
        async move { accounts.log_ins(user(1), Timestamp(at)).await.expect("log-ins") }
    };
    let pick = |places: &[usize]| places.iter().map(|place| began[*place].clone()).collect::<Vec<_>>();
    assert_eq!(listed(500).await, pick(&[2, 0, 3, 1]));
    assert_eq!(listed(1_000_100).await, pick(&[2, 0, 3]), "the oldest has ended");
    assert_eq!(listed(1_000_400).await, pick(&[]));
    backend.accounts.revoke(user(1), Which::One(began[0].id), Timestamp(600)).await.expect("ends");
    assert_eq!(listed(700).await, pick(&[2, 3, 1]));
    let ended = backend.accounts.find_log_in(began[0].id).await.expect("the store answers");
    assert_eq!(ended, Some(LogIn { revoked_at: Some(Timestamp(600)), ..began[0].clone() }));
    assert_eq!(backend.accounts.find_log_in(session_id()).await.expect("the store answers"), None);
}

/// The client's name changes, and nothing else; nor do other log-ins.
pub async fn a_log_in_is_named_anew(backend: Backend) {
    let (phone, laptop) = (log_in(user(1), Timestamp(100)), log_in(user(1), Timestamp(200)));
    for log_in in [&phone, &laptop] {
        backend.accounts.open_log_in(log_in.clone()).await.expect("begins");
    }
    for client in ["Marco's phone 🛶", ""] {
        backend.accounts.name_log_in(phone.id, client.into()).await.expect("names");
        let expected = LogIn { client: client.into(), ..phone.clone() };
        assert_eq!(backend.accounts.find_log_in(phone.id).await.expect("the store answers"), Some(expected.clone()));
        assert_eq!(backend.accounts.log_ins(user(1), Timestamp(300)).await.expect("log-ins"), [laptop.clone(), expected]);
    }
    let nobody = backend.accounts.name_log_in(session_id(), "nobody".into()).await;
    assert!(matches!(nobody, Err(PortError::NotFound)), "{nobody:?}");
}

/// Used, told when, and good for longer.
pub async fn a_log_in_moves_to_each_generation_once(backend: Backend) {
    let (log_in, other) = (log_in(user(1), Timestamp(100)), log_in(user(1), Timestamp(100)));
    for new in [&log_in, &other] {
        backend.accounts.open_log_in(new.clone()).await.expect("begins");
    }
    for generation in 0..3 {
        let now = Timestamp(200 + generation);
        for expected in [Rotated::Done, Rotated::Raced] {
            assert_eq!(rotate(&backend, log_in.id, generation, now).await.expect("the store answers"), expected);
        }
        let expected = LogIn { generation: generation + 1, used_at: now, expires_at: now.after_ms(1_000), ..log_in.clone() };
        assert_eq!(backend.accounts.find_log_in(log_in.id).await.expect("the store answers"), Some(expected));
    }
    assert_eq!(rotate(&backend, log_in.id, 9, Timestamp(300)).await.expect("the store answers"), Rotated::Raced, "a generation yet to come");
    assert_eq!(backend.accounts.find_log_in(other.id).await.expect("the store answers"), Some(other));
}

/// Two devices with one stolen token do not both get the next.
pub async fn of_racing_rotations_one_succeeds(backend: Backend) {
    let log_in = log_in(user(1), Timestamp(100));
    backend.accounts.open_log_in(log_in.clone()).await.expect("begins");
    for generation in 0..6 {
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let (backend, id) = (backend.clone(), log_in.id);
                tokio::spawn(async move { rotate(&backend, id, generation, Timestamp(200)).await.expect("the store answers") })
            })
            .collect();
        let mut done = 0;
        for racer in racers {
            done += usize::from(racer.await.expect("comes to its end") == Rotated::Done);
        }
        assert_eq!(done, 1, "generation {generation}");
    }
}

/// Whoever decided just before the log-out is told that it came too late.
pub async fn an_ended_log_in_rotates_no_more(backend: Backend) {
    let log_in = log_in(user(1), Timestamp(100));
    backend.accounts.open_log_in(log_in.clone()).await.expect("begins");
    backend.accounts.revoke(user(1), Which::All, Timestamp(150)).await.expect("ends");
    assert!(!matches!(rotate(&backend, log_in.id, 0, Timestamp(200)).await, Ok(Rotated::Done)));
    assert!(!matches!(rotate(&backend, session_id(), 0, Timestamp(200)).await, Ok(Rotated::Done)), "nor does one that never was");
    let found = backend.accounts.find_log_in(log_in.id).await.expect("the store answers").expect("is remembered");
    assert_eq!((found.generation, found.revoked_at), (0, Some(Timestamp(150))));
}

/// One, all but one, all; and the second time none.
pub async fn ending_log_ins_tells_which_ended(backend: Backend) {
    let mut ids = Vec::new();
    for n in 0..5 {
        let log_in = log_in(user(1), Timestamp(n));
        ids.push(log_in.id);
        backend.accounts.open_log_in(log_in).await.expect("begins");
    }
    let revoke = |which, at| {
        let accounts = backend.accounts.clone();
        async move { sorted(accounts.revoke(user(1), which, Timestamp(at)).await.expect("ends")) }
    };
    assert_eq!(revoke(Which::One(ids[3]), 10).await, [ids[3]]);
    assert_eq!(revoke(Which::One(ids[3]), 20).await, []);
    assert_eq!(revoke(Which::AllBut(ids[1]), 30).await, sorted(vec![ids[0], ids[2], ids[4]]));
    let open = backend.accounts.log_ins(user(1), Timestamp(40)).await.expect("log-ins");
    assert_eq!(open.iter().map(|log_in| log_in.id).collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(revoke(Which::All, 50).await, [ids[1]]);
    assert_eq!(revoke(Which::All, 60).await, []);
    let first = backend.accounts.find_log_in(ids[3]).await.expect("the store answers").expect("is remembered");
    assert_eq!(first.revoked_at, Some(Timestamp(10)), "what ended stays ended when it did");
}

/// Not by id, not by *all*.
pub async fn nobody_ends_the_log_ins_of_another(backend: Backend) {
    let (mine, yours) = (log_in(user(1), Timestamp(1)), log_in(user(2), Timestamp(1)));
    for log_in in [&mine, &yours] {
        backend.accounts.open_log_in(log_in.clone()).await.expect("begins");
    }
    assert_eq!(backend.accounts.revoke(user(1), Which::One(yours.id), Timestamp(5)).await.expect("the store answers"), []);
    assert_eq!(backend.accounts.revoke(user(1), Which::All, Timestamp(5)).await.expect("ends"), [mine.id]);
    assert_eq!(backend.accounts.find_log_in(yours.id).await.expect("the store answers"), Some(yours));
}

/// Whose they are makes no difference.
pub async fn ended_log_ins_are_told_since_a_moment(backend: Backend) {
    let mut ids = Vec::new();
    for n in 1..=4 {
        let log_in = log_in(user(n), Timestamp(1));
        ids.push(log_in.id);
        backend.accounts.open_log_in(log_in).await.expect("begins");
        if n < 4 {
            backend.accounts.revoke(user(n), Which::All, Timestamp(100 * n)).await.expect("ends");
        }
    }
    for (since, expected) in [(50, &ids[..3]), (150, &ids[1..3]), (250, &ids[2..3]), (350, &[])] {
        let told = backend.accounts.revoked_since(Timestamp(since)).await.expect("the store answers");
        assert_eq!(sorted(told), sorted(expected.to_vec()), "since {since}");
    }
}

/// Those of one user, and never one that is open.
pub async fn log_ins_that_ended_long_ago_are_forgotten(backend: Backend) {
    let at = |user, began, expires_at| LogIn { expires_at: Timestamp(expires_at), ..log_in(user, Timestamp(began)) };
    let (revoked, expired, late, open) = (at(user(1), 1, 9_000), at(user(1), 2, 400), at(user(1), 3, 9_000), at(user(1), 4, 9_000));
    let another = at(user(2), 5, 400);
    for log_in in [&revoked, &expired, &late, &open, &another] {
        backend.accounts.open_log_in(log_in.clone()).await.expect("begins");
    }
    backend.accounts.revoke(user(1), Which::One(revoked.id), Timestamp(300)).await.expect("ends");
    backend.accounts.revoke(user(1), Which::One(late.id), Timestamp(500)).await.expect("ends");
    backend.accounts.forget_log_ins(user(1), Timestamp(500)).await.expect("forgets");
    let mut kept = Vec::new();
    for log_in in [&revoked, &expired, &late, &open, &another] {
        kept.push(backend.accounts.find_log_in(log_in.id).await.expect("the store answers").is_some());
    }
    assert_eq!(kept, [false, false, true, true, true]);
    assert_eq!(backend.accounts.revoked_since(Timestamp(400)).await.expect("the store answers"), [late.id]);
}

/// Setting twice is setting once, and so is ending.
pub async fn blocks_may_be_repeated_and_taken_back(backend: Backend) {
    let blocked = || async { backend.accounts.blocks(user(1)).await.expect("blocks").into_iter().collect::<BTreeSet<_>>() };
    for (other, on, expected) in
        [(2, true, vec![2]), (2, true, vec![2]), (3, true, vec![2, 3]), (2, false, vec![3]), (2, false, vec![3]), (9, false, vec![3]), (3, false, vec![])]
    {
        backend.accounts.set_block(user(1), user(other), on).await.expect("sets");
        assert_eq!(blocked().await, expected.into_iter().map(user).collect());
    }
    backend.accounts.set_block(user(1), user(2), true).await.expect("sets");
    let told = backend.accounts.blocks(user(1)).await.expect("blocks");
    assert_eq!(told, [user(2)], "and it is told once");
}

/// Whoever set it; until both took it back.
pub async fn a_block_stands_between_both(backend: Backend) {
    let between = |one, other| {
        let accounts = backend.accounts.clone();
        async move { accounts.blocked_between(user(one), user(other)).await.expect("the store answers") }
    };
    assert!(!between(1, 2).await);
    backend.accounts.set_block(user(1), user(2), true).await.expect("sets");
    assert!(between(1, 2).await && between(2, 1).await && !between(1, 3).await && !between(2, 3).await);
    assert_eq!(backend.accounts.blocks(user(2)).await.expect("blocks"), [], "the other one blocks nobody");
    backend.accounts.set_block(user(2), user(1), true).await.expect("sets");
    backend.accounts.set_block(user(1), user(2), false).await.expect("sets");
    assert!(between(1, 2).await && between(2, 1).await);
    backend.accounts.set_block(user(2), user(1), false).await.expect("sets");
    assert!(!between(1, 2).await && !between(2, 1).await);
}

async fn rotate(backend: &Backend, session: SessionId, from: u64, now: Timestamp) -> PortResult<Rotated> {
    backend.accounts.rotate(session, from, now, now.after_ms(1_000)).await
}

async fn holder(backend: &Backend, wanted: &str) -> Option<UserId> {
    let account = backend.accounts.find_by_username(&name(wanted)).await.expect("the store answers");
    account.map(|account| account.profile.id)
}

fn name(text: &str) -> Username {
    Username::parse(text).expect("tests use valid names")
}

fn sorted(mut ids: Vec<SessionId>) -> Vec<SessionId> {
    ids.sort();
    ids
}
