//! Who asks for something of management.

use super::secret::Secret;

/// The bearer of an access token, or the user of a browser that is signed in at our pages.
#[derive(Debug, Clone)]
pub enum Caller {
    /// By an access token (RFC 6750).
    Bearer(Secret),
    /// By the cookie of a browser, which a page of ours has read after a form of ours was proven to be
    /// one. No request to the API can be this.
    Browser(Secret),
}
