//! OAuth clients, browsers and what they ask for; and every statement about them, run once.

use serde_json::{Map, Value, json};

use crate::auth::id::{AttemptId, BrowserId, ClientId, ClientNumber, SessionId, UserId};
use crate::auth::oauth::authorization::claims_request::ClaimsRequest;
use crate::auth::oauth::authorization::decision::GivenConsent;
use crate::auth::oauth::authorization::prompt::Prompt;
use crate::auth::oauth::authorization::request::AuthorizationRequest;
use crate::auth::oauth::authorization::response::{ResponseMode, ResponseTarget};
use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};
use crate::auth::oauth::client::{AuthenticationMethod, Source};
use crate::auth::oauth::device::DeviceRequest;
use crate::auth::oauth::one_use::OneUse;
use crate::auth::oauth::scope::Scope;
use crate::auth::pkce::Challenge;
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::people::{NOW, at, leaked};
use crate::sqlite::Db;
use crate::store::client_registrations::{self, NewClient, Registration};
use crate::store::device_codes::{self, DeviceDecision, NewDeviceCode};
use crate::store::device_polls::{self, DevicePoll};
use crate::store::grant_codes::{self, NewGrantCode};
use crate::store::grant_opening::Opening;
use crate::store::grant_redemption::{self, GrantRedemption};
use crate::store::grant_refresh::{self, GrantRefresh};
use crate::store::grants;
use crate::store::oauth_clients::{self, ClientProof};
use crate::store::refresh_tokens::RefreshAttempt;
use crate::store::{browser_steps, consents, logout_notices, one_uses, pushed_requests};

/// The challenge of the requests here.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The confidential client.
pub const WEB: ClientNumber = ClientNumber::new(1);
/// The public client.
pub const APP: ClientNumber = ClientNumber::new(2);

/// Puts a client into OAuth.
pub fn put(db: &Db, number: ClientNumber, source: Source, members: Value) {
    let mut document = json!({ "redirect_uris": ["https://app.example/cb"] });
    let members = members.as_object().unwrap().clone();
    document.as_object_mut().unwrap().extend(members);
    let metadata =
        ClientMetadata::read(document.as_object().unwrap(), Policy::stored(source)).unwrap();
    assert!(db.run(client_registrations::put(
        number,
        &metadata,
        &Registration::default(),
        at(NOW)
    )));
}

/// A confidential and a public client, and a browser of Ann's.
pub fn begin(db: &Db) {
    put(
        db,
        WEB,
        Source::Operator,
        json!({ "backchannel_logout_uri": "https://app.example/logout" }),
    );
    put(
        db,
        APP,
        Source::Operator,
        json!({ "token_endpoint_auth_method": "none" }),
    );
    browser(db, "browser", "id-ann");
}

/// A browser that somebody is signed in with.
pub fn browser(db: &Db, id: &str, user: &str) {
    db.connection
        .execute(
            "insert into browsers (id, key, form_session, user_id, method, aal, amr, auth_time, remembered, created_on, last_used_on, expires_on)
               values (?1, 'key of ' || ?1, '', ?2, 'password', 1, 'pwd', ?3 - 5000, 0, ?3, ?3, ?3 + 1000000)",
            (id, user, NOW),
        )
        .unwrap();
}

/// A request as it is kept.
pub fn request() -> AuthorizationRequest {
    AuthorizationRequest {
        target: ResponseTarget {
            redirect_uri: "https://app.example/cb".to_owned(),
            mode: ResponseMode::Query,
            state: None,
        },
        names_redirect_uri: true,
        scope: Scope::of(&["openid", "email"]),
        audience: vec!["https://login.example/oauth/userinfo".to_owned()],
        challenge: Challenge::parse(CHALLENGE),
        nonce: Some("n".to_owned()),
        prompt: Prompt::default(),
        max_age: None,
        claims: ClaimsRequest::parse(Some(r#"{"userinfo":{"name":null}}"#)).unwrap(),
        login_hint: None,
        id_token_hint: None,
        acr_values: Vec::new(),
        ui_locales: Vec::new(),
        dpop_jkt: None,
    }
}

/// A code of Ann's for a client, to be changed.
pub fn code<'a>(
    key: &'a str,
    client: ClientNumber,
    request: &'a AuthorizationRequest,
) -> NewGrantCode<'a> {
    NewGrantCode {
        key,
        browser: leaked(BrowserId::new("browser")),
        user_id: leaked(UserId::new("id-ann")),
        client,
        client_id: leaked(ClientId::new(if client == WEB { "web" } else { "app" })),
        source: Source::Operator,
        session_id: leaked(SessionId::new(format!("session of {key}"))),
        request,
        consent: None,
        pushed: None,
        attempt: leaked(AttemptId::new(format!("issue {key}"))),
        expires_on: at(NOW + 60_000),
    }
}

/// The confidential client with its secret.
pub fn web() -> ClientProof {
    ClientProof {
        client_id: ClientId::new("web"),
        method: AuthenticationMethod::ClientSecretBasic,
        digests: [Some("another".to_owned()), Some("web digest".to_owned())],
    }
}

