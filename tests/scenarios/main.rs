//! Scenarios named as sentences: real server, real PostgreSQL, phones as processes, a network that fails on order.

mod kotlin_requester_and_swift_provider;
mod main_job;
mod phone_killed;
mod provider_accepts_offline;
mod server_killed;
mod stage;
