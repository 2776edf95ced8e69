//! Invoices and service records as screens show them.

use mso_core::invoices::{self, Invoice, InvoiceAmounts, ServiceRecord};

use super::{string, system_time};
use crate::records::{InvoiceVerification, InvoiceView, ServiceRecordItem};

impl From<Invoice> for InvoiceView {
    fn from(invoice: Invoice) -> Self {
        let left_to_pay = invoice.left_to_pay().unwrap_or(invoice.amounts.gross);
        let Invoice {
            id,
            case_id,
            number,
            issued_at,
            amounts,
            head,
            credit_of,
            reissue_of: _,
            reissued_as,
            verification,
            past_flags: _,
            payment,
            payments: _,
            write_off: _,
            credited: _,
            fully_credited: _,
            version: _,
        } = invoice;
        let InvoiceAmounts {
            lines: _,
            net,
            tax,
            gross,
            tax_by_rate: _,
        } = amounts;
        let (verification, flag_reason) = match verification {
            invoices::InvoiceVerification::Pending => (InvoiceVerification::Pending, None),
            invoices::InvoiceVerification::Verified { by: _, at: _ } => (InvoiceVerification::Verified, None),
            invoices::InvoiceVerification::Flagged(flag) => {
                (InvoiceVerification::Flagged, Some(string(flag.reason)))
            }
        };
        Self {
            invoice_id: id,
            case_id,
            number,
            issued_at: system_time(issued_at),
            net: net.into(),
            tax: tax.into(),
            gross: gross.into(),
            payment,
            left_to_pay: left_to_pay.into(),
            due_date: head.map(|head| head.due_date.to_string()),
            verification,
            flag_reason,
            credit_of: credit_of.map(|credited| credited.number),
            reissued_as,
        }
    }
}

impl From<ServiceRecord> for ServiceRecordItem {
    fn from(record: ServiceRecord) -> Self {
        let ServiceRecord {
            id: _,
            case_id: _,
            case_number,
            provider_id: _,
            service_code,
            performed_at,
            fee,
            performed_from: _,
            turnaround_minutes: _,
            state,
            approved_at: _,
            settled_at,
            version: _,
        } = record;
        Self {
            case_number,
            service_code,
            performed_at: system_time(performed_at),
            fee: fee.map(Into::into),
            state,
            settled_at: settled_at.map(system_time),
        }
    }
}
