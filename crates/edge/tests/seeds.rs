//! What must hold of the edge holds for every seed of the fuzzer, and for what it has found.

#![allow(clippy::unwrap_used)]

#[allow(unreachable_pub, reason = "the file is a module of the fuzz package")]
#[path = "../../../fuzz/src/edge.rs"]
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn files(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder).join("query_strings");
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

#[test]
fn the_seeds_for_rest_are_understood_by_those_whom_they_are_for() {
    let understood: BTreeMap<_, BTreeSet<_>> =
        files("seeds").into_iter().map(|(name, query)| (name, targets::query_strings(&query).iter().map(|command| command.name()).collect())).collect();
    for (seed, command) in [
        ("rest_find", "user.find"),
        ("rest_history_after", "history"),
        ("rest_history_around", "history"),
        ("rest_history_before", "history"),
        ("rest_list", "channel.list"),
        ("rest_members", "channel.members"),
        ("rest_hide", "message.delete"),
        ("rest_receipts", "receipts"),
    ] {
        assert!(understood[seed].contains(command), "{seed} is not for {command}, but for {:?}", understood[seed]);
    }
    assert!(understood["rest_twice"].is_empty());
    assert!(!understood["rest_mistyped"].contains("history"));
}

#[test]
fn every_seed_cut_anywhere_is_answered_as_stated() {
    for query in files("seeds").values() {
        for end in 0..query.len() {
            targets::query_strings(&query[..end]);
        }
    }
}

#[test]
fn all_that_was_found_is_answered_as_stated() {
    let found = files("corpus");
    assert!(!found.is_empty());
    for query in found.values() {
        targets::query_strings(query);
    }
}
