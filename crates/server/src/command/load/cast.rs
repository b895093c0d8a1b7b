//! The accounts and channels of a run: made over the protocol, or taken from the file of an earlier one.

use anyhow::{Context as _, anyhow, bail};
use rialto_domain::channel::ChannelKind;
use rialto_domain::{ChannelId, UserId};
use rialto_wire::command::{ChannelCreate, ChannelInvite, ChannelView, ClientName, Hello, Invited, Login, Ready, Refresh, Register, Tokens};
use serde::{Deserialize, Serialize};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::task::JoinSet;

use super::plan::Plan;
use crate::client::{Address, CallError, Connection, Trust};

/// Connections that make accounts and channels at the same time: their commits share one fsync.
const WORKERS: usize = 32;
/// A connection on which nobody says hello is closed after a while; it is left before.
const NAMELESS_FOR: Duration = Duration::from_secs(5);
/// A token is needed once, to say hello; by then everybody has said it.
const CONNECTED_WITHIN: Duration = Duration::from_secs(300);
/// Members named in one command, unless the server allows fewer.
const MEMBERS_PER_COMMAND: usize = 1000;

/// Who takes part in a run.
#[derive(Serialize, Deserialize)]
pub(super) struct Cast {
    /// The server all of this is known to.
    url: String,
    plan: Plan,
    /// By the number of the connection.
    pub(super) accounts: Vec<Account>,
    /// By the number of the channel.
    pub(super) channels: Vec<ChannelId>,
}

/// One account, and how to get in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Account {
    /// Whose it is.
    pub(super) user: UserId,
    /// Good for hello.
    pub(super) access_token: String,
    expires_at_ms: u64,
    refresh_token: String,
    /// Gets in when the refresh token does not: a run that was interrupted may have used it up.
    recovery_key: String,
}

impl Cast {
    /// Takes what the file has, makes what is missing, and keeps the result in the file. Every account is good for hello
    /// for some minutes.
    pub(super) async fn assemble(address: &Address, plan: Plan, file: Option<&Path>) -> anyhow::Result<Self> {
        let known = file.map(Self::load).transpose()?.flatten();
        let mut cast = match known {
            Some(cast) if cast.url == address.to_string() && cast.plan == plan => cast,
            Some(cast) => bail!("the setup file is for {} with {:?}; name another one, or delete it", cast.url, cast.plan),
            None => Self { url: address.to_string(), plan, accounts: Vec::new(), channels: Vec::new() },
        };
        cast.register(address).await?;
        cast.refresh(address).await?;
        // Before anything else can fail: a refresh token is good once, and these are the ones to use next.
        cast.save(file)?;
        cast.open_channels(address).await?;
        cast.save(file)?;
        Ok(cast)
    }

    fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is no setup file", path.display())).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    fn save(&self, path: Option<&Path>) -> anyhow::Result<()> {
        let Some(path) = path else { return Ok(()) };
        crate::client::write_private(path, &serde_json::to_vec(self)?).with_context(|| format!("{} cannot be written", path.display()))
    }

    async fn register(&mut self, address: &Address) -> anyhow::Result<()> {
        let have = self.accounts.len();
        let missing = self.plan.connections() as usize - have;
        self.accounts.extend(in_parallel("making accounts", address, vec![Registration; missing]).await?);
        Ok(())
    }

    async fn refresh(&mut self, address: &Address) -> anyhow::Result<()> {
        let good_until = now_ms() + CONNECTED_WITHIN.as_millis() as u64;
        let stale: Vec<_> = (0..self.accounts.len()).filter(|index| self.accounts[*index].expires_at_ms < good_until).collect();
        let renewals = stale.iter().map(|index| Renewal(self.accounts[*index].clone())).collect();
        let renewed = in_parallel("logging in", address, renewals).await?;
        for (index, account) in stale.into_iter().zip(renewed) {
            self.accounts[index] = account;
        }
        let soonest = self.accounts.iter().map(|account| account.expires_at_ms).min().unwrap_or(u64::MAX);
        anyhow::ensure!(
            soonest >= good_until,
            "the server's access tokens expire before all are connected; start it with RIALTO_TOKENS_ACCESS_TTL_S=900 or more"
        );
        Ok(())
    }

    async fn open_channels(&mut self, address: &Address) -> anyhow::Result<()> {
        let missing = self.channels.len() as u32..self.plan.channels();
        let wishes = missing.map(|channel| {
            let mut members = self.plan.members(channel).map(|member| &self.accounts[member as usize]);
            let creator = members.next().expect("a channel has a first member").access_token.clone();
            Wish { creator, title: format!("load {channel}"), others: members.map(|account| account.user).collect() }
        });
        let wishes = wishes.collect();
        self.channels.extend(in_parallel("making channels", address, wishes).await?);
        Ok(())
    }
}

/// Something to be done over a connection, of which there is much.
trait Errand: Clone + Send + Sync + 'static {
    type Made: Send + 'static;

    fn run(self, nameless: &mut Nameless) -> impl Future<Output = anyhow::Result<Self::Made>> + Send;
}

/// A connection on which nobody said hello: opened when needed, and anew before the server would close it.
struct Nameless {
    address: Address,
    open: Option<(Connection, Instant)>,
}

impl Nameless {
    async fn connection(&mut self) -> anyhow::Result<&mut Connection> {
        if self.open.as_ref().is_none_or(|(_, since)| since.elapsed() > NAMELESS_FOR)
            && let Some((stale, _)) = self.open.replace((self.fresh().await?, Instant::now()))
        {
            stale.close().await;
        }
        self.open.as_mut().map(|(connection, _)| connection).context("a connection was just opened")
    }

