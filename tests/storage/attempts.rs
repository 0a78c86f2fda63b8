//! Counting of attempts, by the statements themselves.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::auth::attempts::{AttemptOrigin, CounterKeys, Limits};
use crate::auth::data_key::DataKeys;
use crate::auth::id::{AttemptId, ClientId, SessionId, UserId};
use crate::auth::time::Seconds;
use crate::error::{Error, ErrorKind};
use crate::people::{NOW, at, column, database, session};
use crate::sqlite::Db;
use crate::store::attempts::{self, LoginAttempt};
use crate::store::effects::SignInEffects;
use crate::store::otps::{self, NewOtp, ReservedOtp};
use crate::store::sessions;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const LIMITS: Limits = Limits {
    per_source: 3,
    window: Seconds::MINUTE.times(15),
    per_account: 8,
};

/// Where an attempt comes from, in short.
#[derive(Debug, Clone, Copy, Default)]
struct From {
    network: u8,
    device: Option<u8>,
    session: Option<&'static str>,
}

const fn network(network: u8) -> From {
    From {
        network,
        device: None,
        session: None,
    }
}

pub fn keys(name: &str, network: u8) -> CounterKeys {
    keys_from(name, self::network(network))
}

fn keys_from(name: &str, from: From) -> CounterKeys {
    let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let origin = AttemptOrigin {
        network: from.network.to_string(),
        device: from.device.map(|device| device.to_string()),
        session: from.session.map(str::to_owned).map(SessionId::new),
    };
    CounterKeys::of(&keys, name, &origin).unwrap()
}

/// Counts an attempt and says for how many seconds it must wait, if it must.
fn attempt(db: &Db, name: &str, tried: &str, from: From, now: i64) -> Option<u32> {
    let (waits, _) = attempt_with_otp(db, name, tried, from, now);
    waits
}

/// The same, and the OTP that was reserved for it.
fn attempt_with_otp(
    db: &Db,
    name: &str,
    tried: &str,
    from: From,
    now: i64,
) -> (Option<u32>, Option<ReservedOtp>) {
    let drawn = column(db, "select hex(randomblob(8))").remove(0);
    let guess = LoginAttempt {
        name,
        keys: &keys_from(name, from),
        attempt: &AttemptId::new(drawn),
        tag: &format!("{name} {tried}"),
        client: Some((&ClientId::new("web"), Some("web digest"))),
        limits: LIMITS,
    };
    let reserve = otps::reserve("otp:ann", &guess, at(now));
    let (verdict, otp) = db.run((attempts::count(&guess, at(now)), reserve));
    let waits = match verdict.allow(at(now)).as_ref().map_err(Error::kind) {
        Ok(()) => None,
        Err(ErrorKind::TooMany(seconds)) => Some(*seconds),
        Err(error) => panic!("{error:?}"),
    };
    (waits, otp)
}

fn succeed(db: &Db, user_id: &str, name: &str, from: From, now: i64) {
    let keys = keys_from(name, from);
    db.run(Vec::from(attempts::clear(
        &UserId::new(user_id),
        Some(&keys),
        at(now),
    )));
}

fn open_session(db: &Db, id: &str, user_id: &str) {
    let new = session(id, user_id);
    let opened = db.run(sessions::open(&new, SignInEffects::default(), at(NOW)));
    assert!(opened.is_some());
}

#[test]
fn an_attempt_that_is_taken_back_neither_counts_nor_clears() {
    let db = database();
    let name = "  device id-ann";
    let keys = keys(name, 1);
    let tried = |n: u32, is_right: bool| {
        let attempt = AttemptId::new(format!("attempt {n}"));
        let guess = LoginAttempt {
            name,
            keys: &keys,
            attempt: &attempt,
            tag: attempt.as_str(),
            client: None,
            limits: LIMITS,
        };
        let verdict = db.run(attempts::count(&guess, at(NOW)));
        let allowed = verdict.allow(at(NOW)).is_ok();
        if allowed && is_right {
            db.run(attempts::take_back(&guess));
        }
        allowed
    };
    assert!((0..30).all(|n| tried(n, true)));
    for n in 0..LIMITS.per_source {
        assert!(tried(100 + n, false), "{n}");
        assert_eq!(tried(200 + n, true), n + 1 < LIMITS.per_source, "{n}");
    }
    assert!(!tried(300, false));
}

