//! What proves a user.

use crate::auth::browser::LiveBrowser;
use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::factor::kind::Method;
use crate::auth::factor::proof::FactorProof;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::{BrowserId, FactorId};
use crate::auth::secret::Secret;
use crate::error::Error;
use crate::store::otps::ReservedOtp;

/// What authenticated a user.
pub enum Proof {
    /// The password. An OTP that was held ready for it gets its try back.
    Password {
        /// The OTP that was not needed.
        unused: Option<ReservedOtp>,
    },
    /// An OTP, which the session or code that it opens must consume first.
    Otp(ReservedOtp),
    /// The browser in which the user is signed in at our pages (single sign-on).
    Browser(Box<LiveBrowser>),
    /// A passkey, which the session or code that it opens must spend first.
    Passkey(Box<FactorProof>),
    /// A provider.
    Federated {
        /// The profile that it gave.
        profile: Box<ExternalProfile>,
        /// What ends the session there, if it gave that.
        refresh_token: Option<Secret>,
    },
}

impl Proof {
    /// The provider's refresh token, if there is one.
    pub fn provider_token(&self, keys: &DataKeys) -> Result<Option<Secret>, Error> {
        match self {
            Self::Federated { refresh_token, .. } => Ok(refresh_token.clone()),
            Self::Browser(browser) => {
                let Some(sealed) = &browser.provider_token else {
                    return Ok(None);
                };
                let token = keys.open(Purpose::ProviderToken, browser.id.as_str(), sealed)?;
                Ok(token.map(Secret::new))
            }
            Self::Password { .. } | Self::Otp(_) | Self::Passkey(_) => Ok(None),
        }
    }

    /// The signed-in browser that it is.
    pub fn browser(&self) -> Option<&BrowserId> {
        match self {
            Self::Browser(browser) => Some(&browser.id),
            _ => None,
        }
    }

    /// The session at the provider, if it named one.
    pub fn provider_session(&self) -> Option<&str> {
        match self {
            Self::Federated { profile, .. } => profile.session.as_deref(),
            Self::Browser(browser) => browser.provider_session.as_deref(),
            Self::Password { .. } | Self::Otp(_) | Self::Passkey(_) => None,
        }
    }

    /// The factor, which what rests on the proof ends with.
    pub fn factor(&self) -> Option<&FactorId> {
        match self {
            Self::Passkey(proof) => proof.factor(),
            Self::Browser(browser) => browser.factor.as_ref(),
            Self::Password { .. } | Self::Otp(_) | Self::Federated { .. } => None,
        }
    }

    /// The name that is stored with a session.
    pub fn method(&self) -> &str {
        match self {
            Self::Password { .. } => "password",
            Self::Otp(_) => "otp",
            Self::Passkey(_) => Method::Passkey.name(),
            Self::Browser(browser) => &browser.method,
            Self::Federated { profile, .. } => profile.provider.name(),
        }
    }
}
