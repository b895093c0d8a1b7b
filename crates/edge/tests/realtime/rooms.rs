use crate::client::Client;
use crate::service::{GENERAL, Server, user};
use rialto_domain::ChannelId;
use rialto_domain::entry::{ChannelChange, Event};
use rialto_domain::ports::Subscriber as _;
use rialto_domain::presence::{Presence, UserPresence};
use rialto_domain::publication::{Membership, Publication, Topic};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

const OTHER: ChannelId = ChannelId::from_bytes([0xc2; 16]);

#[test]
fn everybody_in_a_room_hears_a_message_once_on_each_connection() {
    let server = Server::start();
    let mut clients: Vec<_> = ["ana", "ana/phone", "ben", "cleo"].map(|token| Client::hello(server.address, token)).into();
    let mut outsider = Client::hello(server.address, "dan");
    for number in 0..20 {
        server.service.text(GENERAL, user("ben"), &number.to_string());
    }
    for client in &mut clients {
        let heard: Vec<_> = (0..20).map(|_| client.message()).collect();
        assert_eq!(heard, (0..20).map(|number| number.to_string()).collect::<Vec<_>>());
    }
    assert!(outsider.call("typing", json!({"channel": OTHER}))["ok"].is_object(), "an outsider hears only its own answer");
}

#[test]
fn who_is_added_hears_from_then_on_and_who_is_removed_hears_that_last() {
    let server = Server::start();
    let mut dan = Client::hello(server.address, "dan");
    server.service.text(GENERAL, user("ana"), "before");
    server.service.add(GENERAL, user("dan"));
    server.service.text(GENERAL, user("ana"), "during");
    server.service.remove(GENERAL, user("dan"));
    server.service.text(GENERAL, user("ana"), "after");
    assert_eq!(dan.event().1["change"], "added");
    assert_eq!(dan.message(), "during");
    assert_eq!(dan.event().1["change"], "removed");
    server.service.membership(user("dan"), GENERAL, Membership::Settings);
    assert_eq!(dan.event().0, "channel", "nothing came in between");
}

#[test]
fn a_change_of_ones_own_membership_does_the_same() {
    let server = Server::start();
    let mut dan = Client::hello(server.address, "dan");
    server.service.membership(user("dan"), OTHER, Membership::Joined);
    server.service.membership(user("dan"), OTHER, Membership::Joined);
    server.service.text(OTHER, user("ana"), "welcome");
    server.service.membership(user("dan"), OTHER, Membership::Left);
    server.service.text(OTHER, user("ana"), "gone");
    server.service.membership(user("dan"), OTHER, Membership::Settings);
    let heard: Vec<_> = (0..5).map(|_| dan.event()).map(|(name, data)| (name, data["change"].clone())).collect();
    let channel = |change| ("channel".to_owned(), json!(change));
    assert_eq!(heard, [channel("joined"), channel("joined"), ("entry".into(), Value::Null), channel("left"), channel("settings")]);
}

#[test]
fn a_deleted_channel_is_heard_of_once_more_and_then_no_more() {
    let server = Server::start();
    let mut ben = Client::hello(server.address, "ben");
    server.service.say(GENERAL, user("ana"), Event::Channel(ChannelChange { deleted: true, ..ChannelChange::default() }));
    server.service.text(GENERAL, user("ana"), "into the void");
    server.service.membership(user("ben"), GENERAL, Membership::Deleted);
    assert_eq!(ben.event().1["deleted"], true);
    assert_eq!(ben.event().0, "channel");
}

#[test]
fn typing_is_not_told_to_the_one_who_types() {
    let server = Server::start();
    let mut ana = Client::hello(server.address, "ana");
    let mut phone = Client::hello(server.address, "ana/phone");
    let mut ben = Client::hello(server.address, "ben");
    assert!(ana.call("typing", json!({"channel": GENERAL}))["ok"].is_object());
    assert_eq!(ben.event().0, "typing");
    server.service.text(GENERAL, user("ben"), "yes?");
    assert_eq!((phone.message(), ana.message()), ("yes?".into(), "yes?".into()));
}

