//! What a data directory holds, found out without changing anything in it: no lock is taken, no file is made.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::connection::APPLICATION_ID;
use super::migrate::KNOWN_FORMAT;
use super::open_error::OpenError;

/// What stands in a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The file whose lock the process holds that works in the directory.
    pub lock: PathBuf,
    /// The format of the store; `None` when there is none yet.
    pub format: Option<u32>,
    /// The newest format that is understood.
    pub known_format: u32,
}

/// Looks into a data directory, which need not exist.
///
/// # Errors
/// What would keep a store from being opened there, as far as can be told from the head of its file.
pub fn inspect(directory: &Path) -> Result<Inspection, OpenError> {
    let path = directory.join("store.db");
    let inspection = |format| Inspection { lock: directory.join("lock"), format, known_format: KNOWN_FORMAT };
    let mut head = [0; HEAD_BYTES];
    match File::open(&path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(inspection(None)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(OpenError::Foreign { path }),
        Err(error) => return Err(OpenError::of_directory(&path, error)),
    }
    let number = |at: usize| head[at..].first_chunk().copied().map_or(0, u32::from_be_bytes);
    let found = number(USER_VERSION_AT);
    if !head.starts_with(MAGIC) || number(APPLICATION_ID_AT) != APPLICATION_ID.cast_unsigned() || found == 0 {
        return Err(OpenError::Foreign { path });
    }
    if found > KNOWN_FORMAT {
        return Err(OpenError::NewerFormat { path, found, known: KNOWN_FORMAT });
    }
    Ok(inspection(Some(found)))
}

// The head of a SQLite database: https://www.sqlite.org/fileformat.html#the_database_header
const HEAD_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::embedded::store::{Options, Store};

    #[test]
    fn a_store_is_recognised_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(inspect(&place.path().join("nothing")).unwrap().format, None);
        assert_eq!(inspect(place.path()).unwrap().format, None);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
        let store = Store::open(place.path(), Options::default()).unwrap();
        assert_eq!(inspect(place.path()).unwrap().format, Some(KNOWN_FORMAT));
        drop(store);
        assert_eq!(inspect(place.path()).unwrap().format, Some(KNOWN_FORMAT));
    }

    #[test]
    fn what_is_no_store_or_a_newer_one_is_named() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("store.db");
        for foreign in [&b""[..], b"short", &[0; 200]] {
            std::fs::write(&path, foreign).unwrap();
            assert!(matches!(inspect(place.path()), Err(OpenError::Foreign { .. })));
        }
        std::fs::remove_file(&path).unwrap();
        drop(Store::open(place.path(), Options::default()).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[USER_VERSION_AT + 3] = 99;
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(inspect(place.path()), Err(OpenError::NewerFormat { found: 99, .. })));
    }
}
