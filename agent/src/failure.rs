//! How a command fails: a stable code, what and where, the cause, and what to do.

use std::error::Error;
use std::fmt;

/// The exit codes, the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Ok = 0,
    /// It was tried and failed.
    Failed = 1,
    /// What was typed or configured is wrong; nothing was tried.
    Usage = 2,
    /// Warnings, where they were denied.
    Warnings = 3,
    /// The result cannot be relied on.
    Inconclusive = 4,
}

/// A failure on its way to the user. Printed once, in `cli::main`, with its whole chain of causes.
#[derive(Debug)]
pub struct Failure {
    /// Stable, of the form `SG-CFG-003`; `docs/errors.md` explains each.
    pub code: &'static str,
    pub exit: Exit,
    says: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    pub fn failed(code: &'static str, says: impl Into<String>) -> Self {
        Self { code, exit: Exit::Failed, says: says.into(), cause: None }
    }

    pub fn usage(code: &'static str, says: impl Into<String>) -> Self {
        Self { code, exit: Exit::Usage, says: says.into(), cause: None }
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The failure and its causes, each on a line.
    pub fn chain(&self) -> Vec<String> {
        let mut lines = vec![self.says.clone()];
        let mut next = self.cause.as_deref().map(|cause| cause as &dyn Error);
        while let Some(cause) = next {
            let says = cause.to_string();
            // Many errors repeat their source in their own words.
            if !lines.last().is_some_and(|last| last.contains(&says)) {
                lines.push(says);
            }
            next = cause.source();
        }
        lines
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "error[{}]: {}", self.code, self.chain().join("\n  because: "))
    }
}

impl Error for Failure {}

/// A file with faults: all of them, each with its place.
impl From<alarm::sheet::Faults> for Failure {
    fn from(faults: alarm::sheet::Faults) -> Self {
        let code = faults.iter().next().map_or("SG-CFG-001", |fault| fault.code);
        let count = faults.iter().len();
        let many = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
        Self::usage(code, format!("{many} in the configuration\n{faults}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_said_once() {
        let cause = std::io::Error::other("disk on fire");
        let failure = Failure::failed("SG-CLI-003", "cannot write /var/x: disk on fire").because(cause);
        assert_eq!(failure.chain(), ["cannot write /var/x: disk on fire"]);
        let cause = std::io::Error::other("no space");
        let failure = Failure::failed("SG-CLI-003", "cannot write /var/x").because(cause);
        assert_eq!(failure.to_string(), "error[SG-CLI-003]: cannot write /var/x\n  because: no space");
    }
}
