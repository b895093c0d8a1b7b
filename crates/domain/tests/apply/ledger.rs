//! A channel with its whole log: decides commands as the sequencer does, with facts taken from the log by plain looking.

use rialto_domain::apply::{Command, Decision, Facts, Target, decide};
use rialto_domain::channel::{About, Channel, ChannelKind, Member, Role};
use rialto_domain::entry::{Content, Draft, Entry, Event, MemberChange, Mentions, Message};
use rialto_domain::history::{Folded, fold};
use rialto_domain::limit::Limits;
use rialto_domain::log::{Head, Seq};
use rialto_domain::{ChannelId, ClientId, Refusal, Timestamp, UserId};

/// The `n`th person.
pub(crate) fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

/// The `n`th name that a client gives to a command.
pub(crate) fn named(n: u64) -> ClientId {
    ClientId::from_bytes(u128::from(n).to_be_bytes())
}

/// Words.
pub(crate) fn text(words: &str) -> Content {
    Content::Text(words.to_owned())
}

pub(crate) struct Ledger {
    pub(crate) channel: Channel,
    pub(crate) entries: Vec<Entry>,
    pub(crate) limits: Limits,
    pub(crate) now: Timestamp,
    names: u64,
}

impl Ledger {
    /// A channel of these people, the first of whom founded it; added one by one, so that each sees what follows.
    pub(crate) fn new(kind: ChannelKind, people: &[(u8, Role)]) -> Self {
        let [(founder, role), others @ ..] = people else { panic!("somebody founds a channel") };
        let founder = (user(*founder), Member::joining(*role, Seq(1), Seq::ZERO, 0, Timestamp(0)));
        let channel = Channel::restored(ChannelId::from_bytes([9; 16]), kind, About::default(), Head::default(), false, [founder.clone()]);
        let mut ledger = Self { channel, entries: Vec::new(), limits: Limits::default(), now: Timestamp(0), names: 1_000_000 };
        for (other, role) in others {
            let event = Event::Member { users: vec![user(*other)], change: MemberChange::Added { role: *role } };
            ledger.append(Draft { sender: founder.0, client_id: None, event });
        }
        ledger
    }

    /// Decides without carrying out.
    pub(crate) fn decide(&self, actor: u8, command: &Command) -> Result<Decision, Refusal> {
        decide(&self.channel, user(actor), command, &self.facts(user(actor), command), &self.limits)
    }

    /// Decides, carries out, and says what was decided.
    pub(crate) fn command(&mut self, actor: u8, command: &Command) -> Result<Decision, Refusal> {
        let decision = self.decide(actor, command)?;
        match decision.clone() {
            Decision::Append(draft) => {
                self.append(draft);
            }
            Decision::Advance { delivered, read, n_at_read } => {
                self.channel.advance(user(actor), delivered, read, n_at_read, self.now);
            }
            Decision::SetBlocking(blocking) => {
                let member = self.channel.member(user(actor)).expect("who blocks is a member").clone();
                self.channel.put(user(actor), Member { blocking, ..member });
            }
            Decision::Already(_) | Decision::Nothing => {}
        }
        Ok(decision)
    }

    /// Carries out a command that is appended, and says where it stands.
    pub(crate) fn write(&mut self, actor: u8, command: &Command) -> Seq {
        match self.command(actor, command) {
            Ok(Decision::Append(_)) => self.channel.head.seq,
            other => panic!("{command:?} should be appended, but: {other:?}"),
        }
    }

    /// Says something.
    pub(crate) fn say(&mut self, actor: u8, words: &str) -> Seq {
        let command = self.send(words);
        self.write(actor, &command)
    }

    /// A message under a name of its own.
    pub(crate) fn send(&mut self, words: &str) -> Command {
        self.sending(Message { body: Some(text(words)), ..Message::default() })
    }

    /// The same, whatever is in it.
    pub(crate) fn sending(&mut self, message: Message) -> Command {
        self.names += 1;
        Command::Send { client_id: named(self.names), message }
    }

    /// The message at a place, as it is now.
    pub(crate) fn message(&self, seq: Seq) -> Option<Folded> {
        fold(&self.entries, user(0)).into_iter().find(|message| message.seq == seq)
    }

    pub(crate) fn facts(&self, actor: UserId, command: &Command) -> Facts {
        let id = command.client_id();
        let made_before = |entry: &&Entry| entry.sender == actor && entry.client_id.is_some() && entry.client_id == id;
        let pinned = || fold(&self.entries, actor).iter().filter(|message| message.pinned).count();
        Facts {
            sent: self.entries.iter().find(made_before).map(|entry| entry.seq),
            target: command.target().and_then(|seq| self.target(actor, seq)),
            pins: if matches!(command, Command::Pin { .. }) { pinned() } else { 0 },
        }
    }

    fn target(&self, actor: UserId, seq: Seq) -> Option<Target> {
        let entry = self.entries.iter().find(|entry| entry.seq == seq)?;
        let message = fold(&self.entries, actor).into_iter().find(|message| message.seq == seq);
        let reactions = message.iter().flat_map(|message| &message.reactions);
        Some(Target {
            sender: entry.sender,
            is_message: message.is_some(),
            deleted: message.as_ref().is_some_and(|message| message.deleted),
            n: entry.n,
            pinned: message.as_ref().is_some_and(|message| message.pinned),
            own_reactions: reactions.clone().filter(|reaction| reaction.mine).map(|reaction| reaction.emoji.clone()).collect(),
            reactions: reactions.map(|reaction| reaction.emoji.clone()).collect(),
        })
    }

    fn append(&mut self, draft: Draft) {
        self.now = self.now.after_ms(1_000);
        let (entry, _) = self.channel.append(draft, self.now);
        self.entries.push(entry);
    }
}

/// Calls these people.
pub(crate) fn calling(users: &[u8]) -> Mentions {
    Mentions { users: users.iter().copied().map(user).collect(), all: false }
}

pub(crate) const EVERYONE: Mentions = Mentions { users: Vec::new(), all: true };
