//! The catalogue: specialties, prices, facts about an expert for an assignment, and the list of experts that an
//! admin chooses from.

mod prices;
pub mod routes;
pub mod store;

use mso_core::catalogue::SpecialtyCode;
use mso_core::crypto::Sha256Hash;
use uuid::Uuid;

/// The id of a specialty's record: the first 16 bytes of SHA-256 over `mso specialty ` and the code, as a UUID
/// of version 8 (RFC 9562). Every deployment gives a code the same id, and a phone can compute it.
#[must_use]
pub fn specialty_id(code: &SpecialtyCode) -> Uuid {
    let digest = Sha256Hash::of(format!("mso specialty {}", code.as_str()).as_bytes());
    let mut bytes = [0; 16];
    for (byte, of_digest) in bytes.iter_mut().zip(digest.as_bytes()) {
        *byte = *of_digest;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specialty_has_the_same_id_everywhere() {
        let id = specialty_id(&SpecialtyCode::new("cardiology").unwrap());
        assert_eq!(id, specialty_id(&SpecialtyCode::new("cardiology").unwrap()));
        assert_ne!(id, specialty_id(&SpecialtyCode::new("neurology").unwrap()));
        assert_eq!(id.get_version_num(), 8);
        insta::assert_snapshot!(id, @"5cde4157-2c6b-8f7d-a743-3cad732b9d6a");
    }
}
