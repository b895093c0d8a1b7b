//! What must hold of the service holds for every seed of the fuzzer, and for what it has found.

#![allow(clippy::unwrap_used)]

#[allow(unreachable_pub, reason = "the file is a module of the fuzz package")]
#[path = "../../../fuzz/src/service.rs"]
mod targets;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn files(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder).join("tokens");
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

#[test]
fn of_the_seeds_those_are_good_tokens_that_should_be() {
    let seeds = files("seeds");
    let good: Vec<_> = seeds.iter().filter(|(_, token)| targets::tokens(token)).map(|(name, _)| name.as_str()).collect();
    // A header of ours says nothing else: neither a key inside nor compression is looked at, whoever signed it.
    assert_eq!(good, ["access", "late"]);
}

#[test]
fn every_seed_cut_anywhere_is_judged_as_stated() {
    for token in files("seeds").values() {
        for end in 0..token.len() {
            assert!(!targets::tokens(&token[..end]));
        }
    }
}

#[test]
fn all_that_was_found_is_judged_as_stated() {
    let found = files("corpus");
    assert!(!found.is_empty());
    for token in found.values() {
        targets::tokens(token);
    }
}
