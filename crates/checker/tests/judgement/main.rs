//! The checker passes a run in which every promise was kept, and names the promise when a line of it is changed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod run;

use rialto_checker::Invariant::{
    LiveIsStored, NoGap, NoTrespass, NothingDoubled, NothingInvented, NothingLost, OneOrder, PositionsRise, ReadYourWrites, RealTimeOrder, UnreadIsTrue,
};
use rialto_checker::journal::{How, Reached};
use rialto_checker::{Evidence, Invariant, What, judge};
use rialto_domain::entry::{Content, Entry, Event};
use rialto_domain::{Seq, UserId};
use run::{ANAS_PHONE, ANAS_TABLET, BO, BOS_PHONE, CHANNEL, CYS_PHONE, Run, message, name};

/// The promises that a run breaks after a change of it.
fn broken_by(change: impl FnOnce(&mut Run)) -> Vec<Invariant> {
    let mut run = Run::good();
    change(&mut run);
    let mut broken: Vec<_> = judge(&run.evidence()).into_iter().map(|violation| violation.invariant).collect();
    broken.dedup();
    broken
}

const EVERYBODY: &[u32] = &[ANAS_PHONE, ANAS_TABLET, BOS_PHONE, CYS_PHONE];

#[test]
fn a_run_in_which_every_promise_was_kept_passes() {
    let evidence = Run::good().evidence();
    assert_eq!(judge(&evidence), []);
    assert!(evidence.not_read_at_the_end().is_empty());
    let extent = evidence.extent();
    assert_eq!((extent.clients, extent.users, extent.channels, extent.entries), (4, 3, 1, 8));
    assert_eq!((extent.stored, extent.refused, extent.unknown), (4, 0, 0));
}

#[test]
fn an_acknowledged_message_that_nobody_finds_is_lost() {
    let broken = broken_by(|run| {
        run.untell(8, EVERYBODY);
        run.unread(8, EVERYBODY, true);
    });
    // What follows from it is found too: places beyond the end, and counts of what is not there.
    assert_eq!(broken, [NothingLost, PositionsRise, NoGap, UnreadIsTrue]);
}

#[test]
fn a_message_that_one_member_does_not_find_is_lost() {
    let broken = broken_by(|run| run.unread(4, &[BOS_PHONE], true));
    assert_eq!(broken, [NothingLost, ReadYourWrites, LiveIsStored]);
}

#[test]
fn an_acknowledged_place_that_another_message_holds_is_lost() {
    let broken = broken_by(|run| run.stored(6).what = What::Ok { op: 6, seq: Some(Seq(5)) });
    assert_eq!(broken, [NothingLost]);
}

#[test]
fn a_message_that_nobody_sent_is_invented() {
    let broken = broken_by(|run| {
        run.pretends(BOS_PHONE, message(9, BO, name(99), "out of nothing"));
    });
    assert_eq!(broken, [NothingInvented, LiveIsStored]);
}

#[test]
fn a_message_that_was_refused_must_not_appear() {
    let broken = broken_by(|run| run.stored(6).what = What::Fail { op: 6, code: "limit.exceeded".into() });
    assert_eq!(broken, [NothingInvented]);
}

#[test]
fn a_message_of_which_the_sender_never_learnt_may_appear() {
    let broken = broken_by(|run| run.stored(6).what = What::Connected);
    assert_eq!(broken, []);
}

#[test]
fn a_message_that_says_something_else_than_was_sent_is_invented() {
    let broken = broken_by(|run| {
        let What::Entry { entry, .. } = &mut run.told(BOS_PHONE, 4).what else { unreachable!("it is an entry") };
        let Event::Message(message) = &mut entry.to_mut().event else { unreachable!("it is a message") };
        message.body = Some(Content::Text("what he never wrote".to_owned()));
    });
    assert_eq!(broken, [NothingInvented]);
}

#[test]
fn a_client_id_at_two_places_is_doubled() {
    let broken = broken_by(|run| run.pretends(BOS_PHONE, Entry { seq: Seq(9), ..message(9, BO, name(4), "what stands at 4") }));
    assert_eq!(broken, [NothingDoubled, LiveIsStored]);
}

#[test]
fn an_operation_with_two_results_is_doubled() {
    let broken = broken_by(|run| run.write(ANAS_PHONE, What::Ok { op: 6, seq: Some(Seq(8)) }));
    assert_eq!(broken, [NothingDoubled]);
}

#[test]
fn a_place_that_holds_something_else_for_another_client_is_no_order() {
    let broken = broken_by(|run| {
        let What::Entry { entry, .. } = &mut run.told(BOS_PHONE, 5).what else { unreachable!("it is an entry") };
        entry.to_mut().event = Event::Delete { target: Seq(4) };
    });
    assert_eq!(broken, [OneOrder]);
}

#[test]
fn what_comes_live_behind_what_comes_after_it_is_reordered() {
    let broken = broken_by(|run| {
        let (third, fourth) = (run.told(BOS_PHONE, 3).what.clone(), run.told(BOS_PHONE, 4).what.clone());
        run.told(BOS_PHONE, 3).what = What::Connected;
        run.told(BOS_PHONE, 4).what = third;
        let at = run.lines.iter().position(|line| line.client == BOS_PHONE && line.what == What::Connected && line.at > 100).unwrap();
        run.lines[at].what = fourth;
    });
    assert_eq!(broken, [OneOrder]);
}

#[test]
fn a_message_behind_one_that_was_sent_after_it_was_stored_breaks_time() {
    let broken = broken_by(|run| {
        run.line(|line| matches!(line.what, What::Invoke { op: 8, .. })).at = 1;
        run.stored(8).at = 2;
    });
    // If it was stored as early as that, the reads of before should have had it.
    assert_eq!(broken, [RealTimeOrder, ReadYourWrites]);
}

