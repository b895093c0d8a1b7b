//! The database's format: made, recognised, brought up to date, and refused when it is not ours to touch.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::connection::{self, APPLICATION_ID, PAGE_BYTES};
use super::directory::{Directory, remove_if_present};
use super::open_error::OpenError;

/// The steps from nothing to today's format. A step that was released is never changed; the format's number is how
/// many steps were taken (`PRAGMA user_version`).
const STEPS: &[&str] = &[include_str!("../../../migrations/embedded/0001_store.sql")];

/// Today's format.
pub(super) const KNOWN_FORMAT: u32 = STEPS.len() as u32;

/// Makes the directory's database if there is none, or brings it to today's format. Returns where it is.
pub(super) fn prepare(directory: &Directory) -> Result<PathBuf, OpenError> {
    prepare_with(directory, STEPS)
}

fn prepare_with(directory: &Directory, steps: &[&str]) -> Result<PathBuf, OpenError> {
    let path = directory.database();
    match fs::metadata(&path) {
        Ok(found) if found.len() == 0 => return Err(OpenError::Corrupt { path, reason: "the file is empty".to_owned() }),
        Ok(_) => migrate(directory, &path, steps)?,
        Err(_) if directory.wal().exists() => {
            return Err(OpenError::Corrupt { path, reason: "its write-ahead log is here, but the file itself is gone".to_owned() });
        }
        Err(_) => create(directory, &path, steps)?,
    }
    Ok(path)
}

/// Makes the database under another name and renames it when it is complete: a crash leaves no half of one.
fn create(directory: &Directory, path: &Path, steps: &[&str]) -> Result<(), OpenError> {
    let unborn = directory.unborn();
    let failed = |source| OpenError::of_directory(&unborn, source);
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut leftover = unborn.clone().into_os_string();
        leftover.push(suffix);
        remove_if_present(Path::new(&leftover)).map_err(failed)?;
    }
    let build = || -> rusqlite::Result<()> {
        let mut sql = connection::maintain(&unborn, true)?;
        sql.pragma_update(None, "page_size", PAGE_BYTES.cast_signed())?;
        sql.pragma_update(None, "application_id", APPLICATION_ID)?;
        take_steps(&mut sql, steps, 0)?;
        sql.pragma_update(None, "journal_mode", "WAL")?;
        sql.close().map_err(|(_, error)| error)
    };
    build().map_err(|error| OpenError::of(&unborn, &error))?;
    // Its owner's alone, as its log will be: SQLite copies the mode.
    fs::set_permissions(&unborn, Permissions::from_mode(0o600)).map_err(failed)?;
    fs::File::open(&unborn).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&unborn, path).and_then(|()| directory.sync()).map_err(failed)
}

fn migrate(directory: &Directory, path: &Path, steps: &[&str]) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::of(path, &error);
    let mut sql = connection::maintain(path, false).map_err(failed)?;
    let application: i32 = sql.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let found: u32 = sql.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if application != APPLICATION_ID || found == 0 {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    if found > known {
        return Err(OpenError::NewerFormat { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let snapshot = directory.snapshot_of_format(found);
    remove_if_present(&snapshot).map_err(|source| OpenError::of_directory(&snapshot, source))?;
    super::snapshot::write(&sql, &snapshot).map_err(|error| OpenError::of(&snapshot, &error))?;
    tracing::info!(snapshot = %snapshot.display(), from = found, to = known, "bringing the store from format {found} to {known}");
    take_steps(&mut sql, steps, found).map_err(|error| OpenError::Migration { path: path.to_owned(), to: known, reason: error.to_string(), snapshot })
}

/// Takes the steps after the first `taken`, all of them or none.
fn take_steps(sql: &mut Connection, steps: &[&str], taken: u32) -> rusqlite::Result<()> {
    let transaction = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps.iter().skip(taken as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", u32::try_from(steps.len()).unwrap_or(u32::MAX))?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FIRST: &str =
        "CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID; CREATE TABLE thing(x INTEGER); INSERT INTO thing VALUES (1);";

    fn directory() -> (tempfile::TempDir, Directory) {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::claim(place.path()).unwrap();
        (place, directory)
    }

    fn things(path: &Path) -> i64 {
        Connection::open(path).unwrap().query_row("SELECT sum(x) FROM thing", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_store_is_brought_up_to_date_after_a_snapshot_of_what_it_was() {
        let (_place, directory) = directory();
        let path = prepare_with(&directory, &[FIRST]).unwrap();
        prepare_with(&directory, &[FIRST, "UPDATE thing SET x = x + 10;"]).unwrap();
        assert_eq!(things(&path), 11);
        assert_eq!(things(&directory.snapshot_of_format(1)), 1);
        prepare_with(&directory, &[FIRST, "UPDATE thing SET x = x + 10;"]).unwrap();
        assert_eq!(things(&path), 11, "a step is taken once");
    }

    #[test]
    fn a_migration_that_fails_leaves_the_former_format() {
        let (_place, directory) = directory();
        let path = prepare_with(&directory, &[FIRST]).unwrap();
        let error = prepare_with(&directory, &[FIRST, "UPDATE thing SET x = 5;", "rubbish"]).unwrap_err();
        assert!(matches!(&error, OpenError::Migration { snapshot, .. } if things(snapshot) == 1), "{error}");
        assert_eq!(things(&path), 1);
        assert!(prepare_with(&directory, &[FIRST]).is_ok());
    }

    #[test]
    fn a_newer_format_is_refused_and_left_alone() {
        let (_place, directory) = directory();
        let path = prepare_with(&directory, &[FIRST, ANOTHER]).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(prepare_with(&directory, &[FIRST]), Err(OpenError::NewerFormat { found: 2, known: 1, .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    const ANOTHER: &str = "CREATE TABLE other(x INTEGER);";

    #[test]
    fn what_another_program_wrote_is_refused_and_left_alone() {
        let (_place, directory) = directory();
        let path = directory.database();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
        assert!(matches!(prepare(&directory), Err(OpenError::Foreign { .. })));
        fs::write(&path, "not a database at all, but a rather long text in its place".repeat(50)).unwrap();
        assert!(matches!(prepare(&directory), Err(OpenError::Foreign { .. })));
        fs::write(&path, "").unwrap();
        assert!(matches!(prepare(&directory), Err(OpenError::Corrupt { .. })));
    }

    #[test]
    fn a_store_whose_file_is_gone_is_not_made_anew_over_its_log() {
        let (_place, directory) = directory();
        fs::write(directory.wal(), "something").unwrap();
        assert!(matches!(prepare(&directory), Err(OpenError::Corrupt { .. })));
    }

    #[test]
    fn a_half_made_store_is_made_again() {
        let (_place, directory) = directory();
        fs::write(directory.unborn(), "half").unwrap();
        let path = prepare(&directory).unwrap();
        assert!(!directory.unborn().exists());
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
