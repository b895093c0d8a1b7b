//! How much happens in a world, and what goes wrong.

use crate::Dice;

/// A plan. One in so many: zero means never.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides everything that the rest leaves open.
    pub seed: u64,
    /// People, each with two devices.
    pub people: usize,
    /// For how many milliseconds people are active and things go wrong.
    pub storm_ms: u64,
    /// About how long people think between two wishes.
    pub think_ms: u64,
    /// The longest that an await of a port takes.
    pub await_ms: u64,
    /// The longest that bytes are on their way.
    pub delay_ms: u64,
    /// Thoughts after which the connection breaks.
    pub cut_one_in: u64,
    /// Awaits of which one is the process's last.
    pub crash_one_in: u64,
    /// The process's last await on the append path, counted from the beginning of the storm.
    pub crash_at: Option<u64>,
    /// Calls of the store that fail.
    pub fail_one_in: u64,
    /// Announcements that are lost, other than those that decide who may hear what follows.
    pub lose_one_in: u64,
    /// Announcements arrive after `publish` has returned.
    pub late_bus: bool,
    /// Thoughts after which the server's clock is set to another time.
    pub jump_one_in: u64,
    /// How far the server may be ahead of a client that does not read, in bytes.
    pub window: usize,
    /// A fault of the server, for the judge to find.
    pub mutation: Option<Mutation>,
    /// Write down what happens.
    pub is_told: bool,
}

/// A server that is wrong in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// An append is acknowledged and never made.
    AcknowledgesWithoutCommit,
    /// Catching up leaves an entry out.
    DropsAnEntry,
    /// Who was removed goes on to hear the channel.
    HearsAfterRemoval,
    /// Repeated commands are not recognised.
    ForgetsClientIds,
    /// The text of entries read back is another one.
    ChangesTexts,
    /// History lacks the newest message.
    ReadsStale,
    /// Positions fall back.
    PositionsFall,
    /// One more is unread than there is.
    MiscountsUnread,
    /// A log has two orders: neighbours change places when they are read.
    Swaps,
    /// Messages that somebody deleted for themselves come back.
    ForgetsWhatWasHidden,
    /// Who wrote first what is sent on is not told.
    ForgetsTheAuthor,
    /// Who is blocked writes on.
    IgnoresBlocks,
    /// A link lets in more than it says.
    InvitesForEver,
    /// A deleted channel can be read on.
    KeepsWhatWasDeleted,
}

impl Plan {
    /// What a seed makes of it: anything may go wrong, most of it does not in any one world.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x5EED);
        let mut sometimes = |from: u64, spread: u64| if dice.one_in(2) { from + dice.below(spread) } else { 0 };
        Self {
            cut_one_in: sometimes(4, 40),
            crash_one_in: sometimes(60, 600),
            fail_one_in: sometimes(15, 200),
            lose_one_in: sometimes(4, 60),
            jump_one_in: sometimes(10, 60),
            await_ms: sometimes(1, 60),
            delay_ms: 1 + sometimes(1, 400),
            late_bus: sometimes(1, 1) == 1,
            window: if sometimes(1, 8) == 1 { 3_000 } else { 1 << 20 },
            people: 2 + dice.below(2) as usize,
            storm_ms: 6_000 + dice.below(8_000),
            think_ms: 400 + dice.below(1_200),
            ..Self::calm(seed)
        }
    }

    /// Nothing goes wrong.
    pub const fn calm(seed: u64) -> Self {
        Self {
            seed,
            people: 2,
            storm_ms: 6_000,
            think_ms: 500,
            await_ms: 0,
            delay_ms: 20,
            cut_one_in: 0,
            crash_one_in: 0,
            crash_at: None,
            fail_one_in: 0,
            lose_one_in: 0,
            late_bus: false,
            jump_one_in: 0,
            window: 1 << 20,
            mutation: None,
            is_told: false,
        }
    }
}
