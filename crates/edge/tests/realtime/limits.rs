use crate::client::{Client, Said};
use crate::service::{GENERAL, Server, user};
use rialto_wire::engineio::Pace;
use rialto_wire::websocket::frame::Opcode;
use serde_json::json;
use std::io::Read;

#[test]
fn a_client_that_never_says_hello_is_closed() {
    let server = Server::with(|settings| settings.timing.greeting_ms = 50);
    let mut client = Client::plain(server.address);
    assert_eq!(client.until_closed(), (1008, "nobody said hello in time".into()));
}

#[test]
fn a_head_that_does_not_end_in_time_is_refused() {
    let server = Server::with(|settings| settings.timing.head_ms = 50);
    let mut stream = Client::bare(server.address);
    std::io::Write::write_all(&mut stream, b"GET /ws HTTP/1.1\r\nHost:").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn a_message_that_does_not_end_in_time_is_not_waited_for() {
    let server = Server::with(|settings| {
        settings.timing.head_ms = 50;
        settings.limits.frame_bytes = 1600;
    });
    let mut message = Vec::new();
    rialto_wire::websocket::frame::encode(Opcode::Text, &[b'x'; 100], Some([1; 4]), &mut message);
    let mut fragment = message.clone();
    fragment[0] = Opcode::Text as u8;
    for begun in [&message[..1], &message[..50], &fragment] {
        let mut client = Client::hello(server.address, "ana");
        client.send_raw(begun);
        assert_eq!(client.until_closed(), (1008, "the message did not come in time".into()));
    }
}

#[test]
fn whoever_always_has_a_message_under_way_is_waited_for() {
    let server = Server::with(|settings| {
        settings.timing.head_ms = 2_000;
        settings.limits.frame_bytes = 1600;
    });
    let mut client = Client::hello(server.address, "ana");
    let question = json!({"id": 1, "cmd": "account.get", "data": {}}).to_string();
    let mut frame = Vec::new();
    rialto_wire::websocket::frame::encode(Opcode::Text, question.as_bytes(), Some([1; 4]), &mut frame);
    let (begin, end) = frame.split_at(frame.len() / 2);
    client.send_raw(begin);
    // Longer in all than one message may take.
    for _ in 0..30 {
        std::thread::sleep(std::time::Duration::from_millis(80));
        client.send_raw(&[end, begin].concat());
        assert!(client.json()["ok"].is_object());
    }
}

#[test]
fn a_client_that_does_not_answer_pings_is_cut_and_one_that_does_is_kept() {
    let server = Server::with(|settings| settings.timing.heartbeat = Pace { interval_ms: 50, timeout_ms: 3_000 });
    let mut silent = Client::hello(server.address, "ana");
    let mut lively = Client::hello(server.address, "ben");
    let silence = std::thread::spawn(move || {
        assert_eq!(silent.hear(), Said::Ping);
        assert_eq!(silent.hear(), Said::End);
    });
    while !silence.is_finished() {
        assert_eq!(lively.hear(), Said::Ping);
        lively.send(Opcode::Pong, b"");
    }
    silence.join().unwrap();
    assert!(lively.call("account.get", json!({}))["ok"].is_object());
}

#[test]
fn who_reads_too_slowly_loses_announcements_and_is_told_so_while_others_are_served() {
    let server = Server::with(|settings| settings.outbox_bytes = 100_000);
    let mut slow = Client::hello(server.address, "ana");
    let mut quick = Client::hello(server.address, "ben");
    // More than any kernel buffers for a socket.
    let (count, text) = (2_000, "x".repeat(16_000));
    for number in 0..count {
        server.service.text(GENERAL, user("cleo"), &format!("{number} {text}"));
        assert!(quick.message().starts_with(&format!("{number} ")));
    }
    let mut heard = 0;
    let resynced = loop {
        match slow.event() {
            (name, _) if name == "entry" => heard += 1,
            (name, _) => break name,
        }
    };
    assert_eq!(resynced, "resync");
    assert!(heard < count, "nothing was dropped");
    // Once the resync has gone out, the connection is live again.
    assert!(slow.call("typing", json!({"channel": GENERAL}))["ok"].is_object());
    server.service.text(GENERAL, user("cleo"), "caught up");
    assert_eq!(slow.message(), "caught up");
}

#[test]
fn who_asks_and_does_not_listen_is_not_listened_to() {
    let server = Server::with(|settings| {
        settings.outbox_bytes = 100_000;
        settings.limits.commands_per_second = 1_000_000;
        settings.limits.command_burst = 1_000_000;
        settings.timing.heartbeat = Pace { interval_ms: 200, timeout_ms: 2_000 };
    });
    let mut client = Client::hello(server.address, "ana");
    let many: Vec<_> = (0..1000).map(|_| user("ben")).collect();
    let question = json!({"id": 1, "cmd": "presence.watch", "data": {"users": many}}).to_string();
    let mut frame = Vec::new();
    rialto_wire::websocket::frame::encode(Opcode::Text, question.as_bytes(), Some([1; 4]), &mut frame);
    // The server stops reading, so that at some point nothing more can be written; it then misses the pongs and cuts.
    while std::io::Write::write_all(&mut client.stream, &frame).is_ok() {}
    server.until_connected(0);
}

#[test]
fn commands_that_wait_for_room_are_carried_out_when_there_is_room() {
    let server = Server::with(|settings| settings.outbox_bytes = 2_000);
    let mut client = Client::hello(server.address, "ana");
    let many: Vec<_> = (0..1000).map(|_| user("ben")).collect();
    let slow = client.ask("message.send", json!({"channel": GENERAL, "client_id": user("x"), "body": {"text": "slow"}}));
    let waiting: Vec<_> = (0..5).map(|_| client.ask("presence.watch", json!({ "users": many }))).collect();
    server.until_asked();
    server.service.slow_sends.add_permits(1);
    let mut answers = Vec::new();
    while answers.len() < 6 {
        answers.extend(client.json()["re"].as_u64());
    }
    assert_eq!(answers, [vec![slow], waiting].concat());
}

#[test]
fn too_many_commands_are_refused_with_a_time_to_wait_and_a_flood_is_closed() {
    let server = Server::with(|settings| {
        settings.limits.commands_per_second = 1;
        settings.limits.command_burst = 5;
    });
    let mut client = Client::hello(server.address, "ana");
    for _ in 0..4 {
        assert!(client.call("account.get", json!({}))["ok"].is_object());
    }
    let refused = client.call("account.get", json!({}));
    assert_eq!(refused["err"]["code"], "limit.exceeded");
    assert!(refused["err"]["retry_after_ms"].as_u64().unwrap() > 0);
    for _ in 0..20 {
        client.ask("account.get", json!({}));
    }
    assert_eq!(client.until_closed(), (1008, "limit.exceeded".into()));
}

#[test]
fn twenty_thousand_pings_are_not_answered() {
    let server = Server::start();
    let mut client = Client::plain(server.address);
    let mut flood = Vec::new();
    for _ in 0..20_000 {
        rialto_wire::websocket::frame::encode(Opcode::Ping, b"", Some([1; 4]), &mut flood);
    }
    client.send_raw(&flood);
    assert_eq!(client.until_closed().0, 1008);
}

#[test]
fn the_server_takes_as_many_connections_as_it_may() {
    let server = Server::with(|settings| settings.max_connections = 2);
    let first = Client::hello(server.address, "ana");
    let _second = Client::hello(server.address, "ben");
    assert_refused(&server, 503);
    drop(first);
    server.until_connected(1);
    while server.realtime().admission().open() > 1 {
        std::thread::yield_now();
    }
    Client::hello(server.address, "cleo");
}

#[test]
fn one_address_takes_as_many_connections_as_it_may() {
    let server = Server::with(|settings| settings.connections_per_address = 1);
    let _first = Client::hello(server.address, "ana");
    assert_refused(&server, 503);
}

fn assert_refused(server: &Server, status: u16) {
    let mut answer = String::new();
    Client::bare(server.address).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

#[test]
fn behind_a_proxy_clients_are_counted_and_told_by_their_own_address() {
    let server = Server::with(|settings| {
        settings.connections_per_address = 1;
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let open = |client: &str| Client::open(server.address, "/ws", &[], &[("X-Forwarded-For", client)]);
    let mut first = open("1.1.1.1").unwrap();
    let _other = open("2.2.2.2").unwrap();
    assert!(open("1.1.1.1").is_err_and(|error| error.contains("429")));
    first.call("account.login", json!({}));
    assert_eq!(*server.service.addresses.lock(), ["1.1.1.1".parse::<std::net::IpAddr>().unwrap()]);
}

#[test]
fn a_stranger_cannot_pass_for_another_address() {
    let server = Server::start();
    let mut client = Client::open(server.address, "/ws", &[], &[("X-Forwarded-For", "1.1.1.1")]).unwrap();
    client.call("account.login", json!({}));
    assert_eq!(*server.service.addresses.lock(), ["127.0.0.1".parse::<std::net::IpAddr>().unwrap()]);
}

#[test]
fn pages_of_other_origins_cannot_connect() {
    let server = Server::start();
    let open = |origin| Client::open(server.address, "/ws", &[], &[("Origin", origin)]).map(drop);
    assert_eq!(open("http://chat.example"), Ok(()));
    for origin in ["http://evil.example", "null", "http://chat.example.evil"] {
        assert_eq!(open(origin), Err("the server answered with status 403".into()));
    }
}
