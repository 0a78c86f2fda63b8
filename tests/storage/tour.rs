//! Every statement of the store, run once.

use crate::auth::address::Mailbox;
use crate::auth::attempts::{AttemptOrigin, CounterKeys, Limits};
use crate::auth::data_key::DataKeys;
use crate::auth::federation::Provider;
use crate::auth::federation::flow::logout_token::ProviderLogout;
use crate::auth::federation::identity::policy::{EmailOwner, NewAccount};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::ClientNumber;
use crate::auth::id::{AttemptId, ClientId, SessionId, UserId};
use crate::auth::time::Seconds;
use crate::auth::{federation, profile};
use crate::config::SignUpDefaults;
use crate::factors;
use crate::factors_at_pages;
use crate::imports;
use crate::managed;
use crate::managed_factors;
use crate::oauth_people;
use crate::pages;
use crate::people::{NOW, at, code, database, leaked, session};
use crate::sqlite::Db;
use crate::store::attempts::LoginAttempt;
use crate::store::effects::SignInEffects;
use crate::store::erasure::Erasure;
use crate::store::messages::NewMessage;
use crate::store::otps::NewOtp;
use crate::store::sweep::{Kept, STEPS};
use crate::store::{
    self, accounts, activity, attempts, clients, codes, erasure, exports, hourly_counts,
    identities, known_devices, links, new_codes, otps, passwords, pending, provider_logouts,
    refresh_tokens, revocations, sessions, sign_ups,
};
use crate::trusted_devices;

/// A database on which each function of the store has run.
pub fn tour() -> Db {
    let db = database();
    db.run(store::probe());
    clients_and_accounts(&db);
    attempts_and_otps(&db);
    sessions_and_codes(&db);
    links_and_passwords(&db);
    people_at_providers(&db);
    managed::records_of_each_table(&db);
    managed::people(&db);
    managed::belongings(&db);
    managed::events(&db);
    factors::tour(&db);
    factors_at_pages::tour(&db);
    managed_factors::tour(&db);
    trusted_devices::tour(&db);
    pages::tour(&db);
    moving_out(&db);
    db.run(revocations::take(at(NOW)));
    db.run(revocations::done("none"));
    imports::tour(&db);
    oauth_people::tour(&db);
    sweep(&db);
    db
}

fn clients_and_accounts(db: &Db) {
    let reads = (
        clients::by_client_id(&ClientId::new("web")),
        accounts::by_name("ann"),
        accounts::by_link("reset:x"),
        clients::redirect_urls(),
        clients::public(),
        accounts::providers(&UserId::new("id-ann")),
        known_devices::is_new("ann", "a device"),
    );
    db.run(reads);
    let event = activity::Activity {
        kind: "sign-in",
        result: "ok",
        user_id: Some(&UserId::new("id-ann")),
        client: Some(ClientNumber::new(1)),
        session_id: None,
        address: None,
        country: None,
        user_agent: None,
        ray: None,
        tenant: None,
        target: None,
        detail: None,
    };
    assert!(db.run(activity::insert("event", &event, at(NOW))));
    db.run(hourly_counts::count("unknown client", at(NOW)));
}

fn moving_out(db: &Db) {
    let bob = UserId::new("id-bob");
    assert!(db.run(exports::of_user(&bob)).is_some());
    assert!(!db.run(erasure::request(&SessionId::new("none"), &bob, at(NOW))));
    assert_eq!(db.run(erasure::due(at(NOW))), []);
    let (names, _) = db.run(erasure::remains(&bob));
    assert!(names.is_some());
    let erasure = Erasure {
        user_id: &bob,
        at_once: true,
        by: Some(&UserId::new("id-ann")),
    };
    let otp_keys = ["otp:bob".to_owned()];
    assert!(db.run(erasure::erase(&erasure, &otp_keys, "erasure", at(NOW))));
}

