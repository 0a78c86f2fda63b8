//! The rules: what a client, an account, a password, a token, a session and a one-time secret
//! are, and what is allowed.
//!
//! Plain data in, plain data out: no storage, no clock, no `worker`. Time and stored rows come in
//! as arguments, which is why everything here is tested natively.

pub mod account;
pub mod address;
pub mod assurance;
pub mod attempts;
pub mod audit;
pub mod branding;
pub mod browser;
pub mod caller;
pub mod client;
pub mod data_key;
pub mod factor;
pub mod federation;
pub mod id;
pub mod imported;
pub mod jose;
pub mod json;
pub mod management;
pub mod oauth;
pub mod one_time;
pub mod password;
pub mod pkce;
pub mod profile;
pub mod redirect_url;
pub mod retry;
pub mod secret;
pub mod session;
pub mod sign_in_place;
pub mod table;
pub mod text;
pub mod time;
pub mod token;
pub mod transport;
pub mod webauthn;
