//! Nonsense: whatever is sent, nothing panics, loops or answers 5xx.
//!
//! Each target of `fuzz/targets.rs` first reads its seeds, which are what has once failed and what is
//! nearly right; then proptest's inputs for a few seconds, or `FUZZ_SECONDS` (`npm run fuzz -- 60`).

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "fuzz/targets.rs"]
mod targets;

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use targets::{SEPARATOR, TARGETS, Target};

/// Runs a target until its time is up.
fn fuzz(name: &str, inputs: &impl Strategy<Value = String>) {
    let (_, target) = TARGETS.iter().find(|(other, _)| *other == name).unwrap();
    read_seeds(name, *target);
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let budget = Duration::from_secs_f64(seconds.unwrap_or(5.0));
    let watch = Watch::start();
    let config = Config {
        cases: 2000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/fuzz/seeds/proptest.txt",
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
                target(&input);
            }
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{failure}"));
    }
}

fn read_seeds(name: &str, target: Target) {
    let folder = Path::new("tests/fuzz/seeds").join(name);
    let seeds: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for seed in seeds {
        let bytes = fs::read(seed.unwrap().path()).unwrap();
        target(&String::from_utf8_lossy(&bytes));
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

/// The parts of an input, each made on its own.
fn parts<const N: usize>(
    parts: [BoxedStrategy<String>; N],
) -> impl Strategy<Value = String> + use<N> {
    parts
        .to_vec()
        .prop_map(|parts| parts.join(&SEPARATOR.to_string()))
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![3 => proptest::sample::select(words).prop_map(str::to_owned), 1 => text()].boxed()
}

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];
const PATHS: &[&str] = &[
    "/auth",
    "/auth/",
    "/auth.jsv",
    "/auth/credentials",
    "/auth/credentials.xml",
    "/auth/google",
    "/auth/login",
    "/api/Authenticate",
    "/api/authenticate[]",
    "/json/reply/Authenticate",
    "/csv/oneway/GetAccessToken",
    "/access-token",
    "/otp-caches/%2F%00",
    "/auth-clients/1",
];
const MEDIA: &[&str] = &[
    "application/json",
    "text/jsv",
    "application/xml",
    "text/csv",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
];

#[test]
fn tokens_and_tags() {
    let three = (text(), text(), text()).prop_map(|(a, b, c)| format!("{a}.{b}.{c}"));
    fuzz("tokens", &prop_oneof![text(), three]);
}

#[test]
fn authorization() {
    fuzz(
        "bearer",
        &(one_of(&["Bearer ", "Basic "]), text()).prop_map(|(scheme, rest)| scheme + &rest),
    );
}

#[test]
fn stored_hashes() {
    fuzz("hashes", &parts([text().boxed(), text().boxed()]));
}

#[test]
fn codes_that_are_typed() {
    fuzz("codes", &prop_oneof![text(), "[0-9A-Z -]{0,24}"]);
}

/// Heads of CBOR items, the numbers that COSE and authenticators use, and other bytes; one a character.
fn binary() -> impl Strategy<Value = String> {
    let pieces: &[&[u8]] = &[
        &[0xa3, 0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e'],
        &[0x67, b'a', b't', b't', b'S', b't', b'm', b't', 0xa0],
        &[0x68, b'a', b'u', b't', b'h', b'D', b'a', b't', b'a', 0x58],
        &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20],
        &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20],
        &[
            0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00,
        ],
        &[0x22, 0x58, 0x20],
        &[0x21, 0x43, 0x01, 0x00, 0x01],
        &[0xff; 32],
        &[0x01; 32],
        &[0x81, 0x81, 0x81, 0x81],
        &[0xc5],
        &[0x41],
        &[0x5f],
        &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x00; 16],
        &[0x00, 0x03, 0x01, 0x02, 0x03],
    ];
    let of = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>()
    };
    let pieces: Vec<String> = pieces.iter().map(|piece| of(piece)).collect();
    let other = any::<Vec<u8>>().prop_map(move |bytes| of(&bytes));
    let piece = prop_oneof![3 => proptest::sample::select(pieces), 1 => other];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn attestation_objects() {
    fuzz("attestation_objects", &binary());
}

#[test]
fn cose_keys() {
    fuzz("cose_keys", &binary());
}

#[test]
fn authenticator_data() {
    fuzz("authenticator_data", &binary());
}

