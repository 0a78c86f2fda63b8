//! The permissions of ARC's user-tenant-service, by their names and by the numbers that it gives them.

use crate::auth::account::ADMINISTER;

/// A permission that a role or a member may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// The name.
    pub name: &'static str,
    /// The number as text, where it has one; a role may hold either.
    pub number: Option<&'static str>,
}

const fn numbered(name: &'static str, number: &'static str) -> Permission {
    Permission {
        name,
        number: Some(number),
    }
}

const fn named(name: &'static str) -> Permission {
    Permission { name, number: None }
}

macro_rules! permissions {
    ($($name:ident = $make:expr;)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: Permission = $make;
        )+
    };
}

permissions! {
    CREATE_USER_GROUP = numbered("CreateUserGroup", "1");
    VIEW_USER_GROUP_LIST = numbered("ViewUserGroupList", "2");
    VIEW_ROLES = numbered("ViewRoles", "6");
    CREATE_ROLES = numbered("CreateRoles", "8");
    UPDATE_ROLES = numbered("UpdateRoles", "9");
    DELETE_ROLES = numbered("DeleteRoles", "10");
    VIEW_TENANT_USER = numbered("ViewTenantUser", "12");
    CREATE_TENANT_USER = numbered("CreateTenantUser", "13");
    UPDATE_TENANT_USER = numbered("UpdateTenantUser", "14");
    DELETE_TENANT_USER = numbered("DeleteTenantUser", "15");
    CREATE_TENANT = numbered("CreateTenant", "16");
    VIEW_TENANT = numbered("ViewTenant", "17");
    UPDATE_TENANT = numbered("UpdateTenant", "18");
    DELETE_TENANT = numbered("DeleteTenant", "19");
    REMOVE_MEMBER_FROM_USER_GROUP = numbered("RemoveMemberFromUserGroup", "22");
    CREATE_MULTIPLE_USER_GROUP = numbered("CreateMultipleUserGroup", "31");
    CREATE_GROUP = numbered("CreateGroup", "32");
    UPDATE_GROUP = numbered("UpdateGroup", "34");
    DELETE_GROUP = numbered("DeleteGroup", "35");
    VIEW_GROUP_LIST = named("ViewGroupList");
    UPDATE_TENANT_USER_RESTRICTED = named("UpdateTenantUserRestricted");
    CREATE_USER_TENANT = named("CreateUserTenant");
    VIEW_USER_TENANT = named("ViewUserTenant");
    UPDATE_USER_TENANT = named("UpdateUserTenant");
    DELETE_USER_TENANT = named("DeleteUserTenant");
    CREATE_USER_PERMISSIONS = named("CreateUserPermissions");
    UPDATE_USER_PERMISSIONS = named("UpdateUserPermissions");
    VIEW_ALL_TENANT_OF_SELF = named("ViewAllTenantOfSelf");
    VIEW_LOGIN_ACTIVITY = named("ViewLoginActivity");
    NOT_ALLOWED = named(ADMINISTER);
}

impl Permission {
    /// Whether it is among those that are held; who may administer holds all.
    pub fn is_held(self, held: &[String]) -> bool {
        held.iter().any(|text| {
            text == self.name
                || text == ADMINISTER
                || self.number.is_some_and(|number| text == number)
        })
    }
}

/// The first of some permissions that a giver does not hold; nobody gives one of those. Who may
/// administer gives any.
pub fn not_held<'a>(given: impl IntoIterator<Item = &'a str>, held: &[String]) -> Option<&'a str> {
    if held.iter().any(|text| text == ADMINISTER) {
        return None;
    }
    given
        .into_iter()
        .find(|given| !held.iter().any(|text| text == given))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_permission_is_held_by_name_by_number_or_by_whoever_may_administer() {
        for held in [&["ViewTenantUser"][..], &["x", "12"], &["NotAllowed"]] {
            assert!(VIEW_TENANT_USER.is_held(&texts(held)), "{held:?}");
        }
        for held in [&[][..], &["1"], &["viewtenantuser"], &["ViewTenant"], &[""]] {
            assert!(!VIEW_TENANT_USER.is_held(&texts(held)), "{held:?}");
        }
        assert!(!VIEW_GROUP_LIST.is_held(&texts(&["", "null"])));
    }

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let held = texts(&["ViewTenantUser", "Own"]);
        assert_eq!(not_held(["Own"], &held), None);
        assert_eq!(not_held(["Own", "NotAllowed"], &held), Some("NotAllowed"));
        assert_eq!(not_held(["12"], &held), Some("12"));
        assert_eq!(not_held(["12", "x"], &texts(&["NotAllowed"])), None);
    }
}
