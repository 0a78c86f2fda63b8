//! What users do with their own factors, and how they prove that they are there.

use serde_json::{Map, Value, json};

use super::second_step::{qr_code, shown};
use crate::auth::factor::kind::Factors;
use crate::auth::id::FactorId;
use crate::auth::token::iso8601;
use crate::edge::app::App;
use crate::edge::flows::credentials;
use crate::edge::flows::factors::own;
use crate::edge::flows::factors::passkeys::Answer;
use crate::edge::flows::factors::proof::{self, Presented};
use crate::edge::flows::factors::registration::NewCredential;
use crate::error::ErrorKind;
use crate::store::factors::FactorRow;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{
    self, AppCode, FactorName, NewPasskeyRequest, ProofRequest, SecondStepRequest,
};
use crate::wire::reply::Reply;

/// `GET /auth/me/factors`.
pub async fn list(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let (rows, factors) = own::list(app, &incoming.bearer()?).await?;
    Ok(Reply::json(&factor_list(&rows, &factors))?)
}

/// The factors of a user, and how many recovery codes are left.
pub fn factor_list(rows: &[FactorRow], factors: &Factors) -> Vec<Value> {
    let mut list: Vec<Value> = rows.iter().map(factor).collect();
    if factors.any() {
        let remaining = factors.recovery_codes;
        list.push(
            json!({ "id": "recovery-codes", "type": "recovery-codes", "remaining": remaining }),
        );
    }
    list
}

fn factor(row: &FactorRow) -> Value {
    let mut members = Map::new();
    let mut insert = |name: &str, value: Value| members.insert(name.to_owned(), value);
    insert("id", json!(row.id));
    insert("type", json!(row.kind));
    insert("name", json!(row.name));
    insert("createdOn", json!(iso8601(row.created_on)));
    insert("lastUsedOn", json!(row.last_used_on.map(iso8601)));
    if let Some(backed_up) = row.backed_up {
        insert("synced", json!(backed_up));
        insert("aaguid", json!(row.aaguid));
    }
    Value::Object(members)
}

/// `PATCH /auth/me/factors/{id}`: names a factor.
pub async fn rename(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: FactorName = incoming.json(&models::FACTOR_NAME)?;
    let name = body.name()?.ok_or_else(|| models::missing("name"))?;
    let id = FactorId::new(incoming.id());
    let found = own::rename(app, &incoming.bearer()?, &id, name).await?;
    no_content(found, &id)
}

/// `DELETE /auth/me/factors/{id}`.
pub async fn remove(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = FactorId::new(incoming.id());
    let found = own::remove(app, &incoming.bearer()?, &id).await?;
    no_content(found, &id)
}

/// `POST /auth/me/totp`: begins to enrol an authenticator app.
pub async fn begin_app(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: FactorName = incoming.json(&models::NEW_APP)?;
    let begun = own::begin_app(app, &incoming.bearer()?, body.name()?).await?;
    Ok(Reply::json(&json!({
        "id": begun.id,
        "secret": begun.totp.secret.expose(),
        "uri": begun.totp.uri(&begun.issuer, &begun.account),
        "qrCode": qr_code(&begun)?,
    }))?)
}

/// `POST /auth/me/totp/{id}/confirm`: the first code of an app.
pub async fn confirm_app(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: AppCode = incoming.json(&models::APP_CODE)?;
    let id = incoming.segments.get(3).map_or("", String::as_str);
    let id = FactorId::new(id);
    let confirmed = own::confirm_app(app, &incoming.bearer()?, &id, body.otp.expose()).await?;
    let codes = confirmed.ok_or_else(|| not_found(&id))?;
    let mut answer = Map::new();
    if !codes.is_empty() {
        answer.insert("recoveryCodes".to_owned(), shown(&codes));
    }
    Ok(Reply::json(&answer)?)
}

/// `POST /auth/me/recovery-codes`: new ones in the place of the old.
pub async fn renew_recovery_codes(
    app: &App,
    incoming: &Incoming,
) -> Result<Reply, LoopbackFailure> {
    let _: Value = incoming.json(&models::NOTHING)?;
    let codes = own::renew_recovery_codes(app, &incoming.bearer()?).await?;
    Ok(Reply::json(&json!({ "codes": shown(&codes) }))?)
}

/// `POST /auth/me/passkeys/options`: what the browser is asked for.
pub async fn begin_passkey(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let _: Value = incoming.json(&models::NOTHING)?;
    let begun = own::begin_passkey(app, &incoming.bearer()?).await?;
    Ok(Reply::json(
        &json!({ "id": begun.id, "publicKey": begun.options }),
    )?)
}

/// `POST /auth/me/passkeys`: keeps what the browser has made.
pub async fn add_passkey(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let mut body: NewPasskeyRequest = incoming.json(&models::NEW_PASSKEY)?;
    let credential = body.credential()?;
    let token = incoming.bearer()?;
    let new = NewCredential {
        ceremony: &body.id,
        credential: &credential,
        name: body.name()?,
    };
    let id = own::add_passkey(app, &token, &new).await?;
    let (rows, _) = own::list(app, &token).await?;
    let row = rows.iter().find(|row| row.id == id);
    Ok(Reply::json(
        &row.map(factor).ok_or_else(|| not_found(&id))?,
    )?)
}

/// `PUT /auth/me/second-step`.
pub async fn set_second_step(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: SecondStepRequest = incoming.json(&models::SECOND_STEP)?;
    own::set_second_step(app, &incoming.bearer()?, body.required).await?;
    Ok(Reply::empty(204))
}

/// `POST /auth/me/proof/options`: what may be proven.
pub async fn proof_options(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let _: Value = incoming.json(&models::NOTHING)?;
    let options = proof::options(app, &incoming.bearer()?).await?;
    let mut answer = json!({ "methods": options.methods });
    if let (Some(begun), Some(members)) = (options.ceremony, answer.as_object_mut()) {
        members.insert("id".to_owned(), json!(begun.id));
        members.insert("publicKey".to_owned(), json!(begun.options));
    }
    Ok(Reply::json(&answer)?)
}

/// `POST /auth/me/proof`: an access token of the same session, raised.
pub async fn prove(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let mut body: ProofRequest = incoming.json(&models::PROOF)?;
    let (token, device) = (incoming.bearer()?, incoming.device_info());
    let credential = match body.id {
        Some(_) => Some(body.credential()?),
        None => None,
    };
    let presented = match (&body.id, &credential, &body.otp, &body.password) {
        (Some(id), Some(credential), _, _) => Presented::Passkey(Answer { id, credential }),
        (_, _, Some(otp), _) => Presented::Code(otp.expose()),
        (_, _, _, Some(password)) => Presented::Password(password),
        _ => return Err(models::missing("otp")),
    };
    let origin = credentials::origin(app, &device, Some(&token));
    let raised = proof::prove(app, &token, &presented, &origin, device).await?;
    let (access_token, expires) = raised;
    Ok(Reply::json(
        &json!({ "accessToken": access_token, "expires": expires }),
    )?)
}

/// 204, or that there is no such factor.
pub fn no_content(found: bool, id: &FactorId) -> Result<Reply, LoopbackFailure> {
    found
        .then(|| Reply::empty(204))
        .ok_or_else(|| not_found(id))
}

fn not_found(id: &FactorId) -> LoopbackFailure {
    let (entity, id) = ("Factor", id.as_str().to_owned());
    ErrorKind::NoSuchRow { entity, id }.into()
}
