//! Temporary.
#[path = "api/commands/mod.rs"]
mod commands;
