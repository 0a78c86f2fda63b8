//! SQL and keys, beside the functions that use them.

pub mod accounts;
pub mod activity;
pub mod attempts;
pub mod auth_clients;
pub mod clients;
pub mod codes;
pub mod db;
pub mod hourly_counts;
pub mod identities;
pub mod kv;
pub mod messages;
pub mod meter;
pub mod one_time;
pub mod otps;
pub mod passwords;
pub mod provider_logouts;
pub mod refreshes;
pub mod sessions;
pub mod sign_ins;
pub mod sign_ups;
pub mod sweep;
