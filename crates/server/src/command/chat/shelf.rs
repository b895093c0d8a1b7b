//! The outbox in a file: what was written and not stored survives a crash, and goes under the same names.

use anyhow::Context as _;
use rialto_domain::UserId;
use std::fs::{self, File};
use std::path::PathBuf;

use super::keyring::{Keyring, lock_file};
use super::model::outbox::{Outbox, Unsent};
use crate::client::write_private;

/// Programs that may chat for one account at the same time and keep an outbox each.
const MAX_PROGRAMS: u32 = 16;

/// The outbox file of this program.
#[derive(Debug)]
pub(crate) struct Shelf {
    path: PathBuf,
    /// Held for as long as the program runs, so that no other writes the same file.
    _lock: File,
}

impl Shelf {
    /// Takes the first outbox file of an account that no other program uses, with what is in it.
    pub(crate) fn take(keyring: &Keyring, user: UserId) -> anyhow::Result<(Self, Vec<Unsent>)> {
        for number in 1..=MAX_PROGRAMS {
            let name = format!("outbox-{user}-{number}");
            let Some(lock) = lock_file(&keyring.beside(&format!("{name}.lock")), false)? else { continue };
            let path = keyring.beside(&format!("{name}.json"));
            let unsent = match fs::read(&path) {
                Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is not an outbox; move it away", path.display()))?,
                Err(_) => Vec::new(),
            };
            return Ok((Self { path, _lock: lock }, unsent));
        }
        anyhow::bail!("{MAX_PROGRAMS} programs chat for this account already")
    }

    /// Keeps what is not stored yet.
    pub(crate) fn keep(&self, outbox: &Outbox) -> anyhow::Result<()> {
        let kept: Vec<_> = outbox.kept().collect();
        write_private(&self.path, &serde_json::to_vec(&kept)?).with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Address, Trust};
    use rialto_domain::entry::Mentions;
    use rialto_domain::{ChannelId, ClientId};

    #[test]
    fn what_one_program_leaves_the_next_one_sends_and_two_at_a_time_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let keyring = Keyring::new(directory.path().join("session.json"), Address::parse("localhost").unwrap(), Trust::System);
        let user = UserId::from_bytes([1; 16]);
        let unsent = Unsent {
            client_id: ClientId::from_bytes([5; 16]),
            channel: ChannelId::from_bytes([6; 16]),
            text: "kept".into(),
            reply_to: None,
            mentions: Mentions::default(),
            stage: Default::default(),
        };
        let (one, nothing) = Shelf::take(&keyring, user).unwrap();
        assert!(nothing.is_empty());
        one.keep(&Outbox::restored(vec![unsent.clone()])).unwrap();
        let (_other, nothing) = Shelf::take(&keyring, user).unwrap();
        assert!(nothing.is_empty());
        drop(one);
        let (_next, kept) = Shelf::take(&keyring, user).unwrap();
        assert_eq!(kept, [unsent]);
    }
}
