//! What the histories came to, so that a test that compares nothing fails.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// Statuses in which phone and server gave the same answer to a command, by its name and whether it was yes.
    pub(super) compared: BTreeMap<(&'static str, bool), BTreeSet<&'static str>>,
    pub(super) statuses: BTreeSet<&'static str>,
    pub(super) closures: BTreeSet<&'static str>,
    /// Commands that were refused after they had been confirmed on a phone, by name and code.
    pub(super) refused_late: BTreeSet<(&'static str, String)>,
    /// Texts that were found again as drafts.
    pub(super) drafts: usize,
}

impl Coverage {
    pub(super) fn add(&mut self, other: Self) {
        for (what, statuses) in other.compared {
            self.compared.entry(what).or_default().extend(statuses);
        }
        self.statuses.extend(other.statuses);
        self.closures.extend(other.closures);
        self.refused_late.extend(other.refused_late);
        self.drafts += other.drafts;
    }
}
