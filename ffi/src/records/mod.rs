//! Flat records, named for what a screen shows. They are filled in `views`.

mod billing;
mod case;
mod catalogue;
mod document;
mod draft;
mod opinion;
mod patient;
mod session;
mod sync;

pub use billing::*;
pub use case::*;
pub use catalogue::*;
pub use document::*;
pub use draft::*;
pub use opinion::*;
pub use patient::*;
pub use session::*;
pub use sync::*;
