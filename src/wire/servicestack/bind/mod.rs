//! How a DTO is filled from body, path, query and form. Names match in any case; unknown ones are
//! ignored.

mod fields;

pub use fields::{BoundMembers, Request};

use super::call::{Call, UrlForm};
use super::content::Content;
use super::failure::ServiceStackFailure;
use crate::wire::incoming::Incoming;

/// Binds the one DTO of a call.
pub fn one<T: Request>(incoming: &Incoming, call: &Call) -> Result<T, ServiceStackFailure> {
    let mut fields = BoundMembers::new(T::MEMBERS);
    if let Content::Document(document) = content(call)? {
        fields.start(document);
    }
    match &call.url_form {
        UrlForm::Route { provider } => {
            fields.overwrite("provider", provider.as_deref().unwrap_or_default());
            fields.overwrite_all(incoming.query.iter());
            fields.overwrite_all(call.form());
        }
        UrlForm::Predefined { .. } => {
            fields.overwrite_all(call.form());
            fields.fill(incoming.query.iter());
        }
    }
    fields.finish()
}

/// Binds the DTOs of a batch; the query fills what each of them left unset.
pub fn batch<T: Request>(incoming: &Incoming, call: &Call) -> Result<Vec<T>, ServiceStackFailure> {
    let Content::Batch(documents) = content(call)? else {
        return Err(ServiceStackFailure::NoSuchOperation(format!(
            "{}[]",
            T::NAME
        )));
    };
    let bound = documents.iter().map(|document| {
        let mut fields = BoundMembers::new(T::MEMBERS);
        fields.start(document);
        fields.fill(incoming.query.iter());
        fields.finish()
    });
    bound.collect()
}

