//! Second factors at the pages: which sign-ins wait, what they open, and what a password alone does not.

use crate::auth::assurance::{Aal, Assurance};
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::proof::FactorProof;
use crate::auth::id::{AttemptId, BrowserId, FactorId, UserId};
use crate::factors::{app, execute, passkey, totp};
use crate::pages::{browser, is_live, open};
use crate::people::{NOW, at, column, database};
use crate::sqlite::Db;
use crate::store::browser_steps::{self, Opening};
use crate::store::browsers;
use crate::store::erasure;
use crate::store::factor_proofs::{self, ProofContext, Spending};
use crate::store::pending_step::{Door, PendingStep, Try};
use crate::store::signed_in::SignedIn;
use crate::store::trusted_devices::NewTrust;
use crate::store::{factors, recovery_codes, second_steps};

const ANN: &str = "id-ann";

/// Signs in with a password at the pages: whether the sign-in waits.
pub fn holds(db: &Db, waiting: &str, key: &str) -> bool {
    let mut new = browser(key, ANN);
    new.is_remembered = true;
    db.run(browser_steps::hold(&new, waiting, None, at(NOW)))
        .is_some()
}

pub fn try_code(db: &Db, waiting: &str, door: Door<'_>, attempt: &str) -> PendingStep {
    let attempt = AttemptId::new(attempt);
    let guess = Try {
        key: waiting,
        attempt: &attempt,
        door,
        is_guess: true,
    };
    db.run(second_steps::reserve(&guess, at(NOW))).0.unwrap()
}

/// Spends a proof for a sign-in that waits; whether that opened its browser under the key.
fn complete(db: &Db, waiting: &str, id: &str, key: &str, proof: (&FactorProof, &str)) -> bool {
    complete_as(db, waiting, id, key, proof, None)
}

pub fn complete_as(
    db: &Db,
    waiting: &str,
    id: &str,
    key: &str,
    (proof, attempt): (&FactorProof, &str),
    trust: Option<NewTrust<'_>>,
) -> bool {
    let spending = Spending {
        proof,
        user_id: &UserId::new(ANN),
        context: ProofContext::SignIn(waiting),
        attempt: &AttemptId::new(attempt),
    };
    let opening = Opening {
        waiting,
        id: &BrowserId::new(id),
        key,
        form_session: key,
        former: None,
        assurance: &proof.raise("pwd", at(NOW + 1)),
        trust,
        expires_on: at(NOW + 86_400_000),
    };
    db.run(browser_steps::complete(&opening, &spending, at(NOW + 1)))
        .0
}

fn live(db: &Db, key: &str) -> LiveBrowser {
    db.run(browsers::live(key, at(NOW + 2))).unwrap()
}

/// Runs every statement once.
pub fn tour(db: &Db) {
    app(db, "page app", ANN);
    assert!(holds(db, "code:page", "of page"));
    try_code(db, "code:page", Door::Page, "page");
    let proof = totp("page app", 3);
    assert!(complete(
        db,
        "code:page",
        "id of of page",
        "page key",
        (&proof, "page")
    ));
    let raised = raise(
        db,
        &live(db, "page key"),
        "page raised",
        &totp("page app", 4),
        "page raise",
    );
    assert!(raised);
    db.run(factors::of_user(&UserId::new(ANN)));
    execute(db, "delete from factors where user_id = 'id-ann'");
}

fn raise(db: &Db, browser: &LiveBrowser, key: &str, proof: &FactorProof, attempt: &str) -> bool {
    let spending = Spending {
        proof,
        user_id: &browser.account.id,
        context: ProofContext::Alone,
        attempt: &AttemptId::new(attempt),
    };
    let assurance = proof.raise(&browser.assurance.amr, at(NOW + 3));
    let cookies = (key, "form");
    db.run(browser_steps::raise(
        &browser.id,
        cookies,
        &spending,
        &assurance,
        at(NOW + 3),
    ))
}

#[test]
fn a_password_alone_opens_no_browser_of_whoever_has_the_second_step_on() {
    let db = database();
    assert!(
        !holds(&db, "code:0", "before"),
        "nobody waits without a factor"
    );
    assert!(open(&db, &browser("before", ANN), NOW));
    app(&db, "a", ANN);
    assert!(!open(&db, &browser("after", ANN), NOW));
    assert!(holds(&db, "code:1", "after"));
    assert!(!is_live(&db, "after", NOW));
    execute(
        &db,
        "update user_factors set second_step = 0; update roles set require_mfa = 1",
    );
    assert!(!open(&db, &browser("demanded", ANN), NOW));
    assert!(holds(&db, "code:2", "demanded"));
}

#[test]
fn a_code_opens_the_browser_once_and_as_it_was_asked_for() {
    let db = database();
    app(&db, "a", ANN);
    assert!(holds(&db, "code:1", "one"));
    let step = try_code(&db, "code:1", Door::Page, "t");
    assert!(step.is_reserved && step.is_remembered);
    assert_eq!(step.session_id.as_deref(), Some("id of one"));
    let proof = totp("a", 7);
    assert!(complete(
        &db,
        "code:1",
        "id of one",
        "secret",
        (&proof, "t")
    ));
    let opened = live(&db, "secret");
    assert_eq!(opened.assurance.aal, Aal::Two);
    assert_eq!(opened.assurance.amr, "pwd otp mfa");
    assert!(opened.is_remembered && opened.is_proven(at(NOW + 2)));
    assert!(!complete(
        &db,
        "code:1",
        "id of one",
        "again",
        (&proof, "u")
    ));
    assert!(!complete(
        &db,
        "code:1",
        "id of one",
        "again",
        (&totp("a", 8), "v")
    ));
    execute(&db, "delete from factors where id = 'a'");
    assert!(!is_live(&db, "secret", NOW + 3), "it ends with the factor");
}

