//! Long histories made out of a seed.

use std::collections::BTreeSet;

use rialto_domain::apply::Command;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Content, Entry, Mentions, Message};
use rialto_domain::log::Seq;
use rialto_domain::{ChannelId, UserId};

use crate::builders::{self, text, users};
use crate::{Backend, Dice, Scribe};

/// A channel in which six people did everything that can be done, at random: the same for the same seed.
pub struct Story {
    /// The channel.
    pub channel: ChannelId,
    /// Who took part: members, former members, and some who never came in.
    pub people: Vec<UserId>,
    /// The channel's log as it was written.
    pub written: Vec<Entry>,
    /// Everything that was tried, refused or not, in order.
    pub tried: Vec<(UserId, Command)>,
    hidden: BTreeSet<(UserId, Seq)>,
}

impl Story {
    /// Plays a number of random commands, many of which are refused.
    pub async fn play(backend: &Backend, seed: u64, kind: ChannelKind, steps: usize) -> Self {
        let mut dice = Dice::new(seed);
        let people = users(1, 6);
        let scribe = Scribe::new(backend);
        let first = if kind == ChannelKind::Direct { 2 } else { 3 };
        let channel = scribe.open(kind, people[0], &people[1..first]).await;
        let mut story = Self { channel, people, written: scribe.written(channel), tried: Vec::new(), hidden: BTreeSet::new() };
        for step in 0..steps {
            if dice.one_in(12) {
                story.hide_something(backend, &mut dice).await;
                continue;
            }
            // Often one alone, sometimes many that are appended at once.
            let count = if dice.one_in(4) { 2 + dice.below(7) } else { 1 };
            let present = present(backend, channel).await;
            let mut commands = Vec::new();
            for _ in 0..count {
                let again = !story.tried.is_empty() && dice.one_in(10);
                commands.push(if again { dice.pick(&story.tried) } else { story.any_command(&mut dice, &present, step) });
            }
            story.tried.extend_from_slice(&commands);
            // A refusal changes nothing, and is as good a step as any.
            match &commands[..] {
                [(actor, command)] => drop(scribe.command(channel, *actor, command.clone()).await),
                commands => drop(scribe.together(channel, commands).await),
            }
            story.written = scribe.written(channel);
        }
        story
    }

    /// What a reader deleted for themselves.
    pub fn hidden_from(&self, reader: UserId) -> BTreeSet<Seq> {
        self.hidden.iter().filter(|(user, _)| *user == reader).map(|(_, seq)| *seq).collect()
    }

    /// The place of the newest entry.
    pub fn head(&self) -> Seq {
        self.written.last().map_or(Seq::ZERO, |entry| entry.seq)
    }

    async fn hide_something(&mut self, backend: &Backend, dice: &mut Dice) {
        let reader = dice.pick(&self.people);
        let seq = Seq(1 + dice.below(self.head().0));
        let member = backend.channels.find_member(self.channel, reader).await.expect("the store answers");
        if member.is_some_and(|member| member.sees(seq)) {
            backend.channels.hide(reader, self.channel, seq).await.expect("the store hides");
            self.hidden.insert((reader, seq));
        }
    }

