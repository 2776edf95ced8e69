//! Real files for the tests: `.testdata/`, which `cargo xtask testdata` fills from packages of public
//! registries.
//!
//! Contains no files made for this project. A test that finds no files fails; it is never skipped.

use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.testdata"));
    std::env::var_os("MSO_TESTDATA").map_or_else(default, PathBuf::from)
}

/// A file by its path relative to the folder.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run cargo xtask testdata", path.display()))
}

/// Every file below a folder with its relative path, sorted by path.
pub(super) fn samples(below: &str) -> Vec<(String, Vec<u8>)> {
    let root = folder();
    let mut names = Vec::new();
    let mut folders = vec![root.join(below)];
    while let Some(inner) = folders.pop() {
        let entries = fs::read_dir(&inner)
            .unwrap_or_else(|error| panic!("{}: {error}: run cargo xtask testdata", inner.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.push(name_of(&path, &root));
            }
        }
    }
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let bytes = sample(&name);
            (name, bytes)
        })
        .collect()
}

fn name_of(path: &Path, root: &Path) -> String {
    let name = path.strip_prefix(root).unwrap();
    name.to_str().unwrap().to_owned()
}
