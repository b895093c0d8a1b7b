//! What the program can be asked to do besides serving.

pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod load;

/// Whether the terminal was set up for more than ASCII, as far as the environment tells.
fn speaks_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_none_or(|locale| locale.to_uppercase().replace('-', "").contains("UTF8"))
}
