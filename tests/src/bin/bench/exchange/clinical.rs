//! Two hundred cases with full clinical content, different for each, from a fixed seed.

use anyhow::Result;
use mso_core::cases::{CaseRequest, RecommendationContent};
use serde_json::{Value, json};

/// Letters by how often English uses them, so that texts compress about as prose does.
const LETTERS: &[u8; 26] = b"etaoinshrdlucmfwypvbgkjqxz";

/// The generator mulberry32, which needs no library to be the same everywhere.
pub(crate) struct Seeded(u32);

impl Seeded {
    pub(crate) const fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let mut t = (self.0 ^ (self.0 >> 15)).wrapping_mul(1 | self.0);
        t = t.wrapping_add((t ^ (t >> 7)).wrapping_mul(61 | t)) ^ t;
        (t ^ (t >> 14)) % limit
    }

    /// Words of this many letters together.
    pub(crate) fn text(&mut self, letters: usize) -> String {
        let mut text = String::with_capacity(letters + 10);
        while text.len() < letters {
            if !text.is_empty() {
                text.push(' ');
            }
            for _ in 0..2 + self.below(8) {
                let rank = self.below(26).min(self.below(26));
                let letter = usize::try_from(rank).ok().and_then(|rank| LETTERS.get(rank));
                text.push(letter.copied().map_or('e', char::from));
            }
        }
        text
    }
}

/// A request of about 5 kB.
pub(crate) fn request(seeded: &mut Seeded) -> Result<CaseRequest> {
    let diagnosis = |code: &str, rank: &str, text: String| -> Value {
        json!({"icd10": code, "text": text, "rank": rank, "certainty": "confirmed"})
    };
    Ok(serde_json::from_value(json!({
        "service_type": "one_specialist", "specialty": "cardiology", "urgency": {"level": "routine"},
        "clinical_question": seeded.text(300),
        "history": {
            "present_illness": seeded.text(1_500), "past_medical": seeded.text(800), "family": seeded.text(300),
            "social": seeded.text(300),
        },
        "treatment_so_far": seeded.text(800),
        "differential": seeded.text(400),
        "current_diagnosis": [
            diagnosis("I34.0", "primary", seeded.text(60)), diagnosis("I10", "secondary", seeded.text(60)),
        ],
        "consent_basis": {"kind": "written", "obtained_by": "A. Nasser", "obtained_at": "2026-01-02T10:00:00.000Z"},
    }))?)
}

/// An opinion of about 6 kB.
pub(crate) fn opinion(seeded: &mut Seeded) -> Result<RecommendationContent> {
    let advice: Vec<Value> = ["surgery", "investigation", "follow_up"]
        .into_iter()
        .map(|kind| json!({"kind": kind, "text": seeded.text(250), "timeframe": "within 8 weeks"}))
        .collect();
    Ok(serde_json::from_value(json!({
        "brief_history": seeded.text(800),
        "assessment": seeded.text(2_500),
        "diagnosis": [
            {"icd10": "I34.0", "text": seeded.text(60), "rank": "primary", "agreement": "confirmed"},
            {"icd10": "I10", "text": seeded.text(60), "rank": "secondary", "agreement": "confirmed"},
        ],
        "recommendations": advice,
        "medications": [{"name": "Ramipril", "dose": "5 mg", "route": "oral", "frequency": "once daily"}],
        "answer_to_question": seeded.text(1_000),
        "limitations": seeded.text(400),
        "references": [seeded.text(120), seeded.text(120)],
        "declaration": true,
    }))?)
}
