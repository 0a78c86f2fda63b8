//! Members of client metadata that are one or some of a few words, and what may be chosen by whom.

use serde_json::{Map, Value};

use super::members::{Members, refused};
use super::{AuthenticationMethod, Consent, GrantType, Source};
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::failure::Failure;

/// What is promised to nobody; to ignore it would be to break the promise.
const REFUSED: [&str; 5] = [
    "sector_identifier_uri",
    "id_token_encrypted_response_alg",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "tls_client_certificate_bound_access_tokens",
];
/// What decides nothing, and is kept as it was said.
const NOTED: [&str; 5] = [
    "application_type",
    "initiate_login_uri",
    "contacts",
    "software_id",
    "software_version",
];

/// What only an operator decides about a client.
pub struct OperatorChoices {
    /// See [`super::OAuthClient::consent`].
    pub consent: Consent,
    /// See [`super::OAuthClient::open`].
    pub open: bool,
    /// See [`super::OAuthClient::require_pkce`].
    pub require_pkce: bool,
    /// See [`super::OAuthClient::fapi`].
    pub fapi: bool,
    /// See [`super::OAuthClient::id_token_claims`].
    pub id_token_claims: bool,
}

impl OperatorChoices {
    /// Reads them; in metadata of others they mean nothing.
    pub fn read(members: Members<'_>, source: Source) -> Result<Self, Failure> {
        if source != Source::Operator {
            return Ok(Self {
                consent: Consent::Ask,
                open: true,
                require_pkce: true,
                fapi: false,
                id_token_claims: false,
            });
        }
        let consent = members.word("consent", Consent::from_name)?;
        Ok(Self {
            consent: consent.unwrap_or(Consent::Ask),
            open: members.flag("open")?.unwrap_or(false),
            require_pkce: members.flag("require_pkce")?.unwrap_or(true),
            fapi: members.flag("fapi")?.unwrap_or(false),
            id_token_claims: members.flag("id_token_claims")?.unwrap_or(false),
        })
    }
}

/// A client that registers itself may be answered with another method than it asked for (RFC 7591
/// §3.2.1); a metadata document can hold no secret.
pub fn authentication(
    members: Members<'_>,
    source: Source,
) -> Result<AuthenticationMethod, Failure> {
    let asked = members.text("token_endpoint_auth_method")?;
    let known = asked.map(AuthenticationMethod::from_name);
    match (source, known) {
        (Source::Document, None) => Ok(AuthenticationMethod::None),
        (
            Source::Document,
            Some(Some(
                AuthenticationMethod::ClientSecretBasic | AuthenticationMethod::ClientSecretPost,
            )),
        ) => Err(refused("a metadata document can hold no secret")),
        (Source::Registered, None | Some(None)) | (Source::Operator, None) => {
            Ok(AuthenticationMethod::ClientSecretBasic)
        }
        (_, Some(Some(method))) => Ok(method),
        (Source::Operator | Source::Document, Some(None)) => {
            Err(refused("token_endpoint_auth_method is not supported"))
        }
    }
}

/// The grants; of a client that nobody vouches for those that need a user, and others are left out.
pub fn grant_types(members: Members<'_>, source: Source) -> Result<Vec<GrantType>, Failure> {
    let operator = source == Source::Operator;
    let asked = members
        .list("grant_types")?
        .unwrap_or(vec![GrantType::AuthorizationCode.name()]);
    let known: Vec<GrantType> = asked
        .iter()
        .filter_map(|name| GrantType::from_name(name))
        .filter(|grant| operator || *grant != GrantType::ClientCredentials)
        .collect();
    if operator && known.len() < asked.len() {
        return Err(refused("grant_types has one that is not supported"));
    }
    let responses = members.list("response_types")?;
    let codes = known.contains(&GrantType::AuthorizationCode);
    let has_code = responses
        .as_ref()
        .is_none_or(|types| types.contains(&"code"));
    let others = responses.is_some_and(|types| types.iter().any(|name| *name != "code"));
    if codes && !has_code || operator && others {
        return Err(refused("response_types is not that of its grant_types"));
    }
    Ok(known)
}

/// An algorithm, one of those that are possible.
pub fn algorithm(
    members: Members<'_>,
    name: &str,
    possible: &[SignatureAlgorithm],
) -> Result<Option<SignatureAlgorithm>, Failure> {
    members.word(name, |text| {
        SignatureAlgorithm::from_name(text).filter(|algorithm| possible.contains(algorithm))
    })
}

/// What is kept as it was said.
pub fn noted(members: Members<'_>) -> Result<Map<String, Value>, Failure> {
    members.word("application_type", |kind| {
        matches!(kind, "web" | "native").then_some(())
    })?;
    members.list("contacts")?;
    for name in ["initiate_login_uri", "software_id", "software_version"] {
        members.text(name)?;
    }
    let kept = NOTED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), members.find(name)?.clone())));
    Ok(kept.collect())
}

/// Refuses metadata that ask for what is not supported.
pub fn check_refused(members: Members<'_>) -> Result<(), Failure> {
    members.word("subject_type", |kind| (kind == "public").then_some(()))?;
    let asks = |name: &&str| {
        members
            .find(name)
            .is_some_and(|value| *value != Value::Bool(false))
    };
    match REFUSED.iter().any(asks) {
        true => Err(refused("a member asks for what is not supported")),
        false => Ok(()),
    }
}
