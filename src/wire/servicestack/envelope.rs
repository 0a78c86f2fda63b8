//! Answers in the call's format: a DTO, a list of them, or a failure as `ResponseStatus`.

use serde_json::{Map, Value};

use super::call::{Call, Operation, UrlForm};
use super::dto::{
    AuthenticateResponse, GetAccessTokenResponse, Record, ResponseStatus, error_response,
};
use super::failure::ServiceStackFailure;
use super::format::Format;
use super::{csv, jsv, xml};
use crate::wire::reply::Reply;

/// 200 with a DTO.
pub fn reply(record: Record, call: &Call) -> Reply {
    let body = match call.reply.format {
        Format::Json => Value::Object(without_nulls(record.members)).to_string(),
        Format::Jsv => jsv::write(&Value::Object(record.members)),
        Format::Xml => xml::write(record.type_name, &record.members),
        Format::Csv => csv::write(&record.members),
    };
    with_body(200, body, call)
}

/// 200 with the DTOs of a batch, which is JSON or JSV.
pub fn batch(records: Vec<Record>, call: &Call) -> Reply {
    let list = records
        .into_iter()
        .map(|record| Value::Object(without_nulls(record.members)))
        .collect();
    let list = Value::Array(list);
    let body = match call.reply.format {
        Format::Jsv => jsv::write(&list),
        _ => list.to_string(),
    };
    with_body(200, body, call)
}

/// A failure: its status, `responseStatus` in the body, and the headers that go with it.
pub fn failure(failure: &ServiceStackFailure, call: &Call) -> Reply {
    let response_status = ResponseStatus::from(failure);
    let record = match call.operation {
        Ok(Operation::GetAccessToken) => GetAccessTokenResponse {
            response_status: Some(response_status),
            ..GetAccessTokenResponse::default()
        }
        .record(),
        Ok(Operation::Admin(dto)) => dto.failed(&response_status),
        Err(ServiceStackFailure::NoSuchOperation(_)) => error_response(&response_status),
        _ => AuthenticateResponse {
            response_status: Some(response_status),
            ..AuthenticateResponse::default()
        }
        .record(),
    };
    let mut reply = reply(record, call);
    reply.status = failure.status();
    if reply.status == 401 {
        reply = reply.with("www-authenticate", challenge(failure, call));
    }
    match failure {
        ServiceStackFailure::GetDisabled => reply.with("allow", "POST"),
        ServiceStackFailure::Common(error) => reply.with_headers_of(error),
        _ => reply,
    }
}

/// The challenge of a 401 (RFC 9110 §11.6.1). Browsers ignore schemes they do not know, so only
/// `/auth/basic` makes them open their sign-in window.
fn challenge(failure: &ServiceStackFailure, call: &Call) -> &'static str {
    if failure.error_code() == "TokenException" {
        "Bearer realm=\"/auth/jwt\""
    } else if call.is_at_basic() {
        "Basic realm=\"/auth/basic\""
    } else {
        "credentials realm=\"/auth/credentials\""
    }
}

fn with_body(status: u16, body: String, call: &Call) -> Reply {
    let mut reply = Reply::empty(status).with("content-type", call.reply.content_type());
    reply.body = Some(body.into_bytes());
    if call.reply.format == Format::Csv {
        let name = call
            .operation
            .as_ref()
            .map_or("Error", |operation| operation.name());
        reply = reply.with(
            "content-disposition",
            format!("attachment;filename=\"{name}.csv\""),
        );
    }
    match call.url_form {
        UrlForm::Route { .. } => reply.with("vary", "Accept"),
        UrlForm::Predefined { .. } => reply,
    }
}

/// The members that have a value, at every level; empty lists are values.
fn without_nulls(members: Map<String, Value>) -> Map<String, Value> {
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name, stripped(value)))
        .collect()
}

