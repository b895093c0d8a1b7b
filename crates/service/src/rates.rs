//! How fast somebody may try: accounts per address, passwords per name and address, commands per user.

use parking_lot::Mutex;
use rialto_domain::limit::{Bucket, Rate};
use rialto_domain::{Refusal, Timestamp, UserId};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;

/// The rates, as the operator sets them.
#[derive(Clone, Copy, Debug)]
pub struct RatePolicy {
    /// Accounts that one address may make.
    pub registrations: Rate,
    /// Log-ins that one address may try.
    pub log_ins_per_address: Rate,
    /// Log-ins that may be tried for one user name from one address. A stranger elsewhere does not use it up, so nobody
    /// can be locked out by others.
    pub log_ins_per_name: Rate,
    /// Commands of one user, over all connections and REST.
    pub commands: Rate,
    /// Channels that one user may open, and people they may look up.
    pub discoveries: Rate,
}

impl Default for RatePolicy {
    fn default() -> Self {
        Self {
            registrations: Rate::new(60, 3_600_000, 20),
            log_ins_per_address: Rate::new(60, 60_000, 60),
            log_ins_per_name: Rate::new(6, 60_000, 6),
            commands: Rate::new(50, 1000, 200),
            discoveries: Rate::new(60, 60_000, 120),
        }
    }
}

pub(crate) struct Rates {
    policy: RatePolicy,
    registrations: Buckets<IpAddr>,
    log_ins_per_address: Buckets<IpAddr>,
    log_ins_per_name: Buckets<(String, IpAddr)>,
    commands: Buckets<UserId>,
    discoveries: Buckets<UserId>,
}

impl Rates {
    pub(crate) fn new(policy: RatePolicy) -> Self {
        Self {
            policy,
            registrations: Buckets::default(),
            log_ins_per_address: Buckets::default(),
            log_ins_per_name: Buckets::default(),
            commands: Buckets::default(),
            discoveries: Buckets::default(),
        }
    }

    pub(crate) fn registration(&self, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        self.registrations.take(block_of(address), &self.policy.registrations, now)
    }

    pub(crate) fn log_in(&self, name: &str, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        let address = block_of(address);
        self.log_ins_per_address.take(address, &self.policy.log_ins_per_address, now)?;
        self.log_ins_per_name.take((name.to_owned(), address), &self.policy.log_ins_per_name, now)
    }

    pub(crate) fn command(&self, user: UserId, now: Timestamp) -> Result<(), Refusal> {
        self.commands.take(user, &self.policy.commands, now)
    }

    pub(crate) fn discovery(&self, user: UserId, now: Timestamp) -> Result<(), Refusal> {
        self.discoveries.take(user, &self.policy.discoveries, now)
    }
}

/// An IPv6 subscriber has a whole /64 (RFC 6177): counting single addresses would count nothing.
fn block_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 => v4,
    }
}

const SHARDS: usize = 16;
/// Parties remembered per shard. Beyond it those who owe nothing are forgotten, and if that does not help, all are:
/// memory stays bounded, and a flood of new parties cannot slow the look-up.
const PARTIES: usize = 16 * 1024;

/// The accounts of many parties with one rate.
struct Buckets<K> {
    hasher: RandomState,
    shards: [Mutex<HashMap<K, Bucket>>; SHARDS],
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: Default::default() }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    fn take(&self, party: K, rate: &Rate, now: Timestamp) -> Result<(), Refusal> {
        let shard = self.hasher.hash_one(&party) as usize % SHARDS;
        let mut buckets = self.shards[shard].lock();
        if buckets.len() >= PARTIES {
            buckets.retain(|_, bucket| !bucket.is_level(now));
            if buckets.len() >= PARTIES {
                buckets.clear();
            }
        }
        buckets.entry(party).or_default().take(rate, now).map_err(|retry_after_ms| Refusal::TooFast { retry_after_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn guessing_from_one_place_does_not_lock_the_owner_out_elsewhere() {
        let rates = Rates::new(RatePolicy::default());
        let now = Timestamp(1_000_000);
        let tries = (0..50).take_while(|_| rates.log_in("ana", HERE, now).is_ok()).count();
        assert_eq!(tries, 6);
        assert_eq!(rates.log_in("ana", ELSEWHERE, now), Ok(()));
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one_party() {
        let address = |text: &str| text.parse::<IpAddr>().map(block_of).ok();
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_eq!(address("::ffff:192.0.2.1"), Some(HERE));
    }

    #[test]
    fn a_flood_of_parties_stays_bounded() {
        let buckets = Buckets::default();
        let rate = Rate::new(1, 1000, 1);
        for party in 0..(SHARDS * PARTIES * 2) {
            let _ = buckets.take(party, &rate, Timestamp(0));
        }
        assert!(buckets.shards.iter().all(|shard| shard.lock().len() <= PARTIES));
    }
}
