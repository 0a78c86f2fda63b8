//! The screens of tenants and of their settings.

use super::plain::{
    DELETE, DELETION, EDIT, LIST, NEW, PATCH, POST, given, hinted, moment, plain, typed, word,
    worded,
};
use super::screen::{Call, Choice, Field, Input, List, Screen, Search, Step, Word};
use crate::auth::management::resource;
use crate::auth::management::tables;
use crate::wire::texts::Label;

const STATUSES: &[Word] = &[
    word("0", Label::Pending, ""),
    word("1", Label::Active, "good"),
    word("2", Label::Disabled, "bad"),
];

const TENANT_FIELDS: &[Field] = &[
    typed("name", Label::Name),
    typed("key", Label::Key),
    given("status", Label::Status, Input::Words(STATUSES)),
    typed("website", Label::Website),
    typed("address", Label::Address),
    typed("city", Label::City),
    typed("state", Label::State),
    typed("zip", Label::Zip),
    typed("country", Label::Country),
];

/// Tenants.
#[rustfmt::skip]
pub static TENANTS: Screen = Screen {
    path: "/tenants",
    title: Label::Tenants,
    table: &tables::TENANTS,
    view: resource::TENANTS.view,
    is_place: true,
    list: List {
        api: "/tenants",
        one: Some("/tenants/{1}"),
        under: Some("key"),
        columns: (Label::Name, &[
            worded("status", Label::Status, STATUSES),
            plain("country", Label::Country),
            moment("createdOn", Label::Since),
        ]),
        order: Some("name ASC"),
        is_counted: true,
        search: &[
            Search { property: "name", label: Label::Name, begins: true },
            Search { property: "key", label: Label::Key, begins: true },
            Search { property: "id", label: Label::Id, begins: false },
        ],
        choice: Some(&Choice { label: Label::Status, options: &[
            ("1", Label::Active, "{\"status\":1}"),
            ("0", Label::Pending, "{\"status\":0}"),
            ("2", Label::Disabled, "{\"status\":2}"),
        ] }),
        ..LIST
    },
    facts: &[
        plain("key", Label::Key),
        worded("status", Label::Status, STATUSES),
        plain("website", Label::Website),
        plain("address", Label::Address),
        plain("city", Label::City),
        plain("state", Label::State),
        plain("zip", Label::Zip),
        plain("country", Label::Country),
        moment("createdOn", Label::Since),
        moment("modifiedOn", Label::Changed),
        plain("id", Label::Id),
    ],
    cards: &[],
    lists: &[
        (Label::People, "users"),
        (Label::Roles, "roles"),
        (Label::Groups, "groups"),
        (Label::Settings, "tenant-configs"),
    ],
    steps: &[
        Step {
            label: Label::NewTenant,
            lead: Label::NewTenantLead,
            may: resource::TENANTS.create,
            fields: TENANT_FIELDS,
            call: Call { path: "/tenants", ..POST },
            ..NEW
        },
        Step {
            may: resource::TENANTS.update,
            fields: TENANT_FIELDS,
            call: Call { path: "/tenants/{1}", ..PATCH },
            ..EDIT
        },
        Step {
            lead: Label::DeleteTenantLead,
            may: resource::TENANTS.delete,
            call: Call { path: "/tenants/{1}", ..DELETE },
            ..DELETION
        },
    ],
};

const SETTING_FIELDS: &[Field] = &[
    typed("configKey", Label::Key),
    hinted("configValue", Label::Value, Label::ValueHint),
];

/// Settings of a tenant.
#[rustfmt::skip]
pub static SETTINGS: Screen = Screen {
    path: "/tenants/{}/tenant-configs",
    title: Label::Settings,
    table: &tables::TENANT_CONFIGS,
    view: resource::TENANT_CONFIGS.view,
    is_place: false,
    list: List {
        api: "/tenants/{1}/tenant-configs",
        name: &["configKey"],
        columns: (Label::Key, &[moment("modifiedOn", Label::Changed)]),
        order: Some("configKey ASC"),
        is_counted: true,
        search: &[Search { property: "configKey", label: Label::Key, begins: true }],
        ..LIST
    },
    facts: &[
        plain("configValue", Label::Value),
        moment("modifiedOn", Label::Changed),
        plain("id", Label::Id),
    ],
    cards: &[],
    lists: &[],
    steps: &[
        Step {
            label: Label::NewSetting,
            lead: Label::NewSettingLead,
            may: resource::TENANT_CONFIGS.create,
            fields: SETTING_FIELDS,
            call: Call { path: "/tenants/{1}/tenant-configs", ..POST },
            ..NEW
        },
        Step {
            may: resource::TENANT_CONFIGS.update,
            fields: SETTING_FIELDS,
            call: Call { path: "/tenants/{1}/tenant-configs", only: Some("{3}"), ..PATCH },
            ..EDIT
        },
        Step {
            lead: Label::DeleteSettingLead,
            may: resource::TENANT_CONFIGS.delete,
            call: Call { path: "/tenants/{1}/tenant-configs", only: Some("{3}"), ..DELETE },
            ..DELETION
        },
    ],
};
