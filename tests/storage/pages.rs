//! What the pages ask of the database: browsers, the own account, changes of address.

use crate::auth::assurance::{Aal, Assurance};
use crate::auth::branding::{Accent, Branding};
use crate::auth::federation::Provider;
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::{AttemptId, BrowserId, ClientId, ClientNumber, SessionId, UserId};
use crate::auth::profile::Profile;
use crate::auth::sign_in_place::SignInPlace;
use crate::people::{NOW, at, column, database, leaked, session};
use crate::sqlite::Db;
use crate::store::browsers::{self, NewBrowser};
use crate::store::effects::PasswordPrecondition;
use crate::store::effects::SignInEffects;
use crate::store::new_codes::{self, NewCode};
use crate::store::sessions::{self};
use crate::store::{
    branding, codes, email_changes, erasure, links, own_account, own_identities, own_sessions,
    provider_logouts,
};
use crate::tour::link;

const DAY: i64 = 86_400_000;

/// A browser of a user, with a cookie of that key.
pub fn browser<'a>(key: &'a str, user_id: &'a str) -> NewBrowser<'a> {
    NewBrowser {
        id: leaked(BrowserId::new(format!("id of {key}"))),
        key,
        form_session: key,
        former: None,
        user_id: leaked(UserId::new(user_id)),
        method: "password",
        provider_session: None,
        provider_token: None,
        assurance: leaked(Assurance::single_factor("pwd", at(NOW))),
        factor: None,
        place: leaked(SignInPlace::default()),
        is_remembered: false,
        password: PasswordPrecondition::None,
        trusted: None,
        expires_on: at(NOW + 30 * DAY),
    }
}

pub fn open(db: &Db, new: &NewBrowser<'_>, now: i64) -> bool {
    db.run(browsers::open(new, SignInEffects::default(), at(now)))
}

pub fn is_live(db: &Db, key: &str, now: i64) -> bool {
    db.run(browsers::live(key, at(now))).is_some()
}

/// Runs every statement of the pages once.
pub fn tour(db: &Db) {
    assert!(open(db, &browser("tour", "id-ann"), NOW));
    let live = db.run(browsers::live("tour", at(NOW))).unwrap();
    assert!(db.run(browsers::by_id(&live.id, at(NOW))).is_some());
    let (ann, now) = (&live.account.id, at(NOW));
    assert_eq!(db.run(own_sessions::browsers(ann, now)).len(), 1);
    db.run(own_sessions::end_browser("none", ann, now));
    let raised = Assurance {
        aal: Aal::Two,
        ..Assurance::single_factor("pwd otp", now)
    };
    assert_eq!(
        db.run(browsers::raise(&live.id, "raised", "form", &raised, now)),
        1
    );
    assert!(db.run(own_account::set_profile(&live, &ann_profile(), now)));
    db.run((
        own_sessions::sessions(ann, now),
        own_account::stored_password(ann),
    ));
    db.run(own_account::activity(ann, now, "", 10));
    db.run(own_sessions::end_session("none", ann, now));
    db.run(own_sessions::end_others(&live, now));
    let anew = NewBrowser {
        password: PasswordPrecondition::SetAt(Some(at(NOW + 5))),
        ..browser("anew", "id-ann")
    };
    let set = own_account::set_password(&live, "new hash", Some("device"), &anew, at(NOW + 5));
    assert!(db.run(set));
    let until = erasure::request_in_browser(leaked(BrowserId::new("nobody")), ann, now);
    db.run(until);
    db.connection
        .execute_batch("update users set erase_on = null")
        .unwrap();
    identities(db, &BrowserId::new("id of anew"));
    address(db);
    brands(db);
    assert!(db.run(browsers::end("anew", "signed out", now)).is_some());
}

fn ann_profile() -> Profile {
    Profile {
        first_name: Some("Ann".to_owned()),
        locale: Some("de".to_owned()),
        ..Profile::default()
    }
}

fn identities(db: &Db, browser: &BrowserId) {
    let profile = ExternalProfile {
        provider: Provider::Google,
        issuer: "https://accounts.google.com".to_owned(),
        subject: "9".to_owned(),
        email: None,
        names: Names::default(),
        session: None,
        revocable: Some("sealed".to_owned()),
    };
    let ann = UserId::new("id-ann");
    let linked = db.run(own_identities::link_to_browser(&profile, browser, at(NOW)));
    assert_eq!(linked.as_ref(), Some(&ann));
    let rows = db.run(own_identities::of_user(&ann));
    let row = rows.iter().find(|row| row.subject == "9").unwrap();
    assert!(db.run(own_identities::unlink(row, &ann, browser, at(NOW))));
    let told = column(db, "select provider || ' ' || token from token_revocations");
    assert_eq!(
        told,
        ["google sealed"],
        "the provider is told of what is gone"
    );
}

