//! A fresh proof in a session: of the strongest factor that its user has.

use super::apps;
use super::own::{Owner, owner};
use super::passkey::{self, PasskeyAnswer};
use super::passkeys::{Begun, request};
use crate::auth::attempts::AttemptOrigin;
use crate::auth::factor::ceremony::{Ceremony, CeremonyPurpose};
use crate::auth::factor::kind::Method;
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::typed_code::TypedCode;
use crate::auth::id::{AttemptId, UserId};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::auth::token::DeviceInfo;
use crate::auth::webauthn::RequestOptions;
use crate::edge::app::App;
use crate::edge::flows::audit::FactorAct;
use crate::edge::flows::{notifications, passwords, sessions};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factor_proofs::{self, ProofContext, Spending};
use crate::store::sessions::LiveSession;
use crate::store::signed_in::SignedIn;
use crate::store::{authenticator_apps, factors, passkeys, second_steps};

const WRONG: ErrorKind = ErrorKind::Rejected(Reason::SecondFactorWrong);

/// What a user may prove, and the ceremony of their passkeys, if they have any.
pub struct Options {
    /// By name; `password` only where there is no factor.
    pub methods: Vec<&'static str>,
    /// The ceremony.
    pub ceremony: Option<Begun<RequestOptions>>,
}

/// What a user presents.
pub enum Presented<'a> {
    /// The password.
    Password(&'a Secret),
    /// A code of an app, or a recovery code.
    Code(&'a str),
    /// A passkey.
    Passkey(PasskeyAnswer<'a>),
}

/// What the bearer may prove.
pub async fn options(app: &App, token: &Secret) -> Result<Options, Error> {
    let owner = owner(app, token).await?;
    let methods = owner.factors.methods();
    if methods.is_empty() {
        return Ok(Options {
            methods: vec!["password"],
            ceremony: None,
        });
    }
    let ceremony = match app.config.relying_party {
        Some(_) if owner.factors.passkeys > 0 => {
            let session = &owner.session;
            Some(begin(app, &session.account.id, session.id.as_str()).await?)
        }
        _ => None,
    };
    Ok(Options {
        methods: methods.into_iter().map(Method::name).collect(),
        ceremony,
    })
}

/// Begins a fresh proof by a passkey of the user who is signed in at this place.
pub(super) async fn begin(
    app: &App,
    user_id: &UserId,
    place: &str,
) -> Result<Begun<RequestOptions>, Error> {
    let known = app.db.run(passkeys::of_user(user_id)).await?;
    let ceremony = Ceremony {
        user_id: Some(user_id.clone()),
        bound_to: Some(place.to_owned()),
        ..Ceremony::begin(app.now)?
    };
    Ok(Begun {
        id: ceremony.seal(&app.config.data_keys, CeremonyPurpose::Proof)?,
        options: request(app, &ceremony, known)?,
    })
}

/// Verifies a proof, and raises the bearer's session by it: an access token that says so, and its end.
pub async fn prove(
    app: &App,
    token: &Secret,
    presented: &Presented<'_>,
    origin: &AttemptOrigin,
    device: DeviceInfo,
) -> Result<(String, Timestamp), Error> {
    let owner = owner(app, token).await?;
    let session = match presented {
        Presented::Password(password) => by_password(app, &owner, password, origin).await?,
        Presented::Code(typed) => by_code(app, &owner, typed).await?,
        Presented::Passkey(answer) => by_passkey(app, &owner, answer).await?,
    };
    let expires = app.now + session.client.access_token_expiration;
    let access_token = sessions::access_token(app, &session, device, None)?;
    Ok((access_token, expires))
}

/// A password is a proof only of whoever has no factor: beside one it proves too little.
async fn by_password(
    app: &App,
    owner: &Owner,
    password: &Secret,
    origin: &AttemptOrigin,
) -> Result<LiveSession, Error> {
    if owner.factors.any() {
        return Err(WRONG.into());
    }
    let set_at = passwords::prove(app, &owner.session, password, origin).await?;
    let refresh = factor_proofs::refresh(&owner.session.id, set_at, app.now);
    let session = app.db.run(refresh).await?;
    session.ok_or_else(|| ErrorKind::Unauthenticated(Reason::TokenRevoked).into())
}

async fn by_code(app: &App, owner: &Owner, typed: &str) -> Result<LiveSession, Error> {
    let (user_id, attempt) = (&owner.session.account.id, AttemptId::draw()?);
    let mut warns = false;
    let proof = match TypedCode::read(typed, &app.config.data_keys)? {
        TypedCode::Recovery(digests) => Some(FactorProof::Recovery { digests }),
        TypedCode::Malformed => None,
        TypedCode::Guess(guess) => {
            let batch = (
                second_steps::count_guess(user_id, &attempt, app.now),
                authenticator_apps::of_user(user_id),
                factors::of_session(&owner.session.id),
            );
            let (counted, rows, after) = app.db.run(batch).await?;
            let guesses = after.unwrap_or_default().guesses;
            if counted == 0 {
                owner.record(app, FactorAct::Paused);
                guesses.allow(app.now)?;
                return Err(WRONG.into());
            }
            warns = guesses.warns();
            apps::guessed(app, user_id, &rows, guess)?
        }
    };
    let raised = match proof {
        Some(proof) => raise(app, owner, &proof, &attempt).await,
        None => {
            owner.record(app, FactorAct::Refused);
            Err(WRONG.into())
        }
    };
    if warns && raised.is_err() {
        notifications::codes_guessed(app, owner.address());
    }
    raised
}

async fn by_passkey(
    app: &App,
    owner: &Owner,
    answer: &PasskeyAnswer<'_>,
) -> Result<LiveSession, Error> {
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let proof = passkey::verify_own(app, (user_id, session.as_str()), answer).await;
    let proof = proof.inspect_err(|_| owner.record(app, FactorAct::Refused))?;
    raise(app, owner, &proof, &AttemptId::draw()?).await
}

async fn raise(
    app: &App,
    owner: &Owner,
    proof: &FactorProof,
    attempt: &AttemptId,
) -> Result<LiveSession, Error> {
    let session = &owner.session.id;
    let spending = Spending {
        proof,
        user_id: &owner.session.account.id,
        context: ProofContext::SignedIn(SignedIn::Session(session)),
        attempt,
    };
    let assurance = proof.raise(&owner.session.assurance.amr, app.now);
    let raise = factor_proofs::raise(session, &spending, &assurance, app.now);
    let Some(raised) = app.db.run(raise).await? else {
        owner.record(app, FactorAct::Refused);
        return Err(WRONG.into());
    };
    owner.record(app, FactorAct::Proven(proof.method()));
    if proof.method() == Method::Recovery {
        let left = owner.factors.recovery_codes.saturating_sub(1);
        notifications::recovery_code_used(app, owner.address(), left);
    }
    Ok(raised)
}
