//! Facts about the machine, without which no figure means anything.

use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

pub(crate) fn facts() -> Result<Value> {
    let cpu = field("/proc/cpuinfo", "model name");
    let memory = field("/proc/meminfo", "MemTotal");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(json!({
        "cpu": cpu,
        "cores": std::thread::available_parallelism()?.get(),
        "memory": memory,
        "system": field_of(&std::fs::read_to_string("/etc/os-release").unwrap_or_default(), "PRETTY_NAME", '='),
        "kernel": said(Command::new("uname").arg("-r")),
        "rustc": said(Command::new("rustc").arg("--version")),
        "commit": said(Command::new("git").args(["rev-parse", "--short", "HEAD"])),
        "load_1_min": load.split(' ').next(),
        "measured_at": mso_core::time::Clock::now(&mso_core::time::SystemClock).to_string(),
    }))
}

fn field(path: &str, name: &str) -> Option<String> {
    field_of(&std::fs::read_to_string(path).ok()?, name, ':')
}

fn field_of(text: &str, name: &str, separator: char) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let (_, value) = line.split_once(separator)?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