#[test]
fn client_data() {
    fuzz("client_data", &prop_oneof![text(), binary()]);
}

#[test]
fn names_and_addresses() {
    fuzz("names", &text());
}

#[test]
fn jsv() {
    fuzz("jsv", &text());
}

#[test]
fn xml() {
    fuzz("xml", &text());
}

#[test]
fn csv() {
    fuzz("csv", &text());
}

#[test]
fn forms() {
    fuzz("form", &parts([one_of(MEDIA), text().boxed()]));
}

#[test]
fn cookies() {
    fuzz("cookies", &text());
}

#[test]
fn filters() {
    let pair = parts([one_of(&["filter", "where"]), text().boxed()]);
    let pairs = proptest::collection::vec(pair, 0..6);
    fuzz(
        "filters",
        &pairs.prop_map(|pairs| pairs.join(&SEPARATOR.to_string())),
    );
}

#[test]
fn paths() {
    fuzz("paths", &parts([one_of(PATHS), text().boxed()]));
}

#[test]
fn the_front_of_both_apis() {
    let [query, accept, authorization, cookie, body] = std::array::from_fn(|_| text().boxed());
    let all = [
        one_of(METHODS),
        one_of(PATHS),
        query,
        one_of(MEDIA),
        accept,
        authorization,
        cookie,
        body,
    ];
    fuzz("front", &parts(all));
}

#[test]
fn authorization_requests() {
    let name = one_of(&[
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "claims",
        "resource",
        "response_mode",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "id_token_hint",
        "login_hint",
        "acr_values",
        "dpop_jkt",
        "interaction",
    ]);
    let value = one_of(&[
        "code",
        "https://app.example/cb?x=y",
        "http://127.0.0.1:4711/cb",
        "com.example.app:/cb",
        "openid email",
        "none login",
        "query",
        "form_post",
        "S256",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "0",
        "{\"userinfo\":{\"permissions\":null}}",
        "https://login.example",
    ]);
    let encoded = |text: String| url_encoded(&text);
    let pair = (name, value.prop_map(encoded)).prop_map(|(name, value)| format!("{name}={value}"));
    let pairs = proptest::collection::vec(pair, 0..14).prop_map(|pairs| pairs.join("&"));
    fuzz("authorization", &prop_oneof![4 => pairs, 1 => text()]);
}

/// Every byte percent-encoded.
fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn claims_requests() {
    fuzz("claims_request", &text());
}

#[test]
fn client_credentials() {
    let scheme = one_of(&[
        "Basic ",
        "Bearer ",
        "DPoP ",
        "Basic YXBwOnMlMkJw",
        "Basic Og==",
    ]);
    let form = one_of(&[
        "client_id=app",
        "client_secret=s&client_id=a",
        "access_token=t",
        "client_assertion=x.y.z",
    ]);
    fuzz("basic", &parts([scheme, form]));
}

#[test]
fn proofs_of_possession() {
    let three = (text(), text(), text()).prop_map(|(a, b, c)| format!("{a}.{b}.{c}"));
    fuzz(
        "dpop",
        &parts([prop_oneof![text(), three].boxed(), text().boxed()]),
    );
}

#[test]
fn metadata_of_clients() {
    let member = one_of(&[
        "redirect_uris",
        "post_logout_redirect_uris",
        "token_endpoint_auth_method",
        "grant_types",
        "response_types",
        "scope",
        "jwks",
        "jwks_uri",
        "id_token_signed_response_alg",
        "default_max_age",
        "client_name",
        "consent",
        "open",
        "fapi",
        "application_type",
        "contacts",
    ]);
    let value = proptest::sample::select(vec![
        "[\"https://app.example/cb\"]",
        "[\"com.example.app:/cb\"]",
        "[\"authorization_code\"]",
        "\"none\"",
        "\"private_key_jwt\"",
        "{\"keys\":[]}",
        "\"https://app.example/\"",
        "60",
        "-1",
        "true",
        "null",
        "[]",
        "{}",
        "\"RS256\"",
        "\"openid\"",
        "[1]",
        "\"web\"",
    ]);
    let pair = (member, value).prop_map(|(name, value)| format!("{name:?}:{value}"));
    let object =
        proptest::collection::vec(pair, 0..10).prop_map(|pairs| format!("{{{}}}", pairs.join(",")));
    fuzz("client_metadata", &prop_oneof![4 => object, 1 => text()]);
}
