//! What must hold of the decoders holds for every seed of the fuzzers, and for random bytes.

#![allow(clippy::unwrap_used)]

#[allow(unreachable_pub, reason = "the file is the library of the fuzz package")]
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 5] = [
    ("websocket_frames", targets::websocket_frames),
    ("http_head", targets::http_head),
    ("engineio_payload", targets::engineio_payload),
    ("socketio_packet", targets::socketio_packet),
    ("socketio_msgpack", targets::socketio_msgpack),
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
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
fn every_seed_cut_anywhere_is_answered_as_stated() {
    for (name, target) in TARGETS {
        for seed in seeds(name) {
            (0..seed.len()).for_each(|end| target(&seed[..end]));
        }
    }
}

#[test]
fn every_target_has_a_folder_of_seeds_and_no_folder_lacks_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut names = TARGETS.map(|(name, _)| name.to_owned()).to_vec();
    folders.sort();
    names.sort();
    assert_eq!(folders, names);
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
