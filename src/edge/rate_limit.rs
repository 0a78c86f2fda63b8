//! Floods: Cloudflare's counters for each network, before anything is read or hashed.

use worker::RateLimiter;

use super::app::App;
use crate::error::{Error, ErrorKind};

/// The period of both counters in `wrangler.toml`, in seconds.
const PERIOD: u32 = 60;

/// What kind of flood a route must be kept from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// None: the route is cheap, or needs a session.
    None,
    /// Sign-ins, codes and one-time passwords: they cost CPU.
    SignIn,
    /// Requests that send a message.
    Mail,
}

impl RateLimit {
    const fn binding(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::SignIn => Some("SIGN_IN_LIMIT"),
            Self::Mail => Some("MAIL_LIMIT"),
        }
    }
}

/// Refuses a network that asks too often. A deployment without the binding does without.
pub async fn check(app: &App, limit: RateLimit) -> Result<(), Error> {
    let Some(binding) = limit.binding().filter(|_| app.config.rate_limits) else {
        return Ok(());
    };
    let Ok(limiter) = app.env.get_binding::<RateLimiter>(binding) else {
        return Ok(());
    };
    match limiter
        .limit(app.client_info.origin(None, None).network)
        .await
    {
        Ok(outcome) if !outcome.success => Err(ErrorKind::TooMany(PERIOD).into()),
        // A counter that does not answer must not keep people out.
        _ => Ok(()),
    }
}
