//! Accounts and log-ins: who gets in, and who does not any more.

#![allow(clippy::unwrap_used, missing_docs)]

mod log_ins;
mod rates;
mod registration;
mod tokens;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Barrier};

use rialto_domain::auth::Identity;
use rialto_domain::limit::Rate;
use rialto_domain::ports::Which;
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::user::{Audience, Settings};
use rialto_domain::{DeviceId, Refusal, SessionId, Timestamp};
use rialto_service::{Client, Credentials, Grant, RatePolicy, Registration, TokenPolicy};
use rialto_testkit::Town;
use rialto_testkit::town::{Plan, password};

const MINUTE_MS: u64 = 60_000;

fn named(username: &str, password: &str) -> Registration {
    Registration { username: Some(username.to_owned()), password: Some(password.to_owned()), display_name: None }
}

fn nameless() -> Registration {
    Registration { username: None, password: None, display_name: None }
}

fn by_password(username: &str, password: &str) -> Credentials {
    Credentials::Password { username: username.to_owned(), password: password.to_owned() }
}

fn at(last: u8) -> Client {
    Client { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), device: None, name: "phone".to_owned() }
}

async fn log_in(town: &Town, name: &str) -> Result<Grant, Refusal> {
    town.service.log_in(by_password(name, &password(name)), town.client()).await
}

/// What a refused request got. (A grant cannot be shown.)
fn refused(result: Result<Grant, Refusal>) -> Refusal {
    match result {
        Err(refusal) => refusal,
        Ok(_) => panic!("tokens were granted"),
    }
}

fn revoked(announced: Vec<(Topic, Publication)>) -> Vec<(Topic, Vec<SessionId>)> {
    let revoked = |(topic, publication)| if let Publication::Revoked { sessions, .. } = publication { Some((topic, sessions.to_vec())) } else { None };
    announced.into_iter().filter_map(revoked).collect()
}
