//! The screens of what happened, and of events on their way.

use super::plain::{LIST, POST, STEP, moment, plain};
use super::screen::{Call, Choice, List, Screen, Search, Step};
use crate::auth::management::resource::{LOGIN_ACTIVITY, OUTBOX};
use crate::wire::texts::Label;

/// The audit log.
#[rustfmt::skip]
pub static ACTIVITY: Screen = Screen {
    path: "/login-activity",
    title: Label::Activity,
    table: LOGIN_ACTIVITY.table,
    view: LOGIN_ACTIVITY.view,
    is_place: true,
    list: List {
        api: "/login-activity",
        one: Some("/login-activity/{1}"),
        name: &["kind", "result"],
        is_counted: true,
        columns: (Label::What, &[
            moment("loginTime", Label::When),
            plain("actor", Label::Actor),
            plain("target", Label::Target),
        ]),
        search: &[
            Search { property: "actor", label: Label::Actor, begins: false },
            Search { property: "target", label: Label::Target, begins: false },
            Search { property: "kind", label: Label::What, begins: false },
            Search { property: "tenantId", label: Label::Tenant, begins: false },
        ],
        ..LIST
    },
    facts: &[
        moment("loginTime", Label::When),
        plain("kind", Label::What),
        plain("result", Label::Result),
        plain("actor", Label::Actor),
        plain("target", Label::Target),
        plain("tenantId", Label::Tenant),
        plain("clientId", Label::App),
        plain("sessionId", Label::Session),
        plain("ipAddress", Label::Network),
        plain("country", Label::Country),
        plain("deviceInfo", Label::Device),
        plain("detail", Label::Details),
        plain("id", Label::Id),
    ],
    cards: &[],
    lists: &[],
    steps: &[],
};

/// The outbox.
#[rustfmt::skip]
pub static EVENTS: Screen = Screen {
    path: "/outbox",
    title: Label::Events,
    table: OUTBOX.table,
    view: OUTBOX.view,
    is_place: true,
    list: List {
        api: "/outbox",
        one: Some("/outbox/{1}"),
        name: &["kind"],
        under: Some("subject"),
        is_counted: true,
        columns: (Label::What, &[
            moment("createdOn", Label::When),
            plain("tries", Label::Tries),
            moment("deliveredOn", Label::Delivered),
            moment("failedOn", Label::Failed),
        ]),
        search: &[
            Search { property: "subject", label: Label::Subject, begins: false },
            Search { property: "kind", label: Label::What, begins: false },
        ],
        choice: Some(&Choice { label: Label::Status, options: &[
            ("failed", Label::Failed, "{\"failedOn\":{\"neq\":null}}"),
            ("waiting", Label::Waiting, "{\"failedOn\":null,\"deliveredOn\":null}"),
            ("delivered", Label::Delivered, "{\"deliveredOn\":{\"neq\":null}}"),
        ] }),
        ..LIST
    },
    facts: &[
        plain("subject", Label::Subject),
        plain("data", Label::Details),
        moment("createdOn", Label::When),
        plain("tries", Label::Tries),
        moment("nextOn", Label::NextTry),
        moment("deliveredOn", Label::Delivered),
        moment("failedOn", Label::Failed),
        plain("lastError", Label::Error),
        plain("id", Label::Id),
    ],
    cards: &[],
    lists: &[],
    steps: &[Step {
        name: "resend",
        label: Label::Resend,
        lead: Label::ResendLead,
        may: OUTBOX.update,
        call: Call { path: "/outbox/{1}/resend", ..POST },
        ..STEP
    }],
};
