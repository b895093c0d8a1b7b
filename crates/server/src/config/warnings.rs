//! What is allowed and may still surprise.

use super::Config;
use super::origin::{Origins, PublicUrl};
use super::profile::Profile;

/// What the operator should know before strangers do.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let Config { server, edge, tls, .. } = config;
    let is_open = !server.listen.ip().is_loopback();
    let listen = server.listen;
    let mut warnings = Vec::new();

    if is_open && server.profile == Profile::Conformance {
        warnings.push(format!("listen = \"{listen}\": everybody who reaches it can use this server as an echo"));
    }
    if is_open && server.profile == Profile::Production {
        let is_encrypted = tls.files().is_some() || server.public_url.as_ref().is_some_and(PublicUrl::is_encrypted);
        if !is_encrypted {
            warnings.push(format!(
                "listen = \"{listen}\": passwords and messages travel unencrypted; set tls.cert and tls.key, \
                 or public_url to the https address of the proxy in front"
            ));
        }
        if server.public_url.is_none() && edge.allowed_origins == Origins::Only(Vec::new()) {
            warnings.push(format!(
                "listen = \"{listen}\": browsers may connect from pages of this address only; \
                 set public_url or edge.allowed_origins for any other"
            ));
        }
    }
    if let Some(metrics) = server.metrics_listen.filter(|address| !address.ip().is_loopback()) {
        warnings.push(format!("metrics_listen = \"{metrics}\": metrics ask nobody who they are"));
    }
    if edge.trusted_proxies.iter().any(|network| network.is_everything()) {
        warnings.push("edge.trusted_proxies: everybody is trusted, so anybody can claim any address".to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(change: impl FnOnce(&mut Config)) -> Vec<String> {
        let mut config = Config::default();
        change(&mut config);
        warnings(&config)
    }

    #[test]
    fn the_defaults_surprise_nobody() {
        assert!(warned(|_| ()).is_empty());
    }

    #[test]
    fn listening_to_strangers_without_encryption_or_address_is_mentioned() {
        let warnings = warned(|config| config.server.listen = "0.0.0.0:7878".parse().unwrap());
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("unencrypted") && warnings[1].contains("public_url"));
    }

    #[test]
    fn a_proxy_that_encrypts_is_enough() {
        let warnings = warned(|config| {
            config.server.listen = "[::]:7878".parse().unwrap();
            config.server.public_url = PublicUrl::parse("https://chat.example.org");
        });
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn metrics_for_strangers_and_trust_for_everybody_are_mentioned() {
        let warnings = warned(|config| {
            config.server.metrics_listen = Some("0.0.0.0:7879".parse().unwrap());
            config.edge.trusted_proxies = vec!["::/0".parse().unwrap()];
        });
        assert_eq!(warnings.len(), 2, "{warnings:?}");
    }

    #[test]
    fn an_open_echo_is_mentioned() {
        let warnings = warned(|config| {
            config.server.profile = Profile::Conformance;
            config.server.listen = "0.0.0.0:7878".parse().unwrap();
        });
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }
}
