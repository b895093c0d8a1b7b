//! The web client that was built into this program, if one was.

use rialto_edge::http::{Asset, Assets};

/// The client's files, as `build.rs` found them.
pub(crate) const CLIENT: Assets = Assets { files: FILES, views: VIEWS };

const FILES: &[Asset] = include!(concat!(env!("OUT_DIR"), "/web_files.rs"));
/// Where the client's views begin: a channel, an invitation, settings. `clients/apps/web/src/app` routes them.
const VIEWS: &[&str] = &["c", "join", "settings"];
