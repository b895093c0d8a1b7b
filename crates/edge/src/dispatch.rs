//! From the words of the protocol to the use cases, and back: one place for all carriers.

use rialto_domain::auth::Identity;
use rialto_domain::entry::Content;
use rialto_domain::log::Window;
use rialto_domain::ports::{Cursor, FlagChange, Which};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use rialto_service::{
    CaughtUp, Client, Credentials, Grant, InviteTerms, ListedChannel, ListedPage, MessageDraft, MissedEntries, PageRequest, Registration, Service, Wish,
};
use rialto_wire::command::{
    AccountView, ChannelView, Channels, ClientName, Command, Done, Gap, Hello, History, Invited, Mark, MemberView, Members, Messages, Missed, Presences,
    Profiles, Ready, Receipt, Receipts, Received, Reply, Revoked, Scope, SessionView, Sessions, Stored, Synced, Tokens, Users,
};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::realtime::gateway::{Caller, Gateway, Promise};

/// The service, spoken to in the words of the protocol.
pub struct Dispatch {
    service: Arc<Service>,
    minimum_client: Option<Version>,
}

impl Dispatch {
    /// Speaks for this service. Clients older than `minimum_client` (numbers with dots) are refused.
    pub fn new(service: Arc<Service>, minimum_client: Option<&str>) -> Self {
        Self { service, minimum_client: minimum_client.map(Version::of) }
    }

    fn too_old(&self, client: Option<&ClientName>) -> bool {
        match (&self.minimum_client, client) {
            (Some(minimum), Some(client)) => !client.version.is_empty() && Version::of(&client.version) < *minimum,
            _ => false,
        }
    }
}

impl Gateway for Dispatch {
    fn identify(&self, hello: &Hello, address: IpAddr) -> Promise<Identity> {
        let identified = match &hello.token {
            _ if self.too_old(hello.client.as_ref()) => Err(Refusal::ClientTooOld),
            Some(token) => self.service.identify(token),
            None => Err(Refusal::NotAuthenticated),
        };
        // Who shows good tokens is counted with their commands.
        let identified = identified.or_else(|refusal| self.service.admit_from(address).and(Err(refusal)));
        Box::pin(async move { identified })
    }

    fn memberships(&self, user: UserId) -> Promise<Vec<ChannelId>> {
        let service = self.service.clone();
        Box::pin(async move { service.memberships(user).await })
    }

    fn welcome(&self, identity: Identity, hello: Hello) -> Promise<Box<Ready>> {
        let service = self.service.clone();
        Box::pin(async move {
            service.admit(identity)?;
            let welcome = service.welcome(identity, &hello.have).await?;
            Ok(Box::new(Ready {
                user: welcome.account.profile,
                session: identity.session,
                device: identity.device,
                server_time: welcome.server_time,
                epoch: welcome.epoch,
                limits: service.limits().clone(),
                features: Vec::new(),
                channels: channels(welcome.channels),
                recent: welcome.recent,
                missed: welcome.missed.map(synced),
            }))
        })
    }

    fn invoke(&self, caller: Caller, command: Command) -> Promise<Reply> {
        let service = self.service.clone();
        Box::pin(async move {
            service.admit_from(caller.address)?;
            match caller.identity {
                Some(identity) => {
                    service.admit(identity)?;
                    invoke(&service, identity, caller.address, command).await
                }
                None => invoke_open(&service, caller.address, command).await,
            }
        })
    }

    fn watchable(&self, identity: Identity, users: Vec<UserId>) -> Promise<Vec<UserId>> {
        let service = self.service.clone();
        Box::pin(async move { service.watchable(identity, &users).await })
    }

    fn connected(&self, identity: Identity) {
        let service = self.service.clone();
        begin(async move { service.arrived(identity.user).await });
    }

    fn disconnected(&self, identity: Identity) {
        let service = self.service.clone();
        begin(async move { service.departed(identity.user).await });
    }
}

