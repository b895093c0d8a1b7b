//! Which backend stands behind which port. No other file names one.

use anyhow::{Context as _, bail};
use rialto_adapters::embedded::bus::LocalBus;
use rialto_adapters::embedded::clock::SystemClock;
use rialto_adapters::embedded::intake::{Bounds, QueueIntake, queue};
use rialto_adapters::embedded::presence::LocalPresence;
use rialto_adapters::embedded::secrets::{Argon2Hasher, OsRandomness};
use rialto_adapters::embedded::store::{self, Inspection, Options, Store};
use rialto_domain::ports::{Bus, IntakeReader, Randomness as _};
use rialto_service::{Ports, TokenKey};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::command::doctor::Kept;

/// Everything behind the ports of one process.
pub(crate) struct Backends {
    /// What the service asks.
    pub(crate) ports: Ports,
    /// To be closed when nothing more is to be written.
    pub(crate) intake: Arc<QueueIntake>,
    /// The data directory.
    pub(crate) store: Store,
    /// What signs tokens.
    pub(crate) key: TokenKey,
}

/// The default: everything in this process, durable in one directory, which is made where there is none. The reader is
/// the writer's end of the intake.
///
/// # Errors
/// When the directory cannot be used: by whom it is locked, what cannot be written or read.
pub(crate) fn embedded(data_dir: &Path) -> anyhow::Result<(Backends, Box<dyn IntakeReader>)> {
    let store = Store::open(data_dir, Options::default())?;
    let key = token_key(&data_dir.join("token.key"))?;
    let (intake, reader) = queue(Bounds::default());
    let intake = Arc::new(intake);
    let ports = Ports {
        accounts: Arc::new(store.clone()),
        channels: Arc::new(store.clone()),
        log: Arc::new(store.clone()),
        intake: intake.clone(),
        bus: local_bus(),
        presence: Arc::new(LocalPresence::default()),
        hasher: Arc::new(Argon2Hasher::default()),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(OsRandomness),
    };
    Ok((Backends { ports, intake, store, key }, Box::new(reader)))
}

/// What stands in a data directory, for whoever looks and changes nothing.
///
/// # Errors
/// What would keep a server from starting there.
pub(crate) fn inspect(data_dir: &Path) -> anyhow::Result<Kept> {
    let Inspection { lock, format, known_format } = store::inspect(data_dir)?;
    let store = format.map(|format| match format {
        format if format == known_format => format!("it holds a store of format {format}"),
        format => format!("it holds a store of format {format}, which the next start brings to format {known_format}"),
    });
    Ok(Kept { lock, store })
}

/// Announcements within this process.
pub(crate) fn local_bus() -> Arc<dyn Bus> {
    Arc::new(LocalBus::default())
}

/// The key that signs tokens; made at the first start, readable by the owner alone.
fn token_key(path: &Path) -> anyhow::Result<TokenKey> {
    match fs::read(path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(key) => Ok(TokenKey(key)),
            Err(_) => bail!("{} is not a key of 32 bytes; restore it from a backup, or remove it: then everybody must log in again", path.display()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0; 32];
            OsRandomness.fill(&mut key);
            // Beside, then renamed: a crash must not leave half a key.
            let beside = path.with_extension("new");
            let write = || -> std::io::Result<()> {
                let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
                file.write_all(&key)?;
                file.sync_all()?;
                fs::rename(&beside, path)?;
                // A power cut could still take the name away, and with it everybody's log-in.
                fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
            };
            write().with_context(|| format!("the key that signs tokens cannot be written to {}", path.display()))?;
            Ok(TokenKey(key))
        }
        Err(error) => Err(error).with_context(|| format!("the key that signs tokens cannot be read from {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_readable_by_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("token.key");
        let first = token_key(&path).expect("is made");
        let second = token_key(&path).expect("is read");
        assert_eq!(first.0, second.0);
        assert_eq!(fs::metadata(&path).expect("exists").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_refused_and_never_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("token.key");
        fs::write(&path, b"short").expect("is written");
        assert!(token_key(&path).is_err());
        assert_eq!(fs::read(&path).expect("exists"), b"short");
    }
}
