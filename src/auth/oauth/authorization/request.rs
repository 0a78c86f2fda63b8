//! An authorization request, checked (RFC 6749 §4.1.1, OIDC Core §3.1.2.1, RFC 7636 §4.3).

use super::claims_request::ClaimsRequest;
use super::prompt::Prompt;
use super::response::{ResponseMode, ResponseTarget};
use crate::auth::oauth::client::{GrantType, OAuthClient};
use crate::auth::oauth::failure::{ErrorCode, Failure};
use crate::auth::oauth::parameters::Parameters;
use crate::auth::oauth::redirect_uri::is_registered;
use crate::auth::oauth::resource::{self, OwnAudiences};
use crate::auth::oauth::scope::{OPENID, Scope};
use crate::auth::oauth::user_claims::scope_of;
use crate::auth::pkce::Challenge;
use crate::auth::time::Seconds;

/// The longest `nonce`, in bytes.
const LONGEST_NONCE: usize = 1_024;
/// The longest hint or list that is read, in bytes.
const LONGEST_TEXT: usize = 4_096;

/// Parameters that are refused, since to ignore them would be another request.
const NOT_SUPPORTED: [(&str, ErrorCode, &str); 3] = [
    (
        "request",
        ErrorCode::RequestNotSupported,
        "request objects are not supported",
    ),
    (
        "request_uri",
        ErrorCode::RequestUriNotSupported,
        "request_uri is not one of a pushed request",
    ),
    (
        "registration",
        ErrorCode::RegistrationNotSupported,
        "registration is not supported",
    ),
];

/// What a request asks for, once client and redirect URI are good.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizationRequest {
    /// Where the answer goes.
    pub target: ResponseTarget,
    /// Whether the request said where, so that the token request has to say the same (RFC 6749 §4.1.3).
    pub names_redirect_uri: bool,
    /// What the client is granted of what it asked for.
    pub scope: Scope,
    /// The audience of its access tokens.
    pub audience: Vec<String>,
    /// The PKCE challenge.
    pub challenge: Option<Challenge>,
    /// Given back in the ID Token.
    pub nonce: Option<String>,
    /// What the user shall see.
    pub prompt: Prompt,
    /// The oldest authentication that does.
    pub max_age: Option<Seconds>,
    /// Single claims.
    pub claims: ClaimsRequest,
    /// Whom the client believes the user to be, to fill in.
    pub login_hint: Option<String>,
    /// An ID Token of the user that the client believes to be there.
    pub id_token_hint: Option<String>,
    /// Authentication contexts that are wished for.
    pub acr_values: Vec<String>,
    /// Languages that are wished for, the best first.
    pub ui_locales: Vec<String>,
    /// The key that the token request will prove (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
}

/// What a request is checked against besides its client.
#[derive(Debug, Clone, Copy)]
pub struct RequestContext<'a> {
    /// Scopes that every client may ask for.
    pub of_resources: &'a Scope,
    /// The audiences that are ours.
    pub own: OwnAudiences<'a>,
    /// Whether the request has been pushed (RFC 9126), or is being.
    pub pushed: bool,
}

impl ResponseTarget {
    /// Reads where the answer to a request goes. Whatever else is wrong is told there.
    ///
    /// # Errors
    ///
    /// `invalid_request`, which only a page may tell: there is no place to redirect to.
    pub fn read(parameters: &Parameters, client: &OAuthClient) -> Result<Self, Failure> {
        let openid = parameters
            .get("scope")
            .is_some_and(|scope| scope.split(' ').any(|token| token == OPENID));
        let redirect_uri = match (parameters.get("redirect_uri"), &*client.redirect_uris) {
            (Some(given), registered) if is_registered(registered, given) => given,
            (Some(_), _) => {
                return Err(Failure::invalid_request("redirect_uri is not registered"));
            }
            (None, [only]) if !openid && !client.fapi => only,
            (None, _) => return Err(Failure::invalid_request("redirect_uri is missing")),
        };
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            mode: ResponseMode::parse(parameters.get("response_mode")).unwrap_or_default(),
            state: parameters.get("state").map(str::to_owned),
        })
    }
}

