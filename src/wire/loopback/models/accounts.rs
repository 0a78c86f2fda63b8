//! Bodies of what accounts do: sign up, set passwords, get one-time passwords.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::validate::ValueKind::{self, String as Text};
use super::super::validate::{Field, Model};
use super::profile::read_profile;
use crate::auth::address::{is_address, normalise};
use crate::auth::id::ClientId;
use crate::auth::profile::Profile;
use crate::auth::secret::Secret;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;

/// `ResetPasswordPartial`, the body of change-password.
pub const CHANGE_PASSWORD_REQUEST: Model = Model {
    fields: &[
        Field::optional("refreshToken", Text),
        Field::optional("username", Text),
        Field::optional("password", Text),
        Field::optional("oldPassword", Text),
    ],
    closed: true,
};

/// `ForgetPasswordDto`.
pub const FORGET_PASSWORD_REQUEST: Model = Model {
    fields: &[
        Field::required("username", Text),
        Field::required("client_id", Text),
        Field::required("client_secret", Text),
    ],
    closed: true,
};

/// `ResetPasswordWithClient`.
pub const RESET_PASSWORD_REQUEST: Model = Model {
    fields: &[
        Field::required("token", Text),
        Field::required("password", Text),
        Field::required("client_id", Text),
        Field::required("client_secret", Text),
    ],
    closed: true,
};

/// `SignupRequestDto`.
pub const SIGN_UP_REQUEST: Model = Model {
    fields: &[
        Field::required("email", Text),
        Field::optional("data", ValueKind::Object),
    ],
    closed: true,
};

/// `LocalUserProfileDto`: the one open model.
pub const CREATE_USER_REQUEST: Model = Model {
    fields: &[
        Field::required("email", Text),
        Field::required("password", Text),
    ],
    closed: false,
};

/// `Otp`.
pub const OTP: Model = Model {
    fields: &[
        Field::required("otp", Text),
        Field::required("username", Text),
    ],
    closed: true,
};

/// Body of `PATCH /auth/change-password`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangePasswordRequest {
    /// Must be of the bearer's session.
    pub refresh_token: Secret,
    /// Must be the bearer's.
    pub username: String,
    /// The new password.
    pub password: Secret,
    /// The present one.
    pub old_password: Secret,
}

/// Body of `POST /auth/forget-password`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ForgetPasswordRequest {
    /// Username or e-mail address.
    pub username: String,
    /// The client's public name.
    pub client_id: ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<Secret>,
}

/// Body of `PATCH /auth/reset-password`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ResetPasswordRequest {
    /// What the link carries.
    pub token: Secret,
    /// The new password.
    pub password: Secret,
    /// The client's public name.
    pub client_id: ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<Secret>,
}

/// Body of `POST /auth/sign-up/create-token`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SignUpRequest {
    /// Where the invitation goes.
    pub email: String,
    /// A profile, as in [`Profile`].
    pub data: Map<String, Value>,
}

impl SignUpRequest {
    /// The profile, once the address can be written to.
    pub fn profile(&self) -> Result<Profile, LoopbackFailure> {
        let mut details = Vec::new();
        if !is_address(&normalise(&self.email)) {
            details.push(Detail::wrong_format("/email", "email"));
        }
        match read_profile(&self.data, "/data") {
            Ok(profile) if details.is_empty() => return Ok(profile),
            Ok(_) => {}
            Err(more) => details.extend(more),
        }
        Err(LoopbackFailure::InvalidBody(details))
    }
}

/// Body of `POST /auth/sign-up/create-user`; its other properties may be of the profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct CreateUserRequest {
    /// The invited address.
    pub email: String,
    /// The password to be.
    pub password: Secret,
    /// The rest of the body.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// More characters than any username has.
const LONGEST_USERNAME: usize = 254;

/// Body of `POST /otp-caches`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OtpRequest {
    /// The one-time password.
    pub otp: Secret,
    /// Whose.
    pub username: String,
}

impl OtpRequest {
    /// Refuses an OTP of fewer than 6 or more than 64 characters, and an empty username.
    pub fn check(&self) -> Result<(), LoopbackFailure> {
        let mut details = Vec::new();
        match self.otp.expose().chars().count() {
            0..6 => details.push(Detail::too_short("/otp", 6)),
            6..=64 => {}
            _ => details.push(Detail::too_long("/otp", 64)),
        }
        if self.username.trim().is_empty() {
            details.push(Detail::too_short("/username", 1));
        } else if self.username.chars().count() > LONGEST_USERNAME {
            details.push(Detail::too_long("/username", LONGEST_USERNAME));
        }
        if details.is_empty() {
            Ok(())
        } else {
            Err(LoopbackFailure::InvalidBody(details))
        }
    }
}

/// The body of `POST /auth/me/email`.
pub const EMAIL_REQUEST: Model = Model {
    fields: &[Field::required("email", Text)],
    closed: true,
};

/// See [`EMAIL_REQUEST`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EmailRequest {
    /// The new address.
    pub email: String,
}
