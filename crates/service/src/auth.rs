//! Making accounts, logging in and out, and finding out for whom a token speaks.

use aws_lc_rs::digest;
use rialto_domain::auth::{Account, Identity, LogIn, Password, RecoveryKey, Rotation};
use rialto_domain::ports::{NewAccount, PortError, Rotated, Which};
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::user::{Profile, Settings, Username, display_name};
use rialto_domain::visible::visible_name;
use rialto_domain::{DeviceId, Refusal, SessionId, Timestamp, UserId};
use std::net::IpAddr;
use std::sync::Arc;

use crate::Service;
use crate::refused::{failed, failed_or, unsure};

/// How long a log-in that ended is remembered: twice as long as an access token of it can live, and so be held against it.
const ENDED_LOG_IN_MS: u64 = 2 * 24 * 3600 * 1000;

/// From where somebody logs in.
#[derive(Clone, Debug)]
pub struct Client {
    /// The address that limits count.
    pub address: IpAddr,
    /// The device, when the client has an id for it already.
    pub device: Option<DeviceId>,
    /// What the client calls itself.
    pub name: String,
}

/// Who wants an account.
pub struct Registration {
    /// The name as typed; without one the account is anonymous.
    pub username: Option<String>,
    /// The password as typed.
    pub password: Option<String>,
    /// The name to be shown, as typed.
    pub display_name: Option<String>,
}

/// What somebody claims to be.
pub enum Credentials {
    /// A user name and a password, as typed.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// The recovery key of an anonymous account, as typed.
    RecoveryKey(String),
}

/// A log-in's tokens.
pub struct Grant {
    /// For whom they speak.
    pub identity: Identity,
    /// Good for a short while.
    pub access_token: String,
    /// For how many milliseconds.
    pub access_ttl_ms: u64,
    /// Good once, and shortly after that once more when the answer was lost.
    pub refresh_token: String,
    /// Only for a new anonymous account.
    pub recovery_key: Option<String>,
}

impl Service {
    /// Makes an account and logs in.
    ///
    /// # Errors
    /// `account.username_invalid`, `account.password_invalid`, `account.display_name_invalid`, `account.username_taken`, `limit.exceeded`.
    pub async fn register(&self, wish: Registration, client: Client) -> Result<Grant, Refusal> {
        let now = self.now();
        let name = wish.username.as_deref().map(Username::parse).transpose()?;
        let password = wish.password.as_deref().map(Password::parse).transpose()?;
        let shown = wish.display_name.as_deref().map(display_name).transpose()?;
        if name.is_some() != password.is_some() {
            return Err(if name.is_some() { Refusal::PasswordInvalid } else { Refusal::UsernameInvalid });
        }
        self.rates.registration(client.address, now)?;
        let password_hash = match password {
            Some(password) => Some(self.ports.hasher.hash(password).await.map_err(failed)?),
            None => None,
        };
        let recovery_key = name.is_none().then(|| RecoveryKey::new(self.random()));
        let user = UserId::new(now, &self.random());
        let shown = shown.or_else(|| name.as_ref().map(|name| name.as_str().to_owned())).unwrap_or_else(|| {
            let [high, low] = self.random::<2>();
            format!("Guest {}", u16::from_be_bytes([high, low]))
        });
        let profile = Profile { id: user, username: name.clone(), display_name: shown };
        let account = Account { profile, password_hash, settings: Settings::default(), created_at: now };
        let recovery_digest = recovery_key.as_ref().map(|key| sha256(key.as_bytes()));
        self.ports.accounts.create(NewAccount { account, recovery_digest }).await.map_err(|error| match error {
            PortError::Conflict => Refusal::UsernameTaken,
            other => unsure(other),
        })?;
        if let Some(name) = &name {
            self.rates.know_place(name.as_str(), client.address);
        }
        let mut grant = self.log_in_as(user, client).await?;
        grant.recovery_key = recovery_key.map(|key| key.reveal());
        Ok(grant)
    }

