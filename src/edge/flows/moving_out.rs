//! A person's way out: everything that is stored of them as JSON, and its erasure.

use serde_json::Value;

use super::administration::{administrator_to_change, read};
use super::audit::{self, Event, PageAct};
use super::browsers;
use super::credentials::{self, Bearer, otp};
use super::factors::own;
use crate::auth::browser::LiveBrowser;
use crate::auth::caller::Caller;
use crate::auth::factor::fresh_proof;
use crate::auth::id::UserId;
use crate::auth::secret::{Secret, random_id};
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::d1::Db;
use crate::edge::flows::management::outcome::of_constraint;
use crate::edge::kv::Kv;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::borders;
use crate::store::erasure::{self, Erasure};
use crate::store::exports;
use crate::store::sessions::LiveSession;

/// What is stored of the bearer.
pub async fn export_own(app: &App, token: &Secret) -> Result<Option<Value>, Error> {
    let session = session(app, token).await?;
    app.db.run(exports::of_user(&session.account.id)).await
}

/// What is stored of somebody, for an administrator.
pub async fn export(app: &App, caller: &Caller, user_id: &UserId) -> Result<Option<Value>, Error> {
    read(app, caller, exports::of_user(user_id)).await
}

/// Marks the bearer for erasure, and ends all of their sessions. Needs a fresh proof.
pub async fn request_erasure(app: &App, token: &Secret) -> Result<(), Error> {
    let own::Owner { session, factors } = own::owner(app, token).await?;
    let user_id = &session.account.id;
    let request = erasure::request(&session.id, user_id, app.now);
    if !app.db.run(request).await? {
        return Err(fresh_proof::wanted(&factors));
    }
    audit::record(app, Event::ErasureRequested((&session).into()));
    Ok(())
}

/// What is stored of the user of a browser at our pages.
pub async fn export_here(app: &App, browser: &LiveBrowser) -> Result<Option<Value>, Error> {
    app.db.run(exports::of_user(&browser.account.id)).await
}

/// Marks the user of a browser for erasure, and ends everything of theirs; answers when it will be done,
/// or nothing where the proof is not fresh.
pub async fn request_erasure_here(
    app: &App,
    browser: &LiveBrowser,
) -> Result<Option<Timestamp>, Error> {
    let user_id = &browser.account.id;
    let request = erasure::request_in_browser(&browser.id, user_id, app.now);
    let until = app.db.run(request).await?;
    if until.is_some() {
        browsers::record(app, browser, PageAct::ErasureRequested);
    }
    Ok(until)
}

/// Erases somebody at once, for an administrator; whether there was such a person.
pub async fn erase(app: &App, caller: &Caller, user_id: &UserId) -> Result<bool, Error> {
    let by = administrator_to_change(app, caller).await?.user_id();
    let erasure = Erasure {
        user_id,
        at_once: true,
        by: by.as_ref(),
    };
    erase_now(&app.db, &app.kv, &erasure, app.now).await
}

/// Erases whoever has asked for it and has not signed in since; a failure is left to the next sweep.
pub async fn erase_due(db: &Db, kv: &Kv, now: Timestamp) -> Result<(), Error> {
    for (id,) in db.run(erasure::due(now)).await? {
        let erasure = Erasure {
            user_id: &UserId::new(id),
            at_once: false,
            by: None,
        };
        erase_now(db, kv, &erasure, now).await?;
    }
    Ok(())
}

async fn session(app: &App, token: &Secret) -> Result<LiveSession, Error> {
    match credentials::bearer(app, token).await? {
        Bearer::Session(session) => Ok(*session),
        Bearer::Plain(_) => Err(ErrorKind::Unauthenticated(Reason::TokenRevoked).into()),
    }
}

/// What KV remembers goes first: where that fails, the rows still say what is left, and the next try
/// finishes it. A record that is missed there refuses nothing, should the rows decide against it.
async fn erase_now(db: &Db, kv: &Kv, erasure: &Erasure<'_>, now: Timestamp) -> Result<bool, Error> {
    let reads = (
        erasure::remains(erasure.user_id),
        borders::has_administrator(),
    );
    let ((names, keys), (had_administrator,)) = db.run(reads).await?;
    let names = names.iter();
    let otp_keys: Vec<_> = names
        .flat_map(|names| [&names.username, &names.email])
        .map(|name| otp::key(name.expose()))
        .collect();
    let erase = erasure::erase(erasure, &otp_keys, &random_id()?, now);
    for key in otp_keys.iter().chain(keys.iter().map(|(key,)| key)) {
        kv.delete(key).await?;
    }
    // Whoever asked for their own erasure has a right to it.
    let keep = borders::keep_administrator(erasure.at_once && had_administrator);
    let (erased, ()) = db.run((erase, keep)).await.map_err(of_constraint)?;
    Ok(erased)
}
