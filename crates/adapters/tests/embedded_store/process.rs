//! This test program, started again as another process to play a part.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PLACE: &str = "RIALTO_TEST_STORE";

/// A process that plays an ignored test of this program as its part, on a directory.
pub(crate) fn playing(part: &str, place: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    dress(&mut command, part, place);
    command
}

/// The same, after a shell has set the stage (limits, ignored signals).
pub(crate) fn playing_under(shell: &str, part: &str, place: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\"")]).arg(std::env::current_exe().unwrap());
    dress(&mut command, part, place);
    command
}

fn dress(command: &mut Command, part: &str, place: &Path) {
    command.args(["--exact", part, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(PLACE, place).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
}

/// The directory that the part is played on; `None` when somebody runs the ignored tests by hand.
pub(crate) fn stage() -> Option<PathBuf> {
    // The harness has begun a line of its own.
    println!();
    std::env::var_os(PLACE).map(PathBuf::from)
}
