//! The screen of clients, which people know as apps.

use super::plain::{
    DANGER, DELETE, DELETION, EDIT, LIST, NEW, PATCH, POST, PUT, STEP, given, moment, plain, typed,
};
use super::screen::{Call, Field, Input, List, Screen, Search, Step};
use crate::auth::management::resource::AUTH_CLIENTS;
use crate::wire::texts::Label;

const CHANGE: Call = Call {
    path: "/auth-clients/{1}",
    ..PATCH
};

const fn lasting(property: &'static str, label: Label, default: &'static str) -> Field {
    Field {
        default,
        ..typed(property, label)
    }
}

const FIELDS: &[Field] = &[
    typed("clientId", Label::Name),
    typed("redirectUrl", Label::RedirectUrl),
    lasting("accessTokenExpiration", Label::AccessLifetime, "900"),
    lasting("refreshTokenExpiration", Label::RefreshLifetime, "86400"),
    lasting("authCodeExpiration", Label::CodeLifetime, "180"),
];

/// Clients.
#[rustfmt::skip]
pub static CLIENTS: Screen = Screen {
    path: "/auth-clients",
    title: Label::Apps,
    table: AUTH_CLIENTS.table,
    view: AUTH_CLIENTS.view,
    is_place: true,
    list: List {
        api: "/auth-clients",
        one: Some("/auth-clients/{1}"),
        name: &["clientId"],
        under: Some("redirectUrl"),
        columns: (Label::Name, &[
            plain("id", Label::Id),
            moment("createdOn", Label::Since),
            moment("modifiedOn", Label::Changed),
        ]),
        order: Some("clientId ASC"),
        is_counted: true,
        search: &[
            Search { property: "clientId", label: Label::Name, begins: true },
            Search { property: "redirectUrl", label: Label::RedirectUrl, begins: true },
        ],
        ..LIST
    },
    facts: &[
        plain("id", Label::Id),
        plain("redirectUrl", Label::RedirectUrl),
        plain("accessTokenExpiration", Label::AccessLifetime),
        plain("refreshTokenExpiration", Label::RefreshLifetime),
        plain("authCodeExpiration", Label::CodeLifetime),
        moment("createdOn", Label::Since),
        moment("modifiedOn", Label::Changed),
    ],
    cards: &[],
    lists: &[],
    steps: &[
        Step {
            label: Label::NewApp,
            lead: Label::NewAppLead,
            fields: FIELDS,
            call: Call {
                path: "/auth-clients",
                drawn: &[("clientSecret", Label::ClientSecret), ("secret", Label::CodeSecret)],
                ..POST
            },
            ..NEW
        },
        Step { fields: FIELDS, call: CHANGE, ..EDIT },
        Step {
            name: "looks",
            label: Label::Looks,
            lead: Label::LooksLead,
            fields: &[
                given("client_name", Label::ShownName, Input::Line(200)),
                given("client_uri", Label::Home, Input::Line(2_000)),
                given("logo", Label::Logo, Input::Text(16_000)),
                given("tos_uri", Label::Terms, Input::Line(2_000)),
                given("policy_uri", Label::Privacy, Input::Line(2_000)),
                given("accent_color", Label::Colour, Input::Line(7)),
            ],
            call: Call {
                path: "/auth-clients/{1}/branding",
                source: Some("/auth-clients/{1}/branding"),
                ..PUT
            },
            ..STEP
        },
        Step {
            name: "rotate",
            label: Label::Rotate,
            lead: Label::RotateLead,
            call: Call { drawn: &[("clientSecret", Label::ClientSecret)], ..CHANGE },
            ..DANGER
        },
        Step {
            name: "rotate-codes",
            label: Label::RotateCodes,
            lead: Label::RotateCodesLead,
            call: Call { drawn: &[("secret", Label::CodeSecret)], ..CHANGE },
            ..DANGER
        },
        Step {
            lead: Label::DeleteAppLead,
            call: Call { path: "/auth-clients/{1}", ..DELETE },
            ..DELETION
        },
    ],
};
