//! Whatever people do, in whatever order: nothing panics, and what must always be true is true.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rialto_domain::UserId;
use rialto_domain::channel::Channel;
use rialto_domain::position::Position;

use super::*;

/// Founder 1 and those who are in at first, of seven who try everything.
const PEOPLE: u8 = 7;

fn any_kind() -> impl Strategy<Value = ChannelKind> {
    prop_oneof![3 => Just(GROUP), 1 => Just(BROADCAST), 1 => Just(DIRECT)]
}

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Member), Just(Role::Admin), Just(Role::Owner)]
}

fn any_user() -> impl Strategy<Value = UserId> {
    (1..=PEOPLE).prop_map(user)
}

/// Mostly a place that is there, sometimes one far away.
fn any_place() -> impl Strategy<Value = Seq> {
    prop_oneof![8 => (0u64..30).prop_map(Seq), 1 => any::<u64>().prop_map(Seq)]
}

/// Few names, so that commands come twice.
fn any_name() -> impl Strategy<Value = rialto_domain::ClientId> {
    (0u64..60).prop_map(named)
}

fn any_words() -> impl Strategy<Value = Content> {
    prop_oneof![9 => "[a-z]{1,5}", 1 => Just(String::new())].prop_map(Content::Text)
}

fn any_mentions() -> impl Strategy<Value = Mentions> {
    (prop::collection::vec(any_user(), 0..2), prop::bool::weighted(0.1)).prop_map(|(users, all)| Mentions { users, all })
}

fn any_command() -> impl Strategy<Value = Command> {
    let message = (prop::option::weighted(0.95, any_words()), prop::option::weighted(0.2, any_place()), any_mentions())
        .prop_map(|(body, reply_to, mentions)| Message { body, reply_to, mentions, forwarded_from: None });
    let emoji = prop_oneof![Just("👍"), Just("🎉"), Just("no")].prop_map(String::from);
    let text = || prop::option::of("[A-C]");
    prop_oneof![
        8 => (any_name(), message).prop_map(|(client_id, message)| Command::Send { client_id, message }),
        3 => (prop::option::of(any_name()), any_place(), any_words(), any_mentions())
            .prop_map(|(client_id, target, body, mentions)| Command::Edit { client_id, target, body, mentions }),
        2 => (prop::option::of(any_name()), any_place()).prop_map(|(client_id, target)| Command::Delete { client_id, target }),
        3 => (prop::option::of(any_name()), any_place(), emoji, any::<bool>())
            .prop_map(|(client_id, target, emoji, on)| Command::React { client_id, target, emoji, on }),
        2 => (any_place(), any::<bool>()).prop_map(|(target, on)| Command::Pin { target, on }),
        3 => prop::collection::vec(any_user(), 0..3).prop_map(|users| Command::Add { users }),
        2 => Just(Command::Join),
        2 => Just(Command::Leave),
        2 => any_user().prop_map(|user| Command::Remove { user }),
        3 => (any_user(), any_role()).prop_map(|(user, role)| Command::SetRole { user, role }),
        1 => (text(), text()).prop_map(|(title, description)| Command::Update { title, description }),
        5 => (any_place(), any_place()).prop_map(|(delivered, read)| Command::Mark { delivered, read }),
        1 => any::<bool>().prop_map(|on| Command::Block { on }),
    ]
}

/// Mostly somebody who is in does it; a channel ends once in a while.
fn any_deed() -> impl Strategy<Value = (u8, Command)> {
    let actor = || prop_oneof![4 => 1..=3u8, 1 => 1..=PEOPLE];
    prop_oneof![150 => (actor(), any_command()), 1 => (actor(), Just(Command::DeleteChannel))]
}

