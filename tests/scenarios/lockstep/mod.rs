//! Phones and server in lock-step: random histories of one case on three phones, at a console, and with a clock
//! that jumps.
//!
//! After every step the server's database keeps the invariants of the lifecycle. A phone that knows everything
//! the server would tell it gives the server's own answer to each command, whether that is yes or the code of a
//! refusal; after a sync it shows what the server has. In the end nothing that somebody typed is lost, and a case
//! that is still open can be brought to Done, or closed.
//!
//! `LOCKSTEP_SEED` and `LOCKSTEP_HISTORIES` draw others than the usual ones.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; clippy.toml allows it in test functions only, not in what they call"
)]

mod checks;
mod commands;
mod coverage;
mod server;
mod step;
mod world;

use std::sync::Mutex;

use mso_core::cases::{CaseStatus, Closure};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::coverage::Coverage;
use self::step::step;
use self::world::World;

fn setting<T: std::str::FromStr>(name: &str, usual: T) -> T {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn phones_and_server_go_in_lock_step_through_any_history_of_a_case() {
    let config = Config {
        cases: setting("LOCKSTEP_HISTORIES", 16),
        rng_seed: RngSeed::Fixed(setting("LOCKSTEP_SEED", 17)),
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let histories = prop::collection::vec(step(), 30..70);
    let coverage = Mutex::new(Coverage::default());
    TestRunner::new(config)
        .run(&histories, |steps| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let mut world = World::new().await;
                for step in &steps {
                    world.take(step).await;
                }
                world.ends_well().await;
                coverage.lock().unwrap().add(world.coverage);
            });
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let coverage = coverage.into_inner().unwrap();
    assert_eq!(coverage.statuses.len(), CaseStatus::ALL.len(), "{coverage:#?}");
    assert_eq!(coverage.closures.len(), Closure::ALL.len(), "{coverage:#?}");
    let commands = |applied| {
        coverage
            .compared
            .keys()
            .filter(move |(_, yes)| *yes == applied)
            .count()
    };
    assert!(commands(true) >= 18 && commands(false) >= 18, "{coverage:#?}");
    assert!(
        coverage.drafts > 0 && coverage.refused_late.len() > 2,
        "{coverage:#?}"
    );
}
