//! A call that has been recognised: what it is for, and how it is read and answered.

use super::admin::AdminDto;
use super::content::Content;
use super::failure::ServiceStackFailure;
use super::format::{Format, Media};
use crate::wire::document::Pairs;
use crate::wire::incoming::Method;

/// A call to this surface.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method, after `X-Http-Method-Override`. The request's own is what [`super::csrf`] judges.
    pub method: Method,
    /// What is to be done; or why it cannot be, to be answered in this surface's way.
    pub operation: Result<Operation, ServiceStackFailure>,
    /// How the URL was written, which decides how the body is read and what takes precedence.
    pub url_form: UrlForm,
    /// What the body holds, read once; or why it cannot be read.
    pub content: Result<Content, ServiceStackFailure>,
    /// How to answer.
    pub reply: Media,
}

/// The DTOs that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `Authenticate`
    Authenticate,
    /// `AuthenticateLogout`, which binds as `Authenticate` does and is nothing but a sign-out.
    AuthenticateLogout,
    /// `GetAccessToken`
    GetAccessToken,
    /// One of administrators.
    Admin(AdminDto),
}

/// The two ways to write a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlForm {
    /// A route of the DTO's own: the body is read by its content type, and path, query and form
    /// overwrite it.
    Route {
        /// The path's `{provider}`.
        provider: Option<String>,
    },
    /// A URL made of the DTO's name: the body is in `format`, and the query only fills it.
    Predefined {
        /// What the body is read as, forms excepted.
        format: Format,
        /// Whether the name ends in `[]`: the body is a list of DTOs, and so is the answer.
        batch: bool,
        /// Whether the caller does not care for the answer.
        one_way: bool,
    },
}

impl Operation {
    /// The name of its DTO.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "Authenticate",
            Self::AuthenticateLogout => "AuthenticateLogout",
            Self::GetAccessToken => "GetAccessToken",
            Self::Admin(dto) => dto.name(),
        }
    }

    /// The name of the DTO that is sent for it.
    pub const fn request(self) -> &'static str {
        match self {
            Self::GetAccessToken => "GetAccessToken",
            Self::Admin(dto) => dto.name(),
            _ => "Authenticate",
        }
    }

    /// The operation of a DTO's name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Authenticate,
            Self::AuthenticateLogout,
            Self::GetAccessToken,
        ];
        let mut all = all.into_iter().chain(AdminDto::ALL.map(Self::Admin));
        all.find(|operation| operation.name().eq_ignore_ascii_case(name))
    }

    /// The methods it has on a URL made of its name, as `Allow` says them.
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            Self::GetAccessToken => &["POST"],
            Self::Admin(dto) => dto.methods(),
            _ => &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        }
    }
}

impl Call {
    /// The fields of the form that was posted; none where it was none that could be read.
    pub fn form(&self) -> impl Iterator<Item = &(String, String)> {
        let form = match &self.content {
            Ok(Content::Form(pairs)) => Some(pairs),
            _ => None,
        };
        form.into_iter().flat_map(Pairs::iter)
    }

    /// Whether a list of DTOs was sent.
    pub const fn is_batch(&self) -> bool {
        matches!(self.url_form, UrlForm::Predefined { batch: true, .. })
    }

    /// Whether the path is that of HTTP Basic, the only one whose 401 makes a browser ask.
    pub fn is_at_basic(&self) -> bool {
        matches!(&self.url_form, UrlForm::Route { provider: Some(name) } if name.eq_ignore_ascii_case("basic"))
    }
}
