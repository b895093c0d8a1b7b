//! Whether the configuration is right, and what would run.

use std::path::Path;

use super::finding::Finding;
use crate::config::{Config, Mistakes, Profile};

/// A configuration's mistakes.
pub(super) fn mistakes(mistakes: &Mistakes) -> Vec<Finding> {
    let mut findings: Vec<_> = mistakes.iter().map(|mistake| Finding::bad(mistake.to_string())).collect();
    if let Some(last) = findings.last_mut() {
        last.advice = Some("`rialto config` prints every setting with its meaning; the rest is looked at once the configuration is right".to_owned());
    }
    findings
}

/// What a configuration without mistakes would run, and what may surprise about it.
pub(super) fn explain(config: &Config, warnings: &[String]) -> Vec<Finding> {
    let Config { server, transport, limits, tls, .. } = config;
    let scheme = if tls.files().is_some() { "https" } else { "http" };
    let reach = if server.listen.ip().is_loopback() { "reached from this machine only" } else { "reached from everywhere the network lets in" };
    let what = match server.profile {
        Profile::Production => "the messenger",
        Profile::Conformance => "an echo for protocol suites, which keeps nothing",
    };
    let mut findings = vec![Finding::good(format!("no mistakes; it would run {what} at {scheme}://{}, {reach}", server.listen))];
    if let Some(url) = &server.public_url {
        findings.push(Finding::good(format!("people open it at {}", url.origin().as_str())));
    }
    if server.profile == Profile::Production {
        let age = format!("a message has up to {} bytes, a channel up to {} members", limits.body_bytes, limits.members);
        findings.push(Finding::good(format!("data is kept in {}; {age}", display(&server.data_dir))));
    }
    findings.push(Finding::good(format!(
        "a silent client is asked after {} s and given up {} s later",
        transport.ping_interval_ms / 1000,
        transport.ping_timeout_ms / 1000
    )));
    findings.extend(warnings.iter().map(Finding::odd));
    findings
}

fn display(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Grade;

    #[test]
    fn what_would_run_is_said() {
        let findings = explain(&Config::default(), &["mind the gap".to_owned()]);
        assert!(findings[0].what.contains("the messenger at http://127.0.0.1:7878, reached from this machine only"), "{findings:?}");
        assert_eq!(findings.last().map(|finding| (finding.grade, finding.what.as_str())), Some((Grade::Odd, "mind the gap")));
    }
}
