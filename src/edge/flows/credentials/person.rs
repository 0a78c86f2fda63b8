//! The authenticated user.

use super::proof::Proof;
use crate::auth::account::{Account, NotAdmitted};
use crate::auth::assurance::Assurance;
use crate::auth::attempts::CounterKeys;
use crate::auth::browser::LiveBrowser;
use crate::auth::client::AuthClient;
use crate::auth::factor::proof::FactorProof;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::{AttemptId, ClientNumber, SessionId};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::edge::flows::audit::{Event, PageAct, Refusal, SessionRef};
use crate::error::Error;
use crate::store::effects::PasswordPrecondition;
use crate::store::effects::SignInEffects;
use crate::store::factor_proofs::{self, ProofContext, Spending};
use crate::store::{attempts, identities, otps};

/// A user who is authenticated, and admitted to the client.
pub struct AuthenticatedUser {
    pub(super) account: Account,
    pub(super) proof: Proof,
    pub(super) password_changed_on: Option<Timestamp>,
    /// Nothing where no name was typed.
    pub(super) counted_under: Option<CounterKeys>,
    /// Whether the device that signs in is one that the user has not signed in with before.
    pub(super) device_is_new: bool,
}

impl AuthenticatedUser {
    /// Admits a user whom a provider has authenticated to a client, or to our own pages.
    pub(in crate::edge::flows) fn federated(
        client: Option<&AuthClient>,
        account: Account,
        profile: ExternalProfile,
        refresh_token: Option<Secret>,
    ) -> Result<Self, Error> {
        account.admit_to(client)?;
        Ok(Self {
            account,
            proof: Proof::Federated {
                profile: Box::new(profile),
                refresh_token,
            },
            password_changed_on: None,
            counted_under: None,
            device_is_new: false,
        })
    }

    /// Admits the user of a signed-in browser to a client.
    pub fn of_browser(client: &AuthClient, browser: LiveBrowser) -> Result<Self, NotAdmitted> {
        browser.account.admit(client)?;
        Ok(Self {
            account: browser.account.clone(),
            password_changed_on: None,
            proof: Proof::Browser(Box::new(browser)),
            counted_under: None,
            device_is_new: false,
        })
    }

    /// Admits a user whom a passkey has authenticated to a client, or to our own pages.
    pub(in crate::edge::flows) fn by_passkey(
        client: Option<&AuthClient>,
        account: Account,
        proof: FactorProof,
    ) -> Result<Self, NotAdmitted> {
        account.admit_to(client)?;
        Ok(Self {
            account,
            proof: Proof::Passkey(Box::new(proof)),
            password_changed_on: None,
            counted_under: None,
            device_is_new: false,
        })
    }

    /// The user who has just set a password or signed up at our pages, by that.
    pub(in crate::edge::flows) const fn by_new_password(account: Account, now: Timestamp) -> Self {
        Self {
            account,
            proof: Proof::Password { unused: None },
            password_changed_on: Some(now),
            counted_under: None,
            device_is_new: false,
        }
    }

    /// What a session or browser of this user rests on.
    pub fn assurance(&self, now: Timestamp) -> Assurance {
        match &self.proof {
            Proof::Password { .. } => Assurance::single_factor("pwd", now),
            Proof::Otp(_) => Assurance::single_factor("otp", now),
            Proof::Browser(browser) => browser.assurance.clone(),
            Proof::Passkey(proof) => proof.raise("", now),
            // No value of RFC 8176 says that somebody else has authenticated the user.
            Proof::Federated { .. } => Assurance::single_factor("", now),
        }
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
                client: Some(client),
            },
        }
    }

    /// The same of a sign-in at our pages.
    pub(in crate::edge::flows) fn sign_in_here(&self, opened: bool) -> Event {
        let user_id = self.account.id.clone();
        if opened {
            let act = PageAct::SignIn;
            Event::AtPages { user_id, act }
        } else {
            Event::SignInFailed {
                refusal: Refusal::Failed,
                user_id: Some(user_id),
                client: None,
            }
        }
    }

    /// Whether the device that signs in is one that the user has not signed in with before.
    pub const fn device_is_new(&self) -> bool {
        self.device_is_new
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
            Proof::Password { unused: None } | Proof::Browser(_) => {}
            Proof::Password { unused: Some(otp) } => {
                effects.queries.push(otps::give_back(otp));
            }
            Proof::Otp(otp) => {
                let attempt = AttemptId::draw()?;
                effects.queries.push(otps::take(otp, &attempt, now));
                effects.otp_attempt = Some(attempt);
            }
            Proof::Passkey(proof) => {
                let attempt = AttemptId::draw()?;
                let spending = Spending {
                    proof,
                    user_id: &self.account.id,
                    context: ProofContext::Alone,
                    attempt: &attempt,
                };
                effects.queries.extend(factor_proofs::spend(&spending, now));
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
            // A browser ends itself when the password changes.
            Proof::Federated { .. } | Proof::Browser(_) | Proof::Passkey(_) => {
                PasswordPrecondition::None
            }
        }
    }
}