/// Works here and now for as long as there is nothing to wait for, which is mostly to the end, and then as a task.
fn begin(work: impl Future<Output = ()> + Send + 'static) {
    let mut work = Box::pin(work);
    if work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        tokio::spawn(work);
    }
}

/// No service: what is asked is refused. For servers that only echo.
pub struct NoService;

impl Gateway for NoService {
    fn identify(&self, _: &Hello, _: IpAddr) -> Promise<Identity> {
        unavailable()
    }

    fn memberships(&self, _: UserId) -> Promise<Vec<ChannelId>> {
        unavailable()
    }

    fn welcome(&self, _: Identity, _: Hello) -> Promise<Box<Ready>> {
        unavailable()
    }

    fn invoke(&self, _: Caller, _: Command) -> Promise<Reply> {
        unavailable()
    }

    fn watchable(&self, _: Identity, _: Vec<UserId>) -> Promise<Vec<UserId>> {
        unavailable()
    }

    fn connected(&self, _: Identity) {}

    fn disconnected(&self, _: Identity) {}
}

fn unavailable<T: Send + 'static>() -> Promise<T> {
    Box::pin(async { Err(Refusal::Unavailable) })
}

/// Commands that may come before hello.
async fn invoke_open(service: &Service, address: IpAddr, command: Command) -> Result<Reply, Refusal> {
    let client = |device, client: Option<ClientName>| Client { address, device, name: client.map(name_of).unwrap_or_default() };
    let grant = match command {
        Command::Register(it) => {
            let wish = Registration { username: it.username, password: it.password, display_name: it.display_name };
            service.register(wish, client(it.device, it.client)).await?
        }
        Command::Login(it) => {
            let credentials = match (it.username, it.password, it.recovery_key) {
                (Some(username), Some(password), None) => Credentials::Password { username, password },
                (None, None, Some(key)) => Credentials::RecoveryKey(key),
                _ => return Err(Refusal::Invalid),
            };
            service.log_in(credentials, client(it.device, it.client)).await?
        }
        Command::Refresh(it) => service.refresh(&it.refresh_token).await?,
        _ => return Err(Refusal::NotAuthenticated),
    };
    Ok(Reply::Tokens(tokens(grant)))
}

fn name_of(client: ClientName) -> String {
    format!("{} {}", client.name, client.version).trim().to_owned()
}

