//! Ending a session at the provider that a session here came from.

use super::call::Call;
use super::descriptor::{Descriptor, Endpoints};
use crate::auth::secret::Secret;
use crate::error::Error;

/// The request that ends the session a refresh token belongs to, as Keycloak takes it; nothing
/// where the provider has no such place. Whatever it answers, we are done.
pub fn end_session(
    descriptor: &Descriptor,
    endpoints: &Endpoints,
    refresh_token: &Secret,
    now: i64,
) -> Result<Option<Call>, Error> {
    let parameters = [("refresh_token", refresh_token.expose())];
    let call = |url| Call::authenticated(descriptor, endpoints, url, &parameters, now);
    endpoints.end_session.as_ref().map(call).transpose()
}