fn attempts_and_otps(db: &Db) {
    let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let keys = CounterKeys::of(&keys, "ann", &AttemptOrigin::default()).unwrap();
    let guess = LoginAttempt {
        name: "ann",
        keys: &keys,
        attempt: &AttemptId::new("attempt"),
        tag: "tag",
        client: None,
        limits: Limits {
            per_source: 10,
            window: Seconds::new(900),
            per_account: 100,
        },
    };
    let otp = NewOtp {
        key: "otp:ann",
        mac: "mac",
        client: None,
        usable: true,
        expires_on: at(NOW + 1),
    };
    db.run((
        otps::put(&otp, at(NOW)),
        otps::look("otp:ann", None, at(NOW)),
    ));
    let reserve = otps::reserve("otp:ann", &guess, at(NOW));
    let (_, otp) = db.run((attempts::count(&guess, at(NOW)), reserve));
    let otp = otp.unwrap();
    db.run(attempts::take_back(&guess));
    db.run((
        otps::give_back(&otp),
        otps::take(&otp, &AttemptId::new("attempt"), at(NOW)),
    ));
    assert_eq!(db.run(otps::delete("otp:ann", None)), 1);
    db.run(Vec::from(attempts::clear(
        &UserId::new("id-ann"),
        Some(&keys),
        at(NOW),
    )));
}

fn sessions_and_codes(db: &Db) {
    let mut new = session("session", "id-ann");
    new.replaces = Some(leaked(SessionId::new("another")));
    let opened = db.run(sessions::open(&new, SignInEffects::default(), at(NOW)));
    assert!(opened.is_some());
    let attempt = refresh_tokens::RefreshAttempt {
        session_id: &SessionId::new("session"),
        n: 0,
        device: None,
        window: Seconds::new(10),
    };
    assert!(db.run(refresh_tokens::refresh(&attempt, at(NOW))).rotated);
    db.run(refresh_tokens::renew(
        &SessionId::new("session"),
        None,
        at(NOW),
    ));
    let code = code("code:x", "id-ann");
    let issued = db.run(new_codes::insert(&code, SignInEffects::default(), at(NOW)));
    assert!(issued.is_some_and(|issued| !issued.is_waiting));
    let redemption = codes::Redemption {
        key: "code:x",
        attempt: &AttemptId::new("attempt"),
        client_id: &ClientId::new("web"),
        challenge: None,
        device: None,
        session_expires_on: at(NOW + 1000),
    };
    let (_, opened) = db.run(codes::redeem(&redemption, at(NOW)));
    assert!(opened.is_some());
    let ended = db.run(sessions::end(&SessionId::new("of code:x"), "test", at(NOW)));
    let kept = ended.and_then(|ended| ended.provider_token);
    assert_eq!(
        kept.as_deref(),
        Some("sealed"),
        "what a code brings along is its session's"
    );
    assert!(
        db.run(sessions::end(&SessionId::new("session"), "test", at(NOW)))
            .is_some()
    );
}

/// A link, and the message that it goes with.
pub fn link<'a>(
    attempt: &str,
    key: &'a str,
    kind: &'a str,
    mailbox: &'a Mailbox,
) -> links::NewLink<'a> {
    links::NewLink {
        message: NewMessage {
            attempt: leaked(AttemptId::new(attempt)),
            kind,
            recipient: "tag".to_owned(),
            domain: Some(&mailbox.domain),
            per_hour: Some(100),
        },
        key,
        kind,
        user_id: None,
        client: Some(ClientNumber::new(1)),
        recipient: &mailbox.address,
        payload: Some("Dee@example.com"),
        expires_on: at(NOW + 1000),
    }
}

