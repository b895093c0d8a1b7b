use crate::client::Client;
use crate::service::{GENERAL, Server, user};
use rialto_edge::realtime::{Endpoint, Polling};
use rialto_wire::engineio::{Pace, RequestError, Sid};
use serde_json::{Value, json};

/// What the HTTP stack does for one client.
struct Poller<'a> {
    server: &'a Server,
    polling: Polling,
    sid: Sid,
    open: Value,
}

type Body = Result<String, RequestError>;

impl<'a> Poller<'a> {
    fn open(server: &'a Server, endpoint: Endpoint, query: &str) -> Self {
        let polling = server.realtime().polling();
        let permit = server.realtime().admission().admit([127, 0, 0, 1].into()).unwrap();
        let opening = endpoint.session(query).unwrap();
        let body = server.runtime.block_on(polling.open(opening, permit)).unwrap();
        let open: Value = serde_json::from_slice(body.strip_prefix(b"0").unwrap()).unwrap();
        let sid = Sid::decode(open["sid"].as_str().unwrap()).unwrap();
        Self { server, polling, sid, open }
    }

    fn poll(&self) -> Body {
        let (polling, sid) = (self.polling.clone(), self.sid);
        self.server.runtime.block_on(async move { polling.poll(sid, None).await.map(text) })
    }

    /// A poll that goes on while the test does something else.
    fn poll_meanwhile(&self) -> tokio::task::JoinHandle<Body> {
        let (polling, sid) = (self.polling.clone(), self.sid);
        self.server.runtime.spawn(async move { polling.poll(sid, None).await.map(text) })
    }

    fn wait(&self, poll: tokio::task::JoinHandle<Body>) -> Body {
        self.server.runtime.block_on(poll).unwrap()
    }

    fn push(&self, body: &str) -> Body {
        self.server.runtime.block_on(self.polling.push(self.sid, None, body.to_owned().into())).map(text)
    }

    /// Polls until this many packets came.
    fn packets(&self, count: usize) -> Vec<String> {
        let mut packets = Vec::new();
        while packets.len() < count {
            packets.extend(self.poll().unwrap().split('\x1e').map(str::to_owned));
        }
        packets
    }

    fn upgrade(&self) -> Result<Client, String> {
        let endpoint = if self.open["pingInterval"] == 300 { "engine.io" } else { "socket.io" };
        Client::open(self.server.address, &format!("/{endpoint}/?EIO=4&transport=websocket&sid={}", self.sid.as_str()), &[], &[])
    }
}

fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap()
}

fn echo() -> Server {
    Server::conformance(|settings| settings.timing.heartbeat = Pace { interval_ms: 300, timeout_ms: 20_000 })
}

