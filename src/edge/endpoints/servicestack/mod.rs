//! The ServiceStack surface: its operations, in all the forms of a call.
//!
//! Every answer is in this surface's envelope: nothing here fails in another way.

mod admin;
mod authenticate;
mod browser;
mod exchange;
mod refresh;
mod session;
mod sign_in;
mod token_cookies;

use crate::edge::app::App;
use crate::edge::log;
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::reply::Reply;
use crate::wire::servicestack::call::{Call, Operation};
use crate::wire::servicestack::cookies::X_COOKIES;
use crate::wire::servicestack::envelope;
use crate::wire::servicestack::failure::ServiceStackFailure;
use exchange::{Exchange, OperationResult};

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
pub fn refuse(failure: &ServiceStackFailure, call: &Call) -> Reply {
    if let ServiceStackFailure::Common(error) = failure {
        log::failure(error);
    }
    envelope::failure(failure, call)
}

impl Exchange<'_> {
    async fn perform(&self) -> Result<Reply, ServiceStackFailure> {
        self.check_origin(self.incoming.method)?;
        let operation = self.call.operation.clone()?;
        self.incoming.check()?;
        if let Operation::Admin(dto) = operation {
            let record = admin::perform(self, dto).await?;
            return Ok(envelope::reply(record, self.call));
        }
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

    /// A refusal; token cookies without a session are deleted with it.
    fn refuse(&self, failure: &ServiceStackFailure) -> Reply {
        let mut reply = refuse(failure, self.call);
        if *failure == ServiceStackFailure::Common(ErrorKind::NoBearer.into()) {
            for cookie in token_cookies::expired_cookies(self) {
                reply = reply.with("set-cookie", cookie);
            }
        }
        reply
    }
}
