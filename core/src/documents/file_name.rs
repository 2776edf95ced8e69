//! The name of a file as its sender declares it: for display, and safe to save under.
//!
//! The invariant: a name that fits is the last part of a path on no system, hides nothing and is reserved
//! nowhere. Phones clean the names that they find; the rule refuses names that are not clean, and a name that was
//! stored before stays readable.

use crate::text::{Form, Line, Named, OneLine, Text, TextError};

/// Maximum number of characters.
const MOST: usize = 200;

/// What a file is called of whose name nothing is left.
const NAMELESS: &str = "file";

/// The name of a file.
pub type FileName = Text<1, MOST, Named>;

impl FileName {
    /// Makes a name that fits out of any text: without path, invisible and reserved characters, dots and
    /// spaces at the ends.
    pub fn cleaned(name: &str) -> Result<Self, TextError> {
        Self::new(&clean(name))
    }

    /// Whether the name may be declared.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        clean(self.as_str()) == self.as_str()
    }
}

fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().filter(|c| !c.is_control());
    let allowed =
        OneLine::canonical(&shown.collect::<String>()).replace([':', '*', '?', '"', '<', '>', '|'], "_");
    let bare = |name: &str| name.trim_matches([' ', '.']).to_owned();
    // Cut before it is trimmed again: the cut can end in a space.
    let name = bare(&bare(&allowed).chars().take(MOST).collect::<String>());
    match Line::<1, MOST>::new(&name) {
        Ok(_) if is_reserved(&name) => format!("{NAMELESS}-{name}").chars().take(MOST).collect(),
        Ok(_) => name,
        Err(_) => NAMELESS.to_owned(),
    }
}

/// Whether Windows takes the name for a device, whatever its extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is_numbered = |device: &str| {
        let end = stem.get(..3).filter(|start| start.eq_ignore_ascii_case(device));
        end.is_some() && stem.chars().count() == 4 && stem.ends_with(|c: char| "123456789¹²³".contains(c))
    };
    ["con", "prn", "aux", "nul"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
        || is_numbered("com")
        || is_numbered("lpt")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lose_their_paths_and_what_hides() {
        for (given, shown) in [
            ("../../etc/passwd", "passwd"),
            (r"C:\scans\lung.dcm", "lung.dcm"),
            ("a\u{0}b\n.pdf", "ab.pdf"),
            ("lung\u{202e}fdp.exe", "lungfdp.exe"),
            (".htaccess", "htaccess"),
            ("...", "file"),
            (" report.pdf. ", "report.pdf"),
            ("what?.pdf", "what_.pdf"),
            ("CON.txt", "file-CON.txt"),
            ("com1", "file-com1"),
            ("command.txt", "command.txt"),
            ("\u{200b}", "file"),
            ("", "file"),
            ("x/", "file"),
            ("صورة الصدر.jpg", "صورة الصدر.jpg"),
        ] {
            assert_eq!(FileName::cleaned(given).unwrap().as_str(), shown, "{given:?}");
        }
        let long = FileName::cleaned(&"é".repeat(300)).unwrap();
        assert_eq!(long.as_str().chars().count(), 200);
    }

    #[test]
    fn a_name_from_before_is_read_and_not_taken_for_clean() {
        for given in ["../../x", "a\nb", "a\u{202e}b", ".x", "a:b", "nul", "a ."] {
            let json = serde_json::to_string(given).unwrap();
            let name: FileName = serde_json::from_str(&json).unwrap();
            assert_eq!(name.as_str(), given);
            assert!(!name.is_clean(), "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_can_be_cleaned_once(name in "(\\PC|\\p{Any}|[./\\\\: ]|con|nul)*") {
            let clean = FileName::cleaned(&name).unwrap();
            prop_assert!(clean.is_clean(), "{:?}", clean.as_str());
        }
    }
}
