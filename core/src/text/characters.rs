//! Which characters show nothing by themselves, or steer how others are shown, and which are written in several
//! ways.
//!
//! The invariant: the sets do not depend on a version of Unicode, so that phone and server decide alike.
//! Unassigned characters are therefore not in them.

use unicode_normalization::char::is_combining_mark;

/// Whether nothing of the text can be seen: it is empty, or only space and invisible characters.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let shows_nothing = |c: char| {
        c.is_whitespace() || c.is_control() || is_invisible(c) || matches!(c, '\u{115f}' | '\u{1160}')
    };
    text.chars().all(shows_nothing)
}

/// Joiners, marks of direction, selectors, fillers, tags, and what is not a character at all.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0100}'..='\u{e01ef}'
    ) || is_senseless(c)
        || is_private(c)
}

/// What has no sense in any text: the byte order mark, annotations, tags, noncharacters.
pub(super) const fn is_senseless(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
        || (c as u32) & 0xfffe == 0xfffe
}

const fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Whether an invisible character has a meaning between its neighbours: a joiner inside a word of a script that
/// needs it, and the selector of a Han or Mongolian letter's shape.
pub(super) fn is_needed(before: Option<char>, c: char, after: Option<char>) -> bool {
    match c {
        '\u{200c}' | '\u{200d}' => {
            // Malayalam once wrote a final consonant with a joiner after the virama.
            let closes = c == '\u{200d}' && before == Some('\u{d4d}');
            before.is_some_and(is_joined) && (closes || after.is_some_and(is_joined))
        }
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => before.is_some_and(is_han),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => before.is_some_and(is_mongolian),
        _ => false,
    }
}

/// A letter or mark of a script in which joiners tell words apart: Arabic, Syriac, the scripts of India and
/// South-East Asia, Mongolian.
fn is_joined(c: char) -> bool {
    let of_script = matches!(
        c,
        '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1900}'..='\u{1cff}' | '\u{a800}'..='\u{abff}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{11fff}'
    );
    of_script && !is_invisible(c) && (c.is_alphabetic() || is_combining_mark(c))
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

const fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18aa}')
}

/// Zero in the scripts whose keyboards have digits of their own. Each is followed by its nine other digits.
const ZEROS: [char; 37] = [
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{1e950}',
];

/// The same digit, dash or stroke in ASCII.
pub(super) fn in_ascii(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let digit = ZEROS.iter().find_map(|zero| {
        let value = (c as u32).checked_sub(*zero as u32).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    });
    digit.unwrap_or(match c {
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{2044}' | '\u{2215}' | '\u{ff0f}' => '/',
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
        other => other,
    })
}
