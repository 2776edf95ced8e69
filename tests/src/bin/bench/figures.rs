//! What was measured, and whether it meets its goal.

use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Lower,
    Higher,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: f64,
    better: Better,
    holds: bool,
    /// What the value was computed from.
    detail: Value,
}

impl Figure {
    /// A figure that meets its goal if it is at most this.
    pub(crate) fn at_most(name: &str, value: f64, unit: &'static str, goal: f64, detail: Value) -> Self {
        Self {
            name: name.to_owned(),
            value: rounded(value),
            unit,
            goal,
            better: Better::Lower,
            holds: value <= goal,
            detail,
        }
    }

    /// A figure that meets its goal if it is at least this.
    pub(crate) fn at_least(name: &str, value: f64, unit: &'static str, goal: f64, detail: Value) -> Self {
        Self {
            better: Better::Higher,
            holds: value >= goal,
            ..Self::at_most(name, value, unit, goal, detail)
        }
    }
}

/// To four significant digits.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.holds { "holds" } else { "misses" };
        let Self {
            name,
            value,
            unit,
            goal,
            detail,
            ..
        } = self;
        write!(
            f,
            "{name:<34} {value:>10} {unit:<6} {verdict} (goal {goal}) {detail}"
        )
    }
}
