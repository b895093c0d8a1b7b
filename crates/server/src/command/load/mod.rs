//! `rialto load`: many connections to a running server, and what they experience.
//!
//! One thread moves all sockets, so that the generator takes as little as possible from a server beside it; accounts and
//! channels are made beforehand over the protocol.

mod carrier;
mod cast;
mod dialogue;
mod fleet;
mod greeting;
mod heard;
mod histogram;
mod ledger;
mod naming;
mod order;
mod pace;
mod phases;
mod plan;
mod procfs;
mod report;
mod resume;
mod socket;
mod tally;
mod trial;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::client::Address;
use carrier::Carrier;
use cast::Cast;
use fleet::{Fleet, Manner};
use pace::Pace;
use phases::Load;
use plan::Plan;
use report::{Faults, Latencies, Report};
use trial::Trial;

/// The largest message that is taken from a server.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// Measure a running server: many connections, messages at a rate, and what becomes of them.
///
/// Each connection has its own anonymous account. The server limits how many accounts one address makes, and how much one
/// user sends; start it for a test with, for instance:
///
///   RIALTO_LIMITS_REGISTRATIONS_PER_ADDRESS_PER_HOUR=1000000 RIALTO_LIMITS_DISCOVERIES_PER_MINUTE=1000000
///   RIALTO_LIMITS_COMMANDS_PER_SECOND=100000 RIALTO_LIMITS_COMMAND_BURST=1000000
///   RIALTO_EDGE_CONNECTIONS_PER_ADDRESS=100000 rialto serve
///
/// Ends with 1 when a delivery was lost, doubled or out of order, a connection broke, or the server said something strange.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The server. (Encrypted addresses are not supported: measure behind the proxy, or without tls.cert.)
    #[arg(long, default_value = "http://127.0.0.1:7878")]
    url: Address,
    /// Connections, each with its own account. Rounded down to whole channels.
    #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// Members of each channel.
    #[arg(long, short = 'm', default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    channel_size: u32,
    /// Channels altogether, instead of their size.
    #[arg(long, conflicts_with = "channel_size", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    channels: Option<u32>,
    /// Channels that each connection is in.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    memberships: u32,
    /// Messages a second over all channels, each of which makes as many deliveries as its channel has members. They are sent
    /// whether the server keeps up or not. 0 saturates: see --inflight.
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
    /// To saturate: deliveries that may be on their way. [default: 4000, or four messages' if that is more]
    #[arg(long)]
    inflight: Option<u64>,
    /// Seconds of measuring.
    #[arg(long, default_value_t = 10.0)]
    duration: f64,
    /// Seconds of the same before measuring.
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    /// Bytes of text in each message.
    #[arg(long, default_value_t = 130, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    payload: u32,
    /// How to speak.
    #[arg(long, value_enum, default_value_t = Carrier::Json)]
    carrier: Carrier,
    /// What to say: Rialto's protocol, or the simple one that servers of other make can be measured with. (bench: CONNECT
    /// with {"room":"rN"}; event "msg" with {ts, body} is acknowledged and sent to the room, its sender included. Over the
    /// plain carriers in their envelopes: {"id":0,"cmd":"hello","data":{"room":"rN"}}, {"re":0,"ok":{}}, and so on.)
    #[arg(long, value_enum, default_value_t = Contract::Rialto)]
    contract: Contract,
    /// Members tell that they received and read: measures how long until a sender sees it.
    #[arg(long)]
    marks: bool,
    /// Connect, and say nothing for --duration: measures memory per connection.
    #[arg(long)]
    idle: bool,
    /// Everybody but the first member of each channel leaves, so many messages are written into each channel, and all come
    /// back at once: measures how long until nobody misses anything.
    #[arg(long, value_name = "MESSAGES", conflicts_with = "idle", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    missed: Option<u32>,
    /// The server's process: measures its CPU and memory. With more than one process, the one that moves the sockets.
    #[arg(long)]
    pid: Option<u32>,
    /// Connections that are being opened at the same time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    connecting: u32,
    /// Come from so many addresses, 127.0.0.1 and up: one address has 28,000 ports. Only for servers on this machine.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=250))]
    src_ips: u8,
    /// Keep accounts and channels here, and use them again in the next run.
    #[arg(long, value_name = "FILE")]
    setup_file: Option<PathBuf>,
    /// Make accounts and channels, and leave.
    #[arg(long, requires = "setup_file")]
    setup_only: bool,
    /// Do not measure: let everybody talk, edit, react, read, come and go, survive a server that dies meanwhile, and write down
    /// everything that is asked and heard. `rialto check` then tells whether the server kept its promises.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["marks", "idle", "missed", "inflight", "warmup", "pid", "src_ips", "json"])]
    journal: Option<PathBuf>,
    /// Devices of each user, each with a connection of its own.
    #[arg(long, default_value_t = 1, requires = "journal", value_parser = clap::value_parser!(u32).range(1..=100))]
    devices: u32,
    /// A word to tell reports apart.
    #[arg(long, default_value = "")]
    label: String,
    /// Report as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What the server under test understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contract {
    /// Rialto's protocol.
    Rialto,
    /// The simple one.
    Bench,
}

