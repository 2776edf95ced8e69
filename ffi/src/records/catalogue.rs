//! Specialties and diagnosis codes.

use mso_core::catalogue::icd10::Icd10Edition;

/// A field of medicine.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SpecialtyItem {
    pub code: String,
    pub display: String,
}

/// A code of ICD-10.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DiagnosisCode {
    /// With dot: `I34.0`.
    pub code: String,
    pub edition: Icd10Edition,
    /// In English; absent for codes of the WHO, whose text is not shipped.
    pub title: Option<String>,
    /// Can be recorded; otherwise it is a category, and the codes below it are more specific.
    pub leaf: bool,
}
