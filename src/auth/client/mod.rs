//! A client: an app that may ask this service to authenticate users (RFC 6749 §1.1).

pub mod columns;

use super::pkce::Challenge;
use super::secret::Secret;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::time::Seconds;
use crate::error::InvalidInput;

/// A registered client that is not deleted: the columns that the rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthClient {
    /// The client's number.
    pub id: ClientNumber,
    /// The public name.
    pub client_id: ClientId,
    /// Digest of the secret that authenticates the client.
    pub client_secret_digest: String,
    /// Digest of `secret`, which authorization codes are bound to.
    pub secret_digest: String,
    /// Where a browser goes after a sign-in with an identity provider.
    pub redirect_url: Option<String>,
    /// How long an access token lives.
    pub access_token_expiration: Seconds,
    /// How long after its last use a session may be refreshed.
    pub refresh_token_expiration: Seconds,
    /// How long a code lives, up to [`MAX_CODE_LIFETIME`].
    pub auth_code_expiration: Seconds,
    /// Whether the client keeps no secret (RFC 6749 §2.1): its `token_endpoint_auth_method` is `none`.
    pub is_public: bool,
}

/// The longest a code may live (RFC 6749 §4.1.2).
pub const MAX_CODE_LIFETIME: Seconds = Seconds::new(600);

impl AuthClient {
    /// Whether the caller may act as the client: it knows the secret, or brings none of a client that
    /// keeps none.
    pub fn proves(&self, client_secret: Option<&Secret>) -> bool {
        match client_secret {
            Some(secret) => !self.is_public && secret.matches(&self.client_secret_digest),
            None => self.is_public,
        }
    }

    /// Rejects a code that nothing binds to whoever asked for it: neither a secret nor a challenge (RFC
    /// 9700 §2.1.1).
    pub const fn check_challenge(&self, challenge: Option<&Challenge>) -> Result<(), InvalidInput> {
        if self.is_public && challenge.is_none() {
            return Err(InvalidInput::MissingChallenge);
        }
        Ok(())
    }

    /// How long its codes live.
    pub fn code_lifetime(&self) -> Seconds {
        self.auth_code_expiration.min(MAX_CODE_LIFETIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_proves_a_client_that_keeps_one_and_none_the_others() {
        let secret = Secret::new("a secret");
        let client = |is_public| AuthClient {
            id: ClientNumber::new(1),
            client_id: ClientId::new("app"),
            client_secret_digest: secret.digest(),
            secret_digest: String::new(),
            redirect_url: None,
            access_token_expiration: Seconds::new(900),
            refresh_token_expiration: Seconds::new(86_400),
            auth_code_expiration: Seconds::new(180),
            is_public,
        };
        let (confidential, public) = (client(false), client(true));
        assert!(confidential.proves(Some(&secret)));
        assert!(!confidential.proves(Some(&Secret::new(""))));
        assert!(!confidential.proves(None));
        assert!(public.proves(None));
        assert!(!public.proves(Some(&secret)), "also the one on record");
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(confidential.check_challenge(None).is_ok());
        assert!(public.check_challenge(challenge.as_ref()).is_ok());
        assert_eq!(
            public.check_challenge(None),
            Err(InvalidInput::MissingChallenge)
        );
    }
}
