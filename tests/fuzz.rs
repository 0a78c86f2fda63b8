//! Nonsense: whatever is sent, nothing panics, loops or answers 5xx.
//!
//! Each target runs for a few seconds, or `FUZZ_SECONDS` (`npm run fuzz -- 60`). What has once failed
//! is kept beside this file and tried first ever after.

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell;
use std::time::Duration;

use edgelatch::auth::account::fold;
use edgelatch::auth::address::is_address;
use edgelatch::auth::attempts::source_of;
use edgelatch::auth::data_key::{DataKeys, Purpose};
use edgelatch::auth::password::Algorithm;
use edgelatch::auth::pkce::Challenge;
use edgelatch::auth::profile::Profile;
use edgelatch::auth::secret::Secret;
use edgelatch::auth::session::RefreshToken;
use edgelatch::auth::token::{Expiry, TokenKeys};
use edgelatch::auth::transport::is_loopback;
use edgelatch::error::Error;
use edgelatch::wire::cors;
use edgelatch::wire::incoming::{Body, Incoming, Method};
use edgelatch::wire::loopback::auth_clients::{self, AuthClientChanges, NewAuthClient};
use edgelatch::wire::loopback::filter::{Filter, Where};
use edgelatch::wire::loopback::{envelope, models};
use edgelatch::wire::servicestack::failure::Failure;
use edgelatch::wire::servicestack::{
    self, ask, bind, cookies, csv, dto, jsv, recognise, return_url, xml,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use serde_json::{Map, Value};

const ISSUER: &str = "https://login.example";

/// Runs a target until its time is up.
fn fuzz<S: Strategy>(inputs: &S, target: impl Fn(S::Value)) {
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let budget = Duration::from_secs_f64(seconds.unwrap_or(8.0));
    let watch = Watch::start();
    let config = Config {
        cases: 2000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/fuzz-seeds.txt",
        ))),
        source_file: Some(file!()),
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let rounds = Cell::new(0_u32);
    while watch.elapsed() < budget {
        rounds.set(rounds.get() + 1);
        let outcome = runner.run(inputs, |input| {
            if watch.elapsed() < budget {
                target(input);
            }
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{failure}"));
    }
}

/// A stopwatch: fuzzing is the one place that asks the clock itself.
struct Watch(std::time::Instant);

impl Watch {
    #[allow(clippy::disallowed_methods)]
    fn start() -> Self {
        Self(std::time::Instant::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Text that is nearly something: pieces of every grammar we read, and anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "{", "}", "[", "]", "\"", "\"\"", ":", ",", "=", "&", ";", "%", "%2", "%00", "%ff", "+", ".", "..", "/",
            "$", "$argon2id$v=19$m=8,t=1,p=1$", "$pbkdf2-sha512$i=1,l=32$", "$2b$04$", "<", ">", "</", "<!DOCTYPE x>",
            "<Authenticate>", "<UserName>", "&amp;", "&#x0;", "]]>", "\r\n", "\n", "\t", " ", "null", "true", "-1", "1e999",
            "where", "filter", "[where][or][0][clientId]", "{\"where\":{\"or\":[", "\"clientId\":", "\"regexp\":\"/(a*)*b/\"",
            "eyJhbGciOiJub25lIn0", "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsifQ", "provider", "userName", "password",
            "--", "Content-Disposition: form-data; name=\"x\"", "ss-tok", "ss-reftok", "Bearer ", "Basic ", "\u{feff}", "\u{0}",
            "é", "\u{1f40e}", "\u{202e}", "ＤＥＭＯ", "İ", "\u{fdfa}",
        ]).prop_map(str::to_owned),
        2 => "[ -~]{0,12}",
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn token_keys() -> TokenKeys {
    let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    TokenKeys::from_jwk_set(set).unwrap()
}

fn data_keys() -> DataKeys {
    DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap()
}

#[test]
fn tokens_and_tags() {
    let (keys, data_keys) = (token_keys(), data_keys());
    fuzz(&(text(), text(), text()), |(a, b, c)| {
        for token in [a.clone(), format!("{a}.{b}.{c}")] {
            assert!(keys.verify(&token, ISSUER, 0, Expiry::Ignored).is_none());
            assert!(keys.verify_plain(&token, ISSUER, 0).is_none());
            let refresh =
                RefreshToken::read(&data_keys, Purpose::Refresh, &Secret::new(token.clone()));
            assert_eq!(refresh, Ok(None));
            assert_eq!(data_keys.open(Purpose::Otp, &b, &token), Ok(None));
        }
        let _ = (TokenKeys::from_jwk_set(&a), DataKeys::parse(&b));
        let _ = (
            Challenge::parse(&a),
            Challenge::of_verifier(&Secret::new(c)),
        );
    });
}

#[test]
fn stored_hashes() {
    fuzz(&(text(), text()), |(stored, password)| {
        let verified = Algorithm::Argon2id;
        let _ = verified.is_current(&stored);
        if stored.starts_with('$') {
            assert_eq!(
                verified.verify(&Secret::new(password), Some(&stored)),
                Ok(false)
            );
        }
    });
}

#[test]
fn names_and_addresses() {
    fuzz(&text(), |name| {
        let folded = fold(&name);
        assert_eq!(fold(&folded), folded, "folding settles");
        if is_address(&name) {
            assert!(!name.contains(['\r', '\n', ',', ' ', '<']));
        }
        let _ = (
            source_of(Some(&name)),
            cors::origin_of(&name),
            is_loopback(&name),
        );
    });
}

#[test]
fn servicestack_formats() {
    fuzz(&text(), |text| {
        if let Ok(value) = jsv::read(&text) {
            let _ = jsv::write(&value);
        }
        let _ = (jsv::read_list(&text), xml::read(&text), csv::read(&text));
    });
}

#[test]
fn filters() {
    let pair = (
        prop_oneof![Just("filter".to_owned()), Just("where".to_owned()), text()],
        text(),
    );
    fuzz(&proptest::collection::vec(pair, 0..6), |pairs| {
        if let Ok(filter) = Filter::parse(pairs.clone()) {
            let _ = filter.rows.clause();
        }
        if let Ok(Some(rows)) = Where::parse(pairs) {
            let clause = rows.clause();
            assert!(clause.is_none_or(|clause| clause.values.len() <= 100));
        }
    });
}

/// A whole request of anything.
fn request() -> impl Strategy<Value = Incoming> {
    let method = proptest::sample::select(vec![
        "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW",
    ]);
    let path = prop_oneof![
        2 => proptest::sample::select(vec![
            "/auth", "/auth/", "/auth.jsv", "/auth/credentials", "/auth/credentials.xml", "/auth/google", "/auth/login",
            "/api/Authenticate", "/api/authenticate[]", "/json/reply/Authenticate", "/csv/oneway/GetAccessToken", "/access-token",
            "/otp-caches/%2F%00", "/auth-clients/1",
        ]).prop_map(str::to_owned),
        1 => text().prop_map(|text| format!("/{text}")),
    ];
    let media = prop_oneof![
        3 => proptest::sample::select(vec![
            "application/json", "text/jsv", "application/xml", "text/csv", "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x", "text/plain",
        ]).prop_map(str::to_owned),
        1 => text(),
    ];
    let body = prop_oneof![
        text().prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..200)
    ];
    (method, path, text(), media, (text(), text(), text()), body).prop_map(
        |(method, path, query, media, (a, b, c), body)| {
            let headers = [
                ("content-type", media),
                ("accept", a),
                ("authorization", b),
                ("cookie", c),
            ];
            let headers = headers
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec();
            Incoming::new(
                Method::parse(method),
                &path,
                &query,
                headers,
                Body::Bytes(body),
            )
        },
    )
}

/// A failure that blames the caller, and can be written down.
fn blames_the_caller<T>(outcome: Result<T, Error>) {
    if let Err(error) = outcome {
        assert!(error.status() < 500, "{error:?}");
        assert!(envelope::reply(&error).body.is_some());
    }
}

#[test]
fn the_front_of_the_arc_api() {
    let keys = token_keys();
    fuzz(&request(), |incoming| {
        let _ = (
            incoming.id(),
            incoming.is_at("/auth-clients/{id}"),
            incoming.query("token"),
            incoming.basic(),
        );
        if let Ok(token) = incoming.bearer() {
            assert!(
                keys.verify(token.expose(), ISSUER, 0, Expiry::Ignored)
                    .is_none()
            );
        }
        for model in [
            &models::LOGIN_REQUEST,
            &models::CREATE_USER_REQUEST,
            &models::OTP,
        ] {
            blames_the_caller(incoming.json::<Value>(model));
        }
        blames_the_caller(auth_clients::path_id(incoming.id()));
        for model in [
            &auth_clients::AUTH_CLIENT,
            &auth_clients::AUTH_CLIENT_PARTIAL,
        ] {
            let body = incoming.json::<Map<String, Value>>(model);
            if let Ok(body) = &body {
                blames_the_caller(NewAuthClient::read(body));
                blames_the_caller(AuthClientChanges::read_partial(body));
                let _ = Profile::read(body, "");
            }
            blames_the_caller(body);
        }
    });
}

#[test]
fn the_front_of_servicestack() {
    fuzz(&request(), |incoming| {
        for cookie in [cookies::Cookie::AccessToken, cookies::Cookie::RefreshToken] {
            assert!(cookie.read(&incoming).is_none_or(|value| !value.is_empty()));
        }
        let Some(call) = recognise::recognise(&incoming) else {
            return;
        };
        let blames_the_caller = |failure: &Failure| {
            let status = failure.status();
            assert!((400..500).contains(&status), "{}", failure.message());
            let reply = servicestack::envelope::failure(failure, &call);
            assert!(reply.body.is_some_and(|body| !body.is_empty()));
        };
        if let Err(failure) = &call.operation {
            blames_the_caller(failure);
        }
        match bind::one::<dto::Authenticate>(&incoming, &call) {
            Ok(dto) => {
                if let Err(failure) = ask::Ask::of(&incoming, &call, &dto) {
                    blames_the_caller(&failure);
                }
            }
            Err(failure) => blames_the_caller(&failure),
        }
        if let Err(failure) = bind::batch::<dto::Authenticate>(&incoming, &call) {
            blames_the_caller(&failure);
        }
        if let Some(url) = return_url::requested(&incoming) {
            let ours = "https://login.example";
            let checked = return_url::check(&url, ours, &[]).unwrap_or_default();
            assert!(
                checked.is_empty()
                    || checked.starts_with('/')
                    || checked.starts_with("https://login.example/")
            );
        }
    });
}
