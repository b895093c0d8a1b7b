//! Who is at the other end, seen through the proxies that the operator trusts.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// A range of addresses, written `10.0.0.0/8` or `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: u128,
    /// Leading bits that must agree, of the 128 that an address has in its IPv6 form.
    prefix: u8,
}

/// The text is not a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network is an address, or an address, a slash and a number of bits beyond which none is set")]
pub struct InvalidNetwork;

impl Network {
    /// Does the address lie in this range? An IPv4 address and its IPv6 form are the same.
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(wide(address), self.prefix) == self.base
    }

    /// Is it everybody, or everybody with an IPv4 address?
    pub fn is_everything(&self) -> bool {
        self.prefix == 0 || (self.prefix == IPV4_IN_IPV6 && self.base == wide(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}

/// Bits before an IPv4 address in its IPv6 form (RFC 4291 §2.5.5.2).
const IPV4_IN_IPV6: u8 = 96;

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let most: u8 = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            // `parse` alone would take a sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().map_err(|_| InvalidNetwork)?,
            Some(_) => return Err(InvalidNetwork),
            None => most,
        };
        if bits > most {
            return Err(InvalidNetwork);
        }
        let prefix = 128 - most + bits;
        // Whoever writes `10.1.2.3/8` means one address or all of `10.0.0.0/8`: we do not guess which.
        let base = wide(address);
        if masked(base, prefix) != base {
            return Err(InvalidNetwork);
        }
        Ok(Self { base, prefix })
    }
}

/// The client's address: the peer's own, unless the peer is a trusted proxy.
///
/// Then it is the rightmost address in `X-Forwarded-For` that is not itself a trusted proxy; everything to the left of
/// it could have been written by the client. `forwarded` are the values of all such headers, in order. A value that
/// cannot be read ends the search, and the last proxy that could be read answers for it.
pub fn client_address<'a>(peer: IpAddr, forwarded: impl IntoIterator<Item = &'a str>, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    let values: Vec<&str> = forwarded.into_iter().collect();
    for text in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Some(address) = parse(text.trim()) else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// What addresses are counted by: an IPv4 address by itself, IPv6 by its /64, which is the least that one subscriber gets.
pub fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

/// Some proxies add the port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    let with_port = || text.parse().map(|socket: std::net::SocketAddr| socket.ip()).ok();
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(in_brackets).map(|address: IpAddr| address.to_canonical())
}

fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn masked(address: u128, prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        bits => address >> (128 - bits) << (128 - bits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_prefix() {
        let ten: Network = "10.0.0.0/8".parse().unwrap();
        assert!(ten.contains(ip("10.255.0.1")) && ten.contains(ip("::ffff:10.1.2.3")));
        assert!(!ten.contains(ip("11.0.0.1")) && !ten.contains(ip("::1")));
        let one: Network = "::1".parse().unwrap();
        assert!(one.contains(ip("::1")) && !one.contains(ip("::2")));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains(ip("1.2.3.4")) && all.contains(ip("fe80::1")));
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "name/8"] {
            assert_eq!(bad.parse::<Network>(), Err(InvalidNetwork), "{bad}");
        }
    }

    #[test]
    fn a_stranger_cannot_forward_for_anybody() {
        assert_eq!(client_address(ip("9.9.9.9"), ["1.2.3.4"], &networks(&["10.0.0.0/8"])), ip("9.9.9.9"));
        assert_eq!(client_address(ip("9.9.9.9"), ["1.2.3.4"], &[]), ip("9.9.9.9"));
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_stranger_is_the_client() {
        let trusted = networks(&["10.0.0.0/8", "127.0.0.1"]);
        let of = |forwarded: &[&str]| client_address(ip("127.0.0.1"), forwarded.iter().copied(), &trusted);
        assert_eq!(of(&["1.1.1.1"]), ip("1.1.1.1"));
        assert_eq!(of(&["6.6.6.6, 1.1.1.1, 10.0.0.7"]), ip("1.1.1.1"));
        assert_eq!(of(&["6.6.6.6", "1.1.1.1", "10.0.0.7,10.0.0.8"]), ip("1.1.1.1"));
        assert_eq!(of(&["1.1.1.1:4711"]), ip("1.1.1.1"));
        assert_eq!(of(&["[2001:db8::1]:80"]), ip("2001:db8::1"));
        assert_eq!(of(&["[2001:db8::1]"]), ip("2001:db8::1"));
        assert_eq!(of(&["10.0.0.1"]), ip("10.0.0.1"));
    }

    #[test]
    fn what_cannot_be_read_ends_the_search() {
        let trusted = networks(&["127.0.0.1", "10.0.0.0/8"]);
        let of = |forwarded: &[&str]| client_address(ip("127.0.0.1"), forwarded.iter().copied(), &trusted);
        assert_eq!(of(&[]), ip("127.0.0.1"));
        assert_eq!(of(&["unknown"]), ip("127.0.0.1"));
        assert_eq!(of(&["1.1.1.1, rubbish, 10.0.0.3"]), ip("10.0.0.3"));
    }

    #[test]
    fn neighbours_in_one_ipv6_subnet_count_as_one() {
        assert_eq!(counted_as(ip("2001:db8::1")), counted_as(ip("2001:db8::ffff:1")));
        assert_ne!(counted_as(ip("2001:db8::1")), counted_as(ip("2001:db8:0:1::1")));
        assert_eq!(counted_as(ip("::ffff:1.2.3.4")), ip("1.2.3.4"));
        assert_ne!(counted_as(ip("1.2.3.4")), counted_as(ip("1.2.3.5")));
    }
}
