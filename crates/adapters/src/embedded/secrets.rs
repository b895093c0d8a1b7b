//! The operating system's randomness, and argon2id.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use argon2::password_hash::Error as HashError;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::auth::Password;
use rialto_domain::ports::{PasswordHasher, PortError, PortResult, Randomness};
use tokio::sync::{Semaphore, oneshot};

const BACKEND: &str = "password hashing";

/// `getrandom(2)` and its kin: nothing is buffered in the process, so nothing repeats after a fork or a restored snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system without randomness cannot keep secrets");
    }
}

/// How much a hash costs, and how many may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Hashes made at once, each on a thread of its own.
    pub at_once: usize,
    /// Hashes that may wait for their turn; more are refused.
    pub waiting: usize,
}

impl Default for Cost {
    /// 19 MiB and two passes (OWASP Password Storage Cheat Sheet, argon2id), on half of the cores.
    /// At some 30 hashes a second on one core, 64 wait about two seconds.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self { memory_kib: 19_456, passes: 2, at_once: (cores / 2).max(1), waiting: 64 }
    }
}

/// Hashes passwords with argon2id, off the threads that serve connections.
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    /// Permits to wait or to work: beyond them a request is refused.
    admitted: Arc<Semaphore>,
    /// Permits to work.
    turns: Arc<Semaphore>,
    hands: Hands,
    /// What passwords of unknown users are held against: as costly as the others, and no password is known to fit.
    nobody: Arc<str>,
}

impl Argon2Hasher {
    /// A hasher of this cost; `None` when argon2 knows no such cost (RFC 9106 §3.1).
    pub fn new(cost: Cost) -> Option<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).ok()?;
        let (salt, hash) = ("A".repeat(22), "A".repeat(43));
        Some(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            admitted: Arc::new(Semaphore::new(cost.at_once + cost.waiting)),
            turns: Arc::new(Semaphore::new(cost.at_once)),
            hands: Hands::new(cost.at_once),
            nobody: format!("$argon2id$v=19$m={},t={},p=1${salt}${hash}", cost.memory_kib, cost.passes).into(),
        })
    }

    /// Waits for a turn and has the work done by a thread that may block.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Argon2<'static>, &mut Memory) -> PortResult<T> + Send + 'static) -> PortResult<T> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| PortError::Overloaded { backend: BACKEND })?;
        let turn = self.turns.clone().acquire_owned().await.map_err(unavailable)?;
        let argon2 = self.argon2.clone();
        // The permits go along: work whose asker went away still occupies its core until it is done.
        let (told, done) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            let _until_done = (admitted, turn);
            metrics::counter!("rialto_password_hashes_total").increment(1);
            // Whoever asked may have gone away.
            let _ = told.send(work(&argon2, memory));
        };
        self.hands.take(Box::new(job)).map_err(unavailable)?;
        done.await.map_err(unavailable)?
    }
}

/// The memory of a thread that hashes. It is kept: given back after each hash and asked for anew, aligned as it must be, it
/// leaves holes in the allocator's that the next one does not fit into.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    fn hash(&mut self, argon2: &Argon2<'_>, password: &Password, salt: &[u8], length: usize) -> Result<Output, HashError> {
        let mut room = [0; Output::MAX_LENGTH];
        let made = room.get_mut(..length).ok_or(HashError::OutputSize)?;
        self.0.resize(argon2.params().block_count(), Block::default());
        argon2.hash_password_into_with_memory(password.reveal().as_bytes(), salt, made, &mut self.0)?;
        Output::new(made).map_err(HashError::from)
    }
}

/// The threads that hash: as many as hashes may be made at once, for as long as the hasher lives, each with its memory.
struct Hands {
    most: usize,
    hired: Mutex<usize>,
    jobs: mpsc::Sender<Job>,
    waiting: Arc<Mutex<mpsc::Receiver<Job>>>,
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

impl Hands {
    fn new(most: usize) -> Self {
        let (jobs, waiting) = mpsc::channel();
        Self { most, hired: Mutex::new(0), jobs, waiting: Arc::new(Mutex::new(waiting)) }
    }

    fn take(&self, job: Job) -> io::Result<()> {
        let mut hired = self.hired.lock();
        if *hired < self.most {
            let waiting = self.waiting.clone();
            thread::Builder::new().name("rialto-hash".into()).spawn(move || Self::work(&waiting))?;
            *hired += 1;
        }
        self.jobs.send(job).map_err(|_| io::Error::other("nobody takes what is to be hashed"))
    }

    fn work(waiting: &Mutex<mpsc::Receiver<Job>>) {
        let mut memory = Memory::default();
        loop {
            let job = waiting.lock().recv();
            let Ok(job) = job else { return };
            // Whoever waits for it hears that there is no answer; the others still want theirs.
            let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
        }
    }
}

impl Default for Argon2Hasher {
    fn default() -> Self {
        Self::new(Cost::default()).expect("argon2 knows the recommended cost")
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> PortResult<String> {
        self.work(move |argon2, memory| {
            let mut salt = [0; 16];
            OsRandomness.fill(&mut salt);
            let hash = memory.hash(argon2, &password, &salt, Params::DEFAULT_OUTPUT_LEN).map_err(unavailable)?;
            let hash = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(argon2.params()).map_err(unavailable)?,
                salt: Some(Salt::new(&salt).map_err(unavailable)?),
                hash: Some(hash),
            };
            Ok(hash.to_string())
        })
        .await
    }

