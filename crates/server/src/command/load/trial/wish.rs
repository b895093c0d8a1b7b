//! What a client of a trial does next.

use rialto_checker::journal::Order;
use rialto_domain::{ChannelId, Seq, UserId};
use serde_json::{Value, json};
use std::collections::VecDeque;

use super::super::fleet::Random;

/// Something to do in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Say,
    Read,
    React(Seq),
    Edit(Seq, u32),
    Delete(Seq),
    Hide(Seq),
    PutOut(UserId),
    TakeIn(UserId),
}

/// A message that something may be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) channel: ChannelId,
    pub(super) seq: Seq,
    pub(super) is_own: bool,
}

/// Mostly to say something; now and then anything else. `others` are those whom one may put out; at most one of them is out.
pub(super) fn any(random: &mut Random, others: &[UserId], out: Option<UserId>, recent: &VecDeque<Target>, channel: ChannelId) -> Wish {
    let mut pick = |is_own: Option<bool>| {
        let targets: Vec<_> = recent.iter().filter(|target| target.channel == channel && is_own.is_none_or(|own| target.is_own == own)).collect();
        (!targets.is_empty()).then(|| targets[random.below(targets.len() as u32) as usize].seq)
    };
    let (any, own) = (pick(None), pick(Some(true)));
    match (random.below(100), any, own) {
        (70..80, Some(seq), _) => Wish::React(seq),
        (80..86, _, Some(seq)) => Wish::Edit(seq, random.below(1_000_000)),
        (86..89, _, Some(seq)) => Wish::Delete(seq),
        (89..91, Some(seq), _) => Wish::Hide(seq),
        (91..97, ..) => Wish::Read,
        (97.., ..) => match (out, others) {
            (Some(user), _) => Wish::TakeIn(user),
            (None, [_, ..]) => Wish::PutOut(others[random.below(others.len() as u32) as usize]),
            (None, []) => Wish::Say,
        },
        _ => Wish::Say,
    }
}

impl Wish {
    /// As the journal has it.
    pub(super) fn order(&self) -> Order<'static> {
        match *self {
            Self::Edit(target, number) => Order::Edit { target, text: edited(number).into() },
            Self::Delete(target) => Order::Delete { target },
            Self::Hide(target) => Order::Hide { target },
            _ => Order::Other { command: self.command().into(), client_id: None },
        }
    }

    /// The protocol's command.
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::Say => "message.send",
            Self::Read => "history",
            Self::React(_) => "message.react",
            Self::Edit(..) => "message.edit",
            Self::Delete(_) | Self::Hide(_) => "message.delete",
            Self::PutOut(_) => "channel.kick",
            Self::TakeIn(_) => "channel.invite",
        }
    }

    /// The command's data, of those that need nothing else.
    pub(super) fn data(&self, channel: ChannelId) -> Value {
        match self {
            Self::Say | Self::Read => Value::Null,
            Self::React(target) => json!({"channel": channel, "target": target, "emoji": "👍"}),
            Self::Edit(target, number) => json!({"channel": channel, "target": target, "body": {"text": edited(*number)}}),
            Self::Delete(target) => json!({"channel": channel, "target": target}),
            Self::Hide(target) => json!({"channel": channel, "target": target, "for": "me"}),
            Self::PutOut(user) => json!({"channel": channel, "user": user}),
            Self::TakeIn(user) => json!({"channel": channel, "users": [user]}),
        }
    }
}

/// The words of a message: its name, filled up to so many bytes.
pub(super) fn text(name: &str, bytes: usize) -> String {
    let filling = "abcdefghijklmnopqrstuvwxyz".chars().cycle().take(bytes.saturating_sub(name.len() + 1));
    if bytes > name.len() { format!("{name} {}", filling.collect::<String>()) } else { name.to_owned() }
}

fn edited(number: u32) -> String {
    format!("edited {number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: ChannelId = ChannelId::from_bytes([1; 16]);

    #[test]
    fn everything_is_wished_for_sooner_or_later_and_mostly_talk() {
        let mut random = Random::seeded(1);
        let others = [UserId::from_bytes([2; 16])];
        let recent = VecDeque::from([Target { channel: CHANNEL, seq: Seq(7), is_own: true }]);
        let wishes: Vec<_> = (0..2000).map(|_| any(&mut random, &others, None, &recent, CHANNEL)).collect();
        let of = |command: &str| wishes.iter().filter(|wish| wish.command() == command).count();
        assert!(of("message.send") > 1000);
        for command in ["history", "message.react", "message.edit", "message.delete", "channel.kick"] {
            assert!(of(command) > 10, "{command}");
        }
    }

    #[test]
    fn nothing_is_done_to_messages_of_other_channels_or_other_people() {
        let mut random = Random::seeded(1);
        let elsewhere = Target { channel: ChannelId::from_bytes([9; 16]), seq: Seq(7), is_own: true };
        let foreign = Target { channel: CHANNEL, seq: Seq(8), is_own: false };
        let recent = VecDeque::from([elsewhere, foreign]);
        for _ in 0..2000 {
            let wish = any(&mut random, &[], None, &recent, CHANNEL);
            assert!(matches!(wish, Wish::Say | Wish::Read | Wish::React(Seq(8)) | Wish::Hide(Seq(8))), "{wish:?}");
        }
    }

    #[test]
    fn a_text_has_its_size_and_its_name() {
        assert_eq!(text("name", 10), "name abcde");
        assert_eq!(text("name", 3), "name");
    }
}
