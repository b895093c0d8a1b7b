//! One setting: what it is called, what it may be, what it means. The rows of the one table.

use std::ops::RangeInclusive;

use super::environment::PREFIX;
use super::value::Raw;

/// 1,024 bytes.
pub(super) const KIB: i64 = 1024;
/// 1,024 kibibytes.
pub(super) const MIB: i64 = 1024 * KIB;

/// Settings of one concern, and the TOML table they are written in.
#[derive(Debug)]
pub(crate) struct Section {
    /// Name of the TOML table; empty for settings at the top of the file.
    pub(super) name: &'static str,
    /// What the concern is, for the head of the table.
    pub(super) about: &'static str,
    /// The settings, in the order they are documented.
    pub(super) settings: &'static [Setting],
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Where it stands in the file: `limits.body_bytes`, or `listen` at the top.
    pub(super) key: &'static str,
    /// A paragraph for the operator, as written above the field.
    pub(super) about: &'static str,
    /// What holds when nobody says otherwise, as it would be written in the file.
    pub(super) default: fn() -> toml_edit::Value,
    /// Smallest and largest number allowed; every number has one.
    pub(super) range: Option<Range>,
    pub(super) expected: fn(Option<&Range>) -> String,
    pub(super) is_right: fn(&Raw, Option<&Range>) -> bool,
}

/// The numbers a setting may have, and of what.
#[derive(Debug)]
pub(crate) struct Range {
    pub(super) bounds: RangeInclusive<i64>,
    pub(super) unit: &'static str,
}

impl Section {
    /// The setting behind a field of this concern's struct.
    pub(super) fn setting(&self, field: &str) -> &'static Setting {
        self.settings.iter().find(|setting| setting.name() == field).expect("the macro writes one row for every field")
    }
}

impl Setting {
    /// The last word of the key: what is written inside the TOML table.
    pub(super) fn name(&self) -> &'static str {
        self.key.rsplit_once('.').map_or(self.key, |(_, name)| name)
    }

    /// The environment variable: `RIALTO_LIMITS_BODY_BYTES`.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The flag without its dashes: `limits-body-bytes`.
    pub(super) fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// What it means, on one line.
    pub(super) fn paragraph(&self) -> String {
        self.about.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// The first sentence of what it means.
    pub(super) fn summary(&self) -> String {
        let paragraph = self.paragraph();
        let first = paragraph.split_once(". ").map_or(paragraph.as_str(), |(first, _)| first);
        first.trim_end_matches('.').to_owned()
    }

    /// Completes "expected …".
    pub(super) fn expected(&self) -> String {
        (self.expected)(self.range.as_ref())
    }

    pub(super) fn accepts(&self, raw: &Raw) -> bool {
        (self.is_right)(raw, self.range.as_ref())
    }
}

/// Declares a concern: its struct, and its rows of the table, from one text.
///
/// A field is `name: Type = default;`, and a number also says its range and unit:
/// `body_bytes: usize = 16 * KIB, 1..=256 * KIB, "bytes";`. The comment above a field is what the
/// operator reads in the example file and in `--help`.
macro_rules! settings {
    (
        $section:tt;
        $(#[doc = $about:literal])+
        struct $Name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:expr $(, $range:expr, $unit:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        #[allow(rustdoc::bare_urls, rustdoc::broken_intra_doc_links, reason = "the text is for the operator, and plain")]
        pub(crate) struct $Name {
            $($(#[doc = $doc])+ pub(crate) $field: $type,)+
        }

        impl $Name {
            pub(super) const SECTION: $crate::config::setting::Section = $crate::config::setting::Section {
                name: $section,
                about: concat!($($about, "\n"),+),
                settings: &[$($crate::config::setting::Setting {
                    key: settings!(@key $section $field),
                    about: concat!($($doc, "\n"),+),
                    default: || toml_edit::Value::from($default),
                    range: settings!(@range $($range, $unit)?),
                    expected: <$type as $crate::config::value::Value>::expected,
                    is_right: |raw, range| {
                        <$type as $crate::config::value::Value>::parse(raw, range).is_some()
                    },
                }),+],
            };

            pub(super) fn read(resolved: &$crate::config::resolved::Resolved) -> Self {
                Self { $($field: resolved.value(Self::SECTION.setting(stringify!($field))),)+ }
            }
        }
    };
    (@key "" $field:ident) => { stringify!($field) };
    (@key $section:tt $field:ident) => { concat!($section, ".", stringify!($field)) };
    (@range) => { None };
    (@range $range:expr, $unit:literal) => {
        Some($crate::config::setting::Range { bounds: $range, unit: $unit })
    };
}
pub(super) use settings;

#[cfg(test)]
mod tests {
    use super::super::{SECTIONS, settings};
    use std::collections::BTreeSet;

    #[test]
    fn every_setting_is_documented_in_a_sentence() {
        for section in SECTIONS {
            assert!(section.about.trim().ends_with('.'), "[{}]", section.name);
        }
        for setting in settings() {
            let about = setting.about.trim();
            assert!(about.len() > 20 && about.ends_with('.'), "{}: {about:?}", setting.key);
        }
    }

    #[test]
    fn every_default_is_a_value_that_the_setting_accepts() {
        for setting in settings() {
            let default = super::Raw::Toml((setting.default)());
            assert!(setting.accepts(&default), "{} = {default}", setting.key);
        }
    }

    #[test]
    fn every_number_has_a_range_and_a_unit() {
        for setting in settings() {
            let is_number = (setting.default)().is_integer();
            assert_eq!(is_number, setting.range.is_some(), "{}", setting.key);
        }
    }

    #[test]
    fn no_two_settings_share_a_key_a_variable_or_a_flag() {
        let mut seen = BTreeSet::new();
        for setting in settings() {
            for name in [setting.key.to_owned(), setting.variable(), format!("--{}", setting.flag())] {
                // A key without a dot and its flag may be the same word; the dashes keep them apart.
                assert!(seen.insert(name.clone()), "{name} is used twice");
            }
        }
    }

    #[test]
    fn no_setting_listens_to_a_variable_that_a_container_platform_sets() {
        // A service named "rialto" puts RIALTO_PORT, RIALTO_PORT_7878_TCP and RIALTO_SERVICE_HOST there.
        for setting in settings() {
            let variable = setting.variable();
            assert!(!variable.starts_with("RIALTO_PORT"), "{variable}");
            assert!(!variable.starts_with("RIALTO_SERVICE"), "{variable}");
        }
    }
}