proptest! {
    #[test]
    fn what_must_always_be_true_is_true(kind in any_kind(), deeds in prop::collection::vec(any_deed(), 1..160)) {
        let others: &[(u8, Role)] = match kind {
            DIRECT => &[(1, Role::Member), (2, Role::Member)],
            GROUP | BROADCAST => &[(1, Role::Owner), (2, Role::Member), (3, Role::Admin)],
        };
        let mut ledger = Ledger::new(kind, others);
        ledger.limits.members = 5;
        let mut positions = BTreeMap::new();
        for (actor, command) in deeds {
            let repeated = ledger.facts(user(actor), &command).sent;
            let (deleted, length) = (ledger.channel.deleted, ledger.entries.len());
            let decision = ledger.command(actor, &command);
            let appended = matches!(decision, Ok(Decision::Append(_)));
            prop_assert_eq!(ledger.entries.len(), length + usize::from(appended));
            prop_assert!(!deleted || decision == Err(Refusal::ChannelUnknown), "a deleted channel takes nothing: {:?}", decision);
            if let Some(seq) = repeated.filter(|_| !deleted) {
                prop_assert_eq!(&decision, &Ok(Decision::Already(seq)), "{:?}", command);
            }
            the_log_is_gapless(&ledger)?;
            counts_are_true(&ledger)?;
            positions_move_forward(&ledger, &mut positions)?;
            stretches_are_in_order(&ledger)?;
            prop_assert!(kind == DIRECT || is_owned(&ledger.channel), "after {:?} of {}", command, actor);
            prop_assert!(ledger.channel.active_count() <= ledger.limits.members);
        }
        what_was_stored_is_the_channel(&ledger.channel)?;
    }
}

fn the_log_is_gapless(ledger: &Ledger) -> Result<(), TestCaseError> {
    let mut n = 0;
    for (entry, seq) in ledger.entries.iter().zip(1..) {
        n += u64::from(matches!(entry.event, Event::Message(_)));
        prop_assert_eq!((entry.seq, entry.n, entry.channel), (Seq(seq), n, ledger.channel.id));
    }
    let head = ledger.channel.head;
    prop_assert_eq!((head.seq, head.n), (Seq(ledger.entries.len() as u64), n));
    prop_assert!(ledger.entries.is_sorted_by_key(|entry| entry.at));
    prop_assert_eq!(ledger.entries.last().map_or(head.at, |entry| entry.at), head.at);
    Ok(())
}

fn counts_are_true(ledger: &Ledger) -> Result<(), TestCaseError> {
    let channel = &ledger.channel;
    let present = || channel.members().filter(|(_, member)| member.is_active()).map(|(_, member)| member.position);
    prop_assert_eq!(channel.active_count(), present().count());
    prop_assert_eq!(channel.minima().delivered(), present().map(|at| at.delivered).min().unwrap_or_default());
    prop_assert_eq!(channel.minima().read(), present().map(|at| at.read).min().unwrap_or_default());
    Ok(())
}

fn positions_move_forward(ledger: &Ledger, positions: &mut BTreeMap<UserId, Position>) -> Result<(), TestCaseError> {
    for (user, member) in ledger.channel.members() {
        let now = member.position;
        prop_assert!(now.read <= now.delivered && now.delivered <= ledger.channel.head.seq);
        let read = ledger.entries.iter().filter(|entry| entry.seq <= now.read && entry.event.counts()).count();
        prop_assert_eq!(now.read_n, read as u64, "messages up to {}", now.read);
        if let Some(before) = positions.insert(user, now) {
            prop_assert!(before.delivered <= now.delivered && before.read <= now.read, "{before:?} became {now:?}");
        }
    }
    Ok(())
}

/// Each ends before the next begins, and only the last may be open.
fn stretches_are_in_order(ledger: &Ledger) -> Result<(), TestCaseError> {
    for (_, member) in ledger.channel.members() {
        prop_assert!(!member.visible.is_empty());
        prop_assert!(member.visible.windows(2).all(|pair| pair[0].to.is_some_and(|to| to.next() < pair[1].from)), "{:?}", member.visible);
        prop_assert!(member.visible.iter().all(|stretch| stretch.to.is_none_or(|to| stretch.from <= to)));
    }
    Ok(())
}

/// Somebody owns it, or nobody is in.
fn is_owned(channel: &Channel) -> bool {
    let mut present = channel.members().filter(|(_, member)| member.is_active());
    channel.active_count() == 0 || present.any(|(_, member)| member.role == Role::Owner)
}

fn what_was_stored_is_the_channel(channel: &Channel) -> Result<(), TestCaseError> {
    let rows = channel.members().map(|(user, member)| (user, member.clone()));
    let restored = Channel::restored(channel.id, channel.kind, channel.about.clone(), channel.head, channel.deleted, rows);
    prop_assert_eq!(format!("{restored:?}"), format!("{channel:?}"));
    Ok(())
}
