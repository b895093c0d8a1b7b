//! What every store is asked: of one that folds late and reads where it is asked, as it does by default, and of one that folds
//! at once and reads on threads of its own.

use std::time::Duration;

use rialto_adapters::embedded::store::{Options, Store};
use rialto_testkit::Backend;

/// Everything is folded with the next commit, so that answers come from the tables.
fn eager() -> Options {
    Options { prompt_readers: 0, fold_after: Duration::ZERO, erase_within: Duration::ZERO, ..Options::default() }
}

fn backend(options: Options) -> Backend {
    let place = tempfile::tempdir().unwrap();
    Backend::of(Store::open(place.path(), options).unwrap()).keeping(place)
}

fn reopening(options: fn() -> Options) -> impl AsyncFnMut(Option<Backend>) -> Backend {
    let place = tempfile::tempdir().unwrap();
    async move |before| {
        drop(before);
        Backend::of(Store::open(place.path(), options()).unwrap())
    }
}

mod late {
    use super::*;

    async fn fresh() -> Backend {
        backend(Options::default())
    }

    fn reopening() -> impl AsyncFnMut(Option<Backend>) -> Backend {
        super::reopening(Options::default)
    }

    rialto_testkit::ask_log!(fresh);
    rialto_testkit::ask_channels!(fresh);
    rialto_testkit::ask_accounts!(fresh);
    rialto_testkit::ask_log_reopened!(reopening);
}

mod at_once {
    use super::*;

    async fn fresh() -> Backend {
        backend(eager())
    }

    fn reopening() -> impl AsyncFnMut(Option<Backend>) -> Backend {
        super::reopening(eager)
    }

    rialto_testkit::ask_log!(fresh);
    rialto_testkit::ask_channels!(fresh);
    rialto_testkit::ask_accounts!(fresh);
    rialto_testkit::ask_log_reopened!(reopening);
}
