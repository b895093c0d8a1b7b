//! Settings that are right one by one and wrong together.

use std::net::SocketAddr;

use super::{Config, Profile};

/// Two settings or more that cannot both hold.
#[derive(Debug, PartialEq)]
pub(super) struct Contradiction {
    /// All that take part. The mistake is reported where the weightiest of them was written.
    pub(super) keys: &'static [&'static str],
    /// What cannot be, and what would be right.
    pub(super) what: String,
}

/// Everything in the configuration that contradicts something else in it.
pub(super) fn contradictions(config: &Config) -> Vec<Contradiction> {
    let Config { server, transport, edge, limits, tls, tokens, log: _ } = config;
    let mut found = Vec::new();
    let mut say = |keys, what: String| found.push(Contradiction { keys, what });

    match (&tls.cert, &tls.key) {
        (Some(_), None) => say(&["tls.cert", "tls.key"], "tls.cert: needs tls.key, its private key, beside it".into()),
        (None, Some(_)) => say(&["tls.cert", "tls.key"], "tls.key: needs tls.cert, its certificate, beside it".into()),
        _ => {}
    }
    if let Some(metrics) = server.metrics_listen
        && collide(server.listen, metrics)
    {
        say(&["listen", "metrics_listen"], format!("metrics_listen: {metrics} is taken by listen = \"{}\"; give it another port, or \"off\"", server.listen));
    }
    if edge.connections_per_address > edge.max_connections {
        say(
            &["edge.connections_per_address", "edge.max_connections"],
            format!(
                "edge.connections_per_address: {} is more than edge.max_connections = {} allows everybody together",
                edge.connections_per_address, edge.max_connections
            ),
        );
    }
    // Echoes are no messages, and what waits for whom they go to makes room for the largest.
    let has_messages = server.profile == Profile::Production;
    if has_messages && edge.outbox_bytes < transport.max_payload {
        say(
            &["edge.outbox_bytes", "max_payload"],
            format!("edge.outbox_bytes: {} cannot hold one frame of max_payload = {} bytes", edge.outbox_bytes, transport.max_payload),
        );
    }
    if has_messages && limits.body_bytes >= transport.max_payload {
        say(
            &["limits.body_bytes", "max_payload"],
            format!(
                "limits.body_bytes: a message of {} bytes and what is around it do not fit in max_payload = {} bytes",
                limits.body_bytes, transport.max_payload
            ),
        );
    }
    if limits.command_burst < limits.commands_per_second {
        say(
            &["limits.command_burst", "limits.commands_per_second"],
            format!(
                "limits.command_burst: {} is less than limits.commands_per_second = {}, which could then never be reached",
                limits.command_burst, limits.commands_per_second
            ),
        );
    }
    if tokens.access_ttl_s >= tokens.refresh_ttl_s() {
        say(
            &["tokens.access_ttl_s", "tokens.refresh_ttl_days"],
            format!("tokens.access_ttl_s: {} seconds outlive the refresh token of tokens.refresh_ttl_days = {}", tokens.access_ttl_s, tokens.refresh_ttl_days),
        );
    }
    found
}

/// Whether two listeners want the same port of the same interface. Port 0 is any free one.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let same_interface = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && same_interface
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings;

    fn keys_of(config: &Config) -> Vec<&'static [&'static str]> {
        let found = contradictions(config);
        for Contradiction { keys, what } in &found {
            for key in *keys {
                assert!(settings().any(|setting| setting.key == *key), "{key} is no setting");
                assert!(what.contains(key), "{what:?} does not name {key}");
            }
        }
        found.into_iter().map(|contradiction| contradiction.keys).collect()
    }

    fn with(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::default();
        change(&mut config);
        config
    }

    #[test]
    fn the_defaults_contradict_nothing() {
        assert_eq!(contradictions(&Config::default()), []);
    }

    #[test]
    fn a_certificate_and_its_key_come_together() {
        let keys: &[&[&str]] = &[&["tls.cert", "tls.key"]];
        assert_eq!(keys_of(&with(|config| config.tls.cert = Some("c.pem".into()))), keys);
        assert_eq!(keys_of(&with(|config| config.tls.key = Some("k.pem".into()))), keys);
        assert!(
            keys_of(&with(|config| {
                config.tls.cert = Some("c.pem".into());
                config.tls.key = Some("k.pem".into());
            }))
            .is_empty()
        );
    }

    #[test]
    fn two_listeners_do_not_share_a_port() {
        let listeners = |listen: &str, metrics: &str| {
            keys_of(&with(|config| {
                config.server.listen = listen.parse().unwrap();
                config.server.metrics_listen = Some(metrics.parse().unwrap());
            }))
        };
        assert_eq!(listeners("127.0.0.1:80", "127.0.0.1:80").len(), 1);
        assert_eq!(listeners("0.0.0.0:80", "127.0.0.1:80").len(), 1);
        assert!(listeners("127.0.0.1:0", "127.0.0.1:0").is_empty());
        assert!(listeners("127.0.0.2:80", "127.0.0.1:80").is_empty());
    }

    #[test]
    fn a_part_is_not_larger_than_the_whole() {
        let address = with(|config| config.edge.connections_per_address = config.edge.max_connections + 1);
        assert_eq!(keys_of(&address), [["edge.connections_per_address", "edge.max_connections"]]);
        let outbox = with(|config| config.edge.outbox_bytes = config.transport.max_payload - 1);
        assert_eq!(keys_of(&outbox), [["edge.outbox_bytes", "max_payload"]]);
        let body = with(|config| config.transport.max_payload = config.limits.body_bytes);
        assert_eq!(keys_of(&body), [["limits.body_bytes", "max_payload"]]);
    }

    #[test]
    fn echoes_are_of_any_size() {
        for max_payload in [1024, 64 << 20] {
            let echoes = with(|config| {
                config.server.profile = Profile::Conformance;
                config.transport.max_payload = max_payload;
            });
            assert_eq!(contradictions(&echoes), []);
        }
        let burst = with(|config| config.limits.command_burst = config.limits.commands_per_second - 1);
        assert_eq!(keys_of(&burst), [["limits.command_burst", "limits.commands_per_second"]]);
        let token = with(|config| {
            config.tokens.access_ttl_s = 86_400;
            config.tokens.refresh_ttl_days = 1;
        });
        assert_eq!(keys_of(&token), [["tokens.access_ttl_s", "tokens.refresh_ttl_days"]]);
    }
}
