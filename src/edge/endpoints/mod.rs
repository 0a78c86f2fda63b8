//! The endpoints: decode, call a flow or a store, encode. Nothing else.

pub mod login;
pub mod logout;
pub mod well_known;
