//! The files of `src/edge/store`, over [`db`].

pub mod db;

#[path = "../../../../src/edge/store/accounts.rs"]
pub mod accounts;
#[path = "../../../../src/edge/store/activity.rs"]
pub mod activity;
#[path = "../../../../src/edge/store/attempts.rs"]
pub mod attempts;
#[path = "../../../../src/edge/store/auth_clients.rs"]
pub mod auth_clients;
#[path = "../../../../src/edge/store/clients.rs"]
pub mod clients;
#[path = "../../../../src/edge/store/codes.rs"]
pub mod codes;
#[path = "../../../../src/edge/store/identities.rs"]
pub mod identities;
#[path = "../../../../src/edge/store/one_time.rs"]
pub mod one_time;
#[path = "../../../../src/edge/store/otps.rs"]
pub mod otps;
#[path = "../../../../src/edge/store/passwords.rs"]
pub mod passwords;
#[path = "../../../../src/edge/store/provider_logouts.rs"]
pub mod provider_logouts;
#[path = "../../../../src/edge/store/refreshes.rs"]
pub mod refreshes;
#[path = "../../../../src/edge/store/sessions.rs"]
pub mod sessions;
#[path = "../../../../src/edge/store/sign_ins.rs"]
pub mod sign_ins;
#[path = "../../../../src/edge/store/sign_ups.rs"]
pub mod sign_ups;
#[path = "../../../../src/edge/store/sweep.rs"]
pub mod sweep;
