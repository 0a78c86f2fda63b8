//! The second step of a sign-in, as ARC has it: verify a code, enrol an authenticator app.

use serde_json::{Map, Value, json};

use crate::auth::factor::mailed_code;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::ClientId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::endpoints::client_body;
use crate::edge::endpoints::codes::code_response;
use crate::edge::flows::credentials::{self, MailedCode};
use crate::edge::flows::factors::apps::Enrolment;
use crate::edge::flows::factors::{by_name, second_factor};
use crate::edge::flows::{codes, email_codes};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, CodeOfClient, SendOtpRequest, VerifyOtpRequest};
use crate::wire::loopback::request::read;
use crate::wire::reply::Reply;

/// `POST /auth/send-otp`: 204 always; a code only where there is an account that may have it.
pub async fn send_otp(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = client_body::check(app, &models::SEND_OTP, incoming.json_value()?).await?;
    let body: SendOtpRequest = read(body)?;
    let secret = body.client_secret.as_ref();
    email_codes::ask(app, &body.client_id, secret, &body.key).await?;
    Ok(Reply::empty(204))
}

/// `POST /auth/verify-otp`: an ordinary code for one that waits; or a code for one that was mailed.
pub async fn verify_otp(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: VerifyOtpRequest = incoming.json(&models::VERIFY_OTP)?;
    let typed = body.otp.expose();
    let done = match body.username() {
        Some(named) if app.config.email_codes && mailed_code::is_one(typed) => {
            return by_mailed_code(app, incoming, &body, named).await;
        }
        Some((client_id, name)) if app.config.compatibility.otp_without_password => {
            by_name::verify(app, name, typed, client_id).await?
        }
        _ => {
            let client_id = body.client_id.as_ref();
            second_factor::by_code(app, body.token(), typed, client_id).await?
        }
    };
    let mut answer = Map::new();
    answer.insert("code".to_owned(), json!(done.code.expose()));
    if !done.recovery_codes.is_empty() {
        answer.insert("recoveryCodes".to_owned(), shown(&done.recovery_codes));
    }
    Ok(Reply::json(&answer)?)
}

async fn by_mailed_code(
    app: &App,
    incoming: &Incoming,
    body: &VerifyOtpRequest,
    (client_id, username): (&ClientId, &str),
) -> Result<Reply, LoopbackFailure> {
    let challenge = body.challenge()?;
    let given = MailedCode {
        client_id: Some(client_id),
        asker: client_id.as_str(),
        username,
        code: &body.otp,
        origin: &credentials::origin(app, &incoming.device_info(), None),
    };
    let (client, person) = credentials::sign_in_by_mailed_code(app, &given).await?;
    let code = codes::new_code(app, &client, &person, challenge.as_ref()).await?;
    code_response(&code)
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