#[test]
fn delays_begin_at_the_limit_double_to_an_hour_and_end_with_quiet() {
    let db = database();
    let mut now = NOW;
    let fail = |now: i64| attempt(&db, "ann", &now.to_string(), network(1), now);
    for _ in 0..LIMITS.per_source {
        assert_eq!(fail(now), None);
        now += 1;
    }
    for delay in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
        assert_eq!(fail(now), Some(delay - 1));
        now += i64::from(delay) * SECOND;
        assert_eq!(fail(now), None, "after {delay} s");
        now += 1;
        // The account's own count would lock it in time.
        db.connection
            .execute_batch("delete from attempts where key like 'account:%'")
            .unwrap();
    }
    now += HOUR + LIMITS.window.millis();
    for _ in 0..LIMITS.per_source {
        assert_eq!(fail(now), None, "quiet begins anew");
        now += 1;
    }
    assert_eq!(fail(now), Some(59));
}

#[test]
fn the_same_attempt_sent_twice_counts_once_and_later_twice() {
    let db = database();
    for n in 0..10 {
        assert_eq!(attempt(&db, "ann", "the same", network(1), NOW + n), None);
    }
    let failures = "select distinct failures || '' from attempts";
    assert_eq!(column(&db, failures), ["1"]);
    let later = NOW + 10 + 5 * SECOND;
    assert_eq!(attempt(&db, "ann", "the same", network(1), later), None);
    assert_eq!(column(&db, failures), ["2"]);
}

#[test]
fn a_sign_in_to_one_account_clears_nothing_of_a_session_of_another() {
    let db = database();
    open_session(&db, "of ann", "id-ann");
    let from = From {
        session: Some("of ann"),
        ..network(1)
    };
    for n in 0..LIMITS.per_source {
        assert_eq!(attempt(&db, "ann", &n.to_string(), from, NOW), None);
        succeed(&db, "id-bob", "bob", from, NOW);
    }
    assert_eq!(attempt(&db, "ann", "more", from, NOW), Some(60));
    succeed(&db, "id-ann", "ann", from, NOW);
    assert_eq!(attempt(&db, "ann", "more", from, NOW), None);
}

#[test]
fn a_caller_whose_client_is_not_proven_counts_for_nothing() {
    let db = database();
    for (client_id, secret_digest) in [
        ("web", Some("wrong")),
        ("nobody", None),
        ("nobody", Some("web digest")),
    ] {
        let guess = LoginAttempt {
            name: "ann",
            keys: &keys("ann", 1),
            attempt: &AttemptId::new("x"),
            tag: "x",
            client: Some((&ClientId::new(client_id), secret_digest)),
            limits: LIMITS,
        };
        let verdict = db.run(attempts::count(&guess, at(NOW)));
        assert!(verdict.allow(at(NOW)).is_err());
        assert!(column(&db, "select key from attempts").is_empty());
    }
}

#[test]
fn keys_hold_ids_and_tags_and_nothing_that_was_typed() {
    let db = database();
    let from = From {
        device: Some(7),
        ..network(1)
    };
    attempt(
        &db,
        "hunter2, typed into the wrong field",
        "x",
        network(1),
        NOW,
    );
    succeed(&db, "id-ann", "ann", from, NOW);
    attempt(&db, "ann", "x", from, NOW);
    attempt(&db, "ann@example.com", "x", network(1), NOW);
    let mut lengths: Vec<String> = column(&db, "select key from attempts")
        .into_iter()
        .map(|key| {
            assert!(
                !key.contains("hunter2") && !key.contains("example.com"),
                "{key}"
            );
            format!("{} {}", key.split(':').next().unwrap(), key.len())
        })
        .collect();
    lengths.sort();
    // A tag is 47 characters long; ids here are 6.
    assert_eq!(
        lengths,
        [
            "account 14",
            "account 55",
            "device 54",
            "network 55",
            "network 55"
        ]
    );
    let whose = column(
        &db,
        "select coalesce(user_id, 'nobody') from attempts order by 1",
    );
    assert_eq!(whose, ["id-ann", "id-ann", "id-ann", "nobody", "nobody"]);
}

