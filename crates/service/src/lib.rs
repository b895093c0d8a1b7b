//! Use cases over ports: facts → decision → commit → announce.
//!
//! Nothing here knows a backend or a socket. [`Service`] is what a gateway asks; [`sequencer::Sequencer`] is the one
//! writer of the channels whose commands it is given.

mod account;
mod auth;
mod budget;
mod channels;
mod dialogue;
mod former;
mod inbox;
mod invites;
mod messages;
mod pending;
mod people;
mod positions;
mod rates;
mod refused;
mod repeated;
mod rosters;
pub mod sequencer;
mod tokens;

pub use auth::{Client, Credentials, Grant, Registration};
pub use channels::{ListedChannel, ListedPage, Wish};
pub use dialogue::{CaughtUp, MissedEntries, Welcome};
pub use invites::InviteTerms;
pub use messages::{MessageDraft, PageRequest};
pub use rates::RatePolicy;
pub use tokens::{TokenKey, TokenPolicy};

use rialto_domain::auth::Identity;
use rialto_domain::limit::Limits;
use rialto_domain::ports::{AccountStore, Bus, ChannelLog, ChannelStore, Clock, Intake, PasswordHasher, PresenceBoard, Randomness};
use rialto_domain::{Refusal, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;

use pending::Pending;
use rates::Rates;
use rosters::Rosters;
use tokens::{Revocations, Tokens};

/// The backends, each behind its port.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is named after its port")]
pub struct Ports {
    pub accounts: Arc<dyn AccountStore>,
    pub channels: Arc<dyn ChannelStore>,
    pub log: Arc<dyn ChannelLog>,
    pub intake: Arc<dyn Intake>,
    pub bus: Arc<dyn Bus>,
    pub presence: Arc<dyn PresenceBoard>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<dyn Randomness>,
}

/// What the operator decides about the service.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Sizes and counts, told to clients.
    pub limits: Limits,
    /// How long tokens are good.
    pub tokens: TokenPolicy,
    /// How fast accounts may be made, passwords tried and commands sent.
    pub rates: RatePolicy,
    /// Which history this is; changes when a backup is restored.
    pub epoch: String,
}

/// What a gateway asks. One per process, shared.
pub struct Service {
    ports: Ports,
    policy: Policy,
    tokens: Tokens,
    revocations: Revocations,
    rosters: Rosters,
    pending: Pending,
    rates: Rates,
}

impl Service {
    /// A service over these ports; `key` signs its tokens.
    ///
    /// Loads the log-ins that were ended recently, so that an access token of one is not taken for good, and wants the
    /// outcomes of its own commands from the bus.
    ///
    /// # Errors
    /// When the account store cannot be read or the bus does not answer.
    pub async fn new(ports: Ports, policy: Policy, key: &TokenKey) -> Result<Arc<Self>, rialto_domain::ports::PortError> {
        let mut gateway = [0; 8];
        ports.randomness.fill(&mut gateway);
        let revocations = Revocations::new(policy.tokens.access_ttl_ms);
        let now = ports.clock.now();
        let since = Timestamp(now.0.saturating_sub(policy.tokens.access_ttl_ms));
        revocations.add(&ports.accounts.revoked_since(since).await?, now);
        let pending = Pending::new(u64::from_le_bytes(gateway));
        ports.bus.subscribe(pending.topic()).await?;
        Ok(Arc::new(Self {
            tokens: Tokens::new(key, policy.tokens),
            revocations,
            rosters: Rosters::default(),
            pending,
            rates: Rates::new(policy.rates),
            ports,
            policy,
        }))
    }

    /// Sizes and counts that clients must keep to.
    pub const fn limits(&self) -> &Limits {
        &self.policy.limits
    }

    /// Do the backends answer, and take what is written? Reads something small from the store.
    ///
    /// # Errors
    /// `server.unavailable`, `server.storage_full` and the like: what clients are told who write.
    pub async fn ready(&self) -> Result<(), Refusal> {
        self.ports.accounts.revoked_since(self.now()).await.map_err(refused::failed)?;
        self.ports.log.writable().await.map_err(refused::failed)
    }

    /// Counts a command of a user, over all their connections.
    ///
    /// # Errors
    /// `limit.exceeded`.
    pub fn admit(&self, identity: Identity) -> Result<(), Refusal> {
        self.rates.command(identity.user, self.now())
    }

    /// Counts a command from an address, whoever sends it.
    ///
    /// # Errors
    /// `limit.exceeded`.
    pub fn admit_from(&self, address: IpAddr) -> Result<(), Refusal> {
        self.rates.command_from(address, self.now())
    }

    /// Says that no outcome comes any more, because the sequencer has come to its end: who waits for one, and who is
    /// going to, hears at once that it is unknown.
    pub fn stop_waiting(&self) {
        self.pending.close();
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.ports.randomness.fill(&mut bytes);
        bytes
    }

    /// Refuses lists that are longer than one command may name.
    fn bounded<T>(&self, named: &[T]) -> Result<(), Refusal> {
        (named.len() <= self.policy.limits.users_per_command).then_some(()).ok_or(Refusal::TooMany)
    }
}
