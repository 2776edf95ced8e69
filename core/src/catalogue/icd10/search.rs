//! Search: parsing the query, finding codes and ranking them.
//!
//! Hits are ranked as follows: the code itself; codes that start with the query, shorter ones first, as
//! an overview for further typing; titles in which every query word matches a word or the start of one.
//! Among titles, whole-word matches come first, then titles of the tabular list before those with
//! seventh-character extensions ("initial encounter"), then shorter ones. Invariant: the same query on
//! the same release gives the same hits.

use std::collections::BinaryHeap;

use super::code::{Icd10Code, Icd10Edition, PackedCode};
use super::list::CodeList;
use super::titles::folded_words;
use super::{list_of, titles_of};

/// Query characters beyond this number are ignored.
const QUERY_CHARACTERS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHit {
    pub code: Icd10Code,
    pub edition: Icd10Edition,
    /// The meaning in English; `None` for WHO codes, whose text is not shipped.
    pub title: Option<String>,
    /// Whether the code can be recorded. Otherwise it is a category, and the codes below it are more
    /// specific.
    pub leaf: bool,
}

/// The best `limit` codes of these editions for a query: the start of a code, or words of its title in
/// any order. Ties are resolved in the order of `editions`.
///
/// The first call in a process also reads the lists and takes several times as long as later calls.
#[must_use]
pub fn search(query: &str, editions: &[Icd10Edition], limit: usize) -> Vec<CodeHit> {
    let query: String = query.chars().take(QUERY_CHARACTERS).collect();
    let prefix = code_prefix(&query);
    let words = folded_words(&query);
    let mut best = Best::new(limit);
    for (preference, edition) in editions.iter().copied().enumerate() {
        if editions.iter().take(preference).any(|before| *before == edition) {
            continue;
        }
        let list = list_of(edition);
        let by_code = prefix.map_or(0..0, |prefix| list.below(prefix));
        for place in by_code.clone() {
            let Some(code) = list.get(place) else { continue };
            let rank = if Some(code) == prefix {
                Rank::Code
            } else {
                Rank::CodeBegins { length: code.len() }
            };
            best.offer(Candidate {
                rank,
                code,
                preference,
                edition,
                place,
            });
        }
        if words.is_empty() {
            continue;
        }
        let Some(titles) = titles_of(edition) else {
            continue;
        };
        for found in titles.matching(&words) {
            let Some(code) = list.get(found.place) else {
                continue;
            };
            if by_code.contains(&found.place) {
                continue;
            }
            best.offer(Candidate {
                rank: Rank::Title {
                    unfinished: found.unfinished,
                    goes_on: found.goes_on,
                    terms: found.terms,
                },
                code,
                preference,
                edition,
                place: found.place,
            });
        }
    }
    let hits = best.in_order().into_iter();
    hits.filter_map(|found| hit(found.edition, list_of(found.edition), found.place))
        .collect()
}

pub(super) fn hit(edition: Icd10Edition, list: &CodeList, place: usize) -> Option<CodeHit> {
    Some(CodeHit {
        code: list.get(place)?.unpack()?,
        edition,
        title: titles_of(edition).and_then(|titles| titles.get(place)),
        leaf: list.is_leaf(place),
    })
}

/// The query as the start of a code: letters and digits, with a dot in fourth place or none.
fn code_prefix(query: &str) -> Option<PackedCode> {
    let query = query.trim().to_ascii_uppercase();
    let (head, tail) = query.split_once('.').unwrap_or((&query, ""));
    let fits = (head.len() == 3 || !query.contains('.'))
        && (1..=7).contains(&(head.len() + tail.len()))
        && head
            .bytes()
            .chain(tail.bytes())
            .all(|b| b.is_ascii_alphanumeric());
    fits.then(|| PackedCode::of(head.bytes().chain(tail.bytes())))
}

/// How well a code matches; the lowest rank is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Code,
    CodeBegins {
        length: usize,
    },
    Title {
        unfinished: u32,
        goes_on: bool,
        terms: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rank: Rank,
    code: PackedCode,
    preference: usize,
    edition: Icd10Edition,
    place: usize,
}

/// Keeps the `limit` lowest candidates without storing the others.
struct Best {
    limit: usize,
    heap: BinaryHeap<Candidate>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, candidate: Candidate) {
        if self.heap.len() < self.limit {
            self.heap.push(candidate);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && candidate < *worst
        {
            *worst = candidate;
        }
    }

    fn in_order(self) -> Vec<Candidate> {
        self.heap.into_sorted_vec()
    }
}
