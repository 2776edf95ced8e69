//! Tests of the lifecycle as a whole: the matrix as one table, and what holds for every sequence of commands.

mod actions;
mod invariants;
mod matrix;
mod readiness;
mod rules;
