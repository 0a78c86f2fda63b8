//! What D1's constraints mean to whoever writes.

use crate::error::Error;
use crate::store::borders::NO_ADMINISTRATOR_LEFT;
use crate::store::clients;

/// The refusal of a batch that a constraint undid.
pub fn of_constraint(error: Error) -> Error {
    const UNIQUE: [(&str, Error); 5] = [
        (clients::NAME_TAKEN, Error::Conflict("clientId")),
        (
            "UNIQUE constraint failed: tenants.key",
            Error::Conflict("key"),
        ),
        (
            "UNIQUE constraint failed: tenant_configs",
            Error::Conflict("tenantId, configKey"),
        ),
        (
            "UNIQUE constraint failed: user_groups",
            Error::Conflict("groupId, userTenantId"),
        ),
        ("UNIQUE constraint failed: users", Error::Exists("User")),
    ];
    let Error::Unavailable(text) = &error else {
        return error;
    };
    if text.contains(NO_ADMINISTRATOR_LEFT) {
        return Error::InUse("The last administrator stays");
    }
    let found = UNIQUE.into_iter().find(|(part, _)| text.contains(part));
    found.map_or(error, |(_, meaning)| meaning)
}
