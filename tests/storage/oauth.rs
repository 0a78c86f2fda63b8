//! Codes, refresh tokens, devices and notices of the OAuth endpoints: what happens once, and to whom.

use proptest::prelude::*;
use serde_json::json;

use crate::auth::id::{BrowserId, ClientId, UserId};
use crate::auth::oauth::authorization::decision::GivenConsent;
use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};
use crate::auth::oauth::client::{AuthenticationMethod, Source};
use crate::auth::oauth::device::DeviceRequest;
use crate::auth::oauth::scope::Scope;
use crate::auth::secret::Secret;
use crate::auth::session::Refresh;
use crate::auth::time::Seconds;
use crate::oauth_people::{
    APP, CHALLENGE, WEB, app, begin, brought, browser, code, granted, learnt, one_use, opening,
    poll, put, redemption, refresh, request, waiting, web,
};
use crate::people::{NOW, at, column, database, leaked};
use crate::sqlite::Db;
use crate::store::client_registrations::{self, MOST_UNUSED, Registration};
use crate::store::device_codes::{self, DeviceDecision};
use crate::store::device_polls;
use crate::store::grant_codes::{self, NewGrantCode};
use crate::store::grant_opening::Opening;
use crate::store::grant_redemption::{self, GrantRedemption};
use crate::store::grant_refresh::{self, GrantRefresh};
use crate::store::oauth_clients::{self, ClientProof};
use crate::store::{clients, consents, logout_notices, pushed_requests};

fn world() -> Db {
    let db = database();
    begin(&db);
    db
}

fn with_code(key: &str) -> Db {
    let db = world();
    assert!(db.run(grant_codes::insert(&code(key, WEB, &request()), at(NOW))));
    db
}

fn is_open(db: &Db, session: &str) -> bool {
    let sql = format!("select id from sessions where id = '{session}' and ended_on is null");
    !column(db, &sql).is_empty()
}

#[test]
fn a_code_opens_one_session_and_a_second_redemption_ends_it_also_after_its_time() {
    for later in [1, 120_000] {
        let db = with_code("grant:x");
        let web = web();
        let first = db.run(grant_redemption::redeem(
            &redemption("grant:x", "first", &web),
            at(NOW),
        ));
        let grant = first.grant.unwrap();
        assert_eq!(grant.scope.to_string(), "openid email");
        assert_eq!(grant.session.assurance.auth_time, at(NOW - 5_000));
        assert_eq!(grant.session.assurance.amr, "pwd");
        assert!(grant.userinfo_claims.contains_key("name"));
        assert_eq!(first.code.unwrap().nonce.as_deref(), Some("n"));
        let again = db.run(grant_redemption::redeem(
            &redemption("grant:x", "again", &web),
            at(NOW + later),
        ));
        let code = again.code.unwrap();
        assert!(again.grant.is_none() && code.taken && !code.won);
        assert!(!is_open(&db, "session of grant:x"));
    }
}

#[test]
fn a_code_is_not_spent_by_another_client_or_by_one_that_proves_nothing() {
    let db = with_code("grant:x");
    let good = web();
    for (name, proof) in [
        ("another client", app()),
        (
            "a wrong secret",
            ClientProof {
                digests: [Some("wrong".to_owned()), None],
                ..web()
            },
        ),
        (
            "no secret",
            ClientProof {
                digests: [None, None],
                ..web()
            },
        ),
        (
            "another method",
            ClientProof {
                method: AuthenticationMethod::ClientSecretPost,
                ..web()
            },
        ),
        (
            "no method",
            ClientProof {
                method: AuthenticationMethod::None,
                ..web()
            },
        ),
        (
            "an unknown client",
            ClientProof {
                client_id: ClientId::new("nobody"),
                ..web()
            },
        ),
    ] {
        let found = db.run(grant_redemption::redeem(
            &redemption("grant:x", name, &proof),
            at(NOW),
        ));
        assert!(found.grant.is_none(), "{name}");
    }
    let found = db.run(grant_redemption::redeem(
        &redemption("grant:x", "good", &good),
        at(NOW),
    ));
    assert!(found.grant.is_some());
    // Nor do they end what the right one has opened.
    let wrong = ClientProof {
        digests: [Some("wrong".to_owned()), None],
        ..web()
    };
    for proof in [app(), wrong] {
        db.run(grant_redemption::redeem(
            &redemption("grant:x", "late", &proof),
            at(NOW),
        ));
        assert!(is_open(&db, "session of grant:x"));
    }
}

