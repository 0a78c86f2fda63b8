//! `claims`: single claims that a request asks for (OIDC Core §5.5).

use serde_json::{Map, Value};

use crate::auth::oauth::failure::Failure;

/// The longest parameter that is read, in bytes. Memory follows it: a value is two bytes at least.
const LONGEST: usize = 4_096;

/// The claims that are asked for, by where they are wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClaimsRequest {
    /// At UserInfo.
    pub userinfo: Map<String, Value>,
    /// In the ID Token.
    pub id_token: Map<String, Value>,
}

impl ClaimsRequest {
    /// Reads the parameter. Members that nobody knows are ignored (§5.5).
    ///
    /// # Errors
    ///
    /// `invalid_request` where it is not a JSON object of that form.
    pub fn parse(text: Option<&str>) -> Result<Self, Failure> {
        const MALFORMED: Failure = Failure::invalid_request("claims is malformed");
        let Some(text) = text else {
            return Ok(Self::default());
        };
        if text.len() > LONGEST || text.contains("\\u0000") {
            return Err(MALFORMED);
        }
        let mut document: Map<String, Value> = serde_json::from_str(text).map_err(|_| MALFORMED)?;
        let mut part = |name| match document.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(claims)) if claims.values().all(is_request) => Ok(claims),
            Some(_) => Err(MALFORMED),
        };
        Ok(Self {
            userinfo: part("userinfo")?,
            id_token: part("id_token")?,
        })
    }

    /// Drops the claims for which a condition does not hold.
    #[must_use]
    pub fn filter(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.userinfo.retain(|name, _| keep(name));
        self.id_token.retain(|name, _| keep(name));
        self
    }

    /// The names of all claims that are asked for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.userinfo.keys().chain(self.id_token.keys());
        names.map(String::as_str)
    }

    /// The one subject that is wanted, by either part (§5.5.1).
    pub fn subject(&self) -> Option<&str> {
        let mut parts = [&self.id_token, &self.userinfo].into_iter();
        let subject = parts.find_map(|part| part.get("sub")?.get("value"))?;
        subject.as_str()
    }

    /// The authentication contexts of which one is essential (§5.5.1.1); nothing if none is.
    pub fn essential_acr(&self) -> Option<Vec<&str>> {
        let acr = self.id_token.get("acr")?;
        if acr.get("essential") != Some(&Value::Bool(true)) {
            return None;
        }
        let one = acr.get("value").and_then(Value::as_str);
        let several = acr.get("values").and_then(Value::as_array);
        let several = several.into_iter().flatten().filter_map(Value::as_str);
        let values: Vec<&str> = one.into_iter().chain(several).collect();
        (!values.is_empty()).then_some(values)
    }
}

/// `null`, or an object whose members are of their type.
fn is_request(value: &Value) -> bool {
    let Value::Object(request) = value else {
        return value.is_null();
    };
    request.get("essential").is_none_or(Value::is_boolean)
        && request.get("values").is_none_or(Value::is_array)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ClaimsRequest {
        ClaimsRequest::parse(Some(text)).unwrap()
    }

    #[test]
    fn the_example_of_openid_connect_core_is_read() {
        let read = parse(
            r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"http://example.info/claims/groups":null},
                "id_token":{"auth_time":{"essential":true},"acr":{"values":["urn:mace:incommon:iap:silver"]}}}"#,
        );
        assert_eq!(read.userinfo.len(), 3);
        assert!(read.id_token.contains_key("auth_time") && !read.id_token.contains_key("email"));
        assert_eq!(read.essential_acr(), None);
    }

    #[test]
    fn an_essential_context_and_a_subject_are_told() {
        let acr = |text: &str| parse(text).essential_acr().map(|values| values.join(" "));
        assert_eq!(
            acr(r#"{"id_token":{"acr":{"essential":true,"values":["aal2","x"]}}}"#).as_deref(),
            Some("aal2 x")
        );
        assert_eq!(
            acr(r#"{"id_token":{"acr":{"essential":true,"value":"aal2"}}}"#).as_deref(),
            Some("aal2")
        );
        assert_eq!(acr(r#"{"id_token":{"acr":{"essential":true}}}"#), None);
        assert_eq!(
            acr(r#"{"userinfo":{"acr":{"essential":true,"value":"aal2"}}}"#),
            None
        );
        let subject = |text: &str| parse(text).subject().map(str::to_owned);
        assert_eq!(
            subject(r#"{"id_token":{"sub":{"value":"u"}}}"#).as_deref(),
            Some("u")
        );
        assert_eq!(
            subject(r#"{"userinfo":{"sub":{"value":"v"}}}"#).as_deref(),
            Some("v")
        );
        assert_eq!(subject(r#"{"id_token":{"sub":null}}"#), None);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [
            "",
            "x",
            "[]",
            "1",
            "null",
            r#"{"userinfo":[]}"#,
            r#"{"id_token":{"sub":"u"}}"#,
            r#"{"id_token":{"sub":{"essential":"yes"}}}"#,
            r#"{"id_token":{"acr":{"values":"x"}}}"#,
            r#"{"id_token":{"sub":{"value":"\u0000"}}}"#,
        ] {
            assert!(ClaimsRequest::parse(Some(text)).is_err(), "{text}");
        }
        let deep = format!(
            "{}{}",
            r#"{"userinfo":{"a":"#.to_owned() + &"[".repeat(2_000),
            "]".repeat(2_000)
        );
        assert!(ClaimsRequest::parse(Some(&deep)).is_err());
        assert!(ClaimsRequest::parse(Some(&" ".repeat(5_000))).is_err());
        assert_eq!(
            ClaimsRequest::parse(None).unwrap(),
            ClaimsRequest::default()
        );
    }
}
