//! The screen of people.

use super::people_steps::STEPS;
use super::people_words::{GENDERS, STATUSES, TRUTHS};
use super::plain::{LIST, day, moment, plain, worded};
use super::screen::{Card, Choice, List, Screen, Search, Show};
use crate::auth::management::permission::VIEW_TENANT_USER;
use crate::auth::management::tables::USERS;
use crate::wire::texts::Label;

/// The list of people, also where they are members of a group.
#[rustfmt::skip]
pub const PEOPLE_LIST: List = List {
    api: "/tenants/{1}/users",
    name: &["firstName", "lastName"],
    under: Some("username"),
    columns: (
        Label::Name,
        &[
            worded("status", Label::Status, STATUSES),
            plain("roleName", Label::Role),
            moment("lastLogin", Label::LastSeen),
        ],
    ),
    order: Some("username ASC"),
    is_counted: true,
    search: &[
        Search { property: "email", label: Label::Email, begins: true },
        Search { property: "username", label: Label::Username, begins: true },
        Search { property: "lastName", label: Label::LastName, begins: true },
        Search { property: "firstName", label: Label::FirstName, begins: true },
        Search { property: "id", label: Label::Id, begins: false },
    ],
    choice: Some(&Choice {
        label: Label::Status,
        options: &[
            ("1", Label::Active, "{\"status\":1}"),
            ("0", Label::Registered, "{\"status\":0}"),
            ("2", Label::Disabled, "{\"status\":2}"),
            ("3", Label::PasswordDue, "{\"status\":3}"),
            ("4", Label::Rejected, "{\"status\":4}"),
        ],
    }),
    ..LIST
};

/// People of a tenant.
pub static PEOPLE: Screen = Screen {
    path: "/tenants/{}/users",
    title: Label::People,
    table: &USERS,
    view: &[VIEW_TENANT_USER],
    is_place: true,
    list: PEOPLE_LIST,
    facts: FACTS,
    cards: &[SESSIONS, FACTORS, IDENTITIES, PERMISSIONS],
    lists: &[],
    steps: STEPS,
};

#[rustfmt::skip]
const FACTS: &[Show] = &[
    plain("username", Label::Username),
    plain("email", Label::Email),
    worded("status", Label::Status, STATUSES),
    plain("roleName", Label::Role),
    plain("tenantName", Label::Tenant),
    plain("phone", Label::Phone),
    plain("designation", Label::Designation),
    worded("gender", Label::Gender, GENDERS),
    day("dob", Label::BirthDate),
    plain("locale", Label::Language),
    plain("authClientIds", Label::ClientNumbers),
    moment("lastLogin", Label::LastSeen),
    moment("createdOn", Label::Since),
    plain("id", Label::Id),
];

const SESSIONS: Card = Card {
    title: Label::Sessions,
    list: List {
        api: "/users/{3}/sessions",
        is_whole: true,
        name: &["clientId"],
        columns: (
            Label::App,
            &[
                plain("method", Label::Method),
                moment("createdOn", Label::Since),
                moment("lastUsedOn", Label::LastUsed),
            ],
        ),
        ..LIST
    },
    refers: None,
    step: "end-session",
};

const FACTORS: Card = Card {
    title: Label::Factors,
    list: List {
        api: "/users/{3}/factors",
        is_whole: true,
        under: Some("type"),
        columns: (
            Label::Name,
            &[
                moment("createdOn", Label::Since),
                moment("lastUsedOn", Label::LastUsed),
            ],
        ),
        ..LIST
    },
    refers: None,
    step: "remove-factor",
};

const IDENTITIES: Card = Card {
    title: Label::Identities,
    list: List {
        api: "/users/{3}/identities",
        is_whole: true,
        name: &["provider"],
        under: Some("issuer"),
        columns: (
            Label::Provider,
            &[
                moment("createdOn", Label::Since),
                moment("lastUsedOn", Label::LastUsed),
            ],
        ),
        ..LIST
    },
    refers: None,
    step: "unlink",
};

const PERMISSIONS: Card = Card {
    title: Label::OwnPermissions,
    list: List {
        api: "/user-tenants/{userTenantId}/user-level-permissions",
        name: &["permission"],
        columns: (
            Label::Permission,
            &[worded("allowed", Label::Allowed, TRUTHS)],
        ),
        ..LIST
    },
    refers: None,
    step: "unpermit",
};
