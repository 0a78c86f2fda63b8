//! `COMPATIBILITY`: behaviours of the original services that are off unless named.

use super::reader::{SettingsReader, wrong};
use crate::error::Error;

/// The behaviours of the original services that a deployment may bring back, all unsafe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompatFlags {
    /// `open-otp-caches`: `/otp-caches` without authentication.
    pub open_otp_caches: bool,
    /// `change-password-without-old`: ordinary users need not give the old password.
    pub change_password_without_old: bool,
    /// `plain-bearer`: any JWT with our signature and issuer is an access token.
    pub plain_bearer: bool,
    /// `nothing-is-404`: unknown paths and wrong methods are 403.
    pub nothing_is_404: bool,
    /// `short-jwt-secret`: a `JWT_SECRET` under 32 bytes.
    pub short_jwt_secret: bool,
    /// `otp-without-password`: a username and an authenticator's code finish a sign-in that waits.
    pub otp_without_password: bool,
}

impl<F: Fn(&str) -> Option<String>> SettingsReader<F> {
    pub(super) fn compatibility(&self) -> Result<CompatFlags, Error> {
        let mut compatibility = CompatFlags::default();
        if self.text("LEGACY_HABITS").is_some() {
            return Err(wrong("LEGACY_HABITS", "is now called COMPATIBILITY"));
        }
        for name in self.list("COMPATIBILITY") {
            *(match name.as_str() {
                "open-otp-caches" => &mut compatibility.open_otp_caches,
                "change-password-without-old" => &mut compatibility.change_password_without_old,
                "plain-bearer" => &mut compatibility.plain_bearer,
                "nothing-is-404" => &mut compatibility.nothing_is_404,
                "short-jwt-secret" => &mut compatibility.short_jwt_secret,
                "otp-without-password" => &mut compatibility.otp_without_password,
                _ => return Err(wrong("COMPATIBILITY", "names a flag that does not exist")),
            }) = true;
        }
        Ok(compatibility)
    }
}
