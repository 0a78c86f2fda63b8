//! Bodies about auth clients, read into what they ask for; what breaks a rule is a 422 detail.

use serde_json::{Map, Number, Value};

use crate::auth::redirect_url::RedirectUrl;
use crate::auth::secret::Secret;
use crate::error::{Detail, Error};
use crate::wire::loopback::filter::{MASK, whole};

/// The most characters of a client's name or of a secret.
const MAX_TEXT: usize = 255;
/// The most characters of a redirect URL.
const MAX_URL: usize = 2_000;
/// The longest lifetime, in seconds: a year.
const MAX_LIFETIME: i64 = 31_536_000;

const REQUIRED: [&str; 6] = [
    "clientId",
    "clientSecret",
    "secret",
    "accessTokenExpiration",
    "refreshTokenExpiration",
    "authCodeExpiration",
];

/// A client to be created.
#[derive(Debug, Clone)]
pub struct NewAuthClient {
    /// Its public name.
    pub client_id: String,
    /// What will prove that it is calling.
    pub client_secret: Secret,
    /// What its codes will be bound to.
    pub secret: Secret,
    /// Where a browser goes after signing in elsewhere.
    pub redirect_url: Option<String>,
    /// Seconds.
    pub access_token_expiration: i64,
    /// Seconds.
    pub refresh_token_expiration: i64,
    /// Seconds.
    pub auth_code_expiration: i64,
}

/// What is to become of one client, or of many: nothing where it stays as it is.
#[derive(Debug, Clone, Default)]
pub struct AuthClientChanges {
    /// Its public name.
    pub client_id: Option<String>,
    /// What proves that it is calling.
    pub client_secret: Option<Secret>,
    /// What its codes are bound to.
    pub secret: Option<Secret>,
    /// Where a browser goes after signing in elsewhere; an inner nothing takes it away.
    pub redirect_url: Option<Option<String>>,
    /// Seconds.
    pub access_token_expiration: Option<i64>,
    /// Seconds.
    pub refresh_token_expiration: Option<i64>,
    /// Seconds.
    pub auth_code_expiration: Option<i64>,
    id: Option<Number>,
}

impl NewAuthClient {
    /// Reads a body that fits [`AUTH_CLIENT_EXCLUDING_ID`](super::AUTH_CLIENT_EXCLUDING_ID).
    pub fn read(body: &Map<String, Value>) -> Result<Self, Error> {
        let changes = AuthClientChanges::checked(body, false)?;
        match changes {
            AuthClientChanges {
                client_id: Some(client_id),
                client_secret: Some(client_secret),
                secret: Some(secret),
                redirect_url,
                access_token_expiration: Some(access_token_expiration),
                refresh_token_expiration: Some(refresh_token_expiration),
                auth_code_expiration: Some(auth_code_expiration),
                id: _,
            } => Ok(Self {
                client_id,
                client_secret,
                secret,
                redirect_url: redirect_url.flatten(),
                access_token_expiration,
                refresh_token_expiration,
                auth_code_expiration,
            }),
            _ => Err(missing(body)),
        }
    }
}

impl AuthClientChanges {
    /// Reads a body that fits [`AUTH_CLIENT`](super::AUTH_CLIENT), a replacement: all of it is set,
    /// and no `redirectUrl` is none. A secret that is sent as it is shown stays as it is.
    pub fn read_full(body: &Map<String, Value>) -> Result<Self, Error> {
        if body.is_empty() {
            return Err(missing(body));
        }
        let changes = Self::checked(body, true)?;
        Ok(Self {
            redirect_url: Some(changes.redirect_url.flatten()),
            ..changes
        })
    }

    /// Reads a body that fits [`AUTH_CLIENT_PARTIAL`](super::AUTH_CLIENT_PARTIAL); an empty one is
    /// 400. A secret that is sent as it is shown stays as it is.
    pub fn read_partial(body: &Map<String, Value>) -> Result<Self, Error> {
        if body.is_empty() {
            return Err(Error::BadRequest("The request body is empty".to_owned()));
        }
        Self::checked(body, true)
    }

