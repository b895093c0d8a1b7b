//! The rooms of one shard: which of its connections are there for a topic.

use rialto_domain::publication::Topic;
use slab::Slab;
use smallvec::SmallVec;
use std::collections::HashMap;

/// A connection's number in its shard.
pub(super) type Index = u32;

/// Who is where, kept from both ends so that nothing is ever searched for in a large room.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    by_topic: HashMap<Topic, u32>,
    rooms: Slab<Room>,
    /// By connection: its seats, ordered by room.
    seats: Vec<Vec<Seat>>,
}

#[derive(Debug)]
struct Room {
    topic: Topic,
    members: SmallVec<[Index; 4]>,
}

/// A connection's place in a room.
#[derive(Clone, Copy, Debug)]
struct Seat {
    room: u32,
    place: u32,
}

/// What came of joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// The connection was there already.
    Already,
    /// It joined others.
    Others,
    /// It is the first one in this shard.
    First,
}

impl Rooms {
    /// The connections in a room.
    pub(super) fn members(&self, topic: Topic) -> &[Index] {
        self.by_topic.get(&topic).map_or(&[], |room| &self.rooms[*room as usize].members)
    }

    /// Brings a connection in.
    pub(super) fn join(&mut self, connection: Index, topic: Topic) -> Joined {
        let rooms = &mut self.rooms;
        let room = *self.by_topic.entry(topic).or_insert_with(|| rooms.insert(Room { topic, members: SmallVec::new() }) as u32);
        self.expect(connection, 0);
        let at = connection as usize;
        let Err(position) = self.seats[at].binary_search_by_key(&room, |seat| seat.room) else { return Joined::Already };
        let members = &mut self.rooms[room as usize].members;
        let place = members.len() as u32;
        members.push(connection);
        self.seats[at].insert(position, Seat { room, place });
        if place == 0 { Joined::First } else { Joined::Others }
    }

    /// A connection is about to come into so many more rooms: its seats take no more memory than they need.
    pub(super) fn expect(&mut self, connection: Index, more: usize) {
        let at = connection as usize;
        if self.seats.len() <= at {
            self.seats.resize_with(at + 1, Vec::new);
        }
        self.seats[at].reserve_exact(more);
    }

    /// Takes a connection out. True when nobody is left in the room.
    pub(super) fn leave(&mut self, connection: Index, topic: Topic) -> bool {
        let Some(&room) = self.by_topic.get(&topic) else { return false };
        let Some(seats) = self.seats.get_mut(connection as usize) else { return false };
        let Ok(position) = seats.binary_search_by_key(&room, |seat| seat.room) else { return false };
        let seat = seats.remove(position);
        self.vacate(seat)
    }

    /// Takes a connection out of all its rooms, and tells in which of them nobody is left.
    pub(super) fn leave_all(&mut self, connection: Index, mut emptied: impl FnMut(Topic)) {
        let Some(seats) = self.seats.get_mut(connection as usize).map(std::mem::take) else { return };
        for seat in seats {
            let topic = self.rooms[seat.room as usize].topic;
            if self.vacate(seat) {
                emptied(topic);
            }
        }
    }

    /// The topics of the rooms that a connection is in.
    pub(super) fn topics(&self, connection: Index) -> impl Iterator<Item = Topic> + '_ {
        self.seats.get(connection as usize).into_iter().flatten().map(|seat| self.rooms[seat.room as usize].topic)
    }

    /// Empties a seat: the last member of the room moves there.
    fn vacate(&mut self, seat: Seat) -> bool {
        let room = &mut self.rooms[seat.room as usize];
        room.members.swap_remove(seat.place as usize);
        if let Some(&moved) = room.members.get(seat.place as usize) {
            let seats = &mut self.seats[moved as usize];
            let position = seats.binary_search_by_key(&seat.room, |other| other.room).expect("a member has a seat");
            seats[position].place = seat.place;
        } else if room.members.is_empty() {
            self.by_topic.remove(&room.topic);
            self.rooms.remove(seat.room as usize);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rialto_domain::ChannelId;
    use std::collections::{BTreeMap, BTreeSet};

    fn channel(number: u8) -> Topic {
        Topic::Channel(ChannelId::from_bytes([number; 16]))
    }

    #[test]
    fn the_first_to_come_and_the_last_to_go_are_told() {
        let mut rooms = Rooms::default();
        assert_eq!(rooms.join(7, channel(1)), Joined::First);
        assert_eq!(rooms.join(7, channel(1)), Joined::Already);
        assert_eq!(rooms.join(3, channel(1)), Joined::Others);
        assert!(!rooms.leave(7, channel(1)));
        assert!(!rooms.leave(7, channel(1)));
        assert!(rooms.leave(3, channel(1)));
        assert!(rooms.members(channel(1)).is_empty());
        assert!(!rooms.leave(3, channel(1)));
        assert!(!rooms.leave(900, channel(1)));
    }

    #[test]
    fn whoever_goes_is_in_no_room_any_more() {
        let mut rooms = Rooms::default();
        for number in 0..5 {
            rooms.join(0, channel(number));
        }
        rooms.join(1, channel(3));
        let mut emptied = Vec::new();
        rooms.leave_all(0, |topic| emptied.push(topic));
        assert_eq!(emptied.len(), 4);
        assert!(!emptied.contains(&channel(3)));
        assert_eq!(rooms.members(channel(3)), [1]);
        assert_eq!(rooms.topics(0).count(), 0);
    }

    proptest! {
        #[test]
        fn both_ends_always_agree(steps in prop::collection::vec((0u8..4, 0u32..12, 0u8..6), 0..300)) {
            let mut rooms = Rooms::default();
            let mut model: BTreeMap<u8, BTreeSet<Index>> = BTreeMap::new();
            for (what, connection, number) in steps {
                match what {
                    0 | 1 => {
                        let set = model.entry(number).or_default();
                        let expected = match (set.is_empty(), set.insert(connection)) {
                            (_, false) => Joined::Already,
                            (true, true) => Joined::First,
                            (false, true) => Joined::Others,
                        };
                        prop_assert_eq!(rooms.join(connection, channel(number)), expected);
                    }
                    2 => {
                        let set = model.entry(number).or_default();
                        let was_last = set.remove(&connection) && set.is_empty();
                        prop_assert_eq!(rooms.leave(connection, channel(number)), was_last);
                    }
                    _ => {
                        rooms.leave_all(connection, |_| {});
                        model.values_mut().for_each(|set| { set.remove(&connection); });
                    }
                }
                for (number, expected) in &model {
                    let members: BTreeSet<_> = rooms.members(channel(*number)).iter().copied().collect();
                    prop_assert_eq!(members.len(), rooms.members(channel(*number)).len());
                    prop_assert_eq!(&members, expected);
                }
                for connection in 0..12 {
                    let topics: BTreeSet<_> = rooms.topics(connection).map(|topic| format!("{topic:?}")).collect();
                    let expected: BTreeSet<_> = model.iter().filter(|(_, set)| set.contains(&connection)).map(|(number, _)| format!("{:?}", channel(*number))).collect();
                    prop_assert_eq!(topics, expected);
                }
            }
        }
    }
}
