//! What a client says.

use rialto_checker::What;
use rialto_checker::journal::Order;
use rialto_domain::entry::Content;
use rialto_domain::{ChannelId, Seq, Timestamp};
use rialto_wire::command::{History, Mark, MessageSend, Sync};
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::wish;
use super::{Asked, Client, Marking};
use crate::client::Connection;

/// Messages that may wait before a client writes no more.
const PATIENT_WITH: usize = 32;
/// Messages of a page.
const PAGE: usize = 200;

impl Client {
    pub(super) fn send_what_waits(&mut self, connection: &mut Connection) {
        let asked = &mut self.asked;
        self.outbox.send(|message| {
            let body = Content::Text(message.text.clone());
            let send = MessageSend { channel: message.channel, client_id: message.client_id, body, reply_to: None, mentions: Default::default(), wait: false };
            let number = connection.send("message.send", &send);
            asked.insert(number, Asked::Message);
            number
        });
        for (channel, mark) in self.marks.iter_mut().filter(|(_, mark)| !mark.is_sent) {
            mark.is_sent = true;
            let wish = Mark { channel: Some(*channel), delivered: Some(mark.delivered), read: Some(mark.read), ..Mark::default() };
            asked.insert(connection.send("mark", &wish), Asked::Mark(*channel));
        }
    }

    pub(super) fn act(&mut self, connection: &mut Connection) {
        let present: Vec<_> = self.part.channels.iter().filter(|(channel, _)| !self.absent.contains(channel)).collect();
        if present.is_empty() {
            return;
        }
        let (channel, others) = present[self.random.below(present.len() as u32) as usize].clone();
        let wish = wish::any(&mut self.random, &others, self.put_out.get(&channel).copied(), &self.recent, channel);
        match wish {
            wish::Wish::Say if self.outbox.len() < PATIENT_WITH => self.compose(channel),
            wish::Wish::Say => {}
            wish::Wish::Read => {
                let after = Seq(self.places.get(&channel).map_or(0, |place| place.newest_message().0).saturating_sub(u64::from(self.random.below(60))));
                self.read_page(connection, channel, after, false);
            }
            wish::Wish::PutOut(user) => {
                self.put_out.insert(channel, user);
                self.ask(connection, channel, wish.order(), wish.command(), &wish.data(channel));
            }
            wish::Wish::TakeIn(_) => {
                self.put_out.remove(&channel);
                self.ask(connection, channel, wish.order(), wish.command(), &wish.data(channel));
            }
            _ => self.ask(connection, channel, wish.order(), wish.command(), &wish.data(channel)),
        }
    }

    fn compose(&mut self, channel: ChannelId) {
        self.messages += 1;
        let number = u64::from(self.part.number) << 24 | self.messages;
        let client_id = self.part.naming.client_id(number, now());
        let text = wish::text(&client_id.to_string(), self.part.payload_bytes);
        let op = self.op();
        self.write(What::Invoke { op, channel, order: Order::Send { client_id, text: Cow::Borrowed(&text) } });
        self.outbox.compose(op, channel, client_id, text);
    }

    fn ask(&mut self, connection: &mut Connection, channel: ChannelId, order: Order<'_>, command: &str, data: &serde_json::Value) {
        let op = self.op();
        self.write(What::Invoke { op, channel, order });
        self.asked.insert(connection.send(command, data), Asked::Other(op));
    }

    pub(super) fn read_page(&mut self, connection: &mut Connection, channel: ChannelId, after: Seq, is_final: bool) {
        let op = self.op();
        self.write(What::Invoke { op, channel, order: Order::Read });
        let history = History { channel, before: None, after: Some(after), around: None, limit: Some(PAGE) };
        self.asked.insert(connection.send("history", &history), Asked::Page { op, channel, after, is_final });
    }

    pub(super) fn sync(&mut self, connection: &mut Connection, have: BTreeMap<ChannelId, Seq>) {
        let is_asked = |channel: &ChannelId| self.asked.values().any(|asked| matches!(asked, Asked::Sync(asked) if asked.contains_key(channel)));
        let have: BTreeMap<_, _> = have.into_iter().filter(|(channel, _)| !is_asked(channel)).collect();
        if !have.is_empty() {
            self.asked.insert(connection.send("sync", &Sync { have: have.clone() }), Asked::Sync(have));
        }
    }

    pub(super) fn mark(&mut self, channel: ChannelId, delivered: Seq, read: Seq) {
        if !self.marks.contains_key(&channel) && !self.absent.contains(&channel) && delivered > Seq::ZERO {
            let op = self.op();
            self.write(What::Invoke { op, channel, order: Order::Mark { delivered, read } });
            self.marks.insert(channel, Marking { op, delivered, read, is_sent: false });
        }
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
