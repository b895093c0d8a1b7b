//! What lives in the process answers what is asked of its ports.

mod intake {
    use std::sync::Arc;

    use rialto_adapters::embedded::intake::{Bounds, queue};
    use rialto_testkit::conformance::intake::Ends;

    async fn fresh(orders: usize) -> Ends {
        let (intake, reader) = queue(Bounds { orders, ..Bounds::default() });
        (Arc::new(intake), Box::new(reader))
    }

    rialto_testkit::ask_intake!(fresh);
}

mod bus {
    use std::sync::Arc;

    use rialto_adapters::embedded::bus::LocalBus;
    use rialto_domain::ports::Bus;

    async fn fresh() -> Arc<dyn Bus> {
        Arc::new(LocalBus::default())
    }

    rialto_testkit::ask_bus!(fresh);
}

mod presence {
    use std::sync::Arc;

    use rialto_adapters::embedded::presence::LocalPresence;
    use rialto_domain::ports::PresenceBoard;

    async fn fresh() -> Arc<dyn PresenceBoard> {
        Arc::new(LocalPresence::default())
    }

    rialto_testkit::ask_presence!(fresh);
}
