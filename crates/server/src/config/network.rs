//! Networks in CIDR notation: whose word about a client's address is believed.

use rialto_edge::realtime::address::Network;

use super::setting::Range;
use super::value::{Raw, Value};

impl Value for Vec<Network> {
    fn expected(_: Option<&Range>) -> String {
        "a list of networks such as \"10.0.0.0/8\" or \"fd00::/8\" (no bits set beyond the prefix)".to_owned()
    }

    fn parse(raw: &Raw, _: Option<&Range>) -> Option<Self> {
        raw.list()?.iter().map(|item| item.text()?.parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_say_exactly_which_addresses_is_refused() {
        for text in ["", "10.1.2.3/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "10/8", "lan"] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_widest_network_is_everybody() {
        for text in ["0.0.0.0/0", "::/0"] {
            assert!(text.parse::<Network>().is_ok_and(|network| network.is_everything()), "{text}");
        }
        assert!("10.0.0.0/8".parse::<Network>().is_ok_and(|network| !network.is_everything()));
    }
}
