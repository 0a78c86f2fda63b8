//! SQL as plain data: what is asked of D1, and how its answers are read.
//!
//! A [`Query`] is one statement with its values and the way its answer is read; a [`Batch`] is any
//! tuple, `Vec` or `Option` of them, and batches nest. `edge::d1` runs one as a transaction in one
//! round trip and hands back a value of the same shape, so that no answer is read by its number.
//! Nothing here knows D1: every statement is tested natively, on SQLite with the real migrations
//! (`tests/storage`).

mod assurance;
mod batch;
mod query;
mod row;
mod value;

// First, since the others use the macro `client_columns!`.
#[macro_use]
pub mod clients;

pub mod accounts;
pub mod active_users;
pub mod activity;
pub mod attempts;
pub mod authenticator_apps;
pub mod belongings;
pub mod borders;
pub mod branding;
pub mod browser_steps;
pub mod browsers;
pub mod clause;
pub mod client_registrations;
pub mod codes;
pub mod consents;
pub mod device_codes;
pub mod device_polls;
pub mod effects;
pub mod email_changes;
pub mod ended_session;
pub mod erasure;
pub mod exports;
pub mod factor_proofs;
pub mod factors;
pub mod grant_codes;
pub mod grant_opening;
pub mod grant_redemption;
pub mod grant_refresh;
pub mod grants;
pub mod groups;
pub mod hourly_counts;
pub mod identities;
pub mod import_names;
pub mod import_rows;
pub mod imports;
pub mod known_devices;
pub mod links;
pub mod logout_notices;
pub mod managed_factors;
pub mod members;
pub mod messages;
pub mod new_codes;
pub mod oauth_clients;
pub mod one_uses;
pub mod otps;
pub mod outbox;
pub mod own_account;
pub mod own_identities;
pub mod own_sessions;
pub mod passkeys;
pub mod passwords;
pub mod pending;
pub mod pending_step;
pub mod people;
pub mod person_extras;
pub mod person_values;
pub mod predicate;
mod proof_context;
pub mod provider_logouts;
pub mod pushed_requests;
pub mod records;
pub mod recovery_codes;
pub mod refresh_tokens;
pub mod revocations;
pub mod roles;
pub mod second_steps;
pub mod sessions;
pub mod sign_ups;
pub mod signed_in;
pub mod sweep;
pub mod trusted_devices;
pub mod users;

pub use batch::Batch;
pub(crate) use query::sql;
pub use query::{Query, Statement};
pub use row::Rows;
pub use value::Value;

/// Whether the database answers at all.
pub fn probe() -> Query<()> {
    sql!("select 1").run()
}
