//! Encryption in this process.

use std::path::{Path, PathBuf};

use super::setting::settings;

settings! {
    "tls";
    /// Encryption in this process. Without it, put a proxy in front that encrypts, or listen on loopback only.
    struct Tls {
        /// The certificate and those that lead to a known authority, in PEM.
        cert: Option<PathBuf> = "";
        /// The private key of the certificate, in PEM.
        key: Option<PathBuf> = "";
    }
}

impl Tls {
    /// The certificate and its key, when this process is to encrypt.
    pub(crate) fn files(&self) -> Option<(&Path, &Path)> {
        self.cert.as_deref().zip(self.key.as_deref())
    }
}
