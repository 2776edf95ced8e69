//! Country, language and time zone: codes of public standards, validated on creation.
//!
//! The time zones are those compiled into this program, so that a phone without time zone data and a server
//! with outdated data decide alike. Display names of the codes are in the apps.

use serde::{Deserialize, Serialize};

use crate::text;

/// The text is not a code of that standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known code")]
pub struct CodeError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(code: String) -> Result<Self, CodeError> {
                Self::new(&code)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = CodeError;

            fn from_str(code: &str) -> Result<Self, CodeError> {
                Self::new(code)
            }
        }
    )+};
}

codes! {
    /// A country, ISO 3166-1 alpha-2: `SY`.
    Country;
    /// A language, BCP 47: `ar`, `de-CH`, `zh-Hant`.
    Language;
    /// A time zone by its IANA name: `Europe/Berlin`.
    TimeZoneName;
}

impl Country {
    /// Accepts an ISO 3166-1 country code and converts it to capital letters.
    pub fn new(code: &str) -> Result<Self, CodeError> {
        let code = text::code(code);
        let listed = code.len() == 2 && code.parse::<iso_currency::Country>().is_ok();
        if listed { Ok(Self(code)) } else { Err(CodeError) }
    }
}

/// Maximum length of a language tag, as recommended by BCP 47.
const LONGEST_LANGUAGE: usize = 35;

impl Language {
    /// Accepts a well-formed tag and converts it to the letter case that the standard recommends.
    pub fn new(tag: &str) -> Result<Self, CodeError> {
        let tag = text::ascii_digits(tag);
        let tag = tag.trim();
        if tag.len() > LONGEST_LANGUAGE {
            return Err(CodeError);
        }
        let mut subtags = tag.split('-');
        let primary = subtags
            .next()
            .filter(|primary| is_primary(primary))
            .ok_or(CodeError)?;
        let mut written = primary.to_ascii_lowercase();
        // After a single character (an extension), nothing is a script or a region.
        let mut extended = false;
        for subtag in subtags {
            if !(1..=8).contains(&subtag.len()) || !subtag.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(CodeError);
            }
            extended |= subtag.len() == 1;
            written.push('-');
            written.push_str(&recommended(subtag, extended));
        }
        if tag.ends_with('-') {
            Err(CodeError)
        } else {
            Ok(Self(written))
        }
    }

    /// Returns the language without script, region and other subtags: `de` for `de-CH`.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Whether speakers of the two understand each other, as far as tags can tell.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.primary() == other.primary()
    }
}

/// Two or three letters, or five to eight for a registered language. Four are reserved, one is private use.
fn is_primary(subtag: &str) -> bool {
    matches!(subtag.len(), 2 | 3 | 5..=8) && subtag.bytes().all(|b| b.is_ascii_alphabetic())
}

fn recommended(subtag: &str, extended: bool) -> String {
    let lower = subtag.to_ascii_lowercase();
    if extended {
        return lower;
    }
    match subtag.len() {
        2 => subtag.to_ascii_uppercase(),
        4 if subtag.bytes().all(|b| b.is_ascii_alphabetic()) => {
            let (first, rest) = lower.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        }
        _ => lower,
    }
}

impl TimeZoneName {
    /// Accepts a name in this program's time zone data and converts it to the letter case of the data.
    pub fn new(name: &str) -> Result<Self, CodeError> {
        let zone = jiff::tz::TimeZone::get(name).map_err(|_| CodeError)?;
        let name = zone.iana_name().filter(|_| !zone.is_unknown()).ok_or(CodeError)?;
        Ok(Self(name.to_owned()))
    }

    /// Returns UTC, which every version of the data contains.
    #[must_use]
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// Returns the rules of this zone. The name was validated on creation; if the data no longer contains it,
    /// UTC is used.
    pub(crate) fn rules(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.0).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_one_of_the_standard() {
        for code in ["SY", "DE", "GB", "KE"] {
            assert_eq!(Country::new(code).unwrap().as_str(), code);
        }
        for code in ["sy", " Sy", "ＳＹ", "S\u{200b}Y"] {
            assert_eq!(Country::new(code).unwrap().as_str(), "SY", "{code}");
        }
        for code in ["", "S", "ß", "SYR", "XX", "Unspecified"] {
            assert_eq!(Country::new(code), Err(CodeError), "{code}");
        }
    }

    #[test]
    fn a_language_is_written_as_the_standard_recommends_and_compared_by_what_is_spoken() {
        for (given, written) in [
            ("AR", "ar"),
            ("de-ch", "de-CH"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("en-u-CA-gregory", "en-u-ca-gregory"),
            ("sl-ROZAJ", "sl-rozaj"),
        ] {
            assert_eq!(Language::new(given).unwrap().as_str(), written);
        }
        for tag in [
            "",
            "a",
            "x-private",
            "arab",
            "de-",
            "de--CH",
            "de_CH",
            "d3",
            "de-toolongsubtag",
        ] {
            assert_eq!(Language::new(tag), Err(CodeError), "{tag}");
        }
        assert!(Language::new("de-abcdefgh-abcdefgh-abcdefgh-12345").is_ok());
        assert_eq!(
            Language::new("de-abcdefgh-abcdefgh-abcdefgh-123456"),
            Err(CodeError)
        );
        let language = |tag| Language::new(tag).unwrap();
        assert!(language("de-CH").matches(&language("de")));
        assert!(!language("de").matches(&language("nl")));
    }

    #[test]
    fn a_time_zone_is_one_that_the_program_brings_with_it() {
        for name in ["Europe/Berlin", "Asia/Kolkata", "America/Coyhaique", "UTC"] {
            assert_eq!(TimeZoneName::new(name).unwrap().as_str(), name);
        }
        assert_eq!(
            TimeZoneName::new("europe/berlin").unwrap().as_str(),
            "Europe/Berlin"
        );
        for name in [
            "",
            "Berlin",
            "Europe/Atlantis",
            "+01:00",
            "Etc/Unknown",
            "../etc/passwd",
            "EST5EDT,M3.2.0",
        ] {
            assert_eq!(TimeZoneName::new(name), Err(CodeError), "{name}");
        }
    }

    #[test]
    fn the_time_zones_come_with_the_program_and_not_from_the_machine() {
        // A phone has no zone files that this program can read, and an old server has outdated ones.
        assert!(format!("{:?}", jiff::tz::db()).contains("Bundled"));
        assert!(!format!("{:?}", jiff::tz::db()).contains("ZoneInfo("));
    }
}
