//! A TCP socket that never blocks.

use mio::net::TcpStream;
use socket2::{Domain, Protocol, SockAddr, Socket as Raw, Type};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A connection's socket, with the bytes it did not take yet.
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    unsent: Vec<u8>,
}

impl Socket {
    /// Begins to connect, from a given address of this machine where one is given.
    pub(super) fn dial(to: SocketAddr, from: Option<IpAddr>) -> io::Result<Self> {
        let raw = Raw::new(Domain::for_address(to), Type::STREAM.nonblocking().cloexec(), Some(Protocol::TCP))?;
        raw.set_tcp_nodelay(true)?;
        // Thousands of sockets that linger would use up the ports for the next run.
        raw.set_linger(Some(Duration::ZERO))?;
        if let Some(from) = from {
            raw.bind(&SockAddr::from(SocketAddr::new(from, 0)))?;
        }
        match raw.connect(&SockAddr::from(to)) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            Err(error) => return Err(error),
        }
        Ok(Self { stream: TcpStream::from_std(raw.into()), unsent: Vec::new() })
    }

    /// Whether the attempt to connect has come to an end; an error when to a bad one.
    pub(super) fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes what the socket takes, and keeps the rest for [`Self::flush`].
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = if self.unsent.is_empty() { self.write_some(bytes)? } else { 0 };
        self.unsent.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Writes what was kept.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        let written = self.write_some(&unsent)?;
        self.unsent.extend_from_slice(&unsent[written..]);
        Ok(())
    }

    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match self.stream.write(&bytes[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Reads what is there; `None` when that is nothing.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed it")),
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
