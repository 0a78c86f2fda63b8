//! Second factors: who is asked, how often codes may be guessed, what is spent once, what ends with what.

use proptest::prelude::*;

use crate::auth::assurance::{Aal, Assurance};
use crate::auth::factor::guesses::{BEFORE_PAUSE, CodeGuesses, FIRST_PAUSE, LONGEST_PAUSE};
use crate::auth::factor::proof::FactorProof;
use crate::auth::id::{AttemptId, ClientId, FactorId, SessionId, UserId};
use crate::auth::time::{Seconds, Timestamp};
use crate::auth::webauthn::{NewPasskey, VerifiedAssertion};
use crate::people::{NOW, at, code, column, database, leaked, session};
use crate::sqlite::Db;
use crate::store::authenticator_apps::{self, EnrolledIn, NewApp};
use crate::store::effects::SignInEffects;
use crate::store::factor_proofs::{self, ProofContext, Spending};
use crate::store::passkeys::{self, PasskeyRow};
use crate::store::pending_step::{Door, Try};
use crate::store::second_steps;
use crate::store::signed_in::SignedIn;
use crate::store::{codes, factors, new_codes, recovery_codes, sessions};

const ANN: &str = "id-ann";

pub fn execute(db: &Db, sql: &str) {
    db.connection.execute_batch(sql).unwrap();
}

/// A confirmed authenticator app.
pub fn app(db: &Db, id: &str, user_id: &str) {
    execute(
        db,
        &format!(
            "insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)
               values ('{id}', '{user_id}', 'totp', 'app', 'sealed', 'SHA1', 6, 30, 0, 0)"
        ),
    );
}

pub fn passkey(db: &Db, id: &str, user_id: &str) {
    execute(
        db,
        &format!(
            "insert into factors (id, user_id, kind, name, credential_id, public_key, sign_count, backup_eligible,
               backed_up, transports, rp_id, created_on, confirmed_on)
               values ('{id}', '{user_id}', 'passkey', 'key', '{id}', 'k', 0, 0, 0, '[]', 'login.example', 0, 0)"
        ),
    );
}

pub fn totp(id: &str, step: i64) -> FactorProof {
    FactorProof::Totp {
        factor: FactorId::new(id),
        step,
    }
}

pub fn recovery(digest: &str) -> FactorProof {
    FactorProof::Recovery {
        digests: format!("[\"of another key\",\"{digest}\"]"),
    }
}

fn by_passkey(id: &str, challenge: &str) -> FactorProof {
    FactorProof::Passkey {
        factor: FactorId::new(id),
        challenge: challenge.to_owned(),
        assertion: VerifiedAssertion {
            sign_count: 5,
            backed_up: false,
            backup_eligible: false,
            counter_regressed: false,
            backup_lost: false,
        },
    }
}

/// Signs in with a password: whether the sign-in waits for its second factor.
pub fn waits(db: &Db, key: &'static str, user_id: &str) -> bool {
    let new = code(key, user_id);
    let issued = db.run(new_codes::insert(&new, SignInEffects::default(), at(NOW)));
    issued.unwrap().is_waiting
}

/// Tries a code; whether it may be verified.
pub fn try_code(db: &Db, key: &str, attempt: &str, now: Timestamp) -> bool {
    let attempt = AttemptId::new(attempt);
    let guess = Try {
        key,
        attempt: &attempt,
        door: Door::Client(None),
        is_guess: true,
    };
    let (step, _) = db.run(second_steps::reserve(&guess, now));
    step.is_some_and(|step| step.is_reserved)
}

/// Turns a sign-in that waits into a code; whether it did.
pub fn complete(db: &Db, key: &str, code: &str, proof: &FactorProof, attempt: &str) -> bool {
    let (user_id, attempt) = (UserId::new(ANN), AttemptId::new(attempt));
    let spending = Spending {
        proof,
        user_id: &user_id,
        context: ProofContext::SignIn(key),
        attempt: &attempt,
    };
    let assurance = proof.raise("pwd", at(NOW + 1));
    db.run(second_steps::complete(
        key,
        code,
        &spending,
        &assurance,
        at(NOW + 1),
    ))
}

