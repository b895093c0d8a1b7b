//! What the server needs of the machine: a clock that is right, and enough file descriptors.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::finding::Finding;

/// File descriptors that are not connections: the store, listeners, logs.
const SPARE_FILES: u64 = 200;
/// Clocks are allowed to differ by so much.
const LEEWAY: Duration = Duration::from_secs(60);

/// Whether the clock can be right: it cannot be before this program was made, nor before something was last stored.
pub(super) fn clock(now: SystemTime, data_dir: &Path) -> Finding {
    let made = std::env::current_exe().ok().and_then(|program| modified(&program));
    let kept = fs::read_dir(data_dir).into_iter().flatten().flatten();
    let stored = kept.filter_map(|file| modified(&file.path())).max();
    judge_clock(now, made, stored)
}

fn judge_clock(now: SystemTime, made: Option<SystemTime>, stored: Option<SystemTime>) -> Finding {
    let is_before = |then: Option<SystemTime>| then.is_some_and(|then| now + LEEWAY < then);
    let advice = "set it, and let it be kept right (timedatectl set-ntp true); log-ins expire by it";
    if is_before(made) {
        Finding::bad("the clock of this machine is behind the making of this program").advise(advice)
    } else if is_before(stored) {
        Finding::odd("the clock of this machine is behind what was stored last").advise(advice)
    } else {
        let shown = jiff::Timestamp::try_from(now).map(|now| now.strftime("%F %T UTC").to_string()).unwrap_or_default();
        Finding::good(format!("the clock says {shown}"))
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// Whether this process may have as many files open as there may be connections.
pub(super) fn descriptors(max_connections: usize) -> Option<Finding> {
    Some(judge_descriptors(&fs::read_to_string("/proc/self/limits").ok()?, max_connections as u64))
}

fn judge_descriptors(limits: &str, max_connections: u64) -> Finding {
    let needed = max_connections + SPARE_FILES;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().next()).and_then(|limit| limit.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let connections = limit.saturating_sub(SPARE_FILES);
    match limit {
        0..=SPARE_FILES => Finding::bad(format!("a process may have {limit} files open here, which is not enough to begin with")).advise(raise(needed)),
        limit if limit < needed => {
            Finding::odd(format!("a process may have {limit} files open here: enough for {connections} connections of the {max_connections} allowed"))
                .advise(raise(needed))
        }
        _ => Finding::good(format!("enough files may be open for {max_connections} connections")),
    }
}

fn raise(needed: u64) -> String {
    format!("ulimit -n {needed} before the start, or LimitNOFILE={needed} in its systemd unit; or lower edge.max_connections")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Grade;

    #[test]
    fn a_clock_is_not_before_what_has_happened() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let grade = |now, made, stored| judge_clock(at(now), Some(at(made)), Some(at(stored))).grade;
        assert_eq!(grade(10_000, 5_000, 9_000), Grade::Good);
        assert_eq!(grade(10_000, 10_059, 0), Grade::Good);
        assert_eq!(grade(10_000, 20_000, 0), Grade::Bad);
        assert_eq!(grade(10_000, 5_000, 20_000), Grade::Odd);
    }

    #[test]
    fn files_are_counted_against_connections() {
        let limits = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\nMax open files            {soft}                 4096                 files\n"
            )
        };
        assert_eq!(judge_descriptors(&limits("1024"), 100).grade, Grade::Good);
        let odd = judge_descriptors(&limits("1024"), 100_000);
        assert!(odd.grade == Grade::Odd && odd.what.contains("824 connections") && odd.advice.unwrap().contains("100200"), "{}", odd.what);
        assert_eq!(judge_descriptors(&limits("64"), 10).grade, Grade::Bad);
        assert_eq!(judge_descriptors(&limits("unlimited"), 100_000).grade, Grade::Good);
    }
}
