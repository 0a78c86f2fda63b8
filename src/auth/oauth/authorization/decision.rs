//! What happens with a checked authorization request: a page, a refusal, or a code (OIDC Core §3.1.2.3).
//!
//! One pure function, asked anew at every step from what is stored at that moment.

use super::hint::Hint;
use super::request::AuthorizationRequest;
use crate::auth::assurance::Aal;
use crate::auth::id::UserId;
use crate::auth::oauth::client::{Consent, OAuthClient};
use crate::auth::oauth::failure::{ErrorCode, Failure};
use crate::auth::oauth::scope::Scope;
use crate::auth::time::{Seconds, Timestamp};

/// Who is signed in to this service with the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user_id: UserId,
    /// When the user was last authenticated.
    pub auth_time: Timestamp,
    /// Authenticator assurance level.
    pub aal: Aal,
    /// Whether the user has a second factor to show.
    pub has_factor: bool,
    /// Whether every sign-in of the user's needs it.
    pub needs_factor: bool,
    /// Whether the user may use the client.
    pub standing: Standing,
}

/// Whether a user may use a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The membership is good, and includes the client.
    Admitted,
    /// The same, but for a password that has to be changed first.
    PasswordChangeDue,
    /// It is not, or does not.
    Refused,
}

/// What a user has consented to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenConsent {
    /// Scopes.
    pub scope: Scope,
    /// Audiences.
    pub audience: Vec<String>,
}

/// What the user has done for this request.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// When the request was first seen.
    pub asked_on: Timestamp,
    /// The account that was chosen.
    pub selected: Option<&'a UserId>,
    /// Whether consent is being given with this very step.
    pub consents: bool,
    /// Whether the user has cancelled.
    pub cancels: bool,
}

/// All that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The request.
    pub request: &'a AuthorizationRequest,
    /// Its client.
    pub client: &'a OAuthClient,
    /// Who is there, if anybody.
    pub signed_in: Option<&'a SignedIn>,
    /// Whom the client believes to be there.
    pub hint: Option<&'a Hint>,
    /// What the user has consented to before.
    pub consent: Option<&'a GivenConsent>,
    /// What the user has done for this request.
    pub progress: Progress<'a>,
    /// The present.
    pub now: Timestamp,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The user authenticates.
    SignIn,
    /// The user shows a second factor.
    StepUp,
    /// The user sets up a first factor.
    Enrol,
    /// The user chooses an account.
    SelectAccount,
    /// The user sets a new password.
    ChangePassword,
    /// The user consents, or does not.
    Consent,
    /// The client is told why not.
    Refuse(Failure),
    /// The client gets a code.
    Grant,
}

