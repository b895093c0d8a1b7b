//! What can go wrong inside the store, and what that means to callers.

use rialto_domain::ports::PortError;
use rusqlite::ErrorCode;

use super::job::Guard;

/// The store's name in errors.
pub(super) const BACKEND: &str = "the embedded store";

/// Something went wrong inside the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// What was asked for is not there.
    #[error("not found")]
    NotFound,
    /// Somebody else was first.
    #[error("changed by someone else in the meantime")]
    Conflict,
    /// Too much is waiting already.
    #[error("too much is waiting already")]
    Overloaded,
    /// The store is closed, or closing.
    #[error("the store is closed")]
    Closed,
    /// The system gave no thread, or no random numbers.
    #[error("the system gave no {0}")]
    System(&'static str),
    /// A file could not be worked on.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// SQLite said no.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// A value is none that the store writes.
    #[error("{0}")]
    Unreadable(String),
    /// The group of writes that this one belonged to was not committed.
    #[error(transparent)]
    Group(#[from] Failure),
}

/// Why a group of writes was not committed; everyone in it is told.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Failure {
    class: Class,
    text: String,
}

/// What a failure means to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Full,
    Corrupt,
    Conflict,
    Unavailable,
}

impl Failure {
    /// The failure that a fault in a group's transaction is to everyone in the group.
    pub(super) fn of(fault: &Fault) -> Self {
        Self { class: fault.class(), text: fault.to_string() }
    }

    /// The disk is full: nothing is broken, and it may go on when somebody makes room.
    pub(super) fn is_full(&self) -> bool {
        self.class == Class::Full
    }

    /// Whoever writes next will probably fare the same.
    pub(super) fn is_lasting(&self) -> bool {
        self.class != Class::Conflict
    }
}

impl Fault {
    /// The fault concerns only who asked, and left nothing half-done behind.
    pub(super) fn is_private(&self, guard: Guard) -> bool {
        match self {
            Self::NotFound | Self::Conflict | Self::Overloaded | Self::Closed => true,
            Self::Sql(error) => guard == Guard::Undo && error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation),
            Self::System(_) | Self::File(_) | Self::Unreadable(_) | Self::Group(_) => false,
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::NotFound | Self::Conflict => Class::Conflict,
            Self::File(error) if error.kind() == std::io::ErrorKind::StorageFull => Class::Full,
            Self::Overloaded | Self::Closed | Self::System(_) | Self::File(_) => Class::Unavailable,
            Self::Unreadable(_) => Class::Corrupt,
            Self::Group(failure) => failure.class,
            Self::Sql(error) => class_of(error),
        }
    }
}

fn class_of(error: &rusqlite::Error) -> Class {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows, Utf8Error};
    match error {
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..) | QueryReturnedNoRows => Class::Corrupt,
        error => match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Class::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch) => Class::Corrupt,
            Some(ErrorCode::ConstraintViolation) => Class::Conflict,
            _ => Class::Unavailable,
        },
    }
}

impl From<Fault> for PortError {
    fn from(fault: Fault) -> Self {
        match (&fault, fault.class()) {
            (Fault::NotFound, _) => Self::NotFound,
            (Fault::Overloaded, _) => Self::Overloaded { backend: BACKEND },
            (_, Class::Conflict) => Self::Conflict,
            (_, Class::Full) => Self::Full { backend: BACKEND },
            (_, Class::Corrupt) => Self::Corrupt { backend: BACKEND, source: Box::new(fault) },
            (_, Class::Unavailable) => Self::Unavailable { backend: BACKEND, source: Box::new(fault) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn sqlite(code: i32) -> PortError {
        Fault::Sql(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).into()
    }

    #[test]
    fn what_sqlite_says_is_told_by_what_the_caller_may_do_about_it() {
        assert!(matches!(sqlite(ffi::SQLITE_FULL), PortError::Full { .. }));
        assert!(matches!(sqlite(ffi::SQLITE_CORRUPT), PortError::Corrupt { .. }));
        assert!(matches!(sqlite(ffi::SQLITE_NOTADB), PortError::Corrupt { .. }));
        assert!(matches!(sqlite(ffi::SQLITE_CONSTRAINT_UNIQUE), PortError::Conflict));
        assert!(matches!(sqlite(ffi::SQLITE_IOERR_FSYNC), PortError::Unavailable { .. }));
        assert!(matches!(sqlite(ffi::SQLITE_READONLY), PortError::Unavailable { .. }));
    }

    #[test]
    fn a_full_disk_is_a_full_disk_to_everyone_in_the_group() {
        let full = Fault::Sql(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None));
        let told = PortError::from(Fault::from(Failure::of(&full)));
        assert!(matches!(told, PortError::Full { .. }));
    }
}
