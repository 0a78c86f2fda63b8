use std::collections::BTreeSet;

use super::*;
use crate::auth::factor::kind::Method;
use crate::auth::id::SessionId;
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::password::Verdict;

const OPERATIONS: &str = include_str!("../../../docs/operations.md");

const ROWS: &[Act] = &[Act::Created, Act::Changed, Act::Deleted];

/// What administrators change, and what they do to it.
const MANAGED: [(&str, &[Act]); 9] = [
    ("event", &[Act::Changed]),
    ("client", ROWS),
    ("tenant", ROWS),
    ("tenant-config", ROWS),
    ("role", ROWS),
    ("group", ROWS),
    ("user-group", &[Act::Created, Act::Deleted]),
    ("user-permission", ROWS),
    (
        "user",
        &[Act::Created, Act::Changed, Act::Deleted, Act::LinkSent],
    ),
];

const STRANGERS: [Stranger; 13] = [
    Stranger::UnknownClient,
    Stranger::WrongClientSecret,
    Stranger::UnknownName,
    Stranger::UnknownCode,
    Stranger::UnknownState,
    Stranger::UnknownTicket,
    Stranger::RefusedInvitation,
    Stranger::UnknownResetLink,
    Stranger::UnknownIdentity,
    Stranger::DeniedAtProvider,
    Stranger::RefusedLogoutToken,
    Stranger::UnknownPasskey,
    Stranger::OpenOtp,
];

fn session() -> SessionRef {
    SessionRef {
        id: SessionId::new("session"),
        user_id: UserId::new("user"),
        client: ClientNumber::new(7),
    }
}

fn sign_in_failed(refusal: Refusal, user_id: Option<UserId>) -> Event {
    Event::SignInFailed {
        refusal,
        user_id,
        client: Some(ClientNumber::new(7)),
    }
}

/// Every event, with a user and a client where it can have them.
fn events() -> Vec<Event> {
    let user_id = || UserId::new("user");
    let user = || Some(user_id());
    let (by, client) = (user(), Some(ClientNumber::new(7)));
    let code = || Subject::of(user(), Some(ClientNumber::new(7)));
    let refusals = [
        Refusal::Failed,
        Refusal::Unreadable,
        Refusal::TooManyAttempts,
    ];
    let mut events = vec![
        Event::SignIn(session()),
        Event::IdentityLinked {
            user_id: user_id(),
            client,
        },
        Event::SignUp {
            user_id: user_id(),
            client,
        },
        Event::CodeRedeemed(session()),
        Event::CodeRejected(code()),
        Event::CodeReplay(code()),
        Event::RefreshTheft(session()),
        Event::SignOut(session()),
        Event::ErasureRequested(session()),
        Event::PasswordChanged(session()),
        Event::PasswordReset {
            user_id: user_id(),
            client,
        },
        Event::PasswordResetFailed {
            user_id: user(),
            client,
        },
        Event::OtpPosted {
            by: by.clone(),
            client,
        },
    ];
    for (kind, acts) in MANAGED {
        for &act in acts {
            events.push(Event::Managed {
                kind,
                act,
                by: by.clone(),
                managed: Managed {
                    client: Some(7),
                    ..Managed::default()
                },
            });
        }
        events.push(Event::Refused {
            kind,
            by: by.clone(),
        });
    }
    let acts = [
        FactorAct::Asked,
        FactorAct::Proven(Method::Passkey),
        FactorAct::Proven(Method::Totp),
        FactorAct::Proven(Method::Recovery),
        FactorAct::Refused,
        FactorAct::Paused,
        FactorAct::Added,
        FactorAct::Removed,
        FactorAct::RecoveryCodesMade,
        FactorAct::SecondStep(true),
        FactorAct::SecondStep(false),
        FactorAct::CounterRegressed,
        FactorAct::BackupLost,
    ];
    events.extend(acts.map(|act| Event::Factor {
        subject: code(),
        act,
    }));
    for refusal in refusals {
        events.push(sign_in_failed(refusal, user()));
        events.push(Event::PasswordChangeFailed {
            refusal,
            session: session(),
        });
    }
    events
}