fn address(db: &Db) {
    let mailbox = crate::auth::address::Mailbox::of("dee@example.com");
    let new = link("an address", "email:x", "email", &mailbox);
    let new = links::NewLink {
        user_id: Some(&UserId::new("id-bob")),
        ..new
    };
    assert!(db.run(links::offer(&new, at(NOW))));
    assert!(
        db.run(email_changes::look("email:x"))
            .unwrap()
            .is_good("email", at(NOW))
    );
    let attempt = AttemptId::new("attempt");
    let confirmed = email_changes::confirm("email:x", "undo-email:x", &attempt, at(NOW));
    assert_eq!(db.run(confirmed), Some(UserId::new("id-bob")));
    let undone = email_changes::undo("undo-email:x", &attempt, at(NOW));
    assert_eq!(db.run(undone), Some(UserId::new("id-bob")));
}

fn brands(db: &Db) {
    let client = ClientNumber::new(1);
    let own = Branding {
        client_name: Some("Fieldbook".to_owned()),
        accent: Accent::parse("#123456"),
        ..Branding::default()
    };
    assert!(db.run(branding::put(client, &own, at(NOW))));
    let found = db
        .run(branding::by_client_id(&ClientId::new("web")))
        .unwrap();
    assert_eq!(found.branding, own);
    assert!(db.run(branding::by_link("reset:x")).is_some());
    db.run(branding::delete(client));
    let found = db.run(branding::by_number(client)).unwrap();
    assert_eq!(found.branding, Branding::default());
}

#[test]
fn a_browser_is_over_when_idle_and_in_the_end() {
    let db = database();
    assert!(open(&db, &browser("short", "id-ann"), NOW));
    let long = NewBrowser {
        is_remembered: true,
        ..browser("long", "id-ann")
    };
    assert!(open(&db, &long, NOW));
    assert!(is_live(&db, "short", NOW + DAY - 1) && is_live(&db, "long", NOW + DAY - 1));
    // Both have been used just now.
    assert!(is_live(&db, "short", NOW + 2 * DAY - 2));
    assert!(!is_live(&db, "short", NOW + 4 * DAY));
    assert!(is_live(&db, "long", NOW + 29 * DAY));
    assert!(!is_live(&db, "long", NOW + 30 * DAY));
}

#[test]
fn a_form_that_is_sent_twice_leaves_one_browser() {
    let db = database();
    let twice = |key| NewBrowser {
        form_session: "one form",
        ..browser(key, "id-ann")
    };
    assert!(open(&db, &twice("first"), NOW) && open(&db, &twice("second"), NOW));
    assert!(!is_live(&db, "first", NOW) && is_live(&db, "second", NOW));
    // A sign-in on top of another takes its place, another form or not.
    let on_top = NewBrowser {
        former: Some("second"),
        ..browser("third", "id-bob")
    };
    assert!(open(&db, &on_top, NOW));
    assert!(!is_live(&db, "second", NOW) && is_live(&db, "third", NOW));
}

#[test]
fn what_a_browser_began_ends_with_it() {
    let db = database();
    assert!(open(&db, &browser("it", "id-ann"), NOW));
    let code = |key, id| NewCode {
        key,
        user_id: leaked(UserId::new("id-ann")),
        client: ClientNumber::new(1),
        session_id: leaked(SessionId::new(id)),
        client_secret_digest: "s",
        challenge: None,
        method: "password",
        assurance: leaked(Assurance::single_factor("pwd", at(NOW))),
        place: leaked(SignInPlace::default()),
        factor: None,
        browser: Some(leaked(BrowserId::new("id of it"))),
        password: PasswordPrecondition::None,
        provider_session: None,
        provider_token: None,
        expires_on: at(NOW + 1000),
    };
    let insert = |key, id| {
        let code = code(key, id);
        let insert = new_codes::insert(&code, SignInEffects::default(), at(NOW));
        db.run(insert).is_some()
    };
    let redeem = |key| {
        let redemption = codes::Redemption {
            key,
            attempt: &AttemptId::new(key),
            client_id: &ClientId::new("web"),
            challenge: None,
            device: None,
            session_expires_on: at(NOW + DAY),
        };
        db.run(codes::redeem(&redemption, at(NOW))).1
    };
    assert!(insert("code:1", "first") && insert("code:2", "second"));
    let opened = redeem("code:1").unwrap();
    assert_eq!(opened.assurance, Assurance::single_factor("pwd", at(NOW)));
    let other = session("other", "id-ann");
    db.run(sessions::open(&other, SignInEffects::default(), at(NOW)));
    assert!(db.run(browsers::end("it", "signed out", at(NOW))).is_some());
    let live = |id| {
        db.run(sessions::live(&SessionId::new(id), at(NOW)))
            .is_some()
    };
    assert!(!live("first") && live("other"));
    assert!(redeem("code:2").is_none(), "a code of its is void");
    assert!(!insert("code:3", "third"), "and it makes no more");
}

