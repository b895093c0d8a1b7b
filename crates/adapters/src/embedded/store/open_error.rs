//! Why a store could not be opened, in words for the person who started the program.

use std::io;
use std::path::{Path, PathBuf};

use super::fault::Fault;

/// A store could not be opened. Nothing in the directory was changed, unless a migration had begun: then the
/// snapshot made before it is named.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory could not be made or entered.
    #[error("cannot use the data directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process works in it.
    #[error("the data directory {} is in use by another process; stop that one first, or choose another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// Nothing can be written there.
    #[error("the data directory {} is not writable: {reason}", path.display())]
    NotWritable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is no room.
    #[error("no room is left on the disk of the data directory {}", path.display())]
    Full {
        /// The directory.
        path: PathBuf,
    },
    /// A newer version of the program wrote it.
    #[error("{} has format {found}, and this version knows formats up to {known}; run the newer version that wrote it", path.display())]
    NewerFormat {
        /// The database file.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The newest format that is understood.
        known: u32,
    },
    /// The file is another program's.
    #[error("{} is not a store of this program; it was left as it is", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged ({reason}); it was left as it is; restore a backup into an empty directory", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A migration failed; the store is in the format it had before.
    #[error("{} could not be brought to format {to}: {reason}; it still has its former format, and a snapshot stands in {}", path.display(), snapshot.display())]
    Migration {
        /// The database file.
        path: PathBuf,
        /// The format aimed at.
        to: u32,
        /// What went wrong.
        reason: String,
        /// The snapshot made before.
        snapshot: PathBuf,
    },
    /// Something else.
    #[error("cannot open {}: {reason}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

impl OpenError {
    /// What SQLite said about a file, by its meaning.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen) => Self::NotWritable { path, reason },
            Some(Code::DiskFull) => Self::Full { path },
            Some(Code::NotADatabase) => Self::Foreign { path },
            Some(Code::DatabaseCorrupt) => Self::Corrupt { path, reason },
            _ => Self::Other { path, reason },
        }
    }

    /// What went wrong with a file, by its meaning.
    pub(super) fn of_fault(path: &Path, fault: &Fault) -> Self {
        match fault {
            Fault::Sql(error) => Self::of(path, error),
            Fault::Unreadable(reason) => Self::Corrupt { path: path.to_owned(), reason: reason.clone() },
            other => Self::Other { path: path.to_owned(), reason: other.to_string() },
        }
    }

    /// What the system said about a directory, by its meaning.
    pub(super) fn of_directory(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path, reason: source.to_string() },
            io::ErrorKind::StorageFull => Self::Full { path },
            _ => Self::Directory { path, source },
        }
    }
}
