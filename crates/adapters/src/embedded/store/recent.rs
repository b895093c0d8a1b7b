//! A map that remembers what was asked for lately, and is bounded.

use std::collections::HashMap;
use std::hash::Hash;

/// Remembers at least the last `half` different keys asked for, and at most twice as many.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash + Copy, V: Copy> Recent<K, V> {
    pub(super) fn new(half: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half }
    }

    pub(super) fn get(&mut self, key: K) -> Option<V> {
        if let Some(value) = self.young.get(&key) {
            return Some(*value);
        }
        let value = self.old.remove(&key)?;
        self.put(key, value);
        Some(value)
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes() {
        let mut recent = Recent::new(4);
        recent.put(0, "asked for");
        for key in 1..100 {
            recent.put(key, "passing");
            assert_eq!(recent.get(0), Some("asked for"));
        }
        assert_eq!(recent.get(1), None);
        assert!(recent.young.len() + recent.old.len() <= 8);
    }

    #[test]
    fn the_newest_value_counts() {
        let mut recent = Recent::new(2);
        for (key, value) in [(1, 'a'), (2, 'b'), (3, 'c'), (1, 'd')] {
            recent.put(key, value);
        }
        assert_eq!(recent.get(1), Some('d'));
    }
}
