//! The embedded store, asked what every store is asked, and what only this one can be asked.

#![allow(clippy::unwrap_used)]

use rialto_adapters::embedded::store::{Options, Store};
use rialto_testkit::Backend;

async fn fresh() -> Backend {
    let place = tempfile::tempdir().unwrap();
    Backend::of(Store::open(place.path(), Options::default()).unwrap()).keeping(place)
}

mod log {
    rialto_testkit::ask_log!(super::fresh);
}

mod channels {
    rialto_testkit::ask_channels!(super::fresh);
}

mod accounts {
    rialto_testkit::ask_accounts!(super::fresh);
}

mod reopened {
    use super::*;

    fn reopening() -> impl AsyncFnMut(Option<Backend>) -> Backend {
        let place = tempfile::tempdir().unwrap();
        async move |before| {
            drop(before);
            Backend::of(Store::open(place.path(), Options::default()).unwrap())
        }
    }

    rialto_testkit::ask_log_reopened!(reopening);
}
