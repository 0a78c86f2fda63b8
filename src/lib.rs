//! Edgelatch: an authentication service for Cloudflare Workers.
//!
//! Three rooms, and doors that open one way:
//!
//! - [`auth`], the rules: what a client, an account, a token, a session is, and what is allowed.
//! - [`wire`], the formats: how the two families of clients write these things down.
//! - `edge`, Cloudflare: the fetch event, the routes, D1, KV, outgoing requests. Compiled for wasm32
//!   only, so that the other two cannot know it.
//!
//! [`config`] reads the settings, [`error`] names every way a request can fail. Start reading at
//! `edge/routes.rs`, where every endpoint is one line; `docs/architecture.md` walks three requests.

pub mod auth;
pub mod config;
pub mod error;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod edge;
