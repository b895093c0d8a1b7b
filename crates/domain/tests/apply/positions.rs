//! Marks.

use super::*;

#[test]
fn marks_are_clamped_to_the_head() {
    let mut ledger = club(GROUP);
    ledger.say(1, "one");
    let head = ledger.channel.head;
    for beyond in [head.seq.0, head.seq.0 + 1, u64::MAX] {
        let expected = Decision::Advance { delivered: head.seq, read: head.seq, n_at_read: head.n };
        assert_eq!(ledger.decide(3, &mark(beyond, beyond)), Ok(expected));
    }
}

#[test]
fn a_mark_knows_how_many_messages_were_read() {
    let mut ledger = club(GROUP);
    let one = ledger.say(1, "one");
    let edited = ledger.write(1, &edit(one, "uno"));
    let two = ledger.say(1, "two");
    ledger.say(1, "three");
    for (read, n) in [(one, 1), (edited, 1), (two, 2)] {
        ledger.command(3, &mark(0, read.0)).unwrap();
        let position = ledger.channel.active_member(user(3)).unwrap().position;
        assert_eq!((position.read, position.read_n, position.delivered), (read, n, read));
    }
}

#[test]
fn marks_never_move_back() {
    let mut ledger = club(GROUP);
    let seqs: Vec<u64> = (0..4).map(|_| ledger.say(1, "word").0).collect();
    ledger.command(3, &mark(seqs[3], seqs[2])).unwrap();
    let before = ledger.channel.active_member(user(3)).unwrap().position;
    for earlier in [mark(0, 0), mark(seqs[0], seqs[0]), mark(seqs[2], seqs[1])] {
        ledger.command(3, &earlier).unwrap();
        assert_eq!(ledger.channel.active_member(user(3)).unwrap().position, before, "{earlier:?}");
    }
}
