use crate::client::{Client, Said};
use crate::service::{GENERAL, Server, log_in, user};
use rialto_wire::websocket::frame::Opcode;
use serde_json::json;

fn message(text: &str) -> serde_json::Value {
    json!({"channel": GENERAL, "client_id": "01890000-0000-7000-8000-000000000001", "body": {"text": text}})
}

/// The next `count` things that the server says, sorted: an answer may come before the entry or after it.
fn answers_and_messages(client: &mut Client, count: usize) -> (Vec<u64>, Vec<String>) {
    let (mut answers, mut messages) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let said = client.json();
        match said["re"].as_u64() {
            Some(id) => answers.push(id),
            None => messages.push(said["data"]["body"]["text"].as_str().unwrap().to_owned()),
        }
    }
    (answers, messages)
}

#[test]
fn hello_is_answered_with_the_first_payload() {
    let server = Server::start();
    let mut client = Client::plain(server.address);
    let ready = client.call("hello", json!({"token": "ana"}));
    assert_eq!(ready["ok"]["user"]["id"], user("ana").to_string());
    assert_eq!(ready["ok"]["session"], log_in("ana").to_string());
    server.until_connected(1);
    drop(client);
    server.until_connected(0);
}

#[test]
fn commands_before_hello_are_refused_but_for_those_that_lead_to_it() {
    let server = Server::start();
    let mut client = Client::plain(server.address);
    assert_eq!(client.call("account.logout", json!({}))["err"]["code"], "auth.required");
    let tokens = client.call("account.login", json!({"username": "ana", "password": "secret"}));
    assert_eq!(tokens["ok"]["access_token"], "ana");
    assert_eq!(client.call("hello", json!({"token": "bad"}))["err"]["code"], "auth.required");
    assert!(client.call("hello", json!({"token": "ana"}))["ok"].is_object());
    assert_eq!(client.call("nonsense", json!({}))["err"]["code"], "command.unknown");
    assert_eq!(client.call("message.send", json!({"channel": 7}))["err"]["code"], "command.invalid");
}

#[test]
fn a_second_hello_closes() {
    let server = Server::start();
    let mut client = Client::hello(server.address, "ana");
    client.ask("hello", json!({"token": "ana"}));
    assert_eq!(client.until_closed().0, 1008);
}

#[test]
fn messagepack_says_the_same() {
    let server = Server::start();
    let mut client = Client::open(server.address, "/ws", &["rialto.v1.msgpack"], &[]).unwrap();
    let hello = json!({"id": 1, "cmd": "hello", "data": {"token": "ana"}});
    client.send(Opcode::Binary, &rmp_serde::to_vec(&hello).unwrap());
    let Said::Binary(ready) = client.hear() else { panic!("no bytes") };
    let ready: serde_json::Value = rmp_serde::from_slice(&ready).unwrap();
    assert_eq!((&ready["re"], &ready["ok"]["user"]["id"]), (&json!(1), &json!(user("ana"))));
    server.service.text(GENERAL, user("ben"), "hi");
    let Said::Binary(entry) = client.hear() else { panic!("no bytes") };
    let entry: serde_json::Value = rmp_serde::from_slice(&entry).unwrap();
    assert_eq!((&entry["ev"], &entry["data"]["body"]["text"]), (&json!("entry"), &json!("hi")));
    client.send_text("{}");
    assert_eq!(client.until_closed().0, 1003);
}

#[test]
fn what_follows_a_slow_command_waits_for_it() {
    let server = Server::start();
    let mut client = Client::hello(server.address, "ana");
    let slow = client.ask("message.send", message("slow one"));
    let quick = client.ask("message.send", message("quick one"));
    assert_eq!(server.until_asked(), "send");
    server.service.slow_sends.add_permits(1);
    let (answers, messages) = answers_and_messages(&mut client, 4);
    assert_eq!(answers, [slow, quick]);
    assert_eq!(messages, ["slow one", "quick one"]);
}

#[test]
fn what_was_asked_by_somebody_who_is_gone_is_done_all_the_same() {
    let server = Server::start();
    let (mut ana, mut ben) = (Client::hello(server.address, "ana"), Client::hello(server.address, "ben"));
    server.until_connected(2);
    ana.ask("message.send", message("slow one"));
    assert_eq!(server.until_asked(), "send");
    drop(ana);
    server.until_connected(1);
    server.service.slow_sends.add_permits(1);
    assert_eq!(ben.message(), "slow one");
}

#[test]
fn only_so_many_commands_may_wait() {
    let server = Server::with(|settings| settings.pending_commands = 3);
    let mut client = Client::hello(server.address, "ana");
    let first = client.ask("message.send", message("slow"));
    let waiting: Vec<_> = (0..3).map(|number| client.ask("message.send", message(&number.to_string()))).collect();
    let refused = client.ask("message.send", message("too much"));
    let answer = client.json();
    assert_eq!((&answer["re"], &answer["err"]["code"]), (&json!(refused), &json!("limit.exceeded")));
    server.service.slow_sends.add_permits(1);
    let (answers, messages) = answers_and_messages(&mut client, 8);
    assert_eq!(answers, [vec![first], waiting].concat());
    assert_eq!(messages, ["slow", "0", "1", "2"]);
}

#[test]
fn a_command_that_fails_in_the_service_is_answered_and_the_connection_goes_on() {
    let server = Server::start();
    let mut client = Client::hello(server.address, "ana");
    assert_eq!(client.call("message.send", message("panic"))["err"]["code"], "server.internal");
    server.service.slow_sends.add_permits(1);
    assert!(client.call("message.send", message("slow and steady"))["ok"].is_object());
}

#[test]
fn the_end_of_a_log_in_closes_its_connections_and_no_others() {
    let server = Server::start();
    let mut laptop = Client::hello(server.address, "ana");
    let mut phone = Client::hello(server.address, "ana/phone");
    laptop.ask("account.logout", json!({}));
    assert_eq!(laptop.until_closed(), (1008, "the log-in was ended".into()));
    server.service.text(GENERAL, user("ben"), "still there?");
    assert_eq!(phone.message(), "still there?");
}

#[test]
fn a_close_is_answered_and_a_ping_too() {
    let server = Server::start();
    let mut client = Client::plain(server.address);
    client.send(Opcode::Ping, b"there?");
    assert_eq!(client.hear(), Said::Pong(b"there?".to_vec()));
    client.say_close();
    assert_eq!(client.hear(), Said::Close(1000, String::new()));
    assert_eq!(client.hear(), Said::End);
}

#[test]
fn frames_right_behind_the_head_are_not_lost() {
    let server = Server::start();
    let mut stream = Client::bare(server.address);
    let mut bytes = b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".to_vec();
    rialto_wire::websocket::frame::encode(Opcode::Ping, b"early", Some([9; 4]), &mut bytes);
    for piece in bytes.chunks(50) {
        std::io::Write::write_all(&mut stream, piece).unwrap();
    }
    let mut answer = Vec::new();
    while !answer.ends_with(b"\x8a\x05early") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stream, &mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
}
