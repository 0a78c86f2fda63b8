//! Requests to providers and their responses as plain data, and what of them may be cached.

pub mod address;
pub mod cache;
pub mod call;
