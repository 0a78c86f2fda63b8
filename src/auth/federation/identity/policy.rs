//! What a federated identity may do here: sign in, be linked, sign up, or nothing.

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::id::UserId;

/// What the deployment allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The providers whose unknown identities get an account.
    pub sign_up: Vec<Provider>,
    /// Whether they may be attached to an account that is there.
    pub linking: Linking,
}

/// Whether an unknown identity may be attached to an account that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linking {
    /// Never.
    Off,
    /// If both sides have the same address verified.
    VerifiedEmail,
}

/// What is known here of the identity (provider, issuer, subject).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownIdentity {
    /// Nothing.
    Unknown,
    /// It opens the account of a live user.
    OfLiveUser,
    /// It opened the account of a user who is deleted.
    OfDeletedUser,
}

/// The live user with the same canonical address as the profile, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailOwner {
    /// The user.
    pub user_id: UserId,
    /// As stored.
    pub email: String,
    /// Whether the user has proven to read it.
    pub email_verified: bool,
}

/// What is to be done. Whether the account may come in is still [`crate::auth::account`]'s to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Sign in the user whose identity it is.
    SignIn,
    /// Attach the identity to the owner of its address, who is then signed in.
    Link(EmailOwner),
    /// Make an account, and attach the identity to it.
    SignUp(NewAccount),
}

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The verified address, or the profile's [`ExternalProfile::username`] where there is none.
    pub username: String,
    /// Verified.
    pub email: Option<String>,
    /// There always is a first name: the username stands in where the provider gives none.
    pub names: Names,
    /// Whether it does.
    pub name_stands_in: bool,
}

/// Decides about a profile; every refusal is the same 401.
pub fn decide(
    profile: &ExternalProfile,
    policy: &Policy,
    known: KnownIdentity,
    owner: Option<EmailOwner>,
) -> Result<Decision, ProviderFailure> {
    match known {
        KnownIdentity::OfLiveUser => return Ok(Decision::SignIn),
        KnownIdentity::OfDeletedUser => {
            return Err(ProviderFailure::untrusted(
                "the identity is of a deleted user",
            ));
        }
        KnownIdentity::Unknown => {}
    }
    // An address that has an owner here is linked to that account or refused: it never opens a
    // second one.
    if let (Some(email), Some(owner)) = (&profile.email, owner) {
        let may_link = policy.linking == Linking::VerifiedEmail
            && owner.email_verified
            && email.is_same(&owner.email);
        return if may_link {
            Ok(Decision::Link(owner))
        } else {
            Err(ProviderFailure::untrusted(
                "the address is of an account that may not be linked",
            ))
        };
    }
    if policy.sign_up.contains(&profile.provider) {
        Ok(Decision::SignUp(NewAccount::of(profile)))
    } else {
        Err(ProviderFailure::untrusted("the identity is unknown"))
    }
}

