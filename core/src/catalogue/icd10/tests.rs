//! Tests over the complete shipped lists: counts, checksums, membership and search results.

use std::hint::black_box;
use std::time::Instant;

use proptest::prelude::*;

use super::Icd10Edition::{Cm2026, Who2019};
use super::*;
use crate::crypto::Sha256Hash;

fn code(text: &str) -> Icd10Code {
    Icd10Code::new(text).unwrap()
}

fn found(query: &str, editions: &[Icd10Edition], limit: usize) -> Vec<String> {
    let hits = search(query, editions, limit).into_iter();
    hits.map(|hit| hit.code.into()).collect()
}

#[test]
fn the_data_is_what_the_readme_says() {
    let readme = include_str!("../../../data/icd10/README.md");
    for (name, packed, lines) in [
        ("cm-2026.codes.zz", CM_CODES, 98_186),
        ("cm-2026.titles.zz", CM_TITLES, 98_186),
        ("who-2019.codes.zz", WHO_CODES, 12_246),
    ] {
        let text = unpack(packed).unwrap();
        assert_eq!(text.lines().count(), lines, "{name}");
        let row = format!("| `{name}` | {lines} | {} |", Sha256Hash::of(text.as_bytes()));
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn every_code_of_both_lists_fits_and_is_listed() {
    // CM: 98,225 lines in the source, 39 of them duplicates; 51,305 have a seventh character.
    for (edition, codes, leaves) in [(Cm2026, 98_186, 74_719), (Who2019, 12_246, 10_658)] {
        let list = list_of(edition);
        assert_eq!(list.len(), codes);
        assert_eq!(
            (0..codes).filter(|place| list.is_leaf(*place)).count(),
            leaves,
            "{edition}"
        );
        for place in 0..codes {
            let code = list.get(place).unwrap().unpack().unwrap();
            assert!(
                code.fits(edition) && is_listed(edition, &code),
                "{edition} {code}"
            );
            let undotted = code.as_str().replace('.', "").to_lowercase();
            assert_eq!(Icd10Code::from_input(edition, &undotted), Some(code));
        }
    }
}

#[test]
fn every_cm_code_has_a_title_and_no_who_code_has() {
    let titles = titles_of(Cm2026).unwrap();
    assert_eq!(titles.len(), list_of(Cm2026).len());
    for place in 0..titles.len() {
        let title = titles.get(place).unwrap();
        assert!(!title.is_empty() && title.trim() == title, "{title}");
    }
    assert!(titles_of(Who2019).is_none());
    assert_eq!(find(Who2019, &code("I34.0")).unwrap().title, None);
}

#[test]
fn the_codes_that_trap_others_are_listed() {
    for (edition, text) in [
        (Who2019, "U07.1"),
        (Cm2026, "U07.1"),
        (Who2019, "I34.0"),
        (Cm2026, "I34.0"),
        (Who2019, "B18.00"),
        (Cm2026, "QA0.0101"),
        (Cm2026, "C4A.0"),
        (Cm2026, "S72.001A"),
        (Cm2026, "T07.XXXA"),
    ] {
        assert!(is_listed(edition, &code(text)), "{edition} {text}");
    }
}

#[test]
fn a_good_shape_alone_is_not_listed() {
    for text in ["A99.9999", "QA0.9999", "S72.001Z", "U07.11", "ZZZ", "I34.00"] {
        assert!(!is_listed(Cm2026, &code(text)), "{text}");
    }
    for text in ["S72.001A", "QA0", "C4A", "A00.00", "U99"] {
        assert!(!is_listed(Who2019, &code(text)), "{text}");
    }
}

#[test]
fn a_listed_code_tells_its_title_and_whether_it_is_a_leaf() {
    let cm = |text| find(Cm2026, &code(text)).map(|hit| (hit.title.unwrap(), hit.leaf));
    let known = |title: &str, leaf| Some((title.to_owned(), leaf));
    assert_eq!(
        cm("I34.0"),
        known("Nonrheumatic mitral (valve) insufficiency", true)
    );
    assert_eq!(cm("I34"), known("Nonrheumatic mitral valve disorders", false));
    assert_eq!(cm("U07.1"), known("COVID-19", true));
    assert_eq!(
        cm("S72.001A"),
        known(
            "Fracture of unspecified part of neck of right femur, initial encounter for closed fracture",
            true
        )
    );
    assert_eq!(cm("A99.9999"), None);
}

#[test]
fn words_of_a_title_find_its_code() {
    assert!(found("mitral insuff", &[Cm2026], 10).contains(&"I34.0".to_owned()));
    assert!(found("INSUFFICIENCY mitral", &[Cm2026], 10).contains(&"I34.0".to_owned()));
    assert_eq!(found("covid 19", &[Cm2026], 1), ["U07.1"]);
    assert_eq!(found("Ménière", &[Cm2026], 1), ["H81.0"]);
    assert_eq!(found("menieres", &[Cm2026], 1), found("Ménière's", &[Cm2026], 1));
    assert_eq!(
        found("fracture neck right femur initial closed", &[Cm2026], 50)
            .iter()
            .filter(|code| *code == "S72.001A")
            .count(),
        1
    );
    assert_eq!(found("mitral xyzzy", &[Cm2026], 10), [] as [&str; 0]);
    assert_eq!(found("mitral insuff", &[Who2019], 10), [] as [&str; 0]);
}

#[test]
fn the_code_itself_comes_before_codes_that_begin_so_and_titles() {
    assert_eq!(
        found("i34", &[Cm2026], 7),
        ["I34", "I34.0", "I34.1", "I34.2", "I34.8", "I34.9", "I34.81"]
    );
    assert_eq!(found("I340", &[Cm2026], 1), ["I34.0"]);
    assert_eq!(found("qa0.01", &[Cm2026], 2), ["QA0.01", "QA0.010"]);
    assert_eq!(found("u07.1", &[Who2019], 9), ["U07.1"]);
    // "B12" is not a code, but the words still match the vitamin.
    assert_eq!(found("b12 deficiency anemia", &[Cm2026], 1), ["D51"]);
}

#[test]
fn editions_come_in_the_order_asked_for_and_once() {
    let editions = |asked: &[Icd10Edition]| -> Vec<_> {
        let hits = search("I34.0", asked, 9).into_iter();
        hits.map(|hit| hit.edition).collect()
    };
    assert_eq!(editions(&[Cm2026, Who2019]), [Cm2026, Who2019]);
    assert_eq!(editions(&[Who2019, Cm2026, Who2019]), [Who2019, Cm2026]);
    assert_eq!(editions(&[]), []);
}

#[test]
fn a_search_gives_no_more_than_asked_and_the_same_best_ones() {
    let all = found("diabetes", &[Cm2026], usize::MAX);
    assert!(all.len() > 200, "{}", all.len());
    for limit in [0, 1, 20] {
        assert_eq!(found("diabetes", &[Cm2026], limit), all[..limit]);
    }
    assert_eq!(found("", &Icd10Edition::ALL, 9), [] as [&str; 0]);
    assert_eq!(found(" .,; ", &Icd10Edition::ALL, 9), [] as [&str; 0]);
}

/// Asserts nothing: `cargo test --release -p mso-core icd10 -- --nocapture` prints the timings on the
/// current machine.
#[test]
fn what_it_costs() {
    let timed = |what: &str, times: u32, work: &dyn Fn()| {
        let start = Instant::now();
        (0..times).for_each(|_| work());
        println!(
            "icd10: {what}: {:.3} ms",
            start.elapsed().as_secs_f64() * 1e3 / f64::from(times)
        );
    };
    let read_codes = |packed| CodeList::read(&unpack(packed).unwrap()).unwrap();
    let read_titles = || Titles::read(&unpack(CM_TITLES).unwrap()).unwrap();
    timed("reading the CM codes", 3, &|| {
        drop(black_box(read_codes(CM_CODES)))
    });
    timed("reading the WHO codes", 3, &|| {
        drop(black_box(read_codes(WHO_CODES)))
    });
    timed("reading the CM titles", 3, &|| drop(black_box(read_titles())));
    println!(
        "icd10: resident: codes {} + {} bytes, titles {} bytes",
        list_of(Cm2026).len() * size_of::<code::PackedCode>(),
        list_of(Who2019).len() * size_of::<code::PackedCode>(),
        read_titles().resident_bytes()
    );
    for query in [
        "mitral insuff",
        "fracture neck femur initial",
        "I34",
        "s",
        "a e i o u",
        "nothing like it",
    ] {
        drop(search(query, &Icd10Edition::ALL, 20));
        timed(&format!("search {query:?}"), 10, &|| {
            drop(black_box(search(query, &Icd10Edition::ALL, 20)));
        });
    }
    let listed = code("I34.0");
    timed("is_listed", 1000, &|| {
        black_box(is_listed(Cm2026, &listed));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_is_too_odd_to_search_for(query in any::<String>(), limit in 0_usize..30) {
        let hits = search(&query, &Icd10Edition::ALL, limit);
        prop_assert!(hits.len() <= limit);
        for edition in Icd10Edition::ALL {
            if let Some(code) = Icd10Code::from_input(edition, &query) {
                prop_assert!(code.fits(edition));
            }
        }
    }

    #[test]
    fn every_code_is_found_first_by_what_it_says(place in 0_usize..98_186) {
        let code = list_of(Cm2026).get(place).unwrap().unpack().unwrap();
        let known = find(Cm2026, &code).unwrap();
        prop_assert_eq!(search(code.as_str(), &[Cm2026], 1), [known.clone()]);
        let title = known.title.clone().unwrap();
        let hits = search(&title, &[Cm2026], usize::MAX);
        prop_assert!(hits.contains(&known), "{}", title);
    }
}