#[test]
fn what_waits_at_the_pages_is_nothing_to_an_api_nor_the_other_way_round() {
    let db = database();
    app(&db, "a", ANN);
    assert!(holds(&db, "code:page", "one"));
    assert!(!try_code(&db, "code:page", Door::Client(None), "t").is_reserved);
    let code = crate::people::code("code:api", ANN);
    db.run(crate::store::new_codes::insert(
        &code,
        Default::default(),
        at(NOW),
    ));
    assert!(!try_code(&db, "code:api", Door::Page, "u").is_reserved);
    assert!(!complete(
        &db,
        "code:api",
        "of the api",
        "stolen",
        (&totp("a", 7), "u")
    ));
    assert!(!is_live(&db, "stolen", NOW));
}

#[test]
fn a_sign_in_that_waits_is_tried_five_times_and_falls_with_the_password() {
    let db = database();
    app(&db, "a", ANN);
    assert!(holds(&db, "code:1", "one"));
    for n in 0..5 {
        assert!(try_code(&db, "code:1", Door::Page, &format!("t{n}")).is_reserved);
    }
    assert!(!try_code(&db, "code:1", Door::Page, "sixth").is_reserved);
    assert!(holds(&db, "code:2", "two"));
    execute(
        &db,
        "update user_credentials set changed_on = changed_on + 1",
    );
    assert!(!try_code(&db, "code:2", Door::Page, "late").is_open);
    assert!(!complete(
        &db,
        "code:2",
        "id of two",
        "late",
        (&totp("a", 7), "late")
    ));
}

#[test]
fn a_browser_of_whoever_has_a_factor_is_proven_by_that_alone() {
    let db = database();
    assert!(open(&db, &browser("one", ANN), NOW));
    assert!(live(&db, "one").is_proven(at(NOW + 2)));
    passkey(&db, "k", ANN);
    app(&db, "a", ANN);
    let opened = live(&db, "one");
    assert!(opened.has_factor && !opened.is_proven(at(NOW + 2)));
    let fresh = Assurance {
        auth_time: at(NOW + 2),
        ..opened.assurance.clone()
    };
    db.run(browsers::raise(
        &opened.id,
        "two",
        "form",
        &fresh,
        at(NOW + 2),
    ));
    let by_password = live(&db, "two");
    assert!(!by_password.is_proven(at(NOW + 3)));
    let (user_id, now) = (UserId::new(ANN), at(NOW + 3));
    let erased = db.run(erasure::request_in_browser(&opened.id, &user_id, now));
    assert_eq!(erased, None);
    let proof = totp("a", 7);
    assert!(raise(&db, &by_password, "three", &proof, "t"));
    assert!(live(&db, "three").is_proven(at(NOW + 4)));
    assert!(
        !raise(&db, &by_password, "four", &proof, "u"),
        "a code proves once"
    );
    let erased = db.run(erasure::request_in_browser(&opened.id, &user_id, now));
    assert!(erased.is_some());
    let open = "select id from browsers where ended_on is null";
    assert_eq!(column(&db, open), Vec::<String>::new());
}

#[test]
fn a_user_changes_their_factors_in_an_open_browser_of_their_own_alone() {
    let db = database();
    assert!(open(&db, &browser("one", ANN), NOW));
    app(&db, "a", ANN);
    let opened = live(&db, "one");
    let (ann, id) = (UserId::new(ANN), FactorId::new("a"));
    let place = SignedIn::Browser(&opened.id);
    let rename = |user_id: &UserId| db.run(factors::rename(&id, user_id, place, "mine", at(NOW)));
    let renew = || db.run(recovery_codes::replace(&ann, place, "[\"a\"]", at(NOW)));
    let set = |on| db.run(factors::set_second_step(&ann, place, on, at(NOW)));
    assert_eq!((rename(&ann), renew(), set(false)), (1, 1, 1));
    assert_eq!(rename(&UserId::new("id-bob")), 0);
    assert_eq!(db.run(factors::list_of_user(&ann))[0].name, "mine");
    execute(&db, "update browsers set ended_on = 1, ended_why = 'x'");
    assert_eq!((rename(&ann), renew(), set(true)), (0, 0, 0));
    assert!(db.run(factors::remove(&id, &ann, place, at(NOW))).is_none());
}

#[test]
fn the_first_recovery_codes_come_with_a_factor_alone() {
    let db = database();
    assert!(open(&db, &browser("one", ANN), NOW));
    let opened = live(&db, "one");
    let (ann, attempt) = (UserId::new(ANN), AttemptId::new("a"));
    let whose = (&ann, ProofContext::SignedIn(SignedIn::Browser(&opened.id)));
    let spend =
        factor_proofs::spend_challenge("challenge:x", whose, &attempt, at(NOW + 9), at(NOW));
    db.run(spend);
    let first = || db.run(recovery_codes::first(&ann, &attempt, "[\"a\"]", at(NOW)));
    assert_eq!(first(), 0);
    passkey(&db, "k", ANN);
    assert_eq!((first(), first()), (1, 0));
}
