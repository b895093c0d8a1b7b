//! A connection's queued frames: shared bytes, written with as few calls as possible, and bounded.

use bytes::Bytes;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};

/// The most frames in one call to the kernel. Linux takes 1024; beyond some tens the gain is nil.
const SLICES: usize = 64;

/// Frames of up to so many bytes together are copied into one piece: the kernel takes a tenth more time for the slices
/// of a `writev` than we do for the copying.
const COPIED: usize = 16 * 1024;

/// What is queued for one connection.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Queued>,
    /// Bytes of the front frame that are written already.
    written: usize,
    /// Bytes in the queue, those written already included.
    bytes: usize,
}

#[derive(Debug)]
struct Queued {
    frame: Bytes,
    may_drop: bool,
}

/// What a shard's outboxes lend each other, so that a busy connection costs no allocation.
#[derive(Debug, Default)]
pub(super) struct Spares {
    /// Queues of connections that had their say.
    queues: Vec<VecDeque<Queued>>,
    /// Where frames are put together.
    piece: Vec<u8>,
}

impl Spares {
    const MOST: usize = 1024;
    const LARGEST: usize = 64;

    fn give(&mut self, queue: VecDeque<Queued>) {
        if queue.capacity() <= Self::LARGEST && self.queues.len() < Self::MOST {
            self.queues.push(queue);
        }
    }
}

/// What became of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Whole frames that left.
    pub(super) frames: u64,
    /// Bytes that left.
    pub(super) bytes: u64,
    /// The kernel takes no more for now.
    pub(super) is_blocked: bool,
}

impl Outbox {
    /// Queues a frame that the client waits for or that the protocol needs.
    pub(super) fn push(&mut self, frame: Bytes, spares: &mut Spares) {
        self.append(Queued { frame, may_drop: false }, spares);
    }

    /// Queues an announcement: the client can get it otherwise when it is too slow.
    pub(super) fn announce(&mut self, frame: Bytes, spares: &mut Spares) {
        self.append(Queued { frame, may_drop: true }, spares);
    }

    fn append(&mut self, queued: Queued, spares: &mut Spares) {
        if self.queue.capacity() == 0
            && let Some(spare) = spares.queues.pop()
        {
            self.queue = spare;
        }
        self.bytes += queued.frame.len();
        self.queue.push_back(queued);
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes - self.written
    }

    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Forgets the announcements, but for one that is half written.
    pub(super) fn drop_announcements(&mut self) {
        let mut is_half_written = self.written > 0;
        self.queue.retain(|queued| std::mem::take(&mut is_half_written) || !queued.may_drop);
        self.queue.shrink_to_fit();
        self.bytes = self.queue.iter().map(|queued| queued.frame.len()).sum();
    }

