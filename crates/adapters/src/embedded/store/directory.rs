//! The data directory: one place, one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::open_error::OpenError;

/// A data directory that this process alone works in, for as long as the value lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory if need be (for its owner alone), and takes its lock. The system gives the lock back
    /// however the process ends.
    pub(super) fn claim(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::of_directory(path, source);
        make(path).map_err(failed)?;
        let path = fs::canonicalize(path).map_err(failed)?;
        let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path }),
            Err(TryLockError::Error(source)) => Err(OpenError::of_directory(&path, source)),
        }
    }

    /// The database file.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join("store.db")
    }

    /// The database's write-ahead log.
    pub(super) fn wal(&self) -> PathBuf {
        self.path.join("store.db-wal")
    }

    /// A database that is being made and has no name yet.
    pub(super) fn unborn(&self) -> PathBuf {
        self.path.join("store.new")
    }

    /// Where the snapshot before a migration from this format goes.
    pub(super) fn snapshot_of_format(&self, format: u32) -> PathBuf {
        self.path.join(format!("store-format-{format}.snapshot"))
    }

    /// Makes renames in the directory durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    /// Flushes what a process wrote that was killed before it could. It is read as committed from now on, and must not
    /// be lost after somebody was told so.
    ///
    /// To be called while no connection is open: closing a file gives back all locks that the process has on it.
    pub(super) fn flush_leftovers(&self) -> io::Result<()> {
        for path in [self.database(), self.wal()] {
            match File::open(path) {
                Ok(file) => file.sync_all()?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Makes a directory and those above it, if need be, so that they are still there after a power cut.
fn make(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|directory| !directory.as_os_str().is_empty() && !directory.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

/// Removes a file that may not be there.
pub(super) fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_directory_is_its_owners_alone() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/data");
        let _directory = Directory::claim(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_second_who_comes_is_told_which_directory_is_taken() {
        let place = tempfile::tempdir().unwrap();
        let first = Directory::claim(place.path()).unwrap();
        let error = Directory::claim(place.path()).unwrap_err();
        assert!(matches!(error, OpenError::Locked { .. }));
        assert!(error.to_string().contains(place.path().to_str().unwrap()), "{error}");
        drop(first);
        assert!(Directory::claim(place.path()).is_ok());
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_an_error_that_names_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(Directory::claim(&path).unwrap_err().to_string().contains("file"));
    }
}
