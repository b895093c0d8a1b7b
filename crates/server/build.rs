//! Puts the web client into the program: every file of `web/`, where `make` leaves the client as it is to be served, each with
//! its compressed forms beside it (`x.js`, `x.js.gz`, `x.js.br`). With nothing there, the program is built without a client.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    // Asked when it runs: two clones may share a build directory, and with it this script.
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells where")).join("web");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    // The order of a directory is nobody's promise, and the same client shall make the same program.
    files.sort();

    let mut table = String::from("&[\n");
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let path = file.strip_prefix(&root).expect("it was found there").to_str().expect("the client's files have plain names");
        let content = fs::read(file).expect("a file that was just listed can be read");
        let beside = |ending: &str| match PathBuf::from(format!("{}.{ending}", file.display())) {
            form if form.is_file() => format!("Some(include_bytes!({form:?}))"),
            _ => "None".to_owned(),
        };
        let tag = sha1_smol::Sha1::from(&content).digest().to_string();
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "Asset {{ path: {:?}, kind: {:?}, tag: {tag:?}, is_lasting: {}, plain: include_bytes!({file:?}), gzip: {}, brotli: {} }},",
            format!("/{path}"),
            kind(path),
            // What the client's build names by its content, it puts there.
            path.starts_with("assets/"),
            beside("gz"),
            beside("br"),
        );
    }
    table.push(']');
    let out = std::env::var_os("OUT_DIR").expect("cargo tells where");
    fs::write(Path::new(&out).join("web_files.rs"), table).expect("cargo's directory can be written to");
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("crates/server/web is part of the sources") {
        let path = entry.expect("its entries can be listed").path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "gz" || extension == "br")
}

fn kind(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        // Rather here than in a browser that shows a download.
        _ => panic!("{path}: what kind of file is it? crates/server/build.rs does not know"),
    }
}
