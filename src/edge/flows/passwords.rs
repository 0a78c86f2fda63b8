//! Changing a password that one knows.

use super::credentials::{self, TokenSubject};
use super::sessions::own_refresh_token;
use crate::auth::account::{Status, fold};
use crate::auth::password::check_policy;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::store::accounts;
use crate::edge::store::sessions::{self, LiveSession};
use crate::error::{Error, Why};

/// A change of password as it is asked for.
pub struct PasswordChange<'a> {
    /// Must be of the bearer's session.
    pub refresh_token: &'a Secret,
    /// Must be the bearer's.
    pub username: &'a str,
    /// The new password.
    pub password: &'a Secret,
    /// The present one.
    pub old_password: &'a Secret,
}

/// Changes the bearer's password, and ends every session of that user.
///
/// Every check comes before the one write, so a refusal leaves everything as it was.
pub async fn change(app: &App, token: &Secret, change: &PasswordChange<'_>) -> Result<(), Error> {
    let TokenSubject::Session(id) = credentials::session_id(app, token)? else {
        return Err(Error::Refused(Why::TokenInvalid));
    };
    let answers = app
        .db
        .batch([
            sessions::find_live(&id, app.now),
            accounts::find_password_of_session(&id),
        ])
        .await?;
    let session = sessions::live(&answers, 0)?.ok_or(Error::Strategy(Why::TokenRevoked))?;
    own_refresh_token(app, &session.id, change.refresh_token)?;
    let stored = accounts::password(&answers, 1)?;
    check(app, &session, stored.as_deref(), change)?;
    let new = app.config.password_hash.hash(change.password)?;
    let user_id = &session.account.id;
    if accounts::change_password(&app.db, user_id, &session.id, &new, app.now).await? {
        Ok(())
    } else {
        // Signed out, or the password changed, between the read and the write.
        Err(Error::Strategy(Why::TokenRevoked))
    }
}

fn check(
    app: &App,
    session: &LiveSession,
    stored: Option<&str>,
    change: &PasswordChange<'_>,
) -> Result<(), Error> {
    if fold(change.username) != fold(&session.account.username) {
        return Err(Error::NotAllowed);
    }
    if change.password.is_empty() {
        return Err(Error::Refused(Why::PasswordInvalid));
    }
    if stored.is_none() {
        return Err(Error::Refused(Why::ExternalUser));
    }
    let membership = session.account.membership.as_ref();
    let status = membership.map(|membership| Status::from_number(membership.status));
    let may_omit_old = status == Some(Status::PasswordChangeNeeded)
        || app.config.habits.change_password_without_old;
    if change.old_password.is_empty() && !may_omit_old {
        return Err(Error::Refused(Why::PasswordInvalid));
    }
    check_policy(change.password, app.config.password_min_length, "/password")?;
    let hash = app.config.password_hash;
    if !change.old_password.is_empty() && !hash.verify(change.old_password, stored)? {
        return Err(Error::Refused(Why::IncorrectPassword));
    }
    if hash.verify(change.password, stored)? {
        return Err(Error::Refused(Why::SamePassword));
    }
    Ok(())
}
