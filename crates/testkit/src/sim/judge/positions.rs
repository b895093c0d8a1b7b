//! How far people are, and what they have not read.

use std::collections::BTreeMap;

use rialto_domain::log::Seq;
use rialto_domain::publication::MemberPosition;
use rialto_domain::{ChannelId, UserId};
use rialto_wire::command::ChannelView;

use super::Case;
use crate::sim::journal::{Deed, Note};
use crate::truth;

/// The highest position that was told of somebody, and when that was known.
type Told = BTreeMap<(ChannelId, UserId), Vec<(u64, Seq, Seq)>>;

impl Case<'_> {
    pub(super) fn positions(&mut self) {
        let mut told: Told = BTreeMap::new();
        for note in self.journal {
            match &note.deed {
                Deed::Viewed { asked, view } => {
                    self.view(note, *asked, view);
                    let position = MemberPosition { user: self.user(note.device), delivered: view.delivered, read: view.read };
                    self.rises(&mut told, note, *asked, view.id, position);
                }
                Deed::Synced { channel, positions, .. } => {
                    for member in &positions.members {
                        if member.read > member.delivered {
                            self.find("watermarks only rise", format!("at {} ms, {member:?} of {channel} has read more than was delivered", note.at));
                        }
                    }
                    let minima = positions.members.iter().map(|member| member.delivered).min().zip(positions.members.iter().map(|member| member.read).min());
                    if note.at >= self.last_reading && minima.is_some_and(|minima| minima != (positions.delivered, positions.read)) {
                        self.find("watermarks only rise", format!("the minima of {channel} are {minima:?} and not {positions:?}"));
                    }
                }
                _ => {}
            }
        }
        self.marks_kept();
    }

    /// Whoever asks after somebody was told must not be told less.
    fn rises(&mut self, told: &mut Told, note: &Note, asked: u64, channel: ChannelId, position: MemberPosition) {
        let told = told.entry((channel, position.user)).or_default();
        let before = told.iter().find(|(at, delivered, read)| *at < asked && (*delivered > position.delivered || *read > position.read)).copied();
        told.push((note.at, position.delivered, position.read));
        if let Some(before) = before {
            self.find("watermarks only rise", format!("at {} ms, {position:?} of {channel} was further before: {before:?}", note.at));
        }
    }

    fn view(&mut self, note: &Note, asked: u64, view: &ChannelView) {
        let words = format!("at {} ms, {} sees", note.at, self.name(note.device));
        if view.read > view.delivered || view.delivered > view.head || view.read_by_all > view.delivered_to_all {
            self.find("watermarks only rise", format!("{words} positions beyond each other or the head: {view:?}"));
        }
        if asked < self.last_reading {
            return;
        }
        let (Some(log), user) = (self.log(view.id), self.user(note.device)) else { return };
        let (unread, mentions) = truth::unread(&log.entries, user, self.visible(view.id, user), &self.ledger.hidden(view.id, user), view.read);
        if (view.unread, view.mentions) != (unread, mentions) {
            self.find("unread is the truth", format!("{words} {} unread in {} after {}, and there are {unread}", view.unread, view.id, view.read));
        }
    }

    /// At the end, nobody is less far than one of their devices.
    fn marks_kept(&mut self) {
        for note in self.journal {
            let Deed::Viewed { asked, view } = &note.deed else { continue };
            if *asked < self.last_reading {
                continue;
            }
            let user = self.user(note.device);
            let mine = self.devices.iter().filter(|device| device.me == Some(user)).filter_map(|device| device.replicas.get(&view.id));
            let furthest =
                mine.map(|replica| (replica.told.0, replica.told.1)).fold((Seq::ZERO, Seq::ZERO), |one, other| (one.0.max(other.0), one.1.max(other.1)));
            if furthest.0 > view.delivered || furthest.1 > view.read {
                self.find(
                    "watermarks only rise",
                    format!("{} is at {:?} in {}, and told {furthest:?}", self.name(note.device), (view.delivered, view.read), view.id),
                );
            }
        }
    }
}
