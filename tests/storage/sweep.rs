//! What is over goes, a few rows at a time; what is not stays.

use std::cell::Cell;

use serde_json::Map;

use crate::auth::time::Seconds;
use crate::people::{NOW, at, column, database};
use crate::sqlite::Db;
use crate::store::sweep::{Kept, Sweep, backlog};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The shipped settings.
const KEPT: Kept = Kept {
    activity: Seconds::DAY.times(90),
    failures: Seconds::MINUTE.times(15),
};
const TABLES: [&str; 18] = [
    "attempts",
    "browsers",
    "factors",
    "hourly_counts",
    "known_devices",
    "login_activity",
    "logout_notices",
    "messages_sent",
    "oauth_clients",
    "one_time",
    "otps",
    "outbox",
    "provider_logouts",
    "recovery_codes",
    "sessions",
    "spent_proofs",
    "token_revocations",
    "trusted_devices",
];

/// One way to be over: what it is, table, key, the rest of a row whose end `?2` is counted from, and
/// how long after that it is over.
struct Case(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i64,
);

const SESSION: &str =
    "id, user_id, client_id, refreshed_on, method, created_on, last_used_on, expires_on, ended_on";
const BROWSER: &str = "id, key, form_session, user_id, method, aal, amr, auth_time, remembered, created_on, last_used_on, expires_on, ended_on";

// A client's refresh tokens live for a day, its access tokens for fifteen minutes.
#[rustfmt::skip]
const CASES: [Case; 31] = [
    Case("expired session", "sessions", "", SESSION, "'id-ann', 1, 0, 'password', 0, 8640000000000000, ?2, null", DAY),
    Case("ended session", "sessions", "", SESSION, "'id-ann', 1, 0, 'password', 0, 8640000000000000, 8640000000000000, ?2", DAY),
    Case("idle session", "sessions", "", SESSION, "'id-ann', 1, 0, 'password', 0, ?2, 8640000000000000, null", 2 * DAY + 15 * MINUTE),
    Case("expired browser", "browsers", "", BROWSER, "?1, 'f', 'id-ann', 'password', 1, '', 0, 0, 0, 0, ?2, null", DAY),
    Case("ended browser", "browsers", "", BROWSER, "?1, 'f', 'id-ann', 'password', 1, '', 0, 0, 0, 0, 8640000000000000, ?2", DAY),
    Case("event", "outbox", "", "id, kind, subject, data, created_on, next_on", "'user.updated', 'id-ann', '{}', ?2, 0", 7 * DAY),
    Case("code", "one_time", "", "key, kind, created_on, expires_on", "'code', 0, ?2", DAY),
    Case("sign-in that waits", "one_time", "", "key, kind, created_on, expires_on", "'mfa', 0, ?2", DAY),
    Case("spent proof", "spent_proofs", "", "key, user_id, attempt, expires_on", "'id-ann', '', ?2", 0),
    Case("app that nobody confirms", "factors", "", "id, user_id, kind, name, secret, algorithm, digits, period, created_on", "'id-ann', 'totp', '', '', 'SHA1', 6, 30, ?2", DAY),
    Case("re-enrolment", "recovery_codes", "", "digest, user_id, created_on, re_enrols, expires_on", "'id-ann', 0, 1, ?2", 0),
    Case("trusted device", "trusted_devices", "", "id, key, user_id, created_on, last_used_on, expires_on", "?1, 'id-ann', 0, 0, ?2", 0),
    Case("reset link", "one_time", "", "key, kind, created_on, expires_on", "'reset', 0, ?2", DAY),
    Case("invitation", "one_time", "", "key, kind, created_on, expires_on", "'sign-up', 0, ?2", DAY),
    Case("pending sign-in", "one_time", "", "key, kind, created_on, expires_on", "'signin', 0, ?2", 0),
    Case("ticket", "one_time", "", "key, kind, created_on, expires_on", "'ticket', 0, ?2", 0),
    Case("OAuth code", "one_time", "", "key, kind, created_on, expires_on", "'grant', 0, ?2", DAY),
    Case("pushed request", "one_time", "", "key, kind, created_on, expires_on", "'par', 0, ?2", 0),
    Case("device code", "one_time", "", "key, kind, created_on, expires_on", "'device', 0, ?2", 0),
    Case("used proof", "one_time", "", "key, kind, created_on, expires_on", "'jti', 0, ?2", 0),
    Case("unsent notice", "logout_notices", "", "session_id, client_id, user_id, ended_on, due_on", "1, '', 0, ?2", 2 * DAY),
    Case("logout token", "provider_logouts", "", "token, attempt, created_on, expires_on", "'', 0, ?2", DAY),
    Case("OTP", "otps", "", "username_key, mac, created_on, expires_on", "'', 0, ?2", 0),
    Case("failures at a network", "attempts", "network:", "key, failures, last_on, last_tag, last_by", "1, ?2, '', ''", HOUR + 15 * MINUTE),
    Case("failures on a device", "attempts", "device:", "key, failures, last_on, last_tag, last_by", "1, ?2, '', ''", HOUR + 15 * MINUTE),
    Case("failures of a session", "attempts", "session:", "key, failures, last_on, last_tag, last_by", "1, ?2, '', ''", HOUR + 15 * MINUTE),
    Case("failures at an account", "attempts", "account:", "key, failures, last_on, last_tag, last_by", "1, ?2, '', ''", DAY),
    Case("device", "known_devices", "", "device, user_id, last_used_on", "'id-ann', ?2", 365 * DAY),
    Case("message", "messages_sent", "", "id, kind, recipient, sent_on", "'sign-up', '', ?2", HOUR),
    Case("token to be revoked", "token_revocations", "", "id, provider, token, created_on, next_on", "'apple', '', ?2, 0", DAY),
    Case("event", "login_activity", "", "id, kind, result, at", "'sign-in', 'ok', ?2", 90 * DAY),
];

