//! What is shown as a name must be seen, and look like what it is.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

/// Checks a name that is shown to people (a display name, a title): NFC, trimmed, 1 to `graphemes` characters in at
/// most four times as many bytes, without line breaks, and without anything that is there and cannot be seen.
pub fn visible_name(text: &str, graphemes: usize) -> Option<String> {
    if text.len() > graphemes * 8 {
        return None;
    }
    let name: String = text.trim().nfc().collect();
    let fits = !name.is_empty() && name.len() <= graphemes * 4 && name.graphemes(true).count() <= graphemes;
    (fits && !name.chars().any(is_hidden) && has_sound_sequences(&name)).then_some(name)
}

/// Does a word of it mix alphabets whose letters look alike, as in a Cyrillic а within a Latin name? Nobody writes so
/// but to be taken for somebody else; names of several words may have one alphabet each.
pub fn mixes_alphabets(name: &str) -> bool {
    let alphabet = |c: char| {
        Some(c.script())
            .filter(|script| matches!(script, Script::Latin | Script::Greek | Script::Cyrillic | Script::Armenian | Script::Cherokee | Script::Coptic))
    };
    name.unicode_words().any(|word| {
        let mut alphabets = word.chars().filter_map(alphabet);
        alphabets.next().is_some_and(|first| alphabets.any(|other| other != first))
    })
}

/// The most marks that one letter carries in any language (UTS #39 §5.4).
const MARKS: usize = 4;
/// What the tags of an emoji (the flag of Wales) are attached to.
const FLAG: char = '\u{1F3F4}';

/// Characters that would make a name look like something else, wherever they stand: controls, bidirectional overrides and
/// isolates, spaces without width, fillers without ink.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0080}'..='\u{E0FFF}')
}

/// Joiners, tags and marks are seen only by what they do to the characters around them: do they do anything?
fn has_sound_sequences(name: &str) -> bool {
    let mut before = None;
    let (mut marks, mut has_flag) = (0, false);
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let is_sound = match c {
            '\u{200C}' | '\u{200D}' => before.is_some_and(joins) && rest.peek().copied().is_some_and(joins),
            '\u{E0000}'..='\u{E007F}' => has_flag,
            _ => true,
        };
        marks = if is_combining_mark(c) && !matches!(c, '\u{FE00}'..='\u{FE0F}') { marks + 1 } else { 0 };
        if !is_sound || marks > MARKS {
            return false;
        }
        has_flag = c == FLAG || has_flag && matches!(c, '\u{E0000}'..='\u{E007F}');
        before = Some(c);
    }
    true
}

/// May a joiner stand beside it: in Arabic, the scripts of India, emoji. Elsewhere it does nothing, and makes two names of one.
fn joins(c: char) -> bool {
    let stands_alone = [
        Script::Latin,
        Script::Greek,
        Script::Cyrillic,
        Script::Armenian,
        Script::Georgian,
        Script::Hebrew,
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Hangul,
    ];
    !c.is_ascii() && !matches!(c, '\u{200C}' | '\u{200D}') && !c.is_whitespace() && !stands_alone.contains(&c.script())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_names() {
        for name in [
            "Zoë",
            "Åsa",
            "Łukasz",
            "Анна",
            "Ὀδυσσεύς",
            "محمد",
            "می‌خواهم",
            "क्‍ष",
            "நிலா",
            "ねこcat",
            "김철수",
            "陳大文",
            "ຄຳ",
            "ณัฐวุฒิ",
            "Nguyễn Thị Ánh",
            "👩‍👩‍👧‍👦",
            "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
            "❤️‍🔥",
            "1️⃣",
            "🤷🏽‍♀️",
            "🏳️‍🌈",
        ] {
            assert_eq!(visible_name(&name.nfc().collect::<String>(), 64).as_deref(), Some(&*name.nfc().collect::<String>()), "{name}");
            assert!(!mixes_alphabets(name), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_no_part_of_a_name() {
        for hidden in ["\u{200B}", "\u{2060}", "\u{AD}", "\u{3164}", "\u{2800}", "\u{FEFF}", "\u{E0041}", "\u{202E}", "\u{2066}", "\u{34F}", "\n", "\u{180E}"] {
            for name in [hidden.to_owned(), format!("an{hidden}a"), format!("ana{hidden}b")] {
                assert_eq!(visible_name(&name, 64), None, "{}", name.escape_unicode());
            }
        }
    }

    #[test]
    fn a_joiner_that_joins_nothing_makes_two_names_of_one() {
        for name in ["an\u{200D}a", "an\u{200C}a", "ана\u{200D}б", "陳\u{200D}大", "👩\u{200D}", "\u{200D}ana", "👩\u{200D}\u{200D}👧", "👩\u{200D} 👧"]
        {
            assert_eq!(visible_name(name, 64), None, "{}", name.escape_unicode());
        }
    }

    #[test]
    fn marks_do_not_grow_out_of_their_line() {
        assert!(visible_name(&format!("a{}", "\u{334}".repeat(4)), 64).is_some());
        assert_eq!(visible_name(&format!("a{}", "\u{334}".repeat(5)), 64), None);
        assert_eq!(visible_name(&format!("a{}", "\u{301}".repeat(10_000)), 64), None);
    }

    #[test]
    fn a_word_has_one_alphabet_where_letters_look_alike() {
        for name in ["\u{430}na", "p\u{430}yp\u{430}l", "Αlex", "admin \u{456}nc", "Мaria"] {
            assert!(mixes_alphabets(name), "{name}");
        }
        for name in ["DJ Иван", "Анна Smith", "α-Test", "ねこcat", "Пётр2", "O'Neill", "Zoë 👩‍👩‍👧"] {
            assert!(!mixes_alphabets(name), "{name}");
        }
    }
}