/// Runs the measurement, prints the report, and tells by the exit code whether every promise was kept.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    ensure!(!args.url.is_encrypted(), "https is not supported here: measure behind the proxy, or without tls.cert");
    ensure!(args.contract == Contract::Rialto || !args.marks, "the bench contract knows no marks");
    ensure!(args.journal.is_none() || (args.contract, args.carrier) == (Contract::Rialto, Carrier::Json), "a journal is written over --carrier json alone");
    ensure!(args.contract == Contract::Rialto || args.missed.is_none(), "the bench contract keeps nothing that could be missed");
    ensure!(args.rate.is_finite() && args.rate >= 0.0, "--rate is messages a second, 0 or more");
    let (duration, warm_up) = (seconds("--duration", args.duration)?, seconds("--warmup", args.warmup)?);
    let channel_size = args.channels.map_or(args.channel_size, |channels| args.connections / channels.min(args.connections));
    let plan = Plan::new(args.connections, channel_size, args.memberships);
    enough_files(plan.connections() * args.devices)?;

    let (accounts, channels) = match args.contract {
        Contract::Rialto => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let cast = runtime.block_on(Cast::assemble(&args.url, plan, args.setup_file.as_deref()))?;
            if let Some(journal) = args.journal.as_deref().filter(|_| !args.setup_only) {
                let (devices, rate, payload_bytes) = (args.devices, args.rate, args.payload as usize);
                let trial = Trial { address: &args.url, plan, devices, rate, duration, payload_bytes };
                return runtime.block_on(trial.run(&cast, journal));
            }
            (cast.accounts, cast.channels)
        }
        Contract::Bench => (Vec::new(), Vec::new()),
    };
    if args.setup_only {
        return Ok(ExitCode::SUCCESS);
    }
    let manner = Manner {
        server: resolve(&args.url)?,
        host: args.url.authority(),
        carrier: args.carrier,
        contract: args.contract,
        sources: args.src_ips,
        marks: args.marks,
        plan,
    };
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).context("the system has no random numbers")?;
    let fleet = Fleet::new(manner, accounts, channels, seed)?;
    let report = measure(fleet, &args, duration, warm_up)?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?)
    } else {
        print!("{report}")
    }
    Ok(if report.faults.is_any() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measure(mut fleet: Fleet, args: &Args, duration: Duration, warm_up: Duration) -> anyhow::Result<Report> {
    let connect = phases::connect(&mut fleet, args.connecting as usize, args.pid)?;
    let mut report = Report { label: args.label.clone(), connect, idle: None, resume: None, load: None, latency_us: None, faults: Faults::default() };
    if args.idle {
        report.idle = Some(phases::idle(&mut fleet, duration, args.pid)?);
    } else if let Some(missed) = args.missed {
        report.resume = Some(resume::resume(&mut fleet, missed, args.payload as usize, args.pid)?);
    } else {
        let least = u64::from(fleet.manner.plan.channel_size()) * 4;
        let inflight = args.inflight.unwrap_or(least.max(4000));
        let pace = if args.rate > 0.0 { Pace::Open { per_second: args.rate } } else { Pace::Saturate { inflight } };
        let load = Load { pace, warm_up, duration, payload_bytes: args.payload as usize };
        report.load = Some(phases::load(&mut fleet, &load, args.pid)?);
        report.latency_us = Some(Latencies::of(&fleet.tally));
    }
    report.faults = Faults::of(&fleet.tally, report.load.as_ref(), report.resume.as_ref());
    Ok(report)
}

fn seconds(flag: &str, seconds: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| *duration < Duration::from_secs(86_400))
        .with_context(|| format!("{flag} is seconds, up to a day"))
}

fn enough_files(connections: u32) -> anyhow::Result<()> {
    let needed = u64::from(connections) + 100;
    let limit = procfs::open_files_limit().unwrap_or(u64::MAX);
    ensure!(limit >= needed, "{connections} connections need {needed} file descriptors, and this process may have {limit}: run `ulimit -n {needed}` first");
    Ok(())
}

fn resolve(address: &Address) -> anyhow::Result<SocketAddr> {
    let mut found = (address.host(), address.port()).to_socket_addrs().with_context(|| format!("{} is not known", address.host()))?;
    found.next().with_context(|| format!("{} has no address", address.host()))
}
