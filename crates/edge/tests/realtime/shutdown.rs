use crate::client::{Client, Said};
use crate::service::{GENERAL, Server};
use serde_json::json;

#[test]
fn clients_are_told_when_to_come_back_before_the_server_goes() {
    let mut server = Server::start();
    let mut plain: Vec<_> = (0..8).map(|_| Client::hello(server.address, "ana")).collect();
    let mut socketio = Client::socketio(server.address, &json!({"token": "ben"}));
    assert!(socketio.text().starts_with("40"));
    assert!(socketio.text().starts_with(r#"42["ready","#));
    let realtime = server.realtime.take().unwrap();
    let going = std::thread::spawn(move || realtime.shutdown(2_000));
    let mut times = std::collections::BTreeSet::new();
    for client in &mut plain {
        let (name, notice) = client.event();
        assert_eq!((name.as_str(), &notice["kind"]), ("notice", &json!("drain")));
        times.insert(notice["reconnect_after_ms"].as_u64().unwrap());
        assert_eq!(client.until_closed().0, 1001);
        client.say_close();
        client.until_end();
    }
    assert!(times.len() > 2, "all come back at once: {times:?}");
    assert!(times.iter().all(|after_ms| *after_ms < 2_000));
    assert!(socketio.text().starts_with(r#"42["notice",{"kind":"drain""#));
    assert_eq!(socketio.until_closed().0, 1001);
    socketio.say_close();
    going.join().unwrap();
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nobody listens any more");
    server.until_connected(0);
}

#[test]
fn while_the_server_goes_commands_are_still_carried_out() {
    let mut server = Server::start();
    let mut clients: Vec<_> = (0..8).map(|_| Client::hello(server.address, "ana")).collect();
    let realtime = server.realtime.take().unwrap();
    let going = std::thread::spawn(move || realtime.shutdown(60_000));
    let mut told: Vec<_> = clients
        .iter_mut()
        .map(|client| {
            let notice = client.event().1;
            (notice["reconnect_after_ms"].as_u64().unwrap(), client)
        })
        .collect();
    told.sort_by_key(|(after_ms, _)| *after_ms);
    let (_, last) = told.last_mut().unwrap();
    assert!(last.call("typing", json!({"channel": GENERAL}))["ok"].is_object());
    drop(clients);
    going.join().unwrap();
}

#[test]
fn while_the_server_goes_nobody_new_comes_in_but_requests_do() {
    let mut server = Server::start();
    let mut clients: Vec<_> = (0..8).map(|_| Client::hello(server.address, "ana")).collect();
    let realtime = server.realtime.take().unwrap();
    let going = std::thread::spawn(move || realtime.shutdown(60_000));
    assert_eq!(clients[0].event().0, "notice");
    assert_eq!(Client::open(server.address, "/ws", &[], &[]).map(drop), Err("the server answered with status 503".into()));
    let mut request = Client::bare(server.address);
    std::io::Write::write_all(&mut request, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(server.handed_over.lock().blocking_recv().is_some());
    drop(clients);
    going.join().unwrap();
}

#[test]
fn without_time_to_drain_everything_ends_at_once() {
    let mut server = Server::start();
    let mut client = Client::hello(server.address, "ana");
    server.realtime.take().unwrap().shutdown(0);
    assert_eq!(client.hear(), Said::End);
    server.until_connected(0);
}

#[test]
fn a_client_that_does_not_go_is_left_behind() {
    let mut server = Server::start();
    let mut client = Client::hello(server.address, "ana");
    server.realtime.take().unwrap().shutdown(100);
    client.until_end();
    server.until_connected(0);
}
