//! What must hold of the decoders holds for every seed of the fuzzers, for what they have found, and for random bytes.

#![allow(clippy::unwrap_used)]

#[allow(unreachable_pub, reason = "the file is a module of the fuzz package")]
#[path = "../../../fuzz/src/wire.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use rialto_wire::command::Command;
use rialto_wire::plain::open_json;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("websocket_frames", targets::websocket_frames),
    ("http_head", targets::http_head),
    ("engineio_payload", targets::engineio_payload),
    ("socketio_packet", targets::socketio_packet),
    ("socketio_msgpack", targets::socketio_msgpack),
    ("plain_envelope", targets::plain_envelope),
    ("query_strings", targets::query_strings),
];

fn files(folder: &str, target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder).join(target);
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    files("seeds", target)
}

#[test]
fn every_seed_is_answered_as_stated() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| target(seed));
    }
}

#[test]
fn all_that_was_found_is_answered_as_stated() {
    for (name, target) in TARGETS {
        let found = files("corpus", name);
        assert!(!found.is_empty(), "{name} has no corpus");
        found.iter().for_each(|bytes| target(bytes));
    }
}

#[test]
fn every_command_has_a_seed_that_is_understood() {
    let understood: BTreeSet<String> = seeds("plain_envelope")
        .iter()
        .filter_map(|bytes| {
            let request = str::from_utf8(bytes).ok().and_then(|text| open_json(text).ok())?;
            Command::decode(&request.name, request.data).ok().map(|command| command.name().to_owned())
        })
        .collect();
    let table: BTreeSet<String> = Command::TABLE.iter().map(|command| command.name.to_owned()).collect();
    assert_eq!(understood, table);
}

#[test]
fn every_seed_cut_anywhere_is_answered_as_stated() {
    for (name, target) in TARGETS {
        for seed in seeds(name) {
            (0..seed.len()).for_each(|end| target(&seed[..end]));
        }
    }
}

#[test]
fn every_target_has_seeds_and_a_corpus_and_nothing_else_has() {
    let names = |folder: &str| -> BTreeSet<_> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder);
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let targets = names("fuzz_targets");
    assert_eq!(names("seeds"), targets);
    assert_eq!(names("corpus"), targets);
    assert!(TARGETS.iter().all(|(name, _)| targets.contains(*name)));
}

proptest! {
    #[test]
    fn random_bytes_are_answered_as_stated(bytes in vec(any::<u8>(), 0..400)) {
        TARGETS.iter().for_each(|(_, target)| target(&bytes));
    }

    #[test]
    fn seeds_with_a_few_bytes_changed_are_answered_as_stated(
        which in any::<prop::sample::Index>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (name, target) in TARGETS {
            let mut seed = which.get(&seeds(name)).clone();
            for (at, byte) in &changes {
                if !seed.is_empty() {
                    let at = at.index(seed.len());
                    seed[at] = *byte;
                }
            }
            target(&seed);
        }
    }
}
