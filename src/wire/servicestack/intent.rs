//! What an `Authenticate` request intends, and what it may not.

use super::call::{Call, Operation};
use super::dto::Authenticate;
use super::failure::ServiceStackFailure;
use crate::auth::federation::Provider;
use crate::auth::secret::Secret;
use crate::error::ErrorKind;
use crate::wire::basic::Basic;
use crate::wire::incoming::{Incoming, Method};

/// What the request intends.
#[derive(Debug, Clone)]
pub enum AuthenticateIntent {
    /// To be signed out.
    SignOut,
    /// To get the current session, by cookie or bearer token.
    Session,
    /// To be signed in with user name (or e-mail address) and password.
    Credentials {
        /// As it was typed.
        user_name: String,
        /// Never empty.
        password: Secret,
    },
    /// To go on with a sign-in that waits for its second factor.
    SecondFactor {
        /// The sign-in.
        token: Secret,
        /// The code that was typed.
        otp: Secret,
    },
    /// To have a JWT verified and to know whose it is.
    Verify(Secret),
    /// To be signed in with a token that a provider issued to our app.
    Provider {
        /// The issuer.
        provider: Provider,
        /// The token.
        access_token: Secret,
    },
}

impl AuthenticateIntent {
    /// Reads what a request asks; what it may not ask, or leaves out, is the failure.
    pub fn of(
        incoming: &Incoming,
        call: &Call,
        dto: &Authenticate,
    ) -> Result<Self, ServiceStackFailure> {
        let provider = given(dto.provider.as_deref()).map(str::to_ascii_lowercase);
        if call.operation == Ok(Operation::AuthenticateLogout)
            || provider.as_deref() == Some("logout")
        {
            return Ok(Self::SignOut);
        }
        let secrets = [&dto.password, &dto.access_token];
        let second_factor = dto.second_factor();
        let credentials = given(dto.user_name.as_deref()).is_some()
            || second_factor.is_some()
            || secrets
                .into_iter()
                .flatten()
                .any(|secret| !secret.is_empty());
        let reads = matches!(call.method, Method::Get | Method::Delete);
        if reads && (provider.is_some() || credentials) {
            return Err(ServiceStackFailure::GetDisabled);
        }
        match provider.as_deref() {
            None | Some("credentials" | "login") if second_factor.is_some() => {
                let (token, otp) = second_factor.unwrap_or_default();
                Ok(Self::SecondFactor { token, otp })
            }
            None if given(dto.user_name.as_deref()).is_none() => Self::of_nobody(incoming),
            None | Some("credentials" | "login") => Self::credentials(dto),
            Some("basic") => {
                basic(incoming)?.ok_or(ServiceStackFailure::Common(ErrorKind::NoBasic.into()))
            }
            Some("jwt") => Ok(Self::verify(dto)),
            Some(name) => Self::provider(name, dto),
        }
    }

    /// No provider and no user name: HTTP Basic is a sign-in, anything else a question.
    fn of_nobody(incoming: &Incoming) -> Result<Self, ServiceStackFailure> {
        Ok(basic(incoming)?.unwrap_or(Self::Session))
    }

    fn credentials(dto: &Authenticate) -> Result<Self, ServiceStackFailure> {
        let user_name = given(dto.user_name.as_deref());
        let password = dto
            .password
            .as_ref()
            .filter(|password| !password.is_empty());
        if let (Some(user_name), Some(password)) = (user_name, password) {
            return Ok(Self::Credentials {
                user_name: user_name.to_owned(),
                password: password.clone(),
            });
        }
        let user_name = user_name.is_none().then_some("UserName");
        let password = password.is_none().then_some("Password");
        Err(ServiceStackFailure::Empty(
            user_name.into_iter().chain(password).collect(),
        ))
    }

    /// The token is in the password, where there is no user name for it; else it is the bearer's.
    fn verify(dto: &Authenticate) -> Self {
        let token = dto.password.as_ref().filter(|token| !token.is_empty());
        match token {
            Some(token) if given(dto.user_name.as_deref()).is_none() => Self::Verify(token.clone()),
            _ => Self::Session,
        }
    }