async fn invoke(service: &Service, me: Identity, address: IpAddr, command: Command) -> Result<Reply, Refusal> {
    let stored = |seq: Option<Seq>| Ok(Reply::Stored(Stored { seq }));
    let done = Ok(Reply::Done(Done {}));
    match command {
        Command::Register(_) | Command::Login(_) | Command::Refresh(_) => invoke_open(service, address, command).await,
        Command::Logout(_) => service.log_out(me).await.and(done),
        Command::AccountGet(_) => Ok(Reply::Account(AccountView::of(service.account(me).await?))),
        Command::Claim(it) => Ok(Reply::Account(AccountView::of(service.claim(me, &it.username, &it.password).await?))),
        Command::PasswordChange(it) => service.change_password(me, &it.old, &it.new, address).await.and(done),
        Command::AccountUpdate(it) => Ok(Reply::Account(AccountView::of(service.rename(me, &it.display_name).await?))),
        Command::SettingsGet(_) => Ok(Reply::Settings(service.account(me).await?.settings)),
        Command::SettingsSet(it) => Ok(Reply::Settings(service.set_settings(me, it.settings).await?)),
        Command::SessionsList(_) => Ok(Reply::Sessions(sessions(service.log_ins(me).await?, me))),
        Command::SessionsRevoke(it) => {
            let which = match (it.session, it.others) {
                (Some(session), false) => Which::One(session),
                (None, true) => Which::AllBut(me.session),
                _ => return Err(Refusal::Invalid),
            };
            Ok(Reply::Revoked(Revoked { revoked: service.revoke(me, which).await? }))
        }
        Command::DeviceUpdate(it) => service.name_device(me, &it.name).await.and(done),
        Command::UserFind(it) => Ok(Reply::Profile(service.find_user(me, &it.username).await?)),
        Command::UserGet(it) => Ok(Reply::Profiles(Profiles { users: service.profiles(&it.users).await? })),
        Command::Block(it) => service.block(me, it.user, it.on).await.and(done),
        Command::BlocksList(_) => Ok(Reply::Blocks(Users { users: service.blocks(me).await? })),
        Command::Sync(it) => Ok(Reply::Synced(synced(service.catch_up(me, &it.have).await?))),
        Command::ChannelCreate(it) => {
            let wish = Wish { kind: it.kind, members: it.members, title: it.title, description: it.description };
            Ok(Reply::Channel(Box::new(channel(service.open_channel(me, wish).await?))))
        }
        Command::ChannelList(it) => {
            let after = it.cursor.as_deref().map(cursor).transpose()?;
            Ok(Reply::Channels(channels(service.list_channels(me, after, it.limit.unwrap_or(usize::MAX)).await?)))
        }
        Command::ChannelGet(it) => Ok(Reply::Channel(Box::new(channel(service.channel(me, it.channel).await?)))),
        Command::ChannelMembers(it) => {
            let (page, next) = service.members(me, it.channel, it.after, it.limit.unwrap_or(usize::MAX)).await?;
            let view = |(profile, row): (_, rialto_domain::ports::MemberRow)| MemberView {
                profile,
                role: row.role,
                delivered: row.position.delivered,
                read: row.position.read,
            };
            Ok(Reply::Members(Members { members: page.into_iter().map(view).collect(), next }))
        }
        Command::ChannelPins(it) => Ok(Reply::Messages(Messages { messages: service.pinned(me, it.channel).await? })),
        Command::ChannelInvite(it) => match (it.link, it.users.is_empty()) {
            (Some(terms), true) => {
                let terms = InviteTerms { expires_in_ms: terms.expires_in_ms, uses: terms.uses };
                Ok(Reply::Invited(Invited { seq: None, invite: Some(service.make_invite(me, it.channel, terms).await?) }))
            }
            (None, false) => Ok(Reply::Invited(Invited { seq: service.add_members(me, it.channel, it.users).await?, invite: None })),
            // People or a link, and not both.
            _ => Err(Refusal::Invalid),
        },
        Command::ChannelJoin(it) => Ok(Reply::Channel(Box::new(channel(service.join(me, &it.invite).await?)))),
        Command::ChannelLeave(it) => stored(service.leave(me, it.channel).await?),
        Command::ChannelKick(it) => stored(service.remove_member(me, it.channel, it.user).await?),
        Command::ChannelRole(it) => stored(service.set_role(me, it.channel, it.user, it.role).await?),
        Command::ChannelUpdate(it) => stored(service.update_channel(me, it.channel, it.title.as_deref(), it.description.as_deref()).await?),
        Command::ChannelMute(it) => {
            let muted_until = it.on.then(|| it.until.unwrap_or(Timestamp(u64::MAX >> 11)));
            Ok(Reply::Flags(service.change_flags(me, it.channel, FlagChange::Mute(muted_until)).await?))
        }
        Command::ChannelArchive(it) => Ok(Reply::Flags(service.change_flags(me, it.channel, FlagChange::Archive(it.on)).await?)),
        Command::ChannelPin(it) => Ok(Reply::Flags(service.change_flags(me, it.channel, FlagChange::Pin(it.on)).await?)),
        Command::ChannelDelete(it) => stored(service.delete_channel(me, it.channel).await?),
        Command::MessageSend(it) => {
            let draft = MessageDraft { client_id: it.client_id, body: it.body, reply_to: it.reply_to, mentions: it.mentions };
            let seq = service.send(me, it.channel, draft, it.wait).await?;
            Ok(Reply::Received(Received { received: true, seq }))
        }
        Command::MessageEdit(it) => stored(service.edit(me, it.channel, it.target, it.body, it.mentions, it.client_id).await?),
        Command::MessageDelete(it) => match it.scope {
            Scope::All => stored(service.delete(me, it.channel, it.target, it.client_id).await?),
            Scope::Me => service.hide(me, it.channel, it.target).await.and(stored(None)),
        },
        Command::MessageReact(it) => stored(service.react(me, it.channel, it.target, it.emoji, it.on, it.client_id).await?),
        Command::MessagePin(it) => stored(service.pin(me, it.channel, it.target, it.on).await?),
        Command::MessageForward(it) => {
            let seq = service.forward(me, it.from, it.target, it.channel, it.client_id, it.wait).await?;
            Ok(Reply::Received(Received { received: true, seq }))
        }
        Command::History(it) => {
            let page = PageRequest { window: window(&it)?, limit: it.limit.unwrap_or(50) };
            Ok(Reply::Messages(Messages { messages: service.history(me, it.channel, page).await? }))
        }
        Command::Mark(it) => service.mark(me, &marks(it)?).await.and(done),
        Command::Receipts(it) => {
            let (rows, next) = service.receipts(me, it.channel, it.seq, it.after, it.limit.unwrap_or(usize::MAX)).await?;
            let receipt = |row: rialto_domain::ports::MemberRow| Receipt {
                user: row.user,
                delivered_at: (row.position.delivered >= it.seq).then_some(row.position.delivered_at),
                read_at: (row.position.read >= it.seq).then_some(row.position.read_at),
            };
            Ok(Reply::Receipts(Receipts { members: rows.into_iter().map(receipt).collect(), next }))
        }
        Command::Typing(it) => service.typing(me, it.channel).await.and(done),
        Command::PresenceWatch(it) => Ok(Reply::Presences(Presences { presences: service.presence(me, &it.users).await? })),
    }
}

