//! Whom a manager writes: nobody writes those who hold more.

use super::access::{self, Manager};
use crate::auth::account::{ADMINISTER, Account};
use crate::auth::management::permission::UPDATE_TENANT_USER;
use crate::auth::table::changes::NewValues;
use crate::error::{Error, ErrorKind};
use crate::store::person_values::PersonValues;

/// What the audit log calls people.
pub const KIND: &str = "user";

/// What people may change of themselves with the restricted permission.
const RESTRICTED: [&str; 8] = [
    "firstName",
    "lastName",
    "middleName",
    "phone",
    "photoUrl",
    "dob",
    "gender",
    "locale",
];

/// Rejects clients that a manager within borders cannot sign in to.
pub(super) fn may_admit(manager: &Manager, values: &PersonValues) -> Result<(), Error> {
    let own = manager.account().map(|account| &account.client_ids);
    let admits = |client| own.is_some_and(|own| own.contains(&client));
    if manager.is_administrator() || values.client_numbers().into_iter().all(admits) {
        Ok(())
    } else {
        Err(ErrorKind::NotAllowed.into())
    }
}

/// Who may write what of whom.
pub(super) fn may_change(
    manager: &Manager,
    target: Option<&Account>,
    id: &str,
    changes: &NewValues,
    values: &PersonValues,
) -> Result<(), Error> {
    if manager.is_administrator() {
        return Ok(());
    }
    if access::may(manager, &[UPDATE_TENANT_USER]).is_err() {
        let is_self = manager.user_id().is_some_and(|own| own.as_str() == id);
        let is_restricted = |property: &str| RESTRICTED.contains(&property);
        let allowed = is_self
            && changes
                .iter()
                .all(|(column, _)| is_restricted(column.property));
        return allowed
            .then_some(())
            .ok_or_else(|| ErrorKind::NotAllowed.into());
    }
    protect(manager, target)?;
    may_admit(manager, values)?;
    let Some(target) = target else { return Ok(()) };
    let is_home = target.default_tenant_id.as_deref() == Some(manager.tenant_id());
    if values.is_account_wide() && !is_home {
        return Err(ErrorKind::NotAllowed.into());
    }
    // Who can read the messages of an account can come into it.
    if values.renames() {
        manager.may_give(target.permissions().iter().map(String::as_str))?;
    }
    Ok(())
}

/// Rejects a write to somebody who may administer everything, by somebody who may not.
pub fn protect(manager: &Manager, target: Option<&Account>) -> Result<(), Error> {
    let is_above = target.is_some_and(|target| target.holds(ADMINISTER));
    if is_above && !manager.is_administrator() {
        return Err(ErrorKind::NotAllowed.into());
    }
    Ok(())
}
