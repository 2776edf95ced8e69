//! Divides a page of many records into several transactions, so that a command that the user gives meanwhile waits for a
//! few records only, not for all.
//!
//! The first portion has the purge orders and the grants, the last has the answers to commands, the deletions, the numbers
//! of changes and the cursor. A phone that stops in between asks for the same page again, and what was stored of it stays
//! right: it is newer than what was there. Until the last portion, pending commands are laid over records that may contain
//! their effect already; a rule then refuses them, which leaves the record as the server sent it.

use super::{Page, Plan, Step};

/// The most records that one transaction stores.
pub(crate) const RECORDS_AT_ONCE: usize = 200;

/// The plan as plans to be carried out in this order.
pub(crate) fn portions(plan: Plan) -> Vec<Plan> {
    let Step::Page(mut page) = plan.step else {
        return vec![plan];
    };
    let mut portions = Vec::new();
    while page.records.len() > RECORDS_AT_ONCE {
        let rest = page.records.split_off(RECORDS_AT_ONCE);
        let portion = Page {
            begins: page.begins,
            purge: std::mem::take(&mut page.purge),
            grants: std::mem::take(&mut page.grants),
            records: std::mem::replace(&mut page.records, rest),
            changes: Vec::new(),
            gone: Vec::new(),
            unreadable: Vec::new(),
            cursor: None,
            ends: false,
        };
        portions.push(Plan {
            settled: Vec::new(),
            unanswered: Vec::new(),
            acknowledged: Vec::new(),
            chat: Vec::new(),
            step: Step::Page(portion),
            server_time: plan.server_time,
            next_after_ms: plan.next_after_ms,
        });
    }
    portions.push(Plan {
        step: Step::Page(page),
        ..plan
    });
    portions
}

#[cfg(test)]
mod tests;
