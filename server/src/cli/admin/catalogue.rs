//! Arguments that add specialties, sellers and prices.

use anyhow::{Context, Result};
use clap::Args;
use mso_core::cases::{ServiceType, UrgencyLevel};
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::InstitutionId;
use mso_core::money::{Currency, Money};
use mso_core::time::Timestamp;
use mso_server::admin::{NewPrice, NewSeller, NewSpecialty};

#[derive(Debug, Args)]
pub(super) struct Specialty {
    /// Code, made of `a-z`, `0-9` and `_`.
    #[arg(long, value_parser = code)]
    code: SpecialtyCode,
    /// Display name.
    #[arg(long)]
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Seller {
    /// Legal name, printed on invoices.
    #[arg(long)]
    legal_name: String,
    /// Address, printed on invoices.
    #[arg(long)]
    address: String,
    /// Registration number, printed on invoices.
    #[arg(long)]
    registration_number: String,
    /// Tax number, printed on invoices.
    #[arg(long)]
    tax_number: String,
    /// Currency, ISO 4217.
    #[arg(long)]
    currency: String,
    /// Prefix of invoice numbers: 2 to 8 capital letters.
    #[arg(long, default_value = "MSO")]
    prefix: String,
    /// Where to pay, printed on invoices.
    #[arg(long)]
    bank_details: Option<String>,
    /// Days from issue until an invoice is due.
    #[arg(long, default_value_t = 30)]
    payment_days: i32,
}

/// Amounts are in the currency's smallest unit.
#[derive(Debug, Args)]
pub(super) struct PriceList {
    /// Currency, ISO 4217.
    #[arg(long)]
    currency: String,
    /// Tax rate in basis points: 1900 is 19 %.
    #[arg(long)]
    tax_bp: i32,
    /// Price of a routine case, before tax.
    #[arg(long)]
    routine_net: i64,
    /// Expert's fee for a routine case.
    #[arg(long)]
    routine_fee: i64,
    /// Price of an urgent case, before tax.
    #[arg(long)]
    urgent_net: i64,
    /// Expert's fee for an urgent case.
    #[arg(long)]
    urgent_fee: i64,
    /// Institution the prices apply to; all institutions, if not given.
    #[arg(long)]
    institution: Option<InstitutionId>,
    /// When the prices take effect; now, if not given.
    #[arg(long)]
    pub(super) valid_from: Option<Timestamp>,
}

impl From<Specialty> for NewSpecialty {
    fn from(new: Specialty) -> Self {
        let Specialty { code, name } = new;
        Self { code, display: name }
    }
}

impl From<Seller> for NewSeller {
    fn from(new: Seller) -> Self {
        let Seller {
            legal_name,
            address,
            registration_number,
            tax_number,
            currency,
            prefix,
            bank_details,
            payment_days,
        } = new;
        Self {
            legal_name,
            address,
            registration_number,
            tax_number,
            currency,
            prefix,
            bank_details,
            payment_days,
        }
    }
}

impl PriceList {
    pub(super) fn prices(&self) -> Result<[NewPrice; 2]> {
        let currency = Currency::from_code(&self.currency).context("the currency is no ISO 4217 code")?;
        let price = |urgency, net, fee| NewPrice {
            service: ServiceType::OneSpecialist,
            urgency,
            institution: self.institution,
            net: Money { minor: net, currency },
            fee: Money { minor: fee, currency },
            tax_rate_bp: self.tax_bp,
        };
        Ok([
            price(UrgencyLevel::Routine, self.routine_net, self.routine_fee),
            price(UrgencyLevel::Urgent, self.urgent_net, self.urgent_fee),
        ])
    }
}

pub(super) fn code(text: &str) -> Result<SpecialtyCode, &'static str> {
    SpecialtyCode::new(text).ok_or("1 to 64 of a-z, 0-9 and _")
}