    async fn fresh(&self) -> anyhow::Result<Connection> {
        Ok(Connection::open(&self.address, &Trust::default()).await?)
    }
}

/// An anonymous account to be made.
#[derive(Clone)]
struct Registration;

impl Errand for Registration {
    type Made = Account;

    async fn run(self, nameless: &mut Nameless) -> anyhow::Result<Account> {
        let wish = Register { client: Some(client_name()), ..Register::default() };
        let tokens: Tokens = nameless.connection().await?.call("account.register", &wish).await.map_err(|error| explain(error, "account.register"))?;
        let recovery_key = tokens.recovery_key.clone().context("the server told no recovery key for an anonymous account")?;
        Ok(Account::of(tokens, recovery_key))
    }
}

/// An account that needs new tokens.
#[derive(Clone)]
struct Renewal(Account);

impl Errand for Renewal {
    type Made = Account;

    async fn run(self, nameless: &mut Nameless) -> anyhow::Result<Account> {
        let Account { refresh_token, recovery_key, .. } = self.0;
        let connection = nameless.connection().await?;
        let refreshed: Result<Tokens, _> = connection.call("account.refresh", &Refresh { refresh_token }).await;
        let tokens = match refreshed {
            Ok(tokens) => tokens,
            Err(error) if error.code() == "auth.refresh_refused" => {
                let login = Login { recovery_key: Some(recovery_key.clone()), client: Some(client_name()), ..Login::default() };
                connection.call("account.login", &login).await.map_err(|error| explain(error, "account.login"))?
            }
            Err(error) => return Err(explain(error, "account.refresh")),
        };
        Ok(Account::of(tokens, recovery_key))
    }
}

/// A channel to be opened.
#[derive(Clone)]
struct Wish {
    /// The token of its first member.
    creator: String,
    title: String,
    others: Vec<UserId>,
}

impl Errand for Wish {
    type Made = ChannelId;

    async fn run(self, nameless: &mut Nameless) -> anyhow::Result<ChannelId> {
        let mut connection = nameless.fresh().await?;
        let hello = Hello { token: Some(self.creator), client: Some(client_name()), ..Hello::default() };
        let ready: Ready = connection.call("hello", &hello).await.map_err(|error| explain(error, "hello"))?;
        let mut chunks = self.others.chunks(MEMBERS_PER_COMMAND.min(ready.limits.users_per_command).max(1));
        let members = chunks.next().unwrap_or_default().to_vec();
        let create = ChannelCreate { kind: ChannelKind::Group, members, title: Some(self.title), description: None };
        let channel: ChannelView = connection.call("channel.create", &create).await.map_err(|error| explain(error, "channel.create"))?;
        for users in chunks {
            let invite = ChannelInvite { channel: channel.id, users: users.to_vec(), link: None };
            let _: Invited = connection.call("channel.invite", &invite).await.map_err(|error| explain(error, "channel.invite"))?;
        }
        connection.close().await;
        Ok(channel.id)
    }
}

impl Account {
    fn of(tokens: Tokens, recovery_key: String) -> Self {
        let expires_at_ms = now_ms() + tokens.access_expires_in_ms;
        Self { user: tokens.user, access_token: tokens.access_token, expires_at_ms, refresh_token: tokens.refresh_token, recovery_key }
    }
}

/// Which setting of the server stands in the way, when it is a limit.
pub(super) fn setting_behind(command: &str) -> &'static str {
    match command {
        "account.register" => "RIALTO_LIMITS_REGISTRATIONS_PER_ADDRESS_PER_HOUR=1000000",
        "account.login" => "RIALTO_LIMITS_LOG_INS_PER_ADDRESS_PER_MINUTE=1000000 and RIALTO_LIMITS_LOG_INS_PER_NAME_PER_MINUTE=1000000",
        "channel.create" => "RIALTO_LIMITS_DISCOVERIES_PER_MINUTE=1000000",
        _ => "RIALTO_LIMITS_COMMAND_BURST=1000000 and RIALTO_LIMITS_COMMANDS_PER_SECOND=100000",
    }
}

fn explain(error: CallError, command: &str) -> anyhow::Error {
    match error.code() {
        "limit.exceeded" => anyhow!("the server limits {command} (limit.exceeded); start it with {} for this test", setting_behind(command)),
        _ => anyhow!(error).context(command.to_owned()),
    }
}

fn client_name() -> ClientName {
    ClientName { name: "rialto load".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Runs many errands, some at a time, and gives what they made in their order.
async fn in_parallel<E: Errand>(what: &'static str, address: &Address, errands: Vec<E>) -> anyhow::Result<Vec<E::Made>> {
    let total = errands.len();
    let (errands, next) = (Arc::new(errands), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS.min(total) {
        let (errands, next, address) = (errands.clone(), next.clone(), address.clone());
        workers.spawn(async move {
            let mut nameless = Nameless { address, open: None };
            let mut made = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(errand) = errands.get(index) else { return anyhow::Ok(made) };
                made.push((index, errand.clone().run(&mut nameless).await?));
                progress(what, index + 1, total);
            }
        });
    }
    let mut made = Vec::with_capacity(total);
    while let Some(some) = workers.join_next().await {
        made.extend(some??);
    }
    made.sort_by_key(|(index, _)| *index);
    Ok(made.into_iter().map(|(_, made)| made).collect())
}

fn progress(what: &str, done: usize, total: usize) {
    if std::io::stderr().is_terminal() && (done.is_multiple_of(100) || done == total) {
        // Nobody is harmed when it cannot be shown.
        let _ = write!(std::io::stderr(), "\r{what}: {done} of {total}{}", if done == total { "\n" } else { "" });
    }
}