fn redeem(db: &Db, key: &str, attempt: &str) -> (codes::CodeState, Option<sessions::LiveSession>) {
    let redemption = codes::Redemption {
        key,
        attempt: &AttemptId::new(attempt),
        client_id: &ClientId::new("web"),
        challenge: None,
        device: None,
        session_expires_on: at(NOW + 86_400_000),
    };
    db.run(codes::redeem(&redemption, at(NOW + 2)))
}

#[test]
fn whoever_has_the_second_step_on_or_must_is_asked_at_every_door() {
    let db = database();
    assert!(!waits(&db, "code:1", ANN));
    passkey(&db, "key", ANN);
    assert!(
        !waits(&db, "code:2", ANN),
        "a passkey by itself asks nobody"
    );
    app(&db, "app", ANN);
    assert!(waits(&db, "code:3", ANN), "an authenticator app does");
    let open = |id: &str, aal: Aal| {
        let mut new = session(id, ANN);
        new.assurance = leaked(Assurance {
            aal,
            ..Assurance::single_factor("pwd", at(NOW))
        });
        db.run(sessions::open(&new, SignInEffects::default(), at(NOW)))
    };
    assert!(open("at level one", Aal::One).is_none());
    assert!(open("at level two", Aal::Two).is_some());
    assert!(!waits(&db, "code:4", "id-bob"));
    execute(&db, "update roles set require_mfa = 1");
    assert!(waits(&db, "code:5", "id-bob"), "so does a role");
}

#[test]
fn a_session_that_is_opened_at_once_waits_where_a_code_would() {
    let db = database();
    let hold = |key, user_id| db.run(new_codes::hold(&code(key, user_id), None, at(NOW)));
    assert!(hold("code:1", ANN).is_none());
    assert!(column(&db, "select key from one_time").is_empty());
    app(&db, "app", ANN);
    let held = hold("code:2", ANN).unwrap();
    assert!(held.is_waiting && held.factors.totp == 1);
}

#[test]
fn a_sign_in_that_waits_is_no_code_and_stays_so_when_it_is_presented() {
    let db = database();
    app(&db, "app", ANN);
    assert!(waits(&db, "code:1", ANN));
    for attempt in ["a", "b"] {
        let (state, opened) = redeem(&db, "code:1", attempt);
        assert!(opened.is_none() && state.waits && !state.taken);
    }
    assert!(complete(&db, "code:1", "code:2", &totp("app", 7), "c"));
    let (_, opened) = redeem(&db, "code:2", "d");
    let session = opened.unwrap();
    assert_eq!(session.assurance.aal, Aal::Two);
    assert_eq!(session.assurance.amr, "pwd otp mfa");
    // The sign-in that has become a code is no code still, and its replay ends nothing.
    let (_, opened) = redeem(&db, "code:1", "e");
    assert!(opened.is_none());
    let open = column(&db, "select id from sessions where ended_on is null");
    assert_eq!(open, ["of code:1"]);
}

#[test]
fn one_code_opens_one_session_and_no_earlier_one_does_after_it() {
    let db = database();
    app(&db, "app", ANN);
    for (n, key) in ["code:1", "code:2", "code:3", "code:4"]
        .into_iter()
        .enumerate()
    {
        assert!(waits(&db, key, ANN), "{n}");
    }
    assert!(complete(&db, "code:1", "new:1", &totp("app", 7), "a"));
    assert!(
        !complete(&db, "code:2", "new:2", &totp("app", 7), "b"),
        "spent"
    );
    assert!(
        !complete(&db, "code:3", "new:3", &totp("app", 6), "c"),
        "older"
    );
    assert!(complete(&db, "code:4", "new:4", &totp("app", 8), "d"));
    assert!(
        !complete(&db, "code:1", "new:5", &totp("app", 9), "e"),
        "over"
    );
    let unspent = column(&db, "select key from spent_proofs where key = 'totp:app:9'");
    assert!(unspent.is_empty(), "what opens nothing spends nothing");
}

