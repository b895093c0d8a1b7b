//! What every [`ChannelStore`](rialto_domain::ports::ChannelStore) is asked.

mod founding;
mod invites;
mod listing;
mod membership;

pub use founding::*;
pub use invites::*;
pub use listing::*;
pub use membership::*;

/// Asks a store of channels everything: `ask_channels!(fresh)`, where `fresh` is an `async fn() -> Backend` that makes an empty one.
#[macro_export]
macro_rules! ask_channels {
    ($fresh:expr) => {
        $crate::ask! {
            channels, $fresh().await,
            a_channel_appears_with_its_members_and_entries
            a_pair_has_one_direct_channel
            a_pair_that_opens_from_both_sides_at_once_gets_one_channel
            a_group_of_two_is_no_direct_channel
            a_roster_names_present_members_in_order
            a_former_member_is_found_and_a_stranger_is_not
            members_are_paged_in_the_order_of_their_ids
            memberships_are_those_of_the_present
            acquainted_are_those_who_share_a_channel_now
            flags_are_each_members_own
            flags_changed_at_the_same_moment_are_all_changed
            a_list_begins_with_the_most_recently_active
            a_list_gives_every_channel_once_over_its_pages
            a_list_of_channels_active_at_the_same_moment_is_complete
            a_channel_that_becomes_active_moves_to_the_top
            a_listing_tells_what_the_reader_needs
            a_listing_of_a_direct_channel_names_the_peer
            unread_messages_are_counted_exactly
            an_edit_changes_who_is_mentioned
            beyond_the_display_cap_a_count_says_so
            listings_of_stories_are_true
            minima_are_those_of_the_slowest_present_member
            an_unknown_invite_opens_nothing
            an_invite_is_good_for_its_uses
            an_invite_ends_at_its_time
            an_invite_for_one_lets_one_in_however_many_try
            a_use_that_let_nobody_in_is_given_back
        }
    };
}
