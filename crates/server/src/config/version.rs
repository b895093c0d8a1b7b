//! Versions: numbers with dots.

use super::setting::Range;
use super::value::{Raw, Value};

/// The oldest version of a client that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MinimumClient(String);

impl MinimumClient {
    /// Its numbers, with dots.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// `""` is nothing.
impl Value for Option<MinimumClient> {
    fn expected(_: Option<&Range>) -> String {
        "a version such as \"1.4\" (numbers with dots), or \"\" for none".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        let text = raw.text()?;
        if text.is_empty() {
            return Some(None);
        }
        let is_version = text.len() <= 32 && text.split('.').all(|number| number.parse::<u32>().is_ok());
        is_version.then(|| Some(MinimumClient(text.to_owned())))
    }
}
