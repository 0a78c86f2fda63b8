//! The endpoints: decode, call a flow or a store, encode. Nothing else.

pub mod account;
mod client_body;
pub mod client_branding;
pub mod client_oauth;
mod codes;
pub mod factors;
pub mod login;
pub mod logout;
pub mod management;
pub mod moving_out;
pub mod oauth;
pub mod otp_caches;
pub mod pages;
pub mod password;
pub mod provider_redirect;
pub mod servicestack;
pub mod sign_up;
pub mod social;
pub mod tokens;
pub mod well_known;
