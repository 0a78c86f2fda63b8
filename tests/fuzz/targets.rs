//! What is fed with nonsense, by proptest (`tests/fuzz.rs`) and by libFuzzer (`libfuzzer.rs`) alike.
//!
//! A target reads a text, whose parts stand between unit separators; it fails by panicking.

use edgelatch::testing::auth::account::{canonical_name, is_overlong};
use edgelatch::testing::auth::address::is_address;
use edgelatch::testing::auth::attempts::network_of;
use edgelatch::testing::auth::client::columns::AUTH_CLIENTS;
use edgelatch::testing::auth::data_key::{DataKeys, Purpose};
use edgelatch::testing::auth::factor::ceremony::{Ceremony, CeremonyPurpose};
use edgelatch::testing::auth::factor::recovery::RecoveryCode;
use edgelatch::testing::auth::factor::totp::Totp;
use edgelatch::testing::auth::factor::typed_code::TypedCode;
use edgelatch::testing::auth::federation::Provider;
use edgelatch::testing::auth::federation::flow::callback::Callback;
use edgelatch::testing::auth::federation::flow::state_cookie::StateCookie;
use edgelatch::testing::auth::oauth::authorization::claims_request::ClaimsRequest;
use edgelatch::testing::auth::oauth::authorization::interaction::{Interaction, RequestDigest};
use edgelatch::testing::auth::oauth::authorization::request::{
    AuthorizationRequest, RequestContext,
};
use edgelatch::testing::auth::oauth::authorization::response::ResponseTarget;
use edgelatch::testing::auth::oauth::client::metadata::{ClientMetadata, Policy};
use edgelatch::testing::auth::oauth::client::{OAuthClient, Source};
use edgelatch::testing::auth::oauth::dpop::{DpopNonce, DpopProof};
use edgelatch::testing::auth::oauth::failure::Failure;
use edgelatch::testing::auth::oauth::resource::OwnAudiences;
use edgelatch::testing::auth::oauth::scope::Scope;
use edgelatch::testing::auth::oauth::user_code::UserCode;
use edgelatch::testing::auth::password::Algorithm;
use edgelatch::testing::auth::pkce::Challenge;
use edgelatch::testing::auth::secret::Secret;
use edgelatch::testing::auth::session::RefreshToken;
use edgelatch::testing::auth::time::Timestamp;
use edgelatch::testing::auth::token::{Expiry, TokenKeys};
use edgelatch::testing::auth::transport::is_loopback;
use edgelatch::testing::auth::webauthn::authenticator_data::AuthenticatorData;
use edgelatch::testing::auth::webauthn::client_data::ClientData;
use edgelatch::testing::auth::webauthn::cose::{PublicKey, SignatureVerdict};
use edgelatch::testing::auth::webauthn::{Base64Url, Expected, RelyingParty, register};
use edgelatch::testing::store::clause::{self, Clause};
use edgelatch::testing::wire::cors;
use edgelatch::testing::wire::document::Pairs;
use edgelatch::testing::wire::incoming::{Body, Incoming, Method};
use edgelatch::testing::wire::loopback::filter::{Filter, parse_where};
use edgelatch::testing::wire::loopback::records;
use edgelatch::testing::wire::loopback::{self, envelope, models};
use edgelatch::testing::wire::oauth::failure::OAuthFailure;
use edgelatch::testing::wire::oauth::{access_token, credentials, request as oauth_request};
use edgelatch::testing::wire::servicestack::call::Call;
use edgelatch::testing::wire::servicestack::failure::ServiceStackFailure;
use edgelatch::testing::wire::servicestack::{
    bind, cookies, csv, dto, envelope as stack, intent, jsv, recognise, return_url, xml,
};
use serde_json::{Map, Value, json};

/// What stands between the parts of an input.
pub const SEPARATOR: char = '\u{1f}';

const ISSUER: &str = "https://login.example";

/// Reads one input.
pub type Target = fn(&str);

/// The targets by name: that of their seeds' folder, too.
pub const TARGETS: &[(&str, Target)] = &[
    ("tokens", tokens),
    ("bearer", bearer),
    ("hashes", hashes),
    ("codes", codes),
    ("attestation_objects", attestation_objects),
    ("cose_keys", cose_keys),
    ("authenticator_data", authenticator_data),
    ("client_data", client_data),
    ("names", names),
    ("jsv", jsv),
    ("xml", xml),
    ("csv", csv),
    ("form", form),
    ("cookies", cookies),
    ("filters", filters),
    ("paths", paths),
    ("front", front),
    ("authorization", authorization),
    ("claims_request", claims_request),
    ("basic", basic),
    ("dpop", dpop),
    ("client_metadata", client_metadata),
];

