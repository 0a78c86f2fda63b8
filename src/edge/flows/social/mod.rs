//! Signing in elsewhere: begin, come back, or bring a provider's token; and sign out there.
//!
//! What is right is said in [`crate::auth::federation`]; here it is done, in the order of that story.

mod authorize;
mod callback;
mod failure;
mod identify;
mod logout;
mod membership;
mod pending;
mod provider_logout;
mod provider_token;

pub use authorize::{AuthorizationRedirect, allow, offer_ticket, open_ticket, start_authorization};
pub use callback::{ClientResponse, CompletedSignIn, complete};
pub use logout::log_out_at_keycloak;
pub use provider_logout::end_by_logout_token;
pub use provider_token::with_access_token;
