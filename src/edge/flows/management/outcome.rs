//! What D1's constraints mean to whoever writes.

use crate::error::{Error, ErrorKind};
use crate::store::borders::NO_ADMINISTRATOR_LEFT;
use crate::store::clients;

/// The refusal of a batch that a constraint undid.
pub fn of_constraint(error: Error) -> Error {
    const UNIQUE: [(&str, ErrorKind); 5] = [
        (clients::NAME_TAKEN, ErrorKind::Conflict("clientId")),
        (
            "UNIQUE constraint failed: tenants.key",
            ErrorKind::Conflict("key"),
        ),
        (
            "UNIQUE constraint failed: tenant_configs",
            ErrorKind::Conflict("tenantId, configKey"),
        ),
        (
            "UNIQUE constraint failed: user_groups",
            ErrorKind::Conflict("groupId, userTenantId"),
        ),
        ("UNIQUE constraint failed: users", ErrorKind::Exists("User")),
    ];
    let ErrorKind::Unavailable(text) = error.kind() else {
        return error;
    };
    if text.contains(NO_ADMINISTRATOR_LEFT) {
        return ErrorKind::InUse("The last administrator stays").into();
    }
    let found = UNIQUE.into_iter().find(|(part, _)| text.contains(part));
    found.map_or(error, |(_, meaning)| meaning.into())
}