/// A part of an input; whatever it lacks is empty.
struct Parts<'a>(std::str::Split<'a, char>);

impl<'a> Parts<'a> {
    fn of(input: &'a str) -> Self {
        Self(input.split(SEPARATOR))
    }

    fn next(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }
}

fn token_keys() -> TokenKeys {
    let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    TokenKeys::from_jwk_set(set).unwrap()
}

fn data_keys() -> DataKeys {
    DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap()
}

fn request(headers: &[(&str, &str)], path: &str, query: &str, body: &str) -> Incoming {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let body = Body::Bytes(body.as_bytes().to_vec());
    Incoming::new(Method::Post, path, query, headers.collect(), body)
}

/// JWTs, refresh tokens, sealed texts, key sets and challenges. Nobody guesses a signature.
fn tokens(input: &str) {
    let (keys, data_keys) = (token_keys(), data_keys());
    let text = input.to_owned();
    assert!(
        keys.verify(input, ISSUER, Timestamp::from_millis(0), Expiry::Ignored)
            .is_none()
    );
    assert!(
        keys.verify_plain(input, ISSUER, Timestamp::from_millis(0))
            .is_none()
    );
    let secret = Secret::new(text);
    let refresh = RefreshToken::read(&data_keys, Purpose::Refresh, &secret);
    assert_eq!(refresh, Ok(None));
    assert_eq!(data_keys.open(Purpose::Otp, "x", input), Ok(None));
    let _ = (TokenKeys::from_jwk_set(input), DataKeys::parse(input));
    let _ = (Challenge::parse(input), Challenge::of_verifier(&secret));
}

/// `Authorization`, whatever its scheme.
fn bearer(input: &str) {
    let incoming = request(&[("authorization", input)], "/", "", "");
    let keys = token_keys();
    if let Ok(token) = incoming.bearer() {
        assert!(!token.is_empty());
        let claims = keys.verify(
            token.expose(),
            ISSUER,
            Timestamp::from_millis(0),
            Expiry::Ignored,
        );
        assert!(claims.is_none());
    }
    let _ = incoming.basic();
}

/// Stored hashes, and a password that is none of them. Costs are bounded before anything is hashed.
fn hashes(input: &str) {
    let mut parts = Parts::of(input);
    let (stored, password) = (parts.next(), Secret::new(parts.next()));
    let algorithm = Algorithm::Argon2id;
    if stored.starts_with('$') {
        let verdict = algorithm.verify(&password, Some(stored), None);
        assert!(verdict.is_ok_and(|verdict| !verdict.is_right()));
    }
}

/// What is typed where a code is asked for, and the sealed text of a ceremony.
fn codes(input: &str) {
    let secret = Secret::new(input);
    let now = Timestamp::from_millis(1_800_000_000_000);
    let keys = data_keys();
    match TypedCode::read(input, &keys).unwrap() {
        TypedCode::Recovery(digests) => match RecoveryCode::read(input) {
            Some(code) => {
                let shown = RecoveryCode::read(&code.show()).unwrap();
                assert_eq!(RecoveryCode::digests(&[shown]), digests);
            }
            None => assert_eq!(RecoveryCode::moved_digests(input, &keys), Ok(Some(digests))),
        },
        TypedCode::Guess(guess) => assert!((6..=8).contains(&guess.code.len())),
        TypedCode::Malformed => {}
    }
    let mut totp = Totp::draw().unwrap();
    let _ = totp.step_of(input, None, now);
    totp.secret = secret;
    let _ = (totp.step_of("000000", Some(0), now), totp.uri(input, input));
    let opened = Ceremony::open(&keys, CeremonyPurpose::SignIn, input, now);
    assert_eq!(opened, Ok(None));
}

/// The bytes that a text stands for, one a character.
fn bytes(input: &str) -> Vec<u8> {
    let low = |character: char| (u32::from(character) & 0xff) as u8;
    input.chars().map(low).collect()
}

