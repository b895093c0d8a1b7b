//! Getting in: with what is kept, a password, a recovery key, or a new account.

use anyhow::{Context as _, bail, ensure};
use rialto_wire::command::{Login, Register, Tokens};
use std::path::PathBuf;

use super::keyring::{Keyring, NoToken, client_name};
use super::prompt::{ask, ask_secret};
use crate::client::CallError;

/// The variable of the environment that may hold the password.
const PASSWORD_VARIABLE: &str = "RIALTO_PASSWORD";

/// Who one wishes to be.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Who {
    /// Log in with this user name. The password is read from --password-file, RIALTO_PASSWORD, or asked for.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The password is the first line of this file.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Make a new account with --user.
    #[arg(long, requires = "user")]
    register: bool,
    /// Make a new account without a name. Its recovery key is told once: keep it.
    #[arg(long, conflicts_with_all = ["user", "recovery_key"])]
    anonymous: bool,
    /// Get into an account without a name.
    #[arg(long, value_name = "KEY", conflicts_with = "user", env = "RIALTO_RECOVERY_KEY", hide_env_values = true)]
    recovery_key: Option<String>,
}

/// Sees to it that there is a log-in, and keeps it.
pub(crate) async fn log_in(who: &Who, keyring: &Keyring, may_ask: bool) -> anyhow::Result<()> {
    let saved = keyring.load()?;
    if who.anonymous {
        return register_anonymously(keyring).await;
    }
    if let Some(key) = &who.recovery_key {
        let login = Login { recovery_key: Some(key.clone()), client: Some(client_name()), ..Login::default() };
        let tokens: Tokens = keyring.connect().await?.call("account.login", &login).await?;
        return keyring.keep(Tokens { recovery_key: Some(key.clone()), ..tokens }, None);
    }
    if let Some(name) = &who.user {
        let is_saved = saved.is_some_and(|saved| saved.username.as_deref() == Some(&name.to_lowercase()));
        // Not to be reached for now is no reason to ask for a password.
        if is_saved && !who.register && !matches!(keyring.token(None).await, Err(NoToken::LoggedOut(_))) {
            return Ok(());
        }
        let password = password(who, may_ask)?;
        return enter(keyring, name, &password, who.register).await;
    }
    match (saved, may_ask) {
        (Some(_), _) => Ok(()),
        (None, true) => ask_who(keyring).await,
        (None, false) => bail!(
            "there is no log-in for {} yet: give --user NAME and {PASSWORD_VARIABLE} or --password-file, --anonymous, or --recovery-key",
            keyring.address()
        ),
    }
}

/// Asks somebody of whom nothing is known.
async fn ask_who(keyring: &Keyring) -> anyhow::Result<()> {
    eprintln!("There is no log-in for {} yet.", keyring.address());
    let name = ask("User name (Enter for an account without a name): ")?;
    if name.is_empty() {
        return register_anonymously(keyring).await;
    }
    let password = ask_secret("Password: ")?;
    match enter(keyring, &name, &password, false).await {
        Err(error) if error.downcast_ref::<CallError>().is_some_and(|error| error.code() == "auth.wrong_credentials") => {
            eprintln!("{error}.");
            ensure!(ask("Make a new account with this name and password? [y/N] ")?.eq_ignore_ascii_case("y"), "not logged in");
            ensure!(ask_secret("The password again: ")? == password, "the two passwords are not the same");
            enter(keyring, &name, &password, true).await
        }
        entered => entered,
    }
}

async fn enter(keyring: &Keyring, name: &str, password: &str, is_new: bool) -> anyhow::Result<()> {
    let mut connection = keyring.connect().await?;
    let (username, password) = (Some(name.to_owned()), Some(password.to_owned()));
    let tokens: Tokens = if is_new {
        let wish = Register { username, password, client: Some(client_name()), ..Register::default() };
        connection.call("account.register", &wish).await?
    } else {
        let login = Login { username, password, client: Some(client_name()), ..Login::default() };
        connection.call("account.login", &login).await?
    };
    connection.close().await;
    keyring.keep(tokens, Some(name.to_lowercase()))
}

async fn register_anonymously(keyring: &Keyring) -> anyhow::Result<()> {
    let mut connection = keyring.connect().await?;
    let wish = Register { client: Some(client_name()), ..Register::default() };
    let tokens: Tokens = connection.call("account.register", &wish).await?;
    connection.close().await;
    if let Some(key) = &tokens.recovery_key {
        eprintln!("Your recovery key, which is told this once:\n\n    {key}\n");
    }
    keyring.keep(tokens, None)
}

fn password(who: &Who, may_ask: bool) -> anyhow::Result<String> {
    if let Some(path) = &who.password_file {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        return text.lines().next().map(str::to_owned).with_context(|| format!("{} is empty", path.display()));
    }
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok(password);
    }
    ensure!(may_ask, "there is no password: give {PASSWORD_VARIABLE} or --password-file");
    let password = ask_secret("Password: ")?;
    if who.register {
        ensure!(ask_secret("The password again: ")? == password, "the two passwords are not the same");
    }
    Ok(password)
}
