//! What a gateway knows of the channels that its connections write to: who is in, and as what.
//!
//! It admits commands early; the sequencer decides again in the channel's own order. Kept fresh by the member entries
//! that the bus brings. One may be lost on the way: whoever is not found here is looked for in the store.

use parking_lot::{Mutex, RwLock};
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::ports::{self, PortError, PortResult};
use rialto_domain::{ChannelId, Refusal, UserId};
use std::collections::HashMap;
use std::sync::Arc;

use crate::Service;
use crate::refused::failed_or;

/// Members of all channels remembered together; beyond it everything is forgotten and loaded again as needed.
const MOST_MEMBERS: usize = 4_000_000;

impl Service {
    /// A channel that a user is in, and their role there; or the refusal that outsiders and former members get.
    pub(crate) async fn membership(&self, user: UserId, channel: ChannelId) -> Result<(Arc<Roster>, Role), Refusal> {
        let roster = self.roster(channel).await?;
        if let Some(role) = roster.role(user) {
            return Ok((roster, role));
        }
        let member = self.reader(user, channel).await?;
        if !member.is_active() {
            return Err(Refusal::NotAMember);
        }
        // They are in, and nobody told us.
        self.rosters.forget(channel);
        Ok((self.roster(channel).await?, member.role))
    }

    /// Who is in a channel, whoever asks.
    pub(crate) async fn roster(&self, channel: ChannelId) -> Result<Arc<Roster>, Refusal> {
        self.rosters.load(channel, || self.ports.channels.roster(channel)).await.map_err(failed_or(Refusal::ChannelUnknown))
    }
}

/// Who is in a channel.
pub(crate) struct Roster {
    pub(crate) kind: ChannelKind,
    /// The two of a direct channel, who never change.
    pair: Option<(UserId, UserId)>,
    members: RwLock<HashMap<UserId, Role>>,
}

impl Roster {
    fn new(stored: ports::Roster) -> Self {
        let pair = match (stored.kind, &stored.members[..]) {
            (ChannelKind::Direct, [(one, _), (other, _)]) => Some((*one, *other)),
            _ => None,
        };
        Self { kind: stored.kind, pair, members: RwLock::new(stored.members.into_iter().collect()) }
    }

    /// A present member's role.
    pub(crate) fn role(&self, user: UserId) -> Option<Role> {
        self.members.read().get(&user).copied()
    }

    pub(crate) fn count(&self) -> usize {
        self.members.read().len()
    }

    /// The other member of a direct channel.
    pub(crate) fn peer_of(&self, user: UserId) -> Option<UserId> {
        self.pair.map(|(one, other)| if one == user { other } else { one })
    }

    /// Becomes what an entry says. An entry that was followed before changes nothing in the end, as long as those after it follow.
    fn follow(&self, entry: &Entry) {
        let Event::Member { users, change } = &entry.event else { return };
        let mut members = self.members.write();
        for user in users {
            match change {
                MemberChange::Added { role } | MemberChange::Role { role } => members.insert(*user, *role),
                MemberChange::Joined => members.insert(*user, Role::Member),
                MemberChange::Left | MemberChange::Removed => members.remove(user),
            };
        }
    }
}

#[derive(Default)]
pub(crate) struct Rosters {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    channels: HashMap<ChannelId, Arc<Roster>>,
    members: usize,
    /// Channels that are being read from the store just now: what is read may be older than what was announced meanwhile.
    reading: HashMap<ChannelId, Reading>,
}

#[derive(Default)]
struct Reading {
    readers: usize,
    /// What was announced since the first of these readers began.
    announced: Vec<Arc<Entry>>,
}

/// One who reads a roster from the store. Dropped, the reading is over.
struct Reader<'a> {
    rosters: &'a Rosters,
    channel: ChannelId,
    /// How much had been announced when the reading began.
    from: usize,
}

impl Rosters {
    /// The roster of a channel; the first time, and after it was forgotten, as it is read from the store.
    pub(crate) async fn load<F>(&self, channel: ChannelId, read: impl FnOnce() -> F) -> PortResult<Arc<Roster>>
    where
        F: Future<Output = PortResult<ports::Roster>>,
    {
        match self.find_or_begin(channel) {
            Ok(roster) => Ok(roster),
            Err(reader) => reader.keep(read().await?),
        }
    }

    fn find_or_begin(&self, channel: ChannelId) -> Result<Arc<Roster>, Reader<'_>> {
        let mut known = self.known.lock();
        if let Some(roster) = known.channels.get(&channel) {
            return Ok(roster.clone());
        }
        let reading = known.reading.entry(channel).or_default();
        reading.readers += 1;
        Err(Reader { rosters: self, channel, from: reading.announced.len() })
    }

    /// Follows an entry that was stored.
    pub(crate) fn follow(&self, entry: &Arc<Entry>) {
        let deleted = matches!(&entry.event, Event::Channel(change) if change.deleted);
        if !deleted && !matches!(entry.event, Event::Member { .. }) {
            return;
        }
        let mut known = self.known.lock();
        if let Some(reading) = known.reading.get_mut(&entry.channel) {
            reading.announced.push(entry.clone());
        }
        if deleted {
            known.forget(entry.channel);
        } else if let Some(roster) = known.channels.get(&entry.channel).cloned() {
            let before = roster.count();
            roster.follow(entry);
            known.members = known.members + roster.count() - before;
        }
    }

    /// Forgets a channel: an announcement was lost.
    pub(crate) fn forget(&self, channel: ChannelId) {
        self.known.lock().forget(channel);
    }
}

impl Known {
    fn forget(&mut self, channel: ChannelId) {
        if let Some(roster) = self.channels.remove(&channel) {
            self.members -= roster.count();
        }
    }
}

