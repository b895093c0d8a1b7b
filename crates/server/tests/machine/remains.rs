//! What a power cut leaves of a disk: what was flushed, and what chance kept of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rialto_testkit::Dice;

/// The writes of a machine, in their order.
pub(crate) struct Writes {
    notes: Vec<Note>,
    /// Where the journal ends.
    pub(crate) end: u64,
}

struct Note {
    /// Where it stands in the journal.
    at: u64,
    file: u64,
    deed: Deed,
}

enum Deed {
    Create(PathBuf),
    Write(u64, Vec<u8>),
    Truncate(u64),
    /// What stands before this place of the journal is on the disk.
    Flush(u64),
    /// What stands before this place, and was not flushed, is forgotten.
    FlushFailed(u64),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
    MakeDirectory(PathBuf),
    FlushDirectory(PathBuf, u64),
}

/// What became of what was not flushed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unflushed {
    /// None of it reached the disk.
    Lost,
    /// Any sectors of it did, and names up to some moment, by chance.
    Scattered(u64),
    /// All of it did, but for the end of the last write to each file.
    Torn,
}

/// What is written at once, or not at all.
const SECTOR: u64 = 512;

impl Writes {
    pub(crate) fn read(journal: &Path) -> Self {
        let bytes = fs::read(journal).unwrap();
        let (mut notes, mut at) = (Vec::new(), 0);
        // A machine without power may have been writing the last one.
        while let Some(head) = bytes.get(at..at + 32) {
            let number = |place: usize| u64::from_ne_bytes(head[place * 8..][..8].try_into().unwrap());
            let (kind, file, offset, len) = (number(0), number(1), number(2), number(3) as usize);
            let Some(payload) = bytes.get(at + 32..at + 32 + len) else { break };
            let path = || PathBuf::from(std::ffi::OsStr::from_bytes(payload));
            let deed = match kind {
                1 => Deed::Create(path()),
                2 => Deed::Write(offset, payload.to_vec()),
                3 => Deed::Truncate(offset),
                4 => Deed::Flush(offset),
                5 => Deed::FlushFailed(offset),
                6 => {
                    let mut both = payload.split(|byte| *byte == 0).map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name)));
                    Deed::Rename(both.next().unwrap(), both.next().unwrap())
                }
                7 => Deed::Unlink(path()),
                8 => Deed::MakeDirectory(path()),
                9 => Deed::FlushDirectory(path(), offset),
                other => panic!("disk.c notes a {other} that is not known here"),
            };
            notes.push(Note { at: at as u64, file, deed });
            at += 32 + len;
        }
        Self { notes, end: at as u64 }
    }

    /// Makes the disk `from` anew at `to`, as it is when the power fails when the journal is `until` bytes long.
    pub(crate) fn remains(&self, until: u64, unflushed: Unflushed, from: &Path, to: &Path) {
        let notes: Vec<&Note> = self.notes.iter().take_while(|note| note.at < until).collect();
        let mut dice = Dice::new(match unflushed {
            Unflushed::Scattered(seed) => seed,
            Unflushed::Lost | Unflushed::Torn => 0,
        });
        let names = names(&notes, until, unflushed, &mut dice);
        let mut contents = contents(&notes, unflushed, &mut dice);
        for (path, file) in &names {
            let is_reachable = path.ancestors().skip(1).take_while(|above| *above != from).all(|above| names.contains_key(above));
            if !is_reachable {
                continue;
            }
            let place = to.join(path.strip_prefix(from).unwrap());
            match file {
                None => fs::create_dir_all(place).unwrap(),
                Some(file) => {
                    fs::create_dir_all(place.parent().unwrap()).unwrap();
                    fs::write(place, contents.remove(file).unwrap_or_default()).unwrap();
                }
            }
        }
    }
}