#[test]
fn a_browser_ends_with_the_ground_it_stands_on() {
    for ground in [
        "update user_tenants set status = 2 where user_id = 'id-ann'",
        "update user_tenants set deleted = 1 where user_id = 'id-ann'",
        "delete from user_tenants where user_id = 'id-ann'",
        "update user_credentials set password = 'x', changed_on = 1 where user_id = 'id-ann'",
        "update users set deleted = 1 where id = 'id-ann'",
        "update users set default_tenant_id = null where id = 'id-ann'",
        "update tenants set status = 2 where id = 'home'",
        "update tenants set deleted = 1 where id = 'home'",
        "update roles set deleted = 1 where id = 'member'",
    ] {
        let db = database();
        assert!(open(&db, &browser("it", "id-ann"), NOW));
        db.connection.execute_batch(ground).unwrap();
        let ended = column(&db, "select id from browsers where ended_on is not null");
        assert_eq!(ended.len(), 1, "{ground}");
        assert!(!is_live(&db, "it", NOW), "{ground}");
    }
}

#[test]
fn a_providers_logout_ends_the_browsers_that_came_from_there() {
    use crate::auth::federation::flow::logout_token::ProviderLogout;
    let db = database();
    let new = NewBrowser {
        method: "keycloak",
        provider_session: Some("there"),
        ..browser("it", "id-ann")
    };
    assert!(open(&db, &new, NOW));
    let logout = ProviderLogout {
        provider: Provider::Keycloak,
        issuer: "https://keycloak.example".to_owned(),
        subject: None,
        session: Some("there".to_owned()),
        token: "token".to_owned(),
        expires_on: at(NOW),
        forgets: false,
    };
    let attempt = AttemptId::new("attempt");
    db.run(provider_logouts::end_sessions(&logout, &attempt, at(NOW)));
    assert!(!is_live(&db, "it", NOW));
    assert!(!open(
        &db,
        &NewBrowser {
            id: leaked(BrowserId::new("2")),
            key: "2",
            ..new
        },
        NOW
    ));
}

#[test]
fn a_change_of_address_is_proven_and_taken_back_whole() {
    let db = database();
    let sql = "update users set username = 'bob@example.com', username_key = 'bob@example.com', username_address = 'bob@example.com' where id = 'id-bob'";
    db.connection.execute_batch(sql).unwrap();
    let bob = UserId::new("id-bob");
    let mailbox = crate::auth::address::Mailbox::of("dee@example.com");
    let offer = |key, attempt| {
        let new = link(attempt, key, "email", &mailbox);
        let new = links::NewLink {
            user_id: Some(&bob),
            ..new
        };
        assert!(db.run(links::offer(&new, at(NOW))));
    };
    let state = || {
        column(
            &db,
            "select username || ' ' || email || ' ' || email_verified from users where id = 'id-bob'",
        )
    };
    offer("email:1", "first");
    let attempt = AttemptId::new("attempt");
    let confirm = |key, undo| db.run(email_changes::confirm(key, undo, &attempt, at(NOW)));
    assert_eq!(confirm("email:1", "undo-email:1"), Some(bob.clone()));
    assert_eq!(state(), ["Dee@example.com Dee@example.com 1"]);
    assert_eq!(
        db.run(email_changes::confirm(
            "email:1",
            "undo-email:2",
            &AttemptId::new("another"),
            at(NOW)
        )),
        None,
        "a link works once"
    );
    // Whoever has changed the address changes the password next, which voids no way back.
    db.connection
        .execute_batch(
            "update user_credentials set password = 'x', changed_on = 1 where user_id = 'id-bob'",
        )
        .unwrap();
    assert!(open(&db, &browser("thief", "id-bob"), NOW));
    let undo = |key, attempt| db.run(email_changes::undo(key, &AttemptId::new(attempt), at(NOW)));
    assert_eq!(undo("undo-email:1", "owner"), Some(bob.clone()));
    assert_eq!(state(), ["bob@example.com bob@example.com 1"]);
    assert!(!is_live(&db, "thief", NOW), "everything ends");
    assert_eq!(undo("undo-email:1", "again"), None);
}

#[test]
fn an_address_that_has_become_somebodys_is_not_taken_over() {
    let db = database();
    let bob = UserId::new("id-bob");
    for (n, sql) in [
        "update users set email = 'Dee@example.com', email_key = 'dee@example.com' where id = 'id-ann'",
        "update users set username = 'dee@example.com', username_key = 'dee@example.com', username_address = 'dee@example.com', email = 'dee@example.com', email_key = 'dee@example.com' where id = 'id-ann'",
    ]
    .into_iter()
    .enumerate()
    {
        let mailbox = crate::auth::address::Mailbox::of("dee@example.com");
        let (key, attempt) = (format!("email:{n}"), format!("attempt {n}"));
        let new = link(&attempt, &key, "email", &mailbox);
        let new = links::NewLink {
            user_id: Some(&bob),
            ..new
        };
        assert!(db.run(links::offer(&new, at(NOW))));
        db.connection.execute_batch(sql).unwrap();
        let confirmed = email_changes::confirm(&key, "undo-email:x", leaked(AttemptId::new("it")), at(NOW));
        assert_eq!(db.run(confirmed), None);
        assert_eq!(column(&db, "select email from users where id = 'id-bob'"), ["bob@example.com"]);
    }
}