#[test]
fn a_code_of_another_request_opens_nothing_and_is_spent() {
    let web = web();
    let good = || redemption("grant:x", "wrong", &web);
    for (name, redemption) in [
        (
            "no verifier",
            GrantRedemption {
                challenge: None,
                ..good()
            },
        ),
        (
            "another verifier",
            GrantRedemption {
                challenge: Some("other"),
                ..good()
            },
        ),
        (
            "another redirect URI",
            GrantRedemption {
                redirect_uri: Some("https://app.example/cb?"),
                ..good()
            },
        ),
    ] {
        let db = with_code("grant:x");
        assert!(
            db.run(grant_redemption::redeem(&redemption, at(NOW)))
                .grant
                .is_none(),
            "{name}"
        );
        let found = db.run(grant_redemption::redeem(
            &self::redemption("grant:x", "right", &web),
            at(NOW),
        ));
        assert!(found.grant.is_none(), "{name}");
    }
    let db = with_code("grant:x");
    let late = db.run(grant_redemption::redeem(&good(), at(NOW + 60_000)));
    assert!(late.grant.is_none() && !late.code.unwrap().taken);
}

#[test]
fn a_redirect_uri_may_be_left_out_where_a_challenge_protects_the_code() {
    let web = web();
    for (challenge, names, left_out) in [
        (true, true, true),
        (false, true, false),
        (false, false, true),
    ] {
        let db = world();
        let mut request = request();
        request.names_redirect_uri = names;
        request.challenge = request.challenge.filter(|_| challenge);
        assert!(db.run(grant_codes::insert(
            &code("grant:x", WEB, &request),
            at(NOW)
        )));
        let redemption = GrantRedemption {
            redirect_uri: None,
            challenge: challenge.then_some(CHALLENGE),
            ..redemption("grant:x", "a", &web)
        };
        let found = db.run(grant_redemption::redeem(&redemption, at(NOW)));
        assert_eq!(found.grant.is_some(), left_out, "{challenge} {names}");
    }
    // A verifier for a code that was begun without a challenge is refused (RFC 9700 §4.8.2).
    let db = world();
    let mut request = request();
    request.challenge = None;
    assert!(db.run(grant_codes::insert(
        &code("grant:x", WEB, &request),
        at(NOW)
    )));
    let found = db.run(grant_redemption::redeem(
        &redemption("grant:x", "a", &web),
        at(NOW),
    ));
    assert!(found.grant.is_none());
}

#[test]
fn a_code_is_bound_to_the_key_of_its_request_and_a_client_to_having_one() {
    let web = web();
    for (asked, proven, demanded, good) in [
        (None, None, false, true),
        (None, Some("k"), false, true),
        (Some("k"), Some("k"), false, true),
        (Some("k"), Some("other"), false, false),
        (Some("k"), None, false, false),
        (None, None, true, false),
        (None, Some("k"), true, true),
    ] {
        let db = world();
        put(
            &db,
            WEB,
            Source::Operator,
            json!({ "dpop_bound_access_tokens": demanded }),
        );
        let mut request = request();
        request.dpop_jkt = asked.map(str::to_owned);
        assert!(db.run(grant_codes::insert(
            &code("grant:x", WEB, &request),
            at(NOW)
        )));
        let opening = Opening {
            jkt: proven,
            ..opening("grant:x", "a")
        };
        let redemption = GrantRedemption {
            opening,
            ..redemption("grant:x", "a", &web)
        };
        let found = db.run(grant_redemption::redeem(&redemption, at(NOW)));
        assert_eq!(
            found.grant.is_some(),
            good,
            "{asked:?} {proven:?} {demanded}"
        );
    }
}

#[test]
fn a_proof_or_assertion_redeems_one_code() {
    let db = world();
    let (web, request, proof) = (web(), request(), one_use("j"));
    for key in ["grant:x", "grant:y"] {
        assert!(db.run(grant_codes::insert(&code(key, WEB, &request), at(NOW))));
    }
    let redeem = |key, uses| {
        let opening = Opening {
            uses,
            ..opening(key, key)
        };
        let redemption = GrantRedemption {
            opening,
            ..redemption(key, key, &web)
        };
        db.run(grant_redemption::redeem(&redemption, at(NOW)))
            .grant
            .is_some()
    };
    // What leads to nothing leaves no row.
    assert!(!redeem("grant:nothing", [Some(&proof), None]));
    assert!(column(&db, "select key from one_time where kind = 'jti'").is_empty());
    assert!(redeem("grant:x", [Some(&proof), None]));
    assert!(!redeem("grant:y", [None, Some(&proof)]));
    assert!(redeem("grant:y", [Some(&one_use("other")), None]));
}

