//! Scopes (RFC 6749 §3.3, OIDC Core §5.4): how they are written, and which of them are granted.

use std::fmt;

use super::failure::{ErrorCode, Failure};

/// Makes a request one of OpenID Connect.
pub const OPENID: &str = "openid";
/// Names, birthdate, gender, locale.
pub const PROFILE: &str = "profile";
/// The address, and whether it is verified.
pub const EMAIL: &str = "email";
/// The telephone number.
pub const PHONE: &str = "phone";
/// A refresh token that outlives the browser's own session (OIDC Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The effective permissions; to first-party clients only.
pub const PERMISSIONS: &str = "permissions";

/// What every client may ask of a user.
pub const PUBLIC: [&str; 5] = [OPENID, PROFILE, EMAIL, PHONE, OFFLINE_ACCESS];
/// The longest list that is read, in bytes.
const LONGEST: usize = 2_000;

/// A set of scope tokens, in the order they were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(Vec<String>);

/// Which scopes a client may be granted for a user.
#[derive(Debug, Clone, Copy)]
pub struct Grantable<'a> {
    /// The list that an operator wrote for the client: then it is all.
    pub registered: Option<&'a Scope>,
    /// Scopes of resource servers that every client may ask for.
    pub of_resources: &'a Scope,
    /// Whether the client is the operator's own, of which no consent is asked.
    pub first_party: bool,
}

impl Scope {
    /// Reads a space-delimited list; none twice.
    ///
    /// # Errors
    ///
    /// `invalid_scope` where a character is none of a scope token's.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let is_token = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let malformed = Failure::new(ErrorCode::InvalidScope, "the scope is malformed");
        if text.len() > LONGEST {
            return Err(malformed);
        }
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        let mut scope = Self::default();
        for token in tokens {
            if !token.bytes().all(is_token) {
                return Err(malformed);
            }
            scope.add(token);
        }
        Ok(scope)
    }

    /// The tokens that are given.
    pub fn of(tokens: &[&str]) -> Self {
        let mut scope = Self::default();
        for token in tokens {
            scope.add(token);
        }
        scope
    }

    fn add(&mut self, token: &str) {
        if !self.has(token) {
            self.0.push(token.to_owned());
        }
    }

    /// Whether a token is in it.
    pub fn has(&self, token: &str) -> bool {
        self.0.iter().any(|held| held == token)
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every token of it is in another.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.has(token))
    }

    /// The tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The tokens for which a condition holds.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(
            self.iter()
                .filter(|token| keep(token))
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Both sets.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for token in other.iter() {
            both.add(token);
        }
        both
    }

    /// What is granted of it: what the client may not have is left out, not refused (OIDC Core §3.1.2.1).
    #[must_use]
    pub fn granted(&self, grantable: Grantable<'_>) -> Self {
        self.filter(|token| match grantable.registered {
            Some(registered) => {
                registered.has(token) && (token != PERMISSIONS || grantable.first_party)
            }
            None => {
                PUBLIC.contains(&token)
                    || grantable.of_resources.has(token)
                    || token == PERMISSIONS && grantable.first_party
            }
        })
    }

    /// What a refresh grants of the scope it was granted before (RFC 6749 §6): the same or less.
    ///
    /// # Errors
    ///
    /// `invalid_scope` where more is asked for.
    pub fn narrowed(&self, asked: Option<&str>) -> Result<Self, Failure> {
        let Some(asked) = asked else {
            return Ok(self.clone());
        };
        let asked = Self::parse(asked)?;
        if asked.is_empty() || !asked.is_within(self) {
            return Err(Failure::new(
                ErrorCode::InvalidScope,
                "the scope is beyond what was granted",
            ));
        }
        Ok(asked)
    }

    /// What a client is granted for itself (RFC 6749 §4.4): only what an operator wrote for it, and
    /// nothing that is a user's. Without a wish it is all of that.
    ///
    /// # Errors
    ///
    /// `invalid_scope` where something else is asked for.
    pub fn for_client(registered: Option<&Self>, asked: Option<&str>) -> Result<Self, Failure> {
        let own = registered
            .map(|scope| scope.filter(|token| !PUBLIC.contains(&token) && token != PERMISSIONS));
        own.unwrap_or_default().narrowed(asked)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn a_list_is_a_set_in_the_order_it_was_named() {
        assert_eq!(
            scope("openid  email openid x:y/z ").to_string(),
            "openid email x:y/z"
        );
        assert!(scope("").is_empty() && scope(" ").is_empty());
        for bad in ["a\"b", "a\\b", "a\tb", "é", "a\u{7f}", &"x".repeat(2_001)] {
            assert!(Scope::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_scopes_are_left_out_and_an_operators_list_is_all() {
        let resources = scope("mcp:tools");
        let grant = |registered: Option<&Scope>, first_party| {
            let grantable = Grantable {
                registered,
                of_resources: &resources,
                first_party,
            };
            scope("openid address mcp:tools permissions api")
                .granted(grantable)
                .to_string()
        };
        assert_eq!(grant(None, false), "openid mcp:tools");
        assert_eq!(grant(None, true), "openid mcp:tools permissions");
        let registered = scope("openid api permissions");
        assert_eq!(grant(Some(&registered), false), "openid api");
        assert_eq!(grant(Some(&registered), true), "openid permissions api");
        assert_eq!(grant(Some(&Scope::default()), true), "");
    }

    #[test]
    fn a_refresh_narrows_and_never_widens() {
        let granted = scope("openid email");
        assert_eq!(granted.narrowed(None), Ok(granted.clone()));
        assert_eq!(granted.narrowed(Some("email")), Ok(scope("email")));
        for more in ["openid phone", "x", " ", "\""] {
            assert!(granted.narrowed(Some(more)).is_err(), "{more}");
        }
    }

    #[test]
    fn a_client_is_granted_for_itself_what_an_operator_wrote() {
        let registered = scope("openid reports:read offline_access reports:write");
        let grant =
            |asked| Scope::for_client(Some(&registered), asked).map(|scope| scope.to_string());
        assert_eq!(grant(None), Ok("reports:read reports:write".to_owned()));
        assert_eq!(grant(Some("reports:read")), Ok("reports:read".to_owned()));
        assert!(grant(Some("openid")).is_err());
        assert!(grant(Some("other")).is_err());
        assert_eq!(Scope::for_client(None, None), Ok(Scope::default()));
        assert!(Scope::for_client(None, Some("x")).is_err());
    }
}
