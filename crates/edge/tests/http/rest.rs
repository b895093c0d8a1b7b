//! Resources, commands and statuses.

use rialto_domain::{Refusal, Seq};
use rialto_edge::http::Web;
use rialto_wire::command::{Command, Received, Reply};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::client::{Line, ask, request};
use crate::service::{Server, settings, user};

const C: &str = "01890000-0000-7000-8000-00000000000c";
const U: &str = "01890000-0000-7000-8000-00000000000a";
const M: &str = "01890000-0000-7000-8000-00000000000b";

/// A request, the command that it becomes, the status of its answer, and words that the command holds.
type Row = (&'static str, String, Option<Value>, &'static str, u16, &'static str);

fn table() -> Vec<Row> {
    let at = |path: &str| path.replace("{c}", C).replace("{u}", U);
    let text = json!({ "text": "hi" });
    vec![
        ("POST", at("/accounts"), Some(json!({})), "account.register", 201, ""),
        ("POST", at("/sessions"), Some(json!({ "username": "ana", "password": "x" })), "account.login", 201, ""),
        ("POST", at("/sessions/refresh"), Some(json!({ "refresh_token": "x" })), "account.refresh", 200, ""),
        ("DELETE", at("/sessions/current"), None, "account.logout", 204, ""),
        ("GET", at("/account"), None, "account.get", 200, ""),
        ("POST", at("/account/claim"), Some(json!({ "username": "ana", "password": "x" })), "account.claim", 200, ""),
        ("PUT", at("/account/password"), Some(json!({ "old": "x", "new": "y" })), "account.password", 204, ""),
        ("PATCH", at("/account"), Some(json!({ "display_name": "Ana" })), "account.update", 200, "Ana"),
        ("GET", at("/settings"), None, "settings.get", 200, ""),
        ("PUT", at("/settings"), Some(json!({})), "settings.set", 200, "settings: Settings"),
        ("GET", at("/sessions"), None, "sessions.list", 200, ""),
        ("DELETE", at("/sessions/{u}"), None, "sessions.revoke", 200, "others: false"),
        ("DELETE", at("/sessions"), None, "sessions.revoke", 200, "session: None, others: true"),
        ("PATCH", at("/device"), Some(json!({ "name": "phone" })), "device.update", 204, "phone"),
        ("GET", at("/users?username=ana%20b"), None, "user.find", 200, "\"ana b\""),
        ("POST", at("/users/profiles"), Some(json!({ "users": [U] })), "user.get", 200, U),
        ("PUT", at("/blocks/{u}"), Some(json!({})), "block", 204, "on: true"),
        ("DELETE", at("/blocks/{u}"), None, "block", 204, "on: false"),
        ("GET", at("/blocks"), None, "blocks.list", 200, ""),
        ("POST", at("/sync"), Some(json!({ "have": { C: 7 } })), "sync", 200, "Seq(7)"),
        ("POST", at("/channels"), Some(json!({ "kind": "direct", "members": [U] })), "channel.create", 201, U),
        ("GET", at("/channels?limit=5&cursor=07"), None, "channel.list", 200, "cursor: Some(\"07\"), limit: Some(5)"),
        ("GET", at("/channels/{c}"), None, "channel.get", 200, C),
        ("GET", at("/channels/{c}/members?limit=5&after={u}"), None, "channel.members", 200, "limit: Some(5)"),
        ("GET", at("/channels/{c}/pins"), None, "channel.pins", 200, C),
        ("POST", at("/channels/{c}/members"), Some(json!({ "users": [U] })), "channel.invite", 200, U),
        ("POST", at("/channels/join"), Some(json!({ "invite": "x" })), "channel.join", 200, ""),
        ("POST", at("/channels/{c}/leave"), None, "channel.leave", 200, C),
        ("DELETE", at("/channels/{c}/members/{u}"), None, "channel.kick", 200, U),
        ("PUT", at("/channels/{c}/members/{u}/role"), Some(json!({ "role": "admin" })), "channel.role", 200, "Admin"),
        ("PATCH", at("/channels/{c}"), Some(json!({ "title": "T" })), "channel.update", 200, "title: Some(\"T\")"),
        ("PUT", at("/channels/{c}/mute"), Some(json!({ "until": 9 })), "channel.mute", 200, "on: true, until: Some("),
        ("DELETE", at("/channels/{c}/mute"), None, "channel.mute", 200, "on: false"),
        ("PUT", at("/channels/{c}/archive"), None, "channel.archive", 200, "on: true"),
        ("DELETE", at("/channels/{c}/archive"), None, "channel.archive", 200, "on: false"),
        ("PUT", at("/channels/{c}/pin"), None, "channel.pin", 200, "on: true"),
        ("DELETE", at("/channels/{c}/pin"), None, "channel.pin", 200, "on: false"),
        ("DELETE", at("/channels/{c}"), None, "channel.delete", 200, C),
        ("POST", at("/channels/{c}/messages"), Some(json!({ "client_id": M, "body": text })), "message.send", 201, "wait: true"),
        ("PATCH", at("/channels/{c}/messages/7"), Some(json!({ "body": text })), "message.edit", 200, "target: Seq(7)"),
        ("DELETE", at("/channels/{c}/messages/7?for=me"), None, "message.delete", 200, "scope: Me"),
        ("PUT", at("/channels/{c}/messages/7/reactions/%F0%9F%91%8D"), Some(json!({ "client_id": M })), "message.react", 200, "emoji: \"👍\", on: true"),
        ("DELETE", at("/channels/{c}/messages/7/reactions/%F0%9F%91%8D"), None, "message.react", 200, "emoji: \"👍\", on: false"),
        ("PUT", at("/channels/{c}/messages/7/pin"), None, "message.pin", 200, "on: true"),
        ("DELETE", at("/channels/{c}/messages/7/pin"), None, "message.pin", 200, "on: false"),
        ("POST", at("/channels/{c}/messages/7/forward"), Some(json!({ "channel": U, "client_id": M })), "message.forward", 202, C),
        ("GET", at("/channels/{c}/messages?before=9&limit=2"), None, "history", 200, "before: Some(Seq(9)), after: None, around: None, limit: Some(2)"),
        ("POST", at("/marks"), Some(json!({ "channel": C, "read": 3 })), "mark", 204, "read: Some(Seq(3))"),
        ("GET", at("/channels/{c}/messages/7/receipts"), None, "receipts", 200, "seq: Seq(7)"),
        ("POST", at("/channels/{c}/typing"), None, "typing", 204, C),
        ("POST", at("/presence"), Some(json!({ "users": [] })), "presence.watch", 200, ""),
    ]
}

#[tokio::test]
async fn every_resource_becomes_its_command() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    for (method, path, body, name, status, words) in table() {
        let body = body.map(|body| body.to_string());
        let answer = line.ask(request(method, &format!("/api/v1{path}"), Some("ana"), body.as_deref())).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        let (caller, command) = server.gateway.only();
        assert_eq!(command.name(), name, "{method} {path}");
        let said = format!("{command:?}");
        assert!(said.contains(words), "{method} {path}: {said}");
        assert_eq!(caller.identity.map(|identity| identity.user), (!command.is_open()).then(|| user("ana")));
        assert_eq!(answer.body.is_empty(), status == 204);
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    }
    let asked: BTreeSet<_> = table().iter().map(|row| row.3).collect();
    assert_eq!(asked, Command::TABLE.iter().map(|command| command.name).collect());
}

