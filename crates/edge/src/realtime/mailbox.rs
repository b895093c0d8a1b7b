//! What other threads hand to a shard.

use parking_lot::{Condvar, Mutex};
use rialto_domain::publication::Topic;
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::announcement::Announcement;
use super::shard::Mail;

/// How long a publisher waits for a shard that has too much to read. A shard waits for nobody, so this only passes
/// whole when the machine is far behind; then announcements are dropped and their rooms told to catch up.
const PATIENCE: Duration = Duration::from_millis(50);

thread_local! {
    static IS_SHARD: Cell<bool> = const { Cell::new(false) };
}

/// A shard's mailbox. Its announcements are bounded; everything else in it is bounded by what it belongs to.
pub(super) struct Mailbox {
    inside: Mutex<Inside>,
    has_room: Condvar,
    max_bytes: usize,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inside {
    mail: Vec<Mail>,
    /// Weight of the announcements in `mail`.
    bytes: usize,
    /// Topics of which announcements were dropped.
    lost: HashSet<Topic>,
    /// The shard sleeps, or is about to: it must be woken.
    is_asleep: bool,
    /// The shard is gone.
    is_closed: bool,
}

impl Mailbox {
    /// A mailbox for announcements of about `max_bytes`; `wake` ends the shard's sleep.
    pub(super) fn new(max_bytes: usize, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { inside: Mutex::default(), has_room: Condvar::new(), max_bytes, wake: Box::new(wake) }
    }

    /// Marks the current thread as a shard: it never waits for a mailbox, not even its own.
    pub(super) fn never_wait_on_this_thread() {
        IS_SHARD.set(true);
    }

    /// Hands over anything but an announcement. False when the shard is gone; the mail is dropped then.
    pub(super) fn send(&self, mail: Mail) -> bool {
        let mut inside = self.inside.lock();
        if inside.is_closed {
            return false;
        }
        inside.mail.push(mail);
        drop(self.wake(inside));
        true
    }

    /// Hands announcements over, in order.
    pub(super) fn announce(&self, announcements: &mut Vec<Arc<Announcement>>) {
        let patience_ends = Instant::now() + if IS_SHARD.get() { Duration::ZERO } else { PATIENCE };
        let mut inside = self.inside.lock();
        for announcement in announcements.drain(..) {
            let weight = announcement.weight();
            while inside.bytes + weight > self.max_bytes && !inside.is_closed && !announcement.is_binding() {
                inside = self.wake(inside);
                if Instant::now() >= patience_ends || self.has_room.wait_until(&mut inside, patience_ends).timed_out() {
                    break;
                }
            }
            if inside.is_closed {
                continue;
            }
            if inside.bytes + weight > self.max_bytes && !announcement.is_binding() {
                if !announcement.is_ephemeral() {
                    inside.lost.insert(announcement.topic());
                }
                continue;
            }
            inside.bytes += weight;
            inside.mail.push(Mail::Announcement(announcement));
        }
        drop(self.wake(inside));
    }

    /// Moves everything into `mail`, and the topics of which something was dropped into `lost`.
    pub(super) fn take(&self, mail: &mut Vec<Mail>, lost: &mut Vec<Topic>) {
        debug_assert!(mail.is_empty());
        let mut inside = self.inside.lock();
        inside.is_asleep = false;
        std::mem::swap(&mut inside.mail, mail);
        inside.bytes = 0;
        if !inside.lost.is_empty() {
            lost.extend(std::mem::take(&mut inside.lost));
        }
        self.has_room.notify_all();
    }

    /// True when the mailbox is empty: the shard may sleep, and whoever comes will wake it.
    pub(super) fn may_sleep(&self) -> bool {
        let mut inside = self.inside.lock();
        inside.is_asleep = inside.mail.is_empty() && inside.lost.is_empty();
        inside.is_asleep
    }

