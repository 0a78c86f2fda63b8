//! The screens of roles and groups.

use super::people::PEOPLE_LIST;
use super::people_words::TRUTHS;
use super::plain::{
    DANGER, DELETE, DELETION, EDIT, LIST, NEW, PATCH, POST, hinted, moment, plain, typed, worded,
};
use super::screen::{Call, Card, Field, List, Screen, Search, Step, To};
use crate::auth::management::resource;
use crate::auth::management::tables;
use crate::wire::texts::Label;

const ROLE_FIELDS: &[Field] = &[
    typed("name", Label::Name),
    typed("description", Label::Description),
    hinted("permissions", Label::Permissions, Label::PermissionsHint),
    hinted("includes", Label::Includes, Label::IncludesHint),
    hinted("allowedClients", Label::AllowedApps, Label::AllowedAppsHint),
    typed("requireMfa", Label::SecondStep),
];

/// Roles of a tenant.
#[rustfmt::skip]
pub static ROLES: Screen = Screen {
    path: "/tenants/{}/roles",
    title: Label::Roles,
    table: &tables::ROLES,
    view: resource::ROLES.view,
    is_place: true,
    list: List {
        api: "/tenants/{1}/roles",
        under: Some("description"),
        columns: (Label::Name, &[
            plain("permissions", Label::Permissions),
            worded("requireMfa", Label::SecondStep, TRUTHS),
        ]),
        order: Some("name ASC"),
        is_counted: true,
        search: &[Search { property: "name", label: Label::Name, begins: true }],
        ..LIST
    },
    facts: &[
        plain("description", Label::Description),
        plain("permissions", Label::Permissions),
        plain("includes", Label::Includes),
        plain("allowedClients", Label::AllowedApps),
        worded("requireMfa", Label::SecondStep, TRUTHS),
        moment("modifiedOn", Label::Changed),
        plain("id", Label::Id),
    ],
    cards: &[],
    lists: &[],
    steps: &[
        Step {
            label: Label::NewRole,
            lead: Label::NewRoleLead,
            may: resource::ROLES.create,
            fields: ROLE_FIELDS,
            call: Call { path: "/tenants/{1}/roles", ..POST },
            ..NEW
        },
        Step {
            may: resource::ROLES.update,
            fields: ROLE_FIELDS,
            call: Call { path: "/tenants/{1}/roles", only: Some("{3}"), ..PATCH },
            ..EDIT
        },
        Step {
            lead: Label::DeleteRoleLead,
            may: resource::ROLES.delete,
            call: Call { path: "/tenants/{1}/roles/{3}", ..DELETE },
            ..DELETION
        },
    ],
};

const GROUP_FIELDS: &[Field] = &[
    typed("name", Label::Name),
    typed("description", Label::Description),
];

/// Groups of a tenant.
#[rustfmt::skip]
pub static GROUPS: Screen = Screen {
    path: "/tenants/{}/groups",
    title: Label::Groups,
    table: &tables::GROUPS,
    view: resource::GROUPS.view,
    is_place: true,
    list: List {
        api: "/tenants/{1}/groups",
        under: Some("description"),
        columns: (Label::Name, &[moment("modifiedOn", Label::Changed)]),
        order: Some("name ASC"),
        is_counted: true,
        search: &[Search { property: "name", label: Label::Name, begins: true }],
        ..LIST
    },
    facts: &[
        plain("description", Label::Description),
        moment("createdOn", Label::Since),
        plain("id", Label::Id),
    ],
    cards: &[Card {
        title: Label::Members,
        list: List { api: "/groups/{3}/user", order: None, is_counted: true, ..PEOPLE_LIST },
        refers: Some(("userTenantId", "/tenants/{1}/users")),
        step: "leave",
    }],
    lists: &[],
    steps: &[
        Step {
            label: Label::NewGroup,
            lead: Label::NewGroupLead,
            may: resource::GROUPS.create,
            fields: GROUP_FIELDS,
            call: Call { path: "/tenants/{1}/groups", ..POST },
            ..NEW
        },
        Step {
            may: resource::GROUPS.update,
            fields: GROUP_FIELDS,
            call: Call { path: "/tenants/{1}/groups", only: Some("{3}"), ..PATCH },
            ..EDIT
        },
        Step {
            name: "leave",
            to: To::Item,
            label: Label::Leave,
            lead: Label::LeaveLead,
            may: resource::USER_GROUPS.delete,
            call: Call { path: "/groups/{3}/user/{item}", ..DELETE },
            ..DANGER
        },
        Step {
            lead: Label::DeleteGroupLead,
            may: resource::GROUPS.delete,
            call: Call { path: "/tenants/{1}/groups/{3}", ..DELETE },
            ..DELETION
        },
    ],
};
