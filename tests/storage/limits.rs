//! What a user may have at most, and what a new password takes away.

use crate::auth::id::{SessionId, UserId};
use crate::people::{NOW, at, column, database, session};
use crate::sqlite::Db;
use crate::store::effects::SignInEffects;
use crate::store::{attempts, passwords, sessions};

fn know(db: &Db, user_id: &str, device: &str, at: i64) {
    db.connection
        .execute(
            "insert into known_devices values (?1, ?2, ?3) on conflict do update set last_used_on = excluded.last_used_on",
            (user_id, device, at),
        )
        .unwrap();
}

fn devices(db: &Db, user_id: &str) -> Vec<String> {
    let sql = format!(
        "select device from known_devices where user_id = '{user_id}' order by last_used_on, device"
    );
    column(db, &sql)
}

#[test]
fn a_user_has_at_most_twenty_known_devices_and_the_longest_unused_go() {
    let db = database();
    know(&db, "id-bob", "of another", 0);
    for n in 0..20 {
        know(&db, "id-ann", &format!("device {n:02}"), n);
    }
    know(&db, "id-ann", "device 00", 20);
    assert_eq!(devices(&db, "id-ann").len(), 20);
    know(&db, "id-ann", "a newer one", 21);
    let left = devices(&db, "id-ann");
    assert_eq!(left.len(), 20);
    assert_eq!(left[0], "device 02", "01 has gone, 00 has been used since");
    assert_eq!(left[18..], ["device 00", "a newer one"]);
    assert_eq!(devices(&db, "id-bob"), ["of another"]);
}

#[test]
fn a_user_has_at_most_a_hundred_open_sessions_and_the_longest_unused_end() {
    let db = database();
    let open = |id: &str, user_id: &str, millis: i64| {
        let new = session(id, user_id);
        let opened = db.run(sessions::open(&new, SignInEffects::default(), at(millis)));
        assert!(opened.is_some());
    };
    open("of another", "id-bob", NOW - 1);
    for n in 0..100 {
        open(&format!("session {n:02}"), "id-ann", NOW + n);
    }
    db.run(sessions::end(
        &SessionId::new("session 50"),
        "signed out",
        at(NOW + 100),
    ));
    open("in its place", "id-ann", NOW + 100);
    let ended = "select id || ': ' || ended_why from sessions where ended_on is not null order by ended_on, id";
    assert_eq!(column(&db, ended), ["session 50: signed out"]);
    let used = "update sessions set last_used_on = ?1 where id = 'session 00'";
    db.connection.execute(used, [NOW + 101]).unwrap();
    open("one too many", "id-ann", NOW + 102);
    assert_eq!(
        column(&db, ended),
        ["session 50: signed out", "session 01: too many sessions"]
    );
    let open_ones =
        "select user_id || ' ' || count(*) from sessions where ended_on is null group by user_id";
    assert_eq!(column(&db, open_ones), ["id-ann 100", "id-bob 1"]);
}

#[test]
fn a_new_password_forgets_devices_and_failures_of_its_user_whoever_sets_it() {
    let db = database();
    let before = |db: &Db| {
        for user_id in ["id-ann", "id-bob"] {
            know(db, user_id, "phone", 0);
            know(db, user_id, "laptop", 0);
            db.connection
                .execute("insert or replace into attempts (key, user_id, failures, last_on, last_tag, last_by) values ('account:' || ?1, ?1, 1, 0, '', '')", [user_id])
                .unwrap();
        }
    };
    let failing = "select user_id from attempts order by 1";

    before(&db);
    db.run(passwords::rehash(
        &UserId::new("id-ann"),
        "hash of ann",
        "the same, made anew",
    ));
    assert_eq!(devices(&db, "id-ann").len(), 2, "no new password");

    let operator =
        "update user_credentials set password = 'x', changed_on = 1 where user_id = 'id-ann'";
    db.connection.execute_batch(operator).unwrap();
    assert!(devices(&db, "id-ann").is_empty());
    assert_eq!(column(&db, failing), ["id-bob"]);

    before(&db);
    let new = session("ann", "id-ann");
    db.run(sessions::open(&new, SignInEffects::default(), at(NOW)));
    let user_id = UserId::new("id-ann");
    let change = |session: &str| {
        let session = SessionId::new(session);
        db.run(passwords::change(
            &user_id,
            &session,
            "y",
            Some("laptop"),
            at(NOW),
        ))
    };
    assert!(!change("no session"));
    assert_eq!(
        devices(&db, "id-ann").len(),
        2,
        "a change that is refused forgets nothing"
    );
    assert!(change("ann"));
    assert_eq!(devices(&db, "id-ann"), ["laptop"], "the changer's own");
    assert_eq!(devices(&db, "id-bob").len(), 2);
    assert_eq!(column(&db, failing), ["id-bob"]);
}

#[test]
fn a_success_forgets_its_own_place_and_the_account_only() {
    let db = database();
    let keys = crate::attempts::keys("ann", 1);
    for key in [
        "account:id-ann".to_owned(),
        keys.network.clone(),
        "network:of the other name".to_owned(),
        "account:id-bob".to_owned(),
    ] {
        let sql = "insert into attempts (key, user_id, failures, last_on, last_tag, last_by) values (?1, 'id-ann', 1, 0, '', '')";
        db.connection.execute(sql, [key]).unwrap();
    }
    db.run(Vec::from(attempts::clear(
        &UserId::new("id-ann"),
        Some(&keys),
        at(NOW),
    )));
    let left = column(&db, "select key from attempts order by 1");
    assert_eq!(left, ["account:id-bob", "network:of the other name"]);
}
