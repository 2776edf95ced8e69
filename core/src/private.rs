//! `Private<T>`: patient text and secrets that must not reach a log by accident.
//!
//! Not here: encryption. The invariant: `Debug` never shows the content and there is no `Display`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Content that prints as `Private(..)`. Reaching it takes a deliberate [`Private::reveal`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Wraps content that must not be printed.
    pub const fn new(content: T) -> Self {
        Self(content)
    }

    /// The content: say to yourself why it may be seen here.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// The content, unwrapped.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_not_printed() {
        assert_eq!(format!("{:?}", Private::new("Amal Haddad")), "Private(..)");
    }
}