#[test]
fn a_code_is_made_while_its_user_is_signed_in_and_once_for_a_pushed_request() {
    let db = world();
    let request = request();
    browser(&db, "of bob", "id-bob");
    let made = |code: &NewGrantCode<'_>, now| db.run(grant_codes::insert(code, at(now)));
    let new = |key| code(key, WEB, &request);
    assert!(!made(
        &NewGrantCode {
            browser: &BrowserId::new("of bob"),
            ..new("grant:1")
        },
        NOW
    ));
    assert!(!made(
        &NewGrantCode {
            browser: &BrowserId::new("nothing"),
            ..new("grant:2")
        },
        NOW
    ));
    assert!(!made(&new("grant:3"), NOW + 1_000_000));
    let pushed = pushed_requests::NewPushedRequest {
        key: "par:x",
        client: WEB,
        client_id: leaked(ClientId::new("web")),
        payload: "[]",
        expires_on: at(NOW + 90_000),
    };
    db.run(pushed_requests::insert(&pushed, at(NOW)));
    let look = |client: &str, now| {
        db.run(pushed_requests::look(
            "par:x",
            &ClientId::new(client),
            at(now),
        ))
        .is_some()
    };
    for _ in 0..2 {
        assert!(look("web", NOW), "looking spends nothing");
    }
    assert!(!look("app", NOW) && !look("web", NOW + 90_000));
    let of_pushed = |key| NewGrantCode {
        pushed: Some("par:x"),
        ..new(key)
    };
    assert!(!made(
        &NewGrantCode {
            client: APP,
            ..of_pushed("grant:4")
        },
        NOW
    ));
    assert!(made(&of_pushed("grant:5"), NOW));
    assert!(!look("web", NOW));
    assert!(!made(&of_pushed("grant:6"), NOW));
    db.connection
        .execute_batch("update browsers set ended_on = 1")
        .unwrap();
    assert!(!made(&new("grant:7"), NOW));
}

#[test]
fn consent_admits_to_an_open_client_and_its_withdrawal_ends_everything() {
    let db = world();
    db.connection
        .execute_batch("delete from user_clients")
        .unwrap();
    let (request, web) = (request(), web());
    let consent = GivenConsent {
        scope: request.consent_scope(),
        audience: request.audience.clone(),
    };
    let grant = |key: &str| {
        let new = NewGrantCode {
            consent: Some(&consent),
            ..code(key, WEB, &request)
        };
        assert!(db.run(grant_codes::insert(&new, at(NOW))));
        db.run(grant_redemption::redeem(
            &redemption(key, key, &web),
            at(NOW),
        ))
        .grant
        .is_some()
    };
    assert!(
        !grant("grant:closed"),
        "consent alone admits to no client that is not open"
    );
    put(&db, WEB, Source::Operator, json!({ "open": true }));
    assert!(grant("grant:open"));
    let ann = UserId::new("id-ann");
    assert_eq!(db.run(consents::of_user(&ann))[0].given, consent);
    assert_eq!(db.run(consents::withdraw(&ann, WEB)), Some((WEB,)));
    assert!(!is_open(&db, "session of grant:open"));
    assert!(column(&db, "select user_id from user_clients").is_empty());
}