#[test]
fn a_session_is_replaced_only_by_one_that_a_code_has_opened() {
    let db = database();
    let old = session("old", ANN);
    assert!(
        db.run(sessions::open(&old, SignInEffects::default(), at(NOW)))
            .is_some()
    );
    app(&db, "app", ANN);
    assert!(waits(&db, "code:1", ANN));
    assert!(complete(&db, "code:1", "code:2", &totp("app", 7), "t"));
    let open = "select id from sessions where ended_on is null order by id";
    db.run(codes::replace(old.id, "code:2", at(NOW)));
    assert_eq!(
        column(&db, open),
        ["old"],
        "the code has opened nothing yet"
    );
    assert!(redeem(&db, "code:2", "t").1.is_some());
    db.run(codes::replace(old.id, "code:2", at(NOW)));
    assert_eq!(column(&db, open), ["of code:1"]);
}

#[test]
fn a_recovery_code_works_once_and_another_user_s_not_at_all() {
    let db = database();
    app(&db, "app", ANN);
    execute(
        &db,
        "insert into recovery_codes (user_id, digest, created_on) values ('id-ann', 'd', 0), ('id-bob', 'e', 0)",
    );
    for key in ["code:1", "code:2", "code:3"] {
        assert!(waits(&db, key, ANN));
    }
    assert!(!complete(&db, "code:1", "new:1", &recovery("e"), "a"));
    assert!(complete(&db, "code:1", "new:2", &recovery("d"), "b"));
    assert!(!complete(&db, "code:2", "new:3", &recovery("d"), "c"));
}

#[test]
fn a_recovery_code_that_was_moved_in_waits_for_a_factor_to_stand_in_for() {
    let db = database();
    execute(
        &db,
        "insert into recovery_codes (user_id, digest, created_on) values ('id-ann', 'd', 0)",
    );
    assert!(!waits(&db, "code:1", ANN), "nobody is asked for it");
    assert!(!complete(&db, "code:1", "new:1", &recovery("d"), "a"));
    app(&db, "app", ANN);
    assert!(waits(&db, "code:2", ANN));
    assert!(complete(&db, "code:2", "new:2", &recovery("d"), "b"));
}

#[test]
fn five_tries_are_all_that_a_sign_in_has() {
    let db = database();
    app(&db, "app", ANN);
    assert!(waits(&db, "code:1", ANN));
    let tried: Vec<bool> = (0..7)
        .map(|n| try_code(&db, "code:1", &format!("a{n}"), at(NOW)))
        .collect();
    assert_eq!(tried, [true, true, true, true, true, false, false]);
    // And what is not tried is not counted for the account.
    assert_eq!(
        column(&db, "select code_failures || '' from user_factors"),
        ["5"]
    );
}

#[test]
fn two_hundred_guesses_over_forty_challenges_stop_at_ten() {
    let db = database();
    app(&db, "app", ANN);
    let mut tried = 0;
    for challenge in 0..40 {
        let key: &'static str = leaked(format!("code:{challenge}")).as_str();
        assert!(waits(&db, key, ANN), "a right password clears nothing");
        for guess in 0..5 {
            let attempt = format!("{challenge} {guess}");
            tried += u32::from(try_code(&db, key, &attempt, at(NOW + challenge)));
        }
    }
    assert_eq!(tried, 10);
    // A passkey is not closed by them, and opens codes again.
    passkey(&db, "key", ANN);
    assert!(complete(
        &db,
        "code:39",
        "new:1",
        &by_passkey("key", "c"),
        "p"
    ));
    assert!(waits(&db, "code:last", ANN));
    assert!(try_code(&db, "code:last", "again", at(NOW + 50)));
}

