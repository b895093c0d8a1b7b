use crate::client::Client;
use crate::service::{GENERAL, Server, user};
use rialto_wire::websocket::frame::Opcode;
use serde_json::json;
use std::io::{Read, Write};

/// How a connection that says these bytes is closed. Others go on regardless.
fn close_code(server: &Server, bytes: &[u8]) -> u16 {
    let mut client = Client::plain(server.address);
    client.send_raw(bytes);
    client.until_closed().0
}

#[test]
fn what_breaks_rfc_6455_is_closed_with_the_right_code() {
    let server = Server::start();
    let mut witness = Client::hello(server.address, "ana");
    let masked = |first: u8, payload: &[u8]| {
        let mut out = Vec::new();
        rialto_wire::websocket::frame::encode(Opcode::Text, payload, Some([0; 4]), &mut out);
        out[0] = first;
        out
    };
    assert_eq!(close_code(&server, b"\x81\x02hi"), 1002, "unmasked");
    assert_eq!(close_code(&server, &masked(0xc1, b"hi")), 1002, "a reserved bit");
    assert_eq!(close_code(&server, &masked(0x83, b"hi")), 1002, "a reserved opcode");
    assert_eq!(close_code(&server, &masked(0x09, b"hi")), 1002, "a fragmented ping");
    assert_eq!(close_code(&server, &masked(0x80, b"hi")), 1002, "a continuation of nothing");
    assert_eq!(close_code(&server, &masked(0x81, b"\xff\xfe")), 1007, "no UTF-8");
    assert_eq!(close_code(&server, b"\x81\xff\x40\0\0\0\0\0\0\0mask"), 1009, "2^62 bytes announced");
    assert_eq!(close_code(&server, &masked(0x81, &vec![b'x'; 1_100_000])), 1009, "a megabyte and more");
    let fragments = [masked(0x01, &vec![b'x'; 500_000]), masked(0x00, &vec![b'x'; 500_000]), masked(0x00, &vec![b'x'; 500_000])].concat();
    assert_eq!(close_code(&server, &fragments), 1009, "endless fragments");
    server.service.text(GENERAL, user("ben"), "all is well");
    assert_eq!(witness.message(), "all is well");
}

#[test]
fn what_is_no_command_is_closed_as_a_violation() {
    let server = Server::start();
    for text in ["", "nonsense", "[]", r#"{"id":1}"#, r#"{"id":-1,"cmd":"hello"}"#, r#"{"id":1e400,"cmd":"hello"}"#, &"[".repeat(100_000)] {
        let mut client = Client::plain(server.address);
        client.send_text(text);
        assert_eq!(client.until_closed().0, 1008, "{text:.40}");
    }
}

#[test]
fn data_that_is_not_what_a_command_takes_is_refused_and_nothing_else_happens() {
    let server = Server::start();
    let mut client = Client::hello(server.address, "ana");
    for data in [json!([]), json!(7), json!({"channel": "x"}), json!({"channel": GENERAL, "__proto__": {}}), json!(null)] {
        assert_eq!(client.call("message.send", data)["err"]["code"], "command.invalid");
    }
    assert!(client.call("account.get", json!({}))["ok"].is_object());
}

#[test]
fn heads_that_are_wrong_are_answered_and_closed() {
    let server = Server::start();
    let status = |request: &str| {
        let mut stream = Client::bare(server.address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(status("nonsense\r\n\r\n"), "400");
    assert_eq!(status("GET /ws HTTP/1.1\r\n\r\n"), "400");
    assert_eq!(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
    assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(2000))), "431");
    assert_eq!(status(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(20_000))), "431");
    let upgrade = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    assert_eq!(status(&format!("GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\n{upgrade}")), "400");
    assert_eq!(status(&format!("GET /socket.io/?EIO=4&transport=pigeon HTTP/1.1\r\n{upgrade}")), "400");
    assert_eq!(status(&format!("GET /socket.io/?EIO=4&transport=websocket&sid={} HTTP/1.1\r\n{upgrade}", "x".repeat(8000))), "400");
    assert_eq!(status(&format!("GET /socket.io/?EIO=4&transport=websocket&sid={} HTTP/1.1\r\n{upgrade}", "_".repeat(24))), "400");
    assert_eq!(status(&format!("GET /ws HTTP/1.1\r\n{}", upgrade.replace("13", "8"))), "426");
}

#[test]
fn three_hundred_connections_that_are_reset_leave_nothing_behind() {
    let server = Server::start();
    for number in 0..300 {
        let stream = Client::bare(server.address);
        let socket = socket2::SockRef::from(&stream);
        socket.set_linger(Some(std::time::Duration::ZERO)).unwrap();
        if number % 2 == 0 {
            (&stream).write_all(b"GET /ws HTTP/1.1\r\nHost: a\r\n").unwrap();
        }
    }
    let mut client = Client::hello(server.address, "ana");
    while server.realtime().admission().open() > 1 {
        std::thread::yield_now();
    }
    assert!(client.call("account.get", json!({}))["ok"].is_object());
}