fn socketio(server: &Server) -> Poller<'_> {
    let poller = Poller::open(server, Endpoint::SocketIo, "EIO=4&transport=polling");
    assert_eq!(poller.push(r#"40{"token":"ana"}"#), Ok("ok".into()));
    let packets = poller.packets(2);
    assert!(packets[0].starts_with(r#"40{"sid":""#) && packets[1].starts_with(r#"42["ready","#), "{packets:?}");
    poller
}

#[test]
fn a_session_opens_with_its_name_and_its_rules() {
    let server = Server::start();
    let poller = Poller::open(&server, Endpoint::SocketIo, "EIO=4&transport=polling");
    let expected = json!({"sid": poller.sid.as_str(), "upgrades": ["websocket"], "pingInterval": 25_000, "pingTimeout": 20_000, "maxPayload": 1_048_576});
    assert_eq!(poller.open, expected);
}

#[test]
fn messages_come_back_text_and_bytes() {
    let server = echo();
    let poller = Poller::open(&server, Endpoint::EngineEcho, "");
    let waiting = poller.poll_meanwhile();
    assert_eq!(poller.push("4hello\x1ebAQIDBA==\x1e4world"), Ok("ok".into()));
    let mut packets: Vec<_> = poller.wait(waiting).unwrap().split('\x1e').map(str::to_owned).collect();
    packets.extend(poller.packets(3 - packets.len()));
    assert_eq!(packets, ["4hello", "bAQIDBA==", "4world"]);
}

#[test]
fn a_poll_waits_until_there_is_something_to_say() {
    let server = Server::start();
    let poller = socketio(&server);
    let waiting = poller.poll_meanwhile();
    server.service.text(GENERAL, user("ben"), "hi");
    assert!(poller.wait(waiting).unwrap().starts_with(r#"42["entry","#));
}

#[test]
fn an_answer_holds_sixteen_packets_and_the_rest_waits() {
    let server = Server::start();
    let poller = socketio(&server);
    for number in 0..40 {
        server.service.text(GENERAL, user("ben"), &number.to_string());
    }
    let mut packets = Vec::new();
    while packets.len() < 40 {
        let body = poller.poll().unwrap();
        assert!(body.split('\x1e').count() <= 16);
        packets.extend(body.split('\x1e').map(str::to_owned));
    }
    for (number, packet) in packets.iter().enumerate() {
        assert!(packet.contains(&format!(r#""text":"{number}""#)));
    }
}

#[test]
fn two_polls_at_once_end_the_session() {
    let server = echo();
    let poller = Poller::open(&server, Endpoint::EngineEcho, "");
    let bodies = [poller.poll_meanwhile(), poller.poll_meanwhile()].map(|poll| poller.wait(poll));
    assert!(bodies.contains(&Ok("1".into())) && bodies.contains(&Err(RequestError::BadRequest)), "{bodies:?}");
    assert_eq!(poller.poll(), Err(RequestError::UnknownSid));
}

#[test]
fn a_poll_that_was_given_up_loses_nothing_and_may_be_repeated() {
    let server = echo();
    let poller = Poller::open(&server, Endpoint::EngineEcho, "");
    let given_up = poller.poll_meanwhile();
    given_up.abort();
    assert!(server.runtime.block_on(given_up).is_err());
    poller.push("4kept").unwrap();
    assert_eq!(poller.poll(), Ok("4kept".into()));
}

#[test]
fn bad_bodies_end_the_session() {
    let server = echo();
    for body in ["", "abc", "4\x1e", "\x1e\x1e\x1e", "2", &"4x\x1e".repeat(100_000)] {
        let poller = Poller::open(&server, Endpoint::EngineEcho, "");
        let pushed = poller.push(body);
        assert!(pushed == Err(RequestError::BadRequest) || body == "2", "{body:.20}");
        assert!(poller.poll().is_ok_and(|body| body == "1"), "{body:.20}");
        assert_eq!(poller.poll(), Err(RequestError::UnknownSid));
    }
}

#[test]
fn a_client_may_end_its_session() {
    let server = echo();
    let poller = Poller::open(&server, Endpoint::EngineEcho, "");
    let waiting = poller.poll_meanwhile();
    assert_eq!(poller.push("1"), Ok("ok".into()));
    // The poll comes before the close or after it.
    assert!([Ok("6".into()), Err(RequestError::UnknownSid)].contains(&poller.wait(waiting)));
    assert_eq!(poller.poll(), Err(RequestError::UnknownSid));
    assert_eq!(poller.push("4late"), Err(RequestError::UnknownSid));
}

#[test]
fn names_that_were_never_given_are_unknown() {
    let server = Server::start();
    let polling = server.realtime().polling();
    for byte in [0, 7, 255] {
        let sid = Sid::from_random([byte; Sid::RANDOM_BYTES]);
        assert_eq!(server.runtime.block_on(polling.poll(sid, None)), Err(RequestError::UnknownSid));
        assert_eq!(server.runtime.block_on(polling.push(sid, None, "4".into())), Err(RequestError::UnknownSid));
    }
}

#[test]
fn another_users_session_is_as_good_as_none() {
    let server = Server::start();
    let poller = socketio(&server);
    let as_user = |name| {
        let body = "3".into();
        server.runtime.block_on(poller.polling.push(poller.sid, Some(user(name)), body))
    };
    assert_eq!(as_user("ben"), Err(RequestError::UnknownSid));
    assert_eq!(as_user("ana"), Ok(b"ok".to_vec()));
}

#[test]
fn a_session_that_is_not_polled_any_more_ends_by_itself() {
    let server = Server::with(|settings| settings.timing.heartbeat = Pace { interval_ms: 50, timeout_ms: 2_000 });
    let poller = socketio(&server);
    server.until_connected(0);
    assert_eq!(poller.poll(), Err(RequestError::UnknownSid));
    while server.realtime().admission().open() > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_session_moves_to_a_websocket_without_losing_anything() {
    let server = Server::start();
    let poller = socketio(&server);
    let waiting = poller.poll_meanwhile();
    let mut client = poller.upgrade().unwrap();
    client.send_text("2probe");
    assert_eq!(client.text(), "3probe");
    assert_eq!(poller.wait(waiting), Ok("6".into()));
    server.service.text(GENERAL, user("ben"), "between");
    let mut heard = poller.poll().unwrap();
    client.send_text("5");
    server.service.text(GENERAL, user("ben"), "after");
    while !heard.contains("after") {
        heard.push_str(&client.text());
    }
    assert_eq!(heard.matches("between").count(), 1);
    client.send_text(r#"421["account.get",{}]"#);
    assert_eq!(client.text(), r#"431[{"ok":{}}]"#);
    assert_eq!(poller.poll(), Err(RequestError::UnknownSid));
    assert_eq!(poller.push("4x"), Err(RequestError::UnknownSid));
    drop(client);
    server.until_connected(0);
}

#[test]
fn probe_and_upgrade_may_come_in_one_breath() {
    let server = echo();
    let poller = Poller::open(&server, Endpoint::EngineEcho, "");
    let mut client = poller.upgrade().unwrap();
    let mut bytes = Vec::new();
    for text in ["2probe", "5", "4one", "4two"] {
        rialto_wire::websocket::frame::encode(rialto_wire::websocket::frame::Opcode::Text, text.as_bytes(), Some([1; 4]), &mut bytes);
    }
    client.send_raw(&bytes);
    assert_eq!([client.text(), client.text(), client.text()], ["3probe", "4one", "4two"]);
}

#[test]
fn a_second_candidate_is_refused_and_the_first_unaffected() {
    let server = Server::start();
    let poller = socketio(&server);
    let mut client = poller.upgrade().unwrap();
    assert!(poller.upgrade().is_err_and(|error| error.contains("400")));
    client.send_text("2probe");
    assert_eq!(client.text(), "3probe");
    client.send_text("5");
    client.send_text(r#"421["account.get",{}]"#);
    assert_eq!(client.text(), r#"431[{"ok":{}}]"#);
    assert!(poller.upgrade().is_err_and(|error| error.contains("400")));
}

#[test]
fn a_candidate_that_fails_leaves_the_session_to_polling() {
    let server = Server::with(|settings| settings.timing.upgrade_ms = 1_000);
    let poller = socketio(&server);
    let mut wrong = poller.upgrade().unwrap();
    wrong.send_text("4hello");
    assert_eq!(wrong.until_closed().0, 1002);
    let mut idle = loop {
        // The first one's place is free once it is gone.
        if let Ok(client) = poller.upgrade() {
            break client;
        }
    };
    assert_eq!(idle.until_closed().0, 1008);
    server.service.text(GENERAL, user("ben"), "still here");
    assert!(poller.poll().unwrap().contains("still here"));
}

#[test]
fn the_end_of_a_log_in_ends_the_session() {
    let server = Server::start();
    let poller = socketio(&server);
    poller.push(r#"425["account.logout",{}]"#).unwrap();
    let mut answers = vec![poller.poll().unwrap()];
    while answers.last().unwrap() != "1" {
        answers.push(poller.poll().unwrap());
    }
    let packets: Vec<_> = answers.iter().flat_map(|answer| answer.split('\x1e')).collect();
    assert_eq!(packets, [r#"435[{"ok":{}}]"#, "41", "1"], "the close comes last, and alone");
    assert_eq!(poller.poll(), Err(RequestError::UnknownSid));
}

#[test]
fn the_messagepack_parser_travels_as_base64() {
    let server = Server::start();
    let poller = Poller::open(&server, Endpoint::SocketIo, "EIO=4&transport=polling&parser=msgpack");
    let connect = rmp_serde::to_vec(&json!({"type": 0, "nsp": "/", "data": {"token": "ana"}})).unwrap();
    let mut packet = Vec::new();
    rialto_wire::engineio::Packet::Binary(connect.into()).encode(&mut packet);
    poller.push(&text(packet)).unwrap();
    let packets = poller.packets(2);
    assert!(packets.iter().all(|packet| packet.starts_with('b')), "{packets:?}");
}

#[test]
fn a_session_that_polls_is_told_when_the_server_goes() {
    let mut server = Server::start();
    let polling = server.realtime().polling();
    let poller = socketio(&server);
    let sid = poller.sid;
    let realtime = server.realtime.take().unwrap();
    let going = std::thread::spawn(move || realtime.shutdown(2_000));
    let heard = server.runtime.block_on(async {
        let mut heard = String::new();
        while let Ok(body) = polling.poll(sid, None).await {
            heard.push_str(&text(body));
        }
        heard
    });
    assert!(heard.starts_with(r#"42["notice","#) && heard.ends_with('1'), "{heard}");
    going.join().unwrap();
}
