//! All texts, language by language.

use super::account::Account;
use super::common::Common;
use super::consent::Consent;
use super::factors::Factors;
use super::failure::Failure;
use super::mail::Mail;
use super::notice::Notices;
use super::password::Password;
use super::profile::Profile;
use super::sessions::Sessions;
use super::sign_in::SignIn;
use super::sign_up::SignUp;
use super::start::Start;
use super::{
    account, common, consent, factors, failure, mail, notice, password, profile, sessions, sign_in,
    sign_up, start,
};

/// All texts of one language.
#[derive(Debug)]
pub struct Texts {
    /// On every page.
    pub common: Common,
    /// Signing in and out.
    pub sign_in: SignIn,
    /// Signing up.
    pub sign_up: SignUp,
    /// Forgotten, new and changed passwords.
    pub password: Password,
    /// The frame of the account pages, and their small parts.
    pub account: Account,
    /// Passkeys, authenticator apps, recovery codes.
    pub factors: Factors,
    /// Profile and address.
    pub profile: Profile,
    /// Devices, linked accounts, activity.
    pub sessions: Sessions,
    /// What an app asks for.
    pub consent: Consent,
    /// What has just been done.
    pub notices: Notices,
    /// What went wrong.
    pub failure: Failure,
    /// Messages to users.
    pub mail: Mail,
    /// The start page of a development machine, and its mailbox.
    pub start: Start,
}

/// English.
pub static EN: Texts = Texts {
    common: common::EN,
    sign_in: sign_in::EN,
    sign_up: sign_up::EN,
    password: password::EN,
    account: account::EN,
    factors: factors::EN,
    profile: profile::EN,
    sessions: sessions::EN,
    consent: consent::EN,
    notices: notice::EN,
    failure: failure::EN,
    mail: mail::EN,
    start: start::EN,
};

/// German.
pub static DE: Texts = Texts {
    common: common::DE,
    sign_in: sign_in::DE,
    sign_up: sign_up::DE,
    password: password::DE,
    account: account::DE,
    factors: factors::DE,
    profile: profile::DE,
    sessions: sessions::DE,
    consent: consent::DE,
    notices: notice::DE,
    failure: failure::DE,
    mail: mail::DE,
    start: start::DE,
};
