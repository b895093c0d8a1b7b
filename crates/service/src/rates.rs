//! How fast somebody may try: accounts per address, passwords per name and address, commands per user and address.

use parking_lot::Mutex;
use rialto_domain::limit::{Bucket, Rate};
use rialto_domain::{Refusal, Timestamp, UserId};
use std::collections::{HashMap, HashSet};
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
    /// Log-ins that may be tried for one user name from all addresses together from which nobody ever got in. It keeps many
    /// addresses from guessing together; the owner's own addresses and devices are not counted.
    pub log_ins_from_new_places: Rate,
    /// Commands of one user, over all connections and REST.
    pub commands: Rate,
    /// Commands of one address, whoever sends them.
    pub commands_per_address: Rate,
    /// Channels that one user may open, and people they may look up.
    pub discoveries: Rate,
}

impl Default for RatePolicy {
    fn default() -> Self {
        Self {
            registrations: Rate::new(60, 3_600_000, 20),
            log_ins_per_address: Rate::new(60, 60_000, 60),
            log_ins_per_name: Rate::new(6, 60_000, 6),
            log_ins_from_new_places: Rate::new(60, 3_600_000, 60),
            commands: Rate::new(50, 1000, 200),
            commands_per_address: Rate::new(10_000, 1000, 20_000),
            discoveries: Rate::new(60, 60_000, 120),
        }
    }
}

pub(crate) struct Rates {
    policy: RatePolicy,
    registrations: Buckets<IpAddr>,
    log_ins_per_address: Buckets<IpAddr>,
    log_ins_per_name: Buckets<(String, IpAddr)>,
    log_ins_from_new_places: Buckets<String>,
    /// From where it was logged in under which name. Forgotten at a restart: then devices that are logged in count.
    places: Mutex<HashSet<(String, IpAddr)>>,
    commands: Buckets<UserId>,
    commands_per_address: Buckets<IpAddr>,
    discoveries: Buckets<UserId>,
}

impl Rates {
    pub(crate) fn new(policy: RatePolicy) -> Self {
        Self {
            policy,
            registrations: Buckets::default(),
            log_ins_per_address: Buckets::default(),
            log_ins_per_name: Buckets::default(),
            log_ins_from_new_places: Buckets::default(),
            places: Mutex::default(),
            commands: Buckets::default(),
            commands_per_address: Buckets::default(),
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

    /// Counts a try from a place from which nobody got in under this name yet; any other is not counted.
    pub(crate) fn log_in_from_new_place(&self, name: &str, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        if self.places.lock().contains(&(name.to_owned(), block_of(address))) {
            return Ok(());
        }
        self.log_ins_from_new_places.take(name.to_owned(), &self.policy.log_ins_from_new_places, now)
    }

    /// Somebody got in.
    pub(crate) fn know_place(&self, name: &str, address: IpAddr) {
        let mut places = self.places.lock();
        if places.len() >= PLACES {
            places.clear();
        }
        places.insert((name.to_owned(), block_of(address)));
    }

    pub(crate) fn command_from(&self, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        self.commands_per_address.take(block_of(address), &self.policy.commands_per_address, now)
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

/// Places that are remembered; beyond it all are forgotten.
const PLACES: usize = 256 * 1024;
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
    fn many_places_guess_no_faster_together_and_a_known_one_is_not_counted() {
        let rates = Rates::new(RatePolicy { log_ins_from_new_places: Rate::new(1, 60_000, 3), ..RatePolicy::default() });
        let now = Timestamp(1_000_000);
        rates.know_place("ana", HERE);
        let elsewhere = |n: u8| IpAddr::from([198, 51, 100, n]);
        let tries = (0..200).take_while(|n| rates.log_in_from_new_place("ana", elsewhere(*n), now).is_ok()).count();
        assert_eq!(tries, 3);
        assert_eq!(rates.log_in_from_new_place("ana", HERE, now), Ok(()));
        assert_eq!(rates.log_in_from_new_place("bob", elsewhere(9), now), Ok(()));
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
