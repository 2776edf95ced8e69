//! The codes of one edition: membership, prefix ranges and leaves.
//!
//! Invariant: codes are sorted without their dots, so a code comes directly before the codes below it,
//! and `Titles` has a title for each position.

use std::ops::Range;

use super::code::PackedCode;

/// All codes of an edition, sorted.
#[derive(Debug, Default)]
pub(super) struct CodeList {
    codes: Box<[PackedCode]>,
}

impl CodeList {
    /// Reads front-coded lines: the number of characters a code shares with the previous one, then the
    /// rest. `None` if a line is malformed or out of order.
    pub(super) fn read(lines: &str) -> Option<Self> {
        let mut above = PackedCode::EMPTY;
        let mut codes = Vec::new();
        for line in lines.lines() {
            let (shared, rest) = line.split_at_checked(1)?;
            let code = above.with(shared.parse().ok()?, rest.bytes());
            if code <= above {
                return None;
            }
            codes.push(code);
            above = code;
        }
        Some(Self { codes: codes.into() })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<PackedCode> {
        self.codes.get(place).copied()
    }

    /// The position of a code, if it is listed.
    pub(super) fn position(&self, code: PackedCode) -> Option<usize> {
        self.codes.binary_search(&code).ok()
    }

    /// The positions of all codes that start with `prefix`.
    pub(super) fn below(&self, prefix: PackedCode) -> Range<usize> {
        let start = self.codes.partition_point(|code| *code < prefix);
        let end = self
            .codes
            .partition_point(|code| *code < prefix || code.starts_with(prefix));
        start..end
    }

    /// Whether the code at this position has no codes below it.
    pub(super) fn is_leaf(&self, place: usize) -> bool {
        match (self.get(place), self.get(place.saturating_add(1))) {
            (Some(code), Some(next)) => !next.starts_with(code),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(code: &str) -> PackedCode {
        PackedCode::of(code.bytes())
    }

    #[test]
    fn a_code_with_others_below_it_is_no_leaf() {
        let list = CodeList::read("0A00\n30\n31\n0B00\n").unwrap();
        let leaves: Vec<_> = (0..list.len()).map(|place| list.is_leaf(place)).collect();
        assert_eq!(leaves, [false, true, true, true]);
        assert!(!list.is_leaf(4));
        assert_eq!(list.position(packed("A001")), Some(2));
        assert_eq!(list.position(packed("A002")), None);
        assert_eq!(list.below(packed("A0")), 0..3);
        assert_eq!(list.below(packed("A1")), 3..3);
        assert_eq!(list.below(packed("Z")), 4..4);
    }

    #[test]
    fn lines_that_are_not_a_list_are_not_read() {
        for lines in ["A00\n", "0B00\n0A00\n", "0A00\n3\n", "0A00\n\n", "ä\n"] {
            assert!(CodeList::read(lines).is_none(), "{lines:?}");
        }
    }
}
