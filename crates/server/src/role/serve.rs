//! Everything in one process: `rialto serve`.

use anyhow::{Context as _, ensure};
use metrics_exporter_prometheus::PrometheusHandle;
use rialto_domain::limit::Rate;
use rialto_edge::dispatch::{Dispatch, NoService};
use rialto_edge::http::{self, Http, Operations, Readiness, Tls, Web};
use rialto_edge::realtime::{self, Gateway, Realtime};
use rialto_edge::settings::{Profile as Offer, Settings, Timing};
use rialto_service::sequencer::Sequencer;
use rialto_service::{Policy, RatePolicy, Service, TokenPolicy};
use rialto_wire::engineio::Pace;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::compose::{self, Backends};
use crate::config::{Config, Flags, Loaded, Profile};
use crate::telemetry;
use crate::web::CLIENT;

/// What requests under way get in any case to be answered, when the server stops.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// Runs until it is told to stop (SIGTERM, SIGINT).
pub(crate) fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    let Loaded { config, warnings } = match Config::load(flags) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            eprint!("{mistakes}");
            return Ok(ExitCode::from(2));
        }
    };
    telemetry::start_log(&config.log);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let runtime = Runtime::new().context("threads cannot be started")?;
    runtime.block_on(serve(&config))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let listener = listen(config.server.listen)?;
    let tls = config.tls.files().map(|(cert, key)| Tls::load(cert, key)).transpose()?;
    let url = format!("{}://{}", if tls.is_some() { "https" } else { "http" }, listener.local_addr()?);
    let metrics = telemetry::start_metrics()?;
    let mut messenger = match config.server.profile {
        Profile::Production => Some(Messenger::start(config).await?),
        Profile::Conformance => None,
    };
    let (gateway, bus): (Arc<dyn Gateway>, _) = match &messenger {
        Some(messenger) => {
            let minimum = config.server.minimum_client.as_ref().map(|version| version.as_str());
            (Arc::new(Dispatch::new(messenger.service.clone(), minimum)), messenger.backends.ports.bus.clone())
        }
        None => (Arc::new(NoService), compose::local_bus()),
    };
    let settings = edge_settings(config);
    let parts = realtime::Parts { gateway: gateway.clone(), bus: bus.clone(), runtime: Handle::current() };
    let (mut realtime, handed_over) = Realtime::start(settings.clone(), parts).context("the shards cannot be started")?;
    match &messenger {
        Some(messenger) => bus.attach(messenger.service.inbox(realtime.relay())),
        None => bus.attach(realtime.relay()),
    }
    let web = Web {
        version: env!("CARGO_PKG_VERSION").into(),
        public_url: config.server.public_url.as_ref().map(|url| url.origin().as_str().to_owned()),
        is_encrypted: tls.is_some(),
    };
    let (polling, admission, adopter) = (realtime.polling(), realtime.admission(), realtime.adopter());
    let mut http = Http::new(http::Parts { settings, web, assets: CLIENT, gateway, polling, admission, adopter });
    http.serve(handed_over);
    match tls {
        Some(tls) => http.serve_tls(listener, tls)?,
        None => realtime.listen(vec![listener]).context("connections cannot be accepted")?,
    }
    let operations = config.server.metrics_listen.map(|address| operations(address, messenger.as_ref(), metrics)).transpose()?;
    println!("Rialto is at {url}");
    if let Some(operations) = &operations {
        tracing::info!("health and metrics are at http://{}", operations.address());
    }

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let is_asked = tokio::select! {
        _ = terminate.recv() => true,
        _ = interrupt.recv() => true,
        () = writer_ended(messenger.as_mut()) => false,
    };
    tracing::info!("stopping: clients are told to connect again");
    let drain_ms = config.edge.drain_ms;
    if let Some(operations) = &operations {
        operations.drain();
    }
    // The shards first: a client between two polls comes back by HTTP to hear their last word.
    let begun = Instant::now();
    tokio::task::spawn_blocking(move || realtime.shutdown(drain_ms)).await?;
    let left = Duration::from_millis(drain_ms).saturating_sub(begun.elapsed());
    http.drain(left.max(LAST_ANSWERS)).await;
    if let Some(messenger) = messenger {
        messenger.stop().await;
    }
    ensure!(is_asked, "nothing can be written any more; the log says why");
    Ok(())
}

/// Waits for the end of a writer that should not end by itself. Without one there is nothing to wait for.
async fn writer_ended(messenger: Option<&mut Messenger>) {
    match messenger {
        // The other half goes with the writer's thread; nothing is ever sent.
        Some(messenger) => drop((&mut messenger.writes).await),
        None => std::future::pending().await,
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("{address} cannot be listened on; `rialto doctor` says by whom it is used"))
}

