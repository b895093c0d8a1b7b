//! A service small enough to see through: users are their tokens, and channels live in a map.

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::auth::Identity;
use rialto_domain::entry::{Content, Entry, Event, MemberChange, Message};
use rialto_domain::limit::Limits;
use rialto_domain::ports::{Bus, PortResult, Subscriber};
use rialto_domain::presence::{Presence, UserPresence};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, DeviceId, Refusal, Seq, SessionId, Timestamp, UserId};
use rialto_edge::realtime::{Caller, Gateway, HandOver, Parts, Promise, Realtime, Relay};
use rialto_edge::settings::{Profile as Offer, Settings};
use rialto_wire::command::{Channels, Command, Done, Hello, Presences, Ready, Received, Reply, Tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, mpsc};

pub const GENERAL: ChannelId = ChannelId::from_bytes([0xc1; 16]);

/// The user whose token is this name.
pub fn user(name: &str) -> UserId {
    UserId::from_bytes(named(name.split('/').next().unwrap()))
}

/// The log-in whose token is this; `ana/phone` is another one of `ana`.
pub fn log_in(token: &str) -> SessionId {
    SessionId::from_bytes(named(token))
}

fn named(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

pub fn identity(token: &str) -> Identity {
    Identity { user: user(token), device: DeviceId::from_bytes([0xdd; 16]), session: log_in(token) }
}

/// The service. Tokens beginning with `bad` are refused. Whatever a test wants to hold up waits for a permit of its gate.
pub struct TestService {
    pub members: Mutex<BTreeMap<ChannelId, BTreeSet<UserId>>>,
    heads: Mutex<BTreeMap<ChannelId, u64>>,
    relay: OnceLock<Arc<Relay>>,
    /// Messages whose text begins with `slow` wait here.
    pub slow_sends: Arc<Semaphore>,
    /// While it is set, lists of channels wait here, and the first payload.
    pub slow_lists: Mutex<Option<Arc<Semaphore>>>,
    pub slow_welcomes: Mutex<Option<Arc<Semaphore>>>,
    /// While it is set, who may be watched is looked up, and the answer waits here.
    pub slow_watches: Mutex<Option<Arc<Semaphore>>>,
    /// Whose presence nobody may watch.
    pub strangers: Mutex<BTreeSet<UserId>>,
    pub connections: Mutex<Vec<UserId>>,
    pub addresses: Mutex<Vec<IpAddr>>,
    pub asked: mpsc::UnboundedSender<&'static str>,
}

impl TestService {
    pub fn publish(&self, topic: Topic, publication: Publication) {
        self.relay.get().unwrap().receive(&[(topic, publication)]);
    }

    /// Appends an entry to a channel and announces it.
    pub fn say(&self, channel: ChannelId, sender: UserId, event: Event) -> Seq {
        let mut heads = self.heads.lock();
        let head = heads.entry(channel).or_default();
        *head += 1;
        let seq = Seq(*head);
        let entry = Entry { channel, seq, at: Timestamp(0), sender, client_id: None, n: seq.0, event };
        self.publish(Topic::Channel(channel), Publication::Entry(Arc::new(entry)));
        seq
    }

    pub fn text(&self, channel: ChannelId, sender: UserId, text: &str) -> Seq {
        let message = Message { body: Some(Content::Text(text.into())), ..Message::default() };
        self.say(channel, sender, Event::Message(message))
    }

    pub fn add(&self, channel: ChannelId, who: UserId) {
        self.members.lock().entry(channel).or_default().insert(who);
        let change = MemberChange::Added { role: rialto_domain::channel::Role::Member };
        self.say(channel, user("ana"), Event::Member { users: vec![who], change });
    }

    pub fn remove(&self, channel: ChannelId, who: UserId) {
        self.members.lock().entry(channel).or_default().remove(&who);
        self.say(channel, user("ana"), Event::Member { users: vec![who], change: MemberChange::Removed });
    }

    pub fn membership(&self, who: UserId, channel: ChannelId, change: Membership) {
        self.publish(Topic::User(who), Publication::Membership { user: who, channel, change });
    }

    /// Waits for a permit, and tells the test once it is certain that the answer will not be there at once: it waits in line
    /// by then, and whatever the test does before it opens the gate comes before the answer.
    async fn hold_up(&self, what: &'static str, gate: &Semaphore) {
        tokio::task::yield_now().await;
        let mut permit = pin!(gate.acquire());
        let mut untold = Some(what);
        let permit = poll_fn(|context| {
            let permit = permit.as_mut().poll(context);
            if let Some(what) = untold.take() {
                let _ = self.asked.send(what);
            }
            permit
        });
        permit.await.unwrap().forget();
    }

    fn send(&self, sender: UserId, channel: ChannelId, text: &str) -> Result<Reply, Refusal> {
        if !self.members.lock().get(&channel).is_some_and(|members| members.contains(&sender)) {
            return Err(Refusal::NotAMember);
        }
        let seq = self.text(channel, sender, text);
        Ok(Reply::Received(Received { received: true, seq: Some(seq) }))
    }
}

/// A gateway holds the service by reference count: promises outlive the call.
#[derive(Clone)]
pub struct TestGateway(pub Arc<TestService>);

impl Gateway for TestGateway {
    fn identify(&self, hello: &Hello, _: IpAddr) -> Promise<Identity> {
        let result = match hello.token.as_deref() {
            Some(token) if !token.starts_with("bad") => Ok(identity(token)),
            _ => Err(Refusal::NotAuthenticated),
        };
        Box::pin(async move { result })
    }

    fn memberships(&self, who: UserId) -> Promise<Vec<ChannelId>> {
        let service = Arc::clone(&self.0);
        let channels = service.members.lock().iter().filter(|(_, members)| members.contains(&who)).map(|(channel, _)| *channel).collect();
        let gate = service.slow_lists.lock().clone();
        Box::pin(async move {
            if let Some(gate) = gate {
                service.hold_up("memberships", &gate).await;
            }
            Ok(channels)
        })
    }

    fn welcome(&self, identity: Identity, _: Hello) -> Promise<Box<Ready>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let gate = service.slow_welcomes.lock().clone();
            if let Some(gate) = gate {
                service.hold_up("welcome", &gate).await;
            }
            Ok(Box::new(Ready {
                user: Profile { id: identity.user, username: None, display_name: "somebody".into() },
                session: identity.session,
                device: identity.device,
                server_time: Timestamp(0),
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
        let service = Arc::clone(&self.0);
        service.addresses.lock().push(caller.address);
        let who = caller.identity.map(|identity| identity.user);
        Box::pin(async move {
            match (command, who) {
                (Command::MessageSend(message), Some(sender)) => {
                    let Content::Text(text) = message.body else { return Err(Refusal::ContentInvalid) };
                    if text.starts_with("slow") {
                        service.hold_up("send", &service.slow_sends).await;
                    }
                    if text.starts_with("panic") {
                        panic!("as the test wished");
                    }
                    service.send(sender, message.channel, &text)
                }
                (Command::Typing(typing), Some(user)) => {
                    service.publish(Topic::Channel(typing.channel), Publication::Typing { channel: typing.channel, user });
                    Ok(Reply::Done(Done {}))
                }
                (Command::PresenceWatch(watch), _) => {
                    let presences = watch.users.into_iter().map(|user| UserPresence { user, presence: Presence::default() }).collect();
                    Ok(Reply::Presences(Presences { presences }))
                }
                (Command::Login(_), None) => Ok(Reply::Tokens(Tokens {
                    user: user("ana"),
                    session: log_in("ana"),
                    device: DeviceId::from_bytes([0xdd; 16]),
                    access_token: "ana".into(),
                    access_expires_in_ms: 1,
                    refresh_token: String::new(),
                    recovery_key: None,
                })),
                (Command::Logout(_), Some(user)) => {
                    let sessions = caller.identity.map(|identity| identity.session).into_iter().collect();
                    service.publish(Topic::User(user), Publication::Revoked { user, sessions });
                    Ok(Reply::Done(Done {}))
                }
                (_, Some(_)) => Ok(Reply::Done(Done {})),
                (_, None) => Err(Refusal::NotAuthenticated),
            }
        })
    }

    fn watchable(&self, _: Identity, users: Vec<UserId>) -> Promise<Vec<UserId>> {
        let service = Arc::clone(&self.0);
        let strangers = service.strangers.lock().clone();
        let gate = service.slow_watches.lock().clone();
        Box::pin(async move {
            if let Some(gate) = gate {
                service.hold_up("watchable", &gate).await;
            }
            Ok(users.into_iter().filter(|who| !strangers.contains(who)).collect())
        })
    }

    fn connected(&self, identity: Identity) {
        self.0.connections.lock().push(identity.user);
    }

    fn disconnected(&self, identity: Identity) {
        let mut connections = self.0.connections.lock();
        let place = connections.iter().position(|user| *user == identity.user).expect("only who came can go");
        connections.remove(place);
    }
}

/// A bus that remembers what it was asked for.
#[derive(Default)]
pub struct TestBus(pub Mutex<BTreeSet<String>>);

#[async_trait]
impl Bus for TestBus {
    async fn publish(&self, _: Vec<(Topic, Publication)>) -> PortResult<()> {
        Ok(())
    }

    async fn subscribe(&self, topic: Topic) -> PortResult<()> {
        self.0.lock().insert(format!("{topic:?}"));
        Ok(())
    }

    async fn unsubscribe(&self, topic: Topic) -> PortResult<()> {
        self.0.lock().remove(&format!("{topic:?}"));
        Ok(())
    }

    fn attach(&self, _: Arc<dyn Subscriber>) {}
}

/// Running shards with the test's service behind them.
pub struct Server {
    pub runtime: tokio::runtime::Runtime,
    pub realtime: Option<Realtime>,
    pub service: Arc<TestService>,
    pub bus: Arc<TestBus>,
    pub address: SocketAddr,
    pub handed_over: Mutex<mpsc::Receiver<HandOver>>,
    asked: Mutex<mpsc::UnboundedReceiver<&'static str>>,
}

impl Server {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn conformance(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with(|settings| {
            settings.profile = Offer::Conformance;
            change(settings);
        })
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { shards: 2, ..Settings::default() };
        change(&mut settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (asked, questions) = mpsc::unbounded_channel();
        let service = Arc::new(TestService {
            members: Mutex::new(BTreeMap::from([(GENERAL, ["ana", "ben", "cleo"].map(user).into())])),
            heads: Mutex::default(),
            relay: OnceLock::new(),
            slow_sends: Arc::new(Semaphore::new(0)),
            slow_lists: Mutex::default(),
            slow_welcomes: Mutex::default(),
            slow_watches: Mutex::default(),
            strangers: Mutex::new([user("stranger")].into()),
            connections: Mutex::default(),
            addresses: Mutex::default(),
            asked,
        });
        let bus = Arc::new(TestBus::default());
        let parts = Parts { gateway: Arc::new(TestGateway(Arc::clone(&service))), bus: bus.clone(), runtime: runtime.handle().clone() };
        let (mut realtime, handed_over) = Realtime::start(settings, parts).unwrap();
        assert!(service.relay.set(realtime.relay()).is_ok());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        realtime.listen(vec![listener]).unwrap();
        Self { runtime, realtime: Some(realtime), service, bus, address, handed_over: Mutex::new(handed_over), asked: Mutex::new(questions) }
    }

    /// Waits until the service was asked for something that it holds up.
    pub fn until_asked(&self) -> &'static str {
        self.asked.lock().blocking_recv().unwrap()
    }

    /// Waits until so many connections are known to the service.
    pub fn until_connected(&self, count: usize) {
        while self.service.connections.lock().len() != count {
            std::thread::yield_now();
        }
    }

    pub fn realtime(&self) -> &Realtime {
        self.realtime.as_ref().unwrap()
    }
}
