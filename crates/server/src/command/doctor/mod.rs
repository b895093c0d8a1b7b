//! `rialto doctor`: whether a server would run here, and what to do when not. It looks, and changes nothing.

mod certificate;
mod configuration;
mod directory;
mod finding;
mod machine;
mod ports;

use std::process::ExitCode;
use std::time::SystemTime;

use super::speaks_utf8;
use crate::config::{Config, Flags, Loaded, Profile};
pub(crate) use directory::{Inspect, Kept};
use finding::{Finding, Grade, Report};
use ports::Tenant;

/// Check configuration, directories, ports and a running server, and say what to do.
///
/// Takes the settings of `rialto serve`. Changes nothing. Ends with 1 when a server would not run like this.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: Flags,
}

/// Looks at everything, and prints what it found. `inspect` knows the store.
pub(crate) fn run(args: Args, inspect: Inspect<'_>) -> anyhow::Result<ExitCode> {
    let concerns = match Config::load(args.settings) {
        Err(mistakes) => vec![("configuration", configuration::mistakes(&mistakes))],
        Ok(Loaded { config, warnings }) => examine(&config, &warnings, inspect),
    };
    let report = Report { signs: speaks_utf8(), concerns };
    print!("{report}");
    Ok(if report.grade() == Grade::Bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn examine(config: &Config, warnings: &[String], inspect: Inspect<'_>) -> Vec<(&'static str, Vec<Finding>)> {
    let Config { server, edge, tls, .. } = config;
    let now = SystemTime::now();

    let metrics = server.metrics_listen.map(|address| (address, ports::at_metrics(address)));
    let listen = match (ports::at_listen(server.listen, tls.files().is_some()), &metrics) {
        // Where the one is, the other is.
        (Tenant::Unproven, Some((_, Tenant::Rialto))) => Tenant::Rialto,
        (tenant, _) => tenant,
    };
    let is_running = listen == Tenant::Rialto || matches!(metrics, Some((_, Tenant::Rialto)));
    let mut found_ports = vec![ports::judge("listen", server.listen, &listen)];
    if let Some((address, tenant)) = &metrics {
        found_ports.push(ports::judge("metrics_listen", *address, tenant));
        if *tenant == Tenant::Rialto {
            found_ports.push(ports::readiness(*address));
        }
    }

    let mut found_directory = Vec::new();
    if server.profile == Profile::Production {
        let (findings, holder) = directory::check(&server.data_dir, inspect);
        found_directory = findings;
        found_directory.push(directory::judge_holder(holder, is_running));
    }
    let now_s = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
    let found_certificate = tls.files().map(|(certificate, key)| certificate::check(certificate, key, now_s)).unwrap_or_default();
    let mut found_machine = vec![machine::clock(now, &server.data_dir)];
    found_machine.extend(machine::descriptors(edge.max_connections));
    vec![
        ("configuration", configuration::explain(config, warnings)),
        ("data directory", found_directory),
        ("ports", found_ports),
        ("encryption", found_certificate),
        ("machine", found_machine),
    ]
}
