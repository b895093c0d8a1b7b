//! No question is forgotten: each one written down in a suite is named in the suite's list, from which the tests are made.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_question_is_asked() {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let mut questions = 0;
    for file in files(&suites) {
        let folder = file.parent().unwrap();
        let list = if folder == suites { file.clone() } else { folder.join("mod.rs") };
        let list = fs::read_to_string(list).unwrap();
        for question in fs::read_to_string(&file).unwrap().lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
            let name = question.split('(').next().unwrap();
            let asked = list.lines().filter(|line| line.trim() == name).count();
            assert_eq!(asked, 1, "{name} of {} stands once in its suite's list", file.display());
            questions += 1;
        }
    }
    assert!(questions > 80, "the questions were found: {questions}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