impl Reader<'_> {
    /// Keeps what was read, brought up to what was announced while it was read.
    fn keep(self, stored: ports::Roster) -> PortResult<Arc<Roster>> {
        let mut known = self.rosters.known.lock();
        if let Some(roster) = known.channels.get(&self.channel) {
            return Ok(roster.clone());
        }
        let roster = Arc::new(Roster::new(stored));
        for entry in known.reading.get(&self.channel).into_iter().flat_map(|reading| &reading.announced[self.from..]) {
            if matches!(entry.event, Event::Channel(_)) {
                return Err(PortError::NotFound);
            }
            roster.follow(entry);
        }
        if known.members >= MOST_MEMBERS {
            known.channels.clear();
            known.members = 0;
        }
        known.members += roster.count();
        known.channels.insert(self.channel, roster.clone());
        Ok(roster)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut known = self.rosters.known.lock();
        if let Some(reading) = known.reading.get_mut(&self.channel) {
            reading.readers -= 1;
            if reading.readers == 0 {
                known.reading.remove(&self.channel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::entry::ChannelChange;
    use rialto_domain::{Seq, Timestamp};
    use tokio::sync::oneshot;

    const CHANNEL: ChannelId = ChannelId::from_bytes([9; 16]);

    fn user(n: u8) -> UserId {
        UserId::from_bytes([n; 16])
    }

    fn stored(users: &[u8]) -> ports::Roster {
        ports::Roster { kind: ChannelKind::Group, members: users.iter().map(|n| (user(*n), Role::Member)).collect() }
    }

    fn entry(event: Event) -> Arc<Entry> {
        Arc::new(Entry { channel: CHANNEL, seq: Seq(1), at: Timestamp(1), sender: user(1), client_id: None, n: 0, event })
    }

    fn joined(n: u8) -> Arc<Entry> {
        entry(Event::Member { users: vec![user(n)], change: MemberChange::Joined })
    }

    fn left(n: u8) -> Arc<Entry> {
        entry(Event::Member { users: vec![user(n)], change: MemberChange::Left })
    }

    fn deleted() -> Arc<Entry> {
        entry(Event::Channel(ChannelChange { deleted: true, ..ChannelChange::default() }))
    }

    /// Polls a reading once: it has begun, and waits for the store.
    async fn begun<T>(reading: impl Future<Output = T>) -> impl Future<Output = T> {
        let mut reading = Box::pin(reading);
        assert!(std::future::poll_fn(|context| std::task::Poll::Ready(reading.as_mut().poll(context).is_pending())).await);
        reading
    }

    #[tokio::test]
    async fn what_was_announced_while_the_store_was_read_counts() {
        let rosters = Rosters::default();
        let (answer, store) = oneshot::channel();
        let reading = begun(rosters.load(CHANNEL, || async { Ok(store.await.expect("answers")) })).await;
        rosters.follow(&joined(2));
        rosters.follow(&left(1));
        answer.send(stored(&[1])).expect("is read");
        let roster = reading.await.expect("is there");
        assert_eq!((roster.role(user(1)), roster.role(user(2))), (None, Some(Role::Member)));
        assert_eq!(rosters.known.lock().members, 1);
    }

    /// Each reader must hear of what was announced since *its* reading began, not since the last one began.
    #[tokio::test]
    async fn two_who_read_at_once_do_not_hide_a_change_from_each_other() {
        let rosters = Rosters::default();
        let (answer_slow, slow) = oneshot::channel();
        let (answer_failing, failing) = oneshot::channel::<PortResult<ports::Roster>>();
        let slow = begun(rosters.load(CHANNEL, || async { Ok(slow.await.expect("answers")) })).await;
        let failing = begun(rosters.load(CHANNEL, || async { failing.await.expect("answers") })).await;
        rosters.follow(&joined(2));
        answer_failing.send(Err(PortError::Overloaded { backend: "store" })).expect("is read");
        assert!(failing.await.is_err());
        answer_slow.send(stored(&[1])).expect("is read");
        assert_eq!(slow.await.expect("is there").role(user(2)), Some(Role::Member));
    }

    #[tokio::test]
    async fn a_channel_deleted_while_it_was_read_is_not_remembered() {
        let rosters = Rosters::default();
        let (answer, store) = oneshot::channel();
        let reading = begun(rosters.load(CHANNEL, || async { Ok(store.await.expect("answers")) })).await;
        rosters.follow(&deleted());
        answer.send(stored(&[1])).expect("is read");
        assert!(matches!(reading.await, Err(PortError::NotFound)));
        assert!(rosters.known.lock().channels.is_empty());
    }

    #[tokio::test]
    async fn a_reading_that_is_given_up_leaves_nothing_behind() {
        let rosters = Rosters::default();
        drop(begun(rosters.load(CHANNEL, std::future::pending)).await);
        assert!(rosters.known.lock().reading.is_empty());
    }

    #[tokio::test]
    async fn a_known_roster_is_not_read_again_and_follows_what_happens() {
        let rosters = Rosters::default();
        rosters.load(CHANNEL, async || Ok(stored(&[1, 2, 3]))).await.expect("is there");
        rosters.follow(&left(2));
        let roster = rosters.load(CHANNEL, async || panic!("read again")).await.expect("is known");
        assert_eq!((roster.role(user(2)), roster.count(), rosters.known.lock().members), (None, 2, 2));
        rosters.follow(&deleted());
        assert_eq!(rosters.known.lock().members, 0);
        assert!(matches!(rosters.load(CHANNEL, async || Err(PortError::NotFound)).await, Err(PortError::NotFound)));
    }
}