/// The rows of the table in docs/operations.md: each kind with its results.
fn documented() -> BTreeSet<(String, String)> {
    let table = OPERATIONS.split_once("| kind | results |").unwrap().1;
    let rows = table.lines().skip(2).take_while(|line| !line.is_empty());
    let names = |text: &'static str| text.split('`').skip(1).step_by(2).map(str::to_owned);
    rows.flat_map(|row| {
        let mut cells = row.trim_matches('|').split('|');
        let kind = names(cells.next().unwrap()).next().unwrap();
        let results = names(cells.next().unwrap());
        results.map(move |result| (kind.clone(), result))
    })
    .collect()
}

#[test]
fn every_event_has_the_kind_and_result_that_operations_lists() {
    let events = events();
    let names = events.iter().map(Event::names);
    let names: BTreeSet<_> = names
        .map(|(kind, result)| (kind.to_owned(), result.to_owned()))
        .collect();
    assert_eq!(names.len(), events.len(), "no two events share their names");
    // What is done at the pages is called as what is done by an API, where both can do it.
    let at_pages = acts().into_iter().map(PageAct::names);
    let at_pages = at_pages.map(|(kind, result)| (kind.to_owned(), result.to_owned()));
    let all: BTreeSet<_> = names.into_iter().chain(at_pages).collect();
    assert_eq!(all, documented());
}

/// Everything that a user does at the pages.
fn acts() -> Vec<PageAct> {
    let mut acts = vec![
        PageAct::SignIn,
        PageAct::SignOut,
        PageAct::SessionsEnded,
        PageAct::ProfileChanged,
        PageAct::EmailRequested,
        PageAct::EmailChanged,
        PageAct::EmailUndone,
        PageAct::IdentityUnlinked,
        PageAct::ConsentWithdrawn,
        PageAct::Proven,
        PageAct::PasswordChanged,
        PageAct::ErasureRequested,
    ];
    for refusal in [
        Refusal::Failed,
        Refusal::Unreadable,
        Refusal::TooManyAttempts,
    ] {
        acts.push(PageAct::ProofFailed(refusal));
        acts.push(PageAct::PasswordChangeFailed(refusal));
    }
    acts
}

#[test]
fn every_event_names_its_user_and_those_of_a_session_the_session() {
    for event in events() {
        let of_session = matches!(
            event,
            Event::SignIn(_)
                | Event::CodeRedeemed(_)
                | Event::RefreshTheft(_)
                | Event::SignOut(_)
                | Event::PasswordChanged(_)
                | Event::ErasureRequested(_)
                | Event::PasswordChangeFailed { .. }
        );
        let refused = matches!(event, Event::Refused { .. });
        let detail = matches!(event, Event::Managed { .. }).then_some(serde_json::Value::Null);
        let expected = Subject {
            user_id: Some(UserId::new("user")),
            client: (!refused).then_some(ClientNumber::new(7)),
            session_id: of_session.then(|| "session".to_owned()).map(SessionId::new),
            detail,
            ..Subject::default()
        };
        let names = event.names();
        assert_eq!(event.stranger(), None, "{names:?}");
        assert_eq!(event.subject(), expected, "{names:?}");
    }
}

#[test]
fn a_refusal_without_an_account_is_counted() {
    let of_no_account = [
        (sign_in_failed(Refusal::Failed, None), Stranger::UnknownName),
        (
            sign_in_failed(Refusal::TooManyAttempts, None),
            Stranger::UnknownName,
        ),
        (
            Event::CodeRejected(Subject::default()),
            Stranger::UnknownCode,
        ),
        (Event::CodeReplay(Subject::default()), Stranger::UnknownCode),
        (
            Event::PasswordResetFailed {
                user_id: None,
                client: Some(ClientNumber::new(7)),
            },
            Stranger::UnknownResetLink,
        ),
    ];
    for (event, stranger) in of_no_account {
        assert_eq!(event.stranger(), Some(stranger), "{event:?}");
    }
}

#[test]
fn operations_lists_what_is_counted_without_an_account() {
    let names: BTreeSet<_> = STRANGERS.map(Stranger::name).into();
    assert_eq!(names.len(), STRANGERS.len());
    let text = OPERATIONS.replace('\n', " ");
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn only_an_unreadable_hash_is_recorded_as_such() {
    assert_eq!(Refusal::from(Verdict::Unreadable), Refusal::Unreadable);
    for verdict in [Verdict::Wrong, Verdict::Right, Verdict::Outdated] {
        assert_eq!(Refusal::from(verdict), Refusal::Failed);
    }
}