/// The names on the disk: of files by their numbers, and of directories.
fn names(notes: &[&Note], until: u64, unflushed: Unflushed, dice: &mut Dice) -> BTreeMap<PathBuf, Option<u64>> {
    let mut flushed = BTreeSet::new();
    for note in notes {
        let Deed::FlushDirectory(directory, begun) = &note.deed else { continue };
        let done = notes.iter().filter(|done| done.at < *begun && done.deed.parent() == Some(directory));
        flushed.extend(done.map(|done| done.at));
    }
    // A file system's journal keeps the order of names: what chance kept are those up to some moment.
    let kept_until = match unflushed {
        Unflushed::Lost => 0,
        Unflushed::Scattered(_) => dice.below(until.max(1)),
        Unflushed::Torn => until,
    };
    let mut names = BTreeMap::new();
    for note in notes.iter().filter(|note| flushed.contains(&note.at) || note.at < kept_until) {
        match &note.deed {
            Deed::Create(path) => drop(names.insert(path.clone(), Some(note.file))),
            Deed::MakeDirectory(path) => drop(names.insert(path.clone(), None)),
            Deed::Unlink(path) => drop(names.remove(path)),
            Deed::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Deed::Write(..) | Deed::Truncate(_) | Deed::Flush(_) | Deed::FlushFailed(_) | Deed::FlushDirectory(..) => {}
        }
    }
    names
}

/// What stands in the files, by their numbers.
fn contents(notes: &[&Note], unflushed: Unflushed, dice: &mut Dice) -> BTreeMap<u64, Vec<u8>> {
    let mut changes: BTreeMap<u64, Vec<(&Note, bool)>> = BTreeMap::new();
    // Forgotten after a failed flush: on the disk by chance only, whatever is flushed later.
    let mut forgotten = BTreeSet::new();
    for note in notes {
        let known = changes.entry(note.file).or_default();
        match &note.deed {
            Deed::Create(_) => known.clear(),
            Deed::Write(..) | Deed::Truncate(_) => known.push((note, false)),
            Deed::Flush(begun) => {
                known.iter_mut().filter(|(change, _)| change.at < *begun).for_each(|(change, on_disk)| *on_disk |= !forgotten.contains(&change.at))
            }
            Deed::FlushFailed(begun) => forgotten.extend(known.iter().filter(|(change, on_disk)| change.at < *begun && !on_disk).map(|(change, _)| change.at)),
            Deed::Rename(..) | Deed::Unlink(_) | Deed::MakeDirectory(_) | Deed::FlushDirectory(..) => {}
        }
    }
    let content = |(file, changes): (u64, Vec<(&Note, bool)>)| {
        let (mut bytes, last) = (Vec::new(), changes.len().saturating_sub(1));
        for (place, (note, on_disk)) in changes.into_iter().enumerate() {
            match (unflushed, on_disk) {
                (_, true) => apply(&note.deed, &mut bytes, |_| true),
                (Unflushed::Lost, false) => {}
                (Unflushed::Scattered(_), false) => apply(&note.deed, &mut bytes, |_| dice.below(2) == 0),
                (Unflushed::Torn, false) if forgotten.contains(&note.at) => {}
                (Unflushed::Torn, false) => apply(&note.deed, &mut bytes, |sector| place < last || sector == 0),
            }
        }
        (file, bytes)
    };
    changes.into_iter().map(content).collect()
}

/// Does what a note says, as far as `reaches` says of each sector of it.
fn apply(deed: &Deed, bytes: &mut Vec<u8>, mut reaches: impl FnMut(u64) -> bool) {
    match deed {
        Deed::Write(offset, written) => {
            let (mut from, end) = (*offset, offset + written.len() as u64);
            while from < end {
                let to = end.min((from / SECTOR + 1) * SECTOR);
                if reaches((from - offset) / SECTOR) {
                    bytes.resize(bytes.len().max(to as usize), 0);
                    bytes[from as usize..to as usize].copy_from_slice(&written[(from - offset) as usize..(to - offset) as usize]);
                }
                from = to;
            }
        }
        Deed::Truncate(len) if reaches(0) => bytes.resize(*len as usize, 0),
        _ => {}
    }
}

impl Deed {
    /// The directory whose flush keeps it.
    fn parent(&self) -> Option<&Path> {
        match self {
            Self::Create(path) | Self::Unlink(path) | Self::MakeDirectory(path) | Self::Rename(_, path) => path.parent(),
            Self::Write(..) | Self::Truncate(_) | Self::Flush(_) | Self::FlushFailed(_) | Self::FlushDirectory(..) => None,
        }
    }
}