impl Facts<'_> {
    /// Decides.
    pub fn decide(&self) -> Decision {
        if self.progress.cancels {
            return refuse(ErrorCode::AccessDenied, "the user has cancelled");
        }
        let Some(user) = self.signed_in.filter(|user| self.is_wanted(user)) else {
            return self.page(Decision::SignIn, ErrorCode::LoginRequired);
        };
        if !self.is_fresh(user) {
            return self.page(Decision::SignIn, ErrorCode::LoginRequired);
        }
        if self.request.prompt.select_account && !self.is_selected(user) {
            return self.page(Decision::SelectAccount, ErrorCode::AccountSelectionRequired);
        }
        if let Some(step) = self.step(user) {
            return step;
        }
        match user.standing {
            Standing::Refused => {
                return refuse(ErrorCode::AccessDenied, "the user may not use this client");
            }
            Standing::PasswordChangeDue => {
                return self.page(Decision::ChangePassword, ErrorCode::InteractionRequired);
            }
            Standing::Admitted => {}
        }
        if self.asks_for_consent() {
            return self.page(Decision::Consent, ErrorCode::ConsentRequired);
        }
        Decision::Grant
    }

    /// What raises the authentication to the level that is demanded, where it is below.
    fn step(&self, user: &SignedIn) -> Option<Decision> {
        const UNMET: ErrorCode = ErrorCode::UnmetAuthenticationRequirements;
        let Some(level) = self.demanded_level(user) else {
            let why = "the authentication context that is essential cannot be reached";
            return Some(refuse(UNMET, why));
        };
        let step = match user.has_factor {
            true => self.page(Decision::StepUp, ErrorCode::LoginRequired),
            false => self.page(Decision::Enrol, UNMET),
        };
        (user.aal < level).then_some(step)
    }

    /// A page, unless the request wants none.
    const fn page(&self, page: Decision, code: ErrorCode) -> Decision {
        match self.request.prompt.none {
            true => refuse(
                code,
                "the user would have to see a page, and prompt is none",
            ),
            false => page,
        }
    }

    /// Whether it is the user that the request names, if it names one.
    fn is_wanted(&self, user: &SignedIn) -> bool {
        let hinted = self.hint.is_none_or(|hint| hint.user_id == user.user_id);
        let subject = self.request.claims.subject();
        hinted && subject.is_none_or(|subject| subject == user.user_id.as_str())
    }

    /// Whether the authentication is as recent as the request wants it. One that happened for this very
    /// request is, however long the way back has taken.
    fn is_fresh(&self, user: &SignedIn) -> bool {
        let demanded = match self.request.max_age {
            _ if self.request.prompt.login => true,
            Some(Seconds::ZERO) => true,
            Some(age) => user.auth_time + age < self.now,
            None => false,
        };
        !demanded || user.auth_time >= self.progress.asked_on
    }

    fn is_selected(&self, user: &SignedIn) -> bool {
        let chosen = self.progress.selected == Some(&user.user_id);
        chosen || user.auth_time >= self.progress.asked_on
    }

    /// The assurance level that is demanded; nothing where no essential context can be reached.
    fn demanded_level(&self, user: &SignedIn) -> Option<Aal> {
        let essential = match self.request.claims.essential_acr() {
            None => self.preferred_level(user),
            Some(values) if values.contains(&Aal::One.acr()) => Aal::One,
            Some(values) if values.contains(&Aal::Two.acr()) => Aal::Two,
            Some(_) => return None,
        };
        let mut of_client = self.client.default_acr_values.iter();
        let demands_two = user.needs_factor || of_client.any(|acr| acr == Aal::Two.acr());
        Some(if demands_two { Aal::Two } else { essential })
    }

    /// The level that comes first in `acr_values`, of those that are ours (OIDC Core §3.1.2.1). Whoever has
    /// no factor sets one up only for a request that takes nothing less.
    fn preferred_level(&self, user: &SignedIn) -> Aal {
        let mut levels = self.request.acr_values.iter();
        let mut next = || levels.find_map(|value| Aal::from_acr(value));
        match (next(), next()) {
            (Some(Aal::Two), Some(Aal::One)) if !user.has_factor => Aal::One,
            (first, _) => first.unwrap_or_default(),
        }
    }

    fn asks_for_consent(&self) -> bool {
        if self.client.consent == Consent::None || self.progress.consents {
            return false;
        }
        let covered = self.consent.is_some_and(|given| {
            let audience = &self.request.audience;
            self.request.consent_scope().is_within(&given.scope)
                && audience.iter().all(|one| given.audience.contains(one))
        });
        let each_time = self
            .client
            .asks_each_time(&self.request.target.redirect_uri);
        self.request.prompt.consent || each_time || !covered
    }
}

