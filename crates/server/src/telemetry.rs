//! What the server says about itself: log lines and metrics.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Format, Log};

/// Starts logging to standard error. `RUST_LOG` overrides the level, module by module.
pub(crate) fn start_log(log: &Log) {
    // `rialto` is also the beginning of the other crates' names; others speak when something is wrong.
    let ours = || EnvFilter::new(format!("warn,rialto={}", log.level.name()));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| ours());
    let is_terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_terminal);
    match log.format {
        Format::Text => builder.with_target(false).init(),
        Format::Json => builder.json().init(),
    }
}

/// Starts counting. The handle renders what was counted in Prometheus' text format.
pub(crate) fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}
