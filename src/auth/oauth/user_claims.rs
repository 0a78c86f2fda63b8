//! What a client learns of a user (OIDC Core §5.1 and §5.4): the claims of a scope, or single ones.

use serde_json::{Map, Value, json};

use super::scope::{EMAIL, PERMISSIONS, PHONE, PROFILE, Scope};
use crate::auth::account::Account;
use crate::auth::time::Timestamp;

/// The claims of each scope; `sub` is always there.
const CLAIMS: [(&str, &[&str]); 4] = [
    (
        PROFILE,
        &[
            "name",
            "given_name",
            "middle_name",
            "family_name",
            "preferred_username",
            "gender",
            "birthdate",
            "locale",
            "updated_at",
        ],
    ),
    (EMAIL, &["email", "email_verified"]),
    (PHONE, &["phone_number"]),
    (PERMISSIONS, &["permissions"]),
];

/// A user, as claims are made of it.
#[derive(Debug, Clone, Copy)]
pub struct UserClaims<'a> {
    /// The account.
    pub account: &'a Account,
    /// Whether the address is verified.
    pub email_verified: bool,
    /// When anything of the user was last changed.
    pub updated_on: Timestamp,
}

/// The names of all claims that a client may learn of a user, for the discovery document.
pub fn supported() -> impl Iterator<Item = &'static str> {
    let public = CLAIMS
        .into_iter()
        .filter(|(scope, _)| *scope != PERMISSIONS);
    ["sub"]
        .into_iter()
        .chain(public.flat_map(|(_, claims)| claims.iter().copied()))
}

/// The scope that a claim is of, if it is of one: who asks for the single claim needs consent to that.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    let mut scopes = CLAIMS.into_iter();
    scopes.find_map(|(scope, claims)| claims.contains(&claim).then_some(scope))
}

impl UserClaims<'_> {
    /// The claims of a scope, and those that were granted one by one.
    pub fn released(&self, scope: &Scope, single: &Map<String, Value>) -> Map<String, Value> {
        let names = CLAIMS.into_iter().flat_map(|(of, names)| {
            let whole = scope.has(of);
            names
                .iter()
                .filter(move |name| whole || single.contains_key(**name))
        });
        names
            .filter_map(|name| Some(((*name).to_owned(), self.claim(name)?)))
            .collect()
    }

    /// One claim, if the user has it.
    fn claim(&self, name: &str) -> Option<Value> {
        let account = self.account;
        let text = |value: &Option<String>| {
            let value = value.as_deref().map(str::trim);
            value
                .filter(|value| !value.is_empty())
                .map(|value| json!(value))
        };
        match name {
            "name" => Some(json!(self.name()?)),
            "given_name" => text(&Some(account.first_name.clone())),
            "middle_name" => text(&account.middle_name),
            "family_name" => text(&account.last_name),
            "preferred_username" => Some(json!(account.username)),
            "gender" => text(&account.gender).map(|gender| match gender.as_str() {
                Some("M") => json!("male"),
                Some("F") => json!("female"),
                _ => json!("other"),
            }),
            "birthdate" => text(&account.dob),
            "locale" => text(&account.locale),
            "updated_at" => Some(json!(self.updated_on.seconds())),
            "email" => text(&account.email),
            "email_verified" => text(&account.email).map(|_| json!(self.email_verified)),
            // Nobody has verified it, which is not to say that it is wrong.
            "phone_number" => text(&account.phone),
            "permissions" => Some(json!(account.permissions())),
            _ => None,
        }
    }

    fn name(&self) -> Option<String> {
        let account = self.account;
        let parts = [
            Some(&account.first_name),
            account.middle_name.as_ref(),
            account.last_name.as_ref(),
        ];
        let parts = parts.into_iter().flatten().map(|part| part.trim());
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::account::example::account;

    fn person() -> Account {
        Account {
            username: "ann".to_owned(),
            email: Some("ann@example.com".to_owned()),
            first_name: "Ann".to_owned(),
            middle_name: Some("B.".to_owned()),
            last_name: Some("Lee".to_owned()),
            phone: Some("+43 1 1234".to_owned()),
            gender: Some("F".to_owned()),
            locale: Some("de-AT".to_owned()),
            ..account(1, &[1])
        }
    }

    fn released(account: &Account, scope: &str, single: &Value) -> Value {
        let claims = UserClaims {
            account,
            email_verified: true,
            updated_on: Timestamp::from_millis(1_999),
        };
        let scope = Scope::parse(scope).unwrap();
        Value::Object(claims.released(&scope, single.as_object().unwrap()))
    }

    #[test]
    fn each_scope_releases_its_claims() {
        let person = person();
        let of = |scope| released(&person, scope, &json!({}));
        assert_eq!(of("openid offline_access"), json!({}));
        assert_eq!(
            of("profile"),
            json!({
                "name": "Ann B. Lee", "given_name": "Ann", "middle_name": "B.", "family_name": "Lee",
                "preferred_username": "ann", "gender": "female", "birthdate": "2000-02-29", "locale": "de-AT",
                "updated_at": 1,
            })
        );
        assert_eq!(
            of("email"),
            json!({ "email": "ann@example.com", "email_verified": true })
        );
        assert_eq!(of("phone"), json!({ "phone_number": "+43 1 1234" }));
    }

    #[test]
    fn what_a_user_does_not_have_is_absent() {
        let nobody = Account {
            first_name: String::new(),
            dob: None,
            ..account(1, &[1])
        };
        let claims = released(&nobody, "profile email phone", &json!({}));
        assert_eq!(
            claims,
            json!({ "preferred_username": "demo", "updated_at": 1 })
        );
    }

    #[test]
    fn a_single_claim_comes_without_the_rest_of_its_scope() {
        let single = json!({ "name": { "essential": true }, "unknown": null });
        assert_eq!(
            released(&person(), "openid", &single),
            json!({ "name": "Ann B. Lee" })
        );
        assert_eq!(scope_of("name"), Some(PROFILE));
        assert_eq!(scope_of("permissions"), Some(PERMISSIONS));
        assert_eq!(scope_of("unknown"), None);
    }

    #[test]
    fn what_is_told_to_exist_is_what_can_be_released() {
        let person = person();
        let all = released(&person, "profile email phone", &json!({}));
        let mut told: Vec<&str> = supported().filter(|name| *name != "sub").collect();
        let mut released: Vec<&str> = all
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        told.sort_unstable();
        released.sort_unstable();
        assert_eq!(told, released);
    }
}
