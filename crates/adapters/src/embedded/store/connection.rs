//! Connections to the database, each set up for what it does.
//!
//! None maps the file into memory: where the disk cannot be read, or the file was cut, a mapping ends the whole process
//! (SIGBUS), while a read is told as an error to the one who asked.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Marks the file as ours ("Rlto"), so that another program's database is never taken for a store.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"Rlto");

/// The size of a page, chosen when the database is made.
pub(super) const PAGE_BYTES: u64 = 4096;

/// Pages kept by each connection that reads on the thread that asks, and by each with a thread of its own. The first answer
/// nearly everything; what the second read is seldom asked for again. The file is in the system's memory besides.
pub(super) const PROMPT_CACHE_KIB: u32 = 2048;
pub(super) const READER_CACHE_KIB: u32 = 1024;

/// How long a connection waits for another one's lock. No two of ours contend for one but at the very beginning and end.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The connection that makes or migrates a database.
pub(super) fn maintain(path: &Path, create: bool) -> rusqlite::Result<Connection> {
    let create = if create { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
    let sql = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | create)?;
    // Whoever opens a store after a crash should not wait until the whole write-ahead log is copied back.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(sql)
}

/// The one connection that writes. Every commit is on disk when it returns; checkpoints are somebody else's work.
pub(super) fn write(path: &Path, most_bytes: Option<u64>) -> rusqlite::Result<Connection> {
    let sql = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    sql.set_prepared_statement_cache_capacity(128);
    sql.pragma_update(None, "journal_mode", "WAL")?;
    sql.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA secure_delete = FAST;
         PRAGMA cache_size = -65536;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = OFF;",
    )?;
    if let Some(bytes) = most_bytes {
        sql.pragma_update(None, "max_page_count", i64::try_from(bytes / PAGE_BYTES).unwrap_or(i64::MAX))?;
    }
    Ok(sql)
}

/// A connection that only reads, and keeps so many kibibytes of pages in memory at most.
pub(super) fn read(path: &Path, cache_kib: u32) -> rusqlite::Result<Connection> {
    let sql = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    sql.set_prepared_statement_cache_capacity(64);
    sql.execute_batch(&format!("PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY;"))?;
    Ok(sql)
}

/// The connection that copies the write-ahead log back into the database.
pub(super) fn checkpoint(path: &Path) -> rusqlite::Result<Connection> {
    let sql = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    sql.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")?;
    Ok(sql)
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let sql = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    sql.busy_timeout(PATIENCE)?;
    // A plan never depends on the values bound: otherwise each new value has the statement compiled anew.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(sql)
}
