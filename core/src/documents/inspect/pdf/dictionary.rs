//! A PDF dictionary, limited to the trailer keys `/Encrypt`, `/Prev`, `/XRefStm` and `/Type`.
//!
//! Reads the tokens of ISO 32000-2, 7.2–7.3, so a key within a string, a comment or an inner dictionary
//! does not count, and `/#45ncrypt` does. Nesting is counted, so no input causes recursion.
//!
//! Invariant: every token ends after its start.

/// The contents of a trailer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dictionary {
    /// It has `/Encrypt` with a value other than `null`.
    pub(super) encrypted: bool,
    /// Its type is `/XRef`.
    pub(super) is_cross_reference: bool,
    previous: Option<u64>,
    hybrid: Option<u64>,
}

impl Dictionary {
    /// The offsets of other cross-references. When pushed on a stack, the stream of a hybrid file is
    /// popped first.
    pub(super) fn others(&self) -> impl Iterator<Item = u64> {
        self.previous.into_iter().chain(self.hybrid)
    }

    fn set(&mut self, key: &[u8], value: &Token<'_>) {
        match key {
            b"Encrypt" => self.encrypted |= *value != Token::Word(b"null"),
            b"Prev" => self.previous = value.number(),
            b"XRefStm" => self.hybrid = value.number(),
            b"Type" => self.is_cross_reference |= *value == Token::Name(b"XRef".to_vec()),
            _ => {}
        }
    }
}

/// Reads `1 0 obj << … >>`, the start of a stream.
pub(super) fn of_object(bytes: &[u8]) -> Option<Dictionary> {
    let mut tokens = Tokens(bytes);
    tokens.next()?.number()?;
    tokens.next()?.number()?;
    if tokens.next()? == Token::Word(b"obj") {
        read(tokens.0)
    } else {
        None
    }
}

/// Reads `<< … >>`, or as much of it as is available. `None` if no dictionary starts here.
pub(super) fn read(bytes: &[u8]) -> Option<Dictionary> {
    let mut tokens = Tokens(bytes);
    if tokens.next()? != Token::Open {
        return None;
    }
    let mut dictionary = Dictionary::default();
    let mut inside: u32 = 0;
    let mut key: Option<Vec<u8>> = None;
    for token in tokens {
        match (&token, inside) {
            (Token::Close, 0) => break,
            (Token::Close, _) => inside -= 1,
            (Token::Open, _) => {
                if let (0, Some(key)) = (inside, key.take()) {
                    dictionary.set(&key, &token);
                }
                inside = inside.saturating_add(1);
            }
            (Token::Name(_) | Token::Word(_) | Token::Text, 1..) => {}
            (Token::Name(name), 0) => match key.take() {
                Some(key) => dictionary.set(&key, &token),
                None => key = Some(name.clone()),
            },
            // Without a key, it is the rest of a reference: `12 0 R`.
            (Token::Word(_) | Token::Text, 0) => {
                if let Some(key) = key.take() {
                    dictionary.set(&key, &token);
                }
            }
        }
    }
    Some(dictionary)
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// `<<` or `[`.
    Open,
    /// `>>` or `]`.
    Close,
    /// `/Name` with escapes decoded, at most [`NAME_BYTES`] of it.
    Name(Vec<u8>),
    /// A number or a keyword.
    Word(&'a [u8]),
    /// A string of either kind.
    Text,
}

/// Longer than any relevant name.
const NAME_BYTES: usize = 32;

impl Token<'_> {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Word(word) => std::str::from_utf8(word).ok()?.parse().ok(),
            Self::Open | Self::Close | Self::Name(_) | Self::Text => None,
        }
    }
}

