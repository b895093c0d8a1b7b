//! Those who are not in, and the end of a channel.

use super::*;

#[test]
fn to_strangers_the_channel_does_not_exist_and_to_former_members_it_is_closed() {
    let mut ledger = club(GROUP);
    let seq = ledger.say(1, "inside");
    let send = ledger.send("knock");
    let commands = [
        send,
        edit(seq, "no"),
        delete(seq),
        react(seq, EMOJI, true),
        pin(seq, true),
        add(&[6]),
        Command::Leave,
        Command::Remove { user: user(3) },
        role(3, Role::Admin),
        update("Mine"),
        Command::DeleteChannel,
        mark(1, 1),
        Command::Block { on: true },
    ];
    for command in commands {
        assert_eq!(ledger.decide(6, &command), Err(Refusal::ChannelUnknown), "{command:?}");
        assert_eq!(ledger.decide(5, &command), Err(Refusal::NotAMember), "{command:?}");
    }
}

#[test]
fn a_deleted_channel_exists_for_nobody() {
    let mut ledger = club(GROUP);
    let seq = ledger.say(1, "inside");
    let sent = ledger.send("once");
    ledger.write(1, &sent);
    ledger.write(1, &Command::DeleteChannel);
    assert!(ledger.channel.deleted);
    assert_eq!(ledger.channel.active_count(), 0);
    for actor in [1, 3, 5, 6] {
        for command in [sent.clone(), delete(seq), Command::Join, mark(1, 1), Command::DeleteChannel] {
            assert_eq!(ledger.decide(actor, &command), Err(Refusal::ChannelUnknown), "{actor}: {command:?}");
        }
    }
}

#[test]
fn the_end_of_a_channel_ends_only_the_stretches_that_were_open() {
    let mut ledger = club(GROUP);
    let before = ledger.channel.member(user(5)).unwrap().clone();
    let draft = Draft { sender: user(1), client_id: None, event: event(ledger.decide(1, &Command::DeleteChannel)) };
    let (entry, changed) = ledger.channel.append(draft, ledger.now);
    assert_eq!(changed, [1, 2, 3, 4].map(user));
    assert_eq!(ledger.channel.member(user(5)), Some(&before));
    assert!([1, 2, 3, 4].iter().all(|n| ledger.channel.member(user(*n)).unwrap().visible[0].to == Some(entry.seq)));
}
