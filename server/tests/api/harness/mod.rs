//! The test app: a server and its users. Assertions about single routes are in the modules beside this one.

mod call;
mod scenes;
mod server;
mod user;
mod words;

pub(crate) use self::call::{Answer, Call};
pub(crate) use self::scenes::{Case, File};
pub(crate) use self::server::{PASSWORD, Server};
pub(crate) use self::user::{Phone, User};
pub(crate) use self::words::Words;
