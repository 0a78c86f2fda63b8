//! The one-time password as a credential.

use crate::auth::account::{ADMINISTER, Account};
use crate::auth::data_key::Purpose;
use crate::auth::one_time::{self, Otp};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::otps::ReservedOtp;

/// Whether an OTP opens an account: the right one, of an issuer that reaches the account, which
/// must not be an administrator's.
pub fn opens(
    app: &App,
    otp: &ReservedOtp,
    given: &Secret,
    account: &Account,
) -> Result<bool, Error> {
    let parts = [otp.key.as_str(), given.expose()];
    let right = app
        .config
        .data_keys
        .verify(Purpose::Otp, &parts, &otp.mac)?;
    let reached = otp
        .client_id
        .is_none_or(|client| account.client_ids.contains(&client));
    let administers = account.holds(ADMINISTER);
    Ok(right && otp.is_usable && reached && !administers)
}

/// The key of a folded name's OTP, in D1 and in KV.
pub fn key(name: &str) -> String {
    one_time::key::<Otp>(&Secret::new(name))
}
