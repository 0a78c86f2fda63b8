//! The steps of a federated sign-in, in their order, and of the sign-out.

pub mod access_token;
pub mod apple_event;
pub mod authorization;
pub mod callback;
pub mod code_exchange;
pub mod introspection;
pub mod logout;
pub mod logout_token;
pub mod redirect;
pub mod start;
pub mod state_cookie;
