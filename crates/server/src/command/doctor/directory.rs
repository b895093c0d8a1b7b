//! The data directory: looked at, never touched.

use rustix::fs::{Access, access, statvfs};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::finding::Finding;

/// With less free space than this a server should not be started, and with less than that it will not last.
const LITTLE_BYTES: u64 = 1 << 30;
const TOO_LITTLE_BYTES: u64 = 64 << 20;

/// What a backend knows about a data directory without changing anything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The file whose lock the process holds that works in the directory.
    pub(crate) lock: PathBuf,
    /// What stands there, in words; nothing when it is empty.
    pub(crate) store: Option<String>,
}

/// Finds out what a backend knows about a data directory, or why it could not work there.
pub(crate) type Inspect<'a> = &'a dyn Fn(&Path) -> anyhow::Result<Kept>;

/// What is to be said about the data directory, and the process that works in it.
pub(super) fn check(path: &Path, inspect: Inspect<'_>) -> (Vec<Finding>, Option<u32>) {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = path.display();
    let there = existing(&path);
    let mut findings = Vec::new();

    if there == path {
        findings.push(match fs::metadata(&path) {
            Ok(found) if !found.is_dir() => return (vec![Finding::bad(format!("{shown} is not a directory")).advise("name another one in data_dir")], None),
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                Finding::odd(format!("{shown} can be looked into by others on this machine")).advise(format!("chmod 700 {shown}"))
            }
            Ok(_) => Finding::good(format!("{shown} is there, and for its owner alone")),
            Err(error) => Finding::bad(format!("{shown} cannot be looked at: {error}")),
        });
    } else {
        findings.push(Finding::good(format!("{shown} is not there yet; the first start makes it")));
    }
    if let Err(error) = access(&there, Access::WRITE_OK | Access::EXEC_OK) {
        let finding = Finding::bad(format!("{} cannot be written to: {error}", there.display()));
        findings.push(finding.advise("run the server as the owner of the directory, or name another one in data_dir"));
    }
    findings.extend(space(&there));

    match inspect(&path) {
        Err(error) => {
            findings.push(Finding::bad(format!("{error:#}")));
            (findings, None)
        }
        Ok(kept) => {
            findings.push(Finding::good(kept.store.unwrap_or_else(|| "nothing is stored yet".to_owned())));
            (findings, holder(&kept.lock))
        }
    }
}

/// Whoever works in the directory while nobody answers on the ports is in the way.
pub(super) fn judge_holder(holder: Option<u32>, is_running: bool) -> Finding {
    match (holder, is_running) {
        (None, _) => Finding::good("no process works in it"),
        (Some(pid), true) => Finding::good(format!("the running server works in it (process {pid})")),
        (Some(pid), false) => Finding::bad(format!("process {pid} works in it, and none of its ports are those configured here"))
            .advise(format!("stop that server first (kill {pid}), or name another data_dir")),
    }
}

/// The nearest directory above that exists, or the path itself.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path).to_owned()
}

fn space(path: &Path) -> Option<Finding> {
    let found = statvfs(path).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let shown = if free >= LITTLE_BYTES { format!("{} GiB", free >> 30) } else { format!("{} MiB", free >> 20) };
    let finding = match free {
        0..TOO_LITTLE_BYTES => Finding::bad(format!("only {shown} are free there")),
        TOO_LITTLE_BYTES..LITTLE_BYTES => Finding::odd(format!("only {shown} are free there")),
        _ => return Some(Finding::good(format!("{shown} are free there"))),
    };
    Some(finding.advise("make room, or name a data_dir on another disk: a full disk refuses every message"))
}

/// The process that holds the lock of a file, as the system lists locks: to try the lock would be to take it, and a server
/// that starts at that moment would be turned away.
fn holder(lock: &Path) -> Option<u32> {
    let inode = fs::metadata(lock).ok()?.ino();
    holders(&fs::read_to_string("/proc/locks").ok()?, inode).into_iter().find(|pid| has_open(*pid, lock))
}

/// The processes in a list of locks that hold an exclusive lock on a file with this inode, on whichever device.
fn holders(locks: &str, inode: u64) -> Vec<u32> {
    let lines = locks.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, _, mode) = (words.next()?, words.next()?, words.next()?);
        let (pid, place) = (words.next()?.parse().ok()?, words.next()?);
        let is_it = kind == "FLOCK" && mode == "WRITE" && place.rsplit(':').next()?.parse() == Ok(inode);
        is_it.then_some(pid)
    });
    lines.collect()
}

/// Whether a process has the file open. Where that may not be known, the list of locks is believed.
fn has_open(pid: u32, file: &Path) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) else { return true };
    let wanted = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    open.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Grade;

    fn nothing(path: &Path) -> anyhow::Result<Kept> {
        Ok(Kept { lock: path.join("lock"), store: None })
    }

    fn grades(findings: &[Finding]) -> Vec<Grade> {
        findings.iter().map(|finding| finding.grade).collect()
    }

    #[test]
    fn a_directory_that_is_not_there_yet_is_no_fault_and_is_not_made() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/data");
        let (findings, holder) = check(&path, &nothing);
        assert!(!grades(&findings).contains(&Grade::Bad), "{findings:?}");
        assert_eq!((path.exists(), place.path().join("deep").exists(), holder), (false, false, None));
    }

    #[test]
    fn a_file_in_its_place_and_a_store_that_cannot_be_used_are_faults() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(check(&file, &nothing).0[0].what.contains("not a directory"));
        assert!(grades(&check(&file.join("below"), &nothing).0).contains(&Grade::Bad));
        let foreign = |_: &Path| anyhow::bail!("not a store of this program");
        let (findings, _) = check(place.path(), &foreign);
        assert!(findings.iter().any(|finding| finding.grade == Grade::Bad && finding.what.contains("not a store")), "{findings:?}");
    }

    #[test]
    fn others_may_not_look_into_it() {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let (findings, _) = check(place.path(), &nothing);
        assert_eq!(findings[0].grade, Grade::Odd);
        assert!(findings[0].advice.as_ref().unwrap().contains("chmod 700"));
    }

    #[test]
    fn who_holds_the_lock_is_found_without_taking_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("lock");
        assert_eq!(holder(&path), None);
        let file = fs::File::create(&path).unwrap();
        assert_eq!(holder(&path), None);
        file.lock().unwrap();
        assert_eq!(holder(&path), Some(std::process::id()));
        assert_eq!(check(place.path(), &nothing).1, Some(std::process::id()));
    }

    #[test]
    fn locks_of_other_kinds_and_files_are_not_mistaken() {
        let locks = "1: FLOCK  ADVISORY  WRITE 11 fe:00:77 0 EOF\n2: POSIX  ADVISORY  WRITE 12 fe:00:77 0 EOF\n3: FLOCK  ADVISORY  READ 13 fe:00:77 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE 14 fe:00:78 0 EOF\n3: -> FLOCK  ADVISORY  WRITE 15 fe:00:77 0 EOF\nrubbish\n";
        assert_eq!(holders(locks, 77), [11]);
    }

    #[test]
    fn a_holder_without_its_ports_is_in_the_way() {
        assert_eq!(judge_holder(None, false).grade, Grade::Good);
        assert_eq!(judge_holder(Some(5), true).grade, Grade::Good);
        assert_eq!(judge_holder(Some(5), false).grade, Grade::Bad);
    }
}
