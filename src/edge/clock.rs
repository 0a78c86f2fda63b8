//! The platform's clock, which advances only while something is awaited, and the end of a wait.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use worker::Date;

use crate::auth::time::Timestamp;

/// The present moment.
pub fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// The output of some work; nothing where `timeout` ends first.
pub async fn before<T>(
    timeout: impl Future<Output = ()> + Unpin,
    work: impl Future<Output = T>,
) -> Option<T> {
    match select(pin!(work), timeout).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