    async fn verify(&self, password: Password, hash: Option<String>) -> PortResult<bool> {
        let (known, hash) = (hash.is_some(), hash.map_or_else(|| self.nobody.clone(), Arc::from));
        self.work(move |_, memory| {
            let hash = PasswordHash::new(&hash).map_err(corrupt)?;
            let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Err(corrupt(HashError::PasswordInvalid)) };
            // A hash is made again the way that it was made, whatever is usual now.
            let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(corrupt)?;
            let version = hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(corrupt)?;
            let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).map_err(corrupt)?);
            let made = memory.hash(&argon2, &password, salt, expected.len()).map_err(corrupt)?;
            // Outputs compare in constant time.
            Ok(known && made == *expected)
        })
        .await
    }
}

fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Unavailable { backend: BACKEND, source: source.into() }
}

fn corrupt(source: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Corrupt { backend: BACKEND, source: source.into() }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn cheap(at_once: usize, waiting: usize) -> Argon2Hasher {
        Argon2Hasher::new(Cost { memory_kib: 8, passes: 1, at_once, waiting }).expect("a cost that argon2 knows")
    }

    fn password(text: &str) -> Password {
        Password::parse(text).expect("a good password")
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let hasher = cheap(1, 8);
        let hash = hasher.hash(password("correct horse")).await.expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(hasher.verify(password("correct horse"), Some(hash.clone())).await.expect("verifies"));
        assert!(!hasher.verify(password("battery staple"), Some(hash.clone())).await.expect("verifies"));
        assert_ne!(hasher.hash(password("correct horse")).await.expect("hashes"), hash, "every hash has its own salt");
    }

    #[tokio::test]
    async fn a_hash_keeps_its_own_cost() {
        let old = Argon2Hasher::new(Cost { memory_kib: 16, passes: 3, ..Cost::default() }).expect("a cost that argon2 knows");
        let hash = old.hash(password("correct horse")).await.expect("hashes");
        assert!(cheap(1, 8).verify(password("correct horse"), Some(hash)).await.expect("verifies"), "also when the cost is another now");
    }

    #[tokio::test]
    async fn an_unknown_user_has_no_password_and_costs_as_much() {
        let hasher = cheap(1, 8);
        assert!(!hasher.verify(password("correct horse"), None).await.expect("verifies"));
        let hash = hasher.hash(password("correct horse")).await.expect("hashes");
        let (known, nobody) = (PasswordHash::new(&hash).expect("parses"), PasswordHash::new(&hasher.nobody).expect("parses"));
        assert_eq!((nobody.algorithm, nobody.version, &nobody.params), (known.algorithm, known.version, &known.params));
        assert_eq!(nobody.salt.map(|salt| salt.len()), known.salt.map(|salt| salt.len()));
        assert_eq!(nobody.hash.map(|hash| hash.len()), known.hash.map(|hash| hash.len()));
    }

    #[tokio::test]
    async fn the_recommended_cost_is_written_into_the_hash() {
        assert!(Argon2Hasher::default().nobody.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(Cost::default().at_once >= 1);
    }

    #[tokio::test]
    async fn a_hash_that_is_none_is_corrupt() {
        let refused = cheap(1, 8).verify(password("correct horse"), Some("plaintext".into())).await;
        assert!(matches!(refused, Err(PortError::Corrupt { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn only_so_many_wait_and_more_are_refused() {
        let hasher = cheap(1, 2);
        let busy = hasher.turns.clone().acquire_owned().await.expect("is open");
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(hasher.hash(password("correct horse")))).collect();
        for hash in &mut waiting {
            assert!(hash.as_mut().poll(&mut context).is_pending());
        }
        let refused = pin!(hasher.verify(password("correct horse"), None)).poll(&mut context);
        assert!(matches!(refused, Poll::Ready(Err(PortError::Overloaded { .. }))), "{refused:?}");

        drop(waiting.pop());
        let mut instead = Box::pin(hasher.hash(password("correct horse")));
        assert!(instead.as_mut().poll(&mut context).is_pending(), "who stops waiting makes room");
        drop(busy);
        for hash in waiting {
            hash.await.expect("has its turn");
        }
        instead.await.expect("has its turn");
    }

    #[tokio::test]
    async fn no_more_threads_hash_than_may_at_once_whoever_asks_how_often() {
        let hasher = Arc::new(cheap(2, 64));
        let asked: Vec<_> = (0..60)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.work(|_, _| Ok(thread::current().id())).await.expect("is done") })
            })
            .collect();
        let mut threads = std::collections::HashSet::new();
        for done in asked {
            threads.insert(done.await.expect("is told"));
        }
        assert!(threads.len() <= 2, "{threads:?}");
    }

    #[tokio::test]
    async fn a_hash_that_panics_takes_no_thread_away() {
        let hasher = cheap(1, 8);
        let panicked = hasher.work::<()>(|_, _| panic!("as the test wishes")).await;
        assert!(matches!(panicked, Err(PortError::Unavailable { .. })), "{panicked:?}");
        assert!(hasher.hash(password("correct horse")).await.is_ok());
    }

    #[test]
    fn randomness_differs_from_call_to_call() {
        let draw = || {
            let mut bytes = [0; 32];
            OsRandomness.fill(&mut bytes);
            bytes
        };
        assert_ne!(draw(), draw());
    }
}
