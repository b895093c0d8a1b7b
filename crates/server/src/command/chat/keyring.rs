//! The log-ins of this person, kept in a file that only they may read.

use anyhow::{Context as _, bail};
use rialto_domain::{DeviceId, UserId};
use rialto_wire::command::{ClientName, Login, Refresh, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::client::{Address, CallError, Connection, Trust, write_private};

/// A token that is good for less than this is as good as expired.
const SOON: Duration = Duration::from_secs(60);

/// Where log-ins are kept, and for which server.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    path: PathBuf,
    address: Address,
    trust: Trust,
}

/// One log-in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// Whose.
    pub(crate) user: UserId,
    /// The name it was made with; none for an anonymous account.
    #[serde(default)]
    pub(crate) username: Option<String>,
    device: DeviceId,
    /// Good for hello.
    pub(crate) access_token: String,
    expires_at_ms: u64,
    refresh_token: String,
    /// Opens an anonymous account when the refresh token does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery_key: Option<String>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoToken {
    /// It cannot be had now.
    #[error("{0:#}")]
    NotNow(anyhow::Error),
    /// It cannot be had at all.
    #[error("{0}")]
    LoggedOut(String),
}

/// The file: log-ins by the address of their server.
#[derive(Default, Serialize, Deserialize)]
struct Sessions {
    sessions: BTreeMap<String, Saved>,
}

impl Keyring {
    /// The log-ins with a server that this file keeps. Nothing is read yet.
    pub(crate) fn new(path: PathBuf, address: Address, trust: Trust) -> Self {
        Self { path, address, trust }
    }

    /// Where log-ins are kept when nobody says: `$XDG_CONFIG_HOME/rialto/session.json`, else `~/.config/rialto/session.json`.
    pub(crate) fn usual_path() -> anyhow::Result<PathBuf> {
        let absolute = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
        Ok(config.context("there is no home directory; name a file with --session")?.join("rialto/session.json"))
    }

    /// The server.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// A connection to the server, on which nobody is logged in.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Ok(Connection::open(&self.address, &self.trust).await?)
    }

    /// The file of another kind that belongs to an account here.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// The log-in with the server, if there is one.
    pub(crate) fn load(&self) -> anyhow::Result<Option<Saved>> {
        Ok(self.read()?.sessions.remove(&self.address.to_string()))
    }

    /// Keeps a new log-in, in place of the one before.
    pub(crate) fn keep(&self, tokens: Tokens, username: Option<String>) -> anyhow::Result<()> {
        let _lock = self.lock()?;
        self.write(Saved {
            user: tokens.user,
            username,
            device: tokens.device,
            expires_at_ms: now_ms() + tokens.access_expires_in_ms,
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            recovery_key: tokens.recovery_key,
        })
    }

    /// A token that is good for hello: the one that is kept, or a new one when it is about to expire or was refused.
    ///
    /// A refresh token is good once, and using it twice ends the log-in; so programs that share the file take turns.
    pub(crate) async fn token(&self, refused: Option<&str>) -> Result<Saved, NoToken> {
        let keyring = self.clone();
        let lock = tokio::task::spawn_blocking(move || keyring.lock()).await.map_err(|error| NoToken::NotNow(error.into()))?;
        let _lock = lock.map_err(NoToken::NotNow)?;
        let saved = self.load().map_err(NoToken::NotNow)?;
        let saved = saved.ok_or_else(|| NoToken::LoggedOut(format!("there is no log-in for {}", self.address)))?;
        let is_good = saved.expires_at_ms > now_ms() + SOON.as_millis() as u64 && refused != Some(&saved.access_token);
        if is_good { Ok(saved) } else { self.renew(saved).await }
    }

    async fn renew(&self, saved: Saved) -> Result<Saved, NoToken> {
        let mut connection = self.connect().await.map_err(NoToken::NotNow)?;
        let refreshed = connection.call("account.refresh", &Refresh { refresh_token: saved.refresh_token.clone() }).await;
        let tokens: Tokens = match (refreshed, &saved.recovery_key) {
            (Ok(tokens), _) => tokens,
            (Err(error), Some(key)) if error.code() == "auth.refresh_refused" => {
                let login = Login { recovery_key: Some(key.clone()), device: Some(saved.device), client: Some(client_name()), ..Login::default() };
                connection.call("account.login", &login).await.map_err(no_token)?
            }
            (Err(error), _) => return Err(no_token(error)),
        };
        connection.close().await;
        let renewed =
            Saved { expires_at_ms: now_ms() + tokens.access_expires_in_ms, access_token: tokens.access_token, refresh_token: tokens.refresh_token, ..saved };
        self.write(renewed.clone()).map_err(NoToken::NotNow)?;
        Ok(renewed)
    }

    fn read(&self) -> anyhow::Result<Sessions> {
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is not a file of log-ins", self.path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Sessions::default()),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", self.path.display())),
        }
    }

    /// Replaces the log-in with the server; the lock is held.
    fn write(&self, saved: Saved) -> anyhow::Result<()> {
        let mut sessions = self.read()?;
        sessions.sessions.insert(self.address.to_string(), saved);
        write_private(&self.path, &serde_json::to_vec_pretty(&sessions)?).with_context(|| format!("{} cannot be written", self.path.display()))
    }

    fn lock(&self) -> anyhow::Result<File> {
        lock_file(&self.beside("session.lock"), true)?.context("the lock was waited for")
    }
}

