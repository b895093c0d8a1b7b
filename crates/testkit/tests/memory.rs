//! The reference implementations answer every question.

use rialto_testkit::Backend;
use rialto_testkit::memory::MemoryStore;

async fn fresh() -> Backend {
    Backend::of(MemoryStore::default())
}

mod log {
    rialto_testkit::ask_log!(super::fresh);
}

mod reopened_log {
    use rialto_testkit::Backend;

    /// What is kept in memory lives as long as its backend: to reopen it is to go on with it.
    fn reopening() -> impl AsyncFnMut(Option<Backend>) -> Backend {
        async |backend| match backend {
            Some(backend) => backend,
            None => super::fresh().await,
        }
    }

    rialto_testkit::ask_log_reopened!(reopening);
}

mod channels {
    rialto_testkit::ask_channels!(super::fresh);
}

mod accounts {
    rialto_testkit::ask_accounts!(super::fresh);
}

mod intake {
    use std::sync::Arc;

    use rialto_testkit::conformance::intake::Ends;
    use rialto_testkit::memory;

    async fn fresh(bound: usize) -> Ends {
        let (intake, reader) = memory::intake(bound);
        (Arc::new(intake), Box::new(reader))
    }

    rialto_testkit::ask_intake!(fresh);
}

mod bus {
    use std::sync::Arc;

    use rialto_domain::ports::Bus;
    use rialto_testkit::memory::SynchronousBus;

    async fn fresh() -> Arc<dyn Bus> {
        Arc::new(SynchronousBus::default())
    }

    rialto_testkit::ask_bus!(fresh);
}

mod presence {
    use std::sync::Arc;

    use rialto_domain::ports::PresenceBoard;
    use rialto_testkit::memory::MemoryPresence;

    async fn fresh() -> Arc<dyn PresenceBoard> {
        Arc::new(MemoryPresence::default())
    }

    rialto_testkit::ask_presence!(fresh);
}
