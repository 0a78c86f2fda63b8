//! What can be done to people.

use super::people_words::GENDERS;
use super::plain::{DANGER, DELETE, EDIT, NEW, PATCH, POST, STEP, given, hinted, typed};
use super::screen::{Call, Field, Input, Step, To};
use crate::auth::management::permission::{
    CREATE_TENANT_USER, CREATE_USER_GROUP, CREATE_USER_PERMISSIONS, CREATE_USER_TENANT,
    DELETE_TENANT_USER, DELETE_USER_TENANT, UPDATE_TENANT_USER,
};
use crate::wire::texts::Label;

const ROLE: Field = given("roleId", Label::Role, Input::Row("/tenants/{1}/roles"));
const CLIENTS: Field = hinted(
    "authClientIds",
    Label::ClientNumbers,
    Label::ClientNumbersHint,
);

const CHANGE: Call = Call {
    path: "/tenants/{1}/users/{3}",
    ..PATCH
};

/// Everything that can be done.
#[rustfmt::skip]
pub const STEPS: &[Step] = &[
    Step {
        label: Label::Invite,
        lead: Label::InviteLead,
        may: &[CREATE_TENANT_USER],
        fields: &[
            typed("firstName", Label::FirstName),
            typed("lastName", Label::LastName),
            typed("username", Label::Username),
            typed("email", Label::Email),
            ROLE,
            typed("locale", Label::Language),
            CLIENTS,
        ],
        call: Call { path: "/tenants/{1}/users", ..POST },
        ..NEW
    },
    Step {
        may: &[UPDATE_TENANT_USER],
        fields: &[
            typed("firstName", Label::FirstName),
            typed("middleName", Label::MiddleName),
            typed("lastName", Label::LastName),
            typed("username", Label::Username),
            typed("email", Label::Email),
            typed("phone", Label::Phone),
            typed("designation", Label::Designation),
            given("gender", Label::Gender, Input::Words(GENDERS)),
            typed("dob", Label::BirthDate),
            typed("locale", Label::Language),
            ROLE,
            CLIENTS,
        ],
        call: CHANGE,
        ..EDIT
    },
    Step {
        name: "disable",
        label: Label::Disable,
        lead: Label::DisableLead,
        may: &[UPDATE_TENANT_USER],
        when: Some(("status", &["0", "1", "3"])),
        call: Call { always: &[("status", "2")], ..CHANGE },
        ..DANGER
    },
    Step {
        name: "enable",
        label: Label::Enable,
        lead: Label::EnableLead,
        may: &[UPDATE_TENANT_USER],
        when: Some(("status", &["0", "2", "4"])),
        call: Call { always: &[("status", "1")], ..CHANGE },
        ..STEP
    },
    Step {
        name: "invite",
        label: Label::SendInvitation,
        lead: Label::SendInvitationLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/invite", ..POST },
        ..STEP
    },
    Step {
        name: "reset-link",
        label: Label::SendReset,
        lead: Label::SendResetLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/reset-link", ..POST },
        ..STEP
    },
    Step {
        name: "re-enrol",
        label: Label::ReEnrol,
        lead: Label::ReEnrolLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/re-enrol-link", ..POST },
        ..STEP
    },
    Step {
        name: "join",
        label: Label::Join,
        lead: Label::JoinLead,
        may: &[CREATE_USER_GROUP],
        fields: &[given("groupId", Label::Group, Input::Row("/tenants/{1}/groups"))],
        call: Call { path: "/groups/{groupId}/user", copied: &["userTenantId"], ..POST },
        ..STEP
    },
    Step {
        name: "permit",
        label: Label::Permit,
        lead: Label::PermitLead,
        may: &[CREATE_USER_TENANT, CREATE_USER_PERMISSIONS],
        fields: &[
            typed("permission", Label::Permission),
            given("allowed", Label::Allowed, Input::Flag),
        ],
        call: Call { path: "/user-tenants/{userTenantId}/user-level-permissions", ..POST },
        ..STEP
    },
    Step {
        name: "unpermit",
        to: To::Item,
        label: Label::Unpermit,
        lead: Label::UnpermitLead,
        may: &[DELETE_USER_TENANT],
        call: Call {
            path: "/user-tenants/{userTenantId}/user-level-permissions",
            only: Some("{item}"),
            ..DELETE
        },
        ..DANGER
    },
    Step {
        name: "end-session",
        to: To::Item,
        label: Label::EndSession,
        lead: Label::EndSessionLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/sessions/{item}", ..DELETE },
        ..DANGER
    },
    Step {
        name: "remove-factor",
        to: To::Item,
        label: Label::RemoveFactor,
        lead: Label::RemoveFactorLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/factors/{item}", ..DELETE },
        ..DANGER
    },
    Step {
        name: "unlink",
        to: To::Item,
        label: Label::Unlink,
        lead: Label::UnlinkLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/identities/{item}", ..DELETE },
        ..DANGER
    },
    Step {
        name: "end-sessions",
        label: Label::EndSessions,
        lead: Label::EndSessionsLead,
        may: &[UPDATE_TENANT_USER],
        call: Call { path: "/users/{3}/sessions", ..DELETE },
        ..DANGER
    },
    Step {
        name: "remove",
        to: To::RowAway,
        label: Label::Remove,
        lead: Label::RemoveLead,
        may: &[DELETE_TENANT_USER],
        call: Call { path: "/tenants/{1}/users/{3}", ..DELETE },
        ..DANGER
    },
    Step {
        name: "erase",
        to: To::RowAway,
        label: Label::Erase,
        lead: Label::EraseLead,
        call: Call { path: "/users/{3}/erase", ..POST },
        ..DANGER
    },
];
