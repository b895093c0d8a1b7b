//! What the domain needs of the world, one promise a file. `testkit::conformance` asks every implementation the same questions.

mod accounts;
mod bus;
mod channels;
mod clock;
mod error;
mod intake;
mod log;
mod presence;
mod secrets;

pub use accounts::{AccountStore, NewAccount, Rotated, Which};
pub use bus::{Bus, Subscriber};
pub use channels::{ChannelPage, ChannelStore, Cursor, FlagChange, Flags, Invite, Listing, MemberRow, NewChannel, Opened, Roster};
pub use clock::Clock;
pub use error::{BoxError, PortError, PortResult};
pub use intake::{Intake, IntakeReader, Order, Ticket};
pub use log::{Append, ChannelLog, Lookup, Newest};
pub use presence::PresenceBoard;
pub use secrets::{PasswordHasher, Randomness};
