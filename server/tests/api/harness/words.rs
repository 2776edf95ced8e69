//! What somebody was told: texts and numbers, each as a value. A search in the printed answer would also find an
//! amount in the middle of an id.

use std::collections::BTreeSet;

use ciborium::Value;

use super::Answer;
use crate::sync::Replica;

/// All texts and numbers of an answer.
#[derive(Default)]
pub(crate) struct Words {
    texts: BTreeSet<String>,
    numbers: BTreeSet<i128>,
}

impl Words {
    /// Of everything that a phone received, except the ids of the pushed outcomes.
    pub(crate) fn sent_to(phone: &Replica<'_>) -> Self {
        let mut words = Self::default();
        for page in &phone.heard {
            for record in &page.records {
                words.add(ciborium::from_reader(record.body.as_slice()).unwrap());
                words.add(Value::serialized(&record.key).unwrap());
            }
            words.add(Value::serialized(&(&page.changes, &page.gone)).unwrap());
        }
        words
    }

    /// Of a JSON answer.
    pub(crate) fn of(answer: &Answer) -> Self {
        let mut words = Self::default();
        words.add(Value::serialized(&answer.json::<serde_json::Value>()).unwrap());
        words
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what is neither text, id nor number is no word"
    )]
    fn add(&mut self, value: Value) {
        match value {
            Value::Integer(number) => drop(self.numbers.insert(number.into())),
            Value::Text(text) => drop(self.texts.insert(text)),
            // Ids, as they are printed.
            Value::Bytes(bytes) => {
                let id = uuid::Uuid::from_slice(&bytes).map(|id| id.to_string());
                self.texts.extend(id);
            }
            Value::Array(values) => values.into_iter().for_each(|value| self.add(value)),
            Value::Map(pairs) => pairs.into_iter().for_each(|(name, value)| {
                self.add(name);
                self.add(value);
            }),
            _ => {}
        }
    }

    /// Whether one of the texts contains this.
    pub(crate) fn mention(&self, text: &str) -> bool {
        self.texts.iter().any(|known| known.contains(text))
    }

    /// The texts that contain this.
    pub(crate) fn all_with(&self, text: &str) -> Vec<&str> {
        let with = self.texts.iter().filter(|known| known.contains(text));
        with.map(String::as_str).collect()
    }

    /// Whether one of the numbers is this.
    pub(crate) fn count(&self, number: i128) -> bool {
        self.numbers.contains(&number)
    }
}