    /// Refuses a body that is about another row than the path.
    pub fn for_one(&self, id: i64) -> Result<(), Error> {
        match &self.id {
            Some(other) if whole(other) != Some(id) => Err(Error::IdChanged {
                from: id,
                to: other.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a body that is about one row where many are to be changed.
    pub fn for_many(&self) -> Result<(), Error> {
        match self.id {
            Some(_) => Err(Error::BadRequest(
                "id property (id) cannot be updated".to_owned(),
            )),
            None => Ok(()),
        }
    }

    fn checked(body: &Map<String, Value>, may_be_masked: bool) -> Result<Self, Error> {
        let mut reader = ClientReader {
            body,
            details: Vec::new(),
        };
        let changes = Self {
            client_id: reader.text("clientId", MAX_TEXT).map(str::to_owned),
            client_secret: reader.secret("clientSecret", may_be_masked),
            secret: reader.secret("secret", may_be_masked),
            redirect_url: reader.redirect_url(),
            access_token_expiration: reader.lifetime("accessTokenExpiration"),
            refresh_token_expiration: reader.lifetime("refreshTokenExpiration"),
            auth_code_expiration: reader.lifetime("authCodeExpiration"),
            id: body.get("id").and_then(Value::as_number).cloned(),
        };
        if reader.details.is_empty() {
            Ok(changes)
        } else {
            Err(Error::Invalid(reader.details))
        }
    }
}

/// The 422 of a body without what it needs. Only `null` gets this far: it fits every model.
fn missing(body: &Map<String, Value>) -> Error {
    let absent = REQUIRED.iter().filter(|name| !body.contains_key(**name));
    Error::Invalid(absent.map(|name| Detail::required(name)).collect())
}

struct ClientReader<'a> {
    body: &'a Map<String, Value>,
    details: Vec<Detail>,
}

impl<'a> ClientReader<'a> {
    fn text(&mut self, name: &str, limit: usize) -> Option<&'a str> {
        let text = self.body.get(name)?.as_str()?;
        let path = format!("/{name}");
        if text.is_empty() {
            self.details.push(Detail::too_short(&path, 1));
        } else if text.chars().count() > limit {
            self.details.push(Detail::too_long(&path, limit));
        }
        Some(text)
    }

    fn secret(&mut self, name: &str, may_be_masked: bool) -> Option<Secret> {
        let text = self.text(name, MAX_TEXT)?;
        if text != MASK {
            return Some(Secret::new(text));
        }
        if !may_be_masked {
            let message = "must NOT be the text that hides secrets";
            self.details
                .push(Detail::pattern(&format!("/{name}"), message));
        }
        None
    }

    fn redirect_url(&mut self) -> Option<Option<String>> {
        if self.body.get("redirectUrl")?.is_null() {
            return Some(None);
        }
        let before = self.details.len();
        let text = self.text("redirectUrl", MAX_URL)?;
        if self.details.len() == before && RedirectUrl::parse(text).is_none() {
            self.details.push(Detail::pattern(
                "/redirectUrl",
                "must be https, http on loopback, or a custom scheme with a dot, \
                 without userinfo, fragment and * in the host",
            ));
        }
        Some(Some(text.to_owned()))
    }

    fn lifetime(&mut self, name: &str) -> Option<i64> {
        let number = self.body.get(name)?.as_number()?;
        let path = format!("/{name}");
        let seconds = whole(number);
        match seconds {
            None if number.as_f64().is_some_and(|float| float.fract() == 0.0) => {
                self.details.push(Detail::maximum(&path, MAX_LIFETIME));
            }
            None => self.details.push(Detail::wrong_type(&path, "integer")),
            Some(seconds) if seconds < 1 => self.details.push(Detail::minimum(&path, 1)),
            Some(seconds) if seconds > MAX_LIFETIME => {
                self.details.push(Detail::maximum(&path, MAX_LIFETIME));
            }
            Some(_) => {}
        }
        seconds
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::loopback::auth_clients::{
        AUTH_CLIENT, AUTH_CLIENT_EXCLUDING_ID, AUTH_CLIENT_PARTIAL,
    };
    use crate::wire::loopback::envelope;
    use crate::wire::loopback::validate::check;

    fn body(changes: Value) -> Value {
        let mut body = json!({
            "clientId": "demo-web", "clientSecret": "s3cret", "secret": "code key",
            "redirectUrl": "https://app.example/callback", "accessTokenExpiration": 900,
            "refreshTokenExpiration": 86400, "authCodeExpiration": 180,
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn post(changes: Value) -> Result<NewAuthClient, Error> {
        NewAuthClient::read(&check(&AUTH_CLIENT_EXCLUDING_ID, body(changes))?)
    }

    fn put(changes: Value) -> Result<AuthClientChanges, Error> {
        AuthClientChanges::read_full(&check(&AUTH_CLIENT, body(changes))?)
    }

    fn patch(body: Value) -> Result<AuthClientChanges, Error> {
        AuthClientChanges::read_partial(&check(&AUTH_CLIENT_PARTIAL, body)?)
    }

    fn codes<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(String, &'static str)> {
        match result {
            Err(Error::Invalid(details)) => details
                .into_iter()
                .map(|detail| (detail.path, detail.code))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn one(path: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(path.to_owned(), code)]
    }

    #[test]
    fn what_was_read_can_be_sent_back_and_changes_no_secret() {
        let read = json!({
            "deleted": false, "deletedOn": null, "deletedBy": null,
            "createdOn": "2020-01-01T00:00:00.000Z", "modifiedOn": "2020-01-01T00:00:00.000Z",
            "id": 3, "clientId": "demo-web", "clientSecret": MASK, "secret": MASK,
            "redirectUrl": null, "accessTokenExpiration": 900,
            "refreshTokenExpiration": 86400, "authCodeExpiration": 181,
        });
        let full = put(read.clone()).unwrap();
        assert!(full.client_secret.is_none() && full.secret.is_none());
        assert_eq!(full.redirect_url, Some(None));
        assert_eq!(full.auth_code_expiration, Some(181));
        assert_eq!(full.for_one(3), Ok(()));
        let partial = patch(read).unwrap();
        assert!(partial.client_secret.is_none() && partial.secret.is_none());
        assert_eq!(partial.redirect_url, Some(None));
    }

    #[test]
    fn a_replacement_without_a_redirect_url_has_none_and_an_update_keeps_it() {
        let mut whole = body(json!({}));
        whole.as_object_mut().unwrap().remove("redirectUrl");
        let full = AuthClientChanges::read_full(whole.as_object().unwrap()).unwrap();
        assert_eq!(full.redirect_url, Some(None));
        assert!(
            full.client_secret
                .unwrap()
                .matches(&Secret::new("s3cret").digest())
        );
        let partial = patch(json!({"authCodeExpiration": 60})).unwrap();
        assert_eq!(partial.redirect_url, None);
        assert_eq!(partial.client_id, None);
        assert_eq!(partial.auth_code_expiration, Some(60));
    }

    #[test]
    fn a_new_client_has_what_was_sent() {
        let new = post(json!({"deleted": true, "deletedBy": "me"})).unwrap();
        assert_eq!(new.client_id, "demo-web");
        assert_eq!(new.client_secret.expose(), "s3cret");
        assert_eq!(new.secret.expose(), "code key");
        assert_eq!(
            new.redirect_url.as_deref(),
            Some("https://app.example/callback")
        );
        assert_eq!(new.refresh_token_expiration, 86_400);
    }

    #[test]
    fn secrets_are_neither_empty_nor_the_mask_of_a_new_client() {
        let path = "/clientSecret";
        assert_eq!(
            codes(post(json!({"clientSecret": ""}))),
            one(path, "minLength")
        );
        assert_eq!(
            codes(put(json!({"clientSecret": ""}))),
            one(path, "minLength")
        );
        assert_eq!(
            codes(patch(json!({"secret": ""}))),
            one("/secret", "minLength")
        );
        assert_eq!(
            codes(post(json!({"clientSecret": MASK}))),
            one(path, "pattern")
        );
        assert_eq!(
            codes(post(json!({"secret": MASK}))),
            one("/secret", "pattern")
        );
        let nine = patch(json!({"secret": "*********"})).unwrap();
        assert_eq!(nine.secret.unwrap().expose(), "*********");
    }

    #[test]
    fn names_are_neither_empty_nor_endless() {
        let path = "/clientId";
        assert_eq!(codes(post(json!({"clientId": ""}))), one(path, "minLength"));
        let long = "é".repeat(256);
        assert_eq!(
            codes(patch(json!({"clientId": long}))),
            one(path, "maxLength")
        );
        assert!(patch(json!({"clientId": "é".repeat(255)})).is_ok());
        assert_eq!(codes(put(json!({"clientId": null}))), one(path, "type"));
    }

    #[test]
    fn lifetimes_are_whole_seconds_up_to_a_year() {
        let path = "/accessTokenExpiration";
        for (seconds, code) in [
            (json!(0), "minimum"),
            (json!(-1), "minimum"),
            (json!(31_536_001), "maximum"),
            (json!(1e300), "maximum"),
            (json!(1.5), "type"),
            (json!("900"), "type"),
            (json!(null), "type"),
        ] {
            let result = patch(json!({"accessTokenExpiration": seconds}));
            assert_eq!(codes(result), one(path, code), "{seconds}");
        }
        for seconds in [json!(1), json!(31_536_000), json!(900.0)] {
            assert!(patch(json!({"accessTokenExpiration": seconds})).is_ok());
        }
    }

    #[test]
    fn redirect_urls_are_checked_and_null_only_where_it_is_read_back() {
        let path = "/redirectUrl";
        for url in [
            "javascript:alert(1)",
            "http://app.example",
            "https://a@b",
            "https://*.preview.example/cb",
        ] {
            assert_eq!(
                codes(patch(json!({"redirectUrl": url}))),
                one(path, "pattern")
            );
        }
        assert_eq!(
            codes(put(json!({"redirectUrl": ""}))),
            one(path, "minLength")
        );
        let long = format!("https://app.example/{}", "x".repeat(2_000));
        assert_eq!(
            codes(put(json!({"redirectUrl": long}))),
            one(path, "maxLength")
        );
        assert_eq!(codes(post(json!({"redirectUrl": null}))), one(path, "type"));
    }

    #[test]
    fn all_that_is_wrong_is_told_in_the_model_s_order() {
        let wrong = json!({"authCodeExpiration": 0, "redirectUrl": "x:y", "clientId": "",
            "secret": MASK});
        assert_eq!(
            codes(post(wrong)),
            [
                ("/clientId".to_owned(), "minLength"),
                ("/secret".to_owned(), "pattern"),
                ("/redirectUrl".to_owned(), "pattern"),
                ("/authCodeExpiration".to_owned(), "minimum"),
            ]
        );
    }

    #[test]
    fn nothing_is_not_a_client() {
        for (model, body) in [
            (&AUTH_CLIENT_EXCLUDING_ID, json!({})),
            (&AUTH_CLIENT_EXCLUDING_ID, json!(null)),
            (&AUTH_CLIENT, json!({})),
            (&AUTH_CLIENT, json!(null)),
        ] {
            let post = check(model, body.clone()).and_then(|body| NewAuthClient::read(&body));
            assert_eq!(codes(post).len(), 6, "{body}");
            let put = check(model, body).and_then(|body| AuthClientChanges::read_full(&body));
            assert_eq!(codes(put).len(), 6);
        }
        for body in [json!({}), json!(null)] {
            assert!(matches!(patch(body), Err(Error::BadRequest(_))));
        }
        assert_eq!(
            codes(post(json!({"id": 3}))),
            one("", "additionalProperties")
        );
    }

    #[test]
    fn a_body_is_about_the_row_of_its_path() {
        assert_eq!(put(json!({})).unwrap().for_one(3), Ok(()));
        assert_eq!(patch(json!({"id": 3.0})).unwrap().for_one(3), Ok(()));
        assert_eq!(patch(json!({"id": 3})).unwrap().for_one(3), Ok(()));
        let error = put(json!({"id": 5})).unwrap().for_one(3).unwrap_err();
        let reply: Value = serde_json::from_slice(&envelope::reply(&error).body.unwrap()).unwrap();
        assert_eq!(
            reply,
            json!({"error": {"statusCode": 400, "name": "Error",
                "message": "id property (id) cannot be updated from 3 to 5"}})
        );
        assert!(patch(json!({"id": 3.5})).unwrap().for_one(3).is_err());
        assert!(patch(json!({"id": 3})).unwrap().for_many().is_err());
        assert_eq!(patch(json!({"secret": "x"})).unwrap().for_many(), Ok(()));
    }
}
