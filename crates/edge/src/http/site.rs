//! What every request may need.

use rialto_domain::Refusal;
use rialto_domain::auth::Identity;
use rialto_wire::command::Hello;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

use super::assets::Assets;
use crate::realtime::{Admission, Adopter, Gateway, Polling};
use crate::settings::Settings;

/// What HTTP needs of the process.
pub struct Parts {
    /// The same values that the shards have.
    pub settings: Settings,
    /// What is said about this server, and to whom.
    pub web: Web,
    /// The web client, where there is one.
    pub assets: Assets,
    /// The service.
    pub gateway: Arc<dyn Gateway>,
    /// Where polling requests go.
    pub polling: Polling,
    /// Who counts connections.
    pub admission: Arc<Admission>,
    /// Where WebSockets go that are opened on a connection that was used for HTTP before.
    pub adopter: Adopter,
}

/// What is said about this server, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Web {
    /// The version that runs.
    pub version: String,
    /// The address that people use, without a slash at its end, when it is not the one that they asked.
    pub public_url: Option<String>,
    /// People reach us by `https` where `public_url` does not say otherwise.
    pub is_encrypted: bool,
}

/// The parts, as the handlers see them.
pub(super) struct Site {
    pub(super) settings: Settings,
    pub(super) web: Web,
    pub(super) assets: Assets,
    pub(super) gateway: Arc<dyn Gateway>,
    pub(super) polling: Polling,
    pub(super) admission: Arc<Admission>,
    pub(super) adopter: Adopter,
    pub(super) contract: Value,
}

impl Site {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { settings, web, assets, gateway, polling, admission, adopter } = parts;
        Self { settings, web, assets, gateway, polling, admission, adopter, contract: rialto_wire::schema::contract() }
    }

    /// Whom a token names.
    pub(super) async fn identify(&self, token: &str, client: IpAddr) -> Result<Identity, Refusal> {
        let hello = Hello { token: Some(token.to_owned()), ..Hello::default() };
        self.gateway.identify(&hello, client).await
    }
}
