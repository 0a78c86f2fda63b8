//! Both ceremonies, step by step, and the test vectors of the specification.

use base64ct::{Base64Unpadded as Base64, Encoding};
use crypto_bigint::U4096;
use crypto_bigint::modular::runtime_mod::{DynResidue, DynResidueParams};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::example::{
    Authenticator, BE, BS, UP, UV, assertion, cose_ed25519, expected, registration, relying_party,
};
use super::*;
use crate::auth::jose::detached::DetachedSignature;

fn register_with(spoil: impl FnOnce(&mut Authenticator)) -> Result<NewPasskey, Refused> {
    let mut authenticator = Authenticator::new("webauthn.create");
    spoil(&mut authenticator);
    let relying_party = relying_party();
    register(
        &expected(&relying_party),
        &registration(authenticator.register()),
    )
}

fn stored() -> StoredPasskey {
    StoredPasskey {
        public_key: Base64Url::encode(&Authenticator::new("").public_key()),
        sign_count: 0,
        backup_eligible: false,
        backed_up: false,
        user_handle: "aGFuZGxl".to_owned(),
        identified: false,
    }
}

fn assert_against(
    stored: &StoredPasskey,
    spoil: impl FnOnce(&mut Authenticator),
) -> Result<VerifiedAssertion, Refused> {
    let mut authenticator = Authenticator::new("webauthn.get");
    spoil(&mut authenticator);
    verified(assert(
        &expected(&relying_party()),
        stored,
        &assertion(authenticator.assert()),
    ))
}

fn assert_with(spoil: impl FnOnce(&mut Authenticator)) -> Result<VerifiedAssertion, Refused> {
    assert_against(&stored(), spoil)
}

fn verified(assertion: Result<Assertion, Refused>) -> Result<VerifiedAssertion, Refused> {
    match assertion? {
        Assertion::Verified(assertion) => Ok(assertion),
        Assertion::Unverified(_) => panic!("RSA"),
    }
}

#[test]
fn a_passkey_is_registered_with_what_is_known_of_it() {
    let passkey = register_with(|it| it.flags |= BE | BS).unwrap();
    assert_eq!(passkey.credential_id, "AQID");
    assert_eq!(passkey.public_key, stored().public_key);
    assert_eq!(passkey.transports, ["internal"]);
    assert!(passkey.user_verified && passkey.backup_eligible && passkey.backed_up);
    assert_eq!((passkey.sign_count, passkey.discoverable), (0, None));
}

#[test]
fn each_step_of_a_registration_refuses() {
    let client_data = |name: &'static str, value: Value| {
        register_with(move |it| it.client_data[name] = value).unwrap_err()
    };
    assert_eq!(client_data("type", json!("webauthn.get")), Refused::Type); // 7
    assert_eq!(client_data("challenge", json!("AAAA")), Refused::Challenge); // 8
    assert_eq!(
        client_data("origin", json!("https://evil.example")),
        Refused::Origin
    ); // 9
    assert_eq!(
        client_data("crossOrigin", json!(true)),
        Refused::CrossOrigin
    ); // 10
    assert_eq!(client_data("topOrigin", json!("x")), Refused::CrossOrigin); // 11
    let refusal = |spoil: fn(&mut Authenticator)| register_with(spoil).unwrap_err();
    assert_eq!(
        refusal(|it| it.rp_id = "evil.example"),
        Refused::RelyingParty
    ); // 14
    assert_eq!(refusal(|it| it.flags = UV), Refused::UserPresence); // 15
    assert_eq!(refusal(|it| it.flags = UP), Refused::UserVerification); // 16
    assert_eq!(refusal(|it| it.flags |= BS), Refused::BackupState); // 17
    assert_eq!(refusal(|it| it.id = vec![]), Refused::CredentialIdTooLong);
    assert_eq!(
        refusal(|it| it.id = vec![7; 1024]),
        Refused::CredentialIdTooLong
    ); // 25
    assert!(register_with(|it| it.id = vec![7; 1023]).is_ok());
}

#[test]
fn a_registration_of_another_form_is_refused() {
    let authenticator = Authenticator::new("webauthn.create");
    let relying_party = relying_party();
    let refusal = |value| register(&expected(&relying_party), &registration(value)).unwrap_err();
    let object = authenticator.attestation_object(&authenticator.public_key());
    // 13
    for broken in [&[][..], &[0xa0], &object[..object.len() - 1]] {
        let value = authenticator.registration(broken);
        assert!(matches!(refusal(value), Refused::Malformed(_)));
    }
    // 20: ES384 was not offered.
    let mut es384 = authenticator.public_key();
    es384.splice(4..5, [0x38, 0x22]);
    let value = authenticator.registration(&authenticator.attestation_object(&es384));
    assert_eq!(refusal(value), Refused::Algorithm);
    let mut identity = [0; 32];
    identity[0] = 1;
    let weak = authenticator.attestation_object(&cose_ed25519(&identity));
    assert_eq!(refusal(authenticator.registration(&weak)), Refused::Key);
    // The authenticator data are of another credential than the browser says.
    let mut value = authenticator.register();
    value["id"] = json!("AQIE");
    value["rawId"] = json!("AQIE");
    assert_eq!(refusal(value), Refused::CredentialId);
}