    /// Writes until nothing is left or the kernel takes no more: one call for one frame, one for many.
    pub(super) fn write_to(&mut self, socket: &mut impl Write, spares: &mut Spares) -> io::Result<Written> {
        let mut sum = Written::default();
        while let Some(front) = self.queue.front() {
            let result = if self.queue.len() == 1 {
                socket.write(&front.frame[self.written..])
            } else if self.bytes <= COPIED {
                spares.piece.clear();
                self.queue.iter().for_each(|queued| spares.piece.extend_from_slice(&queued.frame));
                socket.write(&spares.piece[self.written..])
            } else {
                let mut slices: SmallVec<[_; 16]> = self.queue.iter().take(SLICES).map(|queued| IoSlice::new(&queued.frame)).collect();
                slices[0].advance(self.written);
                socket.write_vectored(&slices)
            };
            match result {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.wrote(count, &mut sum),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    sum.is_blocked = true;
                    return Ok(sum);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        spares.give(std::mem::take(&mut self.queue));
        Ok(sum)
    }

    /// Takes whole frames out for a carrier without a socket, while it accepts them. Tells how many.
    pub(super) fn take_while(&mut self, mut accept: impl FnMut(&Bytes) -> bool) -> u64 {
        let mut taken = 0;
        while let Some(front) = self.queue.front().filter(|front| accept(&front.frame)) {
            self.bytes -= front.frame.len();
            self.queue.pop_front();
            taken += 1;
        }
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
        taken
    }

    fn wrote(&mut self, count: usize, sum: &mut Written) {
        sum.bytes += count as u64;
        self.written += count;
        while let Some(front) = self.queue.front() {
            let len = front.frame.len();
            if self.written < len {
                break;
            }
            self.written -= len;
            self.bytes -= len;
            self.queue.pop_front();
            sum.frames += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that takes `room` bytes, at most `at_once` a call.
    struct Socket {
        taken: Vec<u8>,
        room: usize,
        at_once: usize,
        calls: usize,
    }

    impl Socket {
        fn with_room(room: usize) -> Self {
            Self { taken: Vec::new(), room, at_once: usize::MAX, calls: 0 }
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            self.calls += 1;
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let count = bytes.len().min(self.room - self.taken.len()).min(self.at_once);
            self.taken.extend_from_slice(&bytes[..count]);
            if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn outbox(frames: &[&'static str]) -> Outbox {
        let mut outbox = Outbox::default();
        for frame in frames {
            outbox.announce(Bytes::from_static(frame.as_bytes()), &mut Spares::default());
        }
        outbox
    }

    #[test]
    fn many_frames_leave_in_one_call() {
        let mut socket = Socket::with_room(100);
        let mut outbox = outbox(&["one", "two", "three"]);
        let written = outbox.write_to(&mut socket, &mut Spares::default()).unwrap();
        assert_eq!(written, Written { frames: 3, bytes: 11, is_blocked: false });
        assert_eq!((socket.taken.as_slice(), socket.calls), (&b"onetwothree"[..], 1));
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_frame_cut_by_the_kernel_goes_on_where_it_was_cut() {
        let mut outbox = outbox(&["one", "two", "three"]);
        let mut all = Vec::new();
        for room in [1, 4, 2, 0, 10] {
            let mut socket = Socket { at_once: 2, ..Socket::with_room(room) };
            let written = outbox.write_to(&mut socket, &mut Spares::default()).unwrap();
            assert_eq!(written.is_blocked, !outbox.is_empty());
            all.extend(socket.taken);
            assert_eq!(outbox.bytes(), 11 - all.len());
        }
        assert_eq!(all, b"onetwothree");
    }

    #[test]
    fn large_frames_leave_in_one_call_as_well() {
        let large = Bytes::from(vec![b'x'; COPIED]);
        let mut outbox = outbox(&["one", "two"]);
        outbox.push(large.clone(), &mut Spares::default());
        let mut socket = Socket { at_once: COPIED, ..Socket::with_room(2 * COPIED) };
        let written = outbox.write_to(&mut socket, &mut Spares::default()).unwrap();
        assert_eq!((written.frames, socket.calls), (3, 2), "what the kernel left is written by a second call");
        assert_eq!(socket.taken, [&b"onetwo"[..], &large].concat());
    }

    #[test]
    fn dropping_keeps_answers_and_what_is_half_written() {
        let mut spares = Spares::default();
        let mut outbox = outbox(&["one", "two"]);
        outbox.push(Bytes::from_static(b"answer"), &mut spares);
        outbox.announce(Bytes::from_static(b"three"), &mut spares);
        outbox.write_to(&mut Socket::with_room(2), &mut spares).unwrap();
        outbox.drop_announcements();
        assert_eq!(outbox.bytes(), 1 + 6);
        let mut socket = Socket::with_room(100);
        outbox.write_to(&mut socket, &mut spares).unwrap();
        assert_eq!(socket.taken, b"eanswer");
    }

    #[test]
    fn a_queue_that_became_empty_holds_no_memory_and_serves_the_next() {
        let mut spares = Spares::default();
        let mut first = outbox(&["one"]);
        first.write_to(&mut Socket::with_room(100), &mut spares).unwrap();
        assert_eq!((first.queue.capacity(), spares.queues.len()), (0, 1));
        let mut second = Outbox::default();
        second.push(Bytes::from_static(b"two"), &mut spares);
        assert!(spares.queues.is_empty());
    }

    #[test]
    fn whole_frames_can_be_taken_out() {
        let mut outbox = outbox(&["one", "two", "three"]);
        let mut room = 7;
        let taken = outbox.take_while(|frame| {
            let fits = frame.len() <= room;
            room = room.saturating_sub(frame.len());
            fits
        });
        assert_eq!((taken, outbox.bytes()), (2, 5));
        assert_eq!(outbox.take_while(|_| true), 1);
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_closed_socket_is_an_error() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Ok(0)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(outbox(&["one"]).write_to(&mut Closed, &mut Spares::default()).is_err());
    }
}
