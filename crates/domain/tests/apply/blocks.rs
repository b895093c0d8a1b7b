//! Blocks in direct channels.

use super::*;

#[test]
fn while_one_blocks_the_other_neither_writes() {
    for blocker in [1, 2] {
        let mut ledger = pair();
        let (one, two) = (ledger.say(1, "one"), ledger.say(2, "two"));
        assert_eq!(ledger.command(blocker, &Command::Block { on: true }), Ok(Decision::SetBlocking(true)));
        assert_eq!(ledger.command(blocker, &Command::Block { on: true }), Ok(Decision::Nothing));
        for (actor, own, other) in [(1, one, two), (2, two, one)] {
            let send = ledger.send("word");
            for command in [send, edit(own, "anew"), react(other, EMOJI, true)] {
                assert_eq!(ledger.decide(actor, &command), Err(Refusal::Blocked), "{actor}: {command:?}");
            }
            for command in [delete(own), mark(9, 9), pin(other, true)] {
                assert!(ledger.decide(actor, &command).is_ok(), "{actor}: {command:?}");
            }
        }
        let other = 3 - blocker;
        assert_eq!(ledger.command(other, &Command::Block { on: false }), Ok(Decision::Nothing), "only who blocks can end it");
        assert_eq!(ledger.command(blocker, &Command::Block { on: false }), Ok(Decision::SetBlocking(false)));
        ledger.say(1, "again");
        ledger.say(2, "again");
    }
}

#[test]
fn blocks_are_for_direct_channels() {
    for kind in [GROUP, BROADCAST] {
        assert_eq!(club(kind).decide(3, &Command::Block { on: true }), Err(Refusal::WrongKind));
    }
}
