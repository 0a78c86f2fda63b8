//! The frame of a page, from what the request itself says: its language, and the deployment's look.

use super::app::App;
use crate::wire::cookies;
use crate::wire::incoming::Incoming;
use crate::wire::pages::Frame;
use crate::wire::pages::brand::Brand;
use crate::wire::texts::Locale;

/// The cookie of the language that was chosen.
pub const LANGUAGE: &str = "__Host-edgelatch-language";

/// The frame of a page that nothing is read for.
pub fn of(app: &App, incoming: &Incoming) -> Frame {
    let brand = Brand::of_deployment(&app.config.branding);
    Frame::of(incoming, locale(app, incoming, None), brand)
}

/// The language that this very request chooses.
pub fn chosen_locale(incoming: &Incoming) -> Option<Locale> {
    incoming
        .query("ui_locales")
        .as_deref()
        .and_then(Locale::of_list)
}

/// The language of a page: chosen, else the user's own, else the browser's, else the deployment's.
pub fn locale(app: &App, incoming: &Incoming, own: Option<&str>) -> Locale {
    let cookie = || cookies::values(incoming, LANGUAGE).find_map(Locale::of_tag);
    let accepted = || {
        incoming
            .header("accept-language")
            .and_then(Locale::of_accept_language)
    };
    chosen_locale(incoming)
        .or_else(cookie)
        .or_else(|| own.and_then(Locale::of_tag))
        .or_else(accepted)
        .or_else(|| Locale::of_tag(&app.config.locale))
        .unwrap_or_default()
}
