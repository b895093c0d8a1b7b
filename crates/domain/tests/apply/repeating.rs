//! Commands that come twice, and wishes that are fulfilled already.

use super::*;

#[test]
fn a_named_command_that_comes_twice_is_told_where_it_stands() {
    let mut ledger = club(GROUP);
    let send = ledger.send("once");
    let seq = ledger.write(3, &send);
    let edit = Command::Edit { client_id: Some(named(1)), target: seq, body: text("edited"), mentions: Mentions::default() };
    let react = Command::React { client_id: Some(named(2)), target: seq, emoji: EMOJI.to_owned(), on: true };
    let delete = Command::Delete { client_id: Some(named(3)), target: seq };
    for command in [edit, react, delete] {
        let stored = ledger.write(3, &command);
        ledger.say(1, "meanwhile");
        assert_eq!(ledger.command(3, &command), Ok(Decision::Already(stored)), "{command:?}");
    }
    assert_eq!(ledger.command(3, &send), Ok(Decision::Already(seq)), "also when it was deleted since");
}

#[test]
fn a_repetition_is_recognised_whatever_happened_since() {
    let mut ledger = club(GROUP);
    let send = ledger.send("once");
    let seq = ledger.write(3, &send);
    ledger.write(1, &Command::Remove { user: user(3) });
    assert_eq!(ledger.command(3, &send), Ok(Decision::Already(seq)), "after a removal");
    ledger.write(1, &add(&[3]));
    assert_eq!(ledger.command(3, &send), Ok(Decision::Already(seq)), "after a return");

    let mut ledger = pair();
    let send = ledger.send("once");
    let seq = ledger.write(1, &send);
    ledger.command(2, &Command::Block { on: true }).unwrap();
    assert_eq!(ledger.command(1, &send), Ok(Decision::Already(seq)), "after a block");
}

#[test]
fn a_name_is_its_senders_own() {
    let mut ledger = club(GROUP);
    let send = ledger.send("once");
    let first = ledger.write(3, &send);
    assert_eq!(ledger.write(4, &send), first.next());
    assert_eq!(ledger.command(5, &send), Err(Refusal::NotAMember), "who left and never sent it");
}

#[test]
fn what_is_as_wished_already_is_not_done_again() {
    let mut ledger = club(GROUP);
    let seq = ledger.say(3, "word");
    ledger.write(3, &react(seq, EMOJI, true));
    ledger.write(1, &pin(seq, true));
    ledger.write(1, &update("Title"));
    let done = [(3, react(seq, EMOJI, true)), (4, react(seq, EMOJI, false)), (1, pin(seq, true)), (1, update("Title")), (1, role(2, Role::Admin))];
    for (actor, command) in done.into_iter().chain([(3, add(&[1, 3, 4])), (3, Command::Join)]) {
        assert_eq!(ledger.decide(actor, &command), Ok(Decision::Nothing), "{command:?}");
    }
    ledger.write(3, &delete(seq));
    assert_eq!(ledger.decide(1, &delete(seq)), Ok(Decision::Nothing));
    assert_eq!(ledger.decide(1, &pin(seq, false)), Ok(Decision::Nothing), "with the message went its pin");
}
