//! The judge must find what is wrong with a server that is wrong.

use rialto_testkit::sim::{Mutation, Plan};

use super::edge::build;

/// In how many worlds a fault must have shown.
const WORLDS: u64 = 200;

/// Breaks the server in one way; some world must show it, and the judge must call it by one of these names.
fn is_found(mutation: Mutation, invariants: &[&str]) {
    // Much must go wrong for a server to be asked twice.
    is_found_in(|seed| Plan { cut_one_in: 10, fail_one_in: 12, ..Plan::of(seed) }, mutation, invariants);
}

fn is_found_in(plan: impl Fn(u64) -> Plan, mutation: Mutation, invariants: &[&str]) {
    let mut others = Vec::new();
    for seed in 0..WORLDS {
        let plan = Plan { mutation: Some(mutation), ..plan(seed) };
        let violations = rialto_testkit::sim::run(&plan, build).violations;
        if violations.iter().any(|violation| invariants.contains(&violation.invariant)) {
            return;
        }
        others.extend(violations);
    }
    panic!("{mutation:?} is not found as {invariants:?}, but as {others:?}");
}

#[test]
fn an_acknowledgement_without_a_commit_is_found() {
    is_found(Mutation::AcknowledgesWithoutCommit, &["nothing acknowledged is lost"]);
}

#[test]
fn an_entry_left_out_is_found() {
    is_found(Mutation::DropsAnEntry, &["gap-free sync"]);
}

#[test]
fn hearing_on_after_a_removal_is_found() {
    is_found(Mutation::HearsAfterRemoval, &["no unauthorised read"]);
}

#[test]
fn doubles_are_found() {
    is_found(Mutation::ForgetsClientIds, &["no doubles"]);
}

#[test]
fn a_text_that_nobody_said_is_found() {
    is_found(Mutation::ChangesTexts, &["nothing is invented"]);
}

#[test]
fn a_stale_read_is_found() {
    is_found(Mutation::ReadsStale, &["read your writes"]);
}

#[test]
fn a_position_that_falls_is_found() {
    is_found(Mutation::PositionsFall, &["watermarks only rise"]);
}

#[test]
fn a_wrong_number_of_unread_messages_is_found() {
    is_found(Mutation::MiscountsUnread, &["unread is the truth"]);
}

#[test]
fn two_orders_are_found() {
    is_found(Mutation::Swaps, &["one order"]);
}

#[test]
fn a_message_that_comes_back_after_it_was_hidden_is_found() {
    is_found(Mutation::ForgetsWhatWasHidden, &["what was hidden stays hidden"]);
}

#[test]
fn an_author_who_is_forgotten_is_found() {
    is_found(Mutation::ForgetsTheAuthor, &["nothing is invented"]);
}

#[test]
fn a_block_that_does_not_hold_is_found() {
    is_found(Mutation::IgnoresBlocks, &["a block holds"]);
}

#[test]
fn a_link_that_lets_in_too_many_is_found() {
    // It takes time until people have left and come back more often than they may.
    is_found_in(|seed| Plan { storm_ms: 60_000, think_ms: 300, ..Plan::calm(seed) }, Mutation::InvitesForEver, &["an invite lets in as many as it says"]);
}

#[test]
fn a_deleted_channel_that_can_be_read_is_found() {
    is_found(Mutation::KeepsWhatWasDeleted, &["what was deleted is gone"]);
}
