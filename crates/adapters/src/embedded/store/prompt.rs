//! Reads on the thread that asks, for as long as nothing has to be waited for.
//!
//! What stands in memory, SQLite's or the system's, is read at once: to hand a question to another thread and its answer
//! back costs more than most answers do. Whoever asks may be a thread that moves sockets, and must not wait for a disk nor
//! work for long. So a read that needs the disk, somebody's lock, or more than [`MOST_STEPS`], is given up, and left to a
//! thread that reads.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;
use std::{mem, ptr};

use parking_lot::{Condvar, Mutex};
use rusqlite::ffi;

use super::connection;
use super::fault::Fault;
use super::reader::Reader;

/// Steps of SQLite's machine between two looks at how many there were.
const STRIDE: u32 = 1_000;

/// Steps after which a read is given up: about a millisecond.
const MOST_STEPS: u32 = 10 * STRIDE;

thread_local! {
    /// How many steps this thread may still make; `None`: as many as it likes, and it may wait.
    static STEPS_LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Readers that whoever asks may borrow.
#[derive(Debug, Default)]
pub(super) struct PromptReaders {
    idle: Mutex<Idle>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct Idle {
    /// The one used last is on top: what it has in memory is the freshest.
    readers: Vec<Reader>,
    lent: usize,
    closed: bool,
}

impl PromptReaders {
    /// Opens so many; none, where the system or the file's file system cannot read without waiting.
    pub(super) fn open(&self, database: &Path, count: usize) -> Result<(), Fault> {
        if !replace_pread() {
            return Ok(());
        }
        for _ in 0..count {
            let mut sql = connection::read(database, connection::PROMPT_CACHE_KIB)?;
            sql.busy_timeout(Duration::ZERO)?;
            let look = || sql.query_row("SELECT count(*) FROM progress", [], |_| Ok(()));
            // What has to be read once is read now, and is in the system's memory when it is read again.
            look()?;
            sql.execute_batch("PRAGMA shrink_memory")?;
            let hurry = Hurry::begin();
            if look().is_err() {
                return Ok(());
            }
            drop(hurry);
            sql.progress_handler(STRIDE.cast_signed(), Some(gives_up))?;
            self.idle.lock().readers.push(Reader::new(sql));
        }
        Ok(())
    }

    /// Has a reader do something without waiting. `None` when there is none to be had.
    ///
    /// That it would have had to wait, or to work for longer, is told as a failure of SQLite: to be asked again elsewhere.
    pub(super) fn try_read<T>(&self, act: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let mut lent = self.lend()?;
        let _hurry = Hurry::begin();
        lent.reader.as_mut().map(act)
    }

    fn lend(&self) -> Option<Lent<'_>> {
        let mut idle = self.idle.lock();
        let reader = idle.readers.pop()?;
        idle.lent += 1;
        Some(Lent { from: self, reader: Some(reader) })
    }

    /// Lends nothing more, and ends when everything lent is back and closed.
    pub(super) fn close(&self) {
        let mut idle = self.idle.lock();
        idle.closed = true;
        idle.readers.clear();
        while idle.lent > 0 {
            self.returned.wait(&mut idle);
        }
    }
}

/// A reader that goes back however its use ends.
struct Lent<'p> {
    from: &'p PromptReaders,
    /// There until it goes back.
    reader: Option<Reader>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self.from.idle.lock();
        idle.lent -= 1;
        if idle.closed {
            self.reader = None;
            self.from.returned.notify_all();
        } else {
            idle.readers.extend(self.reader.take());
        }
    }
}

/// While it lives, this thread reads without waiting.
struct Hurry;

impl Hurry {
    fn begin() -> Self {
        STEPS_LEFT.set(Some(MOST_STEPS));
        Self
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        STEPS_LEFT.set(None);
    }
}

/// Asked every [`STRIDE`] steps: is it enough? Says so once, so that the read can still be ended in order.
fn gives_up() -> bool {
    let left = STEPS_LEFT.get().map(|left| left.checked_sub(STRIDE));
    STEPS_LEFT.set(left.map(|left| left.unwrap_or(u32::MAX)));
    left == Some(None)
}

/// Has SQLite read files by [`pread`] from now on. False where it does not let itself be told so.
#[expect(unsafe_code, reason = "SQLite offers its system calls for replacement in C alone")]
fn replace_pread() -> bool {
    static IS_SET: OnceLock<bool> = OnceLock::new();
    type Pread = unsafe extern "C" fn(c_int, *mut c_void, libc::size_t, libc::off_t) -> libc::ssize_t;
    *IS_SET.get_or_init(|| {
        // SAFETY: the default file system lives as long as the process, and its calls may be replaced at any time. SQLite keeps
        // a function without its type, and calls this one as what it is: it has the type of the `pread` in whose place it stands.
        unsafe {
            let files = ffi::sqlite3_vfs_find(ptr::null());
            let set = files.as_ref().and_then(|files| files.xSetSystemCall);
            let call = mem::transmute::<Pread, unsafe extern "C" fn()>(pread);
            set.is_some_and(|set| set(files, c"pread".as_ptr(), Some(call)) == ffi::SQLITE_OK)
        }
    })
}

/// `pread`, which fails on a prompt thread instead of waiting for the disk.
#[expect(unsafe_code, reason = "it is called by SQLite, with SQLite's buffers")]
unsafe extern "C" fn pread(file: c_int, bytes: *mut c_void, len: libc::size_t, at: libc::off_t) -> libc::ssize_t {
    let part = libc::iovec { iov_base: bytes, iov_len: len };
    // SAFETY: the caller owns `len` bytes at `bytes`, as `pread` would ask of it.
    unsafe { if STEPS_LEFT.get().is_some() { libc::preadv2(file, &raw const part, 1, at, libc::RWF_NOWAIT) } else { libc::pread(file, bytes, len, at) } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::directory::Directory;
    use super::super::migrate;
    use super::*;

    fn opened(place: &Path) -> PromptReaders {
        let directory = Directory::claim(place).unwrap();
        let database = migrate::prepare(&directory).unwrap();
        let prompt = PromptReaders::default();
        prompt.open(&database, 1).unwrap();
        prompt
    }

    fn count_to(number: u64) -> impl FnOnce(&mut Reader) -> Result<u64, Fault> {
        move |reader| {
            let count = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1) SELECT max(n) FROM c";
            reader.within_snapshot(|sql| Ok(sql.prepare_cached(count)?.query_row([number.cast_signed()], |row| row.get::<_, i64>(0))?.cast_unsigned()))
        }
    }

    #[test]
    fn what_takes_long_is_given_up_and_the_next_read_is_none_the_worse() {
        let place = tempfile::tempdir().unwrap();
        let prompt = opened(place.path());
        for _ in 0..3 {
            assert!(matches!(prompt.try_read(count_to(1_000_000)), Some(Err(Fault::Sql(_)))));
            assert_eq!(prompt.try_read(count_to(10)).unwrap().unwrap(), 10);
        }
        assert_eq!(STEPS_LEFT.get(), None, "this thread may wait again");
    }

    #[test]
    fn a_reader_that_is_lent_is_not_lent_twice_and_comes_back_from_a_panic() {
        let place = tempfile::tempdir().unwrap();
        let prompt = opened(place.path());
        prompt.try_read(|_| assert!(prompt.try_read(|_| ()).is_none()));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| prompt.try_read(|_| panic!("as the test wants"))));
        assert!(panicked.is_err());
        assert_eq!(prompt.try_read(count_to(10)).unwrap().unwrap(), 10);
        prompt.close();
        assert!(prompt.try_read(|_| ()).is_none());
    }
}