    /// Closes the mailbox when dropped, also when its shard panics: nobody shall wait for a shard that is gone.
    pub(super) fn closed_at_the_end(this: &Arc<Self>) -> impl Drop + use<> {
        struct AtTheEnd(Arc<Mailbox>);
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                self.0.close();
            }
        }
        AtTheEnd(Arc::clone(this))
    }

    /// Is there a shard that reads it?
    pub(super) fn is_open(&self) -> bool {
        !self.inside.lock().is_closed
    }

    fn close(&self) {
        let mut inside = self.inside.lock();
        *inside = Inside { is_closed: true, ..Inside::default() };
        self.has_room.notify_all();
    }

    /// Wakes the shard if it sleeps. The lock is released for that, because the shard will want it.
    fn wake<'a>(&'a self, mut inside: parking_lot::MutexGuard<'a, Inside>) -> parking_lot::MutexGuard<'a, Inside> {
        let has_something = !inside.mail.is_empty() || !inside.lost.is_empty();
        if has_something && std::mem::take(&mut inside.is_asleep) {
            parking_lot::MutexGuard::unlocked(&mut inside, || (self.wake)());
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::publication::{PositionsMoved, Publication};
    use rialto_domain::{ChannelId, Seq, UserId};
    use std::sync::atomic::{AtomicUsize, Ordering};

    const CHANNEL: ChannelId = ChannelId::from_bytes([1; 16]);
    const USER: UserId = UserId::from_bytes([2; 16]);

    fn typing() -> Arc<Announcement> {
        Arc::new(Announcement::new(Topic::Channel(CHANNEL), Publication::Typing { channel: CHANNEL, user: USER }))
    }

    fn positions() -> Arc<Announcement> {
        let moved = PositionsMoved { channel: CHANNEL, delivered: Seq(1), read: Seq(1), members: Vec::new() };
        Arc::new(Announcement::new(Topic::Channel(CHANNEL), Publication::Positions(Arc::new(moved))))
    }

    fn revoked() -> Arc<Announcement> {
        Arc::new(Announcement::new(Topic::User(USER), Publication::Revoked { user: USER, sessions: Arc::new([]) }))
    }

    fn mailbox(room_for: usize) -> (Arc<Mailbox>, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let mailbox = Mailbox::new(typing().weight() * room_for, move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        (Arc::new(mailbox), woken)
    }

    fn taken(mailbox: &Mailbox) -> (usize, Vec<Topic>) {
        let (mut mail, mut lost) = (Vec::new(), Vec::new());
        mailbox.take(&mut mail, &mut lost);
        (mail.len(), lost)
    }

    #[test]
    fn a_piece_of_mail_is_small() {
        assert!(size_of::<Mail>() <= 40, "{}", size_of::<Mail>());
    }

    #[test]
    fn only_a_sleeping_shard_is_woken_and_only_once() {
        let (mailbox, woken) = mailbox(100);
        mailbox.announce(&mut vec![typing()]);
        assert_eq!(woken.load(Ordering::SeqCst), 0);
        assert!(!mailbox.may_sleep());
        assert_eq!(taken(&mailbox), (1, vec![]));
        assert!(mailbox.may_sleep());
        mailbox.announce(&mut vec![typing(), typing()]);
        mailbox.send(Mail::Stop);
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(taken(&mailbox), (3, vec![]));
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_its_topic_told() {
        let (mailbox, _) = mailbox(2);
        mailbox.announce(&mut vec![typing(), positions(), positions(), positions()]);
        assert_eq!(taken(&mailbox), (2, vec![Topic::Channel(CHANNEL)]));
        mailbox.announce(&mut vec![positions()]);
        assert_eq!(taken(&mailbox), (1, vec![]));
        mailbox.announce(&mut vec![positions(), positions(), typing()]);
        assert_eq!(taken(&mailbox), (2, vec![]), "nobody needs to catch up on typing");
    }

    #[test]
    fn what_decides_about_access_is_never_dropped() {
        let (mailbox, _) = mailbox(1);
        mailbox.announce(&mut vec![typing(), revoked(), revoked()]);
        assert_eq!(taken(&mailbox), (3, vec![]));
    }

    #[test]
    fn a_publisher_waits_for_a_shard_that_reads() {
        let (mailbox, _) = mailbox(1);
        let reader = Arc::clone(&mailbox);
        let reader = std::thread::spawn(move || {
            let mut count = 0;
            while count < 100 {
                let (mail, lost) = taken(&reader);
                assert_eq!(lost, []);
                count += mail;
                std::thread::yield_now();
            }
        });
        for _ in 0..100 {
            mailbox.announce(&mut vec![typing()]);
        }
        reader.join().unwrap();
    }

    #[test]
    fn nobody_waits_for_a_shard_that_is_gone() {
        let (mailbox, _) = mailbox(1);
        drop(Mailbox::closed_at_the_end(&mailbox));
        mailbox.announce(&mut vec![typing(), typing(), typing()]);
        assert!(!mailbox.is_open() && !mailbox.send(Mail::Stop));
        assert_eq!(taken(&mailbox), (0, vec![]));
    }
}
