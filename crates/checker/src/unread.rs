//! Is unread the truth?

use crate::Evidence;
use crate::evidence::Heard;
use crate::violation::Invariant::UnreadIsTrue;
use crate::violation::Violation;

/// Beyond this a server tells a bound from above.
const COUNTED_TO: u64 = 999;

pub(crate) fn ask(evidence: &Evidence) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (client, user, moments) in evidence.clients() {
        for moment in moments {
            let Heard::Rest { channel, read, unread } = moment.heard else { continue };
            let (Some(log), Some(whole)) = (evidence.log(channel), evidence.final_read(channel, user).filter(|read| read.is_whole())) else { continue };
            let waiting = whole.messages.range(read.next()..).filter(|(seq, message)| {
                let is_own = log.entries.get(seq).is_some_and(|stood| stood.sender == user);
                !message.deleted && !is_own
            });
            let waiting: Vec<_> = waiting.map(|(_, message)| message.place).collect();
            let truth = waiting.len() as u64;
            if unread != truth && !(unread > COUNTED_TO && truth <= unread) {
                let text = format!("client {client} was told that {unread} messages of channel {channel} are unread, and {truth} are, after place {read}");
                violations.push(Violation::new(UnreadIsTrue, text, waiting.first().copied().into_iter().chain([moment.when.place])));
            }
        }
    }
    violations
}
