use crate::client::{Client, Said};
use crate::service::Server;
use rialto_wire::websocket::frame::Opcode;
use serde_json::{Value, json};

fn open(server: &Server, path: &str) -> Client {
    let mut client = Client::open(server.address, &format!("/{path}/?EIO=4&transport=websocket"), &[], &[]).unwrap();
    assert!(client.text().starts_with("0{"));
    client
}

#[test]
fn engineio_comes_back() {
    let server = Server::conformance(|_| {});
    let mut client = open(&server, "engine.io");
    client.send_text("4hello");
    assert_eq!(client.text(), "4hello");
    client.send(Opcode::Binary, &[1, 2, 3]);
    assert_eq!(client.hear(), Said::Binary(vec![1, 2, 3]));
    client.send_text("1");
    assert_eq!(client.until_closed().0, 1000);
}

#[test]
fn a_plain_echo_takes_sixteen_megabytes() {
    let server = Server::conformance(|_| {});
    let mut client = Client::open(server.address, "/echo", &[], &[]).unwrap();
    client.send_text("hello");
    assert_eq!(client.hear(), Said::Text("hello".into()));
    let large = vec![7; 16 << 20];
    let mut writer = client.stream.try_clone().unwrap();
    let sent = large.clone();
    let writing = std::thread::spawn(move || {
        let mut frame = Vec::new();
        rialto_wire::websocket::frame::encode(Opcode::Binary, &sent, Some([1; 4]), &mut frame);
        std::io::Write::write_all(&mut writer, &frame).unwrap();
    });
    assert!(client.hear() == Said::Binary(large));
    writing.join().unwrap();
    client.send_raw(b"\x82\xff\0\0\0\0\x01\0\0\x01mask");
    assert_eq!(client.until_closed().0, 1009);
}

#[test]
fn both_namespaces_show_the_auth_and_answer() {
    let server = Server::conformance(|_| {});
    for (namespace, comma) in [("", ""), ("/custom", "/custom,")] {
        let mut client = open(&server, "socket.io");
        client.send_text(&format!("40{comma}{}", json!({"token": "123"})));
        assert!(client.text().starts_with(&format!("40{comma}{{\"sid\":\"")), "{namespace}");
        assert_eq!(client.text(), format!(r#"42{comma}["auth",{{"token":"123"}}]"#));
        client.send_text(&format!(r#"42{comma}["message",1,"2",{{"3":[true]}}]"#));
        assert_eq!(client.text(), format!(r#"42{comma}["message-back",1,"2",{{"3":[true]}}]"#));
        client.send_text(&format!(r#"42{comma}456["message-with-ack",1,"2",{{"3":[false]}}]"#));
        assert_eq!(client.text(), format!(r#"43{comma}456[1,"2",{{"3":[false]}}]"#));
    }
    let mut client = open(&server, "socket.io");
    client.send_text("40");
    assert!(client.text().starts_with("40"));
    assert_eq!(client.text(), r#"42["auth",{}]"#);
    client.send_text("40/random");
    assert_eq!(client.text(), r#"44/random,{"message":"Invalid namespace"}"#);
}

#[test]
fn binary_arguments_come_back() {
    let server = Server::conformance(|_| {});
    let mut client = open(&server, "socket.io");
    client.send_text("40");
    client.text();
    client.text();
    client.send_text(r#"452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    client.send(Opcode::Binary, &[1, 2, 3]);
    client.send(Opcode::Binary, &[4, 5, 6]);
    assert_eq!(client.text(), r#"452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    assert_eq!([client.hear(), client.hear()], [Said::Binary(vec![1, 2, 3]), Said::Binary(vec![4, 5, 6])]);
    client.send_text(r#"451-789["message-with-ack",{"_placeholder":true,"num":0}]"#);
    client.send(Opcode::Binary, &[7]);
    assert_eq!(client.text(), r#"461-789[{"_placeholder":true,"num":0}]"#);
    assert_eq!(client.hear(), Said::Binary(vec![7]));
}

#[test]
fn messagepack_comes_back_too() {
    let server = Server::conformance(|_| {});
    let mut client = open(&server, "socket.io");
    client.send(Opcode::Binary, &rmp_serde::to_vec(&json!({"type": 0, "nsp": "/"})).unwrap());
    let mut heard = || match client.hear() {
        Said::Binary(bytes) => rmp_serde::from_slice::<Value>(&bytes).unwrap(),
        other => panic!("{other:?} instead of bytes"),
    };
    assert_eq!(heard()["type"], 0);
    assert_eq!(heard()["data"], json!(["auth", {}]));
}

#[test]
fn who_joins_no_namespace_is_closed_and_who_joined_one_is_not() {
    let server = Server::conformance(|settings| settings.timing.greeting_ms = 2_000);
    let mut joined = open(&server, "socket.io");
    joined.send_text("40");
    joined.text();
    joined.text();
    let mut idle = open(&server, "socket.io");
    assert_eq!(idle.until_closed().0, 1008);
    joined.send_text(r#"42["message"]"#);
    assert_eq!(joined.text(), r#"42["message-back"]"#);
}

#[test]
fn a_namespace_can_be_left() {
    let server = Server::conformance(|_| {});
    let mut client = open(&server, "socket.io");
    client.send_text("40");
    client.send_text("40/custom,");
    for _ in 0..4 {
        client.text();
    }
    client.send_text("41");
    client.send_text(r#"42/custom,["message","still"]"#);
    assert_eq!(client.text(), r#"42/custom,["message-back","still"]"#);
    client.send_text(r#"42["message","gone"]"#);
    assert_eq!(client.until_closed().0, 1002);
}

#[test]
fn the_messenger_is_not_offered() {
    let server = Server::conformance(|_| {});
    let mut stream = Client::bare(server.address);
    std::io::Write::write_all(
        &mut stream,
        b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    )
    .unwrap();
    assert!(server.handed_over.lock().blocking_recv().unwrap().prefix.starts_with(b"GET /ws"));
}