#[test]
fn a_refresh_needs_the_client_that_holds_the_grant() {
    let db = world();
    let id = granted(&db, "grant:x", WEB, &web(), None);
    for (name, proof) in [
        ("another client", app()),
        (
            "a wrong secret",
            ClientProof {
                digests: [Some("wrong".to_owned()), None],
                ..web()
            },
        ),
        (
            "another method",
            ClientProof {
                method: AuthenticationMethod::PrivateKeyJwt,
                ..web()
            },
        ),
    ] {
        let ask = refresh(&id, 7, &proof);
        for found in [
            db.run(grant_refresh::renew(&ask, at(NOW + 1))),
            db.run(grant_refresh::rotate(&ask, at(NOW + 1))),
        ] {
            assert!(!found.moved, "{name}");
        }
        assert!(
            db.run(grant_refresh::revoke(&id, &proof, at(NOW)))
                .is_none(),
            "{name}"
        );
        assert!(is_open(&db, id.as_str()), "{name}");
    }
    let good = web();
    assert!(
        db.run(grant_refresh::renew(&refresh(&id, 0, &good), at(NOW + 1)))
            .grant
            .is_some()
    );
    assert!(
        db.run(grant_refresh::revoke(&id, &good, at(NOW + 2)))
            .is_some()
    );
    assert!(
        db.run(grant_refresh::renew(&refresh(&id, 0, &good), at(NOW + 3)))
            .grant
            .is_none()
    );
}

#[test]
fn a_public_clients_refresh_token_is_bound_to_its_key_and_a_confidential_clients_is_not() {
    let db = world();
    let (web, app) = (web(), app());
    let public = granted(&db, "grant:public", APP, &app, Some("k"));
    let confidential = granted(&db, "grant:confidential", WEB, &web, Some("k"));
    let rotates = |jkt| {
        let ask = GrantRefresh {
            jkt,
            ..refresh(&public, 0, &app)
        };
        db.run(grant_refresh::rotate(&ask, at(NOW + 1))).moved
    };
    assert!(!rotates(None) && !rotates(Some("other")));
    assert!(rotates(Some("k")));
    for jkt in [Some("other"), Some("k"), None] {
        let ask = GrantRefresh {
            jkt,
            ..refresh(&confidential, 0, &web)
        };
        assert!(
            db.run(grant_refresh::renew(&ask, at(NOW + 1))).moved,
            "{jkt:?}"
        );
    }
}

#[test]
fn a_proof_refreshes_once() {
    let db = world();
    let app = app();
    let id = granted(&db, "grant:x", APP, &app, None);
    let proof = one_use("j");
    let rotates = |n, now| {
        let ask = GrantRefresh {
            uses: [Some(&proof), None],
            ..refresh(&id, n, &app)
        };
        db.run(grant_refresh::rotate(&ask, at(now))).moved
    };
    assert!(rotates(0, NOW + 1));
    assert!(!rotates(1, NOW + 2));
}

#[test]
fn a_grants_row_does_what_the_rule_of_refreshing_says() {
    let db = world();
    let app = app();
    let window = Seconds::new(10);
    proptest!(ProptestConfig::with_cases(64), |(steps in prop::collection::vec((0..20_000_i64, 0..4_u32), 1..12))| {
        db.connection.execute_batch("delete from sessions; delete from one_time").unwrap();
        let id = granted(&db, "grant:x", APP, &app, None);
        let (mut now, mut good) = (NOW, 0_u32);
        for (later, behind) in steps {
            now += later;
            let n = (good + 1).saturating_sub(behind);
            let found = db.run(grant_refresh::rotate(&refresh(&id, n, &app), at(now)));
            let (before, _) = found.before.unwrap();
            let verdict = Refresh::judge(&before, n, None, at(now), window);
            prop_assert_eq!(found.moved, verdict == Refresh::Rotation);
            match verdict {
                Refresh::Rotation | Refresh::Retry => prop_assert!(found.grant.is_some()),
                Refresh::Theft => prop_assert!(found.grant.is_none()),
                Refresh::OtherDevice | Refresh::Over => {}
            }
            good += u32::from(found.moved);
        }
    });
}

