//! The DTOs: what is asked, and what is answered.

mod request;
mod response;

pub use request::{Authenticate, GetAccessToken};
pub use response::{
    AuthenticateResponse, GetAccessTokenResponse, Record, ResponseStatus, error_response,
};
