//! The ports: free, taken by a Rialto, or by something else.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::finding::Finding;
use crate::client::{Address, ConnectError, Connection, Trust};

/// How long somebody on this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who is at a port.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tenant {
    /// Nobody; it can be had.
    Nobody,
    /// Nobody, but it cannot be had.
    Forbidden(String),
    /// A Rialto.
    Rialto,
    /// Somebody else.
    Stranger,
    /// Somebody who speaks TLS with a certificate that is not for this address, as a Rialto with a name would.
    Unproven,
}

/// Who is where clients connect: a Rialto agrees to speak its protocol.
pub(super) fn at_listen(address: SocketAddr, is_encrypted: bool) -> Tenant {
    tenant(address, || {
        let scheme = if is_encrypted { "https" } else { "http" };
        let Ok(url) = Address::parse(&format!("{scheme}://{}", reachable(address))) else { return Tenant::Stranger };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Tenant::Unproven };
        match runtime.block_on(Connection::open(&url, &Trust::System)) {
            Ok(_) => Tenant::Rialto,
            Err(ConnectError::Untrusted { .. }) => Tenant::Unproven,
            Err(_) => Tenant::Stranger,
        }
    })
}

/// Who is where operators look: a Rialto says that it is healthy.
pub(super) fn at_metrics(address: SocketAddr) -> Tenant {
    tenant(address, || match get(address, "/healthz") {
        Some((200, body)) if body.trim() == "ok" => Tenant::Rialto,
        _ => Tenant::Stranger,
    })
}

/// What is to be said about a port.
pub(super) fn judge(setting: &str, address: SocketAddr, tenant: &Tenant) -> Finding {
    match tenant {
        Tenant::Nobody => Finding::good(format!("{setting} {address} is free")),
        Tenant::Rialto => Finding::good(format!("{setting} {address}: a Rialto is running there")),
        Tenant::Forbidden(why) => Finding::bad(format!("{setting} {address} cannot be listened on: {why}")).advise(format!("give {setting} another address")),
        Tenant::Unproven => Finding::odd(format!("{setting} {address}: somebody answers there, encrypted and under another name")),
        Tenant::Stranger => Finding::bad(format!("{setting} {address} is taken by another program"))
            .advise(format!("stop it (`ss -ltnp 'sport = :{}'` tells which), or give {setting} another port", address.port())),
    }
}

/// Whether the running server is ready for clients.
pub(super) fn readiness(metrics: SocketAddr) -> Finding {
    match get(metrics, "/readyz") {
        Some((200, _)) => Finding::good("the running server is ready for clients"),
        Some((status, why)) => Finding::bad(format!("the running server is not ready ({status}): {}", why.trim())).advise("its log tells more"),
        None => Finding::bad("the running server does not say whether it is ready").advise("its log tells more"),
    }
}

fn tenant(address: SocketAddr, who_answers: impl FnOnce() -> Tenant) -> Tenant {
    if address.port() == 0 {
        return Tenant::Nobody;
    }
    if TcpStream::connect_timeout(&reachable(address), PATIENCE).is_ok() {
        return who_answers();
    }
    match TcpListener::bind(address) {
        Ok(_) => Tenant::Nobody,
        Err(error) => match error.kind() {
            ErrorKind::AddrInUse => Tenant::Stranger,
            ErrorKind::PermissionDenied => Tenant::Forbidden("ports below 1024 are for privileged programs".to_owned()),
            ErrorKind::AddrNotAvailable => Tenant::Forbidden("this machine has no such address".to_owned()),
            _ => Tenant::Forbidden(error.to_string()),
        },
    }
}

/// Where a listener of this address is reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Status and body of the answer to a plain request; nothing when whoever is there does not speak HTTP.
fn get(address: SocketAddr, target: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&reachable(address), PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    // Whoever goes on for ever is no Rialto.
    stream.take(64 << 10).read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Grade;

    #[test]
    fn a_free_port_is_free_and_stays_so() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(at_metrics(address), Tenant::Nobody);
        assert_eq!(at_listen(address, false), Tenant::Nobody);
        assert!(TcpListener::bind(address).is_ok());
    }

    #[test]
    fn somebody_else_is_not_taken_for_a_rialto() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = stream.unwrap().write_all(b"HTTP/1.1 200 OK\r\n\r\nhello\n");
            }
        });
        assert_eq!(at_metrics(address), Tenant::Stranger);
        assert_eq!(at_listen(address, false), Tenant::Stranger);
        let finding = judge("listen", address, &Tenant::Stranger);
        assert!(finding.grade == Grade::Bad && finding.advice.unwrap().contains(&address.port().to_string()));
    }

    #[test]
    fn an_address_that_this_machine_does_not_have_is_named() {
        // TEST-NET-1 (RFC 5737) belongs to nobody.
        assert!(matches!(tenant("192.0.2.1:7878".parse().unwrap(), || Tenant::Rialto), Tenant::Forbidden(_)));
    }

    #[test]
    fn any_free_port_is_free() {
        assert_eq!(at_listen("127.0.0.1:0".parse().unwrap(), false), Tenant::Nobody);
    }
}