#[test]
fn presence_comes_to_those_who_may_watch_it() {
    let server = Server::start();
    let mut ana = Client::hello(server.address, "ana");
    let online = |name| {
        let presence = UserPresence { user: user(name), presence: Presence { online: true, last_seen: None } };
        server.service.publish(Topic::Presence(user(name)), Publication::Presence(presence));
    };
    online("ben");
    let watched = ana.call("presence.watch", json!({"users": [user("ben"), user("stranger")]}));
    assert_eq!(watched["ok"]["presences"].as_array().unwrap().len(), 2);
    online("stranger");
    online("ben");
    assert_eq!(ana.event(), ("presence".into(), json!({"user": user("ben"), "online": true})));
    ana.call("presence.watch", json!({"users": []}));
    online("ben");
    server.service.text(GENERAL, user("ben"), "not watched any more");
    assert_eq!(ana.message(), "not watched any more");
    let many: Vec<_> = (0..1001).map(|_| user("ben")).collect();
    assert_eq!(ana.call("presence.watch", json!({ "users": many }))["err"]["code"], "command.too_many");
}

#[test]
fn a_presence_is_of_concern_while_somebody_watches_it() {
    let server = Server::start();
    let mut ana = Client::hello(server.address, "ana");
    let relay = server.realtime().relay();
    let is_watched = |name| relay.is_concerned(Topic::Presence(user(name)));
    assert!(!is_watched("ben"));
    ana.call("presence.watch", json!({"users": [user("ben")]}));
    assert!(is_watched("ben") && !is_watched("cleo"));
    ana.call("presence.watch", json!({"users": []}));
    assert!(!is_watched("ben"));
}

#[test]
fn presence_is_not_told_any_more_once_nothing_is_shared() {
    let server = Server::start();
    let mut ana = Client::hello(server.address, "ana");
    ana.call("presence.watch", json!({"users": [user("ben"), user("cleo")]}));
    server.service.strangers.lock().insert(user("ben"));
    server.service.remove(GENERAL, user("ben"));
    assert_eq!(ana.event().1["change"], "removed");
    let mut hears_of = |name| {
        let presence = UserPresence { user: user(name), presence: Presence { online: true, last_seen: None } };
        server.service.publish(Topic::Presence(user(name)), Publication::Presence(presence));
        server.service.text(GENERAL, user("ana"), "that was all");
        let hears = ana.event().0 == "presence";
        if hears {
            ana.message();
        }
        hears
    };
    while hears_of("ben") {}
    assert!(hears_of("cleo"));
}

#[test]
fn what_is_announced_during_hello_comes_after_ready_and_none_is_lost() {
    let server = Server::start();
    let gate = Arc::new(Semaphore::new(0));
    *server.service.slow_welcomes.lock() = Some(Arc::clone(&gate));
    let mut ana = Client::plain(server.address);
    let hello = ana.ask("hello", json!({"token": "ana"}));
    assert_eq!(server.until_asked(), "welcome");
    for number in 0..3 {
        server.service.text(GENERAL, user("ben"), &number.to_string());
    }
    gate.add_permits(1);
    assert_eq!(ana.json()["re"], hello);
    assert_eq!([ana.message(), ana.message(), ana.message()], ["0", "1", "2"]);
}

#[test]
fn more_than_may_be_held_during_hello_becomes_a_resync() {
    let server = Server::with(|settings| settings.outbox_bytes = 10_000);
    let gate = Arc::new(Semaphore::new(0));
    *server.service.slow_welcomes.lock() = Some(Arc::clone(&gate));
    let mut ana = Client::plain(server.address);
    let hello = ana.ask("hello", json!({"token": "ana"}));
    server.until_asked();
    for _ in 0..20 {
        server.service.text(GENERAL, user("ben"), &"x".repeat(1000));
    }
    gate.add_permits(1);
    assert_eq!(ana.json()["re"], hello);
    assert_eq!(ana.event().0, "resync");
    server.service.text(GENERAL, user("ben"), "go on");
    assert_eq!(ana.message(), "go on");
}

#[test]
fn a_membership_that_changes_while_the_list_is_read_wins_over_the_list() {
    let server = Server::start();
    let gate = Arc::new(Semaphore::new(0));
    *server.service.slow_lists.lock() = Some(Arc::clone(&gate));
    let mut ben = Client::plain(server.address);
    let hello = ben.ask("hello", json!({"token": "ben"}));
    assert_eq!(server.until_asked(), "memberships");
    // The list that is under way names GENERAL and not OTHER.
    server.service.membership(user("ben"), GENERAL, Membership::Left);
    server.service.membership(user("ben"), OTHER, Membership::Joined);
    gate.add_permits(1);
    assert_eq!(ben.json()["re"], hello);
    assert_eq!([ben.event().0, ben.event().0], ["channel", "channel"]);
    server.service.text(GENERAL, user("ana"), "not for ben");
    server.service.text(OTHER, user("ana"), "for ben");
    assert_eq!(ben.message(), "for ben");
}

