//! The second step under a name, as the original has it: the sign-in that waits is found by its user and
//! client (`otp-without-password`).

use super::completion::{Completed, complete};
use super::second_factor::{enrols, prove};
use crate::auth::account::canonical_name;
use crate::auth::factor::typed_code::TypedCode;
use crate::auth::id::{AttemptId, ClientId};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::pending_step::{self, Door, Try};

/// Verifies an app's code for the latest sign-in with a password that waits, of a user who is no
/// administrator, at the client.
pub async fn verify(
    app: &App,
    username: &str,
    typed: &str,
    client_id: &ClientId,
) -> Result<Completed, Error> {
    let latest = pending_step::latest(&canonical_name(username), client_id, app.now);
    let wrong = ErrorKind::Rejected(Reason::SecondFactorWrong);
    let typed = TypedCode::read(typed, &app.config.data_keys)?;
    let (Some((key,)), TypedCode::Guess(_)) = (app.db.run(latest).await?, &typed) else {
        audit::count(app, Stranger::UnknownCode);
        return Err(wrong.into());
    };
    let attempt = AttemptId::draw()?;
    let attempted = Try {
        key: &key,
        attempt: &attempt,
        door: Door::Client(Some(client_id)),
        is_guess: true,
    };
    let (step, rows, proof) = prove(app, &attempted, typed).await?;
    let enrols = enrols(&rows, &proof);
    complete(app, &key, &step, &proof, &attempt, enrols).await
}
