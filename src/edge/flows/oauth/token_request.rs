//! A request to the token endpoint, and what its grants have in common.

use super::client::Caller;
use super::issue::Issue;
use crate::auth::id::AttemptId;
use crate::auth::oauth::client::OAuthClient;
use crate::auth::oauth::dpop::ProvenKey;
use crate::auth::oauth::failure::{ErrorCode, Failure};
use crate::auth::oauth::one_use::OneUse;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::oauth::resource;
use crate::edge::app::App;
use crate::store::grant_opening::Opening;
use crate::store::grants::LiveGrant;

/// A request to the token endpoint, and who it is from.
pub struct TokenRequest<'a> {
    /// The form.
    pub form: &'a Parameters,
    /// The client.
    pub caller: &'a Caller,
    /// The key that it has proven, if it has.
    pub key: Option<&'a ProvenKey>,
}

impl<'a> TokenRequest<'a> {
    /// What it makes good for one use: the client's assertion, and the proof of its key.
    pub fn uses(&self) -> [Option<&'a OneUse>; 2] {
        [
            self.caller.use_once.as_ref(),
            self.key.map(|key| &key.use_once),
        ]
    }

    /// The thumbprint of the key that is proven.
    pub fn jkt(&self) -> Option<&'a str> {
        self.key.map(|key| key.thumbprint.as_str())
    }

    /// What the consumed row of a key shall open.
    pub fn opening(&self, app: &App, key: &'a str, attempt: &'a AttemptId) -> Opening<'a> {
        Opening {
            key,
            attempt,
            jkt: self.jkt(),
            uses: self.uses(),
            session_expires_on: app.now + app.config.session_max_age,
        }
    }

    /// A client that binds its tokens gets none without a proof (RFC 9449 §5.2).
    pub const fn check_key(&self, client: &OAuthClient) -> Result<(), Failure> {
        match client.needs_dpop() && self.key.is_none() {
            true => Err(Failure::new(
                ErrorCode::InvalidDpopProof,
                "the client has to prove a key",
            )),
            false => Ok(()),
        }
    }

    /// What a grant gives of scope and audience, and what the request wants of them.
    pub(super) fn ask(&self, grant: &LiveGrant, refresh_n: u32) -> Result<Issue<'a>, Failure> {
        Ok(Issue {
            scope: grant.scope.narrowed(self.form.get("scope"))?,
            audience: resource::narrowed(&grant.audience, self.form.all("resource"))?,
            key: self.jkt(),
            refresh_n,
            nonce: None,
        })
    }
}
