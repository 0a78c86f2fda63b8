//! Who came: the profile that everything before leads to.

use serde_json::{Map, Value};
use url::Url;

use super::call::{Answer, Call};
use super::exchange::unwrapped;
use super::id_token::{Expectation, VerifiedClaims, identifier};
use super::jws::SignedClaims;
use super::provider::{Oddity, Proof, Row};
use super::{Failure, Provider, address};
use crate::auth::secret::Secret;

/// The longest name that is taken over, in characters.
const MAX_NAME: usize = 50;
/// The longest address (RFC 5321 §4.5.3.1.3), in bytes.
const MAX_EMAIL: usize = 254;

/// A person at a provider, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Where.
    pub provider: Provider,
    /// Whose subject it is.
    pub issuer: String,
    /// The person, for ever.
    pub subject: String,
    /// Set only if the provider has verified it: another address is neither stored nor matched.
    pub email: Option<VerifiedEmail>,
    /// What the person is called.
    pub names: Names,
}

/// An address that the provider's id_token says is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEmail(String);

/// What a person is called, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Given name, or the whole name of who has none.
    pub first: Option<String>,
    /// Middle name.
    pub middle: Option<String>,
    /// Family name.
    pub last: Option<String>,
}

/// An id_token's way to a profile, once its signature is verified.
#[derive(Debug)]
pub struct IdTokenProof {
    /// Where the provider's keys are.
    pub keys: Url,
    pub(super) expectation: Expectation,
    /// Names that came another way.
    pub(super) names: Names,
    pub(super) access_token: Option<Secret>,
    pub(super) userinfo: Option<Url>,
}

/// A profile, or the question that is left.
#[derive(Debug)]
pub enum Found {
    /// All that is needed.
    Profile(Profile),
    /// The person is known, the name is not: ask.
    Ask(ProfileRequest),
}

/// A question about a person.
#[derive(Debug)]
pub struct ProfileRequest {
    /// To be sent.
    pub call: Call,
    provider: Provider,
    issuer: String,
    /// Who it must be about, if that is known.
    known: Option<Profile>,
}

impl IdTokenProof {
    /// Checks the claims at `now` (epoch milliseconds) and reads the profile in them.
    pub fn identify(self, signed: SignedClaims, now: i64) -> Result<Found, Failure> {
        let provider = self.expectation.provider;
        let verified = self.expectation.check(signed, now)?;
        let mut profile = Profile::of_claims(provider, verified);
        profile.names.fill(self.names);
        Ok(profile.with_names_from(self.userinfo.as_ref(), self.access_token.as_ref()))
    }
}

impl Profile {
    fn of_claims(provider: Provider, verified: VerifiedClaims) -> Self {
        let row = provider.row();
        Self {
            provider,
            issuer: verified.issuer,
            subject: verified.subject,
            email: VerifiedEmail::of_claims(row, &verified.claims),
            names: Names::of(row, &verified.claims),
        }
    }

    /// A person of whom nothing but the subject is known.
    pub(super) fn nameless(provider: Provider, issuer: String, subject: String) -> Self {
        Self {
            provider,
            issuer,
            subject,
            email: None,
            names: Names::default(),
        }
    }

    /// Asks for the name if it is wanting and can be asked for.
    pub(super) fn with_names_from(self, url: Option<&Url>, access_token: Option<&Secret>) -> Found {
        match (url, access_token) {
            (Some(url), Some(token)) if self.names.first.is_none() => Found::Ask(ProfileRequest {
                call: profile_call(self.provider.row(), url, token),
                provider: self.provider,
                issuer: self.issuer.clone(),
                known: Some(self),
            }),
            _ => Found::Profile(self),
        }
    }

    /// What the account of who has no verified address is called: `provider:subject`, the subject
    /// percent-encoded but for letters, digits, `.`, `_` and `-`.
    pub fn username(&self) -> String {
        // `~` is unreserved in URLs, and not here.
        let subject = address::encode(&self.subject).replace('~', "%7E");
        format!("{}:{subject}", self.provider.name())
    }
}

