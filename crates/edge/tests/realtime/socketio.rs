use crate::client::{Client, Said};
use crate::service::{GENERAL, Server, user};
use rialto_wire::websocket::frame::Opcode;
use serde_json::{Value, json};

/// A client that has got its first payload.
fn ready(server: &Server, token: &str) -> Client {
    let mut client = Client::socketio(server.address, &json!({ "token": token }));
    assert!(client.text().starts_with(r#"40{"sid":""#));
    let (name, data) = event(&client.text());
    assert_eq!((name.as_str(), &data["user"]["id"]), ("ready", &json!(user(token))));
    client
}

fn event(text: &str) -> (String, Value) {
    serde_json::from_str(text.strip_prefix("42").unwrap_or_else(|| panic!("{text} is no event"))).unwrap()
}

#[test]
fn connect_is_hello_and_events_follow() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    server.until_connected(1);
    server.service.text(GENERAL, user("ben"), "hi");
    let (name, data) = event(&ana.text());
    assert_eq!((name.as_str(), &data["body"]["text"]), ("entry", &json!("hi")));
}

#[test]
fn a_command_is_acknowledged_with_its_result_or_its_error() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    ana.send_text(r#"4217["account.get"]"#);
    assert_eq!(ana.text(), r#"4317[{"ok":{}}]"#);
    ana.send_text(r#"4218["nonsense",{}]"#);
    assert!(ana.text().starts_with(r#"4318[{"err":{"code":"command.unknown","#));
    ana.send_text(r#"42["nonsense",{}]"#);
    ana.send_text(r#"4219["account.get",{}]"#);
    assert_eq!(ana.text(), r#"4319[{"ok":{}}]"#, "who wants no answer gets none");
}

#[test]
fn a_bad_token_is_a_connect_error_and_another_may_be_tried() {
    let server = Server::start();
    let mut client = Client::socketio(server.address, &json!({"token": "bad"}));
    assert_eq!(client.text(), r#"44{"message":"log in first","data":{"code":"auth.required","text":"log in first"}}"#);
    client.send_text(r#"40{"token":"ana"}"#);
    assert!(client.text().starts_with("40"));
    assert_eq!(event(&client.text()).0, "ready");
}

#[test]
fn without_a_token_one_can_log_in_and_then_say_hello() {
    let server = Server::start();
    let mut client = Client::socketio(server.address, &json!({}));
    assert!(client.text().starts_with("40"));
    client.send_text(r#"421["account.get",{}]"#);
    assert!(client.text().contains("auth.required"));
    client.send_text(r#"422["account.login",{"username":"ana","password":"secret"}]"#);
    assert!(client.text().contains(r#""access_token":"ana""#));
    client.send_text(r#"423["hello",{"token":"ana"}]"#);
    assert!(client.text().starts_with(r#"433[{"ok":{"user":"#));
    server.until_connected(1);
}

#[test]
fn other_namespaces_are_refused_and_the_connection_goes_on() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    ana.send_text("40/admin,");
    assert_eq!(ana.text(), r#"44/admin,{"message":"Invalid namespace"}"#);
    ana.send_text(r#"421["account.get",{}]"#);
    assert_eq!(ana.text(), r#"431[{"ok":{}}]"#);
}

#[test]
fn the_messagepack_parser_is_found_out_by_its_first_packet_or_by_the_query() {
    let server = Server::start();
    for query in ["EIO=4&transport=websocket", "EIO=4&transport=websocket&parser=msgpack"] {
        let mut client = Client::open(server.address, &format!("/socket.io/?{query}"), &[], &[]).unwrap();
        assert!(client.text().starts_with("0{"));
        let mut say = |packet: Value| client.send(Opcode::Binary, &rmp_serde::to_vec(&packet).unwrap());
        say(json!({"type": 0, "nsp": "/", "data": {"token": "ana"}}));
        say(json!({"type": 2, "nsp": "/", "data": ["account.get", {}], "id": 4}));
        let mut heard = || match client.hear() {
            Said::Binary(bytes) => rmp_serde::from_slice::<Value>(&bytes).unwrap(),
            other => panic!("{other:?} instead of bytes"),
        };
        assert_eq!(heard()["type"], 0);
        assert_eq!(heard()["data"][0], "ready");
        assert_eq!(heard(), json!({"type": 3, "nsp": "/", "id": 4, "data": [{"ok": {}}]}));
        server.service.text(GENERAL, user("ben"), "packed");
        assert_eq!(heard()["data"][1]["body"]["text"], "packed");
    }
}

#[test]
fn the_end_of_a_log_in_is_told_as_a_disconnect() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    ana.send_text(r#"42["account.logout",{}]"#);
    assert_eq!(ana.text(), "41");
    assert_eq!(ana.until_closed().0, 1008);
}

#[test]
fn what_breaks_the_protocol_closes() {
    let server = Server::start();
    let hostile = [r#"42["account.get"]"#, "9", "2", "5", "4", "49", "40[]", r#"40{"token":7}x"#, "451000000000-[\"a\",{\"_placeholder\":true,\"num\":0}]"];
    for text in hostile {
        let mut client = Client::open(server.address, "/socket.io/?EIO=4&transport=websocket", &[], &[]).unwrap();
        assert!(client.text().starts_with("0{"));
        client.send_text(text);
        assert_eq!(client.until_closed().0, 1002, "{text}");
    }
    let after_connect = [
        r#"42["connect",{}]"#,
        r#"42[]"#,
        r#"42[7]"#,
        r#"42/other,["account.get"]"#,
        "40",
        r#"44{"message":"no"}"#,
        r#"451-["a",{"_placeholder":true,"num":-1}]"#,
        r#"451-["a",{"_placeholder":true,"num":1}]"#,
        r#"421234567890123456789012345678["account.get"]"#,
        &format!("42[\"a\",{}{}]", "[".repeat(100_000), "]".repeat(100_000)),
    ];
    for text in after_connect {
        let mut client = ready(&server, "ana");
        client.send_text(text);
        assert_eq!(client.until_closed().0, 1002, "{text:.50}");
    }
    let mut client = ready(&server, "ana");
    client.send(Opcode::Binary, b"not announced");
    assert_eq!(client.until_closed().0, 1002);
}

#[test]
fn acknowledgements_of_nothing_are_ignored() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    ana.send_text("4399[]");
    ana.send_text(r#"421["account.get",{}]"#);
    assert_eq!(ana.text(), r#"431[{"ok":{}}]"#);
}

#[test]
fn attachments_that_never_come_are_not_waited_for() {
    let server = Server::with(|settings| settings.timing.upgrade_ms = 50);
    let mut ana = ready(&server, "ana");
    ana.send_text(r#"451-["message.send",{"_placeholder":true,"num":0}]"#);
    assert_eq!(ana.until_closed(), (1008, "too late".into()));
}

#[test]
fn five_thousand_namespaces_are_a_flood() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    for number in 0..5000 {
        ana.send_text(&format!("40/{number},"));
    }
    assert_eq!(ana.until_closed().0, 1008);
}

#[test]
fn who_disconnects_is_gone() {
    let server = Server::start();
    let mut ana = ready(&server, "ana");
    server.until_connected(1);
    ana.send_text("41");
    server.until_connected(0);
}