#[test]
fn a_password_alone_never_adds_an_app_to_a_factor() {
    let db = database();
    let begin = |id: &str, place: EnrolledIn<'_>, now: i64| {
        let new = NewApp {
            id: &FactorId::new(id),
            user_id: &UserId::new(ANN),
            name: "app",
            secret: "sealed",
            algorithm: "SHA1",
            digits: 6,
            period: 30,
            enrolled_in: place,
        };
        db.run(authenticator_apps::begin(&new, at(now)))
    };
    execute(&db, "update roles set require_mfa = 1");
    assert!(waits(&db, "code:1", ANN));
    assert!(!begin("elsewhere", EnrolledIn::SignIn("code:none"), NOW));
    assert!(begin("first", EnrolledIn::SignIn("code:1"), NOW));
    assert!(begin("second", EnrolledIn::SignIn("code:1"), NOW));
    let pending = column(&db, "select id from factors where confirmed_on is null");
    assert_eq!(pending, ["second"], "one at a time");
    assert!(try_code(&db, "code:1", "a", at(NOW)));
    assert!(complete(&db, "code:1", "new:1", &totp("second", 3), "a"));
    let confirmed = column(
        &db,
        "select id from factors where confirmed_on is not null and last_step = 3",
    );
    assert_eq!(confirmed, ["second"], "the code that confirms is spent");
    assert!(waits(&db, "code:2", ANN));
    assert!(!begin("third", EnrolledIn::SignIn("code:2"), NOW));
}

/// Confirms an app by its first code in a session; whether it did.
fn confirm(db: &Db, app: &str, session: &str) -> bool {
    let spending = Spending {
        proof: &totp(app, 3),
        user_id: &UserId::new(ANN),
        context: ProofContext::SignedIn(SignedIn::Session(&SessionId::new(session))),
        attempt: &AttemptId::new(session),
    };
    db.run(factor_proofs::confirm(&spending, at(NOW)))
}

/// Registers a passkey; whether that was stored.
fn register(db: &Db, id: &str, place: ProofContext<'_>) -> bool {
    let (ann, attempt) = (UserId::new(ANN), AttemptId::new(id));
    let key = format!("challenge:{id}");
    let until = at(NOW + 9);
    let spend = factor_proofs::spend_challenge(&key, (&ann, place), &attempt, until, at(NOW));
    let passkey = registered(id);
    let factor = FactorId::new(id);
    let row = PasskeyRow {
        id: &factor,
        ..row(&passkey, &ann, &attempt, place)
    };
    let ((), stored) = db.run((spend, passkeys::insert(&row, at(NOW))));
    stored
}

#[test]
fn what_was_begun_by_a_password_alone_adds_nothing_once_there_is_a_factor() {
    let db = database();
    execute(&db, "update roles set require_mfa = 1");
    let begin = |id: &str, place: &str| {
        execute(
            &db,
            &format!(
                "insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, enrolled_in)
                   values ('{id}', '{ANN}', 'totp', 'app', 'sealed', 'SHA1', 6, 30, 0, '{place}')"
            ),
        );
    };
    let open = |id: &str| {
        db.run(sessions::open(
            &session(id, ANN),
            SignInEffects::default(),
            at(NOW),
        ))
    };
    execute(&db, "update roles set require_mfa = 0");
    assert!(open("low").is_some() && open("high").is_some());
    execute(
        &db,
        "update sessions set aal = 2 where id = 'high'; update roles set require_mfa = 1",
    );
    assert!(waits(&db, "code:1", ANN) && waits(&db, "code:2", ANN));
    begin("at sign-in", "code:1");
    begin("in low", "low");
    begin("in high", "high");
    let (low, high) = (SessionId::new("low"), SessionId::new("high"));
    let (low, high) = (SignedIn::Session(&low), SignedIn::Session(&high));
    let at_sign_in = ProofContext::SignIn("code:2");
    let handle = passkeys::holder(&UserId::new(ANN), at_sign_in, at(NOW));
    assert!(db.run(handle).is_some());
    assert!(register(&db, "first", at_sign_in), "there is none yet");

    assert!(try_code(&db, "code:1", "t", at(NOW)));
    assert!(!complete(
        &db,
        "code:1",
        "new:1",
        &totp("at sign-in", 3),
        "t"
    ));
    assert!(!register(&db, "second", at_sign_in));
    assert!(!confirm(&db, "in low", "low"));
    assert!(!register(&db, "third", ProofContext::SignedIn(low)));
    let confirmed = || {
        column(
            &db,
            "select id from factors where confirmed_on is not null order by id",
        )
    };
    assert_eq!(confirmed(), ["first"]);
    assert!(confirm(&db, "in high", "high"));
    assert!(register(&db, "fourth", ProofContext::SignedIn(high)));
    assert_eq!(confirmed(), ["first", "fourth", "in high"]);
}

