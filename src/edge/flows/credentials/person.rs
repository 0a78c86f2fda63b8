//! The authenticated user, and the proof.

use crate::auth::account::Account;
use crate::auth::attempts::CounterKeys;
use crate::auth::client::AuthClient;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::{AttemptId, ClientNumber, SessionId};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::edge::flows::audit::{Event, Refusal, SessionRef};
use crate::error::Error;
use crate::store::effects::SignInEffects;
use crate::store::otps::{self, ReservedOtp};
use crate::store::sessions::PasswordPrecondition;
use crate::store::{attempts, identities};

/// A user who is authenticated, and admitted to the client.
pub struct AuthenticatedUser {
    pub(super) account: Account,
    pub(super) proof: Proof,
    pub(super) password_changed_on: Option<Timestamp>,
    /// Nothing where no name was typed.
    pub(super) counted_under: Option<CounterKeys>,
}

/// What authenticated a user.
pub enum Proof {
    /// The password. An OTP that was held ready for it gets its try back.
    Password {
        /// The OTP that was not needed.
        unused: Option<ReservedOtp>,
    },
    /// An OTP, which the session or code that it opens must consume first.
    Otp(ReservedOtp),
    /// A provider.
    Federated {
        /// The profile that it gave.
        profile: Box<ExternalProfile>,
        /// What ends the session there, if it gave that.
        refresh_token: Option<Secret>,
    },
}

impl AuthenticatedUser {
    /// Admits a user whom a provider has authenticated to a client.
    pub(in crate::edge::flows) fn federated(
        client: &AuthClient,
        account: Account,
        profile: ExternalProfile,
        refresh_token: Option<Secret>,
    ) -> Result<Self, Error> {
        account.admit(client)?;
        Ok(Self {
            account,
            proof: Proof::Federated {
                profile: Box::new(profile),
                refresh_token,
            },
            password_changed_on: None,
            counted_under: None,
        })
    }

    /// The sign-in as an event, with the session that it opened; without one, it failed after all.
    pub(in crate::edge::flows) fn sign_in(
        &self,
        client: ClientNumber,
        session_id: Option<&SessionId>,
    ) -> Event {
        let user_id = self.account.id.clone();
        match session_id {
            Some(id) => Event::SignIn(SessionRef {
                id: id.to_owned(),
                user_id,
                client,
            }),
            None => Event::SignInFailed {
                refusal: Refusal::Failed,
                user_id: Some(user_id),
                client,
            },
        }
    }

    /// The person's account.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// What proved the person.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What goes first in the batch that opens something: failures are forgotten, the device is
    /// known from now on, and an OTP is taken or gets its try back.
    pub fn effects(&self, now: Timestamp) -> Result<SignInEffects, Error> {
        let mut effects = SignInEffects::default();
        let cleared = attempts::clear(&self.account.id, self.counted_under.as_ref(), now);
        effects.queries.extend(cleared);
        match &self.proof {
            Proof::Password { unused: None } => {}
            Proof::Password { unused: Some(otp) } => {
                effects.queries.push(otps::give_back(otp));
            }
            Proof::Otp(otp) => {
                let attempt = AttemptId::draw()?;
                effects.queries.push(otps::take(otp, &attempt, now));
                effects.otp_attempt = Some(attempt);
            }
            Proof::Federated { profile, .. } => {
                effects.queries.extend(identities::used(profile, now));
            }
        }
        Ok(effects)
    }

    /// The password that the account then had: what the person proved opens nothing once it is
    /// another. A provider's word does not hang on it.
    pub const fn password_precondition(&self) -> PasswordPrecondition {
        match self.proof {
            Proof::Password { .. } | Proof::Otp(_) => {
                PasswordPrecondition::SetAt(self.password_changed_on)
            }
            Proof::Federated { .. } => PasswordPrecondition::None,
        }
    }
}

impl Proof {
    /// The provider's refresh token, if there is one.
    pub const fn provider_token(&self) -> Option<&Secret> {
        match self {
            Self::Federated { refresh_token, .. } => refresh_token.as_ref(),
            Self::Password { .. } | Self::Otp(_) => None,
        }
    }

    /// The session at the provider, if it named one.
    pub fn provider_session(&self) -> Option<&str> {
        match self {
            Self::Federated { profile, .. } => profile.session.as_deref(),
            Self::Password { .. } | Self::Otp(_) => None,
        }
    }

    /// The name that is stored with a session.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Password { .. } => "password",
            Self::Otp(_) => "otp",
            Self::Federated { profile, .. } => profile.provider.name(),
        }
    }
}
