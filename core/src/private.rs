//! `Private<T>`: patient text and secrets that must not reach a log by accident. `Debug` never shows
//! the content and there is no `Display`. The content is not encrypted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Content that prints as `Private(..)`. Access requires an explicit [`Private::reveal`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(T);

impl<T> Private<T> {
    pub const fn new(content: T) -> Self {
        Self(content)
    }

    /// The content. Each caller needs a reason to see it here.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

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
