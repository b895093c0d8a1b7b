//! Which servers are believed to be who they say they are.

use anyhow::Context as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where systems keep the certificates of the authorities they trust.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The authorities whose word about a server's name is taken.
#[derive(Clone, Debug, Default)]
pub(crate) enum Trust {
    /// Those of this system: the file `SSL_CERT_FILE` names, or the first of the usual places.
    #[default]
    System,
    /// Those in this PEM file, and no others.
    File(PathBuf),
}

impl Trust {
    /// What a connection needs. Read anew each time, as systems renew their bundles.
    pub(super) fn config(&self) -> anyhow::Result<Arc<ClientConfig>> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::System => system_bundle().context("this system has no bundle of certificate authorities; name one in SSL_CERT_FILE")?,
        };
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        // A bundle may hold a few that rustls does not take; the others are good.
        roots.add_parsable_certificates(certificates.filter_map(Result::ok));
        anyhow::ensure!(!roots.is_empty(), "{} holds no certificate", path.display());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
        Ok(Arc::new(config))
    }
}

fn system_bundle() -> Option<PathBuf> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    named.or_else(|| SYSTEM_BUNDLES.iter().map(Path::new).find(|path| path.is_file()).map(Path::to_owned))
}
