//! From what was written to a checked value.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::setting::Range;

/// A value as somebody wrote it: with TOML's types in a file, as bare text elsewhere.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    /// From the file.
    Toml(toml_edit::Value),
    /// From the environment or a flag.
    Text(String),
}

/// A type that a setting may have.
pub(crate) trait Value: Sized {
    /// What a right value looks like, in words that complete "expected …".
    fn expected(range: Option<&Range>) -> String;

    /// The value, or nothing when this is not one.
    fn parse(raw: &Raw, range: Option<&Range>) -> Option<Self>;
}

/// A type of a few named values.
pub(crate) trait Choice: Copy + 'static {
    /// Every value with the name it is written by.
    const NAMED: &'static [(&'static str, Self)];
}

impl Raw {
    fn integer(&self) -> Option<i64> {
        match self {
            Self::Toml(value) => value.as_integer(),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    fn boolean(&self) -> Option<bool> {
        match self {
            Self::Toml(value) => value.as_bool(),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    /// The text of a string; never that of a number.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Toml(value) => value.as_str(),
            Self::Text(text) => Some(text.trim()),
        }
    }

    /// The items of a list. Outside the file they are separated by commas.
    pub(super) fn list(&self) -> Option<Vec<Self>> {
        match self {
            Self::Toml(value) => Some(value.as_array()?.iter().cloned().map(Self::Toml).collect()),
            Self::Text(text) if text.trim().is_empty() => Some(Vec::new()),
            Self::Text(text) => Some(text.split(',').map(|item| Self::Text(item.trim().to_owned())).collect()),
        }
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(value) => f.write_str(value.to_string().trim()),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

macro_rules! numbers {
    ($($type:ty)+) => {$(
        impl Value for $type {
            fn expected(range: Option<&Range>) -> String {
                range.map_or_else(
                    || "a whole number".to_owned(),
                    |Range { bounds, unit }| {
                        format!("a whole number from {} to {} ({unit})", bounds.start(), bounds.end())
                    },
                )
            }

            fn parse(raw: &Raw, range: Option<&Range>) -> Option<Self> {
                let number = raw.integer()?;
                let in_range = range.is_none_or(|range| range.bounds.contains(&number));
                in_range.then(|| Self::try_from(number).ok())?
            }
        }
    )+};
}
numbers!(u16 u32 u64 usize);

impl Value for bool {
    fn expected(_: Option<&Range>) -> String {
        "true or false".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        raw.boolean()
    }
}

impl<T: Choice> Value for T {
    fn expected(_: Option<&Range>) -> String {
        let names: Vec<_> = T::NAMED.iter().map(|(name, _)| format!("{name:?}")).collect();
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} or {last}", others.join(", "))
            }
            _ => names.concat(),
        }
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        let text = raw.text()?;
        T::NAMED.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice)
    }
}

impl Value for SocketAddr {
    fn expected(_: Option<&Range>) -> String {
        "an address and a port such as \"127.0.0.1:7878\" or \"[::1]:7878\" (port 0: any free one)".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        raw.text()?.parse().ok()
    }
}

/// `"off"` is nothing: the listener is not opened.
impl Value for Option<SocketAddr> {
    fn expected(range: Option<&Range>) -> String {
        format!("{}, or \"off\"", SocketAddr::expected(range))
    }

    fn parse(raw: &Raw, range: Option<&Range>) -> Option<Self> {
        if raw.text()? == "off" {
            return Some(None);
        }
        SocketAddr::parse(raw, range).map(Some)
    }
}

impl Value for PathBuf {
    fn expected(_: Option<&Range>) -> String {
        "a path".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        raw.text().map(Self::from)
    }
}

/// `""` is nothing.
impl Value for Option<PathBuf> {
    fn expected(range: Option<&Range>) -> String {
        format!("{}, or \"\" for none", PathBuf::expected(range))
    }

    fn parse(raw: &Raw, range: Option<&Range>) -> Option<Self> {
        PathBuf::parse(raw, range).map(|path| (!path.as_os_str().is_empty()).then_some(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERCENT: Range = Range { bounds: 1..=100, unit: "percent" };

    fn toml(value: &str) -> Raw {
        Raw::Toml(value.parse().unwrap())
    }

    fn text(value: &str) -> Raw {
        Raw::Text(value.to_owned())
    }

    #[test]
    fn a_number_is_a_number_in_the_file_and_digits_elsewhere() {
        assert_eq!(u32::parse(&toml("1_00"), Some(&PERCENT)), Some(100));
        assert_eq!(u32::parse(&toml("\"100\""), Some(&PERCENT)), None);
        assert_eq!(u32::parse(&text(" 100 "), Some(&PERCENT)), Some(100));
        assert_eq!(u32::parse(&text("100%"), Some(&PERCENT)), None);
        assert_eq!(u32::parse(&toml("1.5"), Some(&PERCENT)), None);
    }

    #[test]
    fn a_number_out_of_its_range_or_its_type_is_wrong() {
        assert_eq!(u32::parse(&toml("0"), Some(&PERCENT)), None);
        assert_eq!(u32::parse(&toml("101"), Some(&PERCENT)), None);
        assert_eq!(u16::parse(&toml("65536"), None), None);
        assert_eq!(u64::parse(&text("99999999999999999999"), None), None);
        assert_eq!(u32::expected(Some(&PERCENT)), "a whole number from 1 to 100 (percent)");
    }

    #[test]
    fn an_address_needs_its_port() {
        assert_eq!(SocketAddr::parse(&text("127.0.0.1"), None), None);
        assert!(SocketAddr::parse(&text("[::1]:0"), None).is_some());
        assert_eq!(SocketAddr::parse(&toml("7878"), None), None);
    }

    #[test]
    fn a_listener_may_be_off() {
        assert_eq!(Option::<SocketAddr>::parse(&toml("\"off\""), None), Some(None));
        assert_eq!(Option::<SocketAddr>::parse(&toml("\"on\""), None), None);
    }

    #[test]
    fn a_list_is_an_array_in_the_file_and_comma_separated_elsewhere() {
        assert_eq!(toml("[\"a\", \"b\"]").list().unwrap().len(), 2);
        assert!(toml("\"a,b\"").list().is_none());
        assert_eq!(text("a, b").list().unwrap()[1].text(), Some("b"));
        assert!(text(" ").list().unwrap().is_empty());
    }
}
