//! TLS in this process.

use rialto_edge::http::{CertificateError, Tls, Web};
use rialto_edge::settings::{Settings, Timing};
use rialto_wire::websocket::Opcode;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Line, request};
use crate::service::{Server, settings};
use crate::upgrades::{dial, greets, said};

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/http/tls", name].iter().collect()
}

fn served(settings: Settings) -> (Server, SocketAddr) {
    let mut server = Server::with(settings, Web::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tls = Tls::load(&file("certificate.pem"), &file("key.pem")).unwrap();
    server.http.as_mut().unwrap().serve_tls(listener, tls).unwrap();
    (server, address)
}

async fn line(address: SocketAddr) -> Line<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("certificate.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let socket = TcpStream::connect(address).await.unwrap();
    Line::over(connector.connect(ServerName::try_from("localhost").unwrap(), socket).await.unwrap())
}

#[tokio::test]
async fn requests_are_served_as_without() {
    let (server, address) = served(settings());
    let mut line = line(address).await;
    for _ in 0..2 {
        assert_eq!(line.ask(request("GET", "/api/v1/account", Some("ana"), None)).await.status, 200);
    }
    assert_eq!(line.ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").await.status, 400);
    drop(line);
    server.has_open(0).await;
}

#[tokio::test]
async fn a_websocket_reaches_its_shard_and_its_end_is_noticed() {
    let (server, address) = served(settings());
    for kept in [false, true] {
        let mut line = line(address).await;
        if kept {
            assert_eq!(line.ask(request("GET", "/", None, None)).await.status, 200);
        }
        line.say([dial("/ws", &[]), said(Opcode::Ping, b"hi")].concat()).await;
        assert_eq!(line.hear().await.status, 101);
        assert_eq!(line.take(4).await, [0x8a, 2, b'h', b'i']);
        greets(&mut line).await;
        line.say(said(Opcode::Close, &[])).await;
        let goodbye = line.take(2).await;
        assert_eq!(goodbye[0], 0x88);
        line.take(goodbye[1].into()).await;
        line.finish().await;
        assert!(line.ends().await);
        server.has_open(0).await;
    }
}

#[tokio::test]
async fn a_websocket_over_tls_ends_with_its_client() {
    let (server, address) = served(settings());
    let mut line = line(address).await;
    assert_eq!(line.ask(dial("/ws", &[])).await.status, 101);
    greets(&mut line).await;
    drop(line);
    server.has_open(0).await;
}

#[tokio::test]
async fn who_does_not_speak_tls_is_not_waited_for() {
    let (server, address) = served(Settings { timing: Timing { head_ms: 60, ..Timing::default() }, ..settings() });
    let mut plain = Line::to(address).await;
    plain.say("GET / HTTP/1.1\r\nHost: test\r\n\r\n").await;
    let mut silent = Line::to(address).await;
    assert!(silent.ends().await);
    server.has_open(0).await;
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_told_apart() {
    let load = |certificate: &str, key: &str| Tls::load(&file(certificate), &file(key)).err().unwrap();
    assert!(matches!(load("missing.pem", "key.pem"), CertificateError::Unreadable { path, .. } if path.ends_with("missing.pem")));
    assert!(matches!(load("certificate.pem", "missing.pem"), CertificateError::Unreadable { path, .. } if path.ends_with("missing.pem")));
    assert!(matches!(load("key.pem", "key.pem"), CertificateError::NoCertificate(_)));
    assert!(matches!(load("certificate.pem", "certificate.pem"), CertificateError::NoKey(_)));
    assert!(matches!(load("certificate.pem", "another-key.pem"), CertificateError::Unusable(_)));
}
