//! Every statement of the store, run once.

use crate::auth::attempts::{CounterKeys, Limits, Place};
use crate::auth::data_key::DataKeys;
use crate::auth::oauth::Provider;
use crate::auth::oauth::logout_token::ProviderLogout;
use crate::auth::oauth::policy::{Holder, NewAccount};
use crate::auth::oauth::profile::Profile;
use crate::auth::one_time::Otp;
use crate::auth::secret::Secret;
use crate::auth::{oauth, profile};
use crate::config::SignUpPlace;
use crate::edge::app::Visitor;
use crate::edge::store::attempts::Guess;
use crate::edge::store::db::Db;
use crate::edge::store::otps::{NewOtp, ReservedOtp, Settlement};
use crate::edge::store::sessions::Unchanged;
use crate::edge::store::{
    accounts, activity, attempts, auth_clients, clients, codes, identities, one_time, otps,
    passwords, provider_logouts, refreshes, sessions, sign_ins, sign_ups, sweep,
};
use crate::people::{NOW, database, run, session};
use crate::wire::loopback::auth_clients::{AuthClientChanges, NewAuthClient};
use crate::wire::loopback::filter::{Clause, Filter};

/// A database on which each function of the store has run.
pub fn tour() -> Db {
    let db = database();
    run(clients_and_accounts(&db));
    run(attempts_and_otps(&db));
    run(sessions_and_codes(&db));
    run(links_and_passwords(&db));
    run(people_from_elsewhere(&db));
    run(administration(&db));
    run(sweep::sweep(&db, 1, NOW)).unwrap();
    db
}

async fn clients_and_accounts(db: &Db) {
    let reads = [
        clients::find_by_client_id("web"),
        accounts::find_by_name("ann"),
        accounts::find_by_link("reset:x"),
    ];
    db.batch(reads).await.unwrap();
    clients::redirect_urls(db).await.unwrap();
    accounts::providers(db, "id-ann").await.unwrap();
    let event = activity::Activity {
        kind: "sign-in",
        result: "ok",
        user_id: Some("id-ann"),
        client: Some(1),
        session_id: None,
    };
    activity::insert(db, "event", &event, &Visitor::default(), NOW)
        .await
        .unwrap();
}

async fn attempts_and_otps(db: &Db) {
    let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let keys = CounterKeys::of(&keys, "ann", &Place::default()).unwrap();
    let guess = Guess {
        name: "ann",
        keys: &keys,
        attempt: "attempt",
        tag: "tag",
        client: None,
        limits: Limits {
            per_source: 10,
            window: 900_000,
            per_account: 100,
        },
    };
    let otp = NewOtp {
        key: "otp:ann",
        mac: "mac",
        client: None,
        usable: true,
        expires_on: NOW + 1,
    };
    otps::put(db, &otp, NOW).await.unwrap();
    otps::look(db, "otp:ann", None, NOW).await.unwrap();
    let reserve = otps::reserve("otp:ann", &guess, NOW);
    let answers = db
        .batch(guess.statements(NOW).into_iter().chain([reserve]))
        .await
        .unwrap();
    let otp: ReservedOtp = answers.row(3).unwrap().unwrap();
    let end = [otps::give_back(&otp), otps::take(&otp, "attempt", NOW)];
    db.batch(end).await.unwrap();
    assert!(otps::delete(db, "otp:ann", None).await.unwrap());
    db.batch(attempts::clear("id-ann", Some(&keys), NOW))
        .await
        .unwrap();
}

async fn sessions_and_codes(db: &Db) {
    let mut new = session("session", "id-ann");
    new.replaces = Some("another");
    let opened = sessions::open(db, &new, Settlement::default(), NOW).await;
    assert!(opened.unwrap().is_some());
    sessions::keep_provider_token(db, "session", "sealed")
        .await
        .unwrap();
    let attempt = refreshes::RefreshAttempt {
        session_id: "session",
        n: 0,
        device: None,
        window: 10,
    };
    let refreshed = refreshes::refresh(db, &attempt, NOW).await.unwrap();
    assert!(refreshed.rotated);
    refreshes::renew(db, "session", None, NOW).await.unwrap();
    let code = codes::NewCode {
        key: "code:x",
        user_id: "id-ann",
        client: 1,
        session_id: "of the code",
        client_secret_digest: "s",
        challenge: None,
        method: "password",
        unchanged: Unchanged::Whatever,
        provider_session: None,
        expires_on: NOW + 1000,
    };
    let settled = Settlement::default();
    assert!(codes::insert(db, &code, settled, NOW).await.unwrap());
    let redemption = codes::Redemption {
        key: "code:x",
        attempt: "attempt",
        client_id: "web",
        challenge: None,
        device: None,
        session_expires_on: NOW + 1000,
    };
    let (_, opened) = codes::redeem(db, &redemption, NOW).await.unwrap();
    assert!(opened.is_some());
    sessions::end(db, "session", "test", NOW).await.unwrap();
    let ids = ["of the code".to_owned()];
    let ended = sessions::end_all(db, &ids, "test", NOW).await.unwrap();
    assert_eq!(ended.len(), 1);
}