#[test]
fn only_a_conditional_registration_may_lack_a_touch() {
    let mut authenticator = Authenticator::new("webauthn.create");
    authenticator.flags = UV;
    let relying_party = relying_party();
    let conditional = Expected {
        user_presence: false,
        ..expected(&relying_party)
    };
    assert!(register(&conditional, &registration(authenticator.register())).is_ok());
}

#[test]
fn an_assertion_holds_for_its_own_credential_and_ceremony() {
    assert_eq!(
        assert_with(|it| it.sign_count = 7).unwrap(),
        VerifiedAssertion {
            sign_count: 7,
            backed_up: false,
            backup_eligible: false,
            counter_regressed: false,
            backup_lost: false,
        }
    );
}

#[test]
fn each_step_of_an_authentication_refuses() {
    let client_data = |name: &'static str, value: Value| {
        assert_with(move |it| it.client_data[name] = value).unwrap_err()
    };
    assert_eq!(client_data("type", json!("webauthn.create")), Refused::Type); // 10
    assert_eq!(client_data("challenge", json!("AAAA")), Refused::Challenge); // 11
    assert_eq!(
        client_data("origin", json!("https://evil.example")),
        Refused::Origin
    ); // 12
    assert_eq!(
        client_data("crossOrigin", json!(true)),
        Refused::CrossOrigin
    ); // 13
    assert_eq!(client_data("topOrigin", json!("x")), Refused::CrossOrigin); // 14
    let refusal = |spoil: fn(&mut Authenticator)| assert_with(spoil).unwrap_err();
    assert_eq!(
        refusal(|it| it.rp_id = "evil.example"),
        Refused::RelyingParty
    ); // 15
    assert_eq!(refusal(|it| it.flags = UV), Refused::UserPresence); // 16
    assert_eq!(refusal(|it| it.flags = UP), Refused::UserVerification); // 17
    assert_eq!(refusal(|it| it.flags |= BS), Refused::BackupState); // 18
    assert_eq!(refusal(|it| it.flags |= BE), Refused::BackupEligibility); // 19
    let other_key = StoredPasskey {
        public_key: Base64Url::encode(&cose_ed25519(
            ed25519_dalek::SigningKey::from_bytes(&[1; 32])
                .verifying_key()
                .as_bytes(),
        )),
        ..stored()
    };
    assert_eq!(assert_against(&other_key, |_| ()), Err(Refused::Signature)); // 21
    let mut spoilt = Authenticator::new("webauthn.get").assert();
    spoilt["response"]["clientDataJSON"] = json!(Base64Url::encode(
        json!({ "type": "webauthn.get", "challenge": "Y2hhbGxlbmdl", "origin": "https://login.example",
            "more": 1 }).to_string().as_bytes()
    ));
    let spoilt = assert(&expected(&relying_party()), &stored(), &assertion(spoilt));
    assert_eq!(spoilt.unwrap_err(), Refused::Signature);
}

#[test]
fn whoever_is_not_known_before_is_named_by_the_user_handle() {
    let known = StoredPasskey {
        identified: true,
        ..stored()
    };
    // 6
    assert_eq!(
        assert_with(|it| it.user_handle = None),
        Err(Refused::UserHandle)
    );
    assert!(assert_against(&known, |it| it.user_handle = None).is_ok());
    for stored in [stored(), known] {
        let other = assert_against(&stored, |it| it.user_handle = Some("b3RoZXI"));
        assert_eq!(other, Err(Refused::UserHandle));
    }
}

#[test]
fn a_counter_that_does_not_grow_and_a_lost_backup_are_told() {
    let regressed = |before, after| {
        let stored = StoredPasskey {
            sign_count: before,
            ..stored()
        };
        assert_against(&stored, |it| it.sign_count = after)
            .unwrap()
            .counter_regressed
    };
    // 22
    for (before, after, expected) in [
        (0, 0, false),
        (0, 1, false),
        (5, 6, false),
        (5, 5, true),
        (5, 4, true),
        (5, 0, true),
    ] {
        assert_eq!(regressed(before, after), expected, "{before} {after}");
    }
    let synced = StoredPasskey {
        backup_eligible: true,
        backed_up: true,
        ..stored()
    };
    let lost = |flags: u8| {
        assert_against(&synced, |it| it.flags |= flags)
            .unwrap()
            .backup_lost
    };
    assert!(lost(BE) && !lost(BE | BS));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    rp_id: String,
    origin: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    registration: Made,
    authentication: Made,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    challenge: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    aaguid: Option<String>,
    credential_id: Option<String>,
    attestation_object: Option<String>,
    authenticator_data: Option<String>,
    signature: Option<String>,
}