/// CBOR, and what a registration reads in it.
fn attestation_objects(input: &str) {
    let client_data = r#"{"type":"webauthn.create","challenge":"AA","origin":"https://a"}"#;
    let credential = json!({
        "id": "AQID", "rawId": "AQID", "type": "public-key",
        "response": { "clientDataJSON": Base64Url::encode(client_data.as_bytes()),
            "attestationObject": Base64Url::encode(&bytes(input)) }
    });
    let relying_party = RelyingParty::new("a".to_owned(), vec!["https://a".to_owned()]);
    let expected = Expected {
        relying_party: &relying_party,
        challenge: "AA",
        user_presence: false,
        user_verification: false,
    };
    let credential = serde_json::from_value(credential).unwrap();
    if let Ok(passkey) = register(&expected, &credential) {
        assert_eq!(passkey.credential_id, "AQID");
        cose_key(&Base64Url::decode(&passkey.public_key).unwrap());
    }
}

/// Public keys, and a signature that is none of theirs.
fn cose_keys(input: &str) {
    cose_key(&bytes(input));
}

fn cose_key(bytes: &[u8]) {
    if let Ok(key) = PublicKey::read(bytes) {
        let verdict = key.verify(b"signed".to_vec(), b"signature");
        assert!(!matches!(verdict, SignatureVerdict::Holds));
    }
}

/// Authenticator data: what is read is what was there.
fn authenticator_data(input: &str) {
    let bytes = bytes(input);
    if let Ok(data) = AuthenticatorData::read(&bytes) {
        assert!(bytes.len() >= 37);
        if let Some(attested) = data.attested {
            assert!(attested.id.len() + attested.public_key.len() + 55 <= bytes.len());
        }
    }
}

/// Client data, as text and as bytes that are none.
fn client_data(input: &str) {
    let _ = ClientData::read(input.as_bytes());
    let _ = ClientData::read(&bytes(input));
}

/// Usernames, addresses of people and of machines, origins.
fn names(input: &str) {
    let folded = canonical_name(input);
    if !is_overlong(input) {
        assert!(
            is_overlong(&folded) || canonical_name(&folded) == folded,
            "folding settles"
        );
    }
    if is_address(input) {
        assert!(!input.contains(['\r', '\n', ',', ' ', '<']));
    }
    let _ = (network_of(Some(input)), cors::origin_of(input));
    let _ = is_loopback(input);
}

/// JSV: whatever is read can be written, and reads the same again.
fn jsv(input: &str) {
    if let Ok(value) = jsv::read(input) {
        let written = jsv::write(&value);
        let again = jsv::read(&written).map(|value| jsv::write(&value));
        assert_eq!(again.as_ref(), Ok(&written));
        // A writer quotes commas, so a dictionary is read as a document is.
        assert_eq!(jsv::read_dictionary(&written), jsv::read(&written));
    }
    let _ = (jsv::read_list(input), jsv::read_dictionary(input));
}

fn xml(input: &str) {
    let _ = xml::read(input);
}

fn csv(input: &str) {
    let _ = csv::read(input);
}

/// Forms, urlencoded and multipart, as either API reads them.
fn form(input: &str) {
    let mut parts = Parts::of(input);
    let (media, body) = (parts.next(), parts.next());
    let incoming = request(&[("content-type", media)], "/auth/credentials", "", body);
    if let Ok(pairs) = incoming.form_pairs() {
        let _ = Callback::read(pairs);
    }
    client_body(incoming.form_value());
    servicestack(&incoming);
}

fn cookies(input: &str) {
    let incoming = request(&[("cookie", input)], "/auth", "", "");
    for cookie in [cookies::Cookie::AccessToken, cookies::Cookie::RefreshToken] {
        assert!(cookie.read(&incoming).is_none_or(|value| !value.is_empty()));
    }
    let _ = StateCookie::read(Some(input), Provider::Google, &Secret::new("state"));
}

/// LoopBack's filters, in JSON and in brackets: pairs of name and value.
fn filters(input: &str) {
    let parts: Vec<&str> = input.split(SEPARATOR).collect();
    let pairs: Vec<(String, String)> = parts
        .chunks(2)
        .map(|pair| match pair {
            [name, value] => ((*name).to_owned(), (*value).to_owned()),
            _ => ("filter".to_owned(), pair.concat()),
        })
        .collect();
    let Ok(query) = Pairs::new(pairs.into_iter()) else {
        return;
    };
    if let Ok(filter) = Filter::parse(&AUTH_CLIENTS, &query) {
        let _ = Clause::of(&clause::Scope::live(&AUTH_CLIENTS), &filter.rows);
    }
    if let Ok(Some(rows)) = parse_where(&AUTH_CLIENTS, &query) {
        let clause = Clause::of(&clause::Scope::live(&AUTH_CLIENTS), &rows);
        assert!(clause.is_none_or(|clause| clause.values.len() <= 100));
    }
}