impl AuthorizationRequest {
    /// Reads a request whose target is good.
    ///
    /// # Errors
    ///
    /// What the client is told at the target.
    pub fn read(
        target: ResponseTarget,
        parameters: &Parameters,
        client: &OAuthClient,
        context: RequestContext<'_>,
    ) -> Result<Self, Failure> {
        parameters.check_repeats()?;
        check_form(parameters, client, context)?;
        let scope = Scope::parse(parameters.get("scope").unwrap_or_default())?;
        let challenge = challenge(parameters, client)?;
        let prompt = Prompt::parse(parameters.get("prompt"))?;
        let (own, first_party) = (context.own, client.is_first_party());
        let grantable = client.grantable(context.of_resources);
        let may_have = |claim: &str| {
            scope_of(claim).is_none_or(|scope| !Scope::of(&[scope]).granted(grantable).is_empty())
        };
        let text = |name| match parameters.get(name) {
            Some(text) if text.len() > LONGEST_TEXT => {
                Err(Failure::invalid_request("a parameter is too long"))
            }
            text => Ok(text.map(str::to_owned)),
        };
        let list = |name| -> Result<Vec<String>, Failure> {
            let text = text(name)?.unwrap_or_default();
            Ok(text.split_whitespace().map(str::to_owned).collect())
        };
        Ok(Self {
            target,
            names_redirect_uri: parameters.get("redirect_uri").is_some(),
            scope: scope.granted(grantable),
            audience: resource::audience(parameters.all("resource"), own, first_party)?,
            challenge,
            nonce: nonce(parameters)?,
            prompt,
            max_age: max_age(parameters)?.or(client.default_max_age),
            claims: ClaimsRequest::parse(parameters.get("claims"))?.filter(may_have),
            login_hint: text("login_hint")?,
            id_token_hint: text("id_token_hint")?,
            acr_values: list("acr_values")?,
            ui_locales: list("ui_locales")?,
            dpop_jkt: text("dpop_jkt")?,
        })
    }

    /// What the user has to consent to: the scope, and those of the single claims.
    pub fn consent_scope(&self) -> Scope {
        let of_claims: Vec<&str> = self.claims.names().filter_map(scope_of).collect();
        self.scope.with(&Scope::of(&of_claims))
    }
}

/// What a request may not be, whatever it asks for.
fn check_form(
    parameters: &Parameters,
    client: &OAuthClient,
    context: RequestContext<'_>,
) -> Result<(), Failure> {
    let refuse = |code, why| Err(Failure::new(code, why));
    for (name, code, why) in NOT_SUPPORTED {
        if parameters.get(name).is_some() {
            return refuse(code, why);
        }
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => {
            let code = ErrorCode::UnsupportedResponseType;
            return refuse(code, "response_type is not code");
        }
        None => return Err(Failure::invalid_request("response_type is missing")),
    }
    if !client.may_use(GrantType::AuthorizationCode) {
        let code = ErrorCode::UnauthorizedClient;
        return refuse(code, "the client may not use authorization_code");
    }
    ResponseMode::parse(parameters.get("response_mode"))?;
    if client.needs_pushed_request() && !context.pushed {
        return Err(Failure::invalid_request(
            "the client has to push its requests",
        ));
    }
    Ok(())
}

/// The challenge: S256 by name, since a request without a method means plain (RFC 7636 §4.3).
fn challenge(parameters: &Parameters, client: &OAuthClient) -> Result<Option<Challenge>, Failure> {
    let challenge = parameters.get("code_challenge");
    match (challenge, parameters.get("code_challenge_method")) {
        (None, None) if client.needs_challenge() => {
            Err(Failure::invalid_request("code_challenge is missing"))
        }
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Failure::invalid_request("code_challenge is missing")),
        (Some(text), Some("S256")) => {
            let malformed = Failure::invalid_request("code_challenge is malformed");
            Challenge::parse(text).map(Some).ok_or(malformed)
        }
        (Some(_), _) => Err(Failure::invalid_request(
            "code_challenge_method is not S256",
        )),
    }
}

