//! Forms that are being filled in, saved while a person types.

use super::Workspace;
use crate::cases::{CaseAction, StartReview};
use crate::client::error::WorkspaceError;
use crate::client::forms::{self, FormOf, SavedForm};
use crate::client::observe::Changed;
use crate::client::overlay;
use crate::client::perform::perform_in;
use crate::client::store;
use crate::command::Aggregate;
use crate::facts::Facts;

impl Workspace {
    /// Saves a form, complete or not, in place of what was saved of it before. The first saved opinion starts the review, if
    /// the case can be reviewed now (D-8); nothing else is sent. At most 1 MiB.
    pub fn save_form(&self, of: FormOf, content: &[u8]) -> Result<(), WorkspaceError> {
        if content.len() > forms::LARGEST {
            return Err(WorkspaceError::Invalid {
                field: "form",
                reason: "too_large",
            });
        }
        self.remake(|tx, actor, now| {
            let server_time = store::settings::server_time(tx)?.unwrap_or(now);
            store::forms::put(tx, of, content, now, server_time)?;
            let mut changes = vec![Changed::SyncStatus];
            if let FormOf::Recommendation(case_id) = of {
                let shown = overlay::shown_view(tx, Aggregate::Case(case_id))?;
                let facts = shown.facts(&Facts::default());
                let starts = shown.case.is_some_and(|record| {
                    let offered = record.case.allowed_actions(&actor, &facts);
                    offered.contains(&CaseAction::StartReview)
                });
                if starts {
                    perform_in(tx, actor, &StartReview { case_id }.into(), now)?;
                    changes.push(Changed::Case(case_id));
                }
            }
            Ok(changes)
        })
    }

    /// All saved forms, the one saved last first.
    pub fn saved_forms(&self) -> Result<Vec<SavedForm>, WorkspaceError> {
        self.read(store::forms::all)
    }

    /// What was saved of a form last.
    pub fn saved_form(&self, of: FormOf) -> Result<Option<SavedForm>, WorkspaceError> {
        self.read(|conn| store::forms::get(conn, of))
    }

    /// Discards a form. Its files stay staged.
    pub fn discard_form(&self, of: FormOf) -> Result<(), WorkspaceError> {
        self.remake(|tx, _, _| {
            store::forms::delete(tx, of)?;
            Ok(vec![Changed::SyncStatus])
        })
    }
}

#[cfg(test)]
mod tests;
