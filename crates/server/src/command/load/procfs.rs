//! What a process costs, as Linux counts it under /proc.

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// On-CPU time of all threads that are alive, in nanoseconds.
///
/// Taken from the scheduler (`schedstat`), which counts exactly; `stat` counts in ticks of 10 ms. Threads that ended are
/// not in it, so a difference of two readings is right while no thread ends between them.
pub(super) fn cpu_ns(pid: u32) -> anyhow::Result<u64> {
    Ok(threads_ns(pid)?.values().sum())
}

/// The same by the names of the threads; threads of one name are one.
pub(super) fn threads_ns(pid: u32) -> anyhow::Result<BTreeMap<String, u64>> {
    let tasks = format!("/proc/{pid}/task");
    let threads = fs::read_dir(&tasks).with_context(|| format!("process {pid} is not here"))?;
    let mut times = BTreeMap::new();
    for thread in threads.flatten() {
        // A thread may end while the list is read.
        let Some((name, ns)) = fs::read_to_string(thread.path().join("comm")).ok().zip(on_cpu_ns(&thread.path())) else { continue };
        *times.entry(name.trim_end().to_owned()).or_default() += ns;
    }
    Ok(times)
}

fn on_cpu_ns(thread: &Path) -> Option<u64> {
    fs::read_to_string(thread.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
}

/// Resident memory, in bytes.
pub(super) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    status_bytes(pid, "VmRSS:")
}

/// The most resident memory there ever was, or since [`forget_peak`], in bytes.
pub(super) fn peak_resident_bytes(pid: u32) -> anyhow::Result<u64> {
    status_bytes(pid, "VmHWM:")
}

/// Counts the peak anew from here. (`man 5 proc_pid_clear_refs`.)
pub(super) fn forget_peak(pid: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").with_context(|| format!("the peak of process {pid} cannot be set back"))
}

/// How many files (sockets are files) this process may have open; `None` when there is no limit, or none is told.
pub(super) fn open_files_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

fn status_bytes(pid: u32, key: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is not here"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).with_context(|| format!("/proc tells no {key}"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB").and_then(|number| number.parse().ok()).with_context(|| format!("{key} {line} is no size"))?;
    Ok(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_costs_something() {
        let pid = std::process::id();
        assert!(resident_bytes(pid).unwrap() > 100_000);
        assert!(!threads_ns(pid).unwrap().is_empty() && cpu_ns(pid).is_ok());
        assert!(peak_resident_bytes(pid).unwrap() >= resident_bytes(pid).unwrap());
        assert!(open_files_limit().is_none_or(|files| files > 2));
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = cpu_ns(u32::MAX).unwrap_err();
        assert!(error.to_string().contains("4294967295"), "{error}");
    }
}
