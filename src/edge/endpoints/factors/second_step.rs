//! The second step of a sign-in, as ARC has it: verify a code, enrol an authenticator app.

use serde_json::{Map, Value, json};

use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::ClientId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::factors::apps::Enrolment;
use crate::edge::flows::factors::second_factor;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, CodeOfClient, VerifyOtpRequest};
use crate::wire::reply::Reply;

/// `POST /auth/verify-otp`: an ordinary code for one that waits.
pub async fn verify_otp(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: VerifyOtpRequest = incoming.json(&models::VERIFY_OTP)?;
    let (token, typed) = (body.token(), body.otp.expose());
    let done = second_factor::by_code(app, token, typed, body.client_id.as_ref()).await?;
    let mut answer = Map::new();
    answer.insert("code".to_owned(), json!(done.code.expose()));
    if !done.recovery_codes.is_empty() {
        answer.insert("recoveryCodes".to_owned(), shown(&done.recovery_codes));
    }
    Ok(Reply::json(&answer)?)
}

/// `GET /auth/check-qr-code`: whether the user of a code has an authenticator app.
pub async fn check_qr_code(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let header = |name| incoming.header(name).unwrap_or_default();
    let (code, client_id) = (
        Secret::new(header("code")),
        ClientId::new(header("clientid")),
    );
    let (_, step) = second_factor::enrolling(app, &code, &client_id).await?;
    let has_app = step.factors.totp > 0;
    Ok(Reply::json(&json!({ "isGenerated": has_app }))?)
}

/// `POST /auth/create-qr-code`: a first authenticator app, which the first code at verify-otp confirms.
pub async fn create_qr_code(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: CodeOfClient = incoming.json(&models::CREATE_QR_CODE)?;
    let code = body.code.unwrap_or_default();
    let begun = second_factor::enrol(app, &code, &body.client_id).await?;
    let (qr_code, secret) = (qr_code(&begun)?, begun.totp.secret.expose());
    Ok(Reply::json(
        &json!({ "qrCode": qr_code, "secret": secret }),
    )?)
}

/// The QR code of an app.
pub(super) fn qr_code(enrolment: &Enrolment) -> Result<String, LoopbackFailure> {
    let (issuer, account) = (&enrolment.issuer, &enrolment.account);
    Ok(enrolment.totp.qr_code(issuer, account)?)
}

/// Recovery codes, as they are shown once.
pub(super) fn shown(codes: &[RecoveryCode]) -> Value {
    codes.iter().map(RecoveryCode::show).collect()
}
