//! What the pages of factors share: what is asked for, what is brought back, and codes that are shown.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::visit::Visit;
use crate::auth::factor::kind::Factors;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::webauthn::AssertionCredential;
use crate::edge::flows::factors::apps::Enrolment;
use crate::edge::flows::factors::passkeys::Answer;
use crate::edge::flows::factors::proof::Presented;
use crate::error::{Error, ErrorKind, Reason};
use crate::wire::pages::ask::{PasskeyButton, Way};
use crate::wire::pages::factor::{AppToScan, FactorForm, FactorPage, in_groups};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

/// What whoever has these factors is asked for, and what stands above it.
pub(super) fn to_prove<'a>(
    visit: &Visit<'_>,
    factors: &Factors,
    ceremony: &'static str,
) -> (Vec<&'a str>, FactorForm<'a>) {
    let texts = visit.texts();
    let has_passkey = factors.passkeys > 0 && visit.app.config.relying_party.is_some();
    let asks_code = factors.totp > 0 || factors.may_recover() || !has_passkey;
    let by_code = match factors.totp {
        0 if factors.may_recover() => texts.factors.recovery_lead,
        _ => texts.sign_in.step_lead,
    };
    let lead = [
        has_passkey.then_some(texts.factors.passkey_lead),
        asks_code.then_some(by_code),
    ];
    let form = FactorForm {
        passkey: has_passkey.then_some(PasskeyButton {
            ceremony,
            label: texts.factors.use_passkey,
            or: asks_code.then_some(texts.factors.or_code),
            offers: false,
        }),
        asks_code,
        submit: asks_code.then_some(texts.account.proof_submit),
        ..FactorForm::default()
    };
    (lead.into_iter().flatten().collect(), form)
}

/// An app to be set up: its picture and its secret, and a field for its first code; or a passkey in its
/// place, where one may be made in this ceremony.
pub(super) fn to_set_up<'a>(
    visit: &Visit<'_>,
    enrolment: &Enrolment,
    ceremony: Option<&'static str>,
) -> Result<FactorForm<'a>, Error> {
    let texts = visit.texts();
    let relying_party = visit.app.config.relying_party.as_ref();
    let ceremony = ceremony.filter(|_| relying_party.is_some());
    let Enrolment {
        totp,
        issuer,
        account,
        ..
    } = enrolment;
    Ok(FactorForm {
        app: Some(AppToScan {
            qr_code: totp.qr_code(issuer, account)?,
            uri: totp.uri(issuer, account),
            secret: in_groups(totp.secret.expose()),
        }),
        passkey: ceremony.map(|ceremony| PasskeyButton {
            ceremony,
            label: texts.factors.add_passkey,
            or: Some(texts.factors.or_app),
            offers: false,
        }),
        asks_code: true,
        submit: Some(texts.account.proof_submit),
        ..FactorForm::default()
    })
}

/// The credential that the script has put into a form, if it has.
pub(super) fn credential<T: DeserializeOwned>(form: &Form) -> Result<Option<T>, Error> {
    if !form.has("credential") {
        return Ok(None);
    }
    let value = serde_json::from_str::<Value>(form.text("credential")).ok();
    let credential = value.and_then(|value| serde_json::from_value(value).ok());
    let credential = credential.ok_or_else(|| ErrorKind::Rejected(Reason::PasskeyInvalid).into());
    credential.map(Some)
}

/// What a form brings to prove a factor: a passkey, else a code.
pub(super) fn presented<'a>(
    form: &'a Form,
    credential: Option<&'a AssertionCredential>,
) -> Presented<'a> {
    match credential {
        Some(credential) => Presented::Passkey(Answer {
            id: form.text("ceremony"),
            credential,
        }),
        None => Presented::Code(form.text("code")),
    }
}

/// What is wrong with a code or a passkey, and the status that says it.
pub(super) fn problem(texts: &Texts, error: Error) -> Result<(u16, String), PageFailure> {
    match error.kind() {
        ErrorKind::Rejected(Reason::SecondFactorWrong) => {
            Ok((422, texts.sign_in.step_wrong.to_owned()))
        }
        ErrorKind::Rejected(Reason::PasskeyInvalid) => {
            Ok((422, texts.factors.passkey_wrong.to_owned()))
        }
        ErrorKind::TooMany(seconds) => {
            let minutes = seconds.div_ceil(60).to_string();
            Ok((429, (texts.sign_in.too_many)(&minutes)))
        }
        _ => Err(error.into()),
    }
}

/// Recovery codes, which are shown once, and the way on.
pub(super) fn codes(
    visit: Visit<'_>,
    codes: &[RecoveryCode],
    next: String,
) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().factors;
    let page = FactorPage {
        frame: visit.frame(),
        texts,
        title: texts.codes_title,
        lead: vec![texts.codes_lead],
        client: None,
        codes: codes.iter().map(RecoveryCode::show).collect(),
        action: String::new(),
        token: String::new(),
        form: FactorForm::default(),
        providers: Vec::new(),
        way: Way::new(next, texts.kept),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
