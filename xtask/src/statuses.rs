//! "No match on a case status outside `core`", as a scan of the sources.
//!
//! What a status allows is decided once, in `core`; everybody else asks `allowed_actions`, a rule or
//! a method of the case. A pattern on `CaseStatus::…` elsewhere is a second copy of a rule, so this
//! scan refuses it, as it refuses comparing statuses in product code and imports that would hide a
//! variant's origin. The one place that must name them all is the mirror for UniFFI.
//!
//! The scan reads tokens, not text: comments and strings do not count, and line breaks do not matter.
//! It knows patterns by what follows them (`=>`, `|`, a guard, `=` after `let`) and errs towards
//! finding too much: a value that merely looks like a pattern can always be written another way.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, files_below};

/// Folders that are searched. In those marked `Product` statuses may not be compared either; a test
/// may say which status it expects.
const SEARCHED: &[(&str, Kind)] = &[
    ("server/src", Kind::Product),
    ("ffi/src", Kind::Product),
    ("server/tests", Kind::Test),
    ("ffi/tests", Kind::Test),
    ("tests", Kind::Test),
];

/// The mirror of core's enums for UniFFI: naming every variant is its whole purpose.
const ALLOWED: &[&str] = &["ffi/src/enums.rs"];

const STATUS: &str = "CaseStatus";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Product,
    Test,
}

/// Fails with file and line of each finding.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut findings = Vec::new();
    for (folder, kind) in SEARCHED {
        for file in files_below(&workspace.path(folder))? {
            let name = format!("{folder}/{}", file.display());
            if file.extension().is_some_and(|end| end == "rs") && !ALLOWED.contains(&name.as_str()) {
                let text = fs::read_to_string(workspace.root.join(Path::new(&name)))
                    .with_context(|| format!("cannot read {name}"))?;
                findings.extend(
                    scan(&text, *kind)
                        .into_iter()
                        .map(|(line, what)| format!("{name}:{line}: {what}")),
                );
            }
        }
    }
    if !findings.is_empty() {
        bail!(
            "what a case status means is decided in core alone:\n  {}",
            findings.join("\n  ")
        );
    }
    Ok(())
}

fn scan(source: &str, kind: Kind) -> Vec<(usize, String)> {
    let tokens = tokens(source);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut findings = Vec::new();
    for at in (0..tokens.len()).filter(|&at| text(at) == STATUS) {
        let line = tokens[at].line;
        let found = match (text(at + 1), text(at + 2)) {
            ("as", alias) => Some(format!("{STATUS} hidden behind the name {alias}")),
            ("::", "{" | "*") => Some(format!("variants of {STATUS} imported by name")),
            ("::", variant) if is_variant(variant) => {
                if is_pattern(&tokens, at) {
                    Some(format!("{STATUS}::{variant} in a pattern"))
                } else if kind == Kind::Product && is_compared(&tokens, at) {
                    Some(format!("{STATUS}::{variant} in a comparison"))
                } else {
                    None
                }
            }
            _ => None,
        };
        findings.extend(found.map(|what| (line, what)));
    }
    findings
}

/// `Done`, but neither `ALL` nor `from_wire`.
fn is_variant(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().any(|letter| letter.is_ascii_lowercase())
}

/// Whether the status path that starts at `at` is (part of) a pattern.
fn is_pattern(tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut start = path_start(tokens, at);
    let mut next = at + 3;
    loop {
        // The variant's own payload, or what else belongs to this pattern inside its brackets.
        if matches!(text(next), "(" | "{") && next == at + 3 && start_of_payload(tokens, next) {
            next = closing(tokens, next) + 1;
        }
        match text(next) {
            "=>" | "|" | "if" => return true,
            "=" => return preceded_by_let(tokens, start),
            _ => {}
        }
        // Outwards: the pattern may sit in a tuple, a variant or a struct pattern.
        let Some(open) = opening(tokens, start) else {
            return false;
        };
        if open > 1 && text(open - 1) == "!" && text(open - 2).ends_with("matches") {
            return true;
        }
        let holds_statements = (open + 1..start)
            .filter(|&inner| depth_between(tokens, open, inner) == 1)
            .any(|inner| matches!(text(inner), "=>" | ";" | "let"));
        if text(open) == "{" && holds_statements {
            return false;
        }
        start = path_start(tokens, open.saturating_sub(1));
        next = closing(tokens, open) + 1;
    }
}

