//! Networks in CIDR notation: whose word about a client's address is believed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::setting::Range;
use super::value::{Raw, Value};

/// All addresses that share their first bits (RFC 4632, RFC 4291): `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// Nothing when the text is not a network, or when bits beyond the prefix are set: whoever wrote
    /// `10.1.2.3/8` meant either one address or all of `10.0.0.0/8`, and we do not guess which.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let longest = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => longest,
        };
        (prefix <= longest && masked(first, prefix) == first).then_some(Self { first, prefix })
    }

    /// Whether the address is one of this network's. An IPv4 address that arrives on an IPv6 socket
    /// (`::ffff:10.0.0.1`) counts as what it is.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.first.is_ipv4() == address.is_ipv4() && masked(address, self.prefix) == self.first
    }

    /// Whether it is everybody.
    pub(crate) fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    /// Its first address and how many leading bits are fixed.
    pub(crate) fn parts(&self) -> (IpAddr, u8) {
        (self.first, self.prefix)
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

impl Value for Vec<Network> {
    fn expected(_: Option<&Range>) -> String {
        "a list of networks such as \"10.0.0.0/8\" or \"fd00::/8\" (no bits set beyond the prefix)".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        raw.list()?.iter().map(|item| Network::parse(item.text()?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::parse(text).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_bits() {
        let ten = network("10.0.0.0/8");
        assert!(ten.contains(address("10.255.0.1")));
        assert!(!ten.contains(address("11.0.0.0")));
        let odd = network("192.168.0.128/25");
        assert!(odd.contains(address("192.168.0.200")));
        assert!(!odd.contains(address("192.168.0.127")));
        let six = network("fd00::/8");
        assert!(six.contains(address("fdff::1")));
        assert!(!six.contains(address("fe80::1")));
    }

    #[test]
    fn an_address_alone_is_a_network_of_one() {
        assert_eq!(network("127.0.0.1"), network("127.0.0.1/32"));
        assert!(!network("::1").contains(address("::2")));
    }

    #[test]
    fn an_ipv4_address_on_an_ipv6_socket_is_recognised() {
        assert!(network("10.0.0.0/8").contains(address("::ffff:10.0.0.1")));
        assert!(!network("::/0").contains(address("::ffff:10.0.0.1")));
    }

    #[test]
    fn the_widest_network_is_everybody_of_its_kind() {
        let all = network("0.0.0.0/0");
        assert!(all.is_everything() && all.contains(address("255.255.255.255")));
        assert!(!all.contains(address("::1")));
    }

    #[test]
    fn what_does_not_say_exactly_which_addresses_is_refused() {
        for text in ["", "10.1.2.3/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "10/8", "lan"] {
            assert_eq!(Network::parse(text), None, "{text:?}");
        }
    }
}