fn nonce(parameters: &Parameters) -> Result<Option<String>, Failure> {
    match parameters.get("nonce") {
        Some(nonce) if nonce.len() > LONGEST_NONCE => {
            Err(Failure::invalid_request("nonce is too long"))
        }
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<Seconds>, Failure> {
    let Some(text) = parameters.get("max_age") else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number: &i64| *number >= 0);
    let wrong = Failure::invalid_request("max_age is not a number of seconds");
    number.map(Seconds::new).map(Some).ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::oauth::client::example::client;
    use crate::auth::oauth::client::{AuthenticationMethod, Consent};

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const OWN: OwnAudiences<'_> = OwnAudiences {
        issuer: "https://login.example",
        userinfo: "https://login.example/oauth/userinfo",
    };

    /// A good request with parameters changed, added or (by an empty value) removed.
    fn parameters(changes: &[(&str, &str)]) -> Parameters {
        let mut pairs: Vec<(String, String)> = [
            ("response_type", "code"),
            ("redirect_uri", "https://app.example/cb"),
            ("scope", "openid"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        pairs.extend(
            changes
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned())),
        );
        Parameters::new(pairs)
    }

    fn read_for(
        client: &OAuthClient,
        changes: &[(&str, &str)],
        pushed: bool,
    ) -> Result<AuthorizationRequest, Failure> {
        let parameters = parameters(changes);
        let target = ResponseTarget::read(&parameters, client).expect("a good redirect_uri");
        let of_resources = Scope::of(&["mcp:tools"]);
        let context = RequestContext {
            of_resources: &of_resources,
            own: OWN,
            pushed,
        };
        AuthorizationRequest::read(target, &parameters, client, context)
    }

    fn read(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, Failure> {
        read_for(&client(), changes, false)
    }

    fn code(changes: &[(&str, &str)]) -> ErrorCode {
        read(changes).unwrap_err().code
    }

    #[test]
    fn a_request_without_a_good_redirect_uri_is_answered_by_a_page() {
        let target = |client: &OAuthClient, changes: &[(&str, &str)]| {
            ResponseTarget::read(&parameters(changes), client).is_ok()
        };
        let plain = client();
        assert!(target(&plain, &[]));
        assert!(!target(
            &plain,
            &[("redirect_uri", "https://app.example/other")]
        ));
        assert!(!target(&plain, &[("redirect_uri", "")]));
        // OAuth without OpenID Connect may leave out the only one.
        assert!(target(&plain, &[("redirect_uri", ""), ("scope", "email")]));
        let fapi = OAuthClient {
            fapi: true,
            ..client()
        };
        assert!(!target(&fapi, &[("redirect_uri", ""), ("scope", "email")]));
        let mut two = client();
        two.redirect_uris.push("https://app.example/2".to_owned());
        assert!(!target(&two, &[("redirect_uri", ""), ("scope", "email")]));
        let twice = [
            ("redirect_uri", "https://app.example/cb"),
            ("redirect_uri", "https://app.example/cb"),
        ];
        assert!(!target(&plain, &twice));
    }

    #[test]
    fn what_is_not_offered_is_refused_by_its_own_code() {
        assert_eq!(
            code(&[("request", "x.y.z")]),
            ErrorCode::RequestNotSupported
        );
        assert_eq!(
            code(&[("request_uri", "https://app.example/r")]),
            ErrorCode::RequestUriNotSupported
        );
        assert_eq!(
            code(&[("registration", "{}")]),
            ErrorCode::RegistrationNotSupported
        );
        for kind in ["token", "id_token", "code id_token", "none", "Code"] {
            assert_eq!(
                code(&[("response_type", kind)]),
                ErrorCode::UnsupportedResponseType
            );
        }
        assert_eq!(code(&[("response_type", "")]), ErrorCode::InvalidRequest);
        assert_eq!(
            code(&[("response_mode", "fragment")]),
            ErrorCode::InvalidRequest
        );
        assert_eq!(code(&[("prompt", "none login")]), ErrorCode::InvalidRequest);
        assert_eq!(code(&[("scope", "openid \"")]), ErrorCode::InvalidScope);
        assert_eq!(code(&[("resource", "/relative")]), ErrorCode::InvalidTarget);
        assert_eq!(code(&[("claims", "[]")]), ErrorCode::InvalidRequest);
        for age in ["-1", "x", "1.5", "99999999999999999999"] {
            assert_eq!(code(&[("max_age", age)]), ErrorCode::InvalidRequest);
        }
        assert_eq!(
            code(&[("nonce", &"n".repeat(1_025))]),
            ErrorCode::InvalidRequest
        );
        assert_eq!(
            code(&[("state", "a"), ("x", "1"), ("x", "2")]),
            ErrorCode::InvalidRequest
        );
    }

    #[test]
    fn a_challenge_is_s256_by_name_and_missing_only_where_an_operator_allows_it() {
        let none = [("code_challenge", ""), ("code_challenge_method", "")];
        assert!(read(&[]).unwrap().challenge.is_some());
        assert_eq!(code(&none), ErrorCode::InvalidRequest);
        for method in ["plain", "", "s256"] {
            assert_eq!(
                code(&[("code_challenge_method", method)]),
                ErrorCode::InvalidRequest
            );
        }
        assert_eq!(
            code(&[("code_challenge", "short")]),
            ErrorCode::InvalidRequest
        );
        let waived = OAuthClient {
            require_pkce: false,
            ..client()
        };
        let read = read_for(&waived, &none, false).unwrap();
        assert_eq!((read.challenge, read.nonce), (None, None));
        assert!(read_for(&waived, &[("code_challenge", "")], false).is_err());
        let public = OAuthClient {
            authentication: AuthenticationMethod::None,
            ..waived
        };
        assert!(read_for(&public, &none, false).is_err());
    }

    #[test]
    fn what_means_nothing_is_ignored_and_the_rest_is_read() {
        let read = read(&[
            ("extra", "foobar"),
            ("display", "popup"),
            ("claims_locales", "se"),
            ("nonce", &"n".repeat(384)),
            ("scope", "phone unknown openid email mcp:tools"),
            ("max_age", "0"),
            ("ui_locales", "de-AT  en"),
            ("acr_values", "1 2"),
            ("resource", "https://mcp.example/"),
            ("prompt", "consent"),
        ])
        .unwrap();
        assert_eq!(read.scope.to_string(), "phone openid email mcp:tools");
        assert_eq!(read.max_age, Some(Seconds::ZERO));
        assert_eq!(read.ui_locales, ["de-AT", "en"]);
        assert_eq!(read.acr_values, ["1", "2"]);
        assert_eq!(read.audience, ["https://mcp.example/"]);
        assert_eq!(read.nonce.unwrap().len(), 384);
        assert_eq!(read.target.state.as_deref(), Some("s"));
        assert!(read.prompt.consent);
    }

    #[test]
    fn only_a_first_party_client_asks_for_our_own_apis() {
        let resource = [("resource", OWN.issuer)];
        assert_eq!(code(&resource), ErrorCode::InvalidTarget);
        let own = OAuthClient {
            consent: Consent::None,
            ..client()
        };
        let read = read_for(&own, &resource, false).unwrap();
        assert_eq!(read.audience, [OWN.issuer]);
    }

    #[test]
    fn a_single_claim_needs_consent_to_its_scope_and_is_dropped_where_that_cannot_be_granted() {
        let claims = [(
            "claims",
            r#"{"userinfo":{"name":null,"permissions":null},"id_token":{"acr":null}}"#,
        )];
        let read = read(&claims).unwrap();
        assert_eq!(read.claims.names().collect::<Vec<_>>(), ["name", "acr"]);
        assert_eq!(read.scope.to_string(), "openid");
        assert_eq!(read.consent_scope().to_string(), "openid profile");
        let narrow = OAuthClient {
            scope: Some(Scope::of(&["openid"])),
            ..client()
        };
        let read = read_for(&narrow, &claims, false).unwrap();
        assert_eq!(read.claims.names().collect::<Vec<_>>(), ["acr"]);
    }

    #[test]
    fn a_client_that_has_to_push_its_requests_is_refused_without() {
        let fapi = OAuthClient {
            fapi: true,
            ..client()
        };
        assert!(read_for(&fapi, &[], false).is_err());
        assert!(read_for(&fapi, &[], true).is_ok());
        let service = OAuthClient {
            grant_types: vec![GrantType::ClientCredentials],
            ..client()
        };
        let refused = read_for(&service, &[], false).unwrap_err();
        assert_eq!(refused.code, ErrorCode::UnauthorizedClient);
    }
}
