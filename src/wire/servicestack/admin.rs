//! The DTOs by which administrators manage people: what they are called, and how.

/// A DTO of administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminDto {
    /// A page of people.
    QueryUsers,
    /// One of them.
    GetUser,
    /// Creates one.
    CreateUser,
    /// Changes one.
    UpdateUser,
    /// Lets one go.
    DeleteUser,
    /// The roles that there are.
    GetRoles,
}

impl AdminDto {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::QueryUsers,
        Self::GetUser,
        Self::CreateUser,
        Self::UpdateUser,
        Self::DeleteUser,
        Self::GetRoles,
    ];

    /// Its name, as it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueryUsers => "AdminQueryUsers",
            Self::GetUser => "AdminGetUser",
            Self::CreateUser => "AdminCreateUser",
            Self::UpdateUser => "AdminUpdateUser",
            Self::DeleteUser => "AdminDeleteUser",
            Self::GetRoles => "AdminGetRoles",
        }
    }

    /// The name of what is answered.
    pub const fn response(self) -> &'static str {
        match self {
            Self::QueryUsers => "AdminUsersResponse",
            Self::GetUser | Self::CreateUser | Self::UpdateUser => "AdminUserResponse",
            Self::DeleteUser => "AdminDeleteUserResponse",
            Self::GetRoles => "AdminGetRolesResponse",
        }
    }

    /// The methods that it is called with. Older clients send everything by POST.
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            Self::QueryUsers | Self::GetUser | Self::GetRoles => &["GET", "HEAD", "POST"],
            Self::CreateUser => &["POST"],
            Self::UpdateUser => &["POST", "PUT", "PATCH"],
            Self::DeleteUser => &["POST", "DELETE"],
        }
    }
}
