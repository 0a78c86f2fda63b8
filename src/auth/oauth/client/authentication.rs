//! How a client says who it is at an endpoint (RFC 6749 §2.3, RFC 7521 §4.2): exactly one way, and the
//! one that it is registered with.

use super::{AuthenticationMethod, OAuthClient};
use crate::auth::id::ClientId;
use crate::auth::jose::compact::CompactJws;
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::Secret;

/// `client_assertion_type` (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest assertion, in bytes.
const LONGEST_ASSERTION: usize = 8_192;

/// What the `Authorization` header of HTTP Basic holds.
#[derive(Debug)]
pub struct BasicCredentials {
    /// The client's id.
    pub client_id: ClientId,
    /// Its secret, form-decoded as RFC 6749 §2.3.1 wants it, and as it was sent where that differs:
    /// many clients do not encode.
    pub secrets: Vec<Secret>,
}

/// A client as it presents itself. Nothing is proven yet.
#[derive(Debug)]
pub struct PresentedClient {
    /// Who it says it is.
    pub client_id: ClientId,
    /// What it shows for it.
    pub credential: Credential,
}

/// What a client shows.
#[derive(Debug)]
pub enum Credential {
    /// A secret in the header.
    Basic(Vec<Secret>),
    /// A secret in the body.
    Post(Secret),
    /// A JWT.
    Assertion(Box<CompactJws>),
    /// Nothing: a public client.
    None,
}

impl PresentedClient {
    /// Reads what a request shows.
    ///
    /// # Errors
    ///
    /// `invalid_request` where it shows more than one thing, `invalid_client` where it names no client,
    /// or two.
    pub fn read(basic: Option<BasicCredentials>, body: &Parameters) -> Result<Self, Failure> {
        let secret = body.secret("client_secret");
        let assertion = body.get("client_assertion");
        let named = body.get("client_id").map(ClientId::new);
        let ways = [basic.is_some(), secret.is_some(), assertion.is_some()];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            return Err(Failure::invalid_request(
                "the client authenticates in two ways",
            ));
        }
        let (client_id, credential) = match (basic, secret, assertion) {
            (Some(basic), _, _) => (Some(basic.client_id), Credential::Basic(basic.secrets)),
            (_, Some(secret), _) => (None, Credential::Post(secret)),
            (_, _, Some(assertion)) => {
                let assertion = read_assertion(assertion, body)?;
                let subject = assertion.claim_text("sub").map(ClientId::new);
                let subject = subject.ok_or(Failure::invalid_client())?;
                (Some(subject), Credential::Assertion(Box::new(assertion)))
            }
            (None, None, None) => (None, Credential::None),
        };
        match (client_id, named) {
            (Some(proven), Some(named)) if proven != named => Err(Failure::invalid_client()),
            (None, None) => Err(Failure::invalid_client()),
            (Some(client_id), _) | (None, Some(client_id)) => Ok(Self {
                client_id,
                credential,
            }),
        }
    }

    /// The way it authenticates.
    pub const fn method(&self) -> AuthenticationMethod {
        match self.credential {
            Credential::Basic(_) => AuthenticationMethod::ClientSecretBasic,
            Credential::Post(_) => AuthenticationMethod::ClientSecretPost,
            Credential::Assertion(_) => AuthenticationMethod::PrivateKeyJwt,
            Credential::None => AuthenticationMethod::None,
        }
    }

    /// The digests of the secrets it shows, of which one has to be the stored one.
    pub fn secret_digests(&self) -> Vec<String> {
        match &self.credential {
            Credential::Basic(secrets) => secrets.iter().map(Secret::digest).collect(),
            Credential::Post(secret) => vec![secret.digest()],
            Credential::Assertion(_) | Credential::None => Vec::new(),
        }
    }

    /// Whether a registered client is the one that presents itself, as far as a secret tells: an
    /// assertion is still to be verified.
    ///
    /// `store` says the same in SQL, in the batch that redeems something.
    pub fn is(&self, client: &OAuthClient, secret_digest: &str) -> bool {
        let shown = match &self.credential {
            Credential::Basic(secrets) => {
                secrets.iter().any(|secret| secret.matches(secret_digest))
            }
            Credential::Post(secret) => secret.matches(secret_digest),
            Credential::Assertion(_) | Credential::None => true,
        };
        shown && self.method() == client.authentication
    }
}

