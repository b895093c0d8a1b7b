//! The embedded store: everything that lasts, in one SQLite database in one directory of one process.
//!
//! One thread writes. It takes what waits, commits it together, and answers when it is on disk (`writer`). A commit
//! appends to `log` and to the journal `mark`, and changes what edits and deletions point at; everything that would
//! touch pages all over the database, an entry's place, client ids, heads, positions, waits in memory (`tail`) and is
//! folded into its tables later, in their order (`fold`). After a crash it is read back (`replay`). Readers (`reader`) look
//! into the tail and the tables: on the thread that asks as long as all is in memory (`prompt`), otherwise on their own.
//!
//! Text that is deleted or replaced is overwritten where it stands, with the commit that deletes it (`revision`).
//! Copies of the page from before can stand in the write-ahead log until it is emptied, [`Options::erase_within`]
//! later; when a snapshot is being taken meanwhile, after that.

mod accounts;
mod append;
mod channels;
mod checkpoint;
mod column;
mod connection;
mod directory;
mod doom;
mod facts;
mod fault;
mod fold;
mod group;
mod history;
mod inspect;
mod job;
mod latest;
mod listing;
mod log;
mod member;
mod migrate;
mod open_error;
mod payload;
mod place;
mod prompt;
mod queue;
mod reader;
mod recent;
mod replay;
mod revise;
mod revision;
mod row;
mod snapshot;
mod tag;
mod tail;
mod unread;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fs, thread};

use parking_lot::Mutex;
use rialto_domain::ports::PortResult;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::oneshot;

use checkpoint::Checkpoints;
use directory::Directory;
use fault::{Failure, Fault};
use group::Group;
pub use inspect::{Inspection, inspect};
use job::{Guard, Job};
use latest::Latest;
pub use open_error::OpenError;
use prompt::PromptReaders;
use queue::Queue;
use reader::{Read, Reader, View};
use tag::Salt;
use tail::Tails;
use writer::Writer;

/// How a store works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that read what takes long or has to come from the disk.
    pub readers: usize,
    /// How many threads may at once read for themselves what is in memory.
    pub prompt_readers: usize,
    /// How long heads, places and positions stay in memory before they are folded into their tables. They are
    /// durable before; a longer time makes less work, and an opening after a crash longer.
    pub fold_after: Duration,
    /// How long deleted text may stand in the write-ahead log.
    pub erase_within: Duration,
    /// How many bytes of writes may wait before more are refused; a small one counts as a kibibyte.
    pub waiting_bytes: usize,
    /// How many reads may wait before more are refused.
    pub waiting_reads: usize,
    /// How large the database file may grow; beyond, writes are refused as on a full disk. `None`: until it is full.
    pub most_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(4, usize::from);
        Self {
            readers: cores.clamp(4, 16),
            prompt_readers: cores.clamp(2, 8),
            fold_after: Duration::from_secs(1),
            erase_within: Duration::from_secs(30),
            waiting_bytes: 64 << 20,
            waiting_reads: 16_384,
            most_bytes: None,
        }
    }
}

/// Figures for operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of the database file.
    pub database_bytes: u64,
    /// Bytes of the write-ahead log's file.
    pub wal_bytes: u64,
    /// Writes that wait.
    pub waiting_writes: usize,
    /// Reads that wait.
    pub waiting_reads: usize,
    /// Entries, heads and positions that are to be folded.
    pub unfolded: usize,
    /// Commits since the store was opened.
    pub commits: u64,
    /// Something keeps the store from writing.
    pub is_ailing: bool,
}

/// The embedded store. Clones are the same store; when the last one is dropped, it is closed.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    epoch: String,
    threads: Mutex<Threads>,
    // The lock on the directory is given back after everything else has ended.
    directory: Directory,
}

#[derive(Default)]
struct Threads {
    writer: Option<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
}

/// What the store's threads share.
struct Shared {
    options: Options,
    salt: Salt,
    tails: Tails,
    latest: Latest,
    writes: Queue<Job>,
    reads: Queue<Read>,
    prompt: PromptReaders,
    checkpoints: Checkpoints,
    commits: AtomicU64,
    /// What keeps the store from writing, while something does.
    ailment: Mutex<Option<Failure>>,
}

