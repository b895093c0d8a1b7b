//! A copy of the store in one file, made while it works.

use std::path::Path;

use rusqlite::Connection;

use super::connection;

/// Writes a compact copy to a path where nothing stands yet.
///
/// The copy has no epoch: the store that is made of it draws a new one, so that clients notice that history was
/// set back and do not mistake their positions for places in this one.
pub(super) fn write(sql: &Connection, path: &Path) -> rusqlite::Result<()> {
    let name = path.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(path.to_owned()))?;
    sql.execute("VACUUM INTO ?1", [name])?;
    let copy = connection::maintain(path, false)?;
    copy.execute("DELETE FROM meta WHERE name = 'epoch'", [])?;
    copy.close().map_err(|(_, error)| error)
}
