//! Every way a ServiceStack call can fail, as that surface names it: status, error code, words.

mod codes;
mod kind;
mod message;
mod parts;
mod shared;

pub use kind::{FieldError, ServiceStackFailure};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind, InvalidInput, Reason};

    fn parts(failure: impl Into<ServiceStackFailure>) -> (u16, &'static str, String) {
        failure.into().parts()
    }

    #[test]
    fn a_failed_sign_in_is_one_answer() {
        let wrong = parts(ErrorKind::Unauthenticated(Reason::InvalidCredentials));
        assert_eq!(
            wrong,
            (
                401,
                "Unauthorized",
                "Invalid Username or Password".to_owned()
            )
        );
        assert_eq!(
            parts(ErrorKind::Rejected(Reason::InvalidCredentials)),
            wrong
        );
    }

    #[test]
    fn tokens_fail_with_the_originals_words() {
        let failed = |error: &Error| (parts(error.clone()).1, parts(error.clone()).2);
        let expired = ("TokenException", "Token has expired".to_owned());
        assert_eq!(
            failed(&ErrorKind::Rejected(Reason::TokenExpired).into()),
            expired
        );
        assert_eq!(
            failed(&ErrorKind::Unauthenticated(Reason::BearerExpired).into()),
            expired
        );
        assert_eq!(
            failed(&ErrorKind::Unauthenticated(Reason::TokenRevoked).into()),
            ("TokenException", "Token has been invalidated".to_owned())
        );
    }

    #[test]
    fn a_dead_refresh_token_is_403_so_that_no_client_asks_again() {
        let (status, code, message) = parts(ServiceStackFailure::ExpiredRefreshToken);
        assert_eq!((status, code), (403, "TokenException"));
        assert_eq!(message, "Token has expired");
    }

    #[test]
    fn a_foreign_refresh_token_is_illegal_or_invalid() {
        let judged = |text| ServiceStackFailure::foreign_refresh_token(text).message();
        assert_eq!(judged("Invalid.Refresh.Token"), "Illegal base64url string!");
        assert_eq!(judged("ab!"), "Illegal base64url string!");
        assert_eq!(judged("abcd.efgh.ijkl"), "Token is invalid");
    }

    #[test]
    fn empty_members_are_named_and_the_first_is_the_message() {
        let failure = ServiceStackFailure::Empty(vec!["UserName", "Password"]);
        assert_eq!(
            parts(failure.clone()),
            (
                400,
                "ValidationException",
                "'User Name' must not be empty.".to_owned()
            )
        );
        let errors = failure.errors();
        let fields: Vec<&str> = errors
            .iter()
            .map(|error| error.field_name.as_str())
            .collect();
        assert_eq!(fields, ["UserName", "Password"]);
        assert!(errors.iter().all(|error| error.error_code == "NotEmpty"));
    }

    #[test]
    fn what_an_error_repeats_of_the_request_is_harmless_and_short() {
        let failure =
            ServiceStackFailure::UnknownProvider("<b>git-hub</b>'\r\n\u{202e}".to_owned());
        assert_eq!(
            failure.message(),
            "No configuration was added for OAuth provider 'bgit-hub/b'"
        );
        let long = ServiceStackFailure::NoSuchOperation("x".repeat(10_000)).message();
        assert!(long.len() < 150, "{}", long.len());
    }

    #[test]
    fn a_5xx_tells_nothing_of_its_cause() {
        let secret = "disk on fire";
        for error in [
            ErrorKind::Internal(secret.to_owned()),
            ErrorKind::Unavailable(secret.to_owned()),
            ErrorKind::NotConfigured("SERVICESTACK_CLIENT_ID"),
        ] {
            let (status, code, message) = parts(error.clone());
            assert!(status >= 500 && error.is_server_error());
            assert!(
                !message.contains(secret) && !message.contains("SERVICESTACK"),
                "{message}"
            );
            assert!(!code.is_empty());
        }
        assert_eq!(
            parts(ErrorKind::NotConfigured("X")).1,
            "NotImplementedException"
        );
        assert_eq!(
            parts(ErrorKind::Misconfigured("JWT_KEYS is missing".to_owned())).2,
            "Misconfigured: JWT_KEYS is missing"
        );
    }

    #[test]
    fn input_that_breaks_a_rule_blames_its_member() {
        let failure = ServiceStackFailure::from(Error::from(InvalidInput::PasswordTooShort(8)));
        assert_eq!(failure.status(), 400);
        let errors = failure.errors();
        assert_eq!(
            errors,
            [FieldError {
                error_code: "ValidationException",
                field_name: "password".to_owned(),
                message: "the password has fewer than 8 characters".to_owned(),
            }]
        );
    }

    #[test]
    fn an_external_redirect_blames_continue() {
        let errors = ServiceStackFailure::ExternalRedirect.errors();
        assert_eq!(
            errors.first().map(|error| error.field_name.as_str()),
            Some("continue")
        );
        assert_eq!(
            ServiceStackFailure::ExternalRedirect.error_code(),
            "ArgumentException"
        );
    }
}