/// Health, readiness and metrics, on a listener of their own.
fn operations(address: SocketAddr, messenger: Option<&Messenger>, metrics: PrometheusHandle) -> anyhow::Result<Operations> {
    let service = messenger.map(|messenger| messenger.service.clone());
    let readiness: Readiness = Arc::new(move || {
        let service = service.clone();
        Box::pin(async move {
            match service {
                Some(service) => service.ready().await.map_err(|refusal| refusal.to_string()),
                None => Ok(()),
            }
        })
    });
    Ok(Operations::start(listen(address)?, readiness, Arc::new(move || metrics.render()))?)
}

/// The service with its backends and its one writer.
struct Messenger {
    service: Arc<Service>,
    backends: Backends,
    sequencer: JoinHandle<()>,
    /// Ends when the sequencer does.
    writes: oneshot::Receiver<()>,
}

impl Messenger {
    async fn start(config: &Config) -> anyhow::Result<Self> {
        let (backends, reader) = compose::embedded(&config.server.data_dir)?;
        let service = Service::new(backends.ports.clone(), policy(config, backends.store.epoch()), &backends.key).await?;
        let ports = &backends.ports;
        let sequencer = Sequencer::new(ports.log.clone(), ports.bus.clone(), ports.clock.clone(), service.limits().clone());
        let runtime = Handle::current();
        // A thread of its own: a batch is decided without giving way to requests.
        let (until_end, writes) = oneshot::channel();
        let write = move || {
            let _until_end = until_end;
            runtime.block_on(sequencer.run(reader));
        };
        let sequencer = std::thread::Builder::new().name("rialto-sequence".into()).spawn(write).context("the sequencer cannot be started")?;
        Ok(Self { service, backends, sequencer, writes })
    }

    /// Writes what was accepted, and closes the store.
    async fn stop(self) {
        self.backends.intake.close();
        let sequencer = self.sequencer;
        if !matches!(tokio::task::spawn_blocking(move || sequencer.join()).await, Ok(Ok(()))) {
            tracing::error!("the sequencer has panicked");
        }
        self.service.stop_waiting();
        self.backends.store.close().await;
    }
}

fn edge_settings(config: &Config) -> Settings {
    let Config { edge, transport, server, .. } = config;
    Settings {
        shards: edge.shards,
        max_connections: edge.max_connections,
        connections_per_address: edge.connections_per_address,
        trusted_proxies: edge.trusted_proxies.clone(),
        origins: config.origins(),
        limits: config.told_limits(),
        timing: Timing {
            head_ms: edge.head_timeout_ms,
            greeting_ms: transport.connect_timeout_ms,
            heartbeat: Pace { interval_ms: transport.ping_interval_ms, timeout_ms: transport.ping_timeout_ms },
            ..Timing::default()
        },
        // An echo may be larger than what people send.
        outbox_bytes: edge.outbox_bytes.max(transport.max_payload),
        profile: match server.profile {
            Profile::Production => Offer::Production,
            Profile::Conformance => Offer::Conformance,
        },
        ..Settings::default()
    }
}

fn policy(config: &Config, epoch: &str) -> Policy {
    let Config { limits, tokens, .. } = config;
    let per_minute = |count| Rate::new(count, 60_000, count);
    Policy {
        limits: config.told_limits(),
        tokens: TokenPolicy {
            access_ttl_ms: tokens.access_ttl_s * 1000,
            refresh_ttl_ms: tokens.refresh_ttl_s() * 1000,
            refresh_grace_ms: tokens.refresh_grace_s * 1000,
            log_ins_per_user: tokens.log_ins_per_user,
        },
        rates: RatePolicy {
            registrations: Rate::new(limits.registrations_per_address_per_hour, 3_600_000, limits.registrations_per_address_per_hour),
            log_ins_per_address: per_minute(limits.log_ins_per_address_per_minute),
            log_ins_per_name: per_minute(limits.log_ins_per_name_per_minute),
            log_ins_from_new_places: Rate::new(limits.log_ins_from_new_places_per_hour, 3_600_000, limits.log_ins_from_new_places_per_hour),
            commands: Rate::new(limits.commands_per_second, 1000, limits.command_burst),
            commands_per_address: Rate::new(limits.commands_per_address_per_second, 1000, limits.commands_per_address_per_second.saturating_mul(2)),
            discoveries: per_minute(limits.discoveries_per_minute),
        },
        epoch: epoch.to_owned(),
    }
}
