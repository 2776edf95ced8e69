//! What becomes of the invoice and the service record of a case that is done.
//!
//! The invariant: who pays, and how much, follows from the patient's place in the table alone.

use mso_core::command::Command;
use mso_core::ids::{CaseId, InvoiceId, PaymentId};
use mso_core::invoices::{
    ApproveService, CreditScope, FlagInvoice, IssueCreditNote, RecordPayment, SettleService, VerifyInvoice,
};
use mso_core::money;
use mso_core::time::Timestamp;

use super::error::{DemoDataError, text};
use super::ids;
use super::people::Cast;
use super::plan::{Act, DAY, HOUR, Plan};
use super::store;
use crate::database::Database;

/// The patient whose institution disputes the invoice.
const DISPUTED: usize = 14;
/// The patient whose invoice is credited.
const CREDITED: usize = 17;

/// A step with the money of a case.
#[derive(Debug, Clone, Copy)]
pub(super) enum Money {
    Verify,
    /// By a requester.
    Dispute(&'static str),
    Pay,
    PayHalf,
    Credit,
    Approve,
    Settle,
}

impl Plan<'_> {
    /// What follows for the money after the case was done.
    pub(super) fn money(&mut self, done: i64, case: CaseId, patient: usize, requester: &'static str) {
        let mut step = |minutes, money| self.add(done + minutes, Act::Money(case, money));
        if patient % 6 != 5 {
            step(20 * HOUR, Money::Verify);
        }
        if patient % 4 != 3 {
            step(30 * HOUR, Money::Approve);
        }
        if patient.is_multiple_of(4) {
            step(10 * DAY, Money::Settle);
        }
        match (patient, patient % 3) {
            (DISPUTED, _) => step(40 * HOUR, Money::Dispute(requester)),
            (CREDITED, _) => step(8 * DAY, Money::Credit),
            (_, 0) => step(6 * DAY, Money::Pay),
            (_, 1) => step(7 * DAY, Money::PayHalf),
            (_, _) => {}
        }
    }
}

/// The command of this step, and who gives it.
pub(super) async fn command(
    database: &Database,
    cast: &Cast,
    case: CaseId,
    money: Money,
    at: Timestamp,
) -> Result<(&'static str, Command), DemoDataError> {
    let admin = cast.actor("admin")?;
    let (invoice_id, gross) = store::invoice_of(database, &admin, case).await?;
    let pay = |amount: money::Money| -> Result<Command, DemoDataError> {
        Ok(RecordPayment {
            invoice_id,
            payment_id: PaymentId::from_uuid(ids::named(&format!("payment {case}"), at)),
            amount,
            received_on: at.date(),
            reference: Some(text("reference", "Bank transfer")?),
        }
        .into())
    };
    let command: Command = match money {
        Money::Verify => VerifyInvoice {
            invoice_id,
            settles_dispute: false,
        }
        .into(),
        Money::Dispute(by) => {
            let flag = FlagInvoice {
                invoice_id,
                reason: text("reason", "The price agreed for our institution is lower")?,
            };
            return Ok((by, flag.into()));
        }
        Money::Pay => pay(gross)?,
        Money::PayHalf => pay(money::Money {
            minor: gross.minor / 2,
            currency: gross.currency,
        })?,
        Money::Credit => IssueCreditNote {
            invoice_id,
            credit_note_id: InvoiceId::from_uuid(ids::named(&format!("credit note {case}"), at)),
            scope: CreditScope::Whole,
            reason: text("reason", "Billed although covered by an agreement")?,
        }
        .into(),
        Money::Approve => ApproveService {
            service_record_id: store::service_of(database, &admin, case).await?,
        }
        .into(),
        Money::Settle => SettleService {
            service_record_id: store::service_of(database, &admin, case).await?,
        }
        .into(),
    };
    Ok(("admin", command))
}