impl NewAccount {
    fn of(profile: &ExternalProfile) -> Self {
        let email = profile
            .email
            .as_ref()
            .map(|email| email.as_str().to_owned());
        let username = email.clone().unwrap_or_else(|| profile.username());
        let mut names = profile.names.clone();
        let name_stands_in = names.first.is_none();
        names.first.get_or_insert_with(|| username.clone());
        Self {
            username,
            email,
            names,
            name_stands_in,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{email, profile};

    const CLOSED: Policy = Policy {
        sign_up: Vec::new(),
        linking: Linking::Off,
    };

    fn open() -> Policy {
        Policy {
            sign_up: vec![Provider::Google],
            linking: Linking::VerifiedEmail,
        }
    }

    fn owner(email: &str, email_verified: bool) -> Option<EmailOwner> {
        Some(EmailOwner {
            user_id: UserId::new("u"),
            email: email.to_owned(),
            email_verified,
        })
    }

    fn refused(result: Result<Decision, ProviderFailure>) -> bool {
        use crate::error::{ErrorKind, Reason};
        result.is_err_and(|failure| {
            failure.error == ErrorKind::Unauthenticated(Reason::InvalidCredentials)
        })
    }

    #[test]
    fn a_known_identity_signs_in_whatever_the_policies_say() {
        let known = || KnownIdentity::OfLiveUser;
        let someone = profile(Provider::Google, "1", Some("ann@example.com"));
        let others = owner("ann@example.com", false);
        for policy in [CLOSED, open()] {
            let decision = decide(&someone, &policy, known(), others.clone());
            assert_eq!(decision, Ok(Decision::SignIn));
        }
        assert!(refused(decide(
            &someone,
            &open(),
            KnownIdentity::OfDeletedUser,
            None
        )));
    }

    #[test]
    fn by_default_an_unknown_identity_gets_nothing() {
        let someone = profile(Provider::Google, "1", Some("ann@example.com"));
        let decide = |owner| decide(&someone, &CLOSED, KnownIdentity::Unknown, owner);
        assert!(refused(decide(None)));
        assert!(refused(decide(owner("ann@example.com", true))));
    }

    #[test]
    fn linking_needs_the_address_verified_on_both_sides() {
        let link = |email: &str, owner| {
            let someone = profile(Provider::Google, "1", Some(email));
            decide(&someone, &open(), KnownIdentity::Unknown, owner)
        };
        let ann = owner("ann@example.COM", true);
        let linked = Ok(Decision::Link(ann.clone().unwrap()));
        assert_eq!(link("Ann@Example.com", ann), linked);
        assert!(refused(link(
            "ann@example.com",
            owner("ann@example.com", false)
        )));
    }

    #[test]
    fn an_address_that_is_not_ascii_never_links_though_it_folds_alike() {
        // KELVIN SIGN folds to k.
        for (theirs, ours) in [
            ("\u{212a}ay@example.com", "kay@example.com"),
            ("kay@example.com", "\u{212a}ay@example.com"),
            ("ü@example.com", "ü@example.com"),
        ] {
            let someone = profile(Provider::Google, "1", Some(theirs));
            let decision = decide(&someone, &open(), KnownIdentity::Unknown, owner(ours, true));
            assert!(refused(decision), "{theirs}");
        }
    }

    #[test]
    fn an_address_that_is_taken_gets_no_second_account() {
        let someone = profile(Provider::Google, "1", Some("ann@example.com"));
        let policy = Policy {
            linking: Linking::Off,
            ..open()
        };
        let taken = decide(
            &someone,
            &policy,
            KnownIdentity::Unknown,
            owner("ann@example.com", true),
        );
        assert!(refused(taken));
    }

    #[test]
    fn sign_up_is_for_the_listed_providers() {
        let sign_up = |provider, email| {
            decide(
                &profile(provider, "1", email),
                &open(),
                KnownIdentity::Unknown,
                None,
            )
        };
        assert!(refused(sign_up(Provider::Apple, Some("ann@example.com"))));
        match sign_up(Provider::Google, Some("Ann@example.com")) {
            Ok(Decision::SignUp(account)) => {
                assert_eq!(account.username, "Ann@example.com");
                assert_eq!(account.email.as_deref(), Some("Ann@example.com"));
                assert_eq!(account.names.first.as_deref(), Some("Ann@example.com"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_an_address_the_username_is_provider_and_subject() {
        let username = |subject| profile(Provider::Google, subject, None).username();
        assert_eq!(username("Az0._-9"), "google:Az0._-9");
        assert_eq!(
            username("a@b/c:d ~%é"),
            "google:a%40b%2Fc%3Ad%20%7E%25%C3%A9"
        );
        let someone = profile(Provider::Google, "a@b", None);
        match decide(
            &someone,
            &open(),
            KnownIdentity::Unknown,
            owner("a@b", true),
        ) {
            Ok(Decision::SignUp(account)) => {
                assert_eq!(account.username, "google:a%40b");
                assert_eq!(account.email, None);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_whole_address_is_one() {
        for text in ["ann@example.com", "ü@example.com", "a+b@x"] {
            assert!(email(text).is_some(), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ann",
            "@x",
            "a@",
            "a@b@c",
            "a b@c",
            "a@c\r\nBcc: x@y",
            &long,
        ] {
            assert!(email(text).is_none(), "{text}");
        }
    }
}
