//! What the tokens of the OAuth endpoints say. They are signed by [`TokenKeys`](crate::auth::token::TokenKeys).

mod access_token;
mod id_token;
mod logout_token;
mod refresh_token;

pub use access_token::{OAuthAccessToken, OnBehalfOf};
pub use id_token::{AccessTokenHash, ID_TOKEN, IdToken};
pub use logout_token::{LOGOUT_TOKEN, LogoutToken};
pub use refresh_token::refresh_purpose;