fn read_assertion(text: &str, body: &Parameters) -> Result<CompactJws, Failure> {
    if body.get("client_assertion_type") != Some(JWT_BEARER) {
        return Err(Failure::invalid_request(
            "client_assertion_type is not that of a JWT",
        ));
    }
    let read = (text.len() <= LONGEST_ASSERTION).then(|| CompactJws::read(text));
    read.flatten().ok_or(Failure::invalid_client())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jose::example::Signer256;
    use crate::auth::oauth::client::example::client;
    use crate::auth::oauth::failure::ErrorCode;
    use serde_json::json;

    fn body(pairs: &[(&str, &str)]) -> Parameters {
        let pairs = pairs.iter();
        Parameters::new(pairs.map(|&(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn basic(client_id: &str) -> Option<BasicCredentials> {
        Some(BasicCredentials {
            client_id: ClientId::new(client_id),
            secrets: vec![Secret::new("s p"), Secret::new("s+p")],
        })
    }

    fn refusal(basic: Option<BasicCredentials>, pairs: &[(&str, &str)]) -> ErrorCode {
        PresentedClient::read(basic, &body(pairs)).unwrap_err().code
    }

    fn assertion(subject: &str) -> String {
        Signer256::new("a", 1).sign(&json!({ "sub": subject }))
    }

    #[test]
    fn a_client_authenticates_in_one_way() {
        let assertion = assertion("app");
        let of_jwt = [
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        let secret = [("client_id", "app"), ("client_secret", "s")];
        let read = |basic, pairs: &[(&str, &str)]| {
            let read = PresentedClient::read(basic, &body(pairs)).unwrap();
            (read.client_id.to_string(), read.method())
        };
        let app = "app".to_owned();
        assert_eq!(
            read(basic("app"), &[]),
            (app.clone(), AuthenticationMethod::ClientSecretBasic)
        );
        assert_eq!(
            read(basic("app"), &secret[..1]),
            (app.clone(), AuthenticationMethod::ClientSecretBasic)
        );
        assert_eq!(
            read(None, &secret),
            (app.clone(), AuthenticationMethod::ClientSecretPost)
        );
        assert_eq!(
            read(None, &of_jwt),
            (app.clone(), AuthenticationMethod::PrivateKeyJwt)
        );
        assert_eq!(read(None, &secret[..1]), (app, AuthenticationMethod::None));
        assert_eq!(refusal(basic("app"), &secret), ErrorCode::InvalidRequest);
        assert_eq!(refusal(basic("app"), &of_jwt), ErrorCode::InvalidRequest);
        assert_eq!(
            refusal(None, &[of_jwt, secret].concat()),
            ErrorCode::InvalidRequest
        );
    }

    #[test]
    fn a_request_names_one_client() {
        let assertion = assertion("app");
        let of_jwt = [
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        let other = [("client_id", "other")];
        assert_eq!(refusal(None, &[]), ErrorCode::InvalidClient);
        assert_eq!(
            refusal(None, &[("client_secret", "s")]),
            ErrorCode::InvalidClient
        );
        assert_eq!(refusal(basic("app"), &other), ErrorCode::InvalidClient);
        assert_eq!(
            refusal(None, &[&of_jwt[..], &other].concat()),
            ErrorCode::InvalidClient
        );
        assert_eq!(refusal(None, &of_jwt[1..]), ErrorCode::InvalidRequest);
        let no_jwt = [of_jwt[0], ("client_assertion", "x.y.z")];
        assert_eq!(refusal(None, &no_jwt), ErrorCode::InvalidClient);
        let long = "x".repeat(LONGEST_ASSERTION + 1);
        assert_eq!(
            refusal(None, &[of_jwt[0], ("client_assertion", &long)]),
            ErrorCode::InvalidClient
        );
    }

    #[test]
    fn a_secret_is_good_in_the_way_that_is_registered_and_encoded_or_not() {
        let good = Secret::new("s+p").digest();
        let client = client();
        let by_header = PresentedClient::read(basic("app"), &body(&[])).unwrap();
        assert!(by_header.is(&client, &good));
        assert!(by_header.is(&client, &Secret::new("s p").digest()));
        assert!(!by_header.is(&client, &Secret::new("other").digest()));
        let in_body = body(&[("client_id", "app"), ("client_secret", "s+p")]);
        let in_body = PresentedClient::read(None, &in_body).unwrap();
        assert!(!in_body.is(&client, &good));
        let none = PresentedClient::read(None, &body(&[("client_id", "app")])).unwrap();
        assert!(!none.is(&client, &good));
        let public = OAuthClient {
            authentication: AuthenticationMethod::None,
            ..client
        };
        assert!(none.is(&public, &good));
        assert!(!by_header.is(&public, &good));
    }
}