/// Whether `==` or `!=` stands on either side.
fn is_compared(tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut before = path_start(tokens, at);
    while before > 0 && matches!(text(before - 1), "&" | "*" | "(") {
        before -= 1;
    }
    matches!(text(at + 3), "==" | "!=") || (before > 0 && matches!(text(before - 1), "==" | "!="))
}

/// The first token of the path that ends with the name at `at`: `a::b::CaseStatus` starts at `a`.
fn path_start(tokens: &[Token], at: usize) -> usize {
    let mut start = at;
    while start >= 2 && tokens[start - 1].text == "::" {
        start -= 2;
    }
    if start >= 1 && tokens[start - 1].text == "::" {
        start - 1
    } else {
        start
    }
}

/// A `{` after a variant opens its payload, unless a block follows: `if a == CaseStatus::Done {`.
fn start_of_payload(tokens: &[Token], open: usize) -> bool {
    let inside = &tokens[open + 1..closing(tokens, open)];
    tokens[open].text == "("
        || inside
            .iter()
            .all(|token| !matches!(token.text.as_str(), ";" | "=>"))
}

fn preceded_by_let(tokens: &[Token], start: usize) -> bool {
    // `let`, perhaps with alternatives or references between it and the path.
    let mut before = start;
    while before > 0 && matches!(tokens[before - 1].text.as_str(), "&" | "ref" | "mut" | "|") {
        before -= 1;
    }
    before > 0 && tokens[before - 1].text == "let"
}