fn stripped(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(without_nulls(members)),
        Value::Array(elements) => elements.into_iter().map(stripped).collect(),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use crate::auth::id::UserId;

    use crate::auth::time::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::auth::secret::Secret;
    use crate::error::{Error, ErrorKind, Reason};
    use crate::wire::incoming::{Body, Incoming, Method};
    use crate::wire::servicestack::recognise::recognise;

    fn call(path: &str) -> Call {
        let incoming = Incoming::new(Method::Post, path, "", vec![], Body::Bytes(vec![]));
        recognise(&incoming).unwrap()
    }

    fn text(reply: &Reply) -> &str {
        std::str::from_utf8(reply.body.as_deref().unwrap()).unwrap()
    }

    fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
        let mut headers = reply.headers.iter();
        headers
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value.as_str())
    }

    fn signed_in() -> AuthenticateResponse {
        AuthenticateResponse {
            user_id: Some(UserId::new("1")),
            user_name: Some("a:b".to_owned()),
            bearer_token: Some(Secret::new("x.y.z")),
            refresh_token_expiry: Some(Timestamp::from_millis(1_795_293_060_000)),
            roles: Some(vec!["Admin".to_owned()]),
            permissions: Some(vec![]),
            ..AuthenticateResponse::default()
        }
    }

    #[test]
    fn json_and_jsv_leave_nulls_out_and_keep_empty_lists() {
        let answer = |path| {
            let call = call(path);
            reply(signed_in().record(), &call)
        };
        let json = answer("/auth/credentials");
        assert_eq!(
            text(&json),
            "{\"userId\":\"1\",\"userName\":\"a:b\",\"bearerToken\":\"x.y.z\",\
             \"refreshTokenExpiry\":\"2026-11-21T20:31:00Z\",\"roles\":[\"Admin\"],\"permissions\":[]}"
        );
        assert_eq!(
            header(&json, "content-type"),
            Some("application/json; charset=utf-8")
        );
        assert_eq!(header(&json, "vary"), Some("Accept"));
        let jsv = answer("/jsv/reply/Authenticate");
        assert_eq!(
            text(&jsv),
            "{userId:1,userName:\"a:b\",bearerToken:x.y.z,refreshTokenExpiry:2026-11-21T20:31:00Z,\
             roles:[Admin],permissions:[]}"
        );
        assert_eq!(header(&jsv, "content-type"), Some("text/jsv"));
        assert_eq!(header(&jsv, "vary"), None);
    }

    #[test]
    fn xml_writes_nulls_and_csv_is_an_attachment() {
        let xml = call("/auth/credentials.xml");
        let xml = reply(AuthenticateResponse::default().record(), &xml);
        assert!(
            text(&xml).contains("<UserId i:nil=\"true\"/>"),
            "{}",
            text(&xml)
        );
        assert_eq!(header(&xml, "content-type"), Some("application/xml"));
        let csv = call("/csv/reply/Authenticate");
        let csv = reply(signed_in().record(), &csv);
        assert!(
            text(&csv).starts_with("UserId,SessionId,UserName"),
            "{}",
            text(&csv)
        );
        assert_eq!(
            header(&csv, "content-disposition"),
            Some("attachment;filename=\"Authenticate.csv\"")
        );
    }

    #[test]
    fn an_answer_without_members_is_an_empty_object() {
        for (path, record) in [
            ("/auth/logout", AuthenticateResponse::default().record()),
            ("/access-token", GetAccessTokenResponse::default().record()),
        ] {
            assert_eq!(text(&reply(record, &call(path))), "{}");
        }
    }

    #[test]
    fn a_batch_is_a_list() {
        let records = || {
            vec![
                signed_in().record(),
                AuthenticateResponse::default().record(),
            ]
        };
        let json = batch(records(), &call("/api/Authenticate[]"));
        let list: Value = serde_json::from_str(text(&json)).unwrap();
        assert_eq!(list[0]["userId"], "1");
        assert_eq!(list[1], json!({}));
        let jsv = batch(records(), &call("/jsv/reply/Authenticate[]"));
        assert!(text(&jsv).starts_with("[{userId:1,") && text(&jsv).ends_with(",{}]"));
    }

    #[test]
    fn every_failure_has_a_response_status_in_every_format() {
        let wrong = ServiceStackFailure::Common(
            ErrorKind::Unauthenticated(Reason::InvalidCredentials).into(),
        );
        let answer = |path| failure(&wrong, &call(path));
        assert_eq!(
            text(&answer("/auth/credentials")),
            "{\"responseStatus\":{\"errorCode\":\"Unauthorized\",\
             \"message\":\"Invalid Username or Password\",\"errors\":[]}}"
        );
        assert_eq!(
            text(&answer("/auth/credentials.jsv")),
            "{responseStatus:{errorCode:Unauthorized,message:Invalid Username or Password,errors:[]}}"
        );
        assert!(text(&answer("/xml/reply/Authenticate")).contains(
            "<ResponseStatus><ErrorCode>Unauthorized</ErrorCode><Message>Invalid Username or Password</Message>\
             <StackTrace i:nil=\"true\"/>"
        ));
        assert_eq!(
            text(&answer("/csv/reply/Authenticate")),
            "ErrorCode,Message\r\nUnauthorized,Invalid Username or Password\r\n"
        );
        assert!(text(&answer("/xml/reply/GetAccessToken")).contains("<GetAccessTokenResponse "));
        let unknown = call("/xml/reply/Nothing");
        let unknown = failure(unknown.operation.as_ref().unwrap_err(), &unknown);
        assert!(
            text(&unknown).contains("<ErrorResponse "),
            "{}",
            text(&unknown)
        );
        assert_eq!(unknown.status, 404);
    }

    #[test]
    fn a_field_error_names_its_field() {
        let reply = failure(
            &ServiceStackFailure::Empty(vec!["UserName"]),
            &call("/auth/credentials.jsv"),
        );
        assert_eq!(reply.status, 400);
        assert_eq!(
            text(&reply),
            "{responseStatus:{errorCode:ValidationException,message:'User Name' must not be empty.,\
             errors:[{errorCode:NotEmpty,fieldName:UserName,message:'User Name' must not be empty.}]}}"
        );
    }

    #[test]
    fn every_401_has_a_challenge_that_opens_no_window_but_at_basic() {
        let challenged = |error: Error, path| {
            let reply = failure(&ServiceStackFailure::Common(error), &call(path));
            assert_eq!(reply.status, 401);
            header(&reply, "www-authenticate").map(str::to_owned)
        };
        let wrong = || ErrorKind::Unauthenticated(Reason::InvalidCredentials).into();
        let credentials = Some("credentials realm=\"/auth/credentials\"".to_owned());
        assert_eq!(challenged(wrong(), "/auth/credentials"), credentials);
        assert_eq!(challenged(ErrorKind::NoBearer.into(), "/auth"), credentials);
        assert_eq!(
            challenged(ErrorKind::NoBasic.into(), "/api/Authenticate"),
            credentials
        );
        assert_eq!(
            challenged(wrong(), "/auth/Basic"),
            Some("Basic realm=\"/auth/basic\"".to_owned())
        );
        let bearer = Some("Bearer realm=\"/auth/jwt\"".to_owned());
        assert_eq!(
            challenged(
                ErrorKind::Unauthenticated(Reason::TokenRevoked).into(),
                "/auth"
            ),
            bearer
        );
        assert_eq!(
            challenged(
                ErrorKind::Rejected(Reason::TokenExpired).into(),
                "/access-token"
            ),
            bearer
        );
        let forbidden = failure(&ServiceStackFailure::CrossSite, &call("/auth"));
        assert_eq!(
            (forbidden.status, header(&forbidden, "www-authenticate")),
            (403, None)
        );
    }

    #[test]
    fn too_many_attempts_and_outages_say_when_to_come_back() {
        let after = |error: Error| {
            let reply = failure(&ServiceStackFailure::Common(error), &call("/auth"));
            (
                reply.status,
                header(&reply, "retry-after").map(str::to_owned),
            )
        };
        assert_eq!(
            after(ErrorKind::TooMany(30).into()),
            (429, Some("30".to_owned()))
        );
        assert_eq!(
            after(ErrorKind::Unavailable("d1".to_owned()).into()),
            (503, Some("5".to_owned()))
        );
        assert_eq!(
            after(ErrorKind::Internal("x".to_owned()).into()),
            (500, None)
        );
    }
}