/// Adds a row that ended so long ago.
fn add(db: &Db, case: &Case, name: &str, ago: i64) {
    let Case(_, table, prefix, columns, values, _) = case;
    let sql = format!("insert into {table} ({columns}) values ('{prefix}' || ?1, {values})");
    db.connection.execute(&sql, (name, NOW - ago)).unwrap();
}

/// Adds so many messages that are over.
fn add_messages(db: &Db, count: u32) {
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1) \
         insert into messages_sent (id, kind, recipient, sent_on) select i, 'sign-up', '', 0 from n";
    db.connection.execute(sql, [count]).unwrap();
}

fn count(db: &Db, table: &str) -> u32 {
    let sql = format!("select count(*) from {table}");
    db.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Sweeps as the worker does; gives what went wrong.
fn sweep(db: &Db, clock: impl Fn() -> i64) -> Vec<String> {
    let mut failures = Vec::new();
    let mut sweep = Sweep::begin(at(clock()));
    while let Some(step) = sweep.next(at(clock())) {
        match db.try_run(step.delete(KEPT, sweep.start)) {
            Ok(rows) => sweep.deleted(step, rows),
            Err(error) => failures.push(error.to_string()),
        }
    }
    failures
}

#[test]
fn what_is_over_goes_and_nothing_before() {
    for case in &CASES {
        let Case(what, table, _, columns, _, over) = case;
        let db = database();
        add(&db, case, "over", over + 1);
        add(&db, case, "kept", over - 1);
        assert!(sweep(&db, || NOW).is_empty());
        let key = columns.split(',').next().unwrap();
        let left = column(&db, &format!("select {key} from {table}"));
        assert_eq!(left.len(), 1, "{what}: {left:?}");
        assert!(left[0].ends_with("kept"), "{what}: {left:?}");
    }
    let db = database();
    let counts = "insert into hourly_counts values (?1, 'over', 1), (?2, 'kept', 1)";
    let ends = [NOW - 90 * DAY - 1, NOW - 90 * DAY + 1];
    db.connection.execute(counts, ends).unwrap();
    assert!(sweep(&db, || NOW).is_empty());
    assert_eq!(column(&db, "select kind from hourly_counts"), ["kept"]);
}

#[test]
fn a_sweep_goes_on_until_nothing_is_left() {
    let db = database();
    add_messages(&db, 12_001);
    assert!(sweep(&db, || NOW).is_empty());
    assert_eq!(count(&db, "messages_sent"), 0);
}

#[test]
fn a_sweep_stops_after_twenty_seconds_and_each_table_has_had_its_turn() {
    let db = database();
    add_messages(&db, 200_000);
    for (n, case) in CASES.iter().enumerate() {
        add(&db, case, &format!("over {n}"), case.5 + 1);
    }
    let asked = Cell::new(0);
    let clock = || {
        asked.set(asked.get() + 1);
        NOW + asked.get() * 500
    };
    assert!(sweep(&db, clock).is_empty());
    let steps = 39 - 23;
    assert_eq!(count(&db, "messages_sent"), 200_001 - 5000 * steps);
    for table in TABLES.into_iter().filter(|it| *it != "messages_sent") {
        assert_eq!(count(&db, table), 0, "{table}");
    }
}

#[test]
fn attempts_at_names_that_nobody_has_are_bounded_and_the_newest_stay() {
    let db = database();
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1) \
         insert into attempts (key, failures, last_on, last_tag, last_by, user_id) \
         select 'account:' || i || ?3, 1, ?2 - i, '', '', ?4 from n";
    let attempts = |count: u32, name: &str, user: Option<&str>| {
        db.connection
            .execute(sql, (count, NOW, name, user))
            .unwrap();
    };
    attempts(212_000, "nobody", None);
    attempts(3, "ann", Some("id-ann"));
    assert!(sweep(&db, || NOW).is_empty());
    assert_eq!(count(&db, "attempts"), 200_003);
    let newest = "select min(last_on) from attempts where user_id is null";
    let newest: i64 = db
        .connection
        .query_row(newest, [], |row| row.get(0))
        .unwrap();
    assert_eq!(newest, NOW - 200_000);
}