/// A path and a query.
fn paths(input: &str) {
    let mut parts = Parts::of(input);
    let (path, query) = (parts.next(), parts.next());
    let incoming = request(&[], path, query, "");
    let _ = (
        incoming.is_at("/auth-clients/{id}"),
        incoming.query("token"),
    );
    blames_the_caller(records::path_id(incoming.id()));
    let _ = recognise::recognise(&incoming);
}

/// A whole request: method, path, query, type, accept, authorization, cookie, body.
fn front(input: &str) {
    let mut parts = Parts::of(input);
    let method = Method::parse(parts.next());
    let (path, query) = (parts.next(), parts.next());
    let names = ["content-type", "accept", "authorization", "cookie"];
    let headers = names.map(|name| (name.to_owned(), parts.next().to_owned()));
    let body = Body::Bytes(parts.next().as_bytes().to_vec());
    let incoming = Incoming::new(method, path, query, headers.to_vec(), body);
    arc(&incoming);
    servicestack(&incoming);
}

fn arc(incoming: &Incoming) {
    for model in [
        &models::LOGIN_REQUEST,
        &models::CREATE_USER_REQUEST,
        &models::OTP,
    ] {
        blames_the_caller(incoming.json::<Value>(model));
    }
    client_body(incoming.form_value());
    client_body(Ok(incoming.query_value()));
    for model in [
        &records::AUTH_CLIENT.replacement,
        &records::AUTH_CLIENT.partial,
    ] {
        let body = incoming.json::<Map<String, Value>>(model);
        if let Ok(body) = &body {
            blames_the_caller(records::new_row(&AUTH_CLIENTS, body));
            blames_the_caller(records::update(&AUTH_CLIENTS, body));
            let _ = models::read_profile(body, "");
        }
        blames_the_caller(body);
    }
}

fn servicestack(incoming: &Incoming) {
    let Some(call) = recognise::recognise(incoming) else {
        return;
    };
    let blames_the_caller = |failure: &ServiceStackFailure| {
        let status = failure.status();
        assert!((400..500).contains(&status), "{}", failure.message());
        let reply = stack::failure(failure, &call);
        assert!(reply.body.is_some_and(|body| !body.is_empty()));
    };
    if let Err(failure) = &call.operation {
        blames_the_caller(failure);
    }
    match bind::one::<dto::Authenticate>(incoming, &call) {
        Ok(dto) => {
            if let Err(failure) = intent::AuthenticateIntent::of(incoming, &call, &dto) {
                blames_the_caller(&failure);
            }
        }
        Err(failure) => blames_the_caller(&failure),
    }
    if let Err(failure) = bind::batch::<dto::Authenticate>(incoming, &call) {
        blames_the_caller(&failure);
    }
    leads_nowhere_else(incoming, &call);
}

/// A return URL is of this origin, or none.
fn leads_nowhere_else(incoming: &Incoming, call: &Call) {
    if let Some(url) = return_url::requested(incoming, call) {
        let checked = return_url::check(&url, ISSUER, &[]).unwrap_or_default();
        let ours = format!("{ISSUER}/");
        assert!(checked.is_empty() || checked.starts_with('/') || checked.starts_with(&ours));
    }
}

/// A body with a client's credentials: whatever is taken of a client that keeps a secret has one.
fn client_body(body: Result<Value, loopback::failure::LoopbackFailure>) {
    let Ok(body) = body else {
        return blames_the_caller(body);
    };
    for model in [&models::CLIENT_AUTH_REQUEST, &models::CLIENT_AUTH_QUERY] {
        for is_public in [false, true] {
            let read = loopback::client_body::check(model, body.clone(), is_public);
            let has_secret = |body: &Map<String, Value>| body.contains_key("client_secret");
            assert!(read.as_ref().is_ok_and(has_secret) != is_public || read.is_err());
            blames_the_caller(read);
        }
    }
}

/// A failure that blames the caller, and can be written down.
fn blames_the_caller<T>(outcome: Result<T, impl Into<loopback::failure::LoopbackFailure>>) {
    if let Err(error) = outcome {
        let failure = error.into();
        let reply = envelope::reply(&failure);
        assert!((400..500).contains(&reply.status), "{failure:?}");
        assert!(reply.body.is_some());
    }
}

