//! Pages of other origins.

use rialto_edge::settings::Settings;

use crate::client::{Answer, ask};
use crate::service::{Server, settings};

fn listing() -> Server {
    let settings = Settings { origins: vec!["https://app.example".into()], ..settings() };
    Server::with(settings, Default::default())
}

async fn from(server: &Server, method: &str, target: &str, origin: &str, more: &str) -> Answer {
    let request = format!("{method} {target} HTTP/1.1\r\nHost: chat.example\r\nOrigin: {origin}\r\nAuthorization: Bearer ana\r\n{more}\r\n");
    ask(server.address, request).await
}

const FOREIGN: [&str; 6] =
    ["https://evil.example", "null", "https://app.example.evil", "https://evilapp.example", "http://app.example", "https://app.example:444"];
const POLL: &str = "/socket.io/?EIO=4&transport=polling";

#[tokio::test]
async fn a_listed_origin_sees_answers_and_is_named_exactly() {
    let server = listing();
    for target in ["/api/v1/account", POLL, "/api/v1/nothing"] {
        let answer = from(&server, "GET", target, "https://app.example", "").await;
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("https://app.example"), "{target}");
        assert_eq!(answer.header("vary").as_deref(), Some("Origin"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn a_foreign_origin_is_refused_and_never_named() {
    let server = listing();
    for origin in FOREIGN {
        for (method, more) in [("GET", ""), ("OPTIONS", "Access-Control-Request-Method: GET\r\n")] {
            for target in ["/api/v1/account", POLL] {
                let answer = from(&server, method, target, origin, more).await;
                assert_eq!((answer.status, answer.code().as_str()), (403, "http.foreign_origin"), "{origin} {method} {target}");
                assert_eq!(answer.header("access-control-allow-origin"), None);
                assert_eq!(answer.header("access-control-allow-credentials"), None);
                assert_eq!(answer.header("vary").as_deref(), Some("Origin"));
            }
        }
    }
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn without_a_list_a_page_may_use_the_host_it_came_from() {
    let server = Server::start();
    let own = from(&server, "GET", "/api/v1/account", "https://chat.example", "").await;
    assert_eq!((own.status, own.header("access-control-allow-origin").as_deref()), (200, Some("https://chat.example")));
    assert_eq!(from(&server, "GET", "/api/v1/account", "https://app.example", "").await.status, 403);
}

#[tokio::test]
async fn a_preflight_tells_what_would_be_welcome() {
    let server = listing();
    for target in ["/api/v1/channels", POLL] {
        let asks = "Access-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: authorization,content-type\r\n";
        let answer = from(&server, "OPTIONS", target, "https://app.example", asks).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("https://app.example"));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("DELETE"));
        assert_eq!(answer.header("access-control-allow-headers").as_deref(), Some("authorization, content-type"));
        assert!(answer.header("vary").unwrap().contains("Origin"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn no_cookie_is_set_or_believed() {
    let server = Server::start();
    let cookie = "GET /api/v1/account HTTP/1.1\r\nHost: test\r\nCookie: token=ana; session=ana\r\n\r\n";
    let answer = ask(server.address, cookie).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (401, None));
}
