//! What the TOML file says, line by line.

use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use super::mistake::{Mistake, Place};
use super::nearest::nearest;
use super::resolved::Written;
use super::value::Raw;
use super::{SECTIONS, settings};

/// Reads every setting of the text, and notes what no setting is called.
///
/// A file that is not TOML is one mistake: nothing after it can be trusted to mean what it says.
pub(super) fn read(path: &Path, text: &str, mistakes: &mut Vec<Mistake>) -> Vec<Written> {
    let mut file = File { path: path.to_owned(), text, written: Vec::new(), mistakes };
    match Document::parse(text) {
        Ok(document) => file.walk(document.as_table(), ""),
        Err(error) => {
            let line = error.span().map(|span| file.line_at(span.start));
            file.mistake(line, format!("not TOML: {}", error.message().trim()));
        }
    }
    file.written
}

struct File<'a> {
    path: PathBuf,
    text: &'a str,
    written: Vec<Written>,
    mistakes: &'a mut Vec<Mistake>,
}

impl File<'_> {
    fn walk(&mut self, table: &dyn TableLike, prefix: &str) {
        for (name, item) in table.iter() {
            let key = format!("{prefix}{name}");
            let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            let line = span.map(|span| self.line_at(span.start));
            if let Some(setting) = settings().find(|setting| setting.key == key) {
                if let Item::Value(value) = item {
                    let place = self.place(line);
                    self.written.push(Written { setting, raw: Raw::Toml(value.clone()), place });
                } else {
                    self.mistake(line, format!("{key}: expected {}, found a table", setting.expected()));
                }
            } else if SECTIONS.iter().any(|section| section.name == key) {
                match item.as_table_like() {
                    Some(inner) => self.walk(inner, &format!("{key}.")),
                    None => self.mistake(line, format!("{key}: expected a table, found {}", item.type_name())),
                }
            } else {
                self.mistake(line, unknown(&key));
            }
        }
    }

    fn place(&self, line: Option<usize>) -> Place {
        Place::File { path: self.path.clone(), line }
    }

    fn mistake(&mut self, line: Option<usize>, what: String) {
        let place = self.place(line);
        self.mistakes.push(Mistake { place, what });
    }

    fn line_at(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}

fn unknown(key: &str) -> String {
    let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
    // The right word in the wrong table is the likelier slip, so it is looked for first.
    let elsewhere = settings().find(|setting| setting.name() == name).map(|setting| setting.key);
    let names = settings().map(|setting| setting.key);
    let tables = SECTIONS.iter().map(|section| section.name).filter(|name| !name.is_empty());
    match elsewhere.or_else(|| nearest(key, names.chain(tables))) {
        Some(meant) => format!("{key}: no such setting; did you mean {meant}?"),
        None => format!("{key}: no such setting; `rialto config` prints all there are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes_of(text: &str) -> Vec<String> {
        let mut mistakes = Vec::new();
        read(Path::new("rialto.toml"), text, &mut mistakes);
        mistakes.iter().map(Mistake::to_string).collect()
    }

    fn keys_of(text: &str) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        let written = read(Path::new("rialto.toml"), text, &mut mistakes);
        assert_eq!(mistakes, []);
        written.into_iter().map(|written| (written.setting.key, written.place.to_string())).collect()
    }

    #[test]
    fn a_table_a_dotted_key_and_an_inline_table_say_the_same() {
        let expected = [("log.level", "rialto.toml:2".to_owned())];
        assert_eq!(keys_of("[log]\nlevel = \"warn\""), expected);
        assert_eq!(keys_of("\nlog.level = \"warn\""), expected);
        assert_eq!(keys_of("\nlog = { level = \"warn\" }"), expected);
    }

    #[test]
    fn an_unknown_key_is_reported_on_its_line_with_the_nearest_name() {
        assert_eq!(
            mistakes_of("\n\nlisten_on = 1\nlissen = \"127.0.0.1:1\"\n"),
            ["rialto.toml:3: listen_on: no such setting; did you mean listen?", "rialto.toml:4: lissen: no such setting; did you mean listen?",]
        );
    }

    #[test]
    fn a_key_in_the_wrong_table_is_sent_to_the_right_one() {
        assert_eq!(mistakes_of("body_bytes = 1"), ["rialto.toml:1: body_bytes: no such setting; did you mean limits.body_bytes?"]);
    }

    #[test]
    fn an_unknown_table_is_one_mistake_and_not_one_a_key() {
        assert_eq!(
            mistakes_of("[limit]\na = 1\nb = 2\n\n[weather]\nrain = true\n"),
            ["rialto.toml:1: limit: no such setting; did you mean limits?", "rialto.toml:5: weather: no such setting; `rialto config` prints all there are",]
        );
    }

    #[test]
    fn a_table_where_a_value_belongs_and_the_reverse_are_mistakes() {
        let mistakes = mistakes_of("limits = 5\n[listen]\nport = 80\n");
        assert_eq!(mistakes[0], "rialto.toml:1: limits: expected a table, found integer");
        assert!(mistakes[1].starts_with("rialto.toml:2: listen: expected an address and a port"), "{mistakes:?}");
        assert!(mistakes[1].ends_with("found a table"), "{mistakes:?}");
    }

    #[test]
    fn a_file_that_is_not_toml_is_a_mistake_with_its_line() {
        let mistakes = mistakes_of("[log]\nlevel = warn\n");
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].starts_with("rialto.toml:2: not TOML: "), "{mistakes:?}");
    }
}