#[test]
fn a_passkey_is_registered_in_a_sign_in_only_while_that_waits() {
    let db = database();
    execute(&db, "update roles set require_mfa = 1");
    let place = ProofContext::SignIn("code:1");
    let handle = || db.run(passkeys::holder(&UserId::new(ANN), place, at(NOW)));
    assert!(!register(&db, "none", place) && handle().is_none());
    assert!(waits(&db, "code:1", ANN));
    execute(
        &db,
        "update user_credentials set changed_on = changed_on + 1",
    );
    assert!(!register(&db, "voided", place) && handle().is_none());
}

#[test]
fn a_session_falls_with_the_factor_it_rests_on_and_the_last_takes_the_rest_along() {
    let db = database();
    app(&db, "app", ANN);
    passkey(&db, "key", ANN);
    execute(
        &db,
        "insert into recovery_codes (user_id, digest, created_on) values ('id-ann', 'd', 0)",
    );
    let open = |id: &str, factor: Option<&'static FactorId>| {
        let mut new = session(id, ANN);
        new.factor = factor;
        new.assurance = leaked(Assurance {
            aal: Aal::Two,
            ..Assurance::single_factor("pwd", at(NOW))
        });
        assert!(
            db.run(sessions::open(&new, SignInEffects::default(), at(NOW)))
                .is_some()
        );
    };
    open("on the app", Some(leaked(FactorId::new("app"))));
    open("on the key", Some(leaked(FactorId::new("key"))));
    execute(
        &db,
        "insert into trusted_devices (id, user_id, key, created_on, last_used_on, expires_on)
           values ('d', 'id-ann', 'k', 0, 0, 9)",
    );
    let by = SessionId::new("on the key");
    let remove = |id: &str| {
        db.run(factors::remove(
            &FactorId::new(id),
            &UserId::new(ANN),
            SignedIn::Session(&by),
            at(NOW + 1),
        ))
    };
    assert!(remove("nobody's").is_none());
    assert_eq!(remove("app").unwrap().name, "app");
    let open_now = || column(&db, "select id from sessions where ended_on is null");
    assert_eq!(open_now(), ["on the key"]);
    assert!(column(&db, "select id from trusted_devices").is_empty());
    assert_eq!(
        column(&db, "select second_step || '' from user_factors"),
        ["1"]
    );
    assert!(remove("key").is_some());
    assert!(open_now().is_empty());
    assert_eq!(
        column(&db, "select second_step || '' from user_factors"),
        ["0"]
    );
    assert!(column(&db, "select digest from recovery_codes").is_empty());
}

#[test]
fn a_passkey_of_another_is_not_found_and_a_credential_belongs_to_one_user() {
    let db = database();
    passkey(&db, "key", "id-bob");
    let opened = session("ann's", ANN);
    assert!(
        db.run(sessions::open(&opened, SignInEffects::default(), at(NOW)))
            .is_some()
    );
    let (ann, by, key) = (
        UserId::new(ANN),
        SessionId::new("ann's"),
        FactorId::new("key"),
    );
    let by = SignedIn::Session(&by);
    assert!(db.run(factors::remove(&key, &ann, by, at(NOW))).is_none());
    assert_eq!(db.run(factors::rename(&key, &ann, by, "mine", at(NOW))), 0);
    let attempt = AttemptId::new("a");
    let place = ProofContext::SignedIn(by);
    let whose = (&ann, place);
    let spend =
        factor_proofs::spend_challenge("challenge:x", whose, &attempt, at(NOW + 9), at(NOW));
    let passkey = registered("key");
    let row = row(&passkey, &ann, &attempt, place);
    let ((), stored) = db.run((spend, passkeys::insert(&row, at(NOW))));
    assert!(!stored);
}

