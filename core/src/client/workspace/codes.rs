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

    /// What this release knows about a code in a record, from the first of these editions that lists it: a recorded
    /// diagnosis has no edition. `None` if none of them lists it.
    #[must_use]
    pub fn diagnosis(&self, code: &str, editions: &[Icd10Edition]) -> Option<CodeHit> {
        editions.iter().find_map(|edition| {
            let code = Icd10Code::from_input(*edition, code)?;
            icd10::find(*edition, &code)
        })
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
        let found = phone.workspace.diagnosis("I34.0", &[hit.edition]);
        assert_eq!(found.as_ref(), Some(hit));
    }

    #[test]
    fn a_recorded_code_is_looked_up_in_each_edition_in_the_order_asked_for() {
        use Icd10Edition::{Cm2026, Who2019};
        let phone = Phone::of_nobody();
        let edition = |code: &str, editions: &[Icd10Edition]| {
            let found = phone.workspace.diagnosis(code, editions);
            found.map(|hit| hit.edition)
        };
        assert_eq!(edition("I34.0", &[Cm2026, Who2019]), Some(Cm2026));
        assert_eq!(edition("I34.0", &[Who2019, Cm2026]), Some(Who2019));
        assert_eq!(edition("S72.001A", &[Who2019, Cm2026]), Some(Cm2026));
        let unlisted: [(&str, &[Icd10Edition]); 4] = [
            ("I34.0", &[]),
            ("S72.001A", &[Who2019]),
            ("A99.9999", &Icd10Edition::ALL),
            ("chest pain", &Icd10Edition::ALL),
        ];
        for (code, editions) in unlisted {
            assert_eq!(edition(code, editions), None, "{code}");
        }
    }
}