    /// Logs in. Unknown names and wrong passwords cannot be told apart, neither by answer nor by time. Where a user has too
    /// many log-ins, this ends the one that was refreshed longest ago.
    ///
    /// # Errors
    /// `auth.wrong_credentials`, `limit.exceeded`.
    pub async fn log_in(&self, credentials: Credentials, client: Client) -> Result<Grant, Refusal> {
        let now = self.now();
        let user = match credentials {
            Credentials::Password { username, password } => {
                let name = Username::parse(&username).map_err(|_| Refusal::WrongCredentials)?;
                let password = Password::parse(&password).map_err(|_| Refusal::WrongCredentials)?;
                self.rates.log_in(name.as_str(), client.address, now)?;
                let account = self.ports.accounts.find_by_username(&name).await.map_err(failed)?;
                if let Err(refusal) = self.rates.log_in_from_new_place(name.as_str(), client.address, now)
                    && !self.is_own_device(account.as_ref(), client.device, now).await?
                {
                    return Err(refusal);
                }
                let hash = account.as_ref().and_then(|account| account.password_hash.clone());
                let right = self.ports.hasher.verify(password, hash).await.map_err(failed)?;
                if right {
                    self.rates.know_place(name.as_str(), client.address);
                }
                account.filter(|_| right).map(|account| account.profile.id)
            }
            Credentials::RecoveryKey(text) => {
                self.rates.log_in("", client.address, now)?;
                let key = RecoveryKey::parse(&text).ok_or(Refusal::WrongCredentials)?;
                self.ports.accounts.find_by_recovery(sha256(key.as_bytes())).await.map_err(failed)?
            }
        };
        let user = user.ok_or(Refusal::WrongCredentials)?;
        self.ports.accounts.forget_log_ins(user, Timestamp(now.0.saturating_sub(ENDED_LOG_IN_MS))).await.map_err(failed)?;
        let grant = self.log_in_as(user, client).await?;
        self.end_surplus(grant.identity).await?;
        Ok(grant)
    }

    /// Ends the log-ins that are too many, those first that were refreshed longest ago; never the one that has just begun.
    async fn end_surplus(&self, newest: Identity) -> Result<(), Refusal> {
        let mut open = self.ports.accounts.log_ins(newest.user, self.now()).await.map_err(failed)?;
        let surplus = open.len().saturating_sub(self.policy.tokens.log_ins_per_user);
        open.retain(|log_in| log_in.id != newest.session);
        open.sort_by_key(|log_in| (log_in.used_at, log_in.id));
        for log_in in open.into_iter().take(surplus) {
            self.end(newest.user, Which::One(log_in.id)).await?;
        }
        Ok(())
    }

    /// Is the account logged in on this device? Nobody else was told the device's id.
    async fn is_own_device(&self, account: Option<&Account>, device: Option<DeviceId>, now: Timestamp) -> Result<bool, Refusal> {
        let (Some(account), Some(device)) = (account, device) else { return Ok(false) };
        let log_ins = self.ports.accounts.log_ins(account.profile.id, now).await.map_err(failed)?;
        Ok(log_ins.iter().any(|log_in| log_in.device == device))
    }

    async fn log_in_as(&self, user: UserId, client: Client) -> Result<Grant, Refusal> {
        let now = self.now();
        let device = client.device.unwrap_or_else(|| DeviceId::new(now, &self.random()));
        let session = SessionId::new(now, &self.random());
        let log_in = LogIn {
            id: session,
            user,
            device,
            client: visible_name(&client.name, 64).unwrap_or_default(),
            generation: 1,
            created_at: now,
            used_at: now,
            expires_at: now.after_ms(self.policy.tokens.refresh_ttl_ms),
            revoked_at: None,
        };
        self.ports.accounts.open_log_in(log_in).await.map_err(unsure)?;
        Ok(self.grant(Identity { user, device, session }, 1))
    }

    fn grant(&self, identity: Identity, generation: u64) -> Grant {
        let now = self.now();
        Grant {
            identity,
            access_token: self.tokens.access(identity, now),
            access_ttl_ms: self.policy.tokens.access_ttl_ms,
            refresh_token: self.tokens.refresh(identity, generation, now),
            recovery_key: None,
        }
    }

    /// Trades a refresh token for new tokens. One that was used before ends its whole log-in, unless the answer to it may
    /// have been lost.
    ///
    /// # Errors
    /// `auth.refresh_refused`.
    pub async fn refresh(&self, token: &str) -> Result<Grant, Refusal> {
        let now = self.now();
        let tokens = self.policy.tokens;
        let (identity, generation) = self.tokens.verify_refresh(token, now)?;
        let session = identity.session;
        // Twice: who is overtaken by the same token finds it used at the second look.
        for _ in 0..2 {
            let log_in = self.ports.accounts.find_log_in(session).await.map_err(failed)?.ok_or(Refusal::RefreshRefused)?;
            match log_in.rotate(generation, now, tokens.refresh_grace_ms) {
                Rotation::Refuse => return Err(Refusal::RefreshRefused),
                Rotation::RevokeFamily => break,
                Rotation::Again(last) => {
                    tracing::debug!(user.id = %identity.user, session.id = %session, "a refresh token came again: the answer may have been lost");
                    return Ok(self.grant(identity, last));
                }
                Rotation::Next(next) => {
                    let expires_at = now.after_ms(tokens.refresh_ttl_ms);
                    if self.ports.accounts.rotate(session, generation, now, expires_at).await.map_err(unsure)? == Rotated::Done {
                        return Ok(self.grant(identity, next));
                    }
                }
            }
        }
        tracing::warn!(user.id = %identity.user, session.id = %session, "a refresh token came twice: its log-in is ended");
        self.end(identity.user, Which::One(session)).await?;
        Err(Refusal::RefreshRefused)
    }