#[test]
fn a_device_gets_its_session_once_its_user_has_let_it_in() {
    let db = world();
    let (app, ann) = (app(), UserId::new("id-ann"));
    let request = DeviceRequest {
        scope: Scope::of(&["openid"]),
        audience: vec!["https://a.example".to_owned()],
    };
    waiting(&db, "device:x", "CODE", &request);
    let asked = |attempt: &str, later: i64| {
        let found = db.run(device_polls::poll(
            &poll("device:x", attempt, &app),
            at(NOW + later),
        ));
        let verdict = found.state.unwrap().judge(at(NOW + later));
        assert_eq!(
            verdict.is_ok(),
            found.grant.is_some(),
            "rule and row agree at {later}"
        );
        verdict.map_err(|failure| failure.code.name())
    };
    assert_eq!(asked("1", 0), Err("authorization_pending"));
    assert_eq!(asked("2", 1_000), Err("slow_down"));
    assert_eq!(
        asked("3", 10_000),
        Err("slow_down"),
        "five seconds longer than before"
    );
    let decision = DeviceDecision {
        key: "device:x",
        browser: &BrowserId::new("browser"),
        user_id: &ann,
    };
    let nobody = DeviceDecision {
        browser: &BrowserId::new("nothing"),
        ..decision
    };
    assert!(!db.run(device_codes::approve(&nobody, at(NOW))));
    let needs_factor = || {
        let look = device_codes::look("CODE", decision.browser, at(NOW));
        db.run(look).unwrap().needs_factor
    };
    assert!(!needs_factor());
    let execute = |sql: &str| db.connection.execute_batch(sql).unwrap();
    execute("insert into mfa_clients (client_id) values (2)");
    assert!(needs_factor());
    assert!(!db.run(device_codes::approve(&decision, at(NOW))));
    execute("delete from mfa_clients");
    assert!(db.run(device_codes::approve(&decision, at(NOW))));
    assert!(!db.run(device_codes::approve(&decision, at(NOW))));
    assert!(!db.run(device_codes::deny(&decision, at(NOW))));
    assert!(
        db.run(device_codes::look(
            "CODE",
            &BrowserId::new("browser"),
            at(NOW)
        ))
        .is_none()
    );
    let others = web();
    let foreign = db.run(device_polls::poll(
        &poll("device:x", "foreign", &others),
        at(NOW + 60_000),
    ));
    assert!(foreign.state.is_none() && foreign.grant.is_none());
    assert_eq!(asked("4", 120_000), Ok(()));
    assert_eq!(asked("5", 240_000), Err("invalid_grant"));
    waiting(&db, "device:y", "OTHER", &request);
    let refused = DeviceDecision {
        key: "device:y",
        ..decision
    };
    assert!(db.run(device_codes::deny(&refused, at(NOW))));
    let found = db.run(device_polls::poll(&poll("device:y", "6", &app), at(NOW)));
    assert_eq!(
        found.state.unwrap().judge(at(NOW)).unwrap_err().code.name(),
        "access_denied"
    );
}

#[test]
fn two_devices_with_one_user_code_are_both_unknown() {
    let db = world();
    let request = DeviceRequest {
        scope: Scope::default(),
        audience: vec![],
    };
    waiting(&db, "device:x", "CODE", &request);
    assert!(
        db.run(device_codes::look(
            "CODE",
            &BrowserId::new("browser"),
            at(NOW)
        ))
        .is_some()
    );
    waiting(&db, "device:y", "CODE", &request);
    assert!(
        db.run(device_codes::look(
            "CODE",
            &BrowserId::new("browser"),
            at(NOW)
        ))
        .is_none()
    );
}

#[test]
fn whoever_ends_a_session_its_client_is_told_once() {
    for (name, end) in [
        (
            "an operator",
            "update sessions set ended_on = 1 where id = 'session of grant:x'",
        ),
        (
            "a password change",
            "update user_credentials set changed_on = 1 where user_id = 'id-ann'",
        ),
        (
            "a deleted user",
            "update users set deleted = 1 where id = 'id-ann'",
        ),
        (
            "a lost membership",
            "update user_tenants set status = 2 where user_id = 'id-ann'",
        ),
        (
            "a lost client",
            "delete from user_clients where user_id = 'id-ann'",
        ),
    ] {
        let db = world();
        granted(&db, "grant:x", WEB, &web(), None);
        granted(&db, "grant:silent", APP, &app(), None);
        db.connection.execute_batch(end).unwrap();
        db.connection.execute_batch(end).unwrap();
        let later = at(NOW + 1_000_000_000_000);
        let notices = db.run(logout_notices::take(later));
        let told: Vec<_> = notices
            .iter()
            .map(|notice| notice.session_id.as_str())
            .collect();
        assert_eq!(told, ["session of grant:x"], "{name}");
        assert_eq!(
            notices[0].address.as_deref(),
            Some("https://app.example/logout")
        );
        assert_eq!(notices[0].tries, 1);
        assert!(
            db.run(logout_notices::take(later)).is_empty(),
            "taken for a minute"
        );
        let again = db.run(logout_notices::take(later + Seconds::MINUTE));
        assert_eq!(again[0].tries, 2);
        db.run(logout_notices::done(&again[0].session_id));
        assert!(
            db.run(logout_notices::take(later + Seconds::HOUR))
                .is_empty()
        );
    }
}

