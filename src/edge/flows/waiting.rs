//! Sign-ins that wait for their second factor, as their callers learn of them.

use super::audit::{self, Event, FactorAct, Subject};
use super::credentials::AuthenticatedUser;
use super::notifications;
use crate::auth::factor::ceremony;
use crate::auth::factor::kind::Method;
use crate::auth::id::ClientNumber;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::SecondFactor;
use crate::store::new_codes::Issued;

/// With what a sign-in goes on, and what may be proven.
pub fn second_factor(token: &Secret, issued: &Issued) -> SecondFactor {
    let methods = issued.factors.methods().into_iter();
    SecondFactor {
        token: token.expose().to_owned(),
        methods: methods.map(Method::name).collect(),
        expires_in: ceremony::LIFETIME.get(),
    }
}

/// Records that a sign-in waits; its owner is written to where the device is new.
pub fn note(app: &App, person: &AuthenticatedUser, client: Option<ClientNumber>) {
    let subject = Subject {
        user_id: Some(person.account().id.clone()),
        client,
        ..Subject::default()
    };
    let act = FactorAct::Asked;
    audit::record(app, Event::Factor { subject, act });
    notifications::new_device(app, person, true);
}
