//! The chat as the server keeps it: what it takes, from whom, and what it shows to whom.

mod append;
mod over_sync;
mod people;
mod rights;
mod verify;
