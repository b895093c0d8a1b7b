//! The floor: what this machine takes to write frames to many loopback sockets, when nothing else is done. No server that
//! writes to each of its sockets can be cheaper.
//!
//! `floor SOCKETS FRAME_BYTES FRAMES_PER_WRITE SWEEPS_PER_SECOND SECONDS` prints a line of JSON. A sweep is one write to each
//! socket. With 0 sweeps a second they follow one another, as fast as a second process drains the sockets.

use anyhow::{Context as _, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// As much as the load generator takes from a socket at once.
const READ_BYTES: usize = 256 << 10;
/// When a socket is full, the drain gets so long.
const FULL: Duration = Duration::from_micros(300);

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, address, sockets] = &*arguments
        && verb == "drain"
    {
        return drain(address.parse()?, sockets.parse()?);
    }
    let [sockets, frame, frames, sweeps, seconds] = &*arguments else {
        anyhow::bail!("floor SOCKETS FRAME_BYTES FRAMES_PER_WRITE SWEEPS_PER_SECOND SECONDS");
    };
    let (sockets, frame, frames): (usize, usize, usize) = (sockets.parse()?, frame.parse()?, frames.parse()?);
    let (sweeps, seconds): (f64, f64) = (sweeps.parse()?, seconds.parse()?);
    ensure!(sockets > 0 && frame > 0 && frames > 0 && sweeps >= 0.0 && seconds > 0.0, "all are more than 0; sweeps may be 0");

    let (mut members, mut drain) = connect(sockets)?;
    let bytes = vec![b'a'; frame * frames];
    let pause = (sweeps > 0.0).then(|| Duration::from_secs_f64(1.0 / sweeps));
    let (began, cpu_before, mut swept) = (Instant::now(), cpu_ns()?, 0_u32);
    let (mut writes, mut written) = (0_u64, 0_u64);
    while began.elapsed().as_secs_f64() < seconds {
        let mut is_full = false;
        for member in &mut members {
            match member.write(&bytes) {
                Ok(count) => {
                    writes += 1;
                    written += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => is_full = true,
                Err(error) => return Err(error).context("a socket broke"),
            }
        }
        swept += 1;
        match pause {
            Some(pause) => sleep((pause * swept).saturating_sub(began.elapsed())),
            None if is_full => sleep(FULL),
            None => {}
        }
    }
    let (elapsed, cpu_us) = (began.elapsed().as_secs_f64(), (cpu_ns()? - cpu_before) as f64 / 1e3);
    let whole = written as f64 / frame as f64;
    println!(r#"{{"frames_per_second":{:.0},"cpu_us_per_frame":{:.4},"cpu_us_per_write":{:.4}}}"#, whole / elapsed, cpu_us / whole, cpu_us / writes as f64);
    drop(members);
    drain.wait()?;
    Ok(())
}

/// Sockets whose other ends another process holds.
fn connect(sockets: usize) -> anyhow::Result<(Vec<TcpStream>, Child)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let drain = Command::new(std::env::current_exe()?).args(["drain", &listener.local_addr()?.to_string(), &sockets.to_string()]).spawn()?;
    let members = listener.incoming().take(sockets).map(|member| {
        let member = member?;
        member.set_nodelay(true)?;
        member.set_nonblocking(true)?;
        anyhow::Ok(TcpStream::from_std(member))
    });
    Ok((members.collect::<Result<_, _>>()?, drain))
}

/// Reads what comes, until it ends.
fn drain(address: SocketAddr, sockets: usize) -> anyhow::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut members = Vec::with_capacity(sockets);
    for number in 0..sockets {
        let member = std::net::TcpStream::connect(address)?;
        member.set_nonblocking(true)?;
        let mut member = TcpStream::from_std(member);
        poll.registry().register(&mut member, Token(number), Interest::READABLE)?;
        members.push(member);
    }
    let mut buffer = vec![0; READ_BYTES];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            let member = &mut members[event.token().0];
            loop {
                match member.read(&mut buffer) {
                    Ok(0) => return Ok(()),
                    // A buffer that was not filled has emptied the socket.
                    Ok(count) if count < buffer.len() => break,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    // The other side left with something unread.
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

/// What this thread, the only one, has had of the processors.
fn cpu_ns() -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(stat.split(' ').next().unwrap_or_default().parse()?)
}