/// An authorization request in the query, for a confidential and for a public client. An answer goes to a
/// registered redirect URI or nowhere.
fn authorization(input: &str) {
    let incoming = request(&[], "/oauth/authorize", input, "");
    let parameters = oauth_request::query(&incoming);
    let of_resources = Scope::of(&["mcp:tools"]);
    for metadata in [
        r#"{"redirect_uris":["https://app.example/cb?x=y","http://127.0.0.1/cb"],"require_pkce":false}"#,
        r#"{"redirect_uris":["com.example.app:/cb"],"token_endpoint_auth_method":"none","consent":"none"}"#,
    ] {
        let client = client_of(metadata, Source::Operator).unwrap();
        let Ok(target) = ResponseTarget::read(&parameters, &client) else {
            continue;
        };
        let own = OwnAudiences {
            issuer: ISSUER,
            userinfo: "https://login.example/oauth/userinfo",
        };
        let context = RequestContext {
            of_resources: &of_resources,
            own,
            pushed: false,
        };
        let response =
            match AuthorizationRequest::read(target.clone(), &parameters, &client, context) {
                Ok(read) => {
                    assert!(read.challenge.is_some() || !client.needs_challenge());
                    assert!(read.consent_scope().is_within(&Scope::of(&SCOPES)));
                    target.code(&Secret::new("code"), ISSUER)
                }
                Err(failure) => {
                    is_told(failure);
                    target.refusal(failure, ISSUER)
                }
            };
        let location = response.location();
        assert!(
            location.starts_with("https://app.example/cb?x=y&")
                || location.starts_with("http://127.0.0.1")
                || location.starts_with("com.example.app:/cb?")
        );
        assert!(!location.contains(['\r', '\n', '#', '"', '<']));
    }
    let (keys, digest) = (
        data_keys(),
        RequestDigest::of(&parameters, &["interaction"]),
    );
    let sealed = parameters.get("interaction").unwrap_or_default();
    assert_eq!(
        Interaction::open(&keys, &digest, sealed, Timestamp::from_millis(0)),
        Ok(None)
    );
}

/// Every scope that the clients of [`authorization`] can be granted.
const SCOPES: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "phone",
    "offline_access",
    "mcp:tools",
    "permissions",
];

/// A refusal is in the characters of RFC 6749 §5.2.
fn is_told(failure: Failure) {
    let plain = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(failure.description.bytes().all(plain), "{failure}");
    let reply = OAuthFailure::from(failure).reply();
    assert!((400..500).contains(&reply.status), "{failure}");
}

/// The claims parameter.
fn claims_request(input: &str) {
    match ClaimsRequest::parse(Some(input)) {
        Ok(read) => {
            let _ = (read.subject(), read.essential_acr());
            assert_eq!(read.filter(|_| false).names().next(), None);
        }
        Err(failure) => is_told(failure),
    }
}

/// `Authorization` of a client or of a resource's caller, and a form.
fn basic(input: &str) {
    let mut parts = Parts::of(input);
    let (header, body) = (parts.next(), parts.next());
    let form = "application/x-www-form-urlencoded";
    let incoming = request(
        &[("authorization", header), ("content-type", form)],
        "/",
        "",
        body,
    );
    let Ok(form) = oauth_request::form(&incoming) else {
        return;
    };
    match credentials::presented(&incoming, &form) {
        Ok(client) => assert!(client.secret_digests().len() <= 2),
        Err(failure) => is_told(failure),
    }
    if let Err(failure) = access_token::presented(&incoming, Some(&form)) {
        is_told(failure);
    }
    let _ = UserCode::parse(body);
}

/// The header of a proof, and a nonce. Nobody guesses one.
fn dpop(input: &str) {
    let mut parts = Parts::of(input);
    match DpopProof::read(parts.next()) {
        Ok((check, _)) => assert!(check.signature.key.get("d").is_none()),
        Err(failure) => is_told(failure),
    }
    let good = DpopNonce::is_good(&data_keys(), parts.next(), Timestamp::from_millis(0));
    assert_eq!(good, Ok(false));
}

/// Client metadata; what is taken reads back the same.
fn client_metadata(input: &str) {
    for source in [Source::Operator, Source::Registered, Source::Document] {
        if let Some(client) = client_of(input, source) {
            assert_eq!(
                OAuthClient::stored(source, &client.to_members()),
                Ok(client)
            );
        }
    }
}

fn client_of(metadata: &str, source: Source) -> Option<OAuthClient> {
    let document: Map<String, Value> = serde_json::from_str(metadata).ok()?;
    match ClientMetadata::read(&document, Policy::stored(source)) {
        Ok(read) => Some(read.client),
        Err(failure) => {
            is_told(failure);
            None
        }
    }
}