    /// For whom an access token speaks.
    ///
    /// # Errors
    /// `auth.required`.
    pub fn identify(&self, token: &str) -> Result<Identity, Refusal> {
        let identity = self.tokens.verify_access(token, self.now())?;
        if self.revocations.contains(identity.session) {
            return Err(Refusal::NotAuthenticated);
        }
        Ok(identity)
    }

    /// Ends the log-in that asks.
    pub async fn log_out(&self, identity: Identity) -> Result<(), Refusal> {
        self.end(identity.user, Which::One(identity.session)).await.map(drop)
    }

    /// The log-ins of a user, the newest first.
    pub async fn log_ins(&self, identity: Identity) -> Result<Vec<LogIn>, Refusal> {
        self.ports.accounts.log_ins(identity.user, self.now()).await.map_err(failed)
    }

    /// Ends log-ins of a user. Their connections are closed.
    ///
    /// # Errors
    /// `session.unknown` when the one named is none of the user's.
    pub async fn revoke(&self, identity: Identity, which: Which) -> Result<Vec<SessionId>, Refusal> {
        let ended = self.end(identity.user, which).await?;
        match which {
            Which::One(_) if ended.is_empty() => Err(Refusal::SessionUnknown),
            _ => Ok(ended),
        }
    }

    /// Names the device of a log-in.
    ///
    /// # Errors
    /// `account.display_name_invalid`.
    pub async fn name_device(&self, identity: Identity, name: &str) -> Result<(), Refusal> {
        let name = visible_name(name, 64).ok_or(Refusal::DisplayNameInvalid)?;
        self.ports.accounts.name_log_in(identity.session, name).await.map_err(failed_or(Refusal::SessionUnknown))
    }

    /// Changes a password, and ends all other log-ins.
    ///
    /// # Errors
    /// `auth.wrong_credentials` when the old one is wrong or there is none, `account.password_invalid`, `limit.exceeded`.
    pub async fn change_password(&self, identity: Identity, old: &str, new: &str, address: IpAddr) -> Result<(), Refusal> {
        let new = Password::parse(new)?;
        let old = Password::parse(old).map_err(|_| Refusal::WrongCredentials)?;
        let account = self.ports.accounts.load(identity.user).await.map_err(failed_or(Refusal::NotAuthenticated))?;
        let name = account.profile.username.as_ref().map_or("", Username::as_str);
        self.rates.log_in(name, address, self.now())?;
        if !self.ports.hasher.verify(old, account.password_hash).await.map_err(failed)? {
            return Err(Refusal::WrongCredentials);
        }
        let hash = self.ports.hasher.hash(new).await.map_err(failed)?;
        self.ports.accounts.set_password(identity.user, hash).await.map_err(unsure)?;
        self.end(identity.user, Which::AllBut(identity.session)).await.map(drop)
    }

    async fn end(&self, user: UserId, which: Which) -> Result<Vec<SessionId>, Refusal> {
        let now = self.now();
        let ended = self.ports.accounts.revoke(user, which, now).await.map_err(unsure)?;
        if !ended.is_empty() {
            // Here at once; on other gateways, and for open connections, by the bus.
            self.revocations.add(&ended, now);
            let sessions: Arc<[SessionId]> = ended.clone().into();
            self.announce(vec![(Topic::User(user), Publication::Revoked { user, sessions })]).await;
        }
        Ok(ended)
    }

    /// Announces. A loss is no failure of the use case: readers follow the log.
    pub(crate) async fn announce(&self, batch: Vec<(Topic, Publication)>) {
        if let Err(error) = self.ports.bus.publish(batch).await {
            tracing::warn!(%error, "an announcement was lost");
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("a SHA-256 digest has 32 bytes")
}
