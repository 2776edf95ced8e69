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
            Value::Text(text) => self.add_text(&text),
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

    /// An id within a text is a word of its own: its digits may look like any other word.
    fn add_text(&mut self, text: &str) {
        let (mut rest, mut from) = (String::new(), 0);
        while let Some(next) = text.get(from..).and_then(|text| text.chars().next()) {
            let id = text
                .get(from..from + 36)
                .filter(|id| uuid::Uuid::try_parse(id).is_ok());
            if let Some(id) = id {
                self.texts.insert(id.to_owned());
                rest.push(' ');
                from += id.len();
            } else {
                rest.push(next);
                from += next.len_utf8();
            }
        }
        self.texts.insert(rest);
    }

    /// Whether one of the texts is this, or contains it and is no id.
    pub(crate) fn mention(&self, text: &str) -> bool {
        !self.all_with(text).is_empty()
    }

    /// The texts that are this, or contain it and are no id or digest.
    pub(crate) fn all_with(&self, text: &str) -> Vec<&str> {
        let is_random =
            |known: &str| known.len() >= 32 && known.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        let with = self
            .texts
            .iter()
            .filter(|known| *known == text || known.contains(text) && !is_random(known));
        with.map(String::as_str).collect()
    }

    /// Whether one of the numbers is this.
    pub(crate) fn count(&self, number: i128) -> bool {
        self.numbers.contains(&number)
    }
}

#[test]
fn a_word_is_not_found_in_the_digits_of_an_id() {
    let mut words = Words::default();
    let id = "01a207d9-2100-7fee-a9d6-0450607fee61";
    words.add(
        Value::serialized(&serde_json::json!({ "id": id, "url": format!("/v1/cases/{id}/invoice") }))
            .unwrap(),
    );
    assert!(!words.mention("fee"));
    assert!(words.mention(id) && words.mention("invoice") && words.mention("url"));
    words.add_text("a fee of 15");
    assert!(words.mention("fee"));
}
