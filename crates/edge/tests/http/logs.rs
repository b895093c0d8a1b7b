//! What is logged, and what never is.

use parking_lot::Mutex;
use std::fmt::Debug;
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::client::{ask, request};
use crate::service::Server;

/// Keeps every word that is logged, whatever its level.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<String>>);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        *self.0.lock() += &format!("{}={value:?} ", field.name());
    }
}

impl Subscriber for Words {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn secrets_are_never_logged_and_requests_can_be_found() {
    // The requests are served on the thread of this test.
    let words = Words::default();
    let _listening = tracing::subscriber::set_default(words.clone());
    let server = Server::start();
    server.gateway.answers(|_| Err(rialto_domain::Refusal::Unavailable));
    let secret = "canary";
    let log_in = format!(r#"{{"username":"{secret}","password":"{secret}"}}"#);
    let failed = ask(server.address, request("POST", "/api/v1/sessions", Some(secret), Some(&log_in))).await;
    assert_eq!(failed.status, 503);
    for (target, token) in [
        (format!("/api/v1/users?username={secret}"), secret.to_owned()),
        (format!("/api/v1/account?token={secret}"), secret.to_owned()),
        (format!("/api/v1/account?{secret}"), format!("bad{secret}")),
        (format!("/socket.io/?EIO=4&transport=polling&sid={secret}"), secret.to_owned()),
        (format!("/nothing/{secret}"), secret.to_owned()),
    ] {
        ask(server.address, request("GET", &target, Some(&token), None)).await;
    }
    ask(server.address, format!("GET / HTTP/1.1\r\nHost: {secret}\r\nHost: {secret}\r\nAuthorization: {secret}\r\n\r\n")).await;
    let logged = words.0.lock().clone();
    assert!(!logged.contains(secret), "{logged}");
    let id = failed.header("x-request-id").unwrap();
    assert!(logged.contains(&format!("request.id=\"{id}\" method=\"POST\" route=\"/sessions\" status=503")), "{logged}");
}
