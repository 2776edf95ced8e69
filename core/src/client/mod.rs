//! The phone's half. [`Workspace`] is the only public door: everything that an app does goes through it.
//!
//! | to follow | read |
//! |---|---|
//! | a command, from the button to the outbox | `perform`, `overlay`, `store/outbox` |
//! | a command, from the outbox to the server's answer | `engine`, `ask`, `sync/push`, `sync/apply`, `notices` |
//! | a record, from the server to the screen | `sync/apply`, `store/records`, `queries`, `observe` |
//! | a change that the server tells at once | `live` |
//! | a file | `files`, `sync/uploads`, `sync/downloads` |
//! | a case that must go | `sync/purge` |
//!
//! Rules are in `crate::cases` and its neighbours, for phone and server alike. Invariant: what a method confirmed is on
//! disk, encrypted, and reaches the server or comes back as a notice.

mod ask;
pub mod chat;
mod drafts;
mod engine;
mod error;
mod facts;
mod files;
mod forms;
mod freshness;
mod help;
mod key_vault;
mod live;
#[cfg(test)]
mod nothing_lost_tests;
mod notice;
mod notices;
mod observe;
mod overlay;
mod pace;
mod perform;
mod queries;
mod repeat;
mod rest;
mod server_clock;
mod session;
mod shared;
mod store;
mod sync;
mod sync_report;
#[cfg(test)]
mod testing;
pub mod transport;
mod workspace;

pub use drafts::{
    ConflictingField, Draft, DraftChange, DraftText, EditConflict, RefusedPatient, Remedy, WaitingDraft,
    texts,
};
pub use error::WorkspaceError;
pub use files::PlainFile;
pub use forms::{FormOf, SavedForm};
pub use help::Help;
pub use key_vault::{KeyVault, UnwrappedRoot, VaultError};
pub use notice::{KeptRecommendation, Notice, NoticeId, NoticeKind};
pub use observe::{ChangeListener, Changed, Subscription};
pub use pace::Pace;
pub use queries::{
    CaseDetail, CaseSummary, DocumentView, IssueView, ListPage, NotificationSummary, OutboxItem,
    PatientSummary, SyncState, SyncStatus, Transfer,
};
pub use store::StoreRemains;
pub use store::files::{FileState, TransferTotals};
pub use store::outbox::{OutboxState, Trouble};
pub use sync_report::SyncReport;
pub use workspace::{OpenOptions, ProfileView, SessionSummary, Workspace};
