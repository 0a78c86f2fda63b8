//! Calls to a provider: sends what `auth::oauth` built, and remembers the documents that may be.
//!
//! It does not know which provider it is talking to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use worker::Method;

use super::http::{Outgoing, Received, receive};
use crate::auth::oauth::Failure;
use crate::auth::oauth::cache::Cached;
use crate::auth::oauth::call::{Answer, Call, MAX_ANSWER, TIMEOUT};
use crate::auth::oauth::descriptor::{Endpoints, Source};
use crate::auth::oauth::discovery::{Candidate, Discovery};
use crate::auth::oauth::jwks::JwkSet;
use crate::auth::oauth::jws::{SignatureCheck, UnverifiedToken};

/// No more documents than this are remembered: a deployment has a handful.
const MOST_DOCUMENTS: usize = 64;

type Documents<T> = RefCell<HashMap<String, Cached<T>>>;

thread_local! {
    static DISCOVERED: Documents<Endpoints> = RefCell::default();
    static KEY_SETS: Documents<JwkSet> = RefCell::default();
}

/// Sends a call once, and gives the answer whatever it says; fails where none comes.
pub async fn send(call: &Call) -> Result<Received, Failure> {
    let headers: Vec<(&str, &str)> = call
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let outgoing = Outgoing {
        method: Method::from(call.method.to_owned()),
        url: call.url.as_str(),
        headers: &headers,
        body: call.form.as_ref().map(String::as_bytes),
    };
    let patience = Duration::from_millis(TIMEOUT.into());
    receive(&outgoing, patience, MAX_ANSWER)
        .await
        .map_err(|error| {
            let why = error.log_text().unwrap_or_default();
            Failure::untrusted(format!("{call:?}: {why}"))
        })
}

/// An answer as the rules read it.
pub fn answer(received: &Received) -> Answer<'_> {
    Answer {
        status: received.status,
        body: &received.body,
    }
}

/// Where a provider is: as configured, or as its discovery document says; 503 where none answers.
pub async fn endpoints(source: &Source, now: i64) -> Result<Endpoints, Failure> {
    match source {
        Source::Known(endpoints) => Ok((**endpoints).clone()),
        Source::Discovered(discovery) => discover(discovery, now).await,
    }
}

async fn discover(discovery: &Discovery, now: i64) -> Result<Endpoints, Failure> {
    let mut stale = None;
    for candidate in &discovery.candidates {
        let url = candidate.call().url.to_string();
        let kept = kept(&DISCOVERED, &url);
        match kept {
            Some(kept) if kept.is_fresh(now) => return Ok(kept.value),
            Some(kept) if kept.is_usable(now) => stale = Some(kept.value),
            _ => {}
        }
    }
    let mut failure = Failure::unavailable("no place for a discovery document");
    for candidate in &discovery.candidates {
        match fetch_endpoints(candidate, now).await {
            Ok(endpoints) => return Ok(endpoints),
            Err(other) => failure = other,
        }
    }
    stale.ok_or(failure)
}

async fn fetch_endpoints(candidate: &Candidate, now: i64) -> Result<Endpoints, Failure> {
    let call = candidate.call();
    let received = send(&call)
        .await
        .map_err(|failure| Failure::unavailable(failure.reason))?;
    let endpoints = candidate.read(&answer(&received))?;
    keep(&DISCOVERED, &call, endpoints.clone(), &received, now);
    Ok(endpoints)
}

/// The check that a token's signature needs, with the key it names. A key that the remembered set
/// lacks is looked for in a fresh one, at most once a minute.
pub async fn signature_check(
    token: UnverifiedToken,
    keys: &Call,
    now: i64,
) -> Result<SignatureCheck, Failure> {
    let kept = kept(&KEY_SETS, keys.url.as_str()).filter(|kept| kept.is_usable(now));
    let Some(kept) = kept else {
        let fresh = fetch_keys(keys, now).await?;
        return token.with_key(&fresh).map_err(|token| token.unknown_key());
    };
    let set = if kept.is_fresh(now) {
        kept.value
    } else {
        // A provider that does not answer is believed in its last words.
        fetch_keys(keys, now).await.unwrap_or(kept.value)
    };
    let token = match token.with_key(&set) {
        Ok(check) => return Ok(check),
        Err(token) => token,
    };
    if !may_refetch(keys, now) {
        return Err(token.unknown_key());
    }
    let fresh = fetch_keys(keys, now).await?;
    token.with_key(&fresh).map_err(|token| token.unknown_key())
}

async fn fetch_keys(keys: &Call, now: i64) -> Result<JwkSet, Failure> {
    let received = send(keys).await?;
    let set = JwkSet::read(&answer(&received))?;
    keep(&KEY_SETS, keys, set.clone(), &received, now);
    Ok(set)
}

fn may_refetch(keys: &Call, now: i64) -> bool {
    KEY_SETS.with_borrow_mut(|documents| {
        let kept = documents.get_mut(keys.url.as_str());
        kept.is_none_or(|kept| kept.may_refetch(now))
    })
}

fn kept<T: Clone>(
    documents: &'static std::thread::LocalKey<Documents<T>>,
    url: &str,
) -> Option<Cached<T>> {
    documents.with_borrow(|documents| documents.get(url).cloned())
}

fn keep<T>(
    documents: &'static std::thread::LocalKey<Documents<T>>,
    call: &Call,
    value: T,
    received: &Received,
    now: i64,
) {
    let cache_control = received.cache_control.as_deref();
    documents.with_borrow_mut(|documents| {
        if let Some(kept) = documents.get_mut(call.url.as_str()) {
            kept.replace(value, cache_control, now);
            return;
        }
        if documents.len() >= MOST_DOCUMENTS {
            documents.clear();
        }
        let cached = Cached::new(value, cache_control, now);
        documents.insert(call.url.to_string(), cached);
    });
}
