//! Flat records, named for what a screen shows. They are filled in `views`.

mod billing;
mod case;
mod catalogue;
mod chat;
mod document;
mod draft;
mod form;
mod notification;
mod opinion;
mod patient;
mod patient_fields;
mod people;
mod session;
mod sync;

pub use billing::*;
pub use case::*;
pub use catalogue::*;
pub use chat::*;
pub use document::*;
pub use draft::*;
pub use form::*;
pub use notification::*;
pub use opinion::*;
pub use patient::*;
pub use patient_fields::*;
pub use people::*;
pub use session::*;
pub use sync::*;
