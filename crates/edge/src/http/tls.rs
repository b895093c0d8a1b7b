//! TLS in this process. What is inside is served like any other connection; a WebSocket inside reaches its shard over a
//! pair of local sockets, at whose other end a task does the encryption.

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Socket;
use super::gate::STALL;
use super::server::Serving;
use crate::realtime::{AdoptedStream, Permit};
use crate::shortage::{PAUSE, Shortage};

/// A certificate and its key, ready to serve with.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why a certificate cannot be served with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read, or is not PEM.
    #[error("{} cannot be read as PEM", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The file holds no certificate.
    #[error("{} holds no certificate (-----BEGIN CERTIFICATE-----)", .0.display())]
    NoCertificate(PathBuf),
    /// The file holds no private key.
    #[error("{} holds no private key (-----BEGIN PRIVATE KEY-----)", .0.display())]
    NoKey(PathBuf),
    /// They are of no use, or do not belong together.
    #[error("certificate and key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

/// How long the peer may go on sending to a connection that we closed.
const LINGER: Duration = Duration::from_secs(2);

impl Tls {
    /// Reads a certificate, with those that lead to a known authority, and its private key, both in PEM.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| CertificateError::Unreadable { path, source }
        };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
        let certificates = certificates.map_err(unreadable(certificate))?;
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate(certificate.to_owned()));
        }
        let key = match PrivateKeyDer::from_pem_file(key) {
            Err(pem::Error::NoItemsFound) => return Err(CertificateError::NoKey(key.to_owned())),
            read => read.map_err(unreadable(key))?,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(CertificateError::Unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// Accepts connections for as long as it is polled.
pub(super) async fn accept(listener: TcpListener, tls: Tls, serving: Serving) {
    let mut shortage = Shortage::default();
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let address = peer.ip().to_canonical();
                match admit(&serving, address) {
                    Ok(permit) => drop(tokio::spawn(greet(socket, tls.clone(), serving.clone(), permit))),
                    Err(full) => {
                        metrics::counter!("rialto_connections_full_total").increment(1);
                        tracing::debug!(client = %address, "{full}");
                    }
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
            Err(error) => {
                if shortage.is_news(Instant::now()) {
                    tracing::warn!(%error, "connections cannot be accepted now; trying again until they can");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn admit(serving: &Serving, peer: std::net::IpAddr) -> Result<Permit, crate::realtime::Full> {
    let site = &serving.front.site;
    let is_proxy = site.settings.trusted_proxies.iter().any(|network| network.contains(peer));
    if is_proxy { site.admission.admit_proxy(peer) } else { site.admission.admit(peer) }
}

async fn greet(socket: TcpStream, tls: Tls, serving: Serving, permit: Permit) {
    // Frames are small and wanted at once. It may fail on a connection that is gone already.
    let _ = socket.set_nodelay(true);
    let time = Duration::from_millis(serving.front.site.settings.timing.head_ms);
    match timeout(time, tls.0.accept(socket)).await {
        Ok(Ok(stream)) => serving.spawn(stream, Vec::new(), permit),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

impl Socket for TlsStream<TcpStream> {
    fn into_adopted(self) -> io::Result<AdoptedStream> {
        let (ours, theirs) = UnixStream::pair()?;
        tokio::spawn(bridge(self, ours));
        theirs.into_std().map(AdoptedStream::Unix)
    }
}

/// Carries bytes between the client and the shard until one of them ends.
async fn bridge(outside: TlsStream<TcpStream>, inside: UnixStream) {
    let (mut from_client, mut to_client) = tokio::io::split(outside);
    let (mut from_shard, mut to_shard) = inside.into_split();
    let inward = carry(&mut from_client, &mut to_shard);
    let outward = carry(&mut from_shard, &mut to_client);
    tokio::pin!(inward, outward);
    tokio::select! {
        // The shard learns that the client is gone, and closes its end.
        () = &mut inward => outward.await,
        () = &mut outward => drop(timeout(LINGER, inward).await),
    }
}

/// Copies until the source ends, or the sink takes nothing for too long; then ends the sink, however that came about.
async fn carry(source: &mut (impl AsyncRead + Unpin), sink: &mut (impl AsyncWrite + Unpin)) {
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = source.read(&mut buffer).await {
        let written = async {
            sink.write_all(&buffer[..count]).await?;
            sink.flush().await
        };
        if !matches!(timeout(STALL, written).await, Ok(Ok(()))) {
            break;
        }
    }
    // It may be gone already, which is as good.
    let _ = timeout(STALL, sink.shutdown()).await;
}