fn registered(id: &str) -> NewPasskey {
    NewPasskey {
        credential_id: id.to_owned(),
        public_key: "k".to_owned(),
        sign_count: 0,
        user_verified: true,
        backup_eligible: false,
        backed_up: false,
        aaguid: "a".to_owned(),
        transports: vec![],
        discoverable: Some(true),
    }
}

fn row<'a>(
    passkey: &'a NewPasskey,
    user_id: &'a UserId,
    attempt: &'a AttemptId,
    place: ProofContext<'a>,
) -> PasskeyRow<'a> {
    PasskeyRow {
        id: leaked(FactorId::new("new")),
        user_id,
        name: "mine",
        passkey,
        transports: "[]",
        rp_id: "login.example",
        attempt,
        place,
    }
}

/// The pause after so many wrong codes in a row: a quarter of an hour, and twice as long each time, to
/// a day.
fn pause_after(failures: u32) -> Option<Seconds> {
    let doublings = failures.checked_sub(BEFORE_PAUSE)?.min(16);
    Some(FIRST_PAUSE.times(1 << doublings).min(LONGEST_PAUSE))
}

fn one_more(guesses: CodeGuesses, now: Timestamp) -> CodeGuesses {
    let failures = guesses.failures + 1;
    CodeGuesses {
        failures,
        paused_until: pause_after(failures).map_or(guesses.paused_until, |pause| now + pause),
    }
}

