//! How many bytes of a file go in one request, and how the request is made, so that uploads get on over any line.
//!
//! A lost connection costs at most the piece that was on its way. A fixed size is wrong on both ends: on a slow line it is
//! minutes of work, on a fast one most of the time goes by waiting for answers. So a piece is what the line carried lately in
//! [`AIM`]. Boxes between phone and server may take less at once, or not the method; both is found out by trying.
//!
//! Invariant: a size is between [`SMALLEST`] and [`LARGEST`], and no larger than a box of this pass has refused.

use std::time::Duration;

/// The time of the line that a piece should take. Together with the wait for its answer a cut costs less than 2 seconds.
const AIM: Duration = Duration::from_millis(1_500);

/// The size before anything was measured, in bytes.
pub(crate) const FIRST: u64 = 64 * 1024;

/// Below this the answers' way takes most of the time, even on bad lines.
pub(crate) const SMALLEST: u64 = 16 * 1024;

/// A piece is held in memory. The server takes 64 MiB.
pub(crate) const LARGEST: u64 = 8 * 1024 * 1024;

/// The most that a piece grows over the one before: one fast answer may be a buffer's.
const GROWTH: u64 = 4;

/// How an upload's bytes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appending {
    /// `PATCH`, as tus has it.
    Patch,
    /// `POST` with `X-HTTP-Method-Override`, for boxes that know only the old methods.
    OverPost,
}

/// What was learnt of the line, for as long as the workspace is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pieces {
    size: u64,
    most: u64,
    appending: Appending,
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            size: FIRST,
            most: LARGEST,
            appending: Appending::Patch,
        }
    }
}

impl Pieces {
    /// Bytes of the next piece.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    pub(crate) const fn appending(&self) -> Appending {
        self.appending
    }

    /// Changes to the other way of sending.
    pub(crate) const fn change_appending(&mut self) {
        self.appending = match self.appending {
            Appending::Patch => Appending::OverPost,
            Appending::OverPost => Appending::Patch,
        };
    }

    /// A new pass may be over another network, without the box that refused.
    pub(crate) const fn begin_pass(&mut self) {
        self.most = LARGEST;
    }

    /// This many bytes were acknowledged, so long after they were sent.
    pub(crate) fn acknowledged(&mut self, bytes: u64, took: Duration) {
        let fitting = u128::from(bytes) * AIM.as_micros() / took.as_micros().max(1);
        let fitting = u64::try_from(fitting).unwrap_or(u64::MAX);
        // The end of a file is shorter than a piece: its time is mostly the answer's, which says nothing against the line.
        if bytes >= self.size || fitting > self.size {
            self.set(fitting.min(self.size * GROWTH));
        }
    }

    /// The connection was lost, or nothing moved for too long.
    pub(crate) fn interrupted(&mut self) {
        self.set(self.size / 2);
    }

    /// A piece of this many bytes was too large for the server or a box before it. `false`: it was one of the smallest.
    pub(crate) fn too_large(&mut self, bytes: u64) -> bool {
        if bytes <= SMALLEST {
            return false;
        }
        self.most = (bytes / 2).max(SMALLEST);
        self.set(self.most);
        true
    }

    fn set(&mut self, size: u64) {
        self.size = size.clamp(SMALLEST, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u64 = 1_000_000;

    /// Sends pieces over a line of this rate in bytes a second, with 80 ms for the answer.
    fn over(pieces: &mut Pieces, rate: u64, count: u32) {
        for _ in 0..count {
            let bytes = pieces.size();
            let took = Duration::from_micros(bytes * 1_000_000 / rate + 80_000);
            pieces.acknowledged(bytes, took);
        }
    }

    #[test]
    fn a_piece_becomes_what_the_line_carries_in_a_second_and_a_half() {
        for rate in [20_000, 100_000, RATE, 5_000_000] {
            let mut pieces = Pieces::default();
            over(&mut pieces, rate, 12);
            let millis = pieces.size() * 1_000 / rate + 80;
            assert!((1_400..=1_500).contains(&millis), "{rate}: {millis} ms");
        }
    }

    #[test]
    fn a_line_that_slows_down_is_followed_at_once_and_one_that_speeds_up_in_steps_of_four() {
        let mut pieces = Pieces::default();
        over(&mut pieces, RATE, 12);
        let fast = pieces.size();
        over(&mut pieces, RATE / 10, 1);
        assert!(pieces.size() <= fast / 9, "{}", pieces.size());
        let slow = pieces.size();
        over(&mut pieces, 100 * RATE, 1);
        assert_eq!(pieces.size(), slow * 4);
        over(&mut pieces, 100 * RATE, 9);
        assert_eq!(pieces.size(), LARGEST);
        over(&mut pieces, 100, 1);
        assert_eq!(pieces.size(), SMALLEST);
    }

    #[test]
    fn the_short_end_of_a_file_says_nothing_against_the_line() {
        let mut pieces = Pieces::default();
        pieces.acknowledged(1_000, Duration::from_millis(80));
        assert_eq!(pieces.size(), FIRST);
        pieces.acknowledged(FIRST - 1, Duration::from_millis(100));
        assert!(pieces.size() > FIRST);
    }

    #[test]
    fn an_interruption_halves_the_piece_down_to_16_kib() {
        let mut pieces = Pieces::default();
        pieces.interrupted();
        assert_eq!(pieces.size(), FIRST / 2);
        for _ in 0..9 {
            pieces.interrupted();
        }
        assert_eq!(pieces.size(), SMALLEST);
    }

    #[test]
    fn what_a_box_refuses_is_not_tried_again_in_this_pass() {
        let mut pieces = Pieces::default();
        assert!(pieces.too_large(FIRST));
        over(&mut pieces, 100 * RATE, 3);
        assert_eq!(pieces.size(), FIRST / 2);
        pieces.begin_pass();
        over(&mut pieces, 100 * RATE, 1);
        assert_eq!(pieces.size(), FIRST * 2);
        assert!(pieces.too_large(SMALLEST + 1));
        assert_eq!(pieces.size(), SMALLEST);
        assert!(!pieces.too_large(SMALLEST));
    }
}
