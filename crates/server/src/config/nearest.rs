//! "Did you mean …?"

/// The name closest to a misspelt one, when one is close enough to be what was meant.
pub(super) fn nearest<'a>(misspelt: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may be wrong; more is another word.
    let tolerance = (misspelt.chars().count() / 3).clamp(1, 4);
    names.map(|name| (distance(misspelt, name), name)).filter(|(distance, _)| *distance <= tolerance).min().map(|(_, name)| name)
}

/// Insertions, deletions and replacements that lead from one to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_the_letters_to_change() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("listen", "listen"), 0);
    }

    #[test]
    fn a_slip_of_the_fingers_finds_the_name() {
        let names = ["listen", "limits.body_bytes", "log.level"];
        assert_eq!(nearest("lisen", names.into_iter()), Some("listen"));
        assert_eq!(nearest("limits.boddy_bites", names.into_iter()), Some("limits.body_bytes"));
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(nearest("colour", ["listen", "log.level"].into_iter()), None);
    }
}
