//! One's own account: its names and settings.

use rialto_domain::Refusal;
use rialto_domain::auth::{Account, Identity, Password};
use rialto_domain::ports::PortError;
use rialto_domain::user::{Settings, Username, display_name};

use crate::Service;
use crate::refused::{failed, failed_or, unsure};

impl Service {
    /// One's own account.
    pub async fn account(&self, identity: Identity) -> Result<Account, Refusal> {
        self.ports.accounts.load(identity.user).await.map_err(failed_or(Refusal::NotAuthenticated))
    }

    /// Gives an anonymous account a name and a password.
    ///
    /// # Errors
    /// `account.already_named`, `account.username_taken`, and those of names and passwords.
    pub async fn claim(&self, identity: Identity, username: &str, password: &str) -> Result<Account, Refusal> {
        let name = Username::parse(username)?;
        let password = Password::parse(password)?;
        self.rates.discovery(identity.user, self.now())?;
        let account = self.account(identity).await?;
        if account.profile.username.is_some() {
            return Err(Refusal::AlreadyNamed);
        }
        let hash = self.ports.hasher.hash(password).await.map_err(failed)?;
        self.ports.accounts.set_username(identity.user, name, hash).await.map_err(|error| match error {
            PortError::Conflict => Refusal::UsernameTaken,
            other => unsure(other),
        })?;
        self.account(identity).await
    }

    /// Changes the name shown.
    ///
    /// # Errors
    /// `account.display_name_invalid`.
    pub async fn rename(&self, identity: Identity, name: &str) -> Result<Account, Refusal> {
        let name = display_name(name)?;
        self.ports.accounts.set_display_name(identity.user, name).await.map_err(unsure)?;
        self.account(identity).await
    }

    /// Replaces one's settings. What they show or hide, they show or hide at once.
    pub async fn set_settings(&self, identity: Identity, settings: Settings) -> Result<Settings, Refusal> {
        let before = self.account(identity).await?.settings;
        self.ports.accounts.set_settings(identity.user, settings.clone()).await.map_err(unsure)?;
        if (before.presence, before.last_seen) != (settings.presence, settings.last_seen) {
            self.announce_visibility(identity.user, &settings).await;
        }
        Ok(settings)
    }
}
