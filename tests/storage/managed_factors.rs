//! What administrators do with the factors of others, and how their owner begins anew.

use crate::auth::id::{ClientId, FactorId, UserId};
use crate::factors::{app, complete, execute, recovery, try_code, waits};
use crate::pages::{browser, is_live, open};
use crate::people::{NOW, at, code, column, database};
use crate::sqlite::Db;
use crate::store::effects::SignInEffects;
use crate::store::{managed_factors, new_codes, pending_step};

const ANN: &str = "id-ann";
const HOUR: i64 = 3_600_000;

fn re_enrol(db: &Db, digest: &str) -> usize {
    let (_, kept) = db.run(managed_factors::re_enrol(
        &UserId::new(ANN),
        digest,
        at(NOW),
    ));
    kept
}

/// Runs every statement once.
pub fn tour(db: &Db) {
    let ann = UserId::new(ANN);
    app(db, "managed", ANN);
    let (list, factors) = db.run(managed_factors::list(&ann));
    assert!(list.len() == 1 && factors.any());
    assert_eq!(re_enrol(db, "anew"), 1);
    db.run(pending_step::latest("ann", &ClientId::new("web"), at(NOW)));
    let removed = managed_factors::remove(&FactorId::new("managed"), &ann);
    assert_eq!(db.run(removed).unwrap().name, "app");
}

#[test]
fn a_re_enrolment_works_once_and_takes_every_factor_and_session_along() {
    let db = database();
    assert!(open(&db, &browser("here", ANN), NOW));
    app(&db, "a", ANN);
    app(&db, "b", ANN);
    assert_eq!(re_enrol(&db, "older"), 1);
    assert_eq!(re_enrol(&db, "newer"), 1, "a newer one voids the older");
    for (waiting, digest, works) in [
        ("code:1", "older", false),
        ("code:2", "newer", true),
        ("code:3", "newer", false),
    ] {
        if !waits(&db, waiting, ANN) {
            assert_eq!(waiting, "code:3", "nothing is left to ask for");
            continue;
        }
        assert!(try_code(&db, waiting, waiting, at(NOW)));
        let done = complete(
            &db,
            waiting,
            &format!("{waiting} done"),
            &recovery(digest),
            waiting,
        );
        assert_eq!(done, works, "{waiting}");
    }
    assert!(column(&db, "select id from factors").is_empty());
    assert!(column(&db, "select digest from recovery_codes").is_empty());
    assert!(
        !is_live(&db, "here", NOW + 2),
        "whoever was signed in is not any more"
    );
    let code = column(
        &db,
        "select aal || ' ' || amr from one_time where key = 'code:2 done'",
    );
    assert_eq!(code, ["2 pwd mfa"], "but whoever has begun anew");
}

#[test]
fn a_re_enrolment_is_dead_after_a_day_and_with_the_password() {
    let db = database();
    app(&db, "a", ANN);
    assert_eq!(re_enrol(&db, "anew"), 1);
    assert!(waits(&db, "code:1", ANN));
    execute(
        &db,
        &format!(
            "update recovery_codes set expires_on = {}",
            NOW + HOUR - HOUR
        ),
    );
    assert!(!complete(
        &db,
        "code:1",
        "code:1 done",
        &recovery("anew"),
        "t"
    ));
    assert_eq!(re_enrol(&db, "again"), 1);
    execute(
        &db,
        "update user_credentials set changed_on = changed_on + 1",
    );
    assert!(column(&db, "select digest from recovery_codes").is_empty());
    execute(&db, "delete from factors");
    assert_eq!(
        re_enrol(&db, "none"),
        0,
        "there is nothing to begin anew with"
    );
}

#[test]
fn a_factor_is_removed_by_its_user_and_id_and_codes_that_were_closed_are_open() {
    let db = database();
    app(&db, "a", ANN);
    app(&db, "b", "id-bob");
    execute(
        &db,
        "update user_factors set code_failures = 100, codes_paused_until = 9",
    );
    let (ann, id) = (UserId::new(ANN), FactorId::new("b"));
    assert!(
        db.run(managed_factors::remove(&id, &ann)).is_none(),
        "it is bob's"
    );
    assert!(
        db.run(managed_factors::remove(&FactorId::new("a"), &ann))
            .is_some()
    );
    let left = column(
        &db,
        "select code_failures || '' from user_factors where user_id = 'id-ann'",
    );
    assert_eq!(left, ["0"]);
}

#[test]
fn factors_that_come_and_go_are_events() {
    let db = database();
    execute(&db, "insert into events_wanted (id, since) values (1, 0)");
    app(&db, "a", ANN);
    execute(
        &db,
        "insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on)
           values ('p', 'id-ann', 'totp', 'app', 'sealed', 'SHA1', 6, 30, 0);
         update factors set name = 'named' where id = 'p';
         update factors set confirmed_on = 5 where id = 'p';
         update factors set last_step = 9 where id = 'p';
         delete from factors where id = 'a'",
    );
    let events = column(
        &db,
        "select kind || ' ' || json_extract(data, '$.factorId') from outbox order by seq",
    );
    assert_eq!(
        events,
        ["factor.added a", "factor.added p", "factor.removed a"]
    );
}

#[test]
fn the_latest_sign_in_that_waits_is_found_by_its_name_and_client_but_no_administrators() {
    let db = database();
    app(&db, "a", ANN);
    let latest = |name, client: &str, now| {
        let latest = pending_step::latest(name, &ClientId::new(client), at(now));
        db.run(latest).map(|(key,)| key)
    };
    assert!(waits(&db, "code:1", ANN));
    db.run(new_codes::insert(
        &code("code:2", ANN),
        SignInEffects::default(),
        at(NOW + 1),
    ));
    assert_eq!(latest("ann", "web", NOW + 2).as_deref(), Some("code:2"));
    assert_eq!(
        latest("ann@example.com", "web", NOW + 2).as_deref(),
        Some("code:2")
    );
    assert_eq!(latest("ann", "app", NOW + 2), None);
    assert_eq!(latest("bob", "web", NOW + 2), None);
    assert_eq!(
        latest("ann", "web", NOW + 300_001),
        None,
        "five minutes after the password"
    );
    execute(&db, "update roles set permissions = '[\"NotAllowed\"]'");
    assert_eq!(latest("ann", "web", NOW + 2), None);
}
