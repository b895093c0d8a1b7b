//! The example file: every setting, what it means, and its default.

use std::fmt::Write as _;

use super::SECTIONS;
use super::setting::{Range, Section, Setting};

const HEAD: &str = "\
# Rialto's settings. Everything is optional: without this file the server runs as described here.
#
# To use it, name it: `rialto serve --config rialto.toml`, or RIALTO_CONFIG=rialto.toml.
# Each setting can also be given as an environment variable or as a flag, both named below. A flag
# overrules the environment, the environment overrules this file. Lists are separated by commas there.
# Relative paths start at the directory in which the server was started.
";

/// A TOML file that names every setting with its documentation and default. Each is commented out, so that
/// a copy changes nothing until a line of it does.
pub(crate) fn document() -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        write_section(&mut text, section);
    }
    text
}

fn write_section(text: &mut String, section: &Section) {
    text.push_str("\n\n");
    comment(text, section.about);
    if !section.name.is_empty() {
        push(text, format_args!("[{}]", section.name));
    }
    for setting in section.settings {
        write_setting(text, setting);
    }
}

fn write_setting(text: &mut String, setting: &Setting) {
    text.push('\n');
    comment(text, setting.about);
    if let Some(Range { bounds, unit }) = &setting.range {
        push(text, format_args!("# From {} to {} {unit}.", bounds.start(), bounds.end()));
    }
    push(text, format_args!("# Also {} and --{}.", setting.variable(), setting.flag()));
    push(text, format_args!("#{} = {}", setting.name(), (setting.default)()));
}

fn comment(text: &mut String, about: &str) {
    for line in about.lines() {
        push(text, format_args!("# {}", line.trim()));
    }
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes what is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources, settings};

    /// The document with every setting in force.
    fn uncommented() -> String {
        let is_setting = |line: &str| line.strip_prefix('#').is_some_and(|rest| !rest.is_empty() && !rest.starts_with(' '));
        document().lines().map(|line| if is_setting(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_document_names_every_setting() {
        let text = uncommented();
        for setting in settings() {
            assert!(text.lines().any(|line| line.starts_with(&format!("{} = ", setting.name()))), "{}", setting.key);
            let names = format!("# Also {} and --{}.", setting.variable(), setting.flag());
            assert!(text.contains(&names), "{names}");
        }
    }

    #[test]
    fn the_document_says_the_defaults() {
        let said = Config::read(&Sources { file: Some(("rialto.toml".into(), uncommented())), ..Sources::default() });
        assert_eq!(said.unwrap().config, Config::default());
        let unsaid = Config::read(&Sources { file: Some(("rialto.toml".into(), document())), ..Sources::default() });
        assert_eq!(unsaid.unwrap().config, Config::default());
    }
}
