//! Requests to a provider: sends what `auth::federation` built, and remembers the documents that
//! may be.
//!
//! It does not know which provider it is talking to.

use std::cell::RefCell;
use std::collections::HashMap;

use url::Url;
use worker::{Method, console_error};

use super::http::{OutboundRequest, OutboundResponse, receive};
use super::web_crypto;
use crate::auth::federation::ProviderFailure;
use crate::auth::federation::http::cache::Cached;
use crate::auth::federation::http::call::{MAX_ANSWER, ProviderRequest, ProviderResponse};
use crate::auth::federation::provider::config::EndpointSource;
use crate::auth::federation::provider::discovery::Discovery;
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::jose::key_set::JwkSet;
use crate::auth::jose::provider_token::{SignatureCheck, SignedClaims, UnverifiedToken};
use crate::edge::clock::now;
use crate::edge::deadline::Deadline;

/// No more documents than this are remembered: a deployment has a handful.
const MOST_DOCUMENTS: usize = 64;

type Documents<T> = RefCell<HashMap<String, Cached<T>>>;

thread_local! {
    static DISCOVERED: Documents<Endpoints> = RefCell::default();
    static KEY_SETS: Documents<JwkSet> = RefCell::default();
}

/// Sends a request once, and answers the response with any status; fails where none comes in time.
pub async fn send(
    call: &ProviderRequest,
    deadline: &Deadline,
) -> Result<OutboundResponse, ProviderFailure> {
    let left = deadline.left();
    if left.is_zero() {
        return Err(ProviderFailure::untrusted(format!(
            "{call:?}: no time is left"
        )));
    }
    let headers: Vec<(&str, &str)> = call
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let request = OutboundRequest {
        method: Method::from(call.method.to_owned()),
        url: call.url.as_str(),
        headers: &headers,
        body: call.form.as_ref().map(String::as_bytes),
    };
    receive(&request, left, MAX_ANSWER)
        .await
        .map_err(|error| ProviderFailure::untrusted(format!("{call:?}: {error}")))
}

/// An answer as the rules read it.
pub fn answer(received: &OutboundResponse) -> ProviderResponse<'_> {
    ProviderResponse {
        status: received.status,
        body: &received.body,
    }
}

/// Where a provider is: as configured, or as its discovery document says; 503 where none answers.
pub async fn endpoints(
    source: &EndpointSource,
    deadline: &Deadline,
) -> Result<Endpoints, ProviderFailure> {
    match source {
        EndpointSource::Known(endpoints) => Ok((**endpoints).clone()),
        EndpointSource::Discovered(discovery) => discover(discovery, deadline).await,
    }
}

/// The remembered document while it is fresh, else a new one, else the remembered one for a day.
async fn discover(
    discovery: &Discovery,
    deadline: &Deadline,
) -> Result<Endpoints, ProviderFailure> {
    match usable(&DISCOVERED, discovery.key()) {
        None => fetch_endpoints(discovery, deadline).await,
        Some(Usable::AuthorizationSecrets(endpoints) | Usable::Stale(endpoints)) => Ok(endpoints),
        Some(Usable::Outdated(endpoints)) => {
            let fetched = fetch_endpoints(discovery, &deadline.third()).await;
            Ok(or_last_known(fetched, endpoints))
        }
    }
}

async fn fetch_endpoints(
    discovery: &Discovery,
    deadline: &Deadline,
) -> Result<Endpoints, ProviderFailure> {
    let mut seen = Vec::new();
    for candidate in &discovery.candidates {
        let fetched = async {
            let received = send(&candidate.call(), deadline).await?;
            let endpoints = candidate.read(&answer(&received))?;
            cache(&DISCOVERED, discovery.key(), endpoints.clone(), &received);
            Ok(endpoints)
        };
        match fetched.await {
            Ok(endpoints) => return Ok(endpoints),
            Err(failure) => seen.push(failure),
        }
    }
    Err(discovery.unavailable(&seen))
}

