//! Check digits of national numbers. To add a country: one line in the table and its function.
//!
//! Numbers whose algorithm is not public are only checked for their format. The invariant: a number whose
//! kind and country have no line here passes.

use super::identifier::{IdentifierKind, IdentifierValue};
use crate::people::Country;

struct Scheme {
    kind: IdentifierKind,
    country: &'static str,
    /// Input: capital letters and digits, without spaces or punctuation.
    fits: fn(&str) -> bool,
}

const SCHEMES: &[Scheme] = &[
    Scheme {
        kind: IdentifierKind::NationalId,
        country: "ES",
        fits: spanish,
    },
    Scheme {
        kind: IdentifierKind::ResidencePermit,
        country: "ES",
        fits: spanish,
    },
    Scheme {
        kind: IdentifierKind::NationalId,
        country: "FR",
        fits: french,
    },
    Scheme {
        kind: IdentifierKind::Insurance,
        country: "FR",
        fits: french,
    },
    Scheme {
        kind: IdentifierKind::NationalId,
        country: "PL",
        fits: polish,
    },
];

/// Whether the check digits are valid, if they are known for this kind and country.
pub(super) fn fit(kind: IdentifierKind, country: &Country, value: &IdentifierValue) -> bool {
    let bare: String = value
        .as_str()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    SCHEMES
        .iter()
        .filter(|scheme| scheme.kind == kind && scheme.country == country.as_str())
        .all(|scheme| (scheme.fits)(&bare))
}

fn number(digits: &str) -> Option<u64> {
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().ok()).flatten()
}

/// DNI: eight digits and a letter. NIE, for residents: X, Y or Z in place of the first digit.
fn spanish(value: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let Some((body, letter)) = value.split_at_checked(8) else {
        return false;
    };
    let body = match body.split_at_checked(1) {
        Some(("X", rest)) => format!("0{rest}"),
        Some(("Y", rest)) => format!("1{rest}"),
        Some(("Z", rest)) => format!("2{rest}"),
        Some(_) | None => body.to_owned(),
    };
    let expected = number(&body)
        .and_then(|body| usize::try_from(body % 23).ok())
        .and_then(|index| LETTERS.get(index));
    expected.is_some_and(|expected| letter.as_bytes() == [*expected])
}

/// NIR: thirteen characters and a two-digit key. Corsica's departments 2A and 2B count as 19 and 18.
fn french(value: &str) -> bool {
    let (Some((body, key)), 15) = (value.split_at_checked(13), value.len()) else {
        return false;
    };
    let body = match body.get(5..7) {
        Some("2A") => body.replacen("2A", "19", 1),
        Some("2B") => body.replacen("2B", "18", 1),
        Some(_) | None => body.to_owned(),
    };
    number(&body).is_some_and(|body| number(key) == Some(97 - body % 97))
}

/// PESEL: ten digits and a check digit that makes their weighted sum a multiple of ten.
fn polish(value: &str) -> bool {
    const WEIGHTS: [u64; 11] = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
    let digits: Vec<u64> = value
        .chars()
        .filter_map(|c| c.to_digit(10).map(u64::from))
        .collect();
    let sum: u64 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    value.len() == 11 && digits.len() == 11 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(kind: IdentifierKind, country: &str, value: &str) -> bool {
        fit(
            kind,
            &Country::new(country).unwrap(),
            &IdentifierValue::new(value).unwrap(),
        )
    }

    #[test]
    fn numbers_published_as_examples_fit_and_with_one_digit_changed_do_not() {
        use IdentifierKind::{Insurance, NationalId, ResidencePermit};
        for (kind, country, good, bad) in [
            // Ministerio del Interior, «Cálculo del dígito de control del NIF/NIE».
            (NationalId, "ES", "12345678-Z", "12345679Z"),
            (NationalId, "ES", "00000000T", "00000000R"),
            (ResidencePermit, "ES", "X1234567L", "Y1234567L"),
            // INSEE, «Numéro de sécurité sociale»; the Corsican one from the tests of python-stdnum.
            (NationalId, "FR", "2 69 05 49 588 157 80", "2 69 05 49 588 157 81"),
            (Insurance, "FR", "253072B07300470", "253072A07300470"),
            // Ministerstwo Cyfryzacji, «PESEL».
            (NationalId, "PL", "44051401359", "44051401358"),
        ] {
            assert!(fits(kind, country, good), "{country} {good}");
            assert!(!fits(kind, country, bad), "{country} {bad}");
        }
        for (country, value) in [
            ("ES", "1234567Z"),
            ("ES", "123456789"),
            ("ES", "W1234567L"),
            ("FR", "2690549588157"),
            ("FR", "269054958815780"),
            ("PL", "4405140135"),
            ("PL", "4405140135A"),
        ] {
            assert_eq!(
                fits(NationalId, country, value),
                value == "269054958815780",
                "{value}"
            );
        }
    }

    #[test]
    fn where_no_algorithm_is_known_the_form_is_enough() {
        assert!(fits(IdentifierKind::NationalId, "US", "999-55-2546"));
        assert!(fits(IdentifierKind::Passport, "ES", "12345679Z"));
    }
}
