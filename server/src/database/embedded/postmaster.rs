//! The process of a private cluster: starting, adopting and stopping it.
//!
//! The invariant: a process counts as ours only if it answers on our socket or its command line names our
//! folder. A pid alone proves nothing, since pids are reused.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::place::{PORT, Place};
use super::programs::Programs;
use super::{Durability, EmbeddedError};

/// Crash recovery replays at most a few minutes of work.
const START_WITHIN: Duration = Duration::from_secs(120);
const OTHERS_START_WITHIN: Duration = Duration::from_secs(15);
const STOP_WITHIN_SECONDS: &str = "60";
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// Processes of a cluster whose postmaster was killed need a moment to notice.
const ATTEMPTS: u32 = 4;
const LARGEST_LOG: u64 = 10 * 1024 * 1024;

/// Adopts a cluster that is still running after its server was killed. `false`: none is running or in the way.
pub(super) fn adopt(place: &Place, programs: &Programs) -> Result<bool, EmbeddedError> {
    let began = Instant::now();
    while let Some(pid) = pid(place) {
        if status(place).is_some_and(|status| status == "ready") && answers(place) {
            return Ok(true);
        }
        let runs = programs
            .run("pg_ctl", ["status", "-D", &place.cluster().display().to_string()])
            .is_ok();
        if !runs {
            // PostgreSQL removes the file itself once no child of the dead postmaster is left.
            break;
        }
        if !is_ours(place, pid) {
            // PostgreSQL might mistake the other process for its own and refuse to start.
            remove_stale(&place.pid_file())?;
            break;
        }
        if began.elapsed() > START_WITHIN {
            return Err(not_started(place));
        }
        // It is starting or stopping.
        sleep(BETWEEN_LOOKS);
    }
    let socket_lock = place.socket().join(format!(".s.PGSQL.{PORT}.lock"));
    if pid_in(&socket_lock).is_some_and(|pid| !is_ours(place, pid)) {
        remove_stale(&socket_lock)?;
    }
    Ok(false)
}

fn remove_stale(file: &Path) -> Result<(), EmbeddedError> {
    fs::remove_file(file).map_err(|source| EmbeddedError::Files {
        what: "remove a stale lock file",
        source,
    })
}

/// Waits for a cluster that another process is starting.
pub(super) fn wait_for_ready(place: &Place) -> Result<(), EmbeddedError> {
    let began = Instant::now();
    while began.elapsed() < OTHERS_START_WITHIN {
        if status(place).is_some_and(|status| status == "ready") && answers(place) {
            return Ok(());
        }
        sleep(BETWEEN_LOOKS);
    }
    Err(not_started(place))
}

/// Starts the cluster and waits until it accepts connections.
pub(super) fn start(
    place: &Place,
    programs: &Programs,
    durability: Durability,
) -> Result<Child, EmbeddedError> {
    for attempt in 1..=ATTEMPTS {
        let mut child = spawn(place, programs, durability)?;
        let began = Instant::now();
        while let Ok(None) = child.try_wait() {
            let ready = status(place).is_some_and(|status| status == "ready");
            if ready && pid(place) == Some(child.id()) && answers(place) {
                return Ok(child);
            }
            if began.elapsed() > START_WITHIN {
                let _ = child.kill();
                let _ = child.wait();
                return Err(not_started(place));
            }
            sleep(BETWEEN_LOOKS);
        }
        if attempt < ATTEMPTS && still_in_use(place) {
            sleep(Duration::from_secs(1));
        } else {
            break;
        }
    }
    Err(not_started(place))
}

/// Stops the cluster and waits for it. Open connections are cut.
pub(super) fn stop(place: &Place, programs: &Programs) -> Result<(), EmbeddedError> {
    if pid(place).is_none() {
        return Ok(());
    }
    let cluster = place.cluster().display().to_string();
    let said = programs.run(
        "pg_ctl",
        [
            "stop",
            "-m",
            "fast",
            "-w",
            "-t",
            STOP_WITHIN_SECONDS,
            "-D",
            &cluster,
        ],
    );
    match said {
        Ok(_) => Ok(()),
        Err(_) if pid(place).is_none() => Ok(()),
        Err(_) => Err(EmbeddedError::NotStopped),
    }
}

fn spawn(place: &Place, programs: &Programs, durability: Durability) -> Result<Child, EmbeddedError> {
    let failed = |source| EmbeddedError::Files {
        what: "start the database",
        source,
    };
    let path = place.log();
    if fs::metadata(&path).is_ok_and(|log| log.len() > LARGEST_LOG) {
        fs::rename(&path, path.with_extension("old")).map_err(failed)?;
    }
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    let mut command = programs.command("postgres");
    command
        .arg("-D")
        .arg(place.cluster())
        .args(["-p", &PORT.to_string()]);
    let sockets = format!("unix_socket_directories={}", place.socket().display());
    let mut settings = vec![
        "listen_addresses=",
        &sockets,
        "unix_socket_permissions=0700",
        "max_prepared_transactions=0",
        "timezone=UTC",
        "log_timezone=UTC",
        // The error detail holds values of the rejected row, which must not be logged.
        "log_error_verbosity=terse",
    ];
    match durability {
        Durability::Full => {}
        Durability::None => settings.extend([
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            // Nothing is ever replayed: a test run's log stays small.
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_wal_size=128MB",
            // Many tests run at once, each with a pool per role.
            "max_connections=400",
        ]),
    }
    for setting in settings {
        command.args(["-c", setting]);
    }
    // Its own process group: Ctrl-C on the terminal reaches only mso, which then stops the database in order.
    command.process_group(0).stdin(Stdio::null());
    command
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .spawn()
        .map_err(failed)
}

fn pid(place: &Place) -> Option<u32> {
    pid_in(&place.pid_file())
}

/// The pid on the first line of a lock file. A postmaster's pid is positive.
fn pid_in(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

/// The last line of the pid file, the postmaster's status: `starting`, `ready`, `stopping`.
fn status(place: &Place) -> Option<String> {
    Some(
        fs::read_to_string(place.pid_file())
            .ok()?
            .lines()
            .nth(7)?
            .trim()
            .to_owned(),
    )
}

fn answers(place: &Place) -> bool {
    UnixStream::connect(place.socket().join(format!(".s.PGSQL.{PORT}"))).is_ok()
}

fn is_ours(place: &Place, pid: u32) -> bool {
    // Without /proc, the caller's `pg_ctl status` has to suffice.
    let Ok(command_line) = fs::read(format!("/proc/{pid}/cmdline")) else {
        return !fs::exists("/proc/self").unwrap_or(false);
    };
    let cluster = place.cluster();
    command_line
        .split(|byte| *byte == 0)
        .any(|argument| argument == cluster.as_os_str().as_encoded_bytes())
}

/// Whether the last start failed because children of a killed postmaster were still running.
fn still_in_use(place: &Place) -> bool {
    let tail = tail(place);
    tail.contains("shared memory block") || tail.contains("lock file")
}

fn not_started(place: &Place) -> EmbeddedError {
    EmbeddedError::NotStarted {
        log: place.log(),
        tail: tail(place),
    }
}

fn tail(place: &Place) -> String {
    let log = fs::read(place.log()).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines
        .get(lines.len().saturating_sub(12)..)
        .unwrap_or_default()
        .join("\n")
}
