//! Trusted devices: what they waive, for whom, and with what they end. And clients that take no waiver.

use crate::auth::assurance::{Aal, Assurance};
use crate::auth::id::{BrowserId, UserId};
use crate::factors::{app, execute, totp};
use crate::factors_at_pages::{complete_as, holds, try_code};
use crate::pages::{browser, is_live, open};
use crate::people::{NOW, at, code, column, database, leaked, session};
use crate::sqlite::Db;
use crate::store::effects::SignInEffects;
use crate::store::pending_step::Door;
use crate::store::trusted_devices::{self, NewTrust};
use crate::store::{browsers, new_codes, sessions};

const ANN: &str = "id-ann";
const DAY: i64 = 86_400_000;

/// Ann has an app, and has proven it in a browser whose device she trusts.
fn trusting() -> Db {
    let db = database();
    app(&db, "a", ANN);
    trust(&db, "first", "trusted", 7);
    db
}

fn trust(db: &Db, name: &'static str, key: &str, step: i64) {
    let waiting = leaked(format!("code:{name}"));
    assert!(holds(db, waiting, name));
    try_code(db, waiting, Door::Page, name);
    let new = NewTrust {
        id: leaked(format!("device of {key}")),
        key,
    };
    let id = format!("id of {name}");
    complete_as(db, waiting, &id, name, (&totp("a", step), name), Some(new));
}

/// Signs in with a password where a device has that cookie: whether that opens the browser.
fn opens(db: &Db, name: &str, trusted: &str, now: i64) -> bool {
    let mut new = browser(name, ANN);
    new.trusted = Some(trusted);
    db.run(browsers::open(&new, SignInEffects::default(), at(now)))
}

fn devices(db: &Db) -> usize {
    let devices = trusted_devices::of_user(&UserId::new(ANN), at(NOW + 2));
    db.run(devices).len()
}

/// Asks for a code in a browser: whether it waits for a second step.
fn waits(db: &Db, key: &'static str, browser: &str) -> bool {
    let mut new = code(key, ANN);
    new.browser = Some(leaked(BrowserId::new(format!("id of {browser}"))));
    let insert = new_codes::insert(&new, SignInEffects::default(), at(NOW + 2));
    db.run(insert).unwrap().is_waiting
}

/// Runs every statement once.
pub fn tour(db: &Db) {
    let ann = UserId::new(ANN);
    app(db, "a", ANN);
    trust(db, "tour of trust", "tour trust", 7);
    assert!(opens(db, "by trust", "tour trust", NOW + 1));
    assert_eq!(db.run(trusted_devices::of_user(&ann, at(NOW))).len(), 1);
    assert!(db.run(trusted_devices::revoke("device of tour trust", &ann)) > 0);
    execute(db, "delete from factors where user_id = 'id-ann'");
}

#[test]
fn a_trusted_device_waives_the_second_step_of_its_user_until_its_time_is_over() {
    let db = trusting();
    assert!(opens(&db, "second", "trusted", NOW + 2));
    assert!(!opens(&db, "third", "another", NOW + 2));
    let mut bobs = browser("bob", "id-bob");
    app(&db, "b", "id-bob");
    // Another app means other factors: bob's own devices are trusted no more, ann's are.
    bobs.trusted = Some("trusted");
    let open = browsers::open(&bobs, SignInEffects::default(), at(NOW + 2));
    assert!(!db.run(open), "it is of one user");
    assert!(!opens(&db, "late", "trusted", NOW + 1 + 30 * DAY));
    let aal = column(
        &db,
        "select aal || ' ' || trusted_by from browsers where key = 'second'",
    );
    assert_eq!(aal, ["1 device of trusted"], "it proves nothing afresh");
}