    /// Somebody does something: mostly one who is in, mostly about a recent message, and mostly what is allowed.
    fn any_command(&self, dice: &mut Dice, present: &[UserId], step: usize) -> (UserId, Command) {
        let head = self.head().0;
        let user = dice.pick(&self.people);
        let actor = if present.is_empty() || dice.one_in(10) { user } else { dice.pick(present) };
        let recent: Vec<&Entry> = self.written.iter().rev().filter(|entry| entry.event.counts()).take(12).collect();
        let (author, target) = match &recent[..] {
            [_, ..] if !dice.one_in(8) => {
                let message = dice.pick(&recent);
                (message.sender, message.seq)
            }
            _ => (actor, Seq(dice.below(head + 3))),
        };
        let author = if dice.one_in(4) { actor } else { author };
        let command = match dice.below(100) {
            0..30 => builders::say(Message {
                body: Some(any_content(dice, step)),
                reply_to: dice.one_in(5).then_some(target),
                mentions: self.any_mentions(dice, present),
                forwarded_from: dice.one_in(20).then_some(user),
            }),
            30..44 => {
                let client_id = dice.one_in(2).then(builders::client_id);
                let mentions = self.any_mentions(dice, present);
                return (author, Command::Edit { client_id, target, body: text(&format!("edited in step {step}")), mentions });
            }
            44..50 => return (author, builders::delete(target)),
            50..68 => builders::react(target, dice.pick(&["👍", "❤️", "🎉", "🇵🇹"]), !dice.one_in(3)),
            68..76 => builders::pin(target, !dice.one_in(3)),
            76..87 => Command::Mark { delivered: Seq(dice.below(head + 2)), read: Seq(dice.below(head + 2)) },
            87..92 => builders::add(&[user]),
            92..94 => Command::Remove { user },
            94..96 => Command::SetRole { user, role: dice.pick(&[Role::Member, Role::Admin, Role::Owner]) },
            96..97 => Command::Leave,
            97..98 => Command::Join,
            98..99 => Command::Update { title: Some(format!("Step {step}")), description: dice.one_in(2).then(|| "Where it all began".to_owned()) },
            _ => Command::Block { on: dice.one_in(4) },
        };
        (actor, command)
    }

    fn any_mentions(&self, dice: &mut Dice, present: &[UserId]) -> Mentions {
        match dice.below(8) {
            0..3 if !present.is_empty() => Mentions { users: vec![dice.pick(present)], all: false },
            3 => Mentions { users: vec![dice.pick(&self.people)], all: false },
            4 if dice.one_in(2) => Mentions { users: Vec::new(), all: true },
            _ => Mentions::default(),
        }
    }
}

async fn present(backend: &Backend, channel: ChannelId) -> Vec<UserId> {
    let channel = backend.log.load(channel).await.expect("is there");
    channel.members().filter(|(_, member)| member.is_active()).map(|(user, _)| user).collect()
}

fn any_content(dice: &mut Dice, step: usize) -> Content {
    use rialto_domain::entry::{Contact, Location};
    match dice.below(12) {
        0 => Content::Location(Location { latitude: 45.4375, longitude: 12.3358, label: Some("Ponte di Rialto".to_owned()) }),
        1 => Content::Contact(Contact { name: "Marco".to_owned(), user: None, addresses: vec!["marco@example.org".to_owned()] }),
        _ => text(&format!("said in step {step} — ünïcödé 🛶")),
    }
}

#[cfg(test)]
mod tests {
    use rialto_domain::entry::Event;
    use rialto_domain::history::fold;

    use super::*;
    use crate::memory::MemoryStore;

    async fn play(seed: u64) -> Story {
        Story::play(&Backend::of(MemoryStore::default()), seed, ChannelKind::Group, 400).await
    }

    #[tokio::test]
    async fn a_story_has_something_of_everything() {
        let story = play(1).await;
        let count = |is: fn(&Event) -> bool| story.written.iter().filter(|entry| is(&entry.event)).count();
        assert!(count(|event| matches!(event, Event::Message(_))) > 50);
        assert!(count(|event| matches!(event, Event::Edit { .. })) > 10);
        assert!(count(|event| matches!(event, Event::Delete { .. })) > 5);
        assert!(count(|event| matches!(event, Event::Reaction { on: true, .. })) > 10);
        assert!(count(|event| matches!(event, Event::Pin { on: true, .. })) > 2);
        assert!(count(|event| matches!(event, Event::Member { .. })) > 4);
        assert!(fold(&story.written, story.people[0]).iter().any(|message| message.edited_at.is_some() && !message.reactions.is_empty()));
        assert!(!story.hidden.is_empty());
    }

    #[tokio::test]
    async fn the_same_seed_tells_the_same_story() {
        let events = |story: Story| story.written.into_iter().map(|entry| (entry.sender, entry.event)).collect::<Vec<_>>();
        let (once, again, other) = (events(play(2).await), events(play(2).await), events(play(3).await));
        assert_eq!(once, again);
        assert_ne!(once, other);
    }
}
