//! The invoice and the service record with which tests start.

use std::collections::BTreeMap;

use super::{
    Buyer, Invoice, InvoiceAmounts, InvoiceHead, InvoiceVerification, LineItem, PaymentState, Quantity,
    Seller, SeriesNumber, ServiceRecord, ServiceState, TaxCategory,
};
use crate::ids::{CaseId, InvoiceId, SellerId, ServiceRecordId};
use crate::money::{Currency, Money};
use crate::testing::Fixture;

pub(crate) fn euros(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::EUR,
    }
}

pub(crate) fn item(quantity: i64, unit_net: Money, discount: i64, tax_rate_bp: u32) -> LineItem {
    LineItem {
        description: BTreeMap::new(),
        service_code: "one_specialist".to_owned(),
        quantity: Quantity::of_thousandths(quantity),
        unit_net,
        discount: (discount > 0).then_some(Money {
            minor: discount,
            currency: unit_net.currency,
        }),
        tax_rate_bp,
        tax_category: TaxCategory::of_rate(tax_rate_bp),
    }
}

/// An invoice issued today to the fixture's institution.
pub(crate) fn an_invoice(fixture: &Fixture, items: Vec<LineItem>) -> Invoice {
    let today = fixture.now.date();
    let series = SeriesNumber {
        fiscal_year: 2026,
        number: 1,
    };
    Invoice {
        id: InvoiceId::generate(fixture.now),
        case_id: CaseId::generate(fixture.now),
        number: series.written("MSO"),
        issued_at: fixture.now,
        amounts: InvoiceAmounts::of_items(items).unwrap(),
        head: Some(InvoiceHead {
            institution_id: fixture.institution,
            seller: Seller {
                id: SellerId::generate(fixture.now),
                legal_name: "mso Ltd".to_owned(),
                address: "2 Long Street".to_owned(),
                registration_number: "R-1".to_owned(),
                tax_number: "T-1".to_owned(),
                prefix: "MSO".to_owned(),
                bank_details: None,
            },
            buyer: Buyer {
                name: "Tishreen Hospital".to_owned(),
                names: BTreeMap::new(),
                address: None,
                registration_number: None,
                tax_number: None,
            },
            series,
            supply_date: today,
            due_date: today.plus_days(30),
        }),
        credit_of: None,
        reissue_of: None,
        reissued_as: None,
        verification: InvoiceVerification::Pending,
        past_flags: Vec::new(),
        payment: PaymentState::Open,
        payments: Vec::new(),
        write_off: None,
        credited: None,
        fully_credited: false,
        version: 1,
    }
}

/// An invoice over 100.00 before 19 % tax.
pub(crate) fn a_hundred(fixture: &Fixture) -> Invoice {
    an_invoice(fixture, vec![item(1_000, euros(10_000), 0, 1_900)])
}

/// A service performed today by the fixture's expert.
pub(crate) fn a_service_record(fixture: &Fixture) -> ServiceRecord {
    ServiceRecord {
        id: ServiceRecordId::generate(fixture.now),
        case_id: CaseId::generate(fixture.now),
        case_number: "MSO-2026-000001".to_owned(),
        provider_id: fixture.provider,
        service_code: "one_specialist".to_owned(),
        performed_from: None,
        performed_at: fixture.now,
        turnaround_minutes: None,
        fee: None,
        state: ServiceState::Recorded,
        approved_at: None,
        settled_at: None,
        version: 1,
    }
}
