//! `mso serve`: opens the database, migrates the schema, listens, and shuts down in order on Ctrl-C or SIGTERM.
//!
//! The invariant: the private database is stopped before the process ends, whatever fails. Only a kill -9
//! leaves it running, and the next start adopts it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::serve::ListenerExt as _;
use clap::Args;
use mso_core::time::{Clock, SystemClock};
use mso_server::admin::demo;
use mso_server::config::Settings;
use mso_server::database::{ConnectOptions, Database};
use mso_server::{State, app, jobs, live};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::reach::Reached;
use super::{log, print_line};

/// How long requests in progress may take to finish at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Arguments of `mso serve`.
#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    settings: Settings,
    /// Sets up demo users with publicly known passwords, and a catalogue.
    #[arg(long)]
    demo: bool,
    /// File to write the server's URL to once it listens, for callers that use port 0.
    #[arg(long)]
    address_file: Option<PathBuf>,
}

/// Runs the server until it stops.
pub(super) async fn run(arguments: ServeArguments) -> Result<()> {
    log::begin(arguments.settings.log_format);
    // From here on, a signal no longer ends the process directly.
    let mut signals = Signals::listen()?;
    let settings = &arguments.settings;
    let reached = Reached::hold(settings.database_url.as_ref(), &settings.data).await?;
    let served = serve(&arguments, &reached.connect, &mut signals).await;
    let left = reached
        .leave()
        .await
        .context("the private database was left running");
    served.and(left)
}

async fn serve(arguments: &ServeArguments, connect: &ConnectOptions, signals: &mut Signals) -> Result<()> {
    let clock = SystemClock;
    let database = Database::connect(connect).await?;
    database.migrate().await?;
    if arguments.demo {
        demo::ensure(&database, clock.now()).await?;
    }
    let state = State::open(&arguments.settings, database.clone(), Arc::new(clock))?;
    let address = arguments.settings.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    announce(arguments, listener.local_addr()?)?;
    // An event of a live stream is small, and must not wait for the next one. Without it, it only comes later.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));

    let jobs = tokio::spawn(jobs::run(state.clone()));
    let between = tokio::spawn(live::between::run(state.clone()));
    let hub = state.live.clone();
    let (ask, asked) = tokio::sync::oneshot::channel::<()>();
    let served = axum::serve(listener, app(state)).with_graceful_shutdown(async move {
        let _ = asked.await;
    });
    let mut served = tokio::spawn(served.into_future());
    tokio::select! {
        ended = &mut served => ended??,
        () = signals.next() => {
            tracing::info!("stopping");
            let _ = ask.send(());
            // These requests would never finish by themselves.
            hub.close();
            tokio::select! {
                ended = &mut served => ended??,
                () = tokio::time::sleep(GRACE) => tracing::warn!("requests were cut off"),
                () = signals.next() => tracing::warn!("requests were cut off"),
            }
        }
    }
    served.abort();
    // What is interrupted was not committed, and is done again by the next server.
    jobs.abort();
    between.abort();
    database.close().await;
    Ok(())
}

fn announce(arguments: &ServeArguments, address: SocketAddr) -> Result<()> {
    if let Some(path) = &arguments.address_file {
        write_whole(path, &format!("http://{address}\n"))?;
    }
    if arguments.demo {
        print_line(&format!("Demo users, all with the password {}:", demo::PASSWORD))?;
        for (email, what) in demo::USERS {
            print_line(&format!("  {email:<28} {what}"))?;
        }
        print_line("Sign in:")?;
        print_line(&format!(
            "  curl -s -H 'content-type: application/json' \\\n    -d '{{\"email\":\"admin@demo.example\",\"password\":\"{}\"}}' http://{address}/v1/sessions",
            demo::PASSWORD
        ))?;
    }
    print_line(&format!("mso listens on http://{address}"))
}

/// Renames a complete file into place, so that a waiting process never reads part of it.
fn write_whole(path: &Path, text: &str) -> Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, text)
        .and_then(|()| fs::rename(&fresh, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
