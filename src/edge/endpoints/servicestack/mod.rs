//! The ServiceStack surface: its three operations, in whatever form they are called.
//!
//! Whatever happens, the answer is in this surface's envelope: nothing here fails in another way.

mod authenticate;
mod browser;
mod refresh;
mod session;
mod token_cookies;

use crate::edge::app::App;
use crate::error::Error;
use crate::wire::cors::origin_of;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::reply::Reply;
use crate::wire::servicestack::bind::{self, Request};
use crate::wire::servicestack::call::{Call, Operation};
use crate::wire::servicestack::cookies::X_COOKIES;
use crate::wire::servicestack::csrf;
use crate::wire::servicestack::dto::{AuthenticateResponse, Record};
use crate::wire::servicestack::envelope;
use crate::wire::servicestack::failure::Failure;

/// The most that one batch may ask: each sign-in costs as much as any other.
const MAX_BATCH: usize = 10;

/// A call in the hands of the operation that answers it.
struct Exchange<'a> {
    app: &'a App,
    incoming: &'a Incoming,
    call: &'a Call,
    /// The origins that browsers may call from.
    allowed: &'a [String],
}

/// What an operation has to say.
struct OperationResult {
    record: Record,
    /// `Set-Cookie` lines.
    cookies: Vec<String>,
    /// Whether there are tokens among the cookies.
    has_tokens: bool,
}

/// Answers a call.
pub async fn answer(app: &App, incoming: &Incoming, call: &Call, allowed: &[String]) -> Reply {
    let exchange = Exchange {
        app,
        incoming,
        call,
        allowed,
    };
    match exchange.perform().await {
        Ok(reply) => browser::redirect_page(&exchange, reply, None).await,
        Err(failure) => {
            let reply = exchange.refuse(&failure);
            browser::redirect_page(&exchange, reply, Some(&failure)).await
        }
    }
}

/// Refuses a call, after the log has what the operator needs.
pub fn refuse(failure: &Failure, call: &Call) -> Reply {
    if let Failure::Common(error) = failure {
        crate::edge::log(error);
    }
    envelope::failure(failure, call)
}

impl Exchange<'_> {
    async fn perform(&self) -> Result<Reply, Failure> {
        self.check_origin(self.incoming.method)?;
        let operation = self.call.operation.clone()?;
        self.incoming.check()?;
        let mut results = Vec::new();
        if operation == Operation::GetAccessToken {
            for dto in self.asked()? {
                results.push(refresh::access_token(self, &dto).await?);
            }
        } else {
            let dtos = self.asked()?;
            let mut authorized = Vec::new();
            for dto in &dtos {
                authorized.push(authenticate::authorize(self, dto).await?);
            }
            for authorized in authorized {
                results.push(authenticate::complete(self, authorized).await?);
            }
        }
        Ok(self.written(results))
    }

    /// Refuses what a page of another site has a browser do.
    fn check_origin(&self, method: Method) -> Result<(), Failure> {
        let own = origin_of(&self.app.config.public_url).unwrap_or_default();
        let origin = self.incoming.header("origin");
        let site = self.incoming.header("sec-fetch-site");
        csrf::check(method, origin, site, &own, self.allowed)
    }

    /// The DTOs that were sent: one, unless the call is a batch.
    fn asked<T: Request>(&self) -> Result<Vec<T>, Failure> {
        if !self.call.is_batch() {
            return Ok(vec![bind::one(self.incoming, self.call)?]);
        }
        let dtos = bind::batch(self.incoming, self.call)?;
        if dtos.len() > MAX_BATCH {
            let text = format!("A batch has at most {MAX_BATCH} requests");
            return Err(Failure::Common(Error::BadRequest(text)));
        }
        Ok(dtos)
    }

    /// An answer that brings no cookies.
    fn answered(&self, response: &AuthenticateResponse) -> OperationResult {
        OperationResult {
            record: response.record(),
            cookies: Vec::new(),
            has_tokens: false,
        }
    }

    fn written(&self, results: Vec<OperationResult>) -> Reply {
        let has_tokens = results.iter().any(|result| result.has_tokens);
        let mut records = Vec::new();
        let mut cookies = Vec::new();
        for result in results {
            records.push(result.record);
            cookies.extend(result.cookies);
        }
        let mut reply = match records.pop() {
            Some(record) if !self.call.is_batch() => envelope::reply(record, self.call),
            last => envelope::batch(records.into_iter().chain(last).collect(), self.call),
        };
        for cookie in cookies {
            reply = reply.with("set-cookie", cookie);
        }
        if has_tokens {
            reply = reply.with(X_COOKIES.0, X_COOKIES.1);
        }
        reply
    }

    /// A refusal; cookies that nobody is signed in by are deleted with it.
    fn refuse(&self, failure: &Failure) -> Reply {
        let mut reply = refuse(failure, self.call);
        if *failure == Failure::Common(Error::NoBearer) {
            for cookie in token_cookies::expired_cookies(self) {
                reply = reply.with("set-cookie", cookie);
            }
        }
        reply
    }
}