#[test]
fn an_otp_keeps_its_tries_while_attempts_are_refused() {
    let db = database();
    let otp = NewOtp {
        key: "otp:ann",
        mac: "mac",
        client: None,
        usable: true,
        expires_on: at(NOW + HOUR),
    };
    db.run(otps::put(&otp, at(NOW)));
    for n in 0..3 {
        let (waits, otp) = attempt_with_otp(&db, "ann", &n.to_string(), network(1), NOW);
        assert!(waits.is_none() && otp.is_some());
    }
    for n in 0..10 {
        let (waits, otp) = attempt_with_otp(&db, "ann", &n.to_string(), network(1), NOW + 1);
        assert!(waits.is_some() && otp.is_none());
    }
    let (_, otp) = attempt_with_otp(&db, "ann", "x", network(2), NOW + 2);
    assert!(otp.is_some());
    assert_eq!(column(&db, "select tries || '' from otps"), ["4"]);
}

/// What happens in a property test.
#[derive(Debug, Clone)]
enum Step {
    Fail(&'static str, u8, From),
    Succeed(&'static str, From),
    Wait(i64),
    EndSession(&'static str),
}

fn from() -> impl Strategy<Value = From> {
    let session = option::weighted(0.3, select(vec!["of ann", "of bob"]));
    (0..2_u8, option::weighted(0.3, 0..2_u8), session).prop_map(|(network, device, session)| From {
        network,
        device,
        session,
    })
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["ann", "ann@example.com", "bob", "nobody"])
}

fn wait() -> impl Strategy<Value = i64> {
    select(vec![
        1,
        SECOND,
        6 * SECOND,
        61 * SECOND,
        16 * MINUTE,
        25 * HOUR,
    ])
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (name(), 0..3_u8, from()).prop_map(|(name, tried, from)| Step::Fail(name, tried, from)),
        1 => (name(), from()).prop_map(|(name, from)| Step::Succeed(name, from)),
        3 => wait().prop_map(Step::Wait),
        1 => select(vec!["of ann", "of bob"]).prop_map(Step::EndSession),
    ];
    vec(step, 1..60)
}

/// The rules, in other words than SQL's.
#[derive(Default)]
struct Model {
    counters: HashMap<String, Counter>,
    devices: Vec<(&'static str, u8)>,
    sessions: Vec<(&'static str, &'static str)>,
}

#[derive(Default)]
struct Counter {
    failures: u32,
    last: i64,
    tried: String,
    blocked: i64,
}

fn owner(name: &str) -> Option<&'static str> {
    match name {
        "ann" | "ann@example.com" => Some("id-ann"),
        "bob" => Some("id-bob"),
        _ => None,
    }
}

impl Model {
    /// The counter of the place, that of the account, and whether the place is known.
    fn aim(&self, name: &str, from: From) -> (String, String, bool) {
        let account = format!("account {}", owner(name).unwrap_or(name));
        let Some(owner) = owner(name) else {
            return (format!("{name} at {}", from.network), account, false);
        };
        let device = from
            .device
            .filter(|device| self.devices.contains(&(owner, *device)));
        let session = from
            .session
            .filter(|session| self.sessions.contains(&(session, owner)));
        match (device, session) {
            (Some(device), _) => (format!("{name} on {device}"), account, true),
            (None, Some(session)) => (format!("{owner} with {session}"), account, true),
            _ => (format!("{name} at {}", from.network), account, false),
        }
    }

    fn fail(&mut self, name: &str, tried: &str, from: From, now: i64) -> Option<u32> {
        let (origin, account, known) = self.aim(name, from);
        let blocked = |key: &str| self.counters.get(key).map_or(0, |counter| counter.blocked);
        let until = if known {
            blocked(&origin)
        } else {
            blocked(&origin).max(blocked(&account))
        };
        if until > now {
            return Some(u32::try_from((until - now).max(1000) / 1000).unwrap());
        }
        let tried = format!("{name} {tried}");
        let counter = self.counters.entry(origin).or_default();
        counter.count(
            counter.last.max(counter.blocked) < now - LIMITS.window.millis(),
            &tried,
            now,
        );
        let beyond = counter.failures.checked_sub(LIMITS.per_source);
        counter.blocked = beyond.map_or(0, |n| now + (MINUTE << n.min(6)).min(HOUR));
        if !known {
            let counter = self.counters.entry(account).or_default();
            counter.count(counter.last < now - DAY, &tried, now);
            let locked = counter.failures >= LIMITS.per_account;
            counter.blocked = if locked { now + DAY } else { 0 };
        }
        None
    }

