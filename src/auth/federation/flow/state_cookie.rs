//! The cookie that binds a sign-in to the browser it began in (RFC 9700 §4.7).
//!
//! One cookie for each sign-in, named after its `state`, so that several may be open in one
//! browser. A provider that comes back with a form POST from its own site needs `SameSite=None`;
//! such a cookie has another name, so that it is worth nothing at any other provider's return.

use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::Quirk;
use crate::auth::secret::{Secret, digest};

/// How much of the `state`'s digest names the cookie, in characters.
const TAG_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 43;

/// A sign-in's cookie.
#[derive(Debug, Clone)]
pub struct StateCookie {
    provider: Provider,
    name: String,
    browser: Secret,
}

impl StateCookie {
    /// The cookie of a new sign-in.
    pub(in crate::auth::federation) fn new(
        provider: Provider,
        state: &Secret,
        browser: Secret,
    ) -> Self {
        Self {
            provider,
            name: Self::name_for(provider, state),
            browser,
        }
    }

    /// The cookie that a browser brought for the sign-in with this `state`, by the value it has there.
    pub fn read(value: Option<&str>, provider: Provider, state: &Secret) -> Option<Self> {
        let value = value?;
        let fits = value.len() == SECRET_LENGTH
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| Self::new(provider, state, Secret::new(value)))
    }

    /// The name of the cookie of the sign-in with this `state`.
    pub fn name_for(provider: Provider, state: &Secret) -> String {
        let digest = state.digest();
        let tag = digest.get(..TAG_LENGTH).unwrap_or_default();
        if is_cross_site(provider) {
            format!("__Host-signin-post-{tag}")
        } else {
            format!("__Host-signin-{tag}")
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value, while the sign-in is open.
    pub const fn secret(&self) -> &Secret {
        &self.browser
    }

    /// Whether it must come along with a request from the provider's own site.
    pub fn is_cross_site(&self) -> bool {
        is_cross_site(self.provider)
    }

    /// What D1 keeps of it: it proves the browser and the provider in one comparison.
    pub fn bound_to(&self) -> String {
        digest(&format!(
            "{}.{}",
            self.provider.name(),
            self.browser.expose()
        ))
    }
}

fn is_cross_site(provider: Provider) -> bool {
    provider.spec().has(Quirk::FormPost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_cookie(provider: Provider, state: &str, browser: char) -> StateCookie {
        let browser = Secret::new(browser.to_string().repeat(SECRET_LENGTH));
        StateCookie::new(provider, &Secret::new(state), browser)
    }

    fn read(state_cookie: &StateCookie, provider: Provider, state: &str) -> Option<StateCookie> {
        let state = Secret::new(state);
        // A browser hands back what it has under that name.
        let value = (state_cookie.name() == StateCookie::name_for(provider, &state))
            .then(|| state_cookie.secret().expose());
        StateCookie::read(value, provider, &state)
    }

    #[test]
    fn the_cookie_is_named_after_its_state_and_for_this_host_only() {
        let google = state_cookie(Provider::Google, "s", 'b');
        let expected = format!("__Host-signin-{}", digest("s").split_at(16).0);
        assert_eq!(google.name(), expected);
        assert!(!google.is_cross_site());
    }

    #[test]
    fn apples_cookie_has_another_name_and_crosses_sites() {
        let apple = state_cookie(Provider::Apple, "s", 'b');
        assert!(apple.is_cross_site());
        assert!(read(&apple, Provider::Apple, "s").is_some());
        assert!(read(&apple, Provider::Google, "s").is_none());
        let lax = state_cookie(Provider::Google, "s", 'b');
        assert!(read(&lax, Provider::Apple, "s").is_none());
    }

    #[test]
    fn several_sign_ins_are_open_in_one_browser() {
        let first = state_cookie(Provider::Google, "first", 'a');
        let second = state_cookie(Provider::Google, "second", 'b');
        for (state_cookie, state) in [(&first, "first"), (&second, "second")] {
            let read = read(state_cookie, Provider::Google, state).unwrap();
            assert_eq!(read.bound_to(), state_cookie.bound_to());
        }
        assert!(read(&first, Provider::Google, "second").is_none());
    }

    #[test]
    fn another_browser_or_provider_is_bound_to_something_else() {
        let here = state_cookie(Provider::Google, "s", 'a').bound_to();
        assert_ne!(here, state_cookie(Provider::Google, "s", 'b').bound_to());
        assert_ne!(here, state_cookie(Provider::Facebook, "s", 'a').bound_to());
        assert!(!here.contains("aaa"));
    }

    #[test]
    fn a_cookie_that_is_not_ours_is_none() {
        let state = Secret::new("s");
        let read =
            |value: Option<&str>| StateCookie::read(value, Provider::Google, &state).is_some();
        assert!(read(Some(&"a".repeat(43))));
        for value in ["", "a", &"a".repeat(44), &"é".repeat(21), &"\"".repeat(43)] {
            assert!(!read(Some(value)), "{value}");
        }
        assert!(!read(None));
    }
}
