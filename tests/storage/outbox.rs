//! The outbox: what is written down, in which order it is taken, and that nobody takes it twice.

use crate::auth::id::AttemptId;
use crate::people::{NOW, at, column, database};
use crate::sqlite::Db;
use crate::store::outbox;

fn run(db: &Db, sql: &str) {
    db.connection.execute_batch(sql).unwrap();
}

fn wanted() -> Db {
    let db = database();
    db.run(outbox::want(true, at(NOW)));
    db
}

fn add(db: &Db, subject: &str, kind: &str) {
    run(
        db,
        &format!(
            "insert into outbox (kind, subject, data, created_on, next_on) values ('{kind}', '{subject}', '{{}}', {NOW}, {NOW})"
        ),
    );
}

fn take(db: &Db, attempt: &str, now: i64) -> Vec<(String, String)> {
    let attempt = AttemptId::new(attempt);
    let taken = db.run(outbox::take(&attempt, at(now), at(now + 30_000)));
    taken
        .into_iter()
        .map(|event| (event.kind, event.id))
        .collect()
}

fn kinds(taken: &[(String, String)]) -> Vec<&str> {
    taken.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn nothing_is_written_down_unless_events_are_wanted() {
    let db = database();
    run(
        &db,
        "update user_credentials set changed_on = 9; update users set first_name = 'x'",
    );
    assert!(column(&db, "select kind from outbox").is_empty());
    assert_eq!(db.run(outbox::are_wanted()), (false,));
    db.run(outbox::want(true, at(NOW)));
    db.run(outbox::want(true, at(NOW)));
    run(
        &db,
        "update users set first_name = 'y' where id = 'id-ann'; update users set last_login = 5",
    );
    assert_eq!(
        column(&db, "select kind || ' ' || subject from outbox"),
        ["user.updated id-ann"]
    );
    db.run(outbox::want(false, at(NOW)));
    assert_eq!(db.run(outbox::are_wanted()), (false,));
}

#[test]
fn whatever_happens_to_an_account_is_written_down_whoever_did_it() {
    for (sql, kinds) in [
        (
            "insert into users (id, first_name, username, username_key, created_on, modified_on) values ('new', 'N', 'n', 'n', 0, 0)",
            vec!["user.created"],
        ),
        ("update user_tenants set status = 2 where user_id = 'id-ann'", vec!["user.disabled", "session.ended"]),
        ("update user_tenants set status = 3 where user_id = 'id-ann'", vec!["user.updated"]),
        ("update users set deleted = 1 where id = 'id-ann'", vec!["user.disabled", "session.ended"]),
        ("update user_credentials set changed_on = 5 where user_id = 'id-ann'", vec!["password.changed", "session.ended"]),
        ("update sessions set ended_on = 7, ended_why = 'x'", vec!["session.ended"]),
        ("insert into erased_users values ('id-ann', 5)", vec!["user.erased"]),
        ("update auth_clients set deleted = 1 where id = 1", vec!["client.changed", "session.ended"]),
        (
            "insert into attempts (key, failures, last_on, last_tag, last_by, user_id) values ('a', 1, 0, '', '', 'id-ann');
             update attempts set blocked_until = 5",
            vec!["sign_in.refused"],
        ),
    ] {
        let db = wanted();
        run(
            &db,
            "insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)
               values ('s', 'id-ann', 1, 0, 0, 'password', 0, 9)",
        );
        assert_eq!(column(&db, "select kind from outbox"), ["session.opened"]);
        run(&db, "delete from outbox");
        run(&db, sql);
        let mut written = column(&db, "select kind from outbox");
        let mut kinds = kinds;
        written.sort();
        kinds.sort_unstable();
        assert_eq!(written, kinds, "{sql}");
    }
}

#[test]
fn events_of_one_subject_go_one_after_the_other_and_others_beside_them() {
    let db = wanted();
    for (subject, kind) in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3")] {
        add(&db, subject, kind);
    }
    let first = take(&db, "one", NOW);
    assert_eq!(kinds(&first), ["a1", "b1"]);
    assert!(
        take(&db, "two", NOW).is_empty(),
        "they are in another's hands"
    );
    db.run(outbox::delivered(
        &first[0].1,
        &AttemptId::new("one"),
        at(NOW),
    ));
    assert_eq!(kinds(&take(&db, "two", NOW)), ["a2"]);
    assert_eq!(
        kinds(&take(&db, "three", NOW + 30_000)),
        ["a2", "b1"],
        "whoever died lets go"
    );
}

#[test]
fn what_failed_is_tried_later_and_what_is_behind_it_waits_as_long() {
    let db = wanted();
    add(&db, "a", "a1");
    add(&db, "a", "a2");
    let first = take(&db, "one", NOW);
    let one = AttemptId::new("one");
    let later = at(NOW + 10_000);
    db.run(outbox::not_delivered(
        &first[0].1,
        &one,
        "webhook answered 500",
        Some(later),
        at(NOW),
    ));
    assert!(take(&db, "two", NOW + 9_999).is_empty());
    assert_eq!(column(&db, "select next_on || '' from outbox").len(), 2);
    let again = take(&db, "two", NOW + 10_000);
    assert_eq!(again, first);
    let two = AttemptId::new("two");
    db.run(outbox::not_delivered(
        &first[0].1,
        &two,
        "webhook answered 500",
        None,
        at(NOW),
    ));
    assert_eq!(kinds(&take(&db, "three", NOW + 10_000)), ["a2"]);
    assert_eq!(
        db.run(outbox::resend(&first[0].1, at(NOW + 10_000))),
        Some((1,))
    );
    assert_eq!(db.run(outbox::resend("nothing", at(NOW))), None);
    assert_eq!(kinds(&take(&db, "four", NOW + 10_000)), ["a1"]);
}

#[test]
fn a_run_that_was_too_slow_says_nothing_of_what_another_has_in_hand() {
    let db = wanted();
    add(&db, "a", "a1");
    let id = take(&db, "slow", NOW)[0].1.clone();
    take(&db, "next", NOW + 30_000);
    let slow = AttemptId::new("slow");
    db.run(outbox::delivered(&id, &slow, at(NOW)));
    db.run(outbox::not_delivered(&id, &slow, "late", None, at(NOW)));
    assert_eq!(
        column(
            &db,
            "select coalesce(attempt, '') || coalesce(delivered_on, '') || coalesce(failed_on, '') from outbox"
        ),
        ["next"]
    );
}
