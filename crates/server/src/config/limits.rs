//! What one person, or one address, may ask of the server.

use super::setting::{KIB, settings};

settings! {
    "limits";
    /// What one person, or one address, may ask of the server. Clients are told what concerns them when
    /// they connect; whoever asks for more is refused, and told when to try again.
    struct Limits {
        /// The longest text of a message, as UTF-8.
        body_bytes: usize = 16 * KIB, 1..=256 * KIB, "bytes";
        /// Binary attachments of one packet.
        attachments: usize = 10, 0..=64, "attachments";
        /// Members of one channel.
        members: usize = 100_000, 2..=100_000, "members";
        /// Channels that one user may be a member of.
        channels_per_user: usize = 20_000, 1..=100_000, "channels";
        /// Users named in one command: invited, mentioned, or watched for their presence.
        users_per_command: usize = 1_000, 1..=10_000, "users";
        /// Entries or messages in one answer.
        page: usize = 200, 10..=1_000, "messages";
        /// Commands of one user over all their connections, on average.
        commands_per_second: u32 = 50, 1..=100_000, "commands a second";
        /// Commands of one user at once, after a quiet time.
        command_burst: u32 = 200, 1..=1_000_000, "commands";
        /// Accounts that one address may make.
        registrations_per_address_per_hour: u32 = 60, 1..=1_000_000, "accounts an hour";
        /// Log-ins that one address may try, to whichever accounts.
        log_ins_per_address_per_minute: u32 = 60, 1..=1_000_000, "attempts a minute";
        /// Log-ins that one address may try for one user name. A stranger elsewhere does not use it up, so nobody can
        /// be locked out by others.
        log_ins_per_name_per_minute: u32 = 6, 1..=1_000_000, "attempts a minute";
        /// Log-ins that may be tried for one user name by all addresses together from which nobody has logged in under
        /// it. Addresses and devices of its owner are not counted, so that strangers cannot lock anybody out.
        log_ins_from_new_places_per_hour: u32 = 60, 1..=1_000_000, "attempts an hour";
        /// Commands of one address, whoever sends them. Whole offices and mobile networks share one.
        commands_per_address_per_second: u32 = 10_000, 1..=1_000_000, "commands a second";
        /// Channels that one user may open, and people they may look up.
        discoveries_per_minute: u32 = 60, 1..=1_000_000, "look-ups a minute";
    }
}