fn tokens(grant: Grant) -> Tokens {
    Tokens {
        user: grant.identity.user,
        session: grant.identity.session,
        device: grant.identity.device,
        access_token: grant.access_token,
        access_expires_in_ms: grant.access_ttl_ms,
        refresh_token: grant.refresh_token,
        recovery_key: grant.recovery_key,
    }
}

fn sessions(log_ins: Vec<rialto_domain::auth::LogIn>, me: Identity) -> Sessions {
    let view = |log_in: rialto_domain::auth::LogIn| SessionView {
        current: log_in.id == me.session,
        id: log_in.id,
        device: log_in.device,
        client: log_in.client,
        created_at: log_in.created_at,
        used_at: log_in.used_at,
    };
    Sessions { sessions: log_ins.into_iter().map(view).collect() }
}

fn channels(page: ListedPage) -> Channels {
    Channels { channels: page.channels.into_iter().map(channel).collect(), next: page.next.map(|next| format!("{}.{}", next.at.0, next.channel)) }
}

/// Reads what [`channels`] wrote as `next`.
fn cursor(text: &str) -> Result<Cursor, Refusal> {
    let (at, channel) = text.split_once('.').ok_or(Refusal::Invalid)?;
    Ok(Cursor { at: Timestamp(at.parse().map_err(|_| Refusal::Invalid)?), channel: channel.parse().map_err(|_| Refusal::Invalid)? })
}

/// Characters of the newest message that a list shows.
const PREVIEW_CHARS: usize = 256;

fn channel(listed: ListedChannel) -> ChannelView {
    let ListedChannel { listing, peer, mut last } = listed;
    if let Some(Content::Text(text)) = last.as_mut().and_then(|last| last.message.body.as_mut())
        && let Some((cut, _)) = text.char_indices().nth(PREVIEW_CHARS)
    {
        text.truncate(cut);
    }
    ChannelView {
        id: listing.channel,
        kind: listing.kind,
        title: listing.about.title,
        description: listing.about.description,
        peer,
        head: listing.head.seq,
        active_at: listing.head.at,
        members: listing.members,
        role: listing.role,
        since: listing.visible.last().map_or(Seq(1), |interval| interval.from),
        delivered: listing.position.delivered,
        read: listing.position.read,
        delivered_to_all: listing.minima.0,
        read_by_all: listing.minima.1,
        unread: listing.unread,
        mentions: listing.mentions,
        flags: listing.flags,
        last,
    }
}

