//! How a page is branded: by the client that the pages act for, where it has a branding, else by the
//! deployment.

use super::assets;
use crate::auth::branding::{Accent, Branding, logo_parts};
use crate::auth::id::ClientNumber;
use crate::auth::time::Timestamp;
use crate::wire::reply::Reply;

/// The look of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The name in the header.
    pub name: String,
    /// Where the header leads.
    pub home: Option<String>,
    /// The URL of the logo.
    pub logo: String,
    /// The URL of the style sheet with the accent colour, where there is one.
    pub style_sheet: Option<String>,
    /// The terms of service.
    pub terms: Option<String>,
    /// The privacy policy.
    pub privacy: Option<String>,
}

/// A client's branding, and under what its parts are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientBranding {
    /// The client's number.
    pub client: ClientNumber,
    /// How it looks.
    pub branding: Branding,
    /// When that was changed: browsers keep the parts of each version for ever.
    pub modified_on: Timestamp,
}

impl Brand {
    /// The deployment's own look.
    pub fn of_deployment(own: &Branding) -> Self {
        Self {
            name: own.client_name.clone().unwrap_or_default(),
            home: own.client_uri.clone(),
            logo: match own.logo {
                Some(_) => "/brand/logo".to_owned(),
                None => assets::ICON.path(),
            },
            style_sheet: own.accent.map(|_| "/brand/style.css".to_owned()),
            terms: own.tos_uri.clone(),
            privacy: own.policy_uri.clone(),
        }
    }

    /// The look while the pages act for a client: one with a logo of its own is in the header, and what
    /// it leaves out is the deployment's.
    pub fn of_client(own: &Branding, client: &ClientBranding) -> Self {
        let deployment = Self::of_deployment(own);
        let ClientBranding {
            client,
            branding,
            modified_on,
        } = client;
        let part = |name: &str| format!("/brand/{client}/{name}?v={}", modified_on.millis());
        let has_header = branding.logo.is_some();
        let of_header = |client: Option<&String>, deployment: Option<String>| {
            if has_header {
                client.cloned()
            } else {
                deployment
            }
        };
        let name = of_header(branding.client_name.as_ref(), None);
        Self {
            name: name.unwrap_or(deployment.name),
            home: of_header(branding.client_uri.as_ref(), deployment.home),
            logo: if has_header {
                part("logo")
            } else {
                deployment.logo
            },
            style_sheet: match branding.accent {
                Some(_) => Some(part("style.css")),
                None => deployment.style_sheet,
            },
            terms: branding.tos_uri.clone().or(deployment.terms),
            privacy: branding.policy_uri.clone().or(deployment.privacy),
        }
    }
}

/// The style sheet of an accent colour.
pub fn style_sheet(accent: Accent) -> Reply {
    let mut reply = kept("text/css; charset=utf-8");
    reply.body = Some(accent.style_sheet().into_bytes());
    reply
}

/// The picture of a logo; nothing where the text is none. It runs no script, also where it is opened by
/// itself.
pub fn logo(url: &str) -> Option<Reply> {
    let (media, base64) = logo_parts(url)?;
    let mut reply = kept(media).with(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    );
    reply.body = Some(<base64ct::Base64 as base64ct::Encoding>::decode_vec(base64).ok()?);
    Some(reply)
}

/// A client's parts have their version in the URL; the deployment's change with a deployment.
fn kept(media: &str) -> Reply {
    Reply::empty(200)
        .with("content-type", media)
        .with("cache-control", "public, max-age=86400")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(branding: Branding) -> ClientBranding {
        ClientBranding {
            client: ClientNumber::new(7),
            branding,
            modified_on: Timestamp::from_millis(9),
        }
    }

    #[test]
    fn a_client_with_a_logo_is_in_the_header_and_any_may_have_a_colour() {
        let own = Branding {
            client_name: Some("Northlight".to_owned()),
            tos_uri: Some("https://own.example/terms".to_owned()),
            ..Branding::default()
        };
        let coloured = Branding {
            client_name: Some("Fieldbook".to_owned()),
            accent: Accent::parse("#123456"),
            ..Branding::default()
        };
        let brand = Brand::of_client(&own, &client(coloured.clone()));
        assert_eq!(brand.name, "Northlight");
        assert_eq!(brand.style_sheet.as_deref(), Some("/brand/7/style.css?v=9"));
        assert_eq!(brand.terms, own.tos_uri);
        let branding = Branding {
            logo: Some("data:image/png;base64,AA==".to_owned()),
            ..coloured
        };
        let brand = Brand::of_client(&own, &client(branding));
        assert_eq!(brand.name, "Fieldbook");
        assert_eq!(brand.logo, "/brand/7/logo?v=9");
    }
}