/// The public client.
pub fn app() -> ClientProof {
    ClientProof {
        client_id: ClientId::new("app"),
        method: AuthenticationMethod::None,
        digests: [None, None],
    }
}

/// What opens a session, as it should be.
pub fn opening<'a>(key: &'a str, attempt: &str) -> Opening<'a> {
    Opening {
        key,
        attempt: leaked(AttemptId::new(attempt)),
        jkt: None,
        uses: [None, None],
        session_expires_on: at(NOW + 86_400_000),
    }
}

/// A redemption of a code, as it should be.
pub fn redemption<'a>(key: &'a str, attempt: &str, client: &'a ClientProof) -> GrantRedemption<'a> {
    GrantRedemption {
        opening: opening(key, attempt),
        client,
        challenge: Some(CHALLENGE),
        redirect_uri: Some("https://app.example/cb"),
    }
}

/// A session that a client holds.
pub fn granted(
    db: &Db,
    key: &str,
    client: ClientNumber,
    proof: &ClientProof,
    jkt: Option<&str>,
) -> SessionId {
    let request = request();
    assert!(db.run(grant_codes::insert(&code(key, client, &request), at(NOW))));
    let opening = Opening {
        jkt,
        ..opening(key, key)
    };
    let redemption = GrantRedemption {
        opening,
        ..redemption(key, key, proof)
    };
    let redeemed = db.run(grant_redemption::redeem(&redemption, at(NOW)));
    redeemed.grant.unwrap().session.id
}

/// A refresh, as it should be.
pub const fn refresh<'a>(id: &'a SessionId, n: u32, client: &'a ClientProof) -> GrantRefresh<'a> {
    GrantRefresh {
        attempt: RefreshAttempt {
            session_id: id,
            n,
            device: None,
            window: Seconds::new(10),
        },
        client,
        jkt: None,
        uses: [None, None],
    }
}

/// A use of a proof.
pub fn one_use(jti: &str) -> OneUse {
    OneUse::of_proof("key", "address", jti, at(NOW + 300_000))
}

/// Every statement about OAuth, run once.
pub fn tour(db: &Db) {
    begin(db);
    let (web, app) = (web(), app());
    clients(db);
    let request = request();
    let consent = GivenConsent {
        scope: request.consent_scope(),
        audience: request.audience.clone(),
    };
    let pushed = pushed_requests::NewPushedRequest {
        key: "par:x",
        client: WEB,
        client_id: &web.client_id,
        payload: "[]",
        expires_on: at(NOW + 1),
    };
    db.run(pushed_requests::insert(&pushed, at(NOW)));
    assert!(
        db.run(pushed_requests::look("par:x", &web.client_id, at(NOW)))
            .is_some()
    );
    let code = NewGrantCode {
        consent: Some(&consent),
        pushed: Some("par:x"),
        source: Source::Document,
        ..code("grant:tour", WEB, &request)
    };
    assert!(db.run(grant_codes::insert(&code, at(NOW))));
    let proof = one_use("tour");
    let opening = Opening {
        uses: [Some(&proof), None],
        ..opening("grant:tour", "tour")
    };
    let redemption = GrantRedemption {
        opening,
        ..redemption("grant:tour", "tour", &web)
    };
    let redeemed = db.run(grant_redemption::redeem(&redemption, at(NOW)));
    let id = redeemed.grant.unwrap().session.id;
    assert!(db.run(grants::live(&id, at(NOW))).is_some());
    assert!(
        db.run(grant_refresh::renew(&refresh(&id, 0, &web), at(NOW)))
            .grant
            .is_some()
    );
    let public = granted(db, "grant:public", APP, &app, None);
    let proof = one_use("refresh");
    let rotation = GrantRefresh {
        uses: [Some(&proof), None],
        ..refresh(&public, 0, &app)
    };
    assert!(db.run(grant_refresh::rotate(&rotation, at(NOW))).moved);
    let (ann, browser) = (UserId::new("id-ann"), "key of browser");
    let needed = browser_steps::is_needed(browser, &web.client_id, at(NOW));
    assert_eq!(db.run(needed), Some((false,)));
    db.run(grants::end_with_browser(
        &SessionId::new("none"),
        &ann,
        at(NOW),
    ));
    db.run(client_registrations::unregister(WEB, "none"));
    assert_eq!(
        db.run(consents::given(browser, &web.client_id)),
        Some(consent)
    );
    assert_eq!(db.run(consents::of_user(&ann)).len(), 1);
    assert!(db.run(grant_refresh::revoke(&id, &web, at(NOW))).is_some());
    assert_eq!(db.run(consents::withdraw(&ann, WEB)), Some((WEB,)));
    let notices = db.run(logout_notices::take(at(NOW)));
    assert_eq!(notices.len(), 1);
    db.run((
        logout_notices::later(&id, at(NOW)),
        logout_notices::done(&id),
    ));
    device(db, &app);
    assert_eq!(db.run(one_uses::take(&one_use("taken"), &web, at(NOW))), 1);
    assert_eq!(db.run(one_uses::take(&one_use("taken"), &web, at(NOW))), 0);
    assert!(db.run(one_uses::is_used(&one_use("taken"))).is_some());
    assert_eq!(db.run(one_uses::is_used(&one_use("new"))), None);
    let unproven = ClientProof {
        digests: [None, None],
        ..web
    };
    assert_eq!(
        db.run(one_uses::take(&one_use("strange"), &unproven, at(NOW))),
        0
    );
}