fn links_and_passwords(db: &Db) {
    let mailbox = Mailbox::of("bob@example.com");
    let new = link("a reset", "reset:x", "reset", &mailbox);
    let new = links::NewLink {
        user_id: Some(&UserId::new("id-bob")),
        ..new
    };
    assert!(db.run(links::offer(&new, at(NOW))));
    assert!(db.run(links::look("reset:x")).is_some());
    let reset = passwords::ResetPassword {
        key: "reset:x",
        attempt: &AttemptId::new("attempt"),
        user_id: &UserId::new("id-bob"),
        old: Some("hash of bob"),
        new: "new hash of bob",
        device: Some("a device"),
    };
    assert!(db.run(passwords::reset(&reset, at(NOW))));
    let new = session("bob", "id-bob");
    db.run(sessions::open(&new, SignInEffects::default(), at(NOW)));
    db.run((
        passwords::of_session(&SessionId::new("bob")),
        passwords::dummy_hash("0"),
    ));
    db.run(passwords::rehash(
        &UserId::new("id-bob"),
        "new hash of bob",
        "argon2",
    ));
    let (bob, session) = (UserId::new("id-bob"), SessionId::new("bob"));
    assert!(db.run(passwords::change(
        &bob,
        &session,
        "another",
        None,
        at(NOW + 1)
    )));
    let mailbox = Mailbox::of("cid@example.com");
    let new = link("an invitation", "sign-up:x", "sign-up", &mailbox);
    assert!(db.run(links::offer(&new, at(NOW))));
    let new = sign_ups::NewUser {
        invitation: "sign-up:x",
        attempt: &AttemptId::new("attempt"),
        id: &UserId::new("id-cid"),
        membership_id: "member-cid",
        email: "cid@example.com",
        email_key: "cid@example.com",
        password: "hash",
        first_name: "Cid",
        profile: &profile::Profile::default(),
        defaults: &defaults(),
    };
    assert!(db.run(sign_ups::make_user(&new, at(NOW))).made);
}

fn defaults() -> SignUpDefaults {
    SignUpDefaults {
        tenant_id: "home".to_owned(),
        role_id: "member".to_owned(),
        client_ids: vec![ClientId::new("web")],
    }
}

fn people_at_providers(db: &Db) {
    let new = pending::NewPending {
        kind: "signin",
        key: "signin:x",
        client: Some(ClientNumber::new(1)),
        bound_to: None,
        payload: "{}",
        expires_on: at(NOW + 1000),
    };
    let presented = pending::PendingKey {
        kind: "signin",
        key: "signin:x",
        bound_to: None,
    };
    db.run(pending::insert(&new, at(NOW)));
    let consumed = db.run(pending::consume(
        &presented,
        &AttemptId::new("attempt"),
        at(NOW),
    ));
    assert!(consumed.is_some());
    let mut profile = ExternalProfile {
        provider: Provider::Google,
        issuer: "https://accounts.google.com".to_owned(),
        subject: "1".to_owned(),
        email: None,
        names: federation::identity::names::Names::default(),
        session: None,
        revocable: None,
    };
    let new = identities::NewFederatedUser {
        id: &UserId::new("id-dee"),
        membership_id: "member-dee",
        account: &NewAccount {
            username: "google:1".to_owned(),
            email: None,
            names: federation::identity::names::Names::default(),
            name_stands_in: true,
        },
        defaults: &defaults(),
    };
    let signed_up = db.run(identities::sign_up(&profile, &new, at(NOW)));
    assert!(signed_up.account.is_some());
    assert!(db.run(identities::find(&profile)).account.is_some());
    profile.names.first = Some("Dee".to_owned());
    db.run(identities::used(&profile, at(NOW)));
    profile.subject = "2".to_owned();
    let owner = EmailOwner {
        user_id: UserId::new("id-ann"),
        email: "ann@example.com".to_owned(),
        email_verified: true,
    };
    let linked = db.run(identities::link(
        &profile,
        &owner,
        Some(ClientNumber::new(1)),
        at(NOW),
    ));
    assert!(linked.is_some());
    let logout = ProviderLogout {
        provider: Provider::Keycloak,
        issuer: "https://keycloak.example".to_owned(),
        subject: Some("1".to_owned()),
        session: None,
        token: "token".to_owned(),
        expires_on: at(NOW),
        forgets: true,
    };
    let ended = db.run(provider_logouts::end_sessions(
        &logout,
        &AttemptId::new("attempt"),
        at(NOW),
    ));
    assert!(ended.is_some());
}

fn sweep(db: &Db) {
    let kept = Kept {
        activity: Seconds::new(1),
        failures: Seconds::new(1),
    };
    for step in &STEPS {
        db.run((step.backlog(kept, at(NOW)), step.delete(kept, at(NOW))));
    }
}
