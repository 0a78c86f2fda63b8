//! The DTOs: what is asked, and what is answered.

mod admin;
mod request;
mod response;

pub use admin::AdminRequest;
pub use request::{Authenticate, GetAccessToken};
pub use response::{
    AuthenticateResponse, GetAccessTokenResponse, Record, ResponseStatus, date, error_response,
};
