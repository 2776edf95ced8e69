//! Specialties, price lists, and the sellers that issue invoices.

use mso_core::cases::{ServiceType, UrgencyLevel};
use mso_core::catalogue::{
    AddPriceListVersion, PriceKey, PriceListEntry, PriceListVersion, SetSpecialty, SpecialtyCode,
    SpecialtySetting,
};
use mso_core::decision::Event;
use mso_core::facts::{Fact, Facts};
use mso_core::ids::{InstitutionId, PriceListId, SellerId, StreamId};
use mso_core::money::Money;
use mso_core::text::{Coded, Free, OneLine, Text};
use mso_core::time::Timestamp;
use uuid::Uuid;

use super::change::Change;
use super::error::{AdminError, refused, text};
use crate::catalogue::{specialty_id, store};
use crate::database::{DatabaseError, from_timestamp};
use crate::invoices::store as invoices;
use crate::people::write;

/// A medical specialty to add to the catalogue.
#[derive(Debug, Clone)]
pub struct NewSpecialty {
    pub code: SpecialtyCode,
    pub display: String,
}

/// A legal entity that issues invoices. Its names, numbers, address and bank details are printed on them.
#[derive(Debug, Clone)]
pub struct NewSeller {
    pub legal_name: String,
    pub address: String,
    pub registration_number: String,
    pub tax_number: String,
    /// ISO 4217; the currency of all its invoices.
    pub currency: String,
    /// Prefix of invoice numbers: 2 to 8 capital letters, unique to this seller.
    pub prefix: String,
    /// Where to pay.
    pub bank_details: Option<String>,
    /// Days from issue until an invoice is due, 0 to 365.
    pub payment_days: i32,
}

/// One entry of a price list.
#[derive(Debug, Clone)]
pub struct NewPrice {
    pub service: ServiceType,
    pub urgency: UrgencyLevel,
    /// The institution this price applies to; `None` for all institutions without a price of their own.
    pub institution: Option<InstitutionId>,
    /// Before tax.
    pub net: Money,
    /// The expert's fee, in the same currency.
    pub fee: Money,
    /// In basis points, 0 to 10,000.
    pub tax_rate_bp: i32,
}

impl NewPrice {
    fn entry(&self) -> Result<PriceListEntry, AdminError> {
        Ok(PriceListEntry {
            key: PriceKey {
                service_type: self.service,
                urgency: self.urgency,
                institution_id: self.institution,
            },
            net: self.net,
            tax_rate_bp: u32::try_from(self.tax_rate_bp).map_err(|_| AdminError::Invalid {
                field: "tax",
                problem: "must be 0 to 10000 basis points",
            })?,
            provider_fee: self.fee,
        })
    }
}

impl Change {
    /// Adds a specialty to the catalogue.
    pub async fn create_specialty(&mut self, new: &NewSpecialty) -> Result<Uuid, AdminError> {
        store::lock_catalogue(self.tx.conn()).await?;
        if store::lock_specialty(self.tx.conn(), &new.code).await?.is_some() {
            return Err(AdminError::Taken {
                what: "the specialty",
            });
        }
        let command = SetSpecialty {
            code: new.code.clone(),
            display: text("name", &new.display)?,
            active: true,
        };
        let decision = self.decide(&command, &Facts::default())?;
        for setting in decision.events.iter().filter_map(setting_of) {
            write::specialty(self.tx.conn(), setting, &mut self.touched).await?;
        }
        let id = specialty_id(&new.code);
        self.audit(StreamId::CATALOGUE, "create_specialty", "specialty", id)
            .await?;
        Ok(id)
    }

    pub async fn create_seller(&mut self, new: &NewSeller) -> Result<SellerId, AdminError> {
        if !(2..=8).contains(&new.prefix.len()) || !new.prefix.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(AdminError::Invalid {
                field: "prefix",
                problem: "must be 2 to 8 capital letters",
            });
        }
        if mso_core::money::currency(&new.currency).is_none() {
            return Err(AdminError::Invalid {
                field: "currency",
                problem: "is no ISO 4217 code of money",
            });
        }
        if !(0..=365).contains(&new.payment_days) {
            return Err(AdminError::Invalid {
                field: "payment days",
                problem: "must be 0 to 365",
            });
        }
        let bank_details = new.bank_details.as_deref();
        let bank_details = bank_details
            .map(|details| text::<1000, Free>("bank details", details))
            .transpose()?;
        let id = SellerId::generate(self.now);
        let (legal_name, address) = (
            text::<300, OneLine>("legal name", &new.legal_name)?,
            text::<1000, Free>("address", &new.address)?,
        );
        let (registration_number, tax_number) = (
            text::<100, Coded>("registration number", &new.registration_number)?,
            text::<100, OneLine>("tax number", &new.tax_number)?,
        );
        sqlx::query!(
            "insert into seller
               (id, legal_name, address, registration_number, tax_number, currency, prefix, created_at, bank_details,
                payment_days)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            id.as_uuid(),
            legal_name.as_str(),
            address.as_str(),
            registration_number.as_str(),
            tax_number.as_str(),
            new.currency,
            new.prefix,
            from_timestamp(self.now),
            bank_details.as_ref().map(Text::as_str),
            new.payment_days,
        )
        .execute(self.tx.conn())
        .await
        .map_err(|error| refused(DatabaseError::from(error)))?;
        self.audit(StreamId::CATALOGUE, "create_seller", "seller", id.as_uuid())
            .await?;
        Ok(id)
    }

    /// Adds a version of the price list, in currencies that have a seller. Submitted cases keep the price they were given (D-16).
    pub async fn create_price_list(
        &mut self,
        valid_from: Timestamp,
        prices: &[NewPrice],
    ) -> Result<PriceListId, AdminError> {
        let id = PriceListId::generate(self.now);
        let entries = prices.iter().map(NewPrice::entry).collect::<Result<_, _>>()?;
        let command = AddPriceListVersion {
            price_list_id: id,
            valid_from: Some(valid_from),
            valid_to: None,
            entries,
        };
        store::lock_catalogue(self.tx.conn()).await?;
        let facts = Facts {
            price_lists: Fact::Known(store::price_lists(self.tx.conn()).await?),
            sellers: Fact::Known(invoices::seller_currencies(self.tx.conn()).await?),
            ..Facts::default()
        };
        let decision = self.decide(&command, &facts)?;
        for version in decision.events.iter().filter_map(version_of) {
            store::insert_price_list(self.tx.conn(), version, self.now)
                .await
                .map_err(refused)?;
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
}

fn setting_of(event: &Event) -> Option<&SpecialtySetting> {
    if let Event::Specialty(setting) = event {
        Some(setting)
    } else {
        None
    }
}

fn version_of(event: &Event) -> Option<&PriceListVersion> {
    if let Event::PriceList(version) = event {
        Some(version)
    } else {
        None
    }
}
