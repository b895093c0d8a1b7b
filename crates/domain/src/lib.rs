//! What Rialto *is*, without saying how: people, channels, logs, positions and the rules between them.
//!
//! Nothing here reads a clock, draws a random number or touches a socket or a file. Time and randomness
//! come in as arguments, decisions go out as values. The [`ports`] say what the rest of the world must do.

pub mod apply;
pub mod auth;
pub mod channel;
pub mod entry;
pub mod history;
pub mod id;
pub mod limit;
pub mod log;
pub mod ports;
pub mod position;
pub mod presence;
pub mod publication;
pub mod refusal;
pub mod session;
pub mod time;
pub mod unread;
pub mod user;
pub mod visible;

pub use id::{ChannelId, ClientId, DeviceId, SessionId, UserId};
pub use log::Seq;
pub use refusal::Refusal;
pub use time::Timestamp;
