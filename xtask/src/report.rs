//! The number of tests that ran, read from the runners' machine-readable output, never counted by hand.
//!
//! Rust: libtest's closing line, one per test binary (stable has no JSON). Kotlin: Surefire's XML. Swift: the
//! XML of Swift Testing, and XCTest's line per test case (its XML needs one process per test and does not
//! include skipped ones). One test counts once, however many of its checks fail.

use std::fmt;
use std::fs;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context, Result, bail};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that ran and passed.
    pub(crate) passed: u64,
    /// Tests that ran and failed.
    pub(crate) failed: u64,
    /// Tests that reported themselves as skipped.
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) fn ran(self) -> u64 {
        self.passed + self.failed
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)
        } else {
            Ok(())
        }
    }
}

/// `{"tampered":82,"noticed":82,…}`: a test for each false file, which the chat's verifier must notice.
pub(crate) fn tampered(line: &str) -> Option<Tally> {
    let figures: serde_json::Value = serde_json::from_str(line).ok()?;
    let figure = |name: &str| figures.get(name)?.as_u64();
    let (tampered, passed) = (figure("tampered")?, figure("noticed")?);
    Some(Tally {
        passed,
        failed: tampered.checked_sub(passed)?,
        skipped: 0,
    })
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
pub(crate) fn libtest(line: &str) -> Option<Tally> {
    let (_verdict, figures) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let figure = |name: &str| {
        let part = figures
            .split(';')
            .map(str::trim)
            .find(|part| part.ends_with(name))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Tally {
        passed: figure("passed")?,
        failed: figure("failed")?,
        skipped: figure("ignored")?,
    })
}

/// `Test Case 'Tests.testName' passed (0.0 seconds)`, in the spellings of Linux and macOS.
pub(crate) fn xctest(line: &str) -> Option<Tally> {
    let (_name, verdict) = line
        .trim_start()
        .strip_prefix("Test Case ")?
        .rsplit_once("' ")
        .or_else(|| line.rsplit_once("]' "))?;
    let mut tally = Tally::default();
    match verdict.split_whitespace().next()? {
        "passed" => tally.passed = 1,
        "failed" => tally.failed = 1,
        "skipped" => tally.skipped = 1,
        _ => return None,
    }
    Some(tally)
}

/// A JUnit report: each `testcase`, by its child elements.
pub(crate) fn junit(xml: &str) -> Tally {
    let mut tally = Tally::default();
    for case in xml.split("<testcase").skip(1) {
        // Up to the end of this element: a later one belongs to the suite or the next test.
        let opening = case.find('>').unwrap_or(case.len());
        let body = if case[..opening].ends_with('/') {
            ""
        } else {
            case.split("</testcase>").next().unwrap_or("")
        };
        if body.contains("<failure") || body.contains("<error") {
            tally.failed += 1;
        } else if body.contains("<skipped") {
            tally.skipped += 1;
        } else {
            tally.passed += 1;
        }
    }
    tally
}

/// A JUnit report on disk. A file that is not a report is an error, not zero tests.
pub(crate) fn junit_file(path: &Path) -> Result<Tally> {
    let xml = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    if !xml.contains("<testsuite") || !xml.trim_end().ends_with('>') {
        bail!("{} is not a whole test report", path.display());
    }
    Ok(junit(&xml))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_file_that_was_not_noticed_is_a_failed_test() {
        let tally = tampered(r#"{"tampered":82,"noticed":80,"controls":5,"passed":5}"#).unwrap();
        assert_eq!((tally.passed, tally.failed), (80, 2));
        assert_eq!(tampered("chat_malformed at 8"), None);
    }

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn libtest_closing_lines_are_read_and_nothing_else() {
        let line = "test result: FAILED. 12 passed; 1 failed; 3 ignored; 0 measured; 7 filtered out; finished in 0.03s";
        assert_eq!(libtest(line), Some(tally(12, 1, 3)));
        assert_eq!(libtest("test cases::accept ... ok"), None);
        assert_eq!(libtest("test result: unknown"), None);
    }

    #[test]
    fn xctest_lines_count_once_a_test() {
        assert_eq!(
            xctest("Test Case 'OldTests.testOld' started at 2026-11-23 21:05:48.202"),
            None
        );
        assert_eq!(
            xctest("Test Case 'OldTests.testOld' passed (0.0 seconds)"),
            Some(tally(1, 0, 0))
        );
        assert_eq!(
            xctest("Test Case 'OldTests.testFail' failed (0.001 seconds)"),
            Some(tally(0, 1, 0))
        );
        assert_eq!(
            xctest("Test Case '-[T.OldTests testSkip]' skipped (0.0 seconds)."),
            Some(tally(0, 0, 1))
        );
        assert_eq!(
            xctest("/x/T.swift:8: error: OldTests.testFail : XCTAssertEqual failed"),
            None
        );
    }

    #[test]
    fn a_surefire_report_is_counted_by_its_cases() {
        let xml = r#"<testsuite name="a" tests="4" errors="1" skipped="1" failures="1">
            <testcase name="one" classname="T" time="0.1"/>
            <testcase name="two" classname="T"><failure message="a &lt; b">trace</failure></testcase>
            <testcase name="three" classname="T"><error type="x"/></testcase>
            <testcase name="four" classname="T"><skipped/></testcase>
            <testcase name="five" classname="T"><system-out>failure</system-out></testcase>
            <system-out><![CDATA[skipped]]></system-out></testsuite>"#;
        assert_eq!(junit(xml), tally(2, 2, 1));
    }

    #[test]
    fn a_swift_testing_report_is_counted_by_its_cases() {
        let xml = r#"<testsuites><testsuite name="TestResults" errors="0" tests="3" failures="1" skipped="1">
            <testcase classname="aTests" name="new()" time="0.0005" />
            <testcase classname="aTests" name="off()" time="0.001"><skipped>later</skipped></testcase>
            <testcase classname="aTests" name="bad()" time="0.1"><failure message="hello() &#8594; x" /></testcase>
            </testsuite></testsuites>"#;
        assert_eq!(junit(xml), tally(1, 1, 1));
    }

    #[test]
    fn the_closing_line_has_the_form_ci_reads() {
        assert_eq!(tally(7, 0, 0).to_string(), "7 passed, 0 failed");
        assert_eq!(tally(7, 1, 2).to_string(), "7 passed, 1 failed, 2 skipped");
    }
}
