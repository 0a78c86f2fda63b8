//! The formats: how callers write what they want and how answers are written back.
//!
//! No storage, no clock, no `worker`.

pub mod basic;
pub mod cookies;
pub mod cors;
pub mod document;
pub mod incoming;
pub mod loopback;
pub mod message;
pub mod oauth;
#[cfg(not(target_arch = "wasm32"))]
pub mod openapi;
pub mod pages;
pub mod reply;
pub mod servicestack;
pub mod texts;
pub mod webhook;
