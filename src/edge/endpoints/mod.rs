//! The endpoints: decode, call a flow or a store, encode. Nothing else.

pub mod dev_mailbox;
pub mod login;
pub mod logout;
pub mod management;
pub mod moving_out;
pub mod otp_caches;
pub mod password;
pub mod servicestack;
pub mod sign_up;
pub mod social;
pub mod tokens;
pub mod well_known;