#[test]
fn a_code_of_such_a_browser_is_an_ordinary_one_while_the_device_is_trusted() {
    let db = trusting();
    assert!(opens(&db, "second", "trusted", NOW + 2));
    assert!(!waits(&db, "code:a", "second"));
    execute(&db, "delete from trusted_devices");
    assert!(
        !is_live(&db, "second", NOW + 3),
        "the browser has ended with it"
    );
    assert!(
        is_live(&db, "first", NOW + 3),
        "and the one that proved a factor has not"
    );
}

#[test]
fn an_administrators_device_is_never_trusted() {
    let db = trusting();
    execute(&db, "update roles set permissions = '[\"NotAllowed\"]'");
    assert!(!opens(&db, "second", "trusted", NOW + 2));
    trust(&db, "third", "new", 9);
    assert_eq!(devices(&db), 1, "only the one from before");
}

#[test]
fn trust_ends_with_any_change_of_password_factor_or_role() {
    for change in [
        "update user_credentials set changed_on = changed_on + 1 where user_id = 'id-ann'",
        "insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)
           values ('n', 'id-ann', 'totp', 'app', 'sealed', 'SHA1', 6, 30, 0, 0)",
        "delete from factors where id = 'a'",
        "insert into roles (id, name, created_on, modified_on) values ('other', 'Other', 0, 0);
         update user_tenants set role_id = 'other' where user_id = 'id-ann'",
    ] {
        let db = trusting();
        assert!(opens(&db, "second", "trusted", NOW + 2));
        execute(&db, change);
        assert_eq!(devices(&db), 0, "{change}");
        assert!(!is_live(&db, "second", NOW + 3), "{change}");
    }
}

#[test]
fn a_password_alone_or_a_user_without_a_factor_trusts_nothing() {
    let db = database();
    assert!(open(&db, &browser("plain", ANN), NOW));
    execute(
        &db,
        "update browsers set aal = 2; update roles set require_mfa = 1",
    );
    assert_eq!(devices(&db), 0);
    app(&db, "a", ANN);
    assert!(!opens(&db, "guess", "", NOW + 2));
}

#[test]
fn a_user_trusts_twenty_devices_and_another_revokes_none() {
    let db = trusting();
    let mut names = Vec::new();
    for n in 0..21_i64 {
        let name: &'static str = leaked(format!("browser {n}"));
        trust(&db, name, leaked(format!("trusted {n}")), 10 + n);
        names.push(name);
    }
    assert_eq!(devices(&db), 20);
    let id = "device of trusted 20";
    assert_eq!(
        db.run(trusted_devices::revoke(id, &UserId::new("id-bob"))),
        0
    );
    assert_eq!(db.run(trusted_devices::revoke(id, &UserId::new(ANN))), 1);
    assert!(!opens(&db, "second", "trusted 20", NOW + 2));
}

#[test]
fn a_client_that_demands_two_factors_takes_no_sign_in_at_level_one() {
    let db = trusting();
    assert!(opens(&db, "second", "trusted", NOW + 2));
    execute(&db, "insert into mfa_clients (client_id) values (1)");
    assert!(
        waits(&db, "code:a", "second"),
        "nor one that a device waives it for"
    );
    let bob = session("bob", "id-bob");
    assert!(
        db.run(sessions::open(&bob, SignInEffects::default(), at(NOW)))
            .is_none()
    );
    assert!(
        db.run(new_codes::hold(&code("code:b", "id-bob"), None, at(NOW)))
            .is_some()
    );
    let mut other = session("other", "id-bob");
    other.client = crate::auth::id::ClientNumber::new(2);
    assert!(
        db.run(sessions::open(&other, SignInEffects::default(), at(NOW)))
            .is_some()
    );
    let mut proven = session("proven", "id-bob");
    proven.assurance = leaked(Assurance {
        aal: Aal::Two,
        ..Assurance::single_factor("pwd", at(NOW))
    });
    assert!(
        db.run(sessions::open(&proven, SignInEffects::default(), at(NOW)))
            .is_some()
    );
}