/// Verifies a token's signature with the key that it names, of the set at `keys`.
pub async fn verify(
    token: UnverifiedToken,
    keys: &Url,
    deadline: &Deadline,
) -> Result<SignedClaims, ProviderFailure> {
    let keys = ProviderRequest::get(keys.clone());
    let check = signature_check(token, &keys, deadline).await?;
    Ok(web_crypto::verify(check).await?)
}

/// The check that a token's signature needs. A key that the remembered set lacks is looked for in a
/// fresh one, at most once a minute.
async fn signature_check(
    token: UnverifiedToken,
    keys: &ProviderRequest,
    deadline: &Deadline,
) -> Result<SignatureCheck, ProviderFailure> {
    let set = match usable(&KEY_SETS, keys.url.as_str()) {
        None => {
            let fresh = fetch_keys(keys, deadline).await?;
            return chosen(token, &fresh, keys);
        }
        Some(Usable::AuthorizationSecrets(set) | Usable::Stale(set)) => set,
        Some(Usable::Outdated(set)) => {
            or_last_known(fetch_keys(keys, &deadline.third()).await, set)
        }
    };
    let token = match token.with_key(&set) {
        Ok(check) => return Ok(check),
        Err(token) => token,
    };
    if !may_refetch(keys) {
        return Err(token.unknown_key(&keys.url).into());
    }
    let fresh = fetch_keys(keys, deadline).await?;
    chosen(token, &fresh, keys)
}

fn chosen(
    token: UnverifiedToken,
    set: &JwkSet,
    keys: &ProviderRequest,
) -> Result<SignatureCheck, ProviderFailure> {
    let check = token.with_key(set);
    check.map_err(|token| token.unknown_key(&keys.url).into())
}

async fn fetch_keys(
    keys: &ProviderRequest,
    deadline: &Deadline,
) -> Result<JwkSet, ProviderFailure> {
    let received = send(keys, deadline).await?;
    let set = JwkSet::read(answer(&received).object("the key set")?)?;
    cache(&KEY_SETS, keys.url.as_str(), set.clone(), &received);
    Ok(set)
}

/// What was fetched, or else what the provider said last; the log has why.
fn or_last_known<T>(fetched: Result<T, ProviderFailure>, last: T) -> T {
    fetched.unwrap_or_else(|failure| {
        let reason = failure.reason;
        console_error!(
            "a provider's document cannot be fetched again, the last one stays: {reason}"
        );
        last
    })
}

/// A remembered document that may be used.
enum Usable<T> {
    /// Within its lifetime.
    AuthorizationSecrets(T),
    /// Past its lifetime, and to be fetched again first.
    Outdated(T),
    /// Past its lifetime, and fetched again in vain a moment ago.
    Stale(T),
}

fn usable<T: Clone>(
    documents: &'static std::thread::LocalKey<Documents<T>>,
    url: &str,
) -> Option<Usable<T>> {
    let now = now();
    documents.with_borrow_mut(|documents| {
        let kept = documents.get_mut(url)?;
        let value = kept.value.clone();
        if kept.is_fresh(now) {
            Some(Usable::AuthorizationSecrets(value))
        } else if !kept.is_usable(now) {
            None
        } else if kept.may_revalidate(now) {
            Some(Usable::Outdated(value))
        } else {
            Some(Usable::Stale(value))
        }
    })
}

fn may_refetch(keys: &ProviderRequest) -> bool {
    KEY_SETS.with_borrow_mut(|documents| {
        let kept = documents.get_mut(keys.url.as_str());
        kept.is_none_or(|kept| kept.may_refetch(now()))
    })
}

fn cache<T>(
    documents: &'static std::thread::LocalKey<Documents<T>>,
    url: &str,
    value: T,
    received: &OutboundResponse,
) {
    let now = now();
    let cache_control = received.cache_control.as_deref();
    documents.with_borrow_mut(|documents| {
        if let Some(kept) = documents.get_mut(url) {
            kept.replace(value, cache_control, now);
            return;
        }
        if documents.len() >= MOST_DOCUMENTS {
            documents.clear();
        }
        let cached = Cached::new(value, cache_control, now);
        documents.insert(url.to_owned(), cached);
    });
}
