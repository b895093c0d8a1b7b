//! A service that notes what it is asked and answers what the test wants.

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::auth::Identity;
use rialto_domain::limit::Limits;
use rialto_domain::ports::{Bus, PortResult, Subscriber};
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, DeviceId, Refusal, SessionId, Timestamp, UserId};
use rialto_edge::http::{Assets, Http, Parts, Web};
use rialto_edge::realtime::{Caller, Gateway, Parts as ShardParts, Promise, Realtime};
use rialto_edge::settings::Settings;
use rialto_wire::command::{Channels, Command, Done, Hello, Ready, Reply};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The user behind a token.
pub fn user(token: &str) -> UserId {
    let mut bytes = [0; 16];
    bytes[..token.len()].copy_from_slice(token.as_bytes());
    UserId::from_bytes(bytes)
}

type Answering = Box<dyn Fn(&Command) -> Result<Reply, Refusal> + Send>;

/// Tokens beginning with `bad` are refused; every other one is the name of a user.
pub struct TestGateway {
    pub invoked: Mutex<Vec<(Caller, Command)>>,
    answer: Mutex<Answering>,
    /// While it is set, commands wait here.
    pub hold: Mutex<Option<Arc<Semaphore>>>,
}

impl TestGateway {
    pub fn answers(&self, answer: impl Fn(&Command) -> Result<Reply, Refusal> + Send + 'static) {
        *self.answer.lock() = Box::new(answer);
    }

    /// The only command that was invoked since the last time.
    pub fn only(&self) -> (Caller, Command) {
        let mut invoked = self.invoked.lock();
        assert_eq!(invoked.len(), 1, "{invoked:?}");
        invoked.remove(0)
    }

    pub fn was_asked_nothing(&self) -> bool {
        self.invoked.lock().is_empty()
    }
}

#[derive(Clone)]
struct Shared(Arc<TestGateway>);

impl Gateway for Shared {
    fn identify(&self, hello: &Hello, _: IpAddr) -> Promise<Identity> {
        let result = match hello.token.as_deref() {
            Some(token) if !token.starts_with("bad") => {
                Ok(Identity { user: user(token), device: DeviceId::from_bytes([2; 16]), session: SessionId::from_bytes([3; 16]) })
            }
            _ => Err(Refusal::NotAuthenticated),
        };
        Box::pin(async move { result })
    }

    fn memberships(&self, _: UserId) -> Promise<Vec<ChannelId>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn welcome(&self, identity: Identity, _: Hello) -> Promise<Box<Ready>> {
        Box::pin(async move {
            Ok(Box::new(Ready {
                user: Profile { id: identity.user, username: None, display_name: "somebody".into() },
                session: identity.session,
                device: identity.device,
                server_time: Timestamp(7),
                epoch: "1".into(),
                limits: Limits::default(),
                features: Vec::new(),
                channels: Channels::default(),
                recent: BTreeMap::new(),
                missed: None,
            }))
        })
    }

    fn invoke(&self, caller: Caller, command: Command) -> Promise<Reply> {
        let gateway = Arc::clone(&self.0);
        Box::pin(async move {
            gateway.invoked.lock().push((caller, command.clone()));
            let hold = gateway.hold.lock().clone();
            if let Some(hold) = hold {
                hold.acquire().await.unwrap().forget();
            }
            (gateway.answer.lock())(&command)
        })
    }

    fn watchable(&self, _: Identity, users: Vec<UserId>) -> Promise<Vec<UserId>> {
        Box::pin(async move { Ok(users) })
    }

    fn connected(&self, _: Identity) {}

    fn disconnected(&self, _: Identity) {}
}

struct SilentBus;

#[async_trait]
impl Bus for SilentBus {
    async fn publish(&self, _: Vec<(Topic, Publication)>) -> PortResult<()> {
        Ok(())
    }

    async fn subscribe(&self, _: Topic) -> PortResult<()> {
        Ok(())
    }

    async fn unsubscribe(&self, _: Topic) -> PortResult<()> {
        Ok(())
    }

    fn attach(&self, _: Arc<dyn Subscriber>) {}
}

/// Shards and HTTP on a port of their own.
pub struct Server {
    pub address: SocketAddr,
    pub gateway: Arc<TestGateway>,
    pub realtime: Option<Realtime>,
    pub http: Option<Http>,
}

impl Server {
    pub fn start() -> Self {
        Self::with(settings(), Web::default())
    }

    pub fn with(settings: Settings, web: Web) -> Self {
        Self::serving(settings, web, Assets::default())
    }

    pub fn serving(settings: Settings, web: Web, assets: Assets) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Answering = Box::new(|_| Ok(Reply::Done(Done {})));
        let gateway = Arc::new(TestGateway { invoked: Mutex::default(), answer: Mutex::new(answer), hold: Mutex::default() });
        let shared: Arc<dyn Gateway> = Arc::new(Shared(Arc::clone(&gateway)));
        let runtime = tokio::runtime::Handle::current();
        let shards = ShardParts { gateway: Arc::clone(&shared), bus: Arc::new(SilentBus), runtime };
        let (mut realtime, handed_over) = Realtime::start(settings.clone(), shards).unwrap();
        let mut http = Http::new(Parts {
            settings,
            web,
            assets,
            gateway: shared,
            polling: realtime.polling(),
            admission: realtime.admission(),
            adopter: realtime.adopter(),
        });
        http.serve(handed_over);
        realtime.listen(vec![listener]).unwrap();
        Self { address, gateway, realtime: Some(realtime), http: Some(http) }
    }

    /// Waits until the number of open connections is as given.
    pub async fn has_open(&self, count: usize) {
        let admission = self.realtime.as_ref().unwrap().admission();
        while admission.open() != count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// One shard, and otherwise what the protocol says.
pub fn settings() -> Settings {
    Settings { shards: 1, ..Settings::default() }
}