impl ProfileRequest {
    /// The question of who an access token belongs to.
    pub(super) fn of_stranger(
        provider: Provider,
        issuer: String,
        url: &Url,
        access_token: &Secret,
    ) -> Self {
        Self {
            call: profile_call(provider.row(), url, access_token),
            provider,
            issuer,
            known: None,
        }
    }

    /// Reads the answer. It must be about whoever is known already (OIDC Core §5.3.2).
    pub fn read(self, answer: &Answer<'_>) -> Result<Profile, Failure> {
        let row = self.provider.row();
        let mut answer = answer.object("the profile")?;
        if row.has(Oddity::WrappedInData) {
            answer = unwrapped(answer);
        }
        let subject = identifier(answer.get(row.fields.subject))
            .ok_or_else(|| Failure::untrusted("the profile's subject cannot be one"))?;
        let mut profile = match self.known {
            Some(known) if known.subject == subject => known,
            Some(_) => return Err(Failure::untrusted("the profile is of somebody else")),
            None => Profile::nameless(self.provider, self.issuer, subject),
        };
        profile.names.fill(Names::of(row, &answer));
        Ok(profile)
    }
}

fn profile_call(row: &Row, url: &Url, access_token: &Secret) -> Call {
    let url = match row.proof {
        Proof::Profile(query) => address::with_parameters(url, query),
        Proof::IdToken(_) => url.clone(),
    };
    Call::get(url).with_bearer(access_token)
}

impl VerifiedEmail {
    /// JSON `true` verifies, and nothing else does; Apple also writes `"true"`.
    pub(super) fn of_claims(row: &Row, claims: &Map<String, Value>) -> Option<Self> {
        let verified = match claims.get("email_verified")? {
            Value::Bool(verified) => *verified,
            Value::String(text) => row.has(Oddity::VerifiedAsText) && text == "true",
            _ => false,
        };
        let email = claims.get("email")?.as_str()?;
        (verified && is_address(email)).then(|| Self(email.to_owned()))
    }

    /// As the provider spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the same address. One that is not ASCII is no address's equal: what folds
    /// alike need not be delivered alike.
    pub fn is_same(&self, other: &str) -> bool {
        self.0.is_ascii() && other.is_ascii() && self.0.eq_ignore_ascii_case(other)
    }
}

fn is_address(text: &str) -> bool {
    let is_plain = |part: &str| {
        let strange = |char: char| char.is_control() || char.is_whitespace() || char == '@';
        !part.is_empty() && !part.contains(strange)
    };
    let parts = text.split_once('@');
    text.len() <= MAX_EMAIL
        && parts.is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

impl Names {
    /// Cleans names: no control characters, no surrounding space, not too long, not empty.
    pub(super) fn new(first: Option<&str>, middle: Option<&str>, last: Option<&str>) -> Self {
        let clean = |name: Option<&str>| {
            let name: String = name?.chars().filter(|char| !char.is_control()).collect();
            let name: String = name.trim().chars().take(MAX_NAME).collect();
            (!name.is_empty()).then_some(name)
        };
        Self {
            first: clean(first),
            middle: clean(middle),
            last: clean(last),
        }
    }

    fn of(row: &Row, profile: &Map<String, Value>) -> Self {
        let text = |name: &str| profile.get(name).and_then(Value::as_str);
        let fields = &row.fields;
        let named = Self::new(
            text(fields.first_name),
            text(fields.middle_name),
            text(fields.last_name),
        );
        if named == Self::default() {
            Self::new(text(fields.name), None, None)
        } else {
            named
        }
    }

    /// Takes over what is wanting.
    fn fill(&mut self, other: Self) {
        if *self == Self::default() {
            *self = other;
        } else {
            self.first = self.first.take().or(other.first);
        }
    }
}
