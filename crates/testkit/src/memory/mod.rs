//! Every port in memory: reference implementations, simple enough to be believed, and quick enough for tests of everything else.

mod accounts;
mod bus;
mod channels;
mod clock;
mod intake;
mod log;
mod presence;
mod secrets;
mod store;

pub use bus::SynchronousBus;
pub use clock::HandClock;
pub use intake::{MemoryIntake, MemoryIntakeReader, intake};
pub use presence::MemoryPresence;
pub use secrets::{SeededRandomness, TestOnlyHasher};
pub use store::MemoryStore;