impl Vector {
    fn register(&self, expected: &Expected<'_>) -> Result<NewPasskey, Refused> {
        let made = &self.registration;
        let value = json!({ "id": made.credential_id, "rawId": made.credential_id, "type": "public-key",
            "response": { "clientDataJSON": made.client_data, "attestationObject": made.attestation_object } });
        register(expected, &registration(value))
    }

    fn assert(&self, passkey: &NewPasskey, expected: &Expected<'_>) -> Result<Assertion, Refused> {
        let made = &self.authentication;
        let id = &passkey.credential_id;
        let value = json!({ "id": id, "rawId": id, "type": "public-key",
            "response": { "clientDataJSON": made.client_data, "authenticatorData": made.authenticator_data,
                "signature": made.signature, "userHandle": "aGFuZGxl" } });
        let stored = StoredPasskey {
            public_key: passkey.public_key.clone(),
            sign_count: passkey.sign_count,
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
            ..stored()
        };
        assert(expected, &stored, &assertion(value))
    }
}

/// What the two ceremonies of a vector come to.
fn outcome(
    vector: &Vector,
    relying_party: &RelyingParty,
    verification: bool,
) -> Result<(), Refused> {
    let expected = |challenge| Expected {
        relying_party,
        challenge,
        user_presence: true,
        user_verification: verification,
    };
    let passkey = vector.register(&expected(&vector.registration.challenge))?;
    assert_eq!(Some(&passkey.aaguid), vector.registration.aaguid.as_ref());
    match vector.assert(&passkey, &expected(&vector.authentication.challenge))? {
        Assertion::Verified(_) => Ok(()),
        Assertion::Unverified(unverified) => {
            let holds = rsa_holds(&unverified.signature);
            unverified.verified(holds).map(drop)
        }
    }
}

/// What WebCrypto does with an RSA signature (RFC 8017 §8.2.2).
fn rsa_holds(check: &DetachedSignature) -> bool {
    let number =
        |bytes: &[u8]| U4096::from_be_slice(&[&vec![0; 512 - bytes.len()], bytes].concat());
    let modulus = Base64Url::decode(check.key["n"].as_str().unwrap()).unwrap();
    let parameters = DynResidueParams::new(&number(&modulus));
    let signature = DynResidue::new(&number(&check.signature), parameters);
    // DigestInfo of SHA-256.
    let prefix = "MDEwDQYJYIZIAWUDBAIBBQAEIA";
    let digest = [
        Base64::decode_vec(prefix).unwrap(),
        Sha256::digest(&check.signed).to_vec(),
    ]
    .concat();
    let padding = vec![0xff; modulus.len() - digest.len() - 3];
    let message = [&[0, 1], &*padding, &[0], &*digest].concat();
    signature.pow(&U4096::from_u32(65_537)).retrieve() == number(&message)
}

#[test]
fn the_vectors_of_the_specification_are_accepted_or_refused_by_policy() {
    let vectors = include_str!("../../../tests/vectors/webauthn.json");
    let vectors: Vectors = serde_json::from_str(vectors).unwrap();
    let relying_party = RelyingParty::new(vectors.rp_id, vec![vectors.origin]);
    let mut accepted = 0;
    for vector in &vectors.vectors {
        let refusal = match vector.name.as_str() {
            "none-es256-crossOrigin" | "none-es256-topOrigin" => Some(Refused::CrossOrigin),
            "packed-es384" | "packed-es512" | "packed-ed448" => Some(Refused::Algorithm),
            _ => None,
        };
        let outcome = outcome(vector, &relying_party, false);
        assert_eq!(outcome.err(), refusal, "{}", vector.name);
        accepted += u32::from(refusal.is_none());
    }
    assert_eq!((accepted, vectors.vectors.len()), (10, 15));
}

#[test]
fn vectors_without_user_verification_are_refused_where_it_is_required() {
    let vectors = include_str!("../../../tests/vectors/webauthn.json");
    let vectors: Vectors = serde_json::from_str(vectors).unwrap();
    let relying_party = RelyingParty::new(vectors.rp_id, vec![vectors.origin]);
    let outcome = |name| {
        let vector = vectors.vectors.iter().find(|it| it.name == name).unwrap();
        outcome(vector, &relying_party, true)
    };
    assert_eq!(outcome("none-es256"), Err(Refused::UserVerification));
}
