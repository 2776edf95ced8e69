//! Pages of lists.

use uuid::Uuid;

/// A page of a list that is ordered by a text and, for equal texts, by id.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The last entry of the previous page.
    pub after: Option<(String, Uuid)>,
    /// Maximum number of entries; `None` for all.
    pub limit: Option<i64>,
}

impl Page {
    /// The whole list.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    pub(super) fn after_text(&self) -> Option<&str> {
        self.after.as_ref().map(|(text, _)| text.as_str())
    }

    pub(super) fn after_id(&self) -> Option<Uuid> {
        self.after.as_ref().map(|(_, id)| *id)
    }
}
