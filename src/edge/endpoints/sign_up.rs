//! Signing up.

use serde::Serialize;
use serde_json::json;

use crate::auth::id::UserId;
use crate::auth::profile::Profile;
use crate::edge::app::App;
use crate::edge::flows::sign_up::{self, Application};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, CreateUserRequest, SignUpRequest, read_profile};
use crate::wire::reply::Reply;

/// `POST /auth/sign-up/create-token`: 204 always; a message to the address.
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn create_token(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: SignUpRequest = incoming.json(&models::SIGN_UP_REQUEST)?;
    let profile = body.profile()?;
    sign_up::ask(app, &body.email, profile)?;
    Ok(Reply::empty(204))
}

/// `GET /auth/sign-up/verify-token`: what an invitation says, as the claims it had in the original.
pub async fn verify_token(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let (address, link) = sign_up::check(app, &incoming.bearer()?).await?;
    Ok(Reply::json(&json!({
        "email": address,
        "iat": link.created_on.seconds(),
        "exp": link.expires_on.seconds(),
        "iss": app.config.issuer,
        "sub": address,
    }))?)
}

/// `POST /auth/sign-up/create-user`: makes a user, who can sign in at once.
pub async fn create_user(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct User {
        id: UserId,
        username: String,
        email: String,
        first_name: String,
        #[serde(flatten)]
        profile: Profile,
    }
    let CreateUserRequest {
        email,
        password,
        rest,
    } = incoming.json(&models::CREATE_USER_REQUEST)?;
    let profile = read_profile(&rest, "").map_err(LoopbackFailure::InvalidBody)?;
    // The caller is not authenticated yet: the rest of the body is not kept meanwhile.
    drop(rest);
    let application = Application {
        email: &email,
        password: &password,
        profile,
    };
    let made = sign_up::create_user(app, &incoming.bearer()?, application).await?;
    let user = User {
        id: made.id,
        email: made.username.clone(),
        username: made.username,
        first_name: made.first_name,
        profile: Profile {
            first_name: None,
            ..made.profile
        },
    };
    Ok(Reply::json(&json!({ "email": user.email, "user": user }))?)
}
