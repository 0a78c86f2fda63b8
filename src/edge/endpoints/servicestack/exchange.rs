//! A call on its way through its operation.

use crate::edge::app::App;
use crate::error::ErrorKind;
use crate::wire::cors::origin_of;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::servicestack::bind::{self, Request};
use crate::wire::servicestack::call::Call;
use crate::wire::servicestack::csrf;
use crate::wire::servicestack::dto::{AuthenticateResponse, Record};
use crate::wire::servicestack::failure::ServiceStackFailure;

/// The most that one batch may ask: each sign-in costs as much as any other.
const MAX_BATCH: usize = 10;

/// A call in the hands of the operation that answers it.
pub struct Exchange<'a> {
    /// Settings and storage.
    pub app: &'a App,
    /// The request.
    pub incoming: &'a Incoming,
    /// What was recognised in it.
    pub call: &'a Call,
    /// The origins that browsers may call from.
    pub allowed: &'a [String],
}

/// What an operation has to say.
pub struct OperationResult {
    /// The response DTO.
    pub record: Record,
    /// `Set-Cookie` lines.
    pub cookies: Vec<String>,
    /// Whether there are tokens among the cookies.
    pub has_tokens: bool,
}

impl Exchange<'_> {
    /// Refuses what a page of another site has a browser do.
    pub fn check_origin(&self, method: Method) -> Result<(), ServiceStackFailure> {
        let own = origin_of(&self.app.config.public_url).unwrap_or_default();
        let origin = self.incoming.header("origin");
        let site = self.incoming.header("sec-fetch-site");
        csrf::check(method, origin, site, &own, self.allowed)
    }

    /// The DTOs that were sent: one, unless the call is a batch.
    pub fn asked<T: Request>(&self) -> Result<Vec<T>, ServiceStackFailure> {
        if !self.call.is_batch() {
            return Ok(vec![bind::one(self.incoming, self.call)?]);
        }
        let dtos = bind::batch(self.incoming, self.call)?;
        if dtos.len() > MAX_BATCH {
            let text = format!("A batch has at most {MAX_BATCH} requests");
            return Err(ServiceStackFailure::Common(
                ErrorKind::BadRequest(text).into(),
            ));
        }
        Ok(dtos)
    }

    /// An answer that brings no cookies.
    pub fn answered(&self, response: &AuthenticateResponse) -> OperationResult {
        OperationResult {
            record: response.record(),
            cookies: Vec::new(),
            has_tokens: false,
        }
    }
}
