//! One place that keeps channels, logs and accounts, seen through its ports.

use std::any::Any;
use std::sync::Arc;

use rialto_domain::ports::{AccountStore, ChannelLog, ChannelStore};

/// A store behind its three ports, which share what they keep.
#[derive(Clone)]
pub struct Backend {
    /// What was said.
    pub log: Arc<dyn ChannelLog>,
    /// Which channels there are.
    pub channels: Arc<dyn ChannelStore>,
    /// Who there is.
    pub accounts: Arc<dyn AccountStore>,
    _guards: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Backend {
    /// A store that implements all three ports by itself.
    pub fn of<S: ChannelLog + ChannelStore + AccountStore + 'static>(store: S) -> Self {
        let store = Arc::new(store);
        Self::new(store.clone(), store.clone(), store)
    }

    /// A store whose ports are implemented apart.
    pub fn new(log: Arc<dyn ChannelLog>, channels: Arc<dyn ChannelStore>, accounts: Arc<dyn AccountStore>) -> Self {
        Self { log, channels, accounts, _guards: Vec::new() }
    }

    /// Keeps something (a temporary directory, a server process) for as long as the backend lives, and drops it afterwards.
    #[must_use]
    pub fn keeping(mut self, guard: impl Any + Send + Sync) -> Self {
        self._guards.push(Arc::new(guard));
        self
    }
}
