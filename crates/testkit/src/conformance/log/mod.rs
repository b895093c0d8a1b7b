//! What every [`ChannelLog`](rialto_domain::ports::ChannelLog) is asked.

mod append;
mod deletion;
mod facts;
mod history;
mod reopen;
mod stories;

pub use append::*;
pub use deletion::*;
pub use facts::*;
pub use history::*;
pub use reopen::*;
pub use stories::*;

/// Asks a log everything: `ask_log!(fresh)`, where `fresh` is an `async fn() -> Backend` that makes an empty one.
#[macro_export]
macro_rules! ask_log {
    ($fresh:expr) => {
        $crate::ask! {
            log, $fresh().await,
            what_was_appended_is_read_back
            an_append_on_another_head_is_refused_and_changes_nothing
            one_conflict_keeps_the_whole_batch_out
            a_batch_appends_to_several_channels
            one_append_holds_entries_that_change_each_other
            racing_writers_leave_one_log_without_gaps
            a_channel_that_was_never_made_is_not_found
            a_channel_is_loaded_as_its_writer_left_it
            positions_move_without_entries_and_only_forward
            who_returns_sees_both_stretches
            blocking_is_kept_without_an_entry
            ranges_of_entries_are_bounded_on_both_sides
            a_command_is_found_again_under_its_client_id
            a_client_id_is_found_again_after_its_sender_left
            a_target_is_told_as_it_is_now
            a_target_that_is_no_message_is_told_as_such
            a_place_without_an_entry_is_no_target
            reactions_are_told_apart_by_who_set_them
            pinned_messages_are_counted
            facts_come_in_the_order_of_their_questions
            windows_cut_the_history_where_they_say
            a_window_around_a_place_has_both_sides
            the_newest_of_several_channels_come_in_the_order_of_the_wishes
            only_visible_stretches_are_read
            edits_reactions_and_pins_are_folded_in
            what_becomes_of_a_message_is_seen_at_the_next_look
            a_crowd_of_reactors_is_counted_and_some_are_named
            what_a_reader_deleted_for_themselves_is_gone_for_them_alone
            deleted_text_is_in_none_of_the_answers
            replaced_text_is_in_none_of_the_answers
            a_deleted_message_loses_its_reactions_and_its_pin
            a_deleted_channel_keeps_its_last_entry_only
            a_channel_deleted_together_with_its_last_words_keeps_none_of_them
            stories_of_groups_are_told_truly
            stories_of_broadcasts_are_told_truly
            stories_of_direct_channels_are_told_truly
        }
    };
}

/// Asks a durable log what survives: `ask_log_reopened!(reopen)`, where `reopen` is an `async fn(Option<Backend>) -> Backend`
/// that closes the backend it is given, if any, and opens what that one kept.
#[macro_export]
macro_rules! ask_log_reopened {
    ($reopening:expr) => {
        $crate::ask! {
            log, $reopening(),
            everything_appended_survives_reopening
            stories_survive_reopening
            accounts_and_log_ins_survive_reopening
        }
    };
}
