//! ICD-10 as shipped with the app: whether a code is listed, and which codes match a few typed words.
//!
//! The lists are read from `core/data/icd10/` once per process and kept in compact form.
//! `cargo xtask icd10` generates them.
//!
//! ```
//! use mso_core::catalogue::icd10::{self, Icd10Code, Icd10Edition};
//!
//! let code = Icd10Code::from_input(Icd10Edition::Cm2026, "i340").ok_or("not a code")?;
//! assert!(icd10::is_listed(Icd10Edition::Cm2026, &code));
//! let hits = icd10::search("mitral insuff", &[Icd10Edition::Cm2026], 10);
//! assert!(hits.iter().any(|hit| hit.code == code));
//! # Ok::<(), &str>(())
//! ```
//!
//! The two editions have different licences: ICD-10-CM is shipped with codes and titles, WHO's ICD-10
//! with codes only, so a WHO code is found by its prefix and shown without a title. Invariant: no WHO
//! title enters this module before a person has cleared WHO's terms.
//!
//! The lists are fixed for a release. A code of a later edition is not listed here; this means that the
//! release does not know it, not that it does not exist.

mod code;
mod list;
mod search;
mod titles;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

pub use code::{Icd10Code, Icd10Edition};
pub use search::{CodeHit, search};

use list::CodeList;
use titles::Titles;

static CM_CODES: &[u8] = include_bytes!("../../../data/icd10/cm-2026.codes.zz");
static CM_TITLES: &[u8] = include_bytes!("../../../data/icd10/cm-2026.titles.zz");
static WHO_CODES: &[u8] = include_bytes!("../../../data/icd10/who-2019.codes.zz");

/// Whether this release lists the code in this edition, as a recordable code or as a category above
/// such codes.
#[must_use]
pub fn is_listed(edition: Icd10Edition, code: &Icd10Code) -> bool {
    list_of(edition).position(code.packed()).is_some()
}

/// The title of a code in this edition and whether it is a leaf; `None` if the code is not listed.
#[must_use]
pub fn find(edition: Icd10Edition, code: &Icd10Code) -> Option<CodeHit> {
    let list = list_of(edition);
    search::hit(edition, list, list.position(code.packed())?)
}

fn list_of(edition: Icd10Edition) -> &'static CodeList {
    static CM: OnceLock<CodeList> = OnceLock::new();
    static WHO: OnceLock<CodeList> = OnceLock::new();
    let (once, packed) = match edition {
        Icd10Edition::Who2019 => (&WHO, WHO_CODES),
        Icd10Edition::Cm2026 => (&CM, CM_CODES),
    };
    once.get_or_init(|| shipped(unpack(packed).and_then(|text| CodeList::read(&text))))
}

fn titles_of(edition: Icd10Edition) -> Option<&'static Titles> {
    static CM: OnceLock<Titles> = OnceLock::new();
    match edition {
        Icd10Edition::Who2019 => None,
        Icd10Edition::Cm2026 => {
            Some(CM.get_or_init(|| shipped(unpack(CM_TITLES).and_then(|text| Titles::read(&text)))))
        }
    }
}

fn unpack(packed: &[u8]) -> Option<String> {
    String::from_utf8(miniz_oxide::inflate::decompress_to_vec_zlib(packed).ok()?).ok()
}

/// The data is compiled in and read by a test, so reading cannot fail. If it does, nothing is listed.
fn shipped<T: Default>(read: Option<T>) -> T {
    debug_assert!(read.is_some(), "core/data/icd10 does not read");
    read.unwrap_or_default()
}
