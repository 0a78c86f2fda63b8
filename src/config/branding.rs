//! How the pages look.

use super::reader::{SettingsReader, wrong};
use crate::auth::branding::{Accent, Branding, logo_parts};
use crate::error::Error;

/// What the service is called unless the deployment says another name.
const NAME: &str = "Edgelatch";

impl<F: Fn(&str) -> Option<String>> SettingsReader<F> {
    /// The deployment's own look.
    pub(super) fn branding(&self) -> Result<Branding, Error> {
        let logo = self.text("BRAND_LOGO");
        if logo
            .as_deref()
            .is_some_and(|logo| logo_parts(logo).is_none())
        {
            let what = "must be a data: URL in base64 of a PNG, JPEG, WebP or SVG picture";
            return Err(wrong("BRAND_LOGO", what));
        }
        let accent = self.text("BRAND_ACCENT").map(|text| {
            let what = "must be a colour, #rrggbb, that can be read on white";
            Accent::parse(&text).ok_or_else(|| wrong("BRAND_ACCENT", what))
        });
        Ok(Branding {
            client_name: Some(self.text("BRAND_NAME").unwrap_or_else(|| NAME.to_owned())),
            client_uri: self.secure_url("BRAND_URL")?,
            logo,
            tos_uri: self.secure_url("TERMS_URL")?,
            policy_uri: self.secure_url("PRIVACY_URL")?,
            accent: accent.transpose()?,
        })
    }
}
