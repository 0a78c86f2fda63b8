//! A JWT as it is sent: JWS compact serialization (RFC 7515 §7.1) of a JSON object.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};

/// Header members that would bring their own key or rules: their presence refuses a token.
const REFUSED: [&str; 5] = ["crit", "jwk", "jku", "x5u", "x5c"];

/// A token taken apart. Nothing in it is to be believed before its signature is verified.
#[derive(Debug, Clone)]
pub struct CompactJws {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// What it claims.
    pub claims: Map<String, Value>,
    /// The signed bytes (ASCII).
    pub signing_input: String,
    /// The signature.
    pub signature: Vec<u8>,
}

impl CompactJws {
    /// Takes a token apart; nothing if it is not one.
    pub fn read(token: &str) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, claims) = signing_input.split_once('.')?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signing_input: signing_input.to_owned(),
            signature: Base64UrlUnpadded::decode_vec(signature).ok()?,
        })
    }

    /// A member of the header that is text.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A claim that is text.
    pub fn claim_text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// The header member that refuses the token, if it has one (RFC 8725 §3.10).
    pub fn refused_member(&self) -> Option<&'static str> {
        let mut refused = REFUSED.into_iter();
        refused.find(|name| self.header.contains_key(*name))
    }

    /// [`CompactJws::refused_member`] of a proof, which must bring its key (RFC 9449 §4.2).
    pub fn refused_member_of_proof(&self) -> Option<&'static str> {
        let mut refused = REFUSED.into_iter().filter(|name| *name != "jwk");
        refused.find(|name| self.header.contains_key(*name))
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = Base64UrlUnpadded::decode_vec(part).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn encoded(part: &Value) -> String {
        Base64UrlUnpadded::encode_string(part.to_string().as_bytes())
    }

    #[test]
    fn what_is_not_three_parts_of_base64url_is_no_token() {
        let (header, claims) = (
            encoded(&json!({ "alg": "ES256" })),
            encoded(&json!({ "sub": "x" })),
        );
        let signature = "AAAA";
        let whole = format!("{header}.{claims}.{signature}");
        assert!(CompactJws::read(&whole).is_some());
        for token in [
            "",
            ".",
            "..",
            "a.b.c",
            &format!("{header}.{claims}"),
            &format!("{whole}.x"),
            &format!("{whole}="),
            &format!("{whole}!"),
            &format!(" {whole}"),
            &format!("{header}..{signature}"),
            &format!(".{claims}.{signature}"),
            &format!("{header}.bnVsbA.{signature}"),
            &format!("{header}.{signature}.{claims}"),
        ] {
            assert!(CompactJws::read(token).is_none(), "{token}");
        }
    }

    #[test]
    fn a_header_member_that_brings_a_key_or_a_rule_refuses_the_token() {
        for name in REFUSED {
            for value in [json!("x"), json!([]), Value::Null] {
                let header = encoded(&json!({ "alg": "ES256", name: value }));
                let token = format!("{header}.{}.AAAA", encoded(&json!({})));
                let token = CompactJws::read(&token).unwrap();
                assert_eq!(token.refused_member(), Some(name));
            }
        }
        let header = encoded(&json!({ "alg": "ES256", "x5t": "harmless", "kid": 1 }));
        let token = format!("{header}.{}.AAAA", encoded(&json!({})));
        let token = CompactJws::read(&token).unwrap();
        assert_eq!(token.refused_member(), None);
        assert_eq!(token.header_text("alg"), Some("ES256"));
        assert_eq!(token.header_text("kid"), None);
    }
}