/// The tokens of these bytes; ends at a truncated token.
struct Tokens<'a>(&'a [u8]);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let (first, rest) = self.0.split_first()?;
        let (token, rest) = match first {
            b'<' => match rest.strip_prefix(b"<") {
                Some(rest) => (Token::Open, rest),
                None => (Token::Text, behind(rest, b'>')?),
            },
            b'>' => (Token::Close, rest.strip_prefix(b">").unwrap_or(rest)),
            b'[' => (Token::Open, rest),
            b']' => (Token::Close, rest),
            b'(' => (Token::Text, behind_string(rest)?),
            // Stray delimiters are one-character words.
            b')' | b'{' | b'}' => (Token::Word(self.0.get(..1)?), rest),
            b'/' => {
                let (name, rest) = regular(rest)?;
                (Token::Name(unescaped(name)), rest)
            }
            _ => {
                let (word, rest) = regular(self.0)?;
                (Token::Word(word), rest)
            }
        };
        self.0 = rest;
        Some(token)
    }
}

impl Tokens<'_> {
    /// Skips white space and comments.
    fn skip_space(&mut self) {
        while let Some((first, rest)) = self.0.split_first() {
            if is_space(*first) {
                self.0 = rest;
            } else if *first == b'%' {
                let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                self.0 = rest.get(end.unwrap_or(rest.len())..).unwrap_or_default();
            } else {
                break;
            }
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !b"()<>[]{}/%".contains(&byte)
}

/// Splits after the regular characters.
fn regular(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| !is_regular(*byte));
    bytes.split_at_checked(end.unwrap_or(bytes.len()))
}

fn behind(bytes: &[u8], end: u8) -> Option<&[u8]> {
    let at = bytes.iter().position(|byte| *byte == end)?;
    bytes.get(at + 1..)
}

/// The bytes after the bracket that closes a string whose opening bracket was already read.
fn behind_string(bytes: &[u8]) -> Option<&[u8]> {
    let mut open = 1_u32;
    let mut at = 0;
    while open > 0 {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b'(' => open = open.saturating_add(1),
            b')' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    bytes.get(at..)
}

/// A name with escapes such as `#45` decoded.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut bytes = name;
    let mut plain = Vec::new();
    while let (Some((first, rest)), true) = (bytes.split_first(), plain.len() < NAME_BYTES) {
        let digits = rest.get(..2).filter(|_| *first == b'#');
        let escaped = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(escaped.unwrap_or(*first));
        bytes = if escaped.is_some() {
            rest.get(2..).unwrap_or_default()
        } else {
            rest
        };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Dictionary {
        read(text.as_bytes()).unwrap()
    }

    #[test]
    fn encrypt_is_a_key_of_the_dictionary_itself() {
        for encrypted in [
            "<</Encrypt 12 0 R/Size 5>>",
            "<< /Size 5 % comment /Nothing\n /Encrypt<</V 5>> >>",
            "<</#45ncrypt 1 0 R>>",
            "<</ID[<00><ff>]/Encrypt 1 0 R",
            "<</A(\\)>>)/Encrypt 1 0 R>>",
            "<</A/B/Encrypt 1 0 R>>",
        ] {
            assert!(of(encrypted).encrypted, "{encrypted}");
        }
        for open in [
            "<</Size 5>>",
            "<</Encrypt null>>",
            "<</A/Encrypt/B 1>>",
            "<</A(/Encrypt 1 0 R)>>",
            "<</A((nested) /Encrypt 1 0 R)>>",
            "<</A<</Encrypt 1 0 R>>/B 2>>",
            "<</A[/Encrypt 1 0 R]>>",
            "<</A 1>>/Encrypt 1 0 R",
            "<</A 1 %/Encrypt 1 0 R\n>>",
            "<</EncryptMetadata true>>",
            "<</A(unclosed /Encrypt 1 0 R>>",
        ] {
            assert!(!of(open).encrypted, "{open}");
        }
    }

    #[test]
    fn a_trailer_names_other_cross_references() {
        let found = of("<</Prev 116/XRefStm 7/Type/XRef>>");
        assert_eq!(found.others().collect::<Vec<_>>(), [116, 7]);
        assert!(found.is_cross_reference);
        assert_eq!(
            of("<</Prev -1/XRefStm 99999999999999999999999>>")
                .others()
                .count(),
            0
        );
        assert_eq!(read(b"no dictionary"), None);
        assert!(
            of_object(b"12 0 obj\n<</Type /XRef>>")
                .unwrap()
                .is_cross_reference
        );
        assert_eq!(of_object(b"12 0 R <<>>"), None);
    }
}
