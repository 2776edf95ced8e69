//! Looks for texts where they must not be: in a database, in files, in traffic; as they are and in the encodings in which they
//! would still be readable.

use std::path::Path;

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use mso_core::protocol::compression;

/// Texts to look for.
pub struct Canaries(AhoCorasick);

impl Canaries {
    /// Looks for each text as UTF-8, UTF-16, hexadecimal and Base64.
    pub fn of(texts: &[&str]) -> Result<Self> {
        let forms = texts.iter().flat_map(|text| forms(text));
        Ok(Self(AhoCorasick::new(forms)?))
    }

    /// Number of places in the bytes where one of the texts stands.
    #[must_use]
    pub fn hits(&self, bytes: &[u8]) -> usize {
        self.0.find_iter(bytes).count()
    }

    /// Number of places in the files of a folder and of the folders in it. A file that is deleted meanwhile has none.
    pub fn hits_in_files(&self, folder: &Path) -> Result<usize> {
        let mut hits = 0;
        for entry in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                hits += self.hits_in_files(&entry.path())?;
            } else if kind.is_file()
                && let Ok(bytes) = std::fs::read(entry.path())
            {
                hits += self.hits(&bytes);
            }
        }
        Ok(hits)
    }

    /// Number of places in one direction of a connection with HTTP/1.1 messages, whose compressed bodies are read as well.
    pub fn hits_in_traffic(&self, recorded: &[u8]) -> Result<usize> {
        let mut hits = self.hits(recorded);
        let mut rest = recorded;
        while let Some(at) = find(rest, b"\r\n\r\n") {
            let (head, body) = rest.split_at(at + 4);
            let length = body_length(head);
            let body = body.get(..length).unwrap_or(body);
            if is_compressed(head) && body.len() == length {
                hits += self.hits(&compression::decompress(body, 1 << 30)?);
            }
            rest = rest.get(head.len() + body.len()..).unwrap_or_default();
        }
        Ok(hits)
    }
}

fn forms(text: &str) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = vec![
        text.as_bytes().to_vec(),
        utf16,
        hex(text.as_bytes()).into_bytes(),
        hex(text.as_bytes()).to_uppercase().into_bytes(),
    ];
    // What stands before it decides which of three Base64 texts it becomes; the characters at both ends depend on neighbours.
    for before in 0..3_usize {
        let encoded = STANDARD_NO_PAD.encode([vec![0; before], text.as_bytes().to_vec()].concat());
        let from = (before * 8).div_ceil(6);
        let whole = encoded.get(from..encoded.len().saturating_sub(1));
        forms.extend(whole.map(|whole| whole.as_bytes().to_vec()));
    }
    forms
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn field(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head).to_lowercase();
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(|value| value.trim().to_owned())
}

fn body_length(head: &[u8]) -> usize {
    field(head, "content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0)
}

fn is_compressed(head: &[u8]) -> bool {
    field(head, "content-encoding").as_deref() == Some(compression::ZSTD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_encoding_wherever_it_begins() {
        let canaries = Canaries::of(&["canary-5512"]).unwrap();
        for before in ["", "a", "ab", "abc"] {
            let plain = format!("{before}canary-5512 and more");
            let encoded = STANDARD_NO_PAD.encode(&plain);
            let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let hex: String = plain.bytes().map(|byte| format!("{byte:02X}")).collect();
            for bytes in [plain.as_bytes(), encoded.as_bytes(), &utf16, hex.as_bytes()] {
                assert_eq!(canaries.hits(bytes), 1, "{bytes:?}");
            }
        }
        assert_eq!(canaries.hits(b"canary-551"), 0);
    }

    #[test]
    fn compressed_bodies_are_read() {
        let canaries = Canaries::of(&["canary-5512"]).unwrap();
        let body = compression::compress(&"canary-5512 ".repeat(200).into_bytes()).unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nContent-Encoding: zstd\r\n\r\n",
            body.len()
        );
        let plain = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\ncanary-5512";
        let traffic = [plain.as_slice(), head.as_bytes(), &body, plain].concat();
        // A text may also stand readable in the compressed body itself.
        assert!(canaries.hits_in_traffic(&traffic).unwrap() >= 202);
    }
}
