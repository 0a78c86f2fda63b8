//! Events with which sessions may end.

use super::{Event, FactorAct, PageAct};

impl Event {
    /// Whether sessions may have ended with it.
    pub const fn ends_sessions(&self) -> bool {
        match self {
            Self::CodeReplay(_)
            | Self::RefreshTheft(_)
            | Self::SignOut(_)
            | Self::PasswordChanged(_)
            | Self::PasswordReset { .. }
            | Self::ErasureRequested(_)
            | Self::Managed { .. } => true,
            Self::Factor { act, .. } => matches!(act, FactorAct::Removed),
            Self::AtPages { act, .. } => matches!(
                act,
                PageAct::SignIn
                    | PageAct::SignOut
                    | PageAct::SessionsEnded
                    | PageAct::EmailUndone
                    | PageAct::IdentityUnlinked
                    | PageAct::ConsentWithdrawn
                    | PageAct::PasswordChanged
                    | PageAct::ErasureRequested
            ),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::audit::Subject;
    use crate::auth::id::UserId;

    #[test]
    fn what_ends_sessions_is_told_from_what_does_not() {
        let at_pages = |act| Event::AtPages {
            user_id: UserId::new("u"),
            act,
        };
        let factor = |act| Event::Factor {
            subject: Subject::default(),
            act,
        };
        for ends in [
            at_pages(PageAct::SignOut),
            at_pages(PageAct::PasswordChanged),
            factor(FactorAct::Removed),
            Event::CodeReplay(Subject::default()),
        ] {
            assert!(ends.ends_sessions(), "{ends:?}");
        }
        for goes_on in [
            at_pages(PageAct::Proven),
            factor(FactorAct::Added),
            Event::CodeRejected(Subject::default()),
        ] {
            assert!(!goes_on.ends_sessions(), "{goes_on:?}");
        }
    }
}
