use crate::client::Client;
use crate::service::{GENERAL, Server, user};
use rialto_edge::realtime::encode::Format;
use rialto_edge::realtime::{Adopted, AdoptedStream, Opening};
use rialto_wire::websocket::frame::{self, Opcode};
use rialto_wire::websocket::handshake::accept_key;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;

#[test]
fn what_is_not_a_websocket_is_handed_over_with_everything_that_was_read() {
    let server = Server::start();
    let mut stream = Client::bare(server.address);
    let request = "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    stream.write_all(request.as_bytes()).unwrap();
    let handed_over = server.handed_over.lock().blocking_recv().unwrap();
    let mut received = handed_over.prefix.to_vec();
    handed_over.stream.set_nonblocking(false).unwrap();
    let mut rest = vec![0; request.len() - received.len()];
    (&handed_over.stream).read_exact(&mut rest).unwrap();
    received.extend(rest);
    assert_eq!(String::from_utf8(received).unwrap(), request);
    assert_eq!(handed_over.permit.address(), IpAddr::from([127, 0, 0, 1]));

    (&handed_over.stream).write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    drop(handed_over);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(server.realtime().admission().open(), 0);
}

/// What the HTTP stack does when a connection of its own asks for a WebSocket.
fn accept(mut stream: impl Read + Write) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).unwrap();
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = accept_key(key);
    let answer = format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
}

#[test]
fn a_websocket_whose_handshake_http_has_done_is_adopted() {
    let server = Server::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let permit = server.realtime().admission().admit([10, 0, 0, 1].into()).unwrap();
    let mut prefix = Vec::new();
    frame::encode(Opcode::Text, br#"{"id":1,"cmd":"hello","data":{"token":"ana"}}"#, Some([3; 4]), &mut prefix);
    let mut client = std::thread::scope(|scope| {
        let client = scope.spawn(|| Client::open(address, "/ws", &[], &[]).unwrap());
        let (stream, _) = listener.accept().unwrap();
        accept(&stream);
        let opening = Opening::Plain(Format::PlainJson);
        server.realtime().adopter().adopt(Adopted { stream: AdoptedStream::Tcp(stream), prefix, permit, opening, answer: Vec::new() }).unwrap();
        client.join().unwrap()
    });
    assert_eq!(client.json()["re"], 1);
    server.service.text(GENERAL, user("ben"), "hi");
    assert_eq!(client.message(), "hi");
}

#[test]
fn a_websocket_behind_tls_comes_over_a_pair_of_unix_sockets() {
    let server = Server::start();
    let permit = server.realtime().admission().admit([10, 0, 0, 1].into()).unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let opening = Opening::Plain(Format::PlainJson);
    server.realtime().adopter().adopt(Adopted { stream: AdoptedStream::Unix(ours), prefix: Vec::new(), permit, opening, answer: Vec::new() }).unwrap();
    let mut hello = Vec::new();
    frame::encode(Opcode::Text, br#"{"id":1,"cmd":"hello","data":{"token":"ana"}}"#, Some([3; 4]), &mut hello);
    theirs.write_all(&hello).unwrap();
    server.until_connected(1);
    let large = "x".repeat(15_000);
    for _ in 0..40 {
        server.service.text(GENERAL, user("ben"), &large);
    }
    let mut text_bytes = 0;
    let mut buffer = [0; 65_536];
    while text_bytes < 40 * large.len() {
        let count = theirs.read(&mut buffer).unwrap();
        text_bytes += buffer[..count].iter().filter(|byte| **byte == b'x').count();
    }
    drop(theirs);
    server.until_connected(0);
}