fn clients(db: &Db) {
    let name = ClientId::new("https://document.example/x");
    let (secret, token) = (Secret::new("s"), Secret::new("t"));
    let document =
        json!({ "redirect_uris": ["https://document.example/cb"], "client_name": "Doc" });
    let document: Map<String, Value> = document.as_object().unwrap().clone();
    let metadata = ClientMetadata::read(&document, Policy::stored(Source::Registered)).unwrap();
    let digest = token.digest();
    let registration = Registration {
        token_digest: Some(&digest),
        ..Registration::default()
    };
    let new = NewClient {
        client_id: &name,
        secret: &secret,
        signing: &secret,
        of_strangers: true,
    };
    let register = || client_registrations::register(&new, &metadata, &registration, at(NOW));
    let number = db.run(register()).unwrap();
    assert_eq!(db.run(register()), None);
    let changed = Registration {
        secret_digest: Some("another"),
        ..Registration::default()
    };
    assert!(db.run(client_registrations::put(
        number,
        &metadata,
        &changed,
        at(NOW)
    )));
    let (read, display) = db
        .run(oauth_clients::by_registration(&name, &token))
        .unwrap();
    assert_eq!(
        (read.oauth, display.clone()),
        (metadata.client, metadata.display)
    );
    assert!(
        db.run(oauth_clients::by_registration(&name, &secret))
            .is_none()
    );
    assert_eq!(db.run(oauth_clients::by_number(number)).unwrap().1, display);
    assert_eq!(db.run(client_registrations::delete(number)), 0);
    assert!(learnt(db, "https://document.example/y", NOW));
}

/// A client of strangers, as its document describes it; whether it is new.
pub fn learnt(db: &Db, name: &str, when: i64) -> bool {
    brought(db, Source::Document, name, when)
}

/// The same of a client by its document or its registration.
pub fn brought(db: &Db, source: Source, name: &str, when: i64) -> bool {
    let document = json!({ "redirect_uris": [format!("{name}/cb")], "client_name": name });
    let document = document.as_object().unwrap();
    let metadata = ClientMetadata::read(document, Policy::stored(source)).unwrap();
    let secret = Secret::new(format!("secret of {name} at {when}"));
    let digest = Secret::new(format!("token of {name}")).digest();
    let name = ClientId::new(name);
    let new = NewClient {
        client_id: &name,
        secret: &secret,
        signing: &secret,
        of_strangers: true,
    };
    let registration = Registration {
        token_digest: (source == Source::Registered).then_some(&*digest),
        fresh_until: Some(at(when + 1)),
        ..Registration::default()
    };
    db.run(client_registrations::register(
        &new,
        &metadata,
        &registration,
        at(when),
    ))
    .is_some()
}

fn device(db: &Db, app: &ClientProof) {
    let request = DeviceRequest {
        scope: Scope::of(&["openid"]),
        audience: vec!["https://a.example".to_owned()],
    };
    for (key, user_code) in [("device:a", "A"), ("device:b", "B")] {
        waiting(db, key, user_code, &request);
        assert_eq!(
            db.run(device_codes::look(
                user_code,
                &BrowserId::new("browser"),
                at(NOW)
            ))
            .unwrap()
            .request,
            request
        );
    }
    let ann = UserId::new("id-ann");
    let decision = |key| DeviceDecision {
        key,
        browser: leaked(BrowserId::new("browser")),
        user_id: &ann,
    };
    assert!(db.run(device_codes::approve(&decision("device:a"), at(NOW))));
    assert!(db.run(device_codes::deny(&decision("device:b"), at(NOW))));
    let proof = one_use("device");
    let opening = Opening {
        uses: [Some(&proof), None],
        ..opening("device:a", "poll")
    };
    let poll = DevicePoll {
        opening,
        ..poll("device:a", "poll", app)
    };
    assert!(db.run(device_polls::poll(&poll, at(NOW))).grant.is_some());
}

/// A device that waits.
pub fn waiting(db: &Db, key: &str, user_code: &str, request: &DeviceRequest) {
    let new = NewDeviceCode {
        key,
        user_code,
        client: APP,
        session_id: &SessionId::new(format!("session of {key}")),
        request,
        interval: Seconds::new(5),
        expires_on: at(NOW + 600_000),
    };
    db.run(device_codes::insert(&new, at(NOW)));
}

/// A poll, as it should be.
pub fn poll<'a>(key: &'a str, attempt: &str, client: &'a ClientProof) -> DevicePoll<'a> {
    DevicePoll {
        opening: opening(key, attempt),
        client,
    }
}