async fn links_and_passwords(db: &Db) {
    let mut link = one_time::NewLink {
        attempt: "a reset",
        key: "reset:x",
        kind: "reset",
        message_kind: "password-reset",
        user_id: Some("id-bob"),
        client: Some(1),
        recipient: "bob@example.com",
        expires_on: NOW + 1000,
    };
    assert!(one_time::offer(db, &link, NOW).await.unwrap());
    one_time::may_send(db, "a notice", "notice", "bob@example.com", NOW)
        .await
        .unwrap();
    db.all(one_time::look("reset:x")).await.unwrap();
    let reset = passwords::PasswordReset {
        key: "reset:x",
        attempt: "attempt",
        user_id: "id-bob",
        old: "hash of bob",
        new: "new hash of bob",
        device: Some("a device"),
    };
    assert!(passwords::reset_password(db, &reset, NOW).await.unwrap());
    sessions::open(db, &session("bob", "id-bob"), Settlement::default(), NOW)
        .await
        .unwrap();
    let reads = [
        passwords::find_password_of_session("bob"),
        passwords::find_stand_in("0"),
    ];
    db.batch(reads).await.unwrap();
    passwords::rehash(db, "id-bob", "new hash of bob", "argon2")
        .await
        .unwrap();
    let changed = passwords::change_password(db, "id-bob", "bob", "another", None, NOW + 1).await;
    assert!(changed.unwrap());
    link = one_time::NewLink {
        attempt: "an invitation",
        key: "sign-up:x",
        kind: "sign-up",
        message_kind: "sign-up",
        user_id: None,
        client: None,
        recipient: "cid@example.com",
        ..link
    };
    assert!(one_time::offer(db, &link, NOW).await.unwrap());
    let new = sign_ups::NewUser {
        invitation: "sign-up:x",
        attempt: "attempt",
        id: "id-cid",
        membership_id: "member-cid",
        email: "cid@example.com",
        email_key: "cid@example.com",
        password: "hash",
        first_name: "Cid",
        profile: &profile::Profile::default(),
        place: &place(),
    };
    assert_eq!(sign_ups::make_user(db, &new, NOW).await.unwrap().made, 1);
}

fn place() -> SignUpPlace {
    SignUpPlace {
        tenant_id: "home".to_owned(),
        role_id: "member".to_owned(),
        client_ids: vec!["web".to_owned()],
    }
}

async fn people_from_elsewhere(db: &Db) {
    let waiting = sign_ins::Waiting {
        key: "otp:waiting",
        client: 1,
        bound_to: None,
        record: &Otp {
            sealed: String::new(),
        },
    };
    sign_ins::insert(db, &waiting, NOW + 1000, NOW)
        .await
        .unwrap();
    let taken = sign_ins::take(db, "otp", "otp:waiting", "attempt", None, NOW).await;
    assert!(taken.unwrap().is_some());
    let mut profile = Profile {
        provider: Provider::Google,
        issuer: "https://accounts.google.com".to_owned(),
        subject: "1".to_owned(),
        email: None,
        names: oauth::person::Names::default(),
        session: None,
    };
    let new = identities::NewUser {
        id: "id-dee",
        membership_id: "member-dee",
        account: &NewAccount {
            username: "google:1".to_owned(),
            email: None,
            names: oauth::person::Names::default(),
            name_stands_in: true,
        },
        place: &place(),
    };
    let signed_up = identities::sign_up(db, &profile, &new, NOW).await.unwrap();
    assert!(signed_up.account.is_some());
    assert!(
        identities::find(db, &profile)
            .await
            .unwrap()
            .account
            .is_some()
    );
    profile.names.first = Some("Dee".to_owned());
    db.batch(identities::used(&profile, NOW)).await.unwrap();
    profile.subject = "2".to_owned();
    let holder = Holder {
        user_id: "id-ann".to_owned(),
        email: "ann@example.com".to_owned(),
        email_verified: true,
    };
    let linked = identities::link(db, &profile, &holder, 1, NOW).await;
    assert!(linked.unwrap().is_some());
    let logout = ProviderLogout {
        provider: Provider::Keycloak,
        issuer: "https://keycloak.example".to_owned(),
        subject: Some("1".to_owned()),
        session: None,
        token: "token".to_owned(),
        expires_on: NOW,
    };
    let ended = provider_logouts::end_sessions(db, &logout, "attempt", NOW).await;
    assert!(ended.unwrap().is_some());
}

async fn administration(db: &Db) {
    let new = NewAuthClient {
        client_id: "third".to_owned(),
        client_secret: Secret::new("x"),
        secret: Secret::new("x"),
        redirect_url: None,
        access_token_expiration: 900,
        refresh_token_expiration: 900,
        auth_code_expiration: 180,
    };
    let id = auth_clients::create(db, &new, NOW).await.unwrap().id;
    let mut changes = AuthClientChanges::default();
    changes.access_token_expiration = Some(1);
    assert!(auth_clients::update(db, id, &changes, NOW).await.unwrap());
    let reads = [
        auth_clients::find(id),
        auth_clients::page(&Filter::default(), Clause::of_ids(&[id])),
        auth_clients::count(Clause::of_ids(&[id])),
        auth_clients::scan(&Filter::default().rows),
    ];
    db.batch(reads).await.unwrap();
    assert!(auth_clients::delete(db, id, None, NOW).await.unwrap());
}
