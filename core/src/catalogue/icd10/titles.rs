//! The titles of one edition, stored as numbers of the terms they consist of.
//!
//! 98,000 titles are 8 MB of text, but contain only 11,000 different terms. So a title is a row of
//! 16-bit numbers, and a search first determines which query words each term matches, then scans the
//! numbers.
//!
//! Invariant: a title and its code have the same position. A title that *goes on* is a continuation
//! without its own beginning; it starts with the nearest preceding title that does not go on.

use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Flags the end of a title that goes on.
const GOES_ON: u32 = 1 << 31;

/// All titles of an edition.
#[derive(Debug, Default)]
pub(super) struct Titles {
    terms: Strings,
    /// The folded words of all terms, sorted.
    words: Box<[Word]>,
    word_text: Box<str>,
    /// The terms of all titles, concatenated.
    rows: Box<[u16]>,
    /// The end of each title's row.
    ends: Box<[u32]>,
}

/// Strings in one allocation.
#[derive(Debug, Default)]
struct Strings {
    text: Box<str>,
    ends: Box<[u32]>,
}

#[derive(Debug)]
struct Word {
    start: u32,
    len: u16,
    term: u16,
}

/// A title that matches all words of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// The position of the title.
    pub(super) place: usize,
    /// The number of query words that match only the start of a title word.
    pub(super) unfinished: u32,
    /// Whether the title is a continuation of another.
    pub(super) goes_on: bool,
    /// The number of terms in the title.
    pub(super) terms: usize,
}

impl Titles {
    /// Reads one title per line; a line that starts with `, ` goes on. `None` if there are more terms
    /// or titles than the numbers can represent.
    pub(super) fn read(lines: &str) -> Option<Self> {
        let mut numbers: HashMap<&str, u16> = HashMap::new();
        let mut terms = Vec::new();
        let mut rows = Vec::new();
        let mut ends = Vec::new();
        for line in lines.lines() {
            let goes_on = line.starts_with(", ");
            // A continuation is one of a few phrases, each stored as a single term.
            let row: &mut dyn Iterator<Item = &str> = if goes_on {
                &mut std::iter::once(line)
            } else {
                &mut line.split(' ')
            };
            for term in row {
                let next = u16::try_from(terms.len()).ok()?;
                rows.push(*numbers.entry(term).or_insert_with(|| {
                    terms.push(term);
                    next
                }));
            }
            let end = u32::try_from(rows.len()).ok().filter(|end| end & GOES_ON == 0)?;
            ends.push(if goes_on { end | GOES_ON } else { end });
        }
        let (words, word_text) = words_of(&terms)?;
        Some(Self {
            terms: Strings::of(&terms)?,
            words,
            word_text,
            rows: rows.into(),
            ends: ends.into(),
        })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The complete title at a position.
    pub(super) fn get(&self, place: usize) -> Option<String> {
        let (own, goes_on) = self.row(place)?;
        let mut title = String::new();
        if goes_on {
            let above = (0..place).rev().map_while(|above| self.row(above));
            let (beginning, _) = above.into_iter().find(|(_, goes_on)| !goes_on)?;
            self.write(beginning, &mut title);
        }
        self.write(own, &mut title);
        Some(title)
    }

    fn write(&self, row: &[u16], title: &mut String) {
        for term in row.iter().filter_map(|term| self.terms.get(usize::from(*term))) {
            if !title.is_empty() && !term.starts_with(',') {
                title.push(' ');
            }
            title.push_str(term);
        }
    }

    fn row(&self, place: usize) -> Option<(&[u16], bool)> {
        let end = *self.ends.get(place)?;
        let start = match place.checked_sub(1) {
            Some(above) => *self.ends.get(above)?,
            None => 0,
        };
        let index = |end: u32| usize::try_from(end & !GOES_ON).ok();
        Some((self.rows.get(index(start)?..index(end)?)?, end & GOES_ON != 0))
    }

    /// The titles that have, for each of these folded words, a word starting with it. At most 32 query
    /// words are used.
    pub(super) fn matching(&self, query: &[String]) -> impl Iterator<Item = Match> {
        let answers = self.answers(query);
        let wanted = query.iter().take(32).fold(0_u64, |wanted, _| (wanted << 1) | 1);
        let mut start = 0;
        // Matches and length of the nearest preceding title that does not go on.
        let mut above = (0_u64, 0_usize);
        self.ends.iter().enumerate().filter_map(move |(place, end)| {
            let goes_on = end & GOES_ON != 0;
            let end = usize::try_from(end & !GOES_ON).ok()?;
            let row = self.rows.get(start..end)?;
            start = end;
            let (mut found, mut terms) = if goes_on { above } else { (0, 0) };
            for term in row {
                found |= answers.get(usize::from(*term)).copied().unwrap_or(0);
            }
            terms += row.len();
            if !goes_on {
                above = (found, terms);
            }
            let (begun, whole) = (found & u64::from(u32::MAX), found >> 32);
            (begun == wanted).then_some(Match {
                place,
                unfinished: (wanted & !whole).count_ones(),
                goes_on,
                terms,
            })
        })
    }

    /// For each term, the query words it matches: prefix matches in the low 32 bits, whole-word matches
    /// in the high 32 bits.
    fn answers(&self, query: &[String]) -> Vec<u64> {
        let mut answers = vec![0; self.terms.ends.len()];
        for (bit, prefix) in query.iter().take(32).enumerate() {
            for word in self.words.get(self.words_with(prefix)).unwrap_or_default() {
                let whole = u64::from(usize::from(word.len) == prefix.len()) << 32;
                if let Some(answer) = answers.get_mut(usize::from(word.term)) {
                    *answer |= (1 | whole) << bit;
                }
            }
        }
        answers
    }

    fn words_with(&self, prefix: &str) -> Range<usize> {
        let start = self.words.partition_point(|word| self.text(word) < prefix);
        let end = self
            .words
            .partition_point(|word| self.text(word) < prefix || self.text(word).starts_with(prefix));
        start..end
    }

    fn text(&self, word: &Word) -> &str {
        text_of(&self.word_text, word)
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn resident_bytes(&self) -> usize {
        self.terms.text.len()
            + size_of_val(&*self.terms.ends)
            + size_of_val(&*self.words)
            + self.word_text.len()
            + size_of_val(&*self.rows)
            + size_of_val(&*self.ends)
    }
}

impl Strings {
    fn of(strings: &[&str]) -> Option<Self> {
        let mut end = 0_u32;
        let ends = strings.iter().map(|string| {
            end = end.checked_add(u32::try_from(string.len()).ok()?)?;
            Some(end)
        });
        Some(Self {
            ends: ends.collect::<Option<_>>()?,
            text: strings.concat().into(),
        })
    }

    fn get(&self, number: usize) -> Option<&str> {
        let index = |end: u32| usize::try_from(end).ok();
        let start = match number.checked_sub(1) {
            Some(before) => index(*self.ends.get(before)?)?,
            None => 0,
        };
        self.text.get(start..index(*self.ends.get(number)?)?)
    }
}

fn words_of(terms: &[&str]) -> Option<(Box<[Word]>, Box<str>)> {
    let mut text = String::new();
    let mut words = Vec::new();
    for (term, string) in terms.iter().enumerate() {
        for word in folded_words(string) {
            words.push(Word {
                start: u32::try_from(text.len()).ok()?,
                len: u16::try_from(word.len()).ok()?,
                term: u16::try_from(term).ok()?,
            });
            text.push_str(&word);
        }
    }
    words.sort_by(|one, other| text_of(&text, one).cmp(text_of(&text, other)));
    Some((words.into(), text.into()))
}

fn text_of<'a>(text: &'a str, word: &Word) -> &'a str {
    usize::try_from(word.start)
        .ok()
        .and_then(|start| text.get(start..start.checked_add(usize::from(word.len))?))
        .unwrap_or_default()
}

