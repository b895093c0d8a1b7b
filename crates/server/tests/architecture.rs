//! The permitted arrows between crates, asked of cargo and of the sources.
//!
//! ```text
//! domain  ◄── wire
//! domain  ◄── service
//! domain  ◄── adapters
//! domain  ◄── checker
//! domain, wire, service ◄── edge
//! all of the above      ◄── server
//! domain, wire, service ◄── testkit (a dev-dependency of anybody)
//! ```

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate of ours, the folder it lives in, and those it may depend on.
const ARROWS: &[(&str, &str, &[&str])] = &[
    ("rialto-domain", "domain", &[]),
    ("rialto-wire", "wire", &["rialto-domain"]),
    ("rialto-service", "service", &["rialto-domain"]),
    ("rialto-adapters", "adapters", &["rialto-domain"]),
    ("rialto-edge", "edge", &["rialto-domain", "rialto-wire", "rialto-service"]),
    ("rialto-checker", "checker", &["rialto-domain"]),
    ("rialto", "server", &["rialto-domain", "rialto-wire", "rialto-service", "rialto-adapters", "rialto-edge", "rialto-checker"]),
    ("rialto-testkit", "testkit", &["rialto-domain", "rialto-wire", "rialto-service"]),
];

/// Runtimes, clocks, randomness and I/O: what a pure crate must not reach, however far down.
const IMPURE: &[&str] = &[
    "async-io",
    "async-std",
    "axum",
    "chrono",
    "fastrand",
    "getrandom",
    "hyper",
    "jiff",
    "mio",
    "polling",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "time",
    "tokio",
    "tracing-subscriber",
    "web-time",
];

/// Implementations of TLS and its cryptography other than rustls on aws-lc-rs.
const OTHER_TLS: &[&str] = &["boring", "mbedtls", "native-tls", "openssl", "openssl-sys", "ring", "s2n-tls", "wolfssl"];

/// A crate of ours and what its manifest asks for, tests aside.
struct Manifest {
    name: String,
    depends_on: Vec<String>,
}

/// A crate in a version, as it is linked: `("rustls", "v0.23.46")`.
type Linked = (String, String);

fn root() -> PathBuf {
    let server = Path::new(env!("CARGO_MANIFEST_DIR"));
    server.join("../..").canonicalize().unwrap()
}

fn manifests() -> Vec<Manifest> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let ours = metadata.packages.into_iter().map(|package| Manifest {
        name: package.name.to_string(),
        depends_on: package
            .dependencies
            .into_iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name)
            .collect(),
    });
    ours.collect()
}

/// Everything that is linked into a crate, however far down. Procedural macros stay in the compiler and are
/// left out. `cargo tree` is asked, as `cargo metadata` also follows what is optional and switched off.
fn linked_into(name: &str) -> BTreeSet<Linked> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", name])
        .args(["--edges", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{complaint}");
    listed(&String::from_utf8(tree.stdout).unwrap())
}

/// The crates of such a list: `uuid v1.29.1 (*)` is one.
fn listed(tree: &str) -> BTreeSet<Linked> {
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?))
    });
    crates.collect()
}

/// Every arrow between our crates that the picture does not have.
fn forbidden_arrows(manifests: &[Manifest]) -> Vec<String> {
    let mut forbidden = Vec::new();
    for Manifest { name, depends_on } in manifests {
        let (_, _, permitted) = ARROWS.iter().find(|(drawn, ..)| drawn == name).unwrap_or_else(|| panic!("{name} is not in the picture"));
        for to in depends_on {
            let is_ours = ARROWS.iter().any(|(drawn, ..)| drawn == to);
            if is_ours && !permitted.contains(&to.as_str()) {
                forbidden.push(format!("{name} -> {to}"));
            }
        }
    }
    forbidden
}

