//! Coming, going, roles and names.

use super::*;

#[test]
fn who_is_in_already_is_not_added_and_nobody_twice() {
    let mut ledger = club(GROUP);
    let added = event(ledger.decide(3, &add(&[6, 1, 5, 6, 3])));
    assert_eq!(added, Event::Member { users: vec![user(5), user(6)], change: MemberChange::Added { role: Role::Member } });
    ledger.write(3, &add(&[6, 1, 5]));
    assert_eq!(ledger.channel.active_count(), 6);
}

#[test]
fn a_channel_holds_so_many_and_no_more() {
    let mut ledger = club(GROUP);
    ledger.limits.members = 5;
    assert_eq!(ledger.decide(1, &add(&[6, 7])), Err(Refusal::ChannelFull));
    assert!(ledger.decide(1, &add(&[6, 3])).is_ok(), "who is in already takes no more room");
    ledger.write(6, &Command::Join);
    assert_eq!(ledger.decide(7, &Command::Join), Err(Refusal::ChannelFull));
    ledger.write(6, &Command::Leave);
    ledger.write(7, &Command::Join);
}

#[test]
fn who_joins_a_group_sees_what_follows_and_who_joins_a_broadcast_everything() {
    for (kind, sees_earlier) in [(GROUP, false), (BROADCAST, true)] {
        let mut ledger = club(kind);
        let earlier = ledger.say(1, "earlier");
        let joined = ledger.write(6, &Command::Join);
        let later = ledger.say(1, "later");
        let member = ledger.channel.active_member(user(6)).unwrap();
        assert_eq!(member.role, Role::Member);
        assert_eq!([earlier, joined, later].map(|seq| member.sees(seq)), [sees_earlier, true, true], "{kind:?}");
        assert_eq!((member.position.read, member.position.read_n), (joined, 1), "what stands above is no news");
    }
}

#[test]
fn who_returns_is_a_plain_member_again() {
    let mut ledger = club(GROUP);
    ledger.write(2, &Command::Leave);
    ledger.write(2, &Command::Join);
    assert_eq!(ledger.channel.active_member(user(2)).unwrap().role, Role::Member);
}

#[test]
fn to_leave_and_return_at_once_leaves_no_seam() {
    for kind in [GROUP, BROADCAST] {
        let mut ledger = club(kind);
        for _ in 0..5 {
            ledger.write(3, &Command::Leave);
            ledger.write(3, &Command::Join);
        }
        assert_eq!(ledger.channel.member(user(3)).unwrap().visible.len(), 1, "{kind:?}");
    }
}

#[test]
fn whoever_comes_and_goes_for_ever_forgets_the_oldest_stretch() {
    let mut ledger = club(GROUP);
    let first = ledger.say(1, "first");
    for _ in 0..STRETCHES_PER_MEMBER {
        ledger.write(3, &Command::Leave);
        ledger.say(1, "while away");
        ledger.write(3, &Command::Join);
    }
    let member = ledger.channel.active_member(user(3)).unwrap();
    assert_eq!(member.visible.len(), STRETCHES_PER_MEMBER);
    assert!(!member.sees(first) && member.sees(ledger.channel.head.seq));
}

#[test]
fn nobody_joins_where_nobody_is_left() {
    let mut ledger = Ledger::new(GROUP, &[(1, Role::Owner), (3, Role::Member)]);
    ledger.say(1, "private");
    ledger.write(3, &Command::Leave);
    ledger.write(1, &Command::Leave);
    for actor in [1, 3, 6] {
        assert_eq!(ledger.decide(actor, &Command::Join), Err(Refusal::InviteInvalid));
    }
}

#[test]
fn lower_roles_are_removed_by_higher_ones() {
    let mut ledger = club(GROUP);
    ledger.write(1, &role(4, Role::Admin));
    let cases = [
        (2, 3, Ok(())),
        (2, 4, Err(Refusal::RoleTooLow)),
        (2, 1, Err(Refusal::RoleTooLow)),
        (2, 2, Err(Refusal::Oneself)),
        (2, 5, Err(Refusal::UserUnknown)),
        (2, 6, Err(Refusal::UserUnknown)),
        (1, 4, Ok(())),
    ];
    for (actor, target, expected) in cases {
        assert_eq!(ledger.decide(actor, &Command::Remove { user: user(target) }).map(|_| ()), expected, "{actor} removes {target}");
    }
    ledger.write(2, &Command::Remove { user: user(3) });
    assert_eq!(ledger.channel.active_member(user(3)), Err(Refusal::NotAMember));
}

#[test]
fn roles_are_given_by_owners_to_members() {
    let mut ledger = club(GROUP);
    ledger.write(1, &role(3, Role::Owner));
    assert_eq!(ledger.channel.active_member(user(3)).unwrap().role, Role::Owner);
    ledger.write(3, &role(1, Role::Member));
    assert_eq!(ledger.channel.active_member(user(1)).unwrap().role, Role::Member);
    for stranger in [5, 6] {
        assert_eq!(ledger.decide(3, &role(stranger, Role::Admin)), Err(Refusal::UserUnknown));
    }
}

#[test]
fn a_channel_that_has_members_has_an_owner() {
    let mut ledger = club(GROUP);
    assert_eq!(ledger.decide(1, &Command::Leave), Err(Refusal::LastOwner));
    for lower in [Role::Member, Role::Admin] {
        assert_eq!(ledger.decide(1, &role(1, lower)), Err(Refusal::LastOwner));
    }
    ledger.write(1, &role(2, Role::Owner));
    ledger.write(1, &Command::Leave);
    for member in [3, 4] {
        ledger.write(member, &Command::Leave);
    }
    assert_eq!(ledger.decide(2, &role(2, Role::Member)), Err(Refusal::LastOwner), "nor does the only one step down");
    ledger.write(2, &Command::Leave);
    assert_eq!(ledger.channel.active_count(), 0, "the last one may go");
}

#[test]
fn title_and_description_change_each_for_itself() {
    let mut ledger = club(GROUP);
    let change = |title: Option<&str>, description: Option<&str>| Command::Update { title: title.map(Into::into), description: description.map(Into::into) };
    ledger.write(1, &change(Some("Title"), Some("Text")));
    let changed = event(ledger.decide(2, &change(Some("Title"), Some("Other text"))));
    let expected = ChannelChange { description: Some("Other text".into()), ..ChannelChange::default() };
    assert_eq!(changed, Event::Channel(expected), "what stays is not said");
    ledger.write(2, &change(Some("Other"), None));
    assert_eq!((ledger.channel.about.title.as_deref(), ledger.channel.about.description.as_deref()), (Some("Other"), Some("Text")));
    assert_eq!(ledger.decide(2, &change(None, None)), Ok(Decision::Nothing));
}