    fn succeed(&mut self, name: &str, from: From) {
        let Some(owner) = owner(name) else { return };
        self.counters.remove(&format!("account {owner}"));
        self.counters.remove(&format!("{name} at {}", from.network));
        if let Some(session) = from.session {
            self.counters.remove(&format!("{owner} with {session}"));
        }
        if let Some(device) = from.device {
            self.counters.remove(&format!("{name} on {device}"));
            self.devices.push((owner, device));
        }
    }
}

impl Counter {
    fn count(&mut self, quiet: bool, tried: &str, now: i64) {
        if self.failures == 0 || quiet {
            self.failures = 1;
        } else if self.tried != tried || self.last <= now - 5 * SECOND {
            self.failures += 1;
        }
        self.last = now;
        tried.clone_into(&mut self.tried);
    }
}

#[test]
fn attempts_are_counted_by_the_rules_in_any_order_of_events() {
    let db = database();
    proptest!(|(steps in steps())| {
        let begin = "delete from attempts; delete from known_devices; delete from sessions";
        db.connection.execute_batch(begin).unwrap();
        let mut model = Model::default();
        for (id, user_id) in [("of ann", "id-ann"), ("of bob", "id-bob")] {
            open_session(&db, id, user_id);
            model.sessions.push((id, user_id));
        }
        let mut now = NOW;
        for step in steps {
            match step {
                Step::Fail(name, tried, from) => {
                    let tried = tried.to_string();
                    let waits = attempt(&db, name, &tried, from, now);
                    prop_assert_eq!(waits, model.fail(name, &tried, from, now), "{} {:?}", name, from);
                }
                Step::Succeed(name, from) => if let Some(user_id) = owner(name) {
                    succeed(&db, user_id, name, from, now);
                    model.succeed(name, from);
                }
                Step::Wait(time) => now += time,
                Step::EndSession(id) => {
                    db.run(sessions::end(&SessionId::new(id), "test", at(NOW)));
                    model.sessions.retain(|(session, _)| *session != id);
                }
            }
        }
    });
}

/// Runs the same attempts in several worlds, where each must get the same answer; an account's lock,
/// which tells more, apart.
fn same_answers(worlds: &[&Db], from: impl Strategy<Value = From>) {
    let change = |db: &Db, sql| db.connection.execute_batch(sql).unwrap();
    let names = select(vec!["ann", "ann@example.com"]);
    proptest!(|(steps in vec((names, 0..3_u8, from, wait()), 1..40))| {
        for db in worlds {
            change(db, "delete from attempts");
        }
        let mut now = NOW;
        for (name, tried, from, time) in steps {
            let answers: Vec<_> = worlds.iter().map(|db| {
                change(db, "delete from attempts where key like 'account:%'");
                attempt(db, name, &tried.to_string(), from, now)
            }).collect();
            prop_assert!(answers.iter().all(|answer| *answer == answers[0]), "{:?}", answers);
            now += time;
        }
    });
}

/// Two users, one of whom has the name and the other the address of the first.
fn apart() -> Db {
    let db = database();
    db.connection
        .execute_batch(
            "update users set email = 'x', email_key = 'x' where id = 'id-ann';
             update users set email = 'ann@example.com', email_key = 'ann@example.com' where id = 'id-bob'",
        )
        .unwrap();
    db
}

#[test]
fn no_counter_tells_that_a_name_and_an_address_belong_together() {
    let nobody = database();
    nobody
        .connection
        .execute_batch("update users set deleted = 1")
        .unwrap();
    same_answers(
        &[&database(), &apart(), &nobody],
        (0..2_u8).prop_map(network),
    );
}

#[test]
fn nor_does_one_of_a_device_whose_id_was_guessed() {
    let worlds = [database(), apart()];
    for db in &worlds {
        for (user_id, name) in [("id-ann", "ann"), ("id-bob", "bob")] {
            let device = From {
                device: Some(0),
                ..network(9)
            };
            succeed(db, user_id, name, device, NOW);
        }
    }
    let from = (0..2_u8, option::of(0..2_u8)).prop_map(|(at, device)| From {
        device,
        ..network(at)
    });
    same_answers(&[&worlds[0], &worlds[1]], from);
}