fn synced(caught_up: CaughtUp) -> Synced {
    let missed = |result: Result<MissedEntries, Refusal>| match result {
        Ok(MissedEntries::Entries { head, entries, more, positions }) => Missed::Entries { head, entries, more, positions },
        Ok(MissedEntries::Refetch { head }) => Missed::Gap { gap: Gap::Refetch, head },
        Err(refusal) => Missed::Unknown { code: refusal.code().to_owned() },
    };
    Synced { channels: caught_up.channels.into_iter().map(|(id, result)| (id, missed(result))).collect(), more: caught_up.more }
}

fn window(request: &History) -> Result<Window, Refusal> {
    match (request.before, request.after, request.around) {
        (None, None, None) => Ok(Window::Latest),
        (Some(seq), None, None) => Ok(Window::Before(seq)),
        (None, Some(seq), None) => Ok(Window::After(seq)),
        (None, None, Some(seq)) => Ok(Window::Around(seq)),
        _ => Err(Refusal::Invalid),
    }
}

/// Channel, delivered, read; what was read was also delivered.
fn marks(mark: Mark) -> Result<Vec<(ChannelId, Seq, Seq)>, Refusal> {
    let mut all: BTreeMap<ChannelId, (Option<Seq>, Option<Seq>)> = mark.channels.into_iter().map(|(id, marks)| (id, (marks.delivered, marks.read))).collect();
    if let Some(channel) = mark.channel {
        all.insert(channel, (mark.delivered, mark.read));
    }
    if all.is_empty() || all.values().any(|(delivered, read)| delivered.is_none() && read.is_none()) {
        return Err(Refusal::Invalid);
    }
    let whole = |(channel, (delivered, read)): (_, (Option<Seq>, Option<Seq>))| {
        let read = read.unwrap_or(Seq::ZERO);
        (channel, delivered.unwrap_or(read).max(read), read)
    };
    Ok(all.into_iter().map(whole).collect())
}

/// A client's version: its numbers, compared from left to right. What is not a number counts as zero.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<u64>);

impl Version {
    fn of(text: &str) -> Self {
        Self(text.split('.').take(8).map(|part| part.parse().unwrap_or(0)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_way_to_the_client_and_back() {
        let channel = ChannelId::from_bytes([7; 16]);
        let cursor_back = cursor(&format!("{}.{}", 12, channel));
        assert_eq!(cursor_back, Ok(Cursor { at: Timestamp(12), channel }));
        for rubbish in ["", ".", "x.y", "12", "-1.01890000-0000-7000-8000-000000000001"] {
            assert_eq!(cursor(rubbish), Err(Refusal::Invalid), "{rubbish}");
        }
    }

    #[test]
    fn versions_compare_by_their_numbers() {
        assert!(Version::of("1.10") > Version::of("1.9.9"));
        assert!(Version::of("") < Version::of("0.1"));
    }

    #[test]
    fn what_was_read_was_also_delivered_and_a_mark_without_places_is_none() {
        let channel = ChannelId::from_bytes([7; 16]);
        let mark = |delivered, read| Mark { channel: Some(channel), delivered, read, ..Mark::default() };
        assert_eq!(marks(mark(None, Some(Seq(4)))), Ok(vec![(channel, Seq(4), Seq(4))]));
        assert_eq!(marks(mark(Some(Seq(9)), Some(Seq(4)))), Ok(vec![(channel, Seq(9), Seq(4))]));
        assert_eq!(marks(mark(None, None)), Err(Refusal::Invalid));
        assert_eq!(marks(Mark::default()), Err(Refusal::Invalid));
    }
}
