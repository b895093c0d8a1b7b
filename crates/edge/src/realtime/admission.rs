//! How many connections there may be: in all, and from one address.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::address::counted_as;
use super::opening::Declined;

/// Counts the open connections of every carrier and of HTTP.
#[derive(Debug)]
pub struct Admission {
    max: usize,
    max_per_address: usize,
    open: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// One open connection's place; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    admission: Arc<Admission>,
    address: IpAddr,
    is_counted: bool,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The server holds as many connections as it may.
    #[error("the server holds as many connections as it may")]
    Server,
    /// This address holds as many connections as it may.
    #[error("this address holds as many connections as it may")]
    Address,
}

impl Full {
    /// The answer: whoever has too much is told so as such, and when to try again.
    pub(crate) fn declined(self) -> Declined {
        match self {
            Self::Server => Declined::because(503, self.to_string()),
            Self::Address => Declined { header: Some(("Retry-After", "10")), ..Declined::because(429, self.to_string()) },
        }
    }
}

impl Admission {
    /// At most `max` connections in all, and `max_per_address` from one address.
    pub fn new(max: usize, max_per_address: usize) -> Arc<Self> {
        Arc::new(Self { max, max_per_address, open: AtomicUsize::new(0), by_address: Mutex::default() })
    }

    /// Takes a place for a connection whose client is `address`.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, Full> {
        let mut permit = self.admit_proxy(address)?;
        permit.count_as(address)?;
        Ok(permit)
    }

    /// Takes a place for a connection from a trusted proxy, whose client will be known later: see [`Permit::count_as`].
    pub fn admit_proxy(self: &Arc<Self>, proxy: IpAddr) -> Result<Permit, Full> {
        let more = |open| (open < self.max).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_err(|_| Full::Server)?;
        Ok(Permit { admission: Arc::clone(self), address: proxy, is_counted: false })
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

impl Permit {
    /// The client's address, or the proxy's while the client's is unknown.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The client turned out to be `address`, and is counted there from now on.
    pub fn count_as(&mut self, address: IpAddr) -> Result<(), Full> {
        if self.is_counted && counted_as(address) == counted_as(self.address) {
            return Ok(());
        }
        {
            let mut by_address = self.admission.by_address.lock();
            let count = by_address.entry(counted_as(address)).or_default();
            if *count >= self.admission.max_per_address {
                return Err(Full::Address);
            }
            *count += 1;
        }
        self.uncount();
        self.address = address;
        self.is_counted = true;
        Ok(())
    }

    fn uncount(&mut self) {
        if !self.is_counted {
            return;
        }
        let key = counted_as(self.address);
        let mut by_address = self.admission.by_address.lock();
        if let Some(count) = by_address.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&key);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.uncount();
        self.admission.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn no_more_than_the_limit_are_admitted_and_a_place_comes_back() {
        let admission = Admission::new(2, 10);
        let first = admission.admit(ip(1)).unwrap();
        let _second = admission.admit(ip(2)).unwrap();
        assert_eq!(admission.admit(ip(3)).unwrap_err(), Full::Server);
        drop(first);
        assert!(admission.admit(ip(3)).is_ok());
        assert_eq!(admission.open(), 1);
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let admission = Admission::new(10, 2);
        let held = [admission.admit(ip(1)).unwrap(), admission.admit(ip(1)).unwrap()];
        assert_eq!(admission.admit(ip(1)).unwrap_err(), Full::Address);
        assert!(admission.admit(ip(2)).is_ok());
        drop(held);
        assert!(admission.admit(ip(1)).is_ok());
        assert_eq!(admission.open(), 0);
        assert!(admission.by_address.lock().is_empty());
    }

    #[test]
    fn behind_a_proxy_the_client_is_counted_and_not_the_proxy() {
        let admission = Admission::new(10, 1);
        let mut one = admission.admit_proxy(ip(9)).unwrap();
        let mut other = admission.admit_proxy(ip(9)).unwrap();
        assert_eq!(one.count_as(ip(1)), Ok(()));
        assert_eq!(one.count_as(ip(1)), Ok(()));
        assert_eq!(other.count_as(ip(1)), Err(Full::Address));
        assert_eq!(other.count_as(ip(2)), Ok(()));
        assert_eq!((one.address(), other.address()), (ip(1), ip(2)));
    }
}
