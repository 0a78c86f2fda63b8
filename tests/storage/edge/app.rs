//! Who asks.

/// As in `src/edge/app.rs`.
#[derive(Default)]
pub struct Visitor {
    pub address: Option<String>,
    pub country: Option<String>,
    pub user_agent: Option<String>,
    pub ray: Option<String>,
}
