//! The sockets that a shard moves: TCP, or one end of a Unix pair whose other end speaks TLS.

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;

/// A non-blocking socket.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// One end of a connection that only exists in memory.
    #[cfg(feature = "simulation")]
    Memory(super::stepped::Pipe),
}

/// Does the same with whichever socket it is.
macro_rules! with {
    ($stream:ident of $self:ident => $do:expr) => {
        match $self {
            Self::Tcp($stream) => $do,
            Self::Unix($stream) => $do,
            #[cfg(feature = "simulation")]
            Self::Memory($stream) => $do,
        }
    };
}

impl Stream {
    /// Says that nothing more will be written; reading goes on.
    pub(super) fn finish(&self) -> io::Result<()> {
        with!(stream of self => stream.shutdown(Shutdown::Write))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        with!(stream of self => stream.read(buffer))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        with!(stream of self => stream.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        with!(stream of self => stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for Stream {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        with!(stream of self => stream.register(registry, token, interests))
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        with!(stream of self => stream.reregister(registry, token, interests))
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        with!(stream of self => stream.deregister(registry))
    }
}