/// Which of the named crates are linked.
fn found<'a>(linked: &BTreeSet<Linked>, names: &[&'a str]) -> Vec<&'a str> {
    let names = names.iter().copied();
    names.filter(|name| versions(linked, name) > 0).collect()
}

/// In how many versions a crate is linked.
fn versions(linked: &BTreeSet<Linked>, name: &str) -> usize {
    linked.iter().filter(|(linked, _)| linked == name).count()
}

/// Whether a source names an adapter, other than in a comment.
fn names_an_adapter(source: &str) -> bool {
    let mut code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.any(|line| line.contains("rialto_adapters"))
}

fn sources_below(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_crate_in_the_picture_is_there() {
    let ours: BTreeSet<_> = manifests().into_iter().map(|manifest| manifest.name).collect();
    let drawn: BTreeSet<_> = ARROWS.iter().map(|(name, ..)| name.to_string()).collect();
    assert_eq!(ours, drawn);
}

#[test]
fn our_crates_depend_on_each_other_only_along_the_permitted_arrows() {
    assert_eq!(forbidden_arrows(&manifests()), [""; 0]);
}

#[test]
fn domain_and_wire_reach_no_runtime_clock_randomness_or_io() {
    for pure in ["rialto-domain", "rialto-wire"] {
        let linked = linked_into(pure);
        assert_eq!(versions(&linked, pure), 1, "{linked:?}");
        assert_eq!(found(&linked, IMPURE), [""; 0], "below {pure}");
    }
}

#[test]
fn there_is_one_tls_stack() {
    let linked = linked_into("rialto");
    assert_eq!(found(&linked, OTHER_TLS), [""; 0]);
    assert_eq!(versions(&linked, "rustls"), 1);
    assert_eq!(versions(&linked, "aws-lc-rs"), 1);
}

#[test]
fn only_the_composition_names_an_adapter() {
    let crates = root().join("crates");
    let composition = crates.join("server/src/compose.rs");
    let mut namers = Vec::new();
    for (_, folder, _) in ARROWS.iter().filter(|(_, folder, _)| *folder != "adapters") {
        let mut sources = Vec::new();
        sources_below(&crates.join(folder).join("src"), &mut sources);
        assert!(!sources.is_empty(), "{folder} keeps its sources elsewhere");
        namers.extend(sources.into_iter().filter(|path| *path != composition && names_an_adapter(&std::fs::read_to_string(path).unwrap())));
    }
    assert!(namers.is_empty(), "{namers:?}");
}

#[test]
fn an_arrow_that_is_not_in_the_picture_is_found() {
    let manifest = |name: &str, depends_on: &[&str]| Manifest { name: name.to_owned(), depends_on: depends_on.iter().map(ToString::to_string).collect() };
    let manifests = [
        manifest("rialto-domain", &["serde", "rialto-wire"]),
        manifest("rialto-wire", &["rialto-domain"]),
        manifest("rialto-edge", &["rialto-service", "rialto-testkit"]),
    ];
    assert_eq!(forbidden_arrows(&manifests), ["rialto-domain -> rialto-wire", "rialto-edge -> rialto-testkit"]);
}

#[test]
fn what_is_linked_through_others_is_found_and_a_second_version_is_counted() {
    let linked = listed(
        "rialto-domain v0.1.0 (/src/rialto/crates/domain)\n\
         uuid v1.29.1\n\
         getrandom v0.3.4\n\
         getrandom v0.4.3\n\
         getrandom v0.4.3 (*)\n",
    );
    assert_eq!(found(&linked, IMPURE), ["getrandom"]);
    assert_eq!(versions(&linked, "getrandom"), 2);
    assert_eq!(versions(&linked, "tokio"), 0);
}

#[test]
fn an_adapter_is_named_by_code_and_not_by_a_comment() {
    assert!(names_an_adapter("fn main() {\n    rialto_adapters::embedded::open();\n}"));
    assert!(!names_an_adapter("    // rialto_adapters does that.\n"));
}
