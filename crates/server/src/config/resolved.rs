//! Who wrote what, and whose word holds.

use std::collections::{BTreeMap, BTreeSet};

use super::mistake::{Mistake, Place};
use super::setting::Setting;
use super::value::{Raw, Value};

/// One value somebody wrote.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) setting: &'static Setting,
    pub(super) raw: Raw,
    pub(super) place: Place,
}

/// The word that holds for each setting: flags over environment over file, and the default otherwise.
#[derive(Debug)]
pub(crate) struct Resolved {
    written: BTreeMap<&'static str, (Raw, Place)>,
    mistaken: BTreeSet<&'static str>,
}

impl Resolved {
    /// Weighs everything that was written. A wrong value is a mistake even where another one overrules it:
    /// on the day the other is gone, it would bite.
    pub(super) fn weigh(mut written: Vec<Written>, mistakes: &mut Vec<Mistake>) -> Self {
        written.sort_by(|a, b| a.place.cmp(&b.place));
        let mut resolved = Self { written: BTreeMap::new(), mistaken: BTreeSet::new() };
        for Written { setting, raw, place } in written {
            if setting.accepts(&raw) {
                resolved.written.insert(setting.key, (raw, place));
            } else {
                let what = format!("{}: expected {}, found {raw}", setting.key, setting.expected());
                mistakes.push(Mistake { place, what });
                resolved.mistaken.insert(setting.key);
            }
        }
        resolved
    }

    /// The value that holds.
    pub(super) fn value<T: Value>(&self, setting: &Setting) -> T {
        let range = setting.range.as_ref();
        self.written
            .get(setting.key)
            .and_then(|(raw, _)| T::parse(raw, range))
            .or_else(|| T::parse(&Raw::Toml((setting.default)()), range))
            .expect("a setting accepts its own default, and a test asks every one")
    }

    /// What was written by somebody, and where; defaults are not here.
    pub(super) fn written(&self) -> impl Iterator<Item = (&'static str, &Place)> {
        self.written.iter().map(|(key, (_, place))| (*key, place))
    }

    /// Where to report that these settings do not go together: at the weightiest of those written.
    /// Nothing when one of them is a mistake by itself, as the contradiction may be gone with it.
    pub(super) fn place_of(&self, keys: &[&str]) -> Option<&Place> {
        if keys.iter().any(|key| self.mistaken.contains(key)) {
            return None;
        }
        keys.iter().filter_map(|key| self.written.get(*key)).map(|(_, place)| place).max()
    }
}
