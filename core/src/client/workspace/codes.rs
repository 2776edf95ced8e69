//! Search for diagnosis codes. Uses neither store nor network: the lists are part of the app (`catalogue::icd10`).

use super::Workspace;
use crate::catalogue::icd10::{self, CodeHit, Icd10Code, Icd10Edition};

impl Workspace {
    /// The best `limit` codes for the start of a code or words of its title; see [`icd10::search`]. Works at any time,
    /// signed in or not. The first call loads the lists, so make it off the main thread.
    #[must_use]
    pub fn search_diagnoses(&self, query: &str, editions: &[Icd10Edition], limit: usize) -> Vec<CodeHit> {
        icd10::search(query, editions, limit)
    }

    /// What this release knows about a code in a record; `None` if it does not list it.
    #[must_use]
    pub fn diagnosis(&self, edition: Icd10Edition, code: &Icd10Code) -> Option<CodeHit> {
        icd10::find(edition, code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::phone::Phone;

    #[test]
    fn a_phone_that_nobody_signed_in_to_finds_codes_without_a_server() {
        let phone = Phone::of_nobody();
        let hits = phone
            .workspace
            .search_diagnoses("mitral insuff", &Icd10Edition::ALL, 10);
        let hit = hits.iter().find(|hit| hit.code.as_str() == "I34.0").unwrap();
        assert_eq!(
            phone.workspace.diagnosis(hit.edition, &hit.code).as_ref(),
            Some(hit)
        );
    }
}
