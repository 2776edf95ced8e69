//! The texts of a draft, each by its place, so that any of them can be shown and changed without knowing the operation.

use std::collections::BTreeSet;

use crate::client::error::WorkspaceError;
use crate::command::Command;

/// One text of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftText {
    /// A JSON pointer (RFC 6901) into the command's payload, such as `/request/clinical_question`.
    pub place: String,
    pub text: String,
}

/// What the phone found out about a file by itself.
const FOUND_OUT: [&str; 2] = ["sha256", "media_type"];

/// What was entered: every value of the payload that is not an id, nor found out by the phone, with its place.
pub(super) fn payload_leaves(command: &Command) -> Vec<(String, serde_json::Value)> {
    fn walk(value: &serde_json::Value, place: &str, found: &mut Vec<(String, serde_json::Value)>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    if FOUND_OUT.contains(&name.as_str()) {
                        continue;
                    }
                    let name = name.replace('~', "~0").replace('/', "~1");
                    walk(value, &format!("{place}/{name}"), found);
                }
            }
            serde_json::Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    walk(value, &format!("{place}/{at}"), found);
                }
            }
            serde_json::Value::Null => {}
            serde_json::Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => {}
            serde_json::Value::String(_) | serde_json::Value::Number(_) | serde_json::Value::Bool(_) => {
                found.push((place.to_owned(), value.clone()));
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(command)
        && let Some(payload) = value.get("payload")
    {
        walk(payload, "", &mut found);
    }
    found
}

/// The texts of a command, with their places.
#[must_use]
pub fn texts(command: &Command) -> Vec<DraftText> {
    let leaves = payload_leaves(command).into_iter();
    let text = |(place, value)| {
        if let serde_json::Value::String(text) = value {
            Some(DraftText { place, text })
        } else {
            None
        }
    };
    leaves.filter_map(text).collect()
}

/// The command with these texts instead of its own.
pub(super) fn with_texts(command: &Command, changed: &[DraftText]) -> Result<Command, WorkspaceError> {
    let unknown = || WorkspaceError::Invalid {
        field: "place",
        reason: "unknown",
    };
    let mut value = serde_json::to_value(command).map_err(|_| unknown())?;
    let known: BTreeSet<String> = texts(command).into_iter().map(|text| text.place).collect();
    for DraftText { place, text } in changed {
        let leaf = value
            .pointer_mut(&format!("/payload{place}"))
            .filter(|_| known.contains(place))
            .ok_or_else(unknown)?;
        *leaf = serde_json::Value::String(text.clone());
    }
    serde_json::from_value(value).map_err(|_| WorkspaceError::Invalid {
        field: "text",
        reason: "invalid",
    })
}
