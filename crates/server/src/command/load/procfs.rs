//! What a process costs, as Linux counts it under /proc.

use anyhow::Context as _;
use std::fs;
use std::path::Path;

/// On-CPU time of all threads that are alive, in nanoseconds.
///
/// Taken from the scheduler (`schedstat`), which counts exactly; `stat` counts in ticks of 10 ms. Threads that ended are
/// not in it, so a difference of two readings is right while no thread ends between them.
pub(super) fn cpu_ns(pid: u32) -> anyhow::Result<u64> {
    let tasks = format!("/proc/{pid}/task");
    let threads = fs::read_dir(&tasks).with_context(|| format!("process {pid} is not here"))?;
    // A thread may end while the list is read.
    let times = threads.flatten().filter_map(|thread| on_cpu_ns(&thread.path()));
    Ok(times.sum())
}

fn on_cpu_ns(thread: &Path) -> Option<u64> {
    fs::read_to_string(thread.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
}

/// Resident memory, in bytes.
pub(super) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is not here"))?;
    kilobytes(&status, "VmRSS:").map(|kilobytes| kilobytes * 1024).context("/proc tells no resident memory")
}

/// How many files (sockets are files) this process may have open; `None` when there is no limit, or none is told.
pub(super) fn open_files_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

fn kilobytes(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_costs_something() {
        let pid = std::process::id();
        assert!(resident_bytes(pid).unwrap() > 100_000);
        assert!(cpu_ns(pid).is_ok());
        assert!(open_files_limit().is_none_or(|files| files > 2));
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = cpu_ns(u32::MAX).unwrap_err();
        assert!(error.to_string().contains("4294967295"), "{error}");
    }
}