/// The bracket that encloses the token before `at`, searching backwards.
fn opening(tokens: &[Token], at: usize) -> Option<usize> {
    let mut depth = 0usize;
    for index in (0..at).rev() {
        match tokens[index].text.as_str() {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" if depth == 0 => return Some(index),
            "(" | "[" | "{" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The bracket that closes the one at `open`; the last token when the source is cut short.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 1 => return index,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    tokens.len() - 1
}

/// How many brackets are open at `at`, counted from `open` on.
fn depth_between(tokens: &[Token], open: usize, at: usize) -> usize {
    let mut depth = 0usize;
    for token in &tokens[open..at] {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

struct Token {
    text: String,
    line: usize,
}

/// Names, numbers and punctuation; no comments, strings, characters or lifetimes.
fn tokens(source: &str) -> Vec<Token> {
    const JOINED: [&str; 7] = ["=>", "==", "!=", "::", "||", "->", ".."];
    let letters: Vec<char> = source.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < letters.len() {
        let start = at;
        let rest = &letters[at..];
        match rest {
            ['/', '/', ..] => at += rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => at += block_comment(rest),
            ['"', ..] => at += quoted(rest, '"'),
            ['b' | 'c', '"', ..] => at += 1 + quoted(&rest[1..], '"'),
            ['r', '"' | '#', ..] if raw_string(rest).is_some() => at += raw_string(rest).unwrap_or(1),
            ['b' | 'c', 'r', '"' | '#', ..] if raw_string(&rest[1..]).is_some() => {
                at += 1 + raw_string(&rest[1..]).unwrap_or(1);
            }
            ['\'', '\\', ..] | ['\'', _, '\'', ..] => at += quoted(rest, '\''),
            ['\'', ..] => at += 1,
            [first, ..] if first.is_alphanumeric() || *first == '_' => {
                at += rest
                    .iter()
                    .position(|c| !c.is_alphanumeric() && *c != '_')
                    .unwrap_or(rest.len());
                found.push(Token {
                    text: letters[start..at].iter().collect(),
                    line,
                });
            }
            [first, ..] if first.is_whitespace() => at += 1,
            [first, second, ..] if JOINED.contains(&format!("{first}{second}").as_str()) => {
                at += 2;
                found.push(Token {
                    text: format!("{first}{second}"),
                    line,
                });
            }
            [first, ..] => {
                at += 1;
                found.push(Token {
                    text: first.to_string(),
                    line,
                });
            }
            [] => break,
        }
        line += letters[start..at].iter().filter(|&&c| c == '\n').count();
    }
    found
}

/// Length of a string or character literal, quotes included.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of `r#"…"#` with any number of `#`; `None` for a raw name such as `r#type`.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let body = 2 + hashes;
    let length = rest[body..].windows(end.len()).position(|window| window == end);
    Some(length.map_or(rest.len(), |length| body + length + end.len()))
}

/// Length of a block comment; they nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(source: &str) {
        assert!(!scan(source, Kind::Test).is_empty(), "slipped through: {source}");
    }

    #[track_caller]
    fn allowed(source: &str) {
        assert_eq!(scan(source, Kind::Test), vec![], "{source}");
    }

    #[test]
    fn a_match_arm_is_refused() {
        refused("fn f(s: CaseStatus) -> u8 { match s { CaseStatus::New => 1, _ => 2 } }");
        refused("match s { CaseStatus::New | CaseStatus::Done => 1, _ => 2 }");
        refused("match s { mso_core::cases::CaseStatus::New\n    => 1, _ => 2 }");
        refused("match s { CaseStatus::New if late => 1, _ => 2 }");
        refused("match s { CaseStatus::Done { at, .. } => at, _ => 2 }");
        refused("match s { CaseStatus::Done(at) => at, _ => 2 }");
    }

    #[test]
    fn a_nested_pattern_is_refused() {
        refused("match (a, b) { (CaseStatus::New, _) => 1, _ => 2 }");
        refused("match a { Some(CaseStatus::New) => 1, _ => 2 }");
        refused("match case { Case { status: CaseStatus::New, .. } => 1, _ => 2 }");
        refused("match case { Case { id, status: CaseStatus::New, .. } if id.odd() => 1, _ => 2 }");
    }

    #[test]
    fn let_and_matches_are_refused() {
        refused("if let CaseStatus::New = s { go() }");
        refused("while let Some(CaseStatus::New) = next() {}");
        refused("let CaseStatus::New = s else { return };");
        refused("let Case { status: CaseStatus::New, .. } = case else { return };");
        refused("assert!(matches!(case.status, CaseStatus::New));");
        refused("assert_matches!(case.status, CaseStatus::Done { .. });");
        refused("matches!(case.status(), Some(CaseStatus::New | CaseStatus::Done))");
    }

    #[test]
    fn imports_that_hide_the_origin_are_refused() {
        refused("use mso_core::cases::CaseStatus::*;");
        refused("use mso_core::cases::CaseStatus::{Done, New};");
        refused("use mso_core::cases::CaseStatus as Status;");
    }

    #[test]
    fn values_are_allowed() {
        allowed("let s = CaseStatus::New;");
        allowed("case.advance(CaseStatus::New, now);");
        allowed("let all = [CaseStatus::New, CaseStatus::Done];");
        allowed("match role { Role::Admin => CaseStatus::New, Role::Provider => CaseStatus::Done }");
        allowed("match role { Role::Admin => f(CaseStatus::New), Role::Provider => f(CaseStatus::Done) }");
        allowed("match role { Role::Admin => CaseStatus::New, _ => x }\nif late { go() }");
        allowed("assert_eq!(case.status, CaseStatus::Done);");
        allowed("let view = View { status: CaseStatus::New, id };");
        allowed("let case = a_case().with(CaseStatus::New); if late { go() }");
        allowed("for s in CaseStatus::ALL { show(s) }");
        allowed("let s = CaseStatus::from_wire(text)?;");
        allowed("if wanted(CaseStatus::New) { a } else { b }");
    }

    #[test]
    fn a_comparison_is_refused_in_product_code_and_allowed_in_tests() {
        for source in [
            "if case.status == CaseStatus::Done { go() }",
            "CaseStatus::New != s",
            "a == &CaseStatus::New",
        ] {
            assert_eq!(scan(source, Kind::Product).len(), 1, "{source}");
            allowed(source);
        }
    }

    #[test]
    fn comments_and_strings_do_not_count() {
        allowed(
            "// match s { CaseStatus::New => 1 }\n/* /* CaseStatus::New => */ CaseStatus::New => */ fn f() {}",
        );
        allowed(r##"let a = "CaseStatus::New =>"; let b = r#"CaseStatus::New " =>"#; let c = '"';"##);
        allowed("//! ```\n//! match s { CaseStatus::New => 1 }\n//! ```");
    }

    #[test]
    fn the_line_is_named() {
        let source =
            "fn f() {\n    let a = \"x\n y\";\n    match s {\n        CaseStatus::New => 1,\n    }\n}";
        assert_eq!(
            scan(source, Kind::Test),
            vec![(5, "CaseStatus::New in a pattern".to_owned())]
        );
    }

    #[test]
    fn lifetimes_and_raw_names_do_not_confuse_the_reader() {
        refused("fn f<'a>(r#type: &'a str) { match s { CaseStatus::New => 1 } }");
    }
}