    fn provider(name: &str, dto: &Authenticate) -> Result<Self, ServiceStackFailure> {
        let provider = Provider::from_name(name)
            .filter(|provider| provider.takes_tokens())
            .ok_or_else(|| {
                ServiceStackFailure::UnknownProvider(dto.provider.clone().unwrap_or_default())
            })?;
        let token = dto.access_token.as_ref().filter(|token| !token.is_empty());
        let access_token = token
            .ok_or(ServiceStackFailure::Empty(vec!["AccessToken"]))?
            .clone();
        Ok(Self::Provider {
            provider,
            access_token,
        })
    }
}

/// User name and password of HTTP Basic, which sign in as credentials do; nothing without it.
fn basic(incoming: &Incoming) -> Result<Option<AuthenticateIntent>, ServiceStackFailure> {
    match incoming.basic() {
        None => Ok(None),
        Some(Ok(Basic { name, secret })) if !name.trim().is_empty() && !secret.is_empty() => {
            Ok(Some(AuthenticateIntent::Credentials {
                user_name: name,
                password: secret,
            }))
        }
        Some(_) => Err(ServiceStackFailure::Common(ErrorKind::NoBasic.into())),
    }
}

/// A text that is there and not blank.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::Body;
    use crate::wire::servicestack::bind;
    use crate::wire::servicestack::recognise::recognise;

    const BASIC: (&str, &str) = ("authorization", "Basic YTpiOmM=");

    fn asked(
        method: Method,
        path: &str,
        query: &str,
        header: (&str, &str),
        body: &str,
    ) -> Result<AuthenticateIntent, ServiceStackFailure> {
        let headers = [header, ("content-type", "application/json")];
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let incoming = Incoming::new(
            method,
            path,
            query,
            headers.collect(),
            Body::Bytes(body.into()),
        );
        let call = recognise(&incoming).unwrap();
        let dto = bind::one(&incoming, &call)?;
        AuthenticateIntent::of(&incoming, &call, &dto)
    }

    /// What is asked, with the secrets in the open.
    fn text(ask: Result<AuthenticateIntent, ServiceStackFailure>) -> String {
        match ask {
            Ok(AuthenticateIntent::Credentials {
                user_name,
                password,
            }) => format!("{user_name}/{}", password.expose()),
            Ok(AuthenticateIntent::Verify(token)) => format!("verify {}", token.expose()),
            Ok(AuthenticateIntent::Provider {
                provider,
                access_token,
            }) => format!("{} {}", provider.name(), access_token.expose()),
            Ok(ask) => format!("{ask:?}"),
            Err(failure) => format!("{} {}", failure.status(), failure.error_code()),
        }
    }

    fn post(path: &str, body: &str) -> String {
        text(asked(Method::Post, path, "", ("x", ""), body))
    }

    fn get(path: &str, query: &str) -> String {
        text(asked(Method::Get, path, query, ("x", ""), ""))
    }

    #[test]
    fn credentials_are_user_name_and_password_by_any_of_three_names() {
        let body = "{\"userName\":\"a\",\"password\":\" p \"}";
        for path in [
            "/auth/credentials",
            "/auth/CREDENTIALS",
            "/authenticate/login",
            "/auth",
            "/api/Authenticate",
        ] {
            assert_eq!(post(path, body), "a/ p ", "{path}");
        }
        for (body, members) in [
            ("{}", vec!["UserName", "Password"]),
            ("{\"userName\":\" \",\"password\":\"p\"}", vec!["UserName"]),
            ("{\"userName\":\"a\",\"password\":\"\"}", vec!["Password"]),
        ] {
            let ask = asked(Method::Post, "/auth/credentials", "", ("x", ""), body);
            assert_eq!(ask.err(), Some(ServiceStackFailure::Empty(members)));
        }
    }

    #[test]
    fn nothing_asked_is_who_am_i() {
        assert_eq!(post("/auth", ""), "Session");
        assert_eq!(post("/api/Authenticate", "{}"), "Session");
        assert_eq!(get("/auth", ""), "Session");
        assert_eq!(
            text(asked(
                Method::Get,
                "/auth",
                "",
                ("authorization", "Bearer x"),
                ""
            )),
            "Session"
        );
    }

    #[test]
    fn signing_out_has_many_spellings() {
        let by_provider = "{\"provider\":\"LOGOUT\"}";
        for (path, body) in [
            ("/auth/logout", ""),
            ("/auth/logout", "{\"provider\":\"credentials\"}"),
            ("/api/AuthenticateLogout", "{}"),
            ("/api/Authenticate", by_provider),
            ("/auth", by_provider),
        ] {
            assert_eq!(post(path, body), "SignOut", "{path}");
        }
        assert_eq!(get("/auth/logout", ""), "SignOut");
        assert_eq!(get("/auth/logout", "provider=credentials"), "SignOut");
        assert_eq!(get("/api/Authenticate", "provider=logout"), "SignOut");
    }

    #[test]
    fn credentials_in_a_get_are_refused() {
        for query in [
            "provider=credentials&userName=a&password=p",
            "userName=a&password=p",
            "password=p",
            "accessToken=t",
            "provider=google",
        ] {
            for path in ["/auth", "/api/Authenticate", "/json/reply/Authenticate"] {
                assert_eq!(
                    get(path, query),
                    "405 NotSupportedException",
                    "{path}?{query}"
                );
            }
        }
        let delete = asked(
            Method::Delete,
            "/api/Authenticate",
            "userName=a&password=p",
            ("x", ""),
            "",
        );
        assert_eq!(text(delete), "405 NotSupportedException");
        let overridden = ("x-http-method-override", "GET");
        let body = "{\"userName\":\"a\",\"password\":\"p\"}";
        let ask = asked(Method::Post, "/api/Authenticate", "", overridden, body);
        assert_eq!(text(ask), "405 NotSupportedException");
    }

    #[test]
    fn http_basic_signs_in_where_nothing_else_is_asked() {
        let basic = |method, path, body| text(asked(method, path, "", BASIC, body));
        assert_eq!(basic(Method::Post, "/auth/basic", ""), "a/b:c");
        assert_eq!(basic(Method::Post, "/api/Authenticate", "{}"), "a/b:c");
        assert_eq!(basic(Method::Get, "/auth", ""), "a/b:c");
        let body = "{\"userName\":\"u\",\"password\":\"p\"}";
        assert_eq!(basic(Method::Post, "/auth/credentials", body), "u/p");
        assert_eq!(post("/auth/basic", ""), "401 Unauthorized");
    }

    #[test]
    fn an_unreadable_basic_header_is_401() {
        for value in [
            "Basic",
            "Basic ",
            "Basic !",
            "Basic YTo=",
            "Basic OmI=",
            "Basic YQ==",
            "Basic /zph",
            "basic YTpi x",
        ] {
            let ask = asked(
                Method::Post,
                "/auth/basic",
                "",
                ("authorization", value),
                "",
            );
            assert_eq!(
                ask.err(),
                Some(ServiceStackFailure::Common(ErrorKind::NoBasic.into())),
                "{value}"
            );
        }
    }

    #[test]
    fn a_jwt_to_verify_is_in_the_password_or_else_the_bearers() {
        assert_eq!(post("/auth/jwt", "{\"password\":\"t\"}"), "verify t");
        assert_eq!(post("/auth/jwt", ""), "Session");
        assert_eq!(
            post("/auth/jwt", "{\"userName\":\"u\",\"password\":\"t\"}"),
            "Session"
        );
    }

    #[test]
    fn a_providers_token_signs_in_with_the_providers_we_have() {
        let body = "{\"provider\":\"Google\",\"accessToken\":\"t\"}";
        assert_eq!(post("/api/Authenticate", body), "google t");
        assert_eq!(
            post("/auth/facebook", "{\"accessToken\":\"t\"}"),
            "facebook t"
        );
        assert_eq!(
            post("/auth/apple", "{\"accessToken\":\"\"}"),
            "400 ValidationException"
        );
        for name in ["instagram", "github", "apikey", "identity", "x.y"] {
            let ask = post(&format!("/auth/{name}"), "{\"accessToken\":\"t\"}");
            assert_eq!(ask, "404 NotFound", "{name}");
        }
    }
}