#[test]
fn a_clients_messages_in_another_order_than_it_sent_them_break_time() {
    let broken = broken_by(|run| {
        for line in run.lines.iter_mut().filter(|line| line.client == ANAS_PHONE) {
            match &mut line.what {
                What::Invoke { op, .. } | What::Ok { op, .. } if *op == 6 => *op = 9,
                _ => {}
            }
        }
    });
    assert_eq!(broken, [RealTimeOrder]);
}

#[test]
fn a_read_without_what_the_user_knew_is_stale() {
    let broken = broken_by(|run| run.unread(4, &[ANAS_TABLET], false));
    assert_eq!(broken, [ReadYourWrites]);
}

#[test]
fn a_position_that_goes_back_does_not_only_rise() {
    let broken = broken_by(|run| run.positions(ANAS_PHONE, 3, 5, vec![]));
    assert_eq!(broken, [PositionsRise]);
    let broken = broken_by(|run| run.positions(ANAS_PHONE, 6, 5, vec![Reached { user: BO, delivered: Seq(6), read: Seq(2) }]));
    assert_eq!(broken, [PositionsRise]);
}

#[test]
fn a_position_beyond_the_end_of_the_log_is_none() {
    let broken = broken_by(|run| run.positions(ANAS_PHONE, 600, 5, vec![]));
    assert_eq!(broken, [PositionsRise]);
}

#[test]
fn a_mark_that_was_acknowledged_and_is_gone_went_back() {
    let broken = broken_by(|run| run.rest(BOS_PHONE).what = What::Rest { channel: CHANNEL, read: Seq(4), unread: 2 });
    assert_eq!(broken, [PositionsRise]);
}

#[test]
fn a_catch_up_that_leaves_something_out_has_a_gap() {
    let broken = broken_by(|run| run.untell(5, &[ANAS_TABLET]));
    assert_eq!(broken, [NoGap]);
}

#[test]
fn a_catch_up_to_a_place_that_nobody_saw_has_a_gap() {
    let broken = broken_by(|run| run.write(BOS_PHONE, What::Synced { channel: CHANNEL, after: Seq(8), to: Seq(1 << 60) }));
    assert_eq!(broken, [NoGap]);
}

#[test]
fn a_message_that_was_told_and_is_not_stored_is_a_ghost() {
    let broken = broken_by(|run| {
        run.stored(8).what = What::Connected;
        run.unread(8, EVERYBODY, true);
        run.rest(BOS_PHONE).what = What::Rest { channel: CHANNEL, read: Seq(6), unread: 0 };
    });
    assert_eq!(broken, [ReadYourWrites, LiveIsStored]);
}

#[test]
fn who_hears_what_was_said_before_the_admission_or_after_the_departure_trespasses() {
    for seq in [4, 8] {
        let broken = broken_by(|run| run.tells(CYS_PHONE, How::Fetched, seq));
        assert_eq!(broken, [NoTrespass], "place {seq}");
    }
}

#[test]
fn who_was_never_a_member_trespasses() {
    let broken = broken_by(|run| {
        run.write(9, What::Client { user: UserId::from_bytes([9; 16]) });
        run.tells(9, How::Live, 4);
    });
    assert_eq!(broken, [NoTrespass]);
}

#[test]
fn a_third_person_between_two_trespasses() {
    assert_eq!(
        broken_by(|run| {
            run.lines.retain(|line| !matches!(line.what, What::Page { .. }));
            run.make_direct()
        }),
        [NoTrespass]
    );
}

#[test]
fn an_unread_count_that_drifted_is_no_truth() {
    let broken = broken_by(|run| run.rest(BOS_PHONE).what = What::Rest { channel: CHANNEL, read: Seq(6), unread: 2 });
    assert_eq!(broken, [UnreadIsTrue]);
}

#[test]
fn a_client_that_does_not_say_whose_it_is_is_not_believed() {
    assert_eq!(broken_by(|run| run.write(77, What::Connected)), [NothingInvented]);
}

#[test]
fn a_channel_that_nobody_read_at_the_end_cannot_be_judged() {
    let mut run = Run::good();
    run.lines.retain(|line| !matches!(line.what, What::Page { is_final: true, .. }));
    assert_eq!(Vec::from_iter(run.evidence().not_read_at_the_end()), [CHANNEL]);
}

#[test]
fn the_evidence_leads_to_the_lines_that_show_it() {
    let mut run = Run::good();
    run.positions(ANAS_PHONE, 3, 5, vec![]);
    let violation = judge(&run.evidence()).remove(0);
    assert!(violation.text.contains("*delivered*") && violation.text.contains(&CHANNEL.to_string()), "{}", violation.text);
    let [before, after] = violation.evidence[..] else { panic!("two lines show it: {:?}", violation.evidence) };
    assert_eq!(after.line as usize, run.lines.len());
    assert!(matches!(&run.lines[before.line as usize - 1].what, What::Positions { delivered: Seq(6), .. }));
}

#[test]
fn a_journal_is_read_as_it_is_written_and_a_torn_last_line_is_left_out() {
    let run = Run::good();
    let text = run.text() + "{\"at\":99999,\"client\":1,\"is\":\"conn";
    let mut evidence = Evidence::default();
    evidence.read(0, text.as_bytes()).unwrap();
    assert_eq!(evidence.extent(), run.evidence().extent());
    assert_eq!(judge(&evidence), []);
}

#[test]
fn a_line_that_is_none_is_named() {
    let error = Evidence::default().read(0, &b"{\"at\":1,\"client\":1,\"is\":\"connected\"}\nrubbish\n"[..]).unwrap_err();
    assert_eq!(error.to_string(), "line 2 is no line of a journal");
}