#[test]
fn nobody_takes_over_a_client_of_another_source() {
    let db = world();
    let document = json!({ "redirect_uris": ["https://evil.example/cb"] });
    let metadata = ClientMetadata::read(
        document.as_object().unwrap(),
        Policy::stored(Source::Document),
    )
    .unwrap();
    assert!(!db.run(client_registrations::put(
        WEB,
        &metadata,
        &Registration::default(),
        at(NOW)
    )));
    let client = db
        .run(oauth_clients::by_client_id(&ClientId::new("web")))
        .unwrap();
    assert_eq!(client.oauth.redirect_uris, ["https://app.example/cb"]);
}

#[test]
fn clients_of_strangers_leave_so_many_rows_and_none_that_a_user_has_let_in_goes() {
    for source in [Source::Document, Source::Registered] {
        of_strangers(source);
    }
}

fn of_strangers(source: Source) {
    let db = world();
    let learnt = |db: &Db, name: &str, when| brought(db, source, name, when);
    let name = |n: u32| format!("https://document.example/{n}");
    let count = |table: &str| column(&db, &format!("select cast(count(*) as text) from {table}"));
    let before: i64 = count("auth_clients").first().unwrap().parse().unwrap();
    assert!(learnt(&db, "https://used.example/x", NOW - 1));
    let used = "update oauth_clients set used_on = 1 where source <> 'operator'";
    db.connection.execute_batch(used).unwrap();
    for n in 0..MOST_UNUSED + 20 {
        assert!(learnt(&db, &name(n), NOW + i64::from(n)), "{n} is new");
    }
    let all = before + 1 + i64::from(MOST_UNUSED);
    assert_eq!(count("auth_clients"), [all.to_string()]);
    let known = |name: &str| db.run(oauth_clients::by_client_id(&ClientId::new(name)));
    let newest = known(&name(MOST_UNUSED + 19)).unwrap();
    let own = format!("{}/cb", name(MOST_UNUSED + 19));
    assert_eq!(newest.oauth.redirect_uris, [own]);
    assert!(known(&name(19)).is_none() && known(&name(20)).is_some());
    assert!(known("https://used.example/x").is_some());
    let last = NOW + i64::from(MOST_UNUSED) + 20;
    if source == Source::Registered {
        let token = Secret::new(format!("token of {}", name(20)));
        let own = |name: &str| db.run(oauth_clients::by_registration(&ClientId::new(name), &token));
        assert!(own(&name(20)).is_some() && own(&name(21)).is_none());
    }
    // What a document says now makes its client as young as a new one.
    assert!(!learnt(&db, &name(20), last), "is known");
    assert!(learnt(&db, &name(0), last + 1), "is new again");
    let renewed = source == Source::Document;
    assert_eq!(known(&name(20)).is_some(), renewed);
    assert_eq!(known(&name(21)).is_none(), renewed);
}

#[test]
fn a_client_of_the_other_apis_is_none_of_oauths_by_a_document_of_its_name() {
    let db = world();
    let name = "https://arc.example/client";
    let rename = format!("update auth_clients set client_id = '{name}' where client_id = 'app'");
    let out = "delete from oauth_clients where client_id = 2";
    db.connection
        .execute_batch(&format!("{rename};{out}"))
        .unwrap();
    assert!(!learnt(&db, name, NOW));
    assert_eq!(
        db.run(oauth_clients::by_client_id(&ClientId::new(name))),
        None
    );
}

#[test]
fn a_secret_is_renewed_by_whoever_vouches_for_the_client() {
    let db = world();
    let digest = || {
        column(
            &db,
            "select client_secret_digest from auth_clients where id = 1",
        )
    };
    let put = |source| {
        let document = json!({ "redirect_uris": ["https://app.example/cb"] });
        let document = document.as_object().unwrap();
        let metadata = ClientMetadata::read(document, Policy::stored(source)).unwrap();
        let registration = Registration {
            secret_digest: Some("renewed"),
            ..Registration::default()
        };
        db.run(client_registrations::put(
            WEB,
            &metadata,
            &registration,
            at(NOW),
        ))
    };
    assert!(!put(Source::Registered));
    assert_eq!(digest(), ["web digest"]);
    assert!(put(Source::Operator));
    assert_eq!(digest(), ["renewed"]);
}

