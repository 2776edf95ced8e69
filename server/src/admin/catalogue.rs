//! Specialties, prices, and who issues invoices.

use mso_core::cases::{ServiceType, UrgencyLevel};
use mso_core::catalogue::SpecialtyCode;
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{InstitutionId, PartyId, PriceListId, SellerId, StreamId};
use mso_core::money::Money;
use mso_core::protocol::records::RecordKind;
use mso_core::time::Timestamp;
use uuid::Uuid;

use super::{AdminError, Change, refused, text};
use crate::database::from_timestamp;

/// A field of medicine to be offered.
#[derive(Debug, Clone)]
pub struct NewSpecialty {
    /// The code.
    pub code: SpecialtyCode,
    /// As shown.
    pub display: String,
}

/// A legal entity that issues invoices.
#[derive(Debug, Clone)]
pub struct NewSeller {
    /// On invoices.
    pub legal_name: String,
    /// On invoices.
    pub address: String,
    /// On invoices.
    pub registration_number: String,
    /// On invoices.
    pub tax_number: String,
    /// ISO 4217, of all its invoices.
    pub currency: String,
    /// Of invoice numbers: 2 to 8 capital letters.
    pub prefix: String,
}

/// One row of a price list.
#[derive(Debug, Clone)]
pub struct NewPrice {
    /// What is asked for.
    pub service: ServiceType,
    /// How soon.
    pub urgency: UrgencyLevel,
    /// For this institution; `None`: for all that have no price of their own.
    pub institution: Option<InstitutionId>,
    /// Before tax.
    pub net: Money,
    /// What the expert gets, in the same currency.
    pub fee: Money,
    /// In basis points, 0 to 10,000.
    pub tax_rate_bp: i32,
}

/// The id of a specialty's record: the first 16 bytes of SHA-256 over `mso specialty ` and the code, as a UUID of
/// version 8 (RFC 9562). So every deployment gives a code the same id, and a phone may compute it.
#[must_use]
pub fn specialty_id(code: &SpecialtyCode) -> Uuid {
    let digest = Sha256Hash::of(format!("mso specialty {}", code.as_str()).as_bytes());
    let mut bytes = [0; 16];
    for (byte, of_digest) in bytes.iter_mut().zip(digest.as_bytes()) {
        *byte = *of_digest;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl Change {
    /// Adds a specialty to the catalogue.
    pub async fn create_specialty(&mut self, new: &NewSpecialty) -> Result<Uuid, AdminError> {
        let id = specialty_id(&new.code);
        sqlx::query!(
            "insert into specialty (code, id, display, created_at) values ($1, $2, $3, $4)",
            new.code.as_str(),
            id,
            text::<200>("name", &new.display)?,
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        self.join(PartyId::EVERYONE, StreamId::CATALOGUE).await?;
        self.record(StreamId::CATALOGUE, RecordKind::Specialty, id);
        self.audit(StreamId::CATALOGUE, "create_specialty", "specialty", id)
            .await?;
        Ok(id)
    }

    /// Adds a seller.
    pub async fn create_seller(&mut self, new: &NewSeller) -> Result<SellerId, AdminError> {
        if !(2..=8).contains(&new.prefix.len()) || !new.prefix.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(AdminError::Invalid {
                field: "prefix",
                problem: "must be 2 to 8 capital letters",
            });
        }
        if mso_core::money::Currency::from_code(&new.currency).is_none() {
            return Err(AdminError::Invalid {
                field: "currency",
                problem: "is no ISO 4217 code",
            });
        }
        let id = SellerId::generate(self.now);
        sqlx::query!(
            "insert into seller
               (id, legal_name, address, registration_number, tax_number, currency, prefix, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            id.as_uuid(),
            text::<300>("legal name", &new.legal_name)?,
            text::<1000>("address", &new.address)?,
            text::<100>("registration number", &new.registration_number)?,
            text::<100>("tax number", &new.tax_number)?,
            new.currency,
            new.prefix,
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        self.audit(StreamId::CATALOGUE, "create_seller", "seller", id.as_uuid())
            .await?;
        Ok(id)
    }

    /// Adds a version of the price list. Submitted cases keep the price they were given (D-16).
    pub async fn create_price_list(
        &mut self,
        valid_from: Timestamp,
        prices: &[NewPrice],
    ) -> Result<PriceListId, AdminError> {
        let id = PriceListId::generate(self.now);
        sqlx::query!(
            "insert into price_list (id, valid_from, created_at) values ($1, $2, $3)",
            id.as_uuid(),
            from_timestamp(valid_from),
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        for price in prices {
            self.add_price(id, price).await?;
        }
        self.audit(
            StreamId::CATALOGUE,
            "create_price_list",
            "price_list",
            id.as_uuid(),
        )
        .await?;
        Ok(id)
    }

    async fn add_price(&mut self, list: PriceListId, new: &NewPrice) -> Result<(), AdminError> {
        if new.net.currency != new.fee.currency {
            return Err(AdminError::Invalid {
                field: "fee",
                problem: "is in another currency than the price",
            });
        }
        if new.net.minor < 0 || new.fee.minor < 0 {
            return Err(AdminError::Invalid {
                field: "price",
                problem: "must not be negative",
            });
        }
        if !(0..=10_000).contains(&new.tax_rate_bp) {
            return Err(AdminError::Invalid {
                field: "tax",
                problem: "must be 0 to 10000 basis points",
            });
        }
        sqlx::query!(
            "insert into price
               (price_list_id, service_type, urgency, institution_id, net_minor, fee_minor, currency, tax_rate_bp)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            list.as_uuid(),
            new.service.name(),
            new.urgency.name(),
            new.institution.map(InstitutionId::as_uuid),
            new.net.minor,
            new.fee.minor,
            new.net.currency.code(),
            new.tax_rate_bp,
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        Ok(())
    }
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
