//! A client on a WebSocket that reads when it likes.

use rialto_wire::websocket::client::Dial;
use rialto_wire::websocket::frame::{self, Opcode};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::program::PATIENCE;

pub(crate) struct Wire {
    socket: TcpStream,
}

impl Wire {
    /// Connects and says hello. Nothing is read yet.
    pub(crate) fn dial(url: &str, token: &str) -> io::Result<Self> {
        let host = url.strip_prefix("http://").unwrap();
        let to: SocketAddr = host.parse().unwrap();
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
        // As little as the system lets wait at this end.
        socket.set_recv_buffer_size(4096)?;
        socket.connect(&to.into())?;
        let mut wire = Self { socket: socket.into() };
        wire.socket.set_read_timeout(Some(PATIENCE))?;
        let mut request = Vec::new();
        Dial { host, target: "/ws", nonce: [7; 16], protocols: &[rialto_wire::plain::JSON], headers: &[] }.request(&mut request).unwrap();
        wire.socket.write_all(&request)?;
        wire.send(1, "hello", &json!({ "token": token }))?;
        Ok(wire)
    }

    /// Sends a command.
    pub(crate) fn send(&mut self, id: u64, command: &str, data: &Value) -> io::Result<()> {
        let mut frame = Vec::new();
        frame::encode(Opcode::Text, json!({"id": id, "cmd": command, "data": data}).to_string().as_bytes(), Some([1, 2, 3, 4]), &mut frame);
        self.socket.write_all(&frame)
    }

    /// Reads until hello is answered.
    pub(crate) fn greeted(mut self) -> io::Result<Self> {
        let (mut heard, mut buffer) = (Vec::new(), [0; 2048]);
        while !heard.windows(7).any(|bytes| bytes == b"\"re\":1," || bytes == b"\"re\":1}") {
            match self.socket.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => heard.extend_from_slice(&buffer[..count]),
            }
        }
        let heard = String::from_utf8_lossy(&heard).into_owned();
        assert!(heard.contains("\"ok\""), "hello was refused: {heard}");
        Ok(self)
    }

    /// Reads a single byte, if there is one.
    pub(crate) fn sip(&mut self) -> io::Result<usize> {
        self.socket.read(&mut [0])
    }
}
