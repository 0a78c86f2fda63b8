//! The cookies of a browser at our pages. None of them can be set by another host (`__Host-`), nor read by
//! a script.

use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::wire::cookies::{self, SameSite, SetCookie};
use crate::wire::incoming::Incoming;

/// The signed-in browser.
pub const BROWSER: &str = "__Host-edgelatch";
/// The form session.
pub const FORM: &str = "__Host-edgelatch-form";
/// The sign-in that waits for its second factor.
pub const STEP: &str = "__Host-edgelatch-step";
/// The device in which a sign-in needs no second step for a while.
pub const TRUSTED: &str = "__Host-edgelatch-trusted";
/// The device, by which a browser is known to have signed in before.
pub const DEVICE: &str = "__Host-edgelatch-device";

/// How long what is no secret is kept.
pub const YEAR: Seconds = Seconds::DAY.times(365);
/// How long a browser is kept that its user asked to keep signed in.
pub const REMEMBERED: Seconds = Seconds::DAY.times(30);

/// The value of a request's cookie, if it has one.
pub fn cookie(incoming: &Incoming, name: &str) -> Option<Secret> {
    let mut values = cookies::values(incoming, name);
    let value = values.next().filter(|value| !value.is_empty())?;
    Some(Secret::new(value))
}

/// The `Set-Cookie` line; without a lifetime the cookie goes with the browser.
pub fn line(name: &str, value: &str, max_age: Option<Seconds>) -> String {
    let cookie = SetCookie {
        name,
        value,
        max_age,
        same_site: SameSite::Lax,
        secure: true,
    };
    cookie.line()
}
