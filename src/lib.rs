//! Edgelatch: an authentication service for Cloudflare Workers.
//!
//! Rooms, and doors that open one way:
//!
//! - `auth`, the rules: what a client, an account, a token, a session is, and what is allowed.
//! - `wire`, the formats: how the two families of clients write these things down.
//! - `store`, the SQL: what is asked of D1 and how its answers are read, as plain data.
//! - `edge`, Cloudflare: the fetch event, the routes, D1, KV, outgoing requests. Compiled for wasm32
//!   only, so that the others cannot know it.
//!
//! `config` reads the settings, `error` names every way a request can fail. Start reading at
//! `edge/routes.rs`, where every endpoint is one line; `docs/architecture.md` walks requests through
//! the code.
//!
//! No room is public, so the compiler finds what the worker does not use.

mod auth;
mod config;
mod error;
mod store;
mod wire;

#[cfg(target_arch = "wasm32")]
mod edge;

/// The one door for tests, benchmarks and fuzz targets, which are compiled natively.
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub mod testing {
    pub mod auth {
        pub use crate::auth::*;
    }
    pub mod config {
        pub use crate::config::*;
    }
    pub mod error {
        pub use crate::error::*;
    }
    pub mod store {
        pub use crate::store::*;
    }
    pub mod wire {
        pub use crate::wire::*;
    }
}
