//! What was composed, until it is known what became of it.

use rialto_domain::entry::Entry;
use rialto_domain::{ChannelId, ClientId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{Received, Stored};

use super::{Device, What};
use crate::sim::journal::{Deed, Says};
use crate::sim::speech::Raw;

/// After how long without its entry a message is sent again.
const AGAIN_MS: u64 = 15_000;
/// How long to wait after a refusal that passes.
const PAUSE_MS: u64 = 500;

/// A command with a client id, on its way until its fate is known.
pub(in crate::sim) struct Letter {
    pub(in crate::sim) client_id: ClientId,
    pub(in crate::sim) channel: ChannelId,
    pub(in crate::sim) name: &'static str,
    pub(in crate::sim) data: serde_json::Value,
    pub(in crate::sim) says: Says,
    pub(in crate::sim) is_composed: bool,
    /// When it was sent on this connection.
    pub(in crate::sim) sent_at: Option<u64>,
    pub(in crate::sim) not_before: u64,
}

impl Device {
    pub(super) fn send_letters(&mut self, now: u64) {
        for letter in &mut self.letters {
            letter.sent_at = letter.sent_at.filter(|at| now <= at + AGAIN_MS);
        }
        // In the order in which they were composed: one that must wait holds up those behind it.
        while let Some(letter) = self.letters.iter_mut().find(|letter| letter.sent_at.is_none()).filter(|letter| letter.not_before <= now) {
            letter.sent_at = Some(now);
            let (channel, client_id, name, data) = (letter.channel, letter.client_id, letter.name, letter.data.clone());
            if !std::mem::replace(&mut letter.is_composed, true) {
                let says = letter.says.clone();
                self.deeds.push(Deed::Composed { channel, client_id, says });
            }
            self.ask(now, What::Letter(client_id), name, &data);
        }
    }

    /// An entry of one's own tells what became of the command.
    pub(super) fn recognise(&mut self, entry: &Entry) {
        if let Some(client_id) = entry.client_id.filter(|_| Some(entry.sender) == self.me)
            && self.drop_letter(client_id)
        {
            self.deeds.push(Deed::Stored { channel: entry.channel, client_id, seq: entry.seq });
        }
    }

    fn drop_letter(&mut self, client_id: ClientId) -> bool {
        let before = self.letters.len();
        self.letters.retain(|letter| letter.client_id != client_id);
        self.letters.len() < before
    }

    pub(super) fn letter_answered(&mut self, now: u64, client_id: ClientId, result: Result<Raw, ErrorBody>) -> Result<(), String> {
        let Some(letter) = self.letters.iter().find(|letter| letter.client_id == client_id) else { return Ok(()) };
        let (channel, is_message) = (letter.channel, matches!(letter.name, "message.send" | "message.forward"));
        let raw = match result {
            Ok(raw) => raw,
            Err(error) => {
                self.refused(now, client_id, &error);
                return Ok(());
            }
        };
        let seq = if is_message { raw.read::<Received>()?.seq } else { raw.read::<Stored>()?.seq };
        match seq {
            Some(seq) => {
                self.drop_letter(client_id);
                self.deeds.push(Deed::Stored { channel, client_id, seq });
            }
            // Received: its entry follows.
            None if is_message => {}
            // There was nothing to change.
            None => drop(self.drop_letter(client_id)),
        }
        Ok(())
    }

    pub(super) fn refused(&mut self, now: u64, client_id: ClientId, error: &ErrorBody) {
        let passes = error.code.starts_with("server.") || matches!(&*error.code, "limit.exceeded" | "auth.required");
        let Some(letter) = self.letters.iter_mut().find(|letter| letter.client_id == client_id) else { return };
        if passes {
            letter.sent_at = None;
            letter.not_before = now + error.retry_after_ms.unwrap_or(PAUSE_MS);
            return;
        }
        let channel = letter.channel;
        self.drop_letter(client_id);
        self.deeds.push(Deed::Refused { channel, client_id, code: error.code.to_string() });
    }
}
