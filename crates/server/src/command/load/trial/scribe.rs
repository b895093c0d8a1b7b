//! The journal that all clients of a trial write.

use anyhow::Context as _;
use rialto_checker::{Line, What};
use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Writes lines, each at once: what is written was written in this order.
pub(super) struct Scribe {
    out: Mutex<Out>,
}

struct Out {
    file: BufWriter<File>,
    /// The first failure; from then on nothing is written.
    failed: Option<io::Error>,
}

impl Scribe {
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self { out: Mutex::new(Out { file: BufWriter::with_capacity(1 << 20, file), failed: None }) })
    }

    /// Writes down what happens to a client now.
    pub(super) fn write(&self, client: u32, what: What<'_>) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let Out { file, failed } = &mut *out;
        if failed.is_none() {
            // Under the lock, so that the lines of a journal are in the order of their times.
            let line = Line { at: now_us(), client, what };
            *failed = write(file, &line).err();
        }
    }

    /// Everything is in the file, or the reason why not.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Out { mut file, failed } = self.out.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or_else(|| file.flush(), Err).context("the journal cannot be written")
    }
}

fn write(file: &mut impl io::Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}

/// Microseconds of the clock that all processes of this machine share and that never goes back.
fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000 + now.tv_nsec.unsigned_abs() / 1_000
}