fn content(call: &Call) -> Result<&Content, ServiceStackFailure> {
    call.content.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {

    use serde::Deserialize;

    use super::*;
    use crate::auth::secret::Secret;
    use crate::wire::incoming::{Body, Method};
    use crate::wire::servicestack::dto::{Authenticate, GetAccessToken};
    use crate::wire::servicestack::recognise::recognise;

    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";

    fn post(path: &str, query: &str, content_type: &str, body: &str) -> Incoming {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Incoming::new(Method::Post, path, query, headers, Body::Bytes(body.into()))
    }

    fn bound<T: Request>(
        path: &str,
        query: &str,
        content_type: &str,
        body: &str,
    ) -> Result<T, ServiceStackFailure> {
        let incoming = post(path, query, content_type, body);
        one(&incoming, &recognise(&incoming).unwrap())
    }

    fn authenticate(path: &str, query: &str, content_type: &str, body: &str) -> Authenticate {
        bound(path, query, content_type, body).unwrap()
    }

    fn password(dto: &Authenticate) -> Option<&str> {
        dto.password.as_ref().map(Secret::expose)
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Bound {
        example: String,
        text: String,
        user_name: Option<String>,
        password: Option<String>,
        remember_me: Option<bool>,
    }

    #[test]
    fn the_worked_jsv_examples_bind() {
        #[derive(Deserialize)]
        struct Vectors {
            bound: Vec<Bound>,
        }
        let vectors: Vectors =
            serde_json::from_str(include_str!("../../../../tests/vectors/jsv.json")).unwrap();
        for vector in vectors.bound {
            let dto = authenticate("/auth/credentials", "", "text/jsv", &vector.text);
            assert_eq!(dto.user_name, vector.user_name, "{}", vector.example);
            assert_eq!(
                password(&dto),
                vector.password.as_deref(),
                "{}",
                vector.example
            );
            assert_eq!(dto.remember_me, vector.remember_me, "{}", vector.example);
        }
    }

    #[test]
    fn all_formats_bind_alike() {
        for (content_type, body) in [
            (
                JSON,
                "{\"USERNAME\":\"u\",\"password\":\" p \",\"rememberMe\":true,\"meta\":{\"k\":1},\"x\":{}}",
            ),
            (
                "text/jsv",
                "{USERNAME:u,password: p ,rememberMe:TRUE,meta:{k:1},x:{}}",
            ),
            (
                FORM,
                "USERNAME=u&password=+p+&rememberMe=True&meta=%7Bk:1%7D&x=y",
            ),
            (
                FORM,
                "USERNAME=u&password=+p+&rememberMe=true&meta=%7B%22k%22:+%221%22%7D",
            ),
            (
                "text/csv",
                "USERNAME,password,rememberMe,meta,x\nu, p ,true,{k:1},y",
            ),
            (
                "text/xml",
                "<A><USERNAME>u</USERNAME><password> p </password><rememberMe>true</rememberMe>\
                 <meta><KeyValueOfstringstring><Key>k</Key><Value>1</Value></KeyValueOfstringstring></meta></A>",
            ),
        ] {
            let dto = authenticate("/auth/credentials", "", content_type, body);
            assert_eq!(dto.user_name.as_deref(), Some("u"), "{body}");
            assert_eq!(password(&dto), Some(" p "), "{body}");
            assert_eq!(dto.remember_me, Some(true), "{body}");
            assert_eq!(
                serde_json::json!(dto.meta),
                serde_json::json!({ "k": "1" }),
                "{body}"
            );
        }
    }

    #[test]
    fn on_a_route_path_beats_body_query_beats_path_and_form_beats_query() {
        let provider = |query, content_type, body| {
            authenticate("/auth/credentials", query, content_type, body)
                .provider
                .unwrap()
        };
        assert_eq!(provider("", JSON, "{\"provider\":\"x\"}"), "credentials");
        assert_eq!(provider("Provider=q", JSON, "{\"provider\":\"x\"}"), "q");
        assert_eq!(provider("provider=q", FORM, "PROVIDER=f"), "f");
        assert_eq!(provider("provider=", FORM, "provider="), "credentials");
        let dto = authenticate(
            "/auth",
            "userName=q",
            JSON,
            "{\"userName\":\"b\",\"password\":\"p\"}",
        );
        assert_eq!(
            (dto.user_name.as_deref(), password(&dto)),
            (Some("q"), Some("p"))
        );
    }

    #[test]
    fn on_a_predefined_url_the_query_only_fills() {
        let body = "{\"provider\":\"b\",\"userName\":null}";
        let query = "provider=q&userName=u&password=p";
        for path in ["/api/Authenticate", "/json/reply/authenticate"] {
            let dto = authenticate(path, query, "text/plain", body);
            assert_eq!(dto.provider.as_deref(), Some("b"));
            assert_eq!(
                (dto.user_name.as_deref(), password(&dto)),
                (Some("u"), Some("p"))
            );
            let dto = authenticate(path, query, FORM, "provider=f&userName=");
            assert_eq!(dto.provider.as_deref(), Some("f"));
            assert_eq!(dto.user_name.as_deref(), Some("u"));
        }
    }

    #[test]
    fn a_get_is_its_query() {
        let incoming = Incoming::new(
            Method::Get,
            "/api/Authenticate",
            "provider=logout&x=1",
            vec![("content-type".to_owned(), JSON.to_owned())],
            Body::Bytes(vec![]),
        );
        let dto: Authenticate = one(&incoming, &recognise(&incoming).unwrap()).unwrap();
        assert_eq!(dto.provider.as_deref(), Some("logout"));
    }

    #[test]
    fn a_bad_value_is_an_error_in_a_pair_and_names_every_field() {
        let failure =
            bound::<Authenticate>("/auth", "useTokenCookie=1", FORM, "rememberMe=maybe&meta=x")
                .err()
                .unwrap();
        assert_eq!(
            failure.message(),
            "Unable to bind to request 'Authenticate'"
        );
        assert_eq!(
            (failure.status(), failure.error_code()),
            (400, "SerializationException")
        );
        let names: Vec<String> = failure
            .errors()
            .into_iter()
            .map(|error| error.field_name)
            .collect();
        assert_eq!(names, ["RememberMe", "Meta", "UseTokenCookie"]);
    }

    #[test]
    fn a_bad_boolean_in_a_document_is_dropped_and_a_list_for_a_text_is_not() {
        let dto = authenticate(
            "/auth",
            "",
            JSON,
            "{\"rememberMe\":\"maybe\",\"useTokenCookie\":1,\"password\":12}",
        );
        assert_eq!((dto.remember_me, dto.use_token_cookie), (None, None));
        assert_eq!(password(&dto), Some("12"));
        let failure = bound::<Authenticate>("/auth", "", JSON, "{\"password\":[\"a\"]}").err();
        assert_eq!(
            failure,
            Some(ServiceStackFailure::Unbindable {
                request: "Authenticate",
                members: vec!["Password"]
            })
        );
    }

    #[test]
    fn of_two_members_that_differ_in_case_the_later_wins() {
        let dto = authenticate("/auth", "", JSON, "{\"UserName\":\"a\",\"userName\":\"b\"}");
        assert_eq!(dto.user_name.as_deref(), Some("b"));
        let dto = authenticate("/auth", "", "text/jsv", "{UserName:a,userName:}");
        assert_eq!(dto.user_name, None);
    }

    #[test]
    fn a_dictionary_in_a_form_keeps_the_commas_of_its_texts() {
        let multipart = "multipart/form-data; boundary=b";
        let part = "--b\r\nContent-Disposition: form-data; name=\"meta\"\r\n\r\n{a:b,c}\r\n--b--";
        let expected = serde_json::json!({ "a": "b,c" });
        for (query, content_type, body) in [
            ("", multipart, part),
            ("", FORM, "meta={a:b,c}"),
            ("meta={a:b,c}", JSON, "{}"),
            ("", JSON, "{\"meta\":\"{a:b,c}\"}"),
        ] {
            for path in ["/auth/credentials", "/api/Authenticate"] {
                let dto = authenticate(path, query, content_type, body);
                assert_eq!(
                    serde_json::json!(dto.meta),
                    expected,
                    "{path} {query} {body}"
                );
            }
        }
    }

    #[test]
    fn a_dictionary_keeps_text_and_drops_nulls() {
        let dto = authenticate(
            "/auth",
            "",
            JSON,
            "{\"meta\":{\"a\":true,\"b\":null,\"c\":[\"x\"],\"d\":\"\"}}",
        );
        assert_eq!(
            serde_json::json!(dto.meta),
            serde_json::json!({ "a": "True", "c": "[x]", "d": "" })
        );
        assert!(
            authenticate("/auth", "", "text/xml", "<A><Meta/></A>")
                .meta
                .is_empty()
        );
    }

    #[test]
    fn a_refresh_binds_as_the_clients_send_it() {
        let body = "{\"refreshToken\":\"r\",\"useTokenCookie\":false}";
        for path in [
            "/json/reply/GetAccessToken",
            "/api/GetAccessToken",
            "/access-token",
        ] {
            let dto: GetAccessToken = bound(path, "", JSON, body).unwrap();
            assert_eq!(dto.refresh_token.unwrap().expose(), "r");
        }
    }

    #[test]
    fn a_batch_binds_each_of_its_dtos() {
        for (path, body) in [
            (
                "/api/Authenticate%5B%5D",
                "[{\"userName\":\"a\"},{\"provider\":\"p\"}]",
            ),
            ("/jsv/reply/Authenticate[]", "[{userName:a},{provider:p}]"),
        ] {
            let incoming = post(path, "provider=q", JSON, body);
            let dtos: Vec<Authenticate> = batch(&incoming, &recognise(&incoming).unwrap()).unwrap();
            let bound: Vec<_> = dtos
                .iter()
                .map(|dto| (dto.provider.as_deref(), dto.user_name.as_deref()))
                .collect();
            assert_eq!(bound, [(Some("q"), Some("a")), (Some("p"), None)]);
        }
    }
}
