//! What a person who configures a server meets.

use super::*;

fn flags<const N: usize>(said: [(&'static str, &str); N]) -> Flags {
    let said = said.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
    Flags { file: None, said }
}

fn file(text: &str) -> Sources {
    Sources { file: Some(("rialto.toml".into(), text.to_owned())), ..Sources::default() }
}

fn mistakes(sources: &Sources) -> Vec<String> {
    Config::read(sources).unwrap_err().iter().map(Mistake::to_string).collect()
}

#[test]
fn without_a_word_the_server_runs_on_loopback_for_production() {
    let Loaded { config, warnings } = Config::read(&Sources::default()).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7878");
    assert_eq!(config.server.metrics_listen.unwrap().to_string(), "127.0.0.1:7879");
    assert_eq!(config.server.data_dir, PathBuf::from("rialto-data"));
    assert_eq!(config.server.profile, Profile::Production);
    assert_eq!(config.transport.ping_interval_ms, 25_000);
    assert_eq!(config.transport.ping_timeout_ms, 20_000);
    assert_eq!(config.limits.body_bytes, 16 * 1024);
    assert_eq!(config.edge.allowed_origins, Origins::Only(vec![]));
    assert_eq!(config.tls.files(), None);
}

#[test]
fn without_a_word_the_limits_are_those_of_the_protocol() {
    assert_eq!(Config::default().told_limits(), rialto_domain::limit::Limits::default());
}

#[test]
fn a_flag_overrules_the_environment_and_the_environment_overrules_the_file() {
    let mut sources = file("[log]\nlevel = \"error\"\nformat = \"json\"\n[edge]\nshards = 1\n");
    sources.environment = Environment::from([("RIALTO_LOG_LEVEL", "warn"), ("RIALTO_EDGE_SHARDS", "2")]);
    sources.flags = flags([("log.level", "trace")]);
    let config = Config::read(&sources).unwrap().config;
    assert_eq!(config.log.level, super::log::Level::Trace);
    assert_eq!(config.edge.shards, 2);
    assert_eq!(config.log.format, Format::Json);
}

#[test]
fn every_mistake_of_every_place_is_reported_at_once_with_its_line() {
    let mut sources = file(
        "listen = 7878\n\
         lisen = \"127.0.0.1:1\"\n\
         \n\
         [limits]\n\
         body_bytes = \"lots\"\n\
         members = 1\n\
         \n\
         [tls]\n\
         key = \"key.pem\"\n",
    );
    sources.environment = Environment::from([("RIALTO_LOG_FORMAT", "xml")]);
    sources.flags = flags([("edge.shards", "many")]);
    assert_eq!(
        mistakes(&sources),
        [
            "rialto.toml:1: listen: expected an address and a port such as \"127.0.0.1:7878\" or \"[::1]:7878\" \
             (port 0: any free one), found 7878",
            "rialto.toml:2: lisen: no such setting; did you mean listen?",
            "rialto.toml:5: limits.body_bytes: expected a whole number from 1 to 262144 (bytes), found \"lots\"",
            "rialto.toml:6: limits.members: expected a whole number from 2 to 100000 (members), found 1",
            "rialto.toml:9: tls.key: needs tls.cert, its certificate, beside it",
            "environment RIALTO_LOG_FORMAT: log.format: expected \"text\" or \"json\", found \"xml\"",
            "flag --edge-shards: edge.shards: expected a whole number from 0 to 256 (threads), found \"many\"",
        ]
    );
}

#[test]
fn the_report_counts_and_lists_the_mistakes() {
    let one = Config::read(&file("lisen = 1")).unwrap_err().to_string();
    assert_eq!(one, "one mistake in the configuration:\n  rialto.toml:1: lisen: no such setting; did you mean listen?\n");
    let two = Config::read(&file("a_ = 1\nb_ = 1")).unwrap_err().to_string();
    assert!(two.starts_with("2 mistakes in the configuration:\n  rialto.toml:1: "), "{two}");
}

#[test]
fn a_wrong_value_is_a_mistake_even_where_another_overrules_it() {
    let mut sources = file("listen = \"somewhere\"");
    sources.flags = flags([("listen", "127.0.0.1:1")]);
    assert_eq!(mistakes(&sources).len(), 1);
}

#[test]
fn a_file_that_is_not_toml_does_not_hide_the_mistakes_elsewhere() {
    let mut sources = file("listen = \n");
    sources.flags = flags([("log.level", "loud")]);
    let mistakes = mistakes(&sources);
    assert!(mistakes[0].starts_with("rialto.toml:1: not TOML: "), "{mistakes:?}");
    assert!(mistakes[1].starts_with("flag --log-level: "), "{mistakes:?}");
}

#[test]
fn a_contradiction_is_reported_where_its_weightiest_part_was_written() {
    let mut sources = file("[tls]\ncert = \"cert.pem\"\n\n[edge]\nmax_connections = 10\n");
    sources.environment = Environment::from([("RIALTO_EDGE_CONNECTIONS_PER_ADDRESS", "11")]);
    let mistakes = mistakes(&sources);
    assert!(mistakes[0].starts_with("rialto.toml:2: tls.cert: needs tls.key"), "{mistakes:?}");
    assert!(mistakes[1].starts_with("environment RIALTO_EDGE_CONNECTIONS_PER_ADDRESS: edge.connections_per_address: "), "{mistakes:?}");
    assert_eq!(mistakes.len(), 2);
}

#[test]
fn a_mistake_is_not_reported_a_second_time_as_a_contradiction() {
    let mistakes = mistakes(&file("[tls]\ncert = 5\nkey = \"key.pem\"\n"));
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
}

#[test]
fn the_conformance_profile_refuses_every_setting_about_people_or_their_data() {
    let mut sources = file("data_dir = \"/srv/rialto\"\n[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"\n");
    sources.environment = Environment::from([("RIALTO_TOKENS_ACCESS_TTL_S", "60")]);
    sources.flags = flags([("profile", "conformance"), ("ping_interval_ms", "300")]);
    let mistakes = mistakes(&sources);
    let places: Vec<_> = mistakes.iter().map(|mistake| mistake.split(": is for production").next().unwrap()).collect();
    assert_eq!(
        places,
        ["rialto.toml:1: data_dir", "rialto.toml:3: tls.cert", "rialto.toml:4: tls.key", "environment RIALTO_TOKENS_ACCESS_TTL_S: tokens.access_ttl_s",]
    );
}

#[test]
fn the_conformance_profile_runs_with_the_times_of_the_protocol_suites() {
    let sources = Sources {
        flags: flags([
            ("profile", "conformance"),
            ("ping_interval_ms", "300"),
            ("ping_timeout_ms", "200"),
            ("connect_timeout_ms", "1000"),
            ("max_payload", "1000000"),
        ]),
        ..Sources::default()
    };
    let config = Config::read(&sources).unwrap().config;
    assert_eq!(config.server.profile, Profile::Conformance);
    assert_eq!(config.transport.ping_interval_ms, 300);
    assert_eq!(config.transport.ping_timeout_ms, 200);
    assert_eq!(config.transport.connect_timeout_ms, 1000);
    assert_eq!(config.transport.max_payload, 1_000_000);
}

#[test]
fn the_conformance_profile_echoes_more_than_one_may_send_to_people() {
    let sources = |profile| Sources { flags: flags([("profile", profile), ("max_payload", "16777216")]), ..Sources::default() };
    assert_eq!(Config::read(&sources("conformance")).unwrap().config.transport.max_payload, 16 << 20);
    assert!(Config::read(&sources("production")).is_err(), "no outbox holds it");
}

#[test]
fn warnings_come_with_a_configuration_that_holds() {
    let sources = Sources { environment: Environment::from([("RIALTO_LISTEN", "0.0.0.0:7878"), ("RIALTO_LOG_LEVLE", "debug")]), ..Sources::default() };
    let warnings = Config::read(&sources).unwrap().warnings;
    assert_eq!(warnings.len(), 3, "{warnings:?}");
}

#[test]
fn lists_are_read_from_the_file_and_from_text() {
    let from_file = file("[edge]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n");
    let from_text = Sources { flags: flags([("edge.trusted_proxies", "10.0.0.0/8, ::1")]), ..Sources::default() };
    let proxies = |sources| Config::read(sources).unwrap().config.edge.trusted_proxies;
    assert_eq!(proxies(&from_file), proxies(&from_text));
    assert_eq!(proxies(&from_file).len(), 2);
}

#[test]
fn a_file_that_is_named_and_missing_is_a_mistake() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rialto.toml");
    let flags = Flags { file: Some(path.clone()), said: vec![("log.level", "loud".to_owned())] };
    let mistakes = Config::load(flags).unwrap_err();
    let places: Vec<_> = mistakes.iter().map(|mistake| mistake.place.clone()).collect();
    assert!(places.contains(&Place::File { path, line: None }) && places.contains(&Place::Flag("log-level".into())));
}

#[test]
fn a_file_that_is_named_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rialto.toml");
    std::fs::write(&path, "[limits]\nmembers = 7\n").unwrap();
    let flags = Flags { file: Some(path), said: Vec::new() };
    assert_eq!(Config::load(flags).unwrap().config.limits.members, 7);
}
