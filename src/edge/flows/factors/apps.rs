//! Authenticator apps: their secrets, which are encrypted, and their codes.

use crate::auth::data_key::Purpose;
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::totp::{HashAlgorithm, Totp};
use crate::auth::factor::typed_code::Guess;
use crate::auth::id::{FactorId, UserId};
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::authenticator_apps::{self, AppRow, EnrolledIn, NewApp};

/// What an app is called until its user names it.
pub const NAME: &str = "Authenticator app";

/// An app that is being enrolled. Its secret is shown this once.
pub struct Enrolment {
    /// Its factor.
    pub id: FactorId,
    /// The app.
    pub totp: Totp,
    /// The name of the service in the app.
    pub issuer: String,
    /// The name of the account in the app.
    pub account: String,
}

/// Begins to enrol an app, in a session or a sign-in; nothing where that is over, or there are factors
/// enough.
pub async fn begin(
    app: &App,
    user_id: &UserId,
    username: &str,
    name: &str,
    enrolled_in: EnrolledIn<'_>,
) -> Result<Option<Enrolment>, Error> {
    let (id, totp) = (FactorId::draw()?, Totp::draw()?);
    let new = NewApp {
        id: &id,
        user_id,
        name,
        secret: &seal(app, user_id, &id, &totp.secret)?,
        algorithm: totp.algorithm.name(),
        digits: totp.digits,
        period: totp.period.get(),
        enrolled_in,
    };
    let kept = app.db.run(authenticator_apps::begin(&new, app.now)).await?;
    Ok(kept.then(|| Enrolment {
        id,
        totp,
        issuer: app.config.service_name().to_owned(),
        account: username.to_owned(),
    }))
}

/// An app that is being enrolled already, to be shown again; nothing where its secret does not open.
pub fn resume(
    app: &App,
    user_id: &UserId,
    username: &str,
    row: AppRow,
) -> Result<Option<Enrolment>, Error> {
    let totp = open(app, user_id, &row)?;
    Ok(totp.map(|totp| Enrolment {
        id: row.id,
        totp,
        issuer: app.config.service_name().to_owned(),
        account: username.to_owned(),
    }))
}

/// The proof by a code of one of these apps, if it is of any.
pub fn matching(
    app: &App,
    user_id: &UserId,
    rows: &[AppRow],
    code: &str,
) -> Result<Option<FactorProof>, Error> {
    for row in rows {
        let step = open(app, user_id, row)?.and_then(|totp| {
            let last = row.last_step;
            totp.step_of(code, last, app.now)
        });
        if let Some(step) = step {
            return Ok(Some(FactorProof::Totp {
                factor: row.id.clone(),
                step,
            }));
        }
    }
    Ok(None)
}

/// The proof by a code that could be guessed: of one of these apps, or by a recovery code as short as that,
/// if there is such a one when it is spent.
pub fn guessed(
    app: &App,
    user_id: &UserId,
    rows: &[AppRow],
    guess: Guess,
) -> Result<Option<FactorProof>, Error> {
    let of_app = matching(app, user_id, rows, &guess.code)?;
    let recovery = guess.digests;
    Ok(of_app.or(recovery.map(|digests| FactorProof::Recovery { digests })))
}

fn open(app: &App, user_id: &UserId, row: &AppRow) -> Result<Option<Totp>, Error> {
    let keys = &app.config.data_keys;
    let secret = keys.open(Purpose::Totp, &context(user_id, &row.id), &row.secret)?;
    let algorithm = HashAlgorithm::from_name(&row.algorithm);
    Ok(secret.zip(algorithm).map(|(secret, algorithm)| Totp {
        secret: Secret::new(secret),
        algorithm,
        digits: row.digits,
        period: Seconds::new(row.period),
    }))
}

fn seal(app: &App, user_id: &UserId, id: &FactorId, secret: &Secret) -> Result<String, Error> {
    let keys = &app.config.data_keys;
    keys.seal(Purpose::Totp, &context(user_id, id), secret.expose())
}

/// A secret is of its user and factor: in another row it does not open.
fn context(user_id: &UserId, id: &FactorId) -> String {
    format!("{user_id}/{id}")
}
