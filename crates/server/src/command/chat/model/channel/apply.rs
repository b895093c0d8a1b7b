//! What entries do to a channel.

use rialto_domain::entry::{Entry, Event, Message};
use rialto_domain::history::{Folded, NAMED_REACTORS, Reactions};
use rialto_domain::unread::mentions;
use rialto_domain::{Seq, UserId};

use super::{Channel, Line};

impl Channel {
    /// Does to the lines what the entry says. Twice does the same as once.
    pub(super) fn apply(&mut self, entry: &Entry, me: UserId) {
        match &entry.event {
            Event::Message(message) => self.apply_message(entry, message, me),
            Event::Edit { target, body, mentions } => {
                if let Some(folded) = self.message_mut(*target).filter(|folded| !folded.deleted) {
                    folded.message.body.clone_from(body);
                    folded.message.mentions.clone_from(mentions);
                    folded.edited_at = Some(entry.at);
                }
            }
            Event::Delete { target } => {
                if let Some(folded) = self.message_mut(*target) {
                    folded.message = Message { reply_to: folded.message.reply_to, ..Message::default() };
                    folded.deleted = true;
                    folded.pinned = false;
                    folded.reactions.clear();
                }
            }
            Event::Reaction { target, emoji, on } => {
                if let Some(folded) = self.message_mut(*target) {
                    react(&mut folded.reactions, emoji, entry.sender, *on, me);
                }
            }
            Event::Pin { target, on } => {
                if let Some(folded) = self.message_mut(*target) {
                    folded.pinned = *on;
                }
            }
            Event::Member { users, change } => {
                use rialto_domain::entry::MemberChange::{Added, Joined, Left, Removed, Role};
                let count = users.len() as u64;
                match change {
                    Added { .. } | Joined => self.view.members += count,
                    Left | Removed => {
                        self.view.members = self.view.members.saturating_sub(count);
                        self.roster.retain(|member| !users.contains(&member.profile.id));
                    }
                    Role { role } => self.roster.iter_mut().filter(|member| users.contains(&member.profile.id)).for_each(|member| member.role = *role),
                }
                self.lines.insert(entry.seq, Line::Note(Box::new(entry.clone())));
            }
            Event::Channel(change) => {
                if change.title.is_some() {
                    self.view.title.clone_from(&change.title);
                }
                if change.description.is_some() {
                    self.view.description.clone_from(&change.description);
                }
                self.lines.insert(entry.seq, Line::Note(Box::new(entry.clone())));
            }
        }
    }

    fn apply_message(&mut self, entry: &Entry, message: &Message, me: UserId) {
        self.typing.remove(&entry.sender);
        self.view.active_at = self.view.active_at.max(entry.at);
        if entry.sender == me {
            // Whoever writes has read what stands above.
            self.view.read = self.view.read.max(entry.seq);
            self.view.delivered = self.view.delivered.max(entry.seq);
            (self.view.unread, self.view.mentions) = (0, 0);
        } else if entry.seq > self.view.read {
            self.view.unread += 1;
            self.view.mentions += u64::from(mentions(entry, me));
        }
        let folded = Folded::fresh(entry, message);
        self.lines.entry(entry.seq).or_insert(Line::Message(Box::new(folded)));
    }

    fn message_mut(&mut self, seq: Seq) -> Option<&mut Folded> {
        match self.lines.get_mut(&seq)? {
            Line::Message(message) => Some(message),
            Line::Note(_) => None,
        }
    }
}

fn react(reactions: &mut Vec<Reactions>, emoji: &str, user: UserId, on: bool, me: UserId) {
    let at = reactions.iter().position(|reaction| reaction.emoji == emoji);
    match (at, on) {
        (None, true) => {
            reactions.push(Reactions { emoji: emoji.to_owned(), count: 1, mine: user == me, users: vec![user] });
            reactions.sort_by(|a, b| a.emoji.cmp(&b.emoji));
        }
        (Some(at), true) if !reactions[at].users.contains(&user) => {
            reactions[at].count += 1;
            reactions[at].mine |= user == me;
            if reactions[at].users.len() < NAMED_REACTORS {
                reactions[at].users.push(user);
            }
        }
        (Some(at), false) => {
            reactions[at].count = reactions[at].count.saturating_sub(1);
            reactions[at].mine &= user != me;
            reactions[at].users.retain(|reactor| *reactor != user);
            if reactions[at].count == 0 {
                reactions.remove(at);
            }
        }
        (None, false) | (Some(_), true) => {}
    }
}