#[test]
fn the_bus_is_asked_for_what_connections_need() {
    let server = Server::start();
    let _ana = Client::hello(server.address, "ana");
    let asked = server.bus.0.lock().clone();
    assert_eq!(asked, [Topic::Channel(GENERAL), Topic::User(user("ana"))].map(|topic| format!("{topic:?}")).into());
}

#[test]
fn whom_one_is_parted_from_one_does_not_hear_of_any_more() {
    let server = Server::start();
    let mut ana = Client::hello(server.address, "ana");
    ana.ask("presence.watch", json!({"users": [user("ben"), user("cleo")]}));
    ana.json();
    let present = |who| Publication::Presence(UserPresence { user: user(who), presence: Presence { online: true, last_seen: None } });
    server.service.publish(Topic::User(user("ana")), Publication::Parted { user: user("ana"), from: user("ben") });
    server.service.publish(Topic::Presence(user("ben")), present("ben"));
    server.service.publish(Topic::Presence(user("cleo")), present("cleo"));
    let (name, told) = ana.event();
    assert_eq!((name.as_str(), &told["user"]), ("presence", &json!(user("cleo"))));
}

/// Somebody came: those who watch are told.
fn arrive(server: &Server, name: &str) {
    let presence = UserPresence { user: user(name), presence: Presence { online: true, last_seen: None } };
    server.service.publish(Topic::Presence(user(name)), Publication::Presence(presence));
}

#[test]
fn a_block_that_comes_while_it_is_asked_whom_one_may_watch_is_not_missed() {
    let server = Server::start();
    let gate = Arc::new(Semaphore::new(0));
    let mut ana = Client::hello(server.address, "ana");
    *server.service.slow_watches.lock() = Some(Arc::clone(&gate));
    ana.ask("presence.watch", json!({"users": [user("ben"), user("cleo")]}));
    assert_eq!(server.until_asked(), "watchable");
    // The answer that is under way names both.
    server.service.publish(Topic::User(user("ana")), Publication::Parted { user: user("ana"), from: user("ben") });
    gate.add_permits(1);
    assert_eq!(ana.json()["ok"]["presences"].as_array().unwrap().len(), 2);
    arrive(&server, "ben");
    arrive(&server, "cleo");
    assert_eq!(ana.event().1["user"], json!(user("cleo")));
}

#[test]
fn before_it_is_said_whom_one_may_watch_one_hears_of_nobody_new() {
    let server = Server::start();
    let mut ana = Client::hello(server.address, "ana");
    ana.call("presence.watch", json!({"users": [user("cleo")]}));
    let gate = Arc::new(Semaphore::new(0));
    *server.service.slow_watches.lock() = Some(Arc::clone(&gate));
    ana.ask("presence.watch", json!({"users": [user("ben"), user("cleo"), user("stranger")]}));
    assert_eq!(server.until_asked(), "watchable");
    for name in ["stranger", "ben", "cleo"] {
        arrive(&server, name);
    }
    assert_eq!(ana.event().1["user"], json!(user("cleo")), "who was watched before still is");
    gate.add_permits(1);
    assert!(ana.json()["ok"].is_object());
    for name in ["stranger", "ben"] {
        arrive(&server, name);
    }
    assert_eq!(ana.event().1["user"], json!(user("ben")));
}

#[test]
fn nothing_shared_any_more_while_it_is_asked_whom_one_may_watch_is_not_missed() {
    let server = Server::start();
    let gate = Arc::new(Semaphore::new(0));
    let mut ana = Client::hello(server.address, "ana");
    *server.service.slow_watches.lock() = Some(Arc::clone(&gate));
    ana.ask("presence.watch", json!({"users": [user("ben"), user("cleo")]}));
    assert_eq!(server.until_asked(), "watchable");
    server.service.strangers.lock().insert(user("ben"));
    *server.service.slow_watches.lock() = None;
    server.service.remove(GENERAL, user("ben"));
    assert_eq!(ana.event().1["change"], "removed");
    gate.add_permits(1);
    assert!(ana.json()["ok"].is_object());
    // It is asked again in the background.
    let mut hears_of_ben = || {
        arrive(&server, "ben");
        arrive(&server, "cleo");
        let hears = ana.event().1["user"] == json!(user("ben"));
        if hears {
            ana.event();
        }
        hears
    };
    while hears_of_ben() {}
}
