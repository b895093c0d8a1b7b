//! What the ports are exposed to: time, failures, and the end of the process.

use std::collections::BTreeSet;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use rialto_domain::ports::{PortError, PortResult};
use tokio::sync::Notify;

use super::ledger::Ledger;
use super::plan::{Mutation, Plan};
use crate::Dice;

/// Shared by all ports of a world, and older than any process in it.
pub struct Weather {
    sky: Mutex<Sky>,
    ledger: Mutex<Ledger>,
    /// The process has died, or its edge should have a turn.
    pub news: Notify,
}

struct Sky {
    plan: Plan,
    dice: Dice,
    is_calm: bool,
    is_dead: bool,
    /// Awaits on the append path since the storm began.
    passed: u64,
    /// Their names.
    names: BTreeSet<&'static str>,
}

impl Weather {
    /// Calm.
    pub fn new(plan: &Plan) -> Self {
        let dice = Dice::new(plan.seed ^ 0x3EA7);
        let sky = Sky { plan: plan.clone(), dice, is_calm: true, is_dead: false, passed: 0, names: BTreeSet::new() };
        Self { sky: Mutex::new(sky), ledger: Mutex::default(), news: Notify::new() }
    }

    /// The storm begins, or ends.
    pub fn set_calm(&self, is_calm: bool) {
        self.sky.lock().is_calm = is_calm;
    }

    /// What was committed.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock()
    }

    /// The process has died and does nothing more.
    pub fn is_dead(&self) -> bool {
        self.sky.lock().is_dead
    }

    /// Another process begins.
    pub fn revive(&self) {
        self.sky.lock().is_dead = false;
    }

    /// How many awaits of the append path there were in the storm, and what they are called.
    pub fn passed(&self) -> (u64, BTreeSet<&'static str>) {
        let sky = self.sky.lock();
        (sky.passed, sky.names.clone())
    }

    /// An await on the append path: may take time, and may be the process's last.
    pub async fn pass(&self, name: &'static str) {
        if !self.survives(name) {
            self.news.notify_one();
        }
        self.wait().await;
    }

    /// The same where nothing can be awaited. False: it was the process's last.
    pub fn survives(&self, name: &'static str) -> bool {
        let mut sky = self.sky.lock();
        if sky.is_calm || sky.is_dead {
            return !sky.is_dead;
        }
        sky.passed += 1;
        sky.names.insert(name);
        let one_in = sky.plan.crash_one_in;
        sky.is_dead = sky.plan.crash_at == Some(sky.passed) || sky.happens(one_in);
        !sky.is_dead
    }

    /// Any other await.
    pub async fn wait(&self) {
        let most_ms = self.sky.lock().delay_ms();
        if most_ms > 0 {
            tokio::time::sleep(Duration::from_millis(most_ms)).await;
        }
        // What a process does after its end has no effect.
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    /// Does the store fail now?
    pub fn fail(&self) -> PortResult<()> {
        let mut sky = self.sky.lock();
        let one_in = sky.plan.fail_one_in;
        if !sky.is_calm && sky.happens(one_in) {
            return Err(PortError::Unavailable { backend: "store", source: "the weather is bad".into() });
        }
        Ok(())
    }

    /// Is this announcement lost?
    pub fn loses(&self) -> bool {
        let mut sky = self.sky.lock();
        let one_in = sky.plan.lose_one_in;
        !sky.is_calm && sky.happens(one_in)
    }

    /// Is the server wrong in this way, and does it show now?
    pub fn is_wrong(&self, mutation: Mutation, one_in: u64) -> bool {
        let mut sky = self.sky.lock();
        sky.plan.mutation == Some(mutation) && sky.happens(one_in)
    }
}

impl Sky {
    /// Draws only where something may happen, so that what a plan leaves out changes nothing else.
    fn happens(&mut self, one_in: u64) -> bool {
        one_in > 0 && self.dice.one_in(one_in)
    }

    fn delay_ms(&mut self) -> u64 {
        // Most answers of a port are there at once.
        let most = self.plan.await_ms;
        if self.is_calm || most == 0 || !self.dice.one_in(3) { 0 } else { self.dice.below(most + 1) }
    }
}
