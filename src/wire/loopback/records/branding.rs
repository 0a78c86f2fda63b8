//! How a client looks on the pages, as administrators read and write it. Names as in RFC 7591 §2.

use serde::{Deserialize, Serialize};

use crate::auth::branding::{Accent, Branding, logo_parts};
use crate::auth::profile::LONGEST_FIELD;
use crate::auth::transport::is_secure;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::validate::ValueKind::String as Text;
use crate::wire::loopback::validate::{Field, Model};

/// The body of PUT.
pub const BRANDING: Model = Model {
    fields: &[
        Field::optional("client_name", Text),
        Field::optional("client_uri", Text),
        Field::optional("logo", Text),
        Field::optional("tos_uri", Text),
        Field::optional("policy_uri", Text),
        Field::optional("accent_color", Text),
    ],
    closed: true,
};

/// A branding as it is written; what is absent is the deployment's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BrandingBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accent_color: Option<String>,
}

impl From<Branding> for BrandingBody {
    fn from(branding: Branding) -> Self {
        Self {
            client_name: branding.client_name,
            client_uri: branding.client_uri,
            logo: branding.logo,
            tos_uri: branding.tos_uri,
            policy_uri: branding.policy_uri,
            accent_color: branding.accent.map(Accent::text),
        }
    }
}

impl BrandingBody {
    /// Checks the values.
    ///
    /// # Errors
    ///
    /// A name that is empty or has over 200 characters, a URL that is not secure, a logo that is none, a
    /// colour that cannot be read on light surfaces (422).
    pub fn checked(self) -> Result<Branding, LoopbackFailure> {
        let mut details = Vec::new();
        let mut check = |path: &str, value: &Option<String>, rule: fn(&str) -> bool, message| {
            if value.as_deref().is_some_and(|text| !rule(text)) {
                details.push(Detail::pattern(path, message));
            }
        };
        let url = "must be an https URL";
        check(
            "/client_name",
            &self.client_name,
            is_name,
            "must have 1 to 200 characters",
        );
        check("/client_uri", &self.client_uri, is_secure, url);
        let picture =
            "must be a data: URL in base64 of a PNG, JPEG, WebP or SVG picture of 32 KiB at most";
        check(
            "/logo",
            &self.logo,
            |text| logo_parts(text).is_some(),
            picture,
        );
        check("/tos_uri", &self.tos_uri, is_secure, url);
        check("/policy_uri", &self.policy_uri, is_secure, url);
        let colour = "must be a colour, #rrggbb, with a contrast of 4.5 on light surfaces";
        check(
            "/accent_color",
            &self.accent_color,
            |text| Accent::parse(text).is_some(),
            colour,
        );
        if details.is_empty() {
            Ok(self.into())
        } else {
            Err(LoopbackFailure::InvalidBody(details))
        }
    }
}

/// A body that has been checked.
impl From<BrandingBody> for Branding {
    fn from(body: BrandingBody) -> Self {
        Self {
            client_name: body.client_name,
            client_uri: body.client_uri,
            logo: body.logo,
            tos_uri: body.tos_uri,
            policy_uri: body.policy_uri,
            accent: body.accent_color.as_deref().and_then(Accent::parse),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().nth(LONGEST_FIELD).is_none()
}