/// The words of a text in comparison form: lower case, without diacritics and apostrophes (`Crohn's`
/// becomes `crohns`), split at every character that is neither a letter nor a digit.
pub(super) fn folded_words(text: &str) -> Vec<String> {
    let folded: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '’'))
        .collect::<String>()
        .to_lowercase();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str =
        "Ménière's disease\nInjury of head\n, initial encounter\n, sequela\nHeadache (tension)\n";

    fn places(query: &str) -> Vec<usize> {
        let titles = Titles::read(LINES).unwrap();
        let found: Vec<_> = titles
            .matching(&folded_words(query))
            .map(|hit| hit.place)
            .collect();
        found
    }

    #[test]
    fn titles_come_out_as_they_went_in() {
        let titles = Titles::read(LINES).unwrap();
        let all: Vec<_> = (0..titles.len())
            .map(|place| titles.get(place).unwrap())
            .collect();
        assert_eq!(
            all,
            [
                "Ménière's disease",
                "Injury of head",
                "Injury of head, initial encounter",
                "Injury of head, sequela",
                "Headache (tension)"
            ]
        );
        assert_eq!(titles.get(5), None);
        assert_eq!(Titles::read(", sequela\n").unwrap().get(0), None);
    }

    #[test]
    fn each_word_of_the_query_begins_a_word_of_the_title() {
        assert_eq!(places("head"), [1, 2, 3, 4]);
        assert_eq!(places("INJ head seq"), [3]);
        assert_eq!(places("tens"), [4]);
        assert_eq!(places("head head"), [1, 2, 3, 4]);
        assert_eq!(places("ead"), [] as [usize; 0]);
        assert_eq!(places("head disease"), [] as [usize; 0]);
    }

    #[test]
    fn case_diacritics_and_apostrophes_do_not_matter() {
        for query in ["meniere", "MENIÈRE’S", "Me\u{301}nières", "ｍｅｎ"] {
            assert_eq!(places(query), [0], "{query}");
        }
    }

    #[test]
    fn a_match_says_how_close_it_is() {
        let titles = Titles::read(LINES).unwrap();
        let found: Vec<_> = titles.matching(&folded_words("head enc")).collect();
        assert_eq!(
            found,
            [Match {
                place: 2,
                unfinished: 1,
                goes_on: true,
                terms: 4
            }]
        );
    }

    #[test]
    fn of_more_than_32_words_the_rest_is_not_looked_at() {
        assert_eq!(places(&format!("{}nowhere", "head ".repeat(32))), [1, 2, 3, 4]);
        assert_eq!(
            places(&format!("{}nowhere", "head ".repeat(31))),
            [] as [usize; 0]
        );
    }
}