/// Locks a file until it is dropped, or the process ends. Without waiting, `None` when somebody else has it.
pub(crate) fn lock_file(path: &Path, wait: bool) -> anyhow::Result<Option<File>> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path).with_context(|| format!("{} cannot be written", path.display()))?;
    if wait {
        file.lock().with_context(|| format!("{} cannot be locked", path.display()))?;
        return Ok(Some(file));
    }
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => bail!("{} cannot be locked: {error}", path.display()),
    }
}

/// What this client calls itself.
pub(crate) fn client_name() -> ClientName {
    ClientName { name: "rialto chat".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn no_token(error: CallError) -> NoToken {
    match &error {
        CallError::Refused(refusal) if matches!(&*refusal.code, "auth.refresh_refused" | "auth.wrong_credentials") => {
            NoToken::LoggedOut("this log-in has ended; log in again with --user NAME, or --recovery-key KEY".to_owned())
        }
        CallError::Refused(refusal) if refusal.code == "client.too_old" => NoToken::LoggedOut(refusal.text.clone()),
        _ => NoToken::NotNow(error.into()),
    }
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::SessionId;

    fn tokens(number: u8) -> Tokens {
        Tokens {
            user: UserId::from_bytes([number; 16]),
            session: SessionId::from_bytes([1; 16]),
            device: DeviceId::from_bytes([1; 16]),
            access_token: format!("access {number}"),
            access_expires_in_ms: 600_000,
            refresh_token: "refresh".into(),
            recovery_key: None,
        }
    }

    #[tokio::test]
    async fn each_server_has_its_log_in_and_a_good_token_is_used_without_asking() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rialto/session.json");
        let keyring = |url: &str| Keyring::new(path.clone(), Address::parse(url).unwrap(), Trust::System);
        // Nobody listens on port 1: whoever asks there fails.
        keyring("http://127.0.0.1:1").keep(tokens(1), Some("ana".into())).unwrap();
        keyring("http://127.0.0.1:2").keep(tokens(2), None).unwrap();
        let saved = keyring("http://127.0.0.1:1").token(None).await.unwrap();
        assert_eq!((saved.access_token.as_str(), saved.username.as_deref()), ("access 1", Some("ana")));
        assert_eq!(keyring("http://127.0.0.1:2").load().unwrap().unwrap().user, UserId::from_bytes([2; 16]));
        assert!(matches!(keyring("http://127.0.0.1:3").token(None).await, Err(NoToken::LoggedOut(_))));
        assert!(matches!(keyring("http://127.0.0.1:1").token(Some("access 1")).await, Err(NoToken::NotNow(_))));
    }

    #[test]
    fn a_file_of_something_else_is_named_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("session.json");
        fs::write(&path, "not ours").unwrap();
        let keyring = Keyring::new(path.clone(), Address::parse("localhost").unwrap(), Trust::System);
        assert!(keyring.keep(tokens(1), None).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "not ours");
    }

    #[test]
    fn a_lock_is_held_by_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let held = lock_file(&path, false).unwrap();
        assert!(held.is_some());
        assert!(lock_file(&path, false).unwrap().is_none());
        drop(held);
        assert!(lock_file(&path, false).unwrap().is_some());
    }
}