#[test]
fn steps_that_take_all_the_time_keep_no_other_from_its_turn_for_long() {
    let mut swept = 0;
    for hour in 0..24 {
        let db = database();
        add_messages(&db, 1);
        let asked = Cell::new(0);
        // The time is up when the first step is done.
        let clock = || {
            asked.set(asked.get() + 1);
            NOW + hour * HOUR + if asked.get() > 2 { 20_000 } else { 0 }
        };
        assert!(sweep(&db, clock).is_empty());
        swept += 1 - count(&db, "messages_sent");
    }
    assert_eq!(
        swept, 1,
        "each step is the first in one of twenty-four hours"
    );
}

#[test]
fn a_step_that_fails_stops_no_other_and_is_left_to_the_next_sweep() {
    let db = database();
    for (n, case) in CASES.iter().enumerate() {
        add(&db, case, &format!("over {n}"), case.5 + 1);
    }
    let breaks = "alter table otps rename to lost;
         create trigger stuck before delete on known_devices begin select raise(abort, 'stuck'); end;";
    db.connection.execute_batch(breaks).unwrap();
    let texts = sweep(&db, || NOW);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts
            .iter()
            .any(|text| text.contains("no such table: otps"))
    );
    assert!(texts.iter().any(|text| text.contains("stuck")));
    let mends = "alter table lost rename to otps; drop trigger stuck;";
    db.connection.execute_batch(mends).unwrap();
    for table in TABLES {
        let left = u32::from(["otps", "known_devices"].contains(&table));
        assert_eq!(count(&db, table), left, "{table}");
    }
    assert!(sweep(&db, || NOW).is_empty());
    assert_eq!(count(&db, "otps") + count(&db, "known_devices"), 0);
}

#[test]
fn the_backlog_is_what_a_sweep_would_delete() {
    let db = database();
    for (n, case) in CASES.iter().enumerate() {
        add(&db, case, &format!("over {n}"), case.5 + 1);
        add(&db, case, &format!("kept {n}"), case.5 - 1);
    }
    let told = |db: &Db| db.run(backlog(KEPT, at(NOW)));
    let counted = |rows: [i64; 18]| {
        let rows = TABLES.into_iter().zip(rows);
        rows.map(|(table, n)| (table.to_owned(), n.into()))
            .collect::<Map<_, _>>()
    };
    let expected = [4, 2, 1, 0, 1, 1, 1, 1, 0, 10, 1, 1, 1, 1, 3, 1, 1, 1];
    assert_eq!(told(&db), counted(expected));
    add_messages(&db, 20_000);
    assert_eq!(told(&db)["messages_sent"], 10_000, "that or more");
    assert!(sweep(&db, || NOW).is_empty());
    assert_eq!(told(&db), counted([0; 18]));
}
