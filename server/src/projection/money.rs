//! What each role reads about money: an institution its invoices, without the names and notes of admins; an
//! expert their own service records; an admin both. An institution never sees an expert's fee, and an expert
//! never sees an invoice or a price.
//!
//! Phones and the API use the same structs. The invariant: each is built by destructuring the record field by
//! field, so that a new field stays hidden until it is named here.

use mso_core::actor::{Acting, Actor, Role};
use mso_core::ids::{CaseId, InstitutionId, InvoiceId, PaymentId, ProviderId, ServiceRecordId};
use mso_core::invoices::{
    CreditOf, Flag, Invoice, InvoiceAmounts, InvoiceHead, InvoiceVerification, Payment, PaymentState,
    ServiceRecord, ServiceState, WriteOff,
};
use mso_core::money::Money;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::WireRecord;
use mso_core::text::Line;
use mso_core::time::{Date, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::wanted::wire;
use crate::database::columns::from_unsigned;
use crate::database::{DatabaseError, Scoped};
use crate::invoices::records::{self, InvoiceOfCase};
use crate::invoices::services::{self, ServiceOfProvider};

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum InvoiceView {
    /// For the institution that pays.
    Requester(Box<RequesterInvoice>),
    Admin(Box<AdminInvoice>),
}

impl InvoiceView {
    /// The invoice for this actor; `None` for roles that may not see invoices.
    #[must_use]
    pub fn of(actor: &Actor, found: InvoiceOfCase) -> Option<Self> {
        match actor.acting {
            Acting::Requester { institution } => {
                RequesterInvoice::of(institution, found).map(|invoice| Self::Requester(Box::new(invoice)))
            }
            Acting::Admin => Some(Self::Admin(Box::new(AdminInvoice::of(found)))),
            Acting::Provider { .. } | Acting::System => None,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum ServiceRecordView {
    /// For the expert who performed the service.
    Provider(Box<ProviderServiceRecord>),
    Admin(Box<AdminServiceRecord>),
}

impl ServiceRecordView {
    /// The service record for this actor; `None` for roles that may not see service records.
    #[must_use]
    pub fn of(actor: &Actor, found: ServiceOfProvider) -> Option<Self> {
        match actor.acting {
            Acting::Provider { provider } => ProviderServiceRecord::of(provider, found.record)
                .map(|record| Self::Provider(Box::new(record))),
            Acting::Admin => Some(Self::Admin(Box::new(AdminServiceRecord::of(found)))),
            Acting::Requester { .. } | Acting::System => None,
        }
    }
}

/// An invoice, as the invoiced institution reads it.
#[derive(Debug, Serialize)]
pub struct RequesterInvoice {
    id: InvoiceId,
    case_id: CaseId,
    case_number: String,
    number: String,
    issued_at: Timestamp,
    amounts: InvoiceAmounts,
    head: InvoiceHead,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_of: Option<CreditOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reissue_of: Option<InvoiceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reissued_as: Option<InvoiceId>,
    verification: InvoiceVerification,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    past_flags: Vec<Flag>,
    payment: PaymentState,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    payments: Vec<RequesterPayment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_off: Option<RequesterWriteOff>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credited: Option<Money>,
    fully_credited: bool,
    version: u64,
}

/// A received payment.
#[derive(Debug, Serialize)]
struct RequesterPayment {
    id: PaymentId,
    amount: Money,
    received_on: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Line<1, 200>>,
    recorded_at: Timestamp,
}

/// A written-off amount, without who wrote it off and why.
#[derive(Debug, Serialize)]
struct RequesterWriteOff {
    at: Timestamp,
    amount: Money,
}

impl RequesterInvoice {
    fn of(institution: InstitutionId, found: InvoiceOfCase) -> Option<Self> {
        let InvoiceOfCase { invoice, case_number } = found;
        let Invoice {
            id,
            case_id,
            number,
            issued_at,
            amounts,
            head,
            credit_of,
            reissue_of,
            reissued_as,
            verification,
            past_flags,
            payment,
            payments,
            write_off,
            credited,
            fully_credited,
            version,
        } = invoice;
        Some(Self {
            id,
            case_id,
            case_number,
            number,
            issued_at,
            amounts,
            head: head.filter(|head| head.institution_id == institution)?,
            credit_of,
            reissue_of,
            reissued_as,
            verification: without_admins(verification),
            past_flags: past_flags.into_iter().map(flag_without_admin).collect(),
            payment,
            payments: payments.into_iter().map(RequesterPayment::of).collect(),
            write_off: write_off.map(RequesterWriteOff::of),
            credited,
            fully_credited,
            version,
        })
    }
}

impl RequesterPayment {
    fn of(payment: Payment) -> Self {
        let Payment {
            id,
            amount,
            received_on,
            reference,
            recorded_by: _,
            recorded_at,
        } = payment;
        Self {
            id,
            amount,
            received_on,
            reference,
            recorded_at,
        }
    }
}

impl RequesterWriteOff {
    fn of(write_off: WriteOff) -> Self {
        let WriteOff {
            by: _,
            at,
            amount,
            reason: _,
        } = write_off;
        Self { at, amount }
    }
}

fn without_admins(verification: InvoiceVerification) -> InvoiceVerification {
    match verification {
        InvoiceVerification::Pending => InvoiceVerification::Pending,
        InvoiceVerification::Verified { by: _, at } => InvoiceVerification::Verified { by: None, at },
        InvoiceVerification::Flagged(flag) => InvoiceVerification::Flagged(flag_without_admin(flag)),
    }
}

/// A dispute with the text an admin wrote, but without the admin's name.
fn flag_without_admin(flag: Flag) -> Flag {
    Flag {
        by: flag.by.filter(|_| flag.role == Role::Requester),
        ..flag
    }
}

/// An invoice, complete.
#[derive(Debug, Serialize)]
pub struct AdminInvoice {
    case_number: String,
    /// What is currently left to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_to_pay: Option<Money>,
    #[serde(flatten)]
    invoice: Invoice,
}

impl AdminInvoice {
    fn of(found: InvoiceOfCase) -> Self {
        let InvoiceOfCase { invoice, case_number } = found;
        Self {
            case_number,
            left_to_pay: invoice.left_to_pay().ok(),
            invoice,
        }
    }
}

/// A service record, as the expert reads it.
#[derive(Debug, Serialize)]
pub struct ProviderServiceRecord {
    id: ServiceRecordId,
    case_id: CaseId,
    case_number: String,
    provider_id: ProviderId,
    service_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    performed_from: Option<Timestamp>,
    performed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    turnaround_minutes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<Money>,
    state: ServiceState,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<Timestamp>,
    version: u64,
}

impl ProviderServiceRecord {
    fn of(own: ProviderId, record: ServiceRecord) -> Option<Self> {
        let ServiceRecord {
            id,
            case_id,
            case_number,
            provider_id,
            service_code,
            performed_from,
            performed_at,
            turnaround_minutes,
            fee,
            state,
            approved_at,
            settled_at,
            version,
        } = record;
        (provider_id == own).then_some(Self {
            id,
            case_id,
            case_number,
            provider_id,
            service_code,
            performed_from,
            performed_at,
            turnaround_minutes,
            fee,
            state,
            approved_at,
            settled_at,
            version,
        })
    }
}

/// A service record, complete.
#[derive(Debug, Serialize)]
pub struct AdminServiceRecord {
    provider_name: String,
    #[serde(flatten)]
    record: ServiceRecord,
}

impl AdminServiceRecord {
    fn of(found: ServiceOfProvider) -> Self {
        let ServiceOfProvider {
            record,
            provider_name,
        } = found;
        Self {
            provider_name,
            record,
        }
    }
}

/// Invoices of one institution, for its phones.
pub(super) async fn invoices_for_requester(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let found = records::load(tx.conn(), Some(institution), ids).await?;
    let own = found
        .into_iter()
        .filter_map(|invoice| RequesterInvoice::of(institution, invoice));
    own.map(|invoice| {
        let version = from_unsigned(invoice.version, "invoice.version")?;
        wire(
            RecordKind::Invoice,
            invoice.id.as_uuid(),
            invoice.case_id,
            version,
            &invoice,
        )
    })
    .collect()
}

/// Service records of one expert, for their own phones.
pub(super) async fn services_for_provider(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let found = services::load(tx.conn(), Some(provider), ids).await?;
    let own = found
        .into_iter()
        .filter_map(|found| ProviderServiceRecord::of(provider, found.record));
    own.map(|record| {
        let version = from_unsigned(record.version, "service_record.version")?;
        wire(
            RecordKind::ServiceRecord,
            record.id.as_uuid(),
            provider,
            version,
            &record,
        )
    })
    .collect()
}
