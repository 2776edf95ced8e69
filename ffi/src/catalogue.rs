//! Handle: the catalogue.

use std::sync::Arc;

use mso_core::catalogue::icd10::Icd10Edition;
use mso_core::client;

use crate::error::MsoError;
use crate::records::{DiagnosisCode, SpecialtyItem};
use crate::text::EnteredText;
use crate::views::each;

/// Specialties and diagnosis codes.
#[derive(uniffi::Object)]
pub struct Catalogue(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Catalogue {
    /// The specialties in which opinions are offered.
    pub fn specialties(&self) -> Result<Vec<SpecialtyItem>, MsoError> {
        Ok(each(self.0.specialties()?))
    }

    /// The best matches for the beginning of a code or words of its title. The first call loads the lists, so make it
    /// off the main thread.
    pub fn search_diagnoses(
        &self,
        query: EnteredText,
        editions: Vec<Icd10Edition>,
        limit: u32,
    ) -> Result<Vec<DiagnosisCode>, MsoError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let query = query.of("query")?;
        Ok(each(self.0.search_diagnoses(query, &editions, limit)))
    }

    /// The code in the first of these editions that lists it, to show its title: a recorded diagnosis has a code, but no
    /// edition. Absent if none of them does: this release does not know it, but it may exist. The first call loads the
    /// lists, so make it off the main thread.
    pub fn diagnosis(
        &self,
        code: EnteredText,
        editions: Vec<Icd10Edition>,
    ) -> Result<Option<DiagnosisCode>, MsoError> {
        let found = self.0.diagnosis(code.of("code")?, &editions);
        Ok(found.map(DiagnosisCode::from))
    }
}