#[test]
fn whoever_waits_for_every_pause_has_a_hundred_guesses_and_no_more() {
    let db = database();
    app(&db, "app", ANN);
    let guess = |n: i64| {
        let (user_id, attempt) = (UserId::new(ANN), AttemptId::new(n.to_string()));
        db.run(second_steps::count_guess(
            &user_id,
            &attempt,
            at(NOW + n * 86_400_000),
        ))
    };
    assert_eq!((0..300).map(guess).sum::<usize>(), 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The statement counts as the rule does, whenever codes are guessed.
    #[test]
    fn the_statement_and_the_rule_of_guessing_agree(waits in prop::collection::vec(0..3_000_000_i64, 1..40)) {
        let db = database();
        app(&db, "app", ANN);
        let (mut rule, mut now) = (CodeGuesses::default(), NOW);
        for (n, wait) in waits.into_iter().enumerate() {
            now += wait;
            let attempt = AttemptId::new(n.to_string());
            let counted = db.run(second_steps::count_guess(&UserId::new(ANN), &attempt, at(now)));
            prop_assert_eq!(counted > 0, rule.allow(at(now)).is_ok());
            if counted > 0 {
                rule = one_more(rule, at(now));
            }
            let row = column(&db, "select code_failures || ' ' || codes_paused_until from user_factors");
            prop_assert_eq!(&row[0], &format!("{} {}", rule.failures, rule.paused_until.millis()));
        }
    }
}

/// Every statement of the factors, run once.
pub fn tour(db: &Db) {
    app(db, "tour app", ANN);
    let opened = {
        let mut new = session("factors", ANN);
        new.assurance = leaked(Assurance {
            aal: Aal::Two,
            ..Assurance::single_factor("pwd", at(NOW))
        });
        db.run(sessions::open(&new, SignInEffects::default(), at(NOW)))
    };
    assert!(opened.is_some());
    let (ann, by) = (UserId::new(ANN), SessionId::new("factors"));
    let place = SignedIn::Session(&by);
    let factor = FactorId::new("tour app");
    db.run((
        factors::of_session(&by),
        factors::list(&by),
        factors::list_of_user(&ann),
        factors::rename(&factor, &ann, place, "renamed", at(NOW)),
        factors::set_second_step(&ann, place, true, at(NOW)),
        passkeys::by_credential("c"),
        passkeys::of_user(&ann),
        passkeys::are_of("login.example"),
    ));
    let registers_in = ProofContext::SignedIn(place);
    let handle = passkeys::holder(&ann, registers_in, at(NOW));
    assert!(db.run(handle).is_some());
    assert!(db.run(passkeys::handle(&ann)).is_some());
    tour_of_apps(db, &ann, place);
    assert!(waits(db, "code:tour", ANN));
    assert!(try_code(db, "code:tour", "tour", at(NOW)));
    assert!(
        db.run(new_codes::hold(&code("code:held", ANN), None, at(NOW)))
            .is_some()
    );
    assert_eq!(
        db.run(second_steps::count_guess(
            &ann,
            &AttemptId::new("g"),
            at(NOW)
        )),
        1
    );
    assert!(complete(
        db,
        "code:tour",
        "code:toured",
        &totp("tour app", 7),
        "tour"
    ));
    db.run(codes::replace(
        &SessionId::new("none"),
        "code:toured",
        at(NOW),
    ));
    tour_of_proofs(db, &ann, &by);
    assert!(
        db.run(factors::remove(&factor, &ann, place, at(NOW)))
            .is_some()
    );
}

fn tour_of_apps(db: &Db, ann: &UserId, by: SignedIn<'_>) {
    let new = NewApp {
        id: &FactorId::new("pending"),
        user_id: ann,
        name: "app",
        secret: "sealed",
        algorithm: "SHA1",
        digits: 6,
        period: 30,
        enrolled_in: EnrolledIn::SignedIn(by),
    };
    assert!(db.run(authenticator_apps::begin(&new, at(NOW))));
    let new = NewApp {
        enrolled_in: EnrolledIn::SignIn("code:none"),
        ..new
    };
    let pending = db.run(authenticator_apps::pending(ann, by, Some(new.id)));
    assert!(pending.is_some());
    assert_eq!(db.run(authenticator_apps::of_user(ann)).len(), 1);
    assert!(!db.run(authenticator_apps::begin(&new, at(NOW))));
    assert_eq!(
        db.run(recovery_codes::replace(ann, by, "[\"a\",\"b\"]", at(NOW))),
        2
    );
}

fn tour_of_proofs(db: &Db, ann: &UserId, by: &SessionId) {
    let attempt = AttemptId::new("proof");
    for (proof, attempt) in [(totp("tour app", 9), "p1"), (recovery("a"), "p2")] {
        let attempt = AttemptId::new(attempt);
        let spending = Spending {
            proof: &proof,
            user_id: ann,
            context: ProofContext::SignedIn(SignedIn::Session(by)),
            attempt: &attempt,
        };
        let raised = db.run(factor_proofs::raise(
            by,
            &spending,
            &proof.raise("pwd", at(NOW)),
            at(NOW),
        ));
        assert!(raised.is_some());
    }
    let proof = totp("tour app", 11);
    let spending = Spending {
        proof: &proof,
        user_id: ann,
        context: ProofContext::SignedIn(SignedIn::Session(by)),
        attempt: &AttemptId::new("p3"),
    };
    assert!(db.run(factor_proofs::confirm(&spending, at(NOW))));
    db.run(recovery_codes::first(ann, &attempt, "[]", at(NOW)));
    let place = ProofContext::SignedIn(SignedIn::Session(by));
    let whose = (ann, place);
    let spend =
        factor_proofs::spend_challenge("challenge:t", whose, &attempt, at(NOW + 9), at(NOW));
    let passkey = registered("tour key");
    let ((), stored) = db.run((
        spend,
        passkeys::insert(&row(&passkey, ann, &attempt, place), at(NOW)),
    ));
    assert!(stored);
    let proof = by_passkey("new", "u");
    let spending = Spending {
        proof: &proof,
        user_id: ann,
        context: ProofContext::Alone,
        attempt: &AttemptId::new("alone"),
    };
    db.run(Vec::from(factor_proofs::spend(&spending, at(NOW))));
    assert!(
        db.run(factor_proofs::refresh(by, Some(at(0)), at(NOW)))
            .is_some()
    );
}
