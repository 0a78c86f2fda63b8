//! What happens with a user's factors.

use crate::auth::factor::kind::Method;

/// What happened with a user's factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorAct {
    /// A sign-in has proven its first factor and waits for the second.
    Asked,
    /// A second factor, or a fresh proof, was proven.
    Proven(Method),
    /// It was refused.
    Refused,
    /// It was not even looked at: too many came before.
    Paused,
    /// A factor was enrolled.
    Added,
    /// A factor was removed.
    Removed,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// The second step was turned on or off.
    SecondStep(bool),
    /// A device is trusted no more.
    DeviceForgotten,
    /// A passkey's counter has not grown: there may be a copy of its key.
    CounterRegressed,
    /// A passkey that was on several devices is on one alone.
    BackupLost,
}

impl FactorAct {
    /// The `kind` and the `result` of its row and log line.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Asked => ("second-factor", "asked"),
            Self::Proven(method) => ("second-factor", method.name()),
            Self::Refused => ("second-factor", "failed"),
            Self::Paused => ("second-factor", "refused"),
            Self::Added => ("factor", "added"),
            Self::Removed => ("factor", "removed"),
            Self::RecoveryCodesMade => ("recovery-codes", "made"),
            Self::SecondStep(true) => ("second-step", "on"),
            Self::SecondStep(false) => ("second-step", "off"),
            Self::DeviceForgotten => ("trusted-device", "removed"),
            Self::CounterRegressed => ("passkey", "counter"),
            Self::BackupLost => ("passkey", "backup"),
        }
    }
}
