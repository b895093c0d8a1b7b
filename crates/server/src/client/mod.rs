//! A small client of the plain carrier, for the commands of this program that talk to a server.
//!
//! It frames, connects and counts commands; what is said is up to whoever uses it.

mod address;
mod connection;
mod heard;
mod private_file;
mod tls;

pub(crate) use address::Address;
pub(crate) use connection::{CallError, ConnectError, Connection, Lost};
pub(crate) use heard::{Event, Heard};
pub(crate) use private_file::write_private;
pub(crate) use tls::Trust;
