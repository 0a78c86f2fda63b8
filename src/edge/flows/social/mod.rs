//! Federated sign-in: the start, the callback, a provider's token that an app brings; and the sign-out.
//!
//! The rules are those of [`crate::auth::federation`]; here they are carried out, in their order.

mod at_page;
mod authorize;
mod callback;
mod failure;
mod identify;
mod logout;
mod membership;
mod pending;
mod provider_logout;
mod provider_token;
mod revocation;

pub use at_page::{PageOutcome, PageReturn};
pub use authorize::{AuthorizationRedirect, allow, offer_ticket, open_ticket, start_authorization};
pub use callback::{ClientResponse, CompletedSignIn, complete};
pub use logout::log_out_at_keycloak;
pub use provider_logout::{end_by_logout_token, take_apple_event};
pub use provider_token::with_access_token;
pub use revocation::revoke_due;