#[tokio::test]
async fn what_path_and_resource_say_wins_over_the_body() {
    let server = Server::start();
    let body = json!({ "channel": U, "wait": false, "client_id": M, "body": { "text": "hi" } }).to_string();
    server.gateway.answers(|_| Ok(Reply::Received(Received { received: true, seq: Some(Seq(4)) })));
    let answer = ask(server.address, request("POST", &format!("/api/v1/channels/{C}/messages"), Some("ana"), Some(&body))).await;
    assert_eq!((answer.status, answer.json()), (201, json!({ "received": true, "seq": 4 })));
    let said = format!("{:?}", server.gateway.only().1);
    assert!(said.contains(C) && !said.contains(U) && said.contains("wait: true"), "{said}");
}

#[tokio::test]
async fn the_first_payload_can_be_had() {
    let server = Server::start();
    let answer = ask(server.address, request("GET", "/api/v1/start", Some("ana"), None)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["user"]["id"], user("ana").to_string());
    assert_eq!(answer.json()["server_time"], 7);
    assert_eq!(ask(server.address, request("GET", "/api/v1/start", None, None)).await.status, 401);
}

#[tokio::test]
async fn who_says_not_who_they_are_is_asked() {
    let server = Server::start();
    let answer = ask(server.address, request("GET", "/api/v1/account", None, None)).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "auth.required"));
    assert_eq!(answer.header("www-authenticate").as_deref(), Some(r#"Bearer realm="rialto""#));
    let answer = ask(server.address, request("GET", "/api/v1/account", Some("bad"), None)).await;
    assert_eq!(answer.header("www-authenticate").as_deref(), Some(r#"Bearer realm="rialto", error="invalid_token""#));
    let basic = "GET /api/v1/account HTTP/1.1\r\nHost: test\r\nAuthorization: Basic YW5hOmI=\r\n\r\n";
    assert_eq!(ask(server.address, basic).await.status, 401);
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn an_account_is_made_without_a_token_and_a_bad_one_does_not_matter() {
    let server = Server::start();
    for token in [None, Some("bad")] {
        assert_eq!(ask(server.address, request("POST", "/api/v1/accounts", token, Some("{}"))).await.status, 201);
        assert_eq!(server.gateway.only().0.identity, None);
    }
}

#[tokio::test]
async fn a_token_in_an_address_is_refused_wherever_it_stands() {
    let server = Server::start();
    for target in ["/api/v1/account?token=ana", "/api/v1/account?a=b&Access_Token=ana", "/?token=x", "/socket.io/?EIO=4&transport=polling&token=x"] {
        let answer = ask(server.address, request("GET", target, Some("ana"), None)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "http.token_in_query"), "{target}");
        assert!(!answer.text().contains("ana"));
    }
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn every_refusal_has_its_status_and_code() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    for refusal in Refusal::ALL.iter().copied().chain([Refusal::TooFast { retry_after_ms: 1500 }]) {
        server.gateway.answers(move |_| Err(refusal));
        let answer = line.ask(request("GET", "/api/v1/account", Some("ana"), None)).await;
        assert_eq!((answer.status, answer.code().as_str()), (rialto_wire::code::http_status(refusal), refusal.code()));
        let retry_after = answer.header("retry-after");
        match refusal {
            Refusal::TooFast { retry_after_ms: 1500 } => {
                assert_eq!((retry_after.as_deref(), &answer.json()["retry_after_ms"]), (Some("2"), &json!(1500)));
            }
            Refusal::TooFast { .. } => assert_eq!(retry_after.as_deref(), Some("1")),
            _ => assert_eq!(retry_after, None),
        }
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_done_is_told_in_json() {
    let server = Server::start();
    for target in ["/nothing", "/api/v1/nothing", "/api/v2/account", "/api/v1/channels/", "/metrics", "/healthz", "/../etc/passwd", "/ws"] {
        let answer = ask(server.address, request("GET", target, Some("ana"), None)).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "http.not_found"), "{target}");
    }
    for (method, target, allowed) in
        [("DELETE", "/api/v1/accounts", "POST"), ("GET", "/api/v1/accounts", "POST"), ("POST", "/", "GET,HEAD"), ("BREW", "/api/v1/start", "GET,HEAD")]
    {
        let answer = ask(server.address, request(method, target, Some("ana"), None)).await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "http.method_not_allowed"), "{method} {target}");
        assert_eq!(answer.header("allow").as_deref(), Some(allowed));
    }
}

#[tokio::test]
async fn forms_and_other_kinds_of_bodies_change_nothing() {
    let server = Server::start();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "text/plain; application/json"] {
        for length in [0, 2] {
            let body = &"{}"[..length];
            let form = format!(
                "POST /api/v1/channels/{C}/leave HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            let answer = ask(server.address, form).await;
            assert_eq!((answer.status, answer.code().as_str()), (415, "http.not_json"), "{kind}");
        }
    }
    let unnamed = "POST /api/v1/accounts HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(ask(server.address, unnamed).await.status, 415);
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn data_that_is_not_what_the_command_takes_is_refused() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    let deep = format!("{}{}", "{\"a\":".repeat(33), "}".repeat(33));
    let mut refused = async |method: &str, path: &str, body: Option<&str>| {
        let answer = line.ask(request(method, &format!("/api/v1{path}"), Some("ana"), body)).await;
        (answer.status, answer.code())
    };
    for body in ["{", "[]", "null", "7", "\"x\"", "{\"a\":1}x", "{\"users\":[],\"users\":[]}", "\u{1}", &deep] {
        assert_eq!(refused("POST", "/presence", Some(body)).await, (400, "http.malformed".into()), "{body}");
    }
    for body in [r#"{"read":1e400}"#, r#"{"read":-1}"#, r#"{"read":99999999999999999999}"#, r#"{"channel":"x"}"#, r#"{"channels":{"x":{}}}"#] {
        assert_eq!(refused("POST", "/marks", Some(body)).await, (422, "command.invalid".into()), "{body}");
    }
    for path in ["/channels/x", "/channels?limit=many", "/channels?limit=1e3", "/channels?limit=-1", "/channels?limit=99999999999999999999999"] {
        assert_eq!(refused("GET", path, None).await, (422, "command.invalid".into()), "{path}");
    }
    for path in ["/channels?limit=1&limit=2", "/channels?limit=1&lim%69t=2", "/channels/%FF", "/account?x=%zz%FF&x=1"] {
        assert_eq!(refused("GET", path, None).await, (400, "http.malformed".into()), "{path}");
    }
    assert_eq!(refused("GET", "/account", Some("{}")).await, (400, "http.malformed".into()));
    assert_eq!(refused("POST", "/marks?read=1", Some("{}")).await, (400, "http.malformed".into()));
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn a_fault_in_the_service_is_one_answer_and_not_the_end() {
    let server = Server::start();
    server.gateway.answers(|command| match command {
        Command::AccountGet(_) => panic!("a secret is not told"),
        _ => Ok(Reply::Done(Default::default())),
    });
    let mut line = Line::to(server.address).await;
    let answer = line.ask(request("GET", "/api/v1/account", Some("ana"), None)).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "server.internal"));
    assert!(!answer.text().contains("secret") && answer.header("x-request-id").is_some());
    assert_eq!(line.ask(request("GET", "/api/v1/settings", Some("ana"), None)).await.status, 200);
}

#[tokio::test]
async fn only_a_trusted_proxy_may_say_who_the_client_is() {
    let forwarded = "GET /api/v1/account HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\nX-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n\r\n";
    let server = Server::start();
    ask(server.address, forwarded).await;
    assert_eq!(server.gateway.only().0.address, IpAddr::from([127, 0, 0, 1]));

    let behind_a_proxy = rialto_edge::settings::Settings { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..settings() };
    let server = Server::with(behind_a_proxy, Web::default());
    let mut line = Line::to(server.address).await;
    line.ask(forwarded).await;
    assert_eq!(server.gateway.only().0.address, IpAddr::from([1, 2, 3, 4]));
    line.ask(forwarded.replace("1.2.3.4", "5.6.7.8")).await;
    assert_eq!(server.gateway.only().0.address, IpAddr::from([5, 6, 7, 8]));
}