const fn refuse(code: ErrorCode, why: &'static str) -> Decision {
    Decision::Refuse(Failure::new(code, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::id::ClientId;
    use crate::auth::oauth::authorization::claims_request::ClaimsRequest;
    use crate::auth::oauth::authorization::prompt::Prompt;
    use crate::auth::oauth::authorization::response::{ResponseMode, ResponseTarget};
    use crate::auth::oauth::client::Source;
    use crate::auth::oauth::client::example::client;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// A world in which everything is as it should be, to be changed.
    #[derive(Debug, Clone)]
    struct World {
        request: AuthorizationRequest,
        client: OAuthClient,
        signed_in: Option<SignedIn>,
        hint: Option<Hint>,
        consent: Option<GivenConsent>,
        asked_on: Timestamp,
        selected: Option<UserId>,
        consents: bool,
        cancels: bool,
    }

    fn world() -> World {
        let (scope, audience) = (Scope::of(&["openid"]), vec!["userinfo".to_owned()]);
        World {
            request: AuthorizationRequest {
                target: ResponseTarget {
                    redirect_uri: "https://app.example/cb".to_owned(),
                    mode: ResponseMode::Query,
                    state: None,
                },
                names_redirect_uri: true,
                scope: scope.clone(),
                audience: audience.clone(),
                challenge: None,
                nonce: None,
                prompt: Prompt::default(),
                max_age: None,
                claims: ClaimsRequest::default(),
                login_hint: None,
                id_token_hint: None,
                acr_values: Vec::new(),
                ui_locales: Vec::new(),
                dpop_jkt: None,
            },
            client: client(),
            signed_in: Some(SignedIn {
                user_id: UserId::new("u"),
                auth_time: NOW - Seconds::new(100),
                aal: Aal::One,
                has_factor: true,
                needs_factor: false,
                standing: Standing::Admitted,
            }),
            hint: None,
            consent: Some(GivenConsent { scope, audience }),
            asked_on: NOW,
            selected: None,
            consents: false,
            cancels: false,
        }
    }

    impl World {
        fn decide(&self) -> Decision {
            let facts = Facts {
                request: &self.request,
                client: &self.client,
                signed_in: self.signed_in.as_ref(),
                hint: self.hint.as_ref(),
                consent: self.consent.as_ref(),
                progress: Progress {
                    asked_on: self.asked_on,
                    selected: self.selected.as_ref(),
                    consents: self.consents,
                    cancels: self.cancels,
                },
                now: NOW,
            };
            facts.decide()
        }

        fn user(&mut self) -> &mut SignedIn {
            self.signed_in.as_mut().unwrap()
        }
    }

    fn claims(text: &str) -> ClaimsRequest {
        ClaimsRequest::parse(Some(text)).unwrap()
    }

    fn hint(user: &str) -> Option<Hint> {
        Some(Hint {
            user_id: UserId::new(user),
            client_id: ClientId::new("app"),
            session_id: None,
        })
    }

    type Change = fn(&mut World);

    /// Each row: what is changed, what happens without a page, and with pages.
    const ROWS: &[(&str, Change, Result<(), ErrorCode>, Decision)] = &[
        ("nothing", |_| {}, Ok(()), Decision::Grant),
        (
            "nobody",
            |w| w.signed_in = None,
            Err(ErrorCode::LoginRequired),
            Decision::SignIn,
        ),
        (
            "another hint",
            |w| w.hint = hint("other"),
            Err(ErrorCode::LoginRequired),
            Decision::SignIn,
        ),
        (
            "the same hint",
            |w| w.hint = hint("u"),
            Ok(()),
            Decision::Grant,
        ),
        (
            "another subject",
            |w| w.request.claims = claims(r#"{"id_token":{"sub":{"value":"v"}}}"#),
            Err(ErrorCode::LoginRequired),
            Decision::SignIn,
        ),
        (
            "max_age is over",
            |w| w.request.max_age = Some(Seconds::new(99)),
            Err(ErrorCode::LoginRequired),
            Decision::SignIn,
        ),
        (
            "max_age is not over",
            |w| w.request.max_age = Some(Seconds::new(100)),
            Ok(()),
            Decision::Grant,
        ),
        (
            "max_age 0",
            |w| w.request.max_age = Some(Seconds::ZERO),
            Err(ErrorCode::LoginRequired),
            Decision::SignIn,
        ),
        (
            "max_age 1, authenticated for it, and a long way back",
            |w| {
                w.request.max_age = Some(Seconds::new(1));
                w.asked_on = NOW - Seconds::new(100);
            },
            Ok(()),
            Decision::Grant,
        ),
        (
            "an essential context that nobody knows",
            |w| {
                w.request.claims =
                    claims(r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#);
            },
            Err(ErrorCode::UnmetAuthenticationRequirements),
            Decision::Refuse(Failure::new(
                ErrorCode::UnmetAuthenticationRequirements,
                "the authentication context that is essential cannot be reached",
            )),
        ),
        (
            "an essential second factor",
            |w| {
                w.request.claims =
                    claims(r#"{"id_token":{"acr":{"essential":true,"value":"aal2"}}}"#);
            },
            Err(ErrorCode::LoginRequired),
            Decision::StepUp,
        ),
        (
            "a second factor by acr_values",
            |w| w.request.acr_values = vec!["gold".to_owned(), "aal2".to_owned()],
            Err(ErrorCode::LoginRequired),
            Decision::StepUp,
        ),
        (
            "contexts of others, and the first of ours",
            |w| w.request.acr_values = ["1", "aal1", "aal2"].map(str::to_owned).to_vec(),
            Ok(()),
            Decision::Grant,
        ),
        (
            "a second factor rather than none, of somebody who has one",
            |w| w.request.acr_values = ["aal2", "aal1"].map(str::to_owned).to_vec(),
            Err(ErrorCode::LoginRequired),
            Decision::StepUp,
        ),
        (
            "a second factor rather than none, of somebody who has none",
            |w| {
                w.request.acr_values = ["aal2", "aal1"].map(str::to_owned).to_vec();
                w.user().has_factor = false;
            },
            Ok(()),
            Decision::Grant,
        ),
        (
            "a second factor of somebody who has none",
            |w| {
                w.request.acr_values = vec!["aal2".to_owned()];
                w.user().has_factor = false;
            },
            Err(ErrorCode::UnmetAuthenticationRequirements),
            Decision::Enrol,
        ),
        (
            "a user who must have a second factor, and has none",
            |w| {
                w.user().needs_factor = true;
                w.user().has_factor = false;
            },
            Err(ErrorCode::UnmetAuthenticationRequirements),
            Decision::Enrol,
        ),
        (
            "a second factor or none",
            |w| {
                w.request.claims =
                    claims(r#"{"id_token":{"acr":{"essential":true,"values":["aal2","aal1"]}}}"#);
            },
            Ok(()),
            Decision::Grant,
        ),
        (
            "a client that demands two",
            |w| w.client.default_acr_values = vec!["aal2".to_owned()],
            Err(ErrorCode::LoginRequired),
            Decision::StepUp,
        ),
        (
            "a client that demands two, and gets them",
            |w| {
                w.client.default_acr_values = vec!["aal2".to_owned()];
                w.user().aal = Aal::Two;
            },
            Ok(()),
            Decision::Grant,
        ),
        (
            "a user who may not",
            |w| w.user().standing = Standing::Refused,
            Err(ErrorCode::AccessDenied),
            Decision::Refuse(Failure::new(
                ErrorCode::AccessDenied,
                "the user may not use this client",
            )),
        ),
        (
            "a password that is due",
            |w| w.user().standing = Standing::PasswordChangeDue,
            Err(ErrorCode::InteractionRequired),
            Decision::ChangePassword,
        ),
        (
            "no consent",
            |w| w.consent = None,
            Err(ErrorCode::ConsentRequired),
            Decision::Consent,
        ),
        (
            "more scope than was consented to",
            |w| w.request.scope = Scope::of(&["openid", "offline_access"]),
            Err(ErrorCode::ConsentRequired),
            Decision::Consent,
        ),
        (
            "a single claim of a scope that was not consented to",
            |w| w.request.claims = claims(r#"{"userinfo":{"name":null}}"#),
            Err(ErrorCode::ConsentRequired),
            Decision::Consent,
        ),
        (
            "another audience than was consented to",
            |w| w.request.audience = vec!["https://mcp.example".to_owned()],
            Err(ErrorCode::ConsentRequired),
            Decision::Consent,
        ),
        (
            "an app on the user's device that nobody vouches for",
            |w| {
                w.client.source = Source::Document;
                w.request.target.redirect_uri = "http://localhost:1/cb".to_owned();
            },
            Err(ErrorCode::ConsentRequired),
            Decision::Consent,
        ),
        (
            "a first-party client",
            |w| {
                w.client.consent = Consent::None;
                w.consent = None;
            },
            Ok(()),
            Decision::Grant,
        ),
        (
            "consent with this step",
            |w| {
                w.consents = true;
                w.consent = None;
            },
            Ok(()),
            Decision::Grant,
        ),
        (
            "cancel",
            |w| {
                w.cancels = true;
                w.signed_in = None;
            },
            Err(ErrorCode::AccessDenied),
            Decision::Refuse(Failure::new(
                ErrorCode::AccessDenied,
                "the user has cancelled",
            )),
        ),
    ];

    #[test]
    fn each_condition_has_its_page_and_its_error() {
        for (name, change, without_page, with_page) in ROWS {
            let mut world = world();
            change(&mut world);
            assert_eq!(world.decide(), *with_page, "{name}");
            world.request.prompt.none = true;
            let silent = match world.decide() {
                Decision::Grant => Ok(()),
                Decision::Refuse(failure) => Err(failure.code),
                page => panic!("{name}: {page:?} where no page may be"),
            };
            assert_eq!(silent, *without_page, "{name}");
        }
    }

    #[test]
    fn each_prompt_is_met_once() {
        let mut world = world();
        world.request.prompt.login = true;
        assert_eq!(world.decide(), Decision::SignIn);
        world.user().auth_time = NOW;
        assert_eq!(world.decide(), Decision::Grant);

        let mut world = self::world();
        world.request.prompt.select_account = true;
        assert_eq!(world.decide(), Decision::SelectAccount);
        world.selected = Some(UserId::new("other"));
        assert_eq!(world.decide(), Decision::SelectAccount);
        world.selected = Some(UserId::new("u"));
        assert_eq!(world.decide(), Decision::Grant);
        world.selected = None;
        world.user().auth_time = NOW;
        assert_eq!(
            world.decide(),
            Decision::Grant,
            "somebody else has signed in"
        );

        let mut world = self::world();
        world.request.prompt.consent = true;
        assert_eq!(world.decide(), Decision::Consent);
        world.consents = true;
        assert_eq!(world.decide(), Decision::Grant);
    }

    #[test]
    fn the_conditions_come_in_their_order() {
        let mut world = world();
        world.client.default_acr_values = vec!["aal2".to_owned()];
        world.consent = None;
        world.request.prompt = Prompt {
            login: true,
            select_account: true,
            consent: true,
            none: false,
        };
        world.user().standing = Standing::PasswordChangeDue;
        assert_eq!(world.decide(), Decision::SignIn);
        // Whoever has signed in for this request has chosen.
        world.user().auth_time = NOW;
        assert_eq!(world.decide(), Decision::StepUp);
        world.user().aal = Aal::Two;
        assert_eq!(world.decide(), Decision::ChangePassword);
        world.user().standing = Standing::Admitted;
        assert_eq!(world.decide(), Decision::Consent);
        world.consents = true;
        assert_eq!(world.decide(), Decision::Grant);
    }

    proptest! {
        #[test]
        fn nobody_gets_a_code_without_what_it_takes(
            changes in prop::collection::vec(0..ROWS.len(), 0..6),
            none in any::<bool>(),
            login in any::<bool>(),
        ) {
            let mut world = world();
            world.request.prompt.login = login && !none;
            for change in changes {
                // Some rows change the user, whom another may have taken away.
                if world.signed_in.is_none() {
                    world.signed_in = self::world().signed_in;
                }
                (ROWS[change].1)(&mut world);
            }
            world.request.prompt.none = none;
            let decision = world.decide();
            if none {
                prop_assert!(matches!(decision, Decision::Grant | Decision::Refuse(_)), "{:?}", decision);
            }
            if decision == Decision::Grant {
                let user = world.signed_in.as_ref().unwrap();
                prop_assert_eq!(user.standing, Standing::Admitted);
                prop_assert!(!world.cancels);
                prop_assert!(world.hint.as_ref().is_none_or(|hint| hint.user_id == user.user_id));
                prop_assert!(!world.request.prompt.login || user.auth_time >= world.asked_on);
                prop_assert!(world.client.consent == Consent::None || world.consents || world.consent.is_some());
            }
        }
    }
}
