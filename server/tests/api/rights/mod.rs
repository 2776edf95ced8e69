//! What the database itself forbids to every login, whatever the server's queries ask for.

mod context;
mod foreign;
mod grants;
mod ownership;
mod removed;
mod sides;
