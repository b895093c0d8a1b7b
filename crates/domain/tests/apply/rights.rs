//! Who may do what, where.

use super::*;

/// Who may, from which role on; or why nobody may.
type Lowest = Result<Role, Refusal>;

const ANYONE: Lowest = Ok(Role::Member);
const ADMINS: Lowest = Ok(Role::Admin);
const OWNERS: Lowest = Ok(Role::Owner);
const NOBODY: Lowest = Err(Refusal::WrongKind);

/// In a direct channel, a small group, a broadcast.
const TABLE: [(Right, Lowest, Lowest, Lowest); 9] = [
    (Right::Write, ANYONE, ANYONE, ADMINS),
    (Right::Invite, NOBODY, ANYONE, ADMINS),
    (Right::Remove, NOBODY, ADMINS, ADMINS),
    (Right::ChangeRole, NOBODY, OWNERS, OWNERS),
    (Right::Update, NOBODY, ADMINS, ADMINS),
    (Right::DeleteOthers, Err(Refusal::NotTheSender), ADMINS, ADMINS),
    (Right::Pin, ANYONE, ADMINS, ADMINS),
    (Right::MentionAll, NOBODY, ANYONE, ADMINS),
    (Right::DeleteChannel, NOBODY, OWNERS, OWNERS),
];

#[test]
fn each_role_may_do_in_each_kind_of_channel_what_the_table_says() {
    for (right, direct, group, broadcast) in TABLE {
        for (kind, lowest) in [(DIRECT, direct), (GROUP, group), (BROADCAST, broadcast)] {
            for role in [Role::Member, Role::Admin, Role::Owner] {
                let too_low = if right == Right::MentionAll { Refusal::MentionAllDenied } else { Refusal::RoleTooLow };
                let expected = lowest.and_then(|lowest| if role >= lowest { Ok(()) } else { Err(too_low) });
                assert_eq!(allow(kind, role, SMALL_CHANNEL, right), expected, "{role:?} in {kind:?}: {right:?}");
            }
        }
    }
}

#[test]
fn in_a_large_group_only_administrators_mention_everyone() {
    assert_eq!(allow(GROUP, Role::Member, SMALL_CHANNEL, Right::MentionAll), Ok(()));
    assert_eq!(allow(GROUP, Role::Member, SMALL_CHANNEL + 1, Right::MentionAll), Err(Refusal::MentionAllDenied));
    assert_eq!(allow(GROUP, Role::Admin, SMALL_CHANNEL + 1, Right::MentionAll), Ok(()));
}

#[test]
fn every_command_asks_for_its_right() {
    for kind in [GROUP, BROADCAST] {
        let mut ledger = club(kind);
        let (by_owner, by_admin) = (ledger.say(1, "of the owner"), ledger.say(2, "of the admin"));
        for (actor, role) in [(1, Role::Owner), (2, Role::Admin), (3, Role::Member)] {
            let (own, others) = if actor == 2 { (by_admin, by_owner) } else { (by_owner, by_admin) };
            let mention_all = ledger.sending(Message { body: Some(text("all")), mentions: EVERYONE, ..Message::default() });
            let mut commands = vec![
                (Right::Write, ledger.send("word")),
                (Right::Invite, add(&[6])),
                (Right::Remove, Command::Remove { user: user(4) }),
                (Right::ChangeRole, super::role(4, Role::Admin)),
                (Right::Update, update("New")),
                (Right::DeleteOthers, delete(others)),
                (Right::Pin, pin(others, true)),
                (Right::DeleteChannel, Command::DeleteChannel),
            ];
            if allow(kind, role, 4, Right::Write).is_ok() {
                commands.push((Right::MentionAll, mention_all));
            }
            if actor < 3 {
                commands.push((Right::Write, edit(own, "edited")));
            }
            for (right, command) in commands {
                if right == Right::Remove && role == Role::Member {
                    assert_eq!(ledger.decide(actor, &command), Err(Refusal::RoleTooLow), "also of an equal");
                    continue;
                }
                let decided = ledger.decide(actor, &command).map(|_| ());
                assert_eq!(decided, allow(kind, role, ledger.channel.active_count(), right), "{role:?} in {kind:?}: {command:?}");
            }
        }
    }
}

#[test]
fn a_direct_channel_is_written_pinned_and_marked_by_both_and_nothing_else() {
    let mut ledger = pair();
    let (mine, yours) = (ledger.say(1, "mine"), ledger.say(2, "yours"));
    let send = ledger.send("more");
    for good in [send, edit(mine, "anew"), delete(mine), react(yours, EMOJI, true), pin(yours, true), mark(1, 1), Command::Block { on: true }] {
        assert!(ledger.decide(1, &good).is_ok(), "{good:?}");
    }
    let other = user(2);
    let wrong = [add(&[3]), Command::Leave, Command::Remove { user: other }, role(2, Role::Admin), update("Title"), Command::DeleteChannel];
    for wrong in wrong {
        assert_eq!(ledger.decide(1, &wrong), Err(Refusal::WrongKind), "{wrong:?}");
    }
    assert_eq!(ledger.decide(3, &Command::Join), Err(Refusal::WrongKind));
    assert_eq!(ledger.decide(1, &delete(yours)), Err(Refusal::NotTheSender));
    let all = ledger.sending(Message { body: Some(text("all")), mentions: EVERYONE, ..Message::default() });
    assert_eq!(ledger.decide(1, &all), Err(Refusal::WrongKind));
}
