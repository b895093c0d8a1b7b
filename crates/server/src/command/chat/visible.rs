//! Text from others, made fit for a terminal.
//!
//! A terminal obeys what it is shown: an escape sequence in a message could rewrite the screen, the clipboard, or what the
//! next command does. Nothing that others wrote reaches it without having passed here.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// One line of text without anything that moves, hides or reorders.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|letter| if is_break(letter) { ' ' } else { letter }).filter_map(shown).collect()
}

/// The lines of a text, each without anything that moves, hides or reorders.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").split(is_break).map(line).collect()
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text that fits, with an ellipsis where something is cut off.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = fitting(text, columns.saturating_sub(1)).to_owned();
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// A text in lines of at most so many columns, broken between words where that is possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_word_bounds() {
        if width(&line) + width(word) <= columns {
            line.push_str(word);
            continue;
        }
        if !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        line.clear();
        let mut rest = if lines.is_empty() { word } else { word.trim_start() };
        while width(rest) > columns {
            let part = fitting(rest, columns);
            // A single letter is never wider than two columns.
            let part = if part.is_empty() { &rest[..rest.grapheme_indices(true).nth(1).map_or(rest.len(), |(at, _)| at)] } else { part };
            lines.push(part.to_owned());
            rest = &rest[part.len()..];
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The longest beginning of a text that fits, whole letters only.
fn fitting(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, letter) in text.grapheme_indices(true) {
        taken += width(letter);
        if taken > columns {
            return &text[..at];
        }
    }
    text
}

fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn shown(letter: char) -> Option<char> {
    match letter {
        '\t' => Some(' '),
        // Shown, so that nobody is deceived about its being there.
        letter if letter.is_control() => Some('\u{FFFD}'),
        // Marks and overrides of direction, isolates, invisible operators, interlinear notes, tags, the byte order mark.
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FEFF}' => None,
        '\u{E0000}'..='\u{E007F}' => None,
        letter => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        for hostile in ["\u{1b}[2J", "\u{1b}]52;c;cm0gLXJm\u{7}", "\u{9b}31m", "a\u{8}\u{8}b", "\u{7f}", "\u{1b}P$q\u{1b}\\", "\u{0}", "\u{90}q"] {
            let line = line(hostile);
            assert!(!line.chars().any(char::is_control), "{hostile:?} {line:?}");
            assert!(lines(hostile).iter().all(|line| !line.chars().any(char::is_control)), "{hostile:?}");
        }
    }

    #[test]
    fn nothing_turns_the_direction_or_hides() {
        assert_eq!(line("a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{e0041}"), "abcde");
    }

    #[test]
    fn emoji_and_every_script_stay_as_they_are() {
        for text in ["👩‍👩‍👧", "1️⃣", "नमस्ते", "שלום", "e\u{301}"] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn breaks_make_lines_only_where_lines_are_wanted() {
        assert_eq!(line("a\nb\u{2028}c"), "a b c");
        assert_eq!(lines("a\r\nb\n\nc\u{85}d"), ["a", "b", "", "c", "d"]);
    }

    #[test]
    fn what_is_too_wide_is_cut_between_letters() {
        assert_eq!(cut("hello", 5), "hello");
        assert_eq!(cut("hello", 4), "hel…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn text_is_wrapped_between_words_and_no_line_is_too_wide() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        for columns in 2..20 {
            for text in ["日本語の長い文章 with words", "x https://example.org/a/very/long/path?and=query", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧"]
            {
                assert!(wrap(text, columns).iter().all(|line| width(line) <= columns), "{columns} {text}");
            }
        }
    }

    #[test]
    fn wrapping_loses_no_letters() {
        let text = "one two  three four-five six";
        for columns in 2..30 {
            let joined: String = wrap(text, columns).concat().split_whitespace().collect();
            assert_eq!(joined, text.split_whitespace().collect::<String>());
        }
    }
}
