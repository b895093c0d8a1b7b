//! The line in which one writes: text, cursor, and what was written before.

use unicode_segmentation::UnicodeSegmentation as _;

/// Lines remembered.
const MAX_HISTORY: usize = 200;

/// A line being edited.
#[derive(Clone, Debug, Default)]
pub(crate) struct Editor {
    text: String,
    /// Where in the text, in bytes; always between two letters.
    cursor: usize,
    history: Vec<String>,
    /// Which remembered line is shown; the number of lines when none is.
    place: usize,
    /// What was being written when a remembered line was called up.
    draft: String,
}

/// How far the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To the next letter.
    Letter,
    /// To the next word.
    Word,
    /// To the end of the line.
    Line,
}

impl Editor {
    /// What is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What is written before the cursor.
    pub(crate) fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Writes at the cursor. What cannot be written on one line becomes a space.
    pub(crate) fn insert(&mut self, text: &str) {
        let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    /// Moves the cursor towards the beginning.
    pub(crate) fn left(&mut self, reach: Reach) {
        self.cursor = self.reach_left(reach);
    }

    /// Moves the cursor towards the end.
    pub(crate) fn right(&mut self, reach: Reach) {
        self.cursor = self.reach_right(reach);
    }

    /// Deletes towards the beginning.
    pub(crate) fn delete_left(&mut self, reach: Reach) {
        let from = self.reach_left(reach);
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    /// Deletes towards the end.
    pub(crate) fn delete_right(&mut self, reach: Reach) {
        let to = self.reach_right(reach);
        self.text.replace_range(self.cursor..to, "");
    }

    /// Takes the line, remembers it, and begins a new one.
    pub(crate) fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() && self.history.last() != Some(&text) {
            self.history.push(text.clone());
            if self.history.len() > MAX_HISTORY {
                self.history.remove(0);
            }
        }
        self.cursor = 0;
        self.place = self.history.len();
        self.draft.clear();
        text
    }

    /// Calls up the line before.
    pub(crate) fn older(&mut self) {
        if self.place > 0 {
            if self.place == self.history.len() {
                self.draft = self.text.clone();
            }
            self.call_up(self.place - 1);
        }
    }

    /// Calls up the line after, at last the one that was being written.
    pub(crate) fn newer(&mut self) {
        if self.place < self.history.len() {
            self.call_up(self.place + 1);
        }
    }

    fn call_up(&mut self, place: usize) {
        self.place = place;
        self.text = self.history.get(place).unwrap_or(&self.draft).clone();
        self.cursor = self.text.len();
    }

    fn reach_left(&self, reach: Reach) -> usize {
        let before = self.before_cursor();
        match reach {
            Reach::Letter => before.grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
            Reach::Word => before.unicode_word_indices().next_back().map_or(0, |(at, _)| at),
            Reach::Line => 0,
        }
    }

    fn reach_right(&self, reach: Reach) -> usize {
        let after = &self.text[self.cursor..];
        self.cursor
            + match reach {
                Reach::Letter => after.graphemes(true).next().map_or(0, str::len),
                Reach::Word => after.unicode_word_indices().next().map_or(after.len(), |(at, word)| at + word.len()),
                Reach::Line => after.len(),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.insert(text);
        editor
    }

    #[test]
    fn letters_are_whole_for_the_cursor() {
        let mut editor = written("a👩‍👩‍👧e\u{301}");
        editor.left(Reach::Letter);
        assert_eq!(editor.before_cursor(), "a👩‍👩‍👧");
        editor.delete_left(Reach::Letter);
        assert_eq!(editor.text(), "ae\u{301}");
        editor.delete_right(Reach::Letter);
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn words_and_lines_are_reached_and_deleted_at_once() {
        let mut editor = written("one two, three");
        editor.left(Reach::Word);
        assert_eq!(editor.before_cursor(), "one two, ");
        editor.delete_left(Reach::Word);
        assert_eq!(editor.text(), "one three");
        editor.right(Reach::Word);
        assert_eq!(editor.before_cursor(), "one three");
        editor.left(Reach::Line);
        editor.delete_right(Reach::Word);
        assert_eq!(editor.text(), " three");
        editor.right(Reach::Line);
        editor.delete_left(Reach::Line);
        assert_eq!(editor.text(), "");
        editor.delete_left(Reach::Letter);
        editor.right(Reach::Letter);
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn former_lines_are_called_up_and_the_draft_is_not_lost() {
        let mut editor = Editor::default();
        for line in ["one", "two", "two", "  "] {
            editor.insert(line);
            editor.take();
        }
        editor.insert("draft");
        let mut seen = Vec::new();
        for _ in 0..3 {
            editor.older();
            seen.push(editor.text().to_owned());
        }
        assert_eq!(seen, ["two", "one", "one"]);
        editor.newer();
        editor.newer();
        editor.newer();
        assert_eq!(editor.text(), "draft");
    }

    #[test]
    fn pasted_lines_become_one() {
        assert_eq!(written("a\nb\u{1b}c").text(), "a b c");
    }
}
