//! What the audit log records: the events of accounts and clients, and the requests of callers
//! without an account, which are only counted.
//!
//! An event never carries a secret, token, code or password, nor a username as it was typed: that
//! may be a password in the wrong field.

mod ended;
mod factor_act;
mod managed;
mod page_act;
mod refusal;
mod stranger;

pub use factor_act::FactorAct;
pub use managed::{Act, Managed};
pub use page_act::PageAct;
pub use refusal::Refusal;
pub use stranger::Stranger;

use crate::auth::id::{ClientNumber, SessionId, UserId};

/// An event of an account or a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A sign-in that opened a session, or the code of one.
    SignIn(SessionRef),
    /// A sign-in that was refused; without a user, the username has no account.
    SignInFailed {
        /// Why.
        refusal: Refusal,
        /// The account.
        user_id: Option<UserId>,
        /// The client's number; none at the pages of this service itself.
        client: Option<ClientNumber>,
    },
    /// Something that a user did at the pages of this service.
    AtPages {
        /// The account.
        user_id: UserId,
        /// What.
        act: PageAct,
    },
    /// Something with a user's factors.
    Factor {
        /// The user, the client and the session, as far as there are any.
        subject: Subject,
        /// What.
        act: FactorAct,
    },
    /// An account was linked to an identity of a provider.
    IdentityLinked {
        /// The account.
        user_id: UserId,
        /// The client's number; none at the pages of this service itself.
        client: Option<ClientNumber>,
    },
    /// An account was created.
    SignUp {
        /// The account.
        user_id: UserId,
        /// The client's number; none where an invitation created the account.
        client: Option<ClientNumber>,
    },
    /// A code was redeemed.
    CodeRedeemed(SessionRef),
    /// A code was rejected; without a user, it was never issued.
    CodeRejected(Subject),
    /// A code was presented again after it had been redeemed.
    CodeReplay(Subject),
    /// A refresh token was presented again too late to be a retry: the session ended.
    RefreshTheft(SessionRef),
    /// A session was ended by its user.
    SignOut(SessionRef),
    /// A password was changed by a signed-in user.
    PasswordChanged(SessionRef),
    /// A change of password was refused, because the old password was not proven.
    PasswordChangeFailed {
        /// Why.
        refusal: Refusal,
        /// The session of the request.
        session: SessionRef,
    },
    /// A user asked to be erased.
    ErasureRequested(SessionRef),
    /// A password was set with a reset link.
    PasswordReset {
        /// The account.
        user_id: UserId,
        /// The client's number; none at the pages of this service itself.
        client: Option<ClientNumber>,
    },
    /// A reset link was rejected; without a user, it was never sent.
    PasswordResetFailed {
        /// The account.
        user_id: Option<UserId>,
        /// The client's number; none at the pages of this service itself.
        client: Option<ClientNumber>,
    },
    /// A one-time password was posted by a client or an administrator.
    OtpPosted {
        /// The administrator.
        by: Option<UserId>,
        /// The client's number.
        client: Option<ClientNumber>,
    },
    /// An administrator changed something.
    Managed {
        /// What the rows are called.
        kind: &'static str,
        /// What was done.
        act: Act,
        /// The administrator.
        by: Option<UserId>,
        /// To what.
        managed: Managed,
    },
    /// A change was refused: the user may not make it.
    Refused {
        /// What the rows are called.
        kind: &'static str,
        /// The user.
        by: Option<UserId>,
    },
}

/// A session, with its user and client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRef {
    /// The session's id.
    pub id: SessionId,
    /// The user's id.
    pub user_id: UserId,
    /// The client's number.
    pub client: ClientNumber,
}

/// The user, client and session of an event, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The user's id; in an event of a client or an OTP, the user who caused it.
    pub user_id: Option<UserId>,
    /// The client's number.
    pub client: Option<ClientNumber>,
    /// The session's id.
    pub session_id: Option<SessionId>,
    /// The tenant, where it is not the user's.
    pub tenant: Option<String>,
    /// What an administrator's act was done to.
    pub target: Option<String>,
    /// The values before and after.
    pub detail: Option<serde_json::Value>,
}

impl Event {
    /// The `kind` and the `result` of the event's row and log line.
    pub const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn(_) => ("sign-in", "ok"),
            Self::AtPages { act, .. } => act.names(),
            Self::Factor { act, .. } => act.names(),
            Self::SignInFailed { refusal, .. } => ("sign-in", refusal.result()),
            Self::IdentityLinked { .. } => ("link", "ok"),
            Self::SignUp { .. } => ("sign-up", "ok"),
            Self::CodeRedeemed(_) => ("code", "ok"),
            Self::CodeRejected(_) => ("code", "failed"),
            Self::CodeReplay(_) => ("code", "replay"),
            Self::RefreshTheft(_) => ("refresh", "theft"),
            Self::SignOut(_) => ("sign-out", "ok"),
            Self::PasswordChanged(_) => ("password", "ok"),
            Self::PasswordChangeFailed { refusal, .. } => ("password", refusal.result()),
            Self::ErasureRequested(_) => ("erasure", "requested"),
            Self::PasswordReset { .. } => ("reset", "ok"),
            Self::PasswordResetFailed { .. } => ("reset", "failed"),
            Self::OtpPosted { .. } => ("otp", "ok"),
            Self::Managed { kind, act, .. } => (kind, act.result()),
            Self::Refused { kind, .. } => (kind, "refused"),
        }
    }

    /// How the event is counted in place of a row, where it concerns no account.
    pub const fn stranger(&self) -> Option<Stranger> {
        match self {
            Self::SignInFailed { user_id: None, .. } => Some(Stranger::UnknownName),
            Self::CodeRejected(Subject { user_id: None, .. })
            | Self::CodeReplay(Subject { user_id: None, .. }) => Some(Stranger::UnknownCode),
            Self::PasswordResetFailed { user_id: None, .. } => Some(Stranger::UnknownResetLink),
            _ => None,
        }
    }

    /// The user, client and session of the event.
    pub fn subject(self) -> Subject {
        match self {
            Self::SignIn(session)
            | Self::CodeRedeemed(session)
            | Self::RefreshTheft(session)
            | Self::SignOut(session)
            | Self::PasswordChanged(session)
            | Self::ErasureRequested(session)
            | Self::PasswordChangeFailed { session, .. } => Subject {
                user_id: Some(session.user_id),
                client: Some(session.client),
                session_id: Some(session.id),
                ..Subject::default()
            },
            Self::CodeRejected(subject)
            | Self::CodeReplay(subject)
            | Self::Factor { subject, .. } => subject,
            Self::AtPages { user_id, .. } => Subject::of(Some(user_id), None),
            Self::SignInFailed {
                user_id, client, ..
            }
            | Self::PasswordResetFailed { user_id, client } => Subject::of(user_id, client),
            Self::SignUp { user_id, client }
            | Self::IdentityLinked { user_id, client }
            | Self::PasswordReset { user_id, client } => Subject::of(Some(user_id), client),
            Self::OtpPosted { by, client } => Subject::of(by, client),
            Self::Managed { by, managed, .. } => Subject {
                tenant: managed.tenant,
                target: managed.target,
                detail: Some(managed.detail),
                ..Subject::of(by, managed.client.map(ClientNumber::new))
            },
            Self::Refused { by, .. } => Subject::of(by, None),
        }
    }
}

impl Subject {
    fn of(user_id: Option<UserId>, client: Option<ClientNumber>) -> Self {
        Self {
            user_id,
            client,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