impl Store {
    /// Opens the store in a directory, and makes both if need be.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let directory = Directory::claim(path.as_ref())?;
        let database = migrate::prepare(&directory)?;
        directory.flush_leftovers().map_err(|source| OpenError::of_directory(&database, source))?;
        Self::start(directory, options).map_err(|fault| OpenError::of_fault(&database, &fault))
    }

    fn start(directory: Directory, options: Options) -> Result<Self, Fault> {
        let database = directory.database();
        let sql = connection::write(&database, options.most_bytes)?;
        let salt = constant(&sql, "salt", |random| random.to_vec())?;
        let salt = salt.try_into().map_err(|_| Fault::Unreadable("the store's salt is not one".to_owned()))?;
        let epoch = constant(&sql, "epoch", |random| uuid::Builder::from_random_bytes(*random).into_uuid().to_string().into_bytes())?;
        let epoch = String::from_utf8(epoch).map_err(|error| Fault::Unreadable(error.to_string()))?;
        let (writes, reads) = (Queue::new(options.waiting_bytes), Queue::new(options.waiting_reads));
        let shared = Arc::new(Shared {
            options,
            salt,
            tails: Tails::default(),
            latest: Latest::default(),
            writes,
            reads,
            prompt: PromptReaders::default(),
            checkpoints: Checkpoints::default(),
            commits: AtomicU64::new(0),
            ailment: Mutex::default(),
        });
        shared.tails.publish(&mut replay::replay(&sql, &salt)?);
        shared.prompt.open(&database, shared.options.prompt_readers)?;
        let mut others = Vec::new();
        for number in 0..shared.options.readers.max(1) {
            let (reader, shared_too) = (Reader::new(connection::read(&database, connection::READER_CACHE_KIB)?), shared.clone());
            others.push(spawn(&format!("store-read-{number}"), move || reader.run(&shared_too))?);
        }
        let (checkpointer, shared_too) = (connection::checkpoint(&database)?, shared.clone());
        others.push(spawn("store-copy", move || shared_too.checkpoints.run(&checkpointer))?);
        let writer = Writer::new(sql, directory.wal(), shared.clone())?;
        let writer = Some(spawn("store-write", move || writer.run())?);
        Ok(Self { inner: Arc::new(Inner { shared, epoch, threads: Mutex::new(Threads { writer, others }), directory }) })
    }

    /// The name of this history. A store made from a backup has another one, since its logs may go another way from there.
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// How the store is doing.
    pub fn stats(&self) -> Stats {
        let Inner { shared, directory, .. } = &*self.inner;
        let size = |path: PathBuf| fs::metadata(path).map_or(0, |found| found.len());
        let (growing, folding) = shared.tails.weights();
        Stats {
            database_bytes: size(directory.database()),
            wal_bytes: size(directory.wal()),
            waiting_writes: shared.writes.len(),
            waiting_reads: shared.reads.len(),
            unfolded: growing + folding,
            commits: shared.commits.load(Ordering::Relaxed),
            is_ailing: shared.ailment.lock().is_some(),
        }
    }

    /// Can something be written now? The last commit tells; when that failed, the writer tries by itself until it can.
    fn check_writable(&self) -> Result<(), Fault> {
        let shared = &self.inner.shared;
        if shared.writes.is_closed() {
            return Err(Fault::Closed);
        }
        shared.ailment.lock().clone().map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Writes a copy of the store, as it is at this moment, into a new file. The store goes on meanwhile.
    ///
    /// A directory in which the copy is the file `store.db` is a store with another epoch.
    pub async fn snapshot(&self, path: impl Into<PathBuf>) -> PortResult<()> {
        let (database, path) = (self.inner.directory.database(), path.into());
        // A thread of its own: it takes long, and must not keep others from reading.
        let (told, outcome) = oneshot::channel();
        let copy = move || {
            let copied = connection::read(&database, connection::READER_CACHE_KIB).and_then(|sql| snapshot::write(&sql, &path));
            // Who asked may have stopped waiting.
            let _ = told.send(copied.map_err(Fault::from));
        };
        spawn("store-snapshot", copy)?;
        Ok(outcome.await.unwrap_or(Err(Fault::Closed))?)
    }

    /// Does what waits, leaves everything in one file, and ends. Whatever is asked afterwards is refused.
    pub async fn close(&self) {
        let inner = self.inner.clone();
        let (told, closed) = oneshot::channel();
        let close = move || {
            inner.close();
            // Whoever opens the directory next must find it free.
            drop(inner);
            // Who asked may have stopped waiting.
            let _ = told.send(());
        };
        if spawn("store-close", close).is_ok() {
            let _ = closed.await;
        }
    }

    fn salt(&self) -> &Salt {
        &self.inner.shared.salt
    }

    /// Answers a question: here and now if it can be done without waiting, otherwise by a thread that reads.
    async fn read<T: Send + 'static>(&self, ask: impl Fn(&mut View<'_>) -> Result<T, Fault> + Send + 'static) -> PortResult<T> {
        let shared = &self.inner.shared;
        match shared.prompt.try_read(|reader| reader.view(shared, &ask)) {
            // What SQLite could not do it may have had to wait for.
            None | Some(Err(Fault::Sql(_))) => self.read_beside(ask).await,
            Some(answer) => Ok(answer?),
        }
    }

    /// Has a thread that reads answer a question.
    async fn read_beside<T: Send + 'static>(&self, ask: impl FnOnce(&mut View<'_>) -> Result<T, Fault> + Send + 'static) -> PortResult<T> {
        let (told, answer) = oneshot::channel();
        let read: Read = Box::new(move |reader, shared| {
            // Who asked may have stopped waiting.
            let _ = told.send(reader.view(shared, ask));
        });
        self.inner.shared.reads.push(read, 1)?;
        Ok(answer.await.unwrap_or(Err(Fault::Closed))?)
    }

    /// Has the writer do something, and waits until it is on disk.
    async fn write<T, F>(&self, guard: Guard, weight: usize, act: F) -> PortResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Group<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let (job, outcome) = job::job(guard, act);
        self.inner.shared.writes.push(job, weight)?;
        Ok(outcome.await.unwrap_or(Err(Fault::Closed))?)
    }
}

impl Inner {
    fn close(&self) {
        let Threads { writer, others } = std::mem::take(&mut *self.threads.lock());
        self.shared.writes.close();
        self.shared.reads.close();
        self.shared.checkpoints.close();
        // Readers first: the writer's last checkpoint wants the log for itself.
        self.shared.prompt.close();
        for thread in others.into_iter().chain(writer) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Starts a thread of the store.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Fault> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|_| Fault::System("thread"))
}

/// A fact about the store, drawn at random when it is asked for the first time.
fn constant(sql: &Connection, name: &str, draw: impl FnOnce(&[u8; 16]) -> Vec<u8>) -> Result<Vec<u8>, Fault> {
    let known = sql.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()?;
    if let Some(value) = known {
        return Ok(value);
    }
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Fault::System("random numbers"))?;
    let value = draw(&random);
    sql.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", (name, &value))?;
    Ok(value)
}