#[test]
fn a_client_changes_its_registration_and_no_other_that_has_its_row_by_now() {
    let db = world();
    let registered = "update oauth_clients set source = 'registered', registration_digest = 'its' where client_id = 1";
    db.connection.execute_batch(registered).unwrap();
    let put = |token, name| {
        let document =
            json!({ "redirect_uris": ["https://other.example/cb"], "client_name": name });
        let document = document.as_object().unwrap();
        let metadata = ClientMetadata::read(document, Policy::stored(Source::Registered)).unwrap();
        let registration = Registration {
            token_digest: Some(token),
            secret_digest: Some("renewed"),
            ..Registration::default()
        };
        db.run(client_registrations::put(
            WEB,
            &metadata,
            &registration,
            at(NOW),
        ))
    };
    let rows = || {
        let sql = "select c.client_secret_digest || r.metadata || coalesce(b.client_name, '') \
                   from auth_clients c join oauth_clients r on r.client_id = c.id \
                   left join client_branding b on b.client_id = c.id where c.id = 1";
        column(&db, sql)
    };
    let before = rows();
    assert!(!put("former", "Former"));
    db.run(client_registrations::unregister(WEB, "former"));
    assert_eq!(rows(), before);
    assert!(put("its", "Its"));
    assert!(rows()[0].starts_with("renewed") && rows()[0].ends_with("Its"));
    db.run(client_registrations::unregister(WEB, "its"));
    assert!(rows().is_empty());
}

#[test]
fn a_user_lets_in_the_client_that_was_shown_and_no_other_in_its_place() {
    let db = world();
    let request = request();
    let consent = GivenConsent {
        scope: request.consent_scope(),
        audience: request.audience.clone(),
    };
    let shown = ClientId::new("another");
    let new = NewGrantCode {
        client_id: &shown,
        consent: Some(&consent),
        ..code("grant:x", WEB, &request)
    };
    assert!(!db.run(grant_codes::insert(&new, at(NOW))));
    assert!(column(&db, "select user_id from consents").is_empty());
}

#[test]
fn a_client_that_nobody_vouches_for_is_used_once_a_user_has_let_it_in() {
    let db = world();
    let registered = "update oauth_clients set source = 'registered'";
    db.connection.execute_batch(registered).unwrap();
    let used = || {
        column(
            &db,
            "select cast(client_id as text) from oauth_clients where used_on is not null",
        )
    };
    let device = DeviceRequest {
        scope: Scope::of(&["openid"]),
        audience: Vec::new(),
    };
    waiting(&db, "device:x", "X", &device);
    let decision = |browser: &'static BrowserId| DeviceDecision {
        key: "device:x",
        browser,
        user_id: leaked(UserId::new("id-ann")),
    };
    let stranger = leaked(BrowserId::new("none"));
    assert!(!db.run(device_codes::approve(&decision(stranger), at(NOW))));
    assert!(used().is_empty());
    let browser = leaked(BrowserId::new("browser"));
    assert!(db.run(device_codes::approve(&decision(browser), at(NOW))));
    assert_eq!(used(), ["2"]);
    let new = NewGrantCode {
        source: Source::Registered,
        ..code("grant:x", WEB, leaked(request()))
    };
    assert!(db.run(grant_codes::insert(&new, at(NOW))));
    assert_eq!(used(), ["1", "2"]);
}

#[test]
fn a_client_is_public_by_its_method_and_known_as_such_where_an_operator_vouches_for_it() {
    let db = world();
    let none = || json!({ "token_endpoint_auth_method": "none" });
    let is_public = |db: &Db, name: &str| {
        let client = db.run(clients::by_client_id(&ClientId::new(name)));
        client.unwrap().is_public
    };
    assert!(!is_public(&db, "web"));
    assert!(is_public(&db, "app"));
    assert_eq!(db.run(clients::public()), [("app".to_owned(),)]);
    put(&db, WEB, Source::Operator, none());
    assert!(is_public(&db, "web"));
    let registered = "update oauth_clients set source = 'registered' where client_id = 1";
    db.connection.execute_batch(registered).unwrap();
    assert!(is_public(&db, "web"));
    assert_eq!(db.run(clients::public()), [("app".to_owned(),)]);
    db.connection
        .execute_batch("update auth_clients set deleted = 1 where client_id = 'app'")
        .unwrap();
    assert_eq!(db.run(clients::public()), []);
}
