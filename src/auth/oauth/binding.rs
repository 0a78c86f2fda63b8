//! The cookie that binds a sign-in to the browser it began in (RFC 9700 §4.7).
//!
//! One cookie for each sign-in, named after its `state`, so that several may be open in one
//! browser. A provider that comes back with a form POST from its own site needs `SameSite=None`;
//! such a cookie has another name, so that it is worth nothing at any other provider's return.

use super::Provider;
use super::provider::Oddity;
use crate::auth::secret::{Secret, digest};

/// How much of the `state`'s digest names the cookie, in characters.
const TAG_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 43;

/// A sign-in's cookie.
#[derive(Debug, Clone)]
pub struct Binding {
    provider: Provider,
    name: String,
    browser: Secret,
}

impl Binding {
    /// The cookie of a new sign-in.
    pub(super) fn new(provider: Provider, state: &Secret, browser: Secret) -> Self {
        Self {
            provider,
            name: name(provider, state),
            browser,
        }
    }

    /// The cookie a browser brought for the sign-in with this `state`, from its `Cookie` header.
    pub fn read(cookies: Option<&str>, provider: Provider, state: &Secret) -> Option<Self> {
        let name = name(provider, state);
        let mut pairs = cookies?.split(';').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(other, _)| other.trim() == name)?;
        let value = value.trim();
        let fits = value.len() == SECRET_LENGTH
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| Self {
            provider,
            name,
            browser: Secret::new(value),
        })
    }

    /// What D1 keeps of it: it proves the browser and the provider in one comparison.
    pub fn bound_to(&self) -> String {
        digest(&format!(
            "{}.{}",
            self.provider.name(),
            self.browser.expose()
        ))
    }

    /// The `Set-Cookie` that gives it to the browser, for this many seconds.
    pub fn set_cookie(&self, seconds: i64) -> String {
        self.cookie(self.browser.expose(), seconds)
    }

    /// The `Set-Cookie` that takes it away again.
    pub fn clear_cookie(&self) -> String {
        self.cookie("", 0)
    }

    fn cookie(&self, value: &str, seconds: i64) -> String {
        let same_site = if is_cross_site(self.provider) {
            "None"
        } else {
            "Lax"
        };
        format!(
            "{}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite={same_site}",
            self.name
        )
    }
}

fn is_cross_site(provider: Provider) -> bool {
    provider.row().has(Oddity::FormPost)
}

fn name(provider: Provider, state: &Secret) -> String {
    let digest = state.digest();
    let tag = digest.get(..TAG_LENGTH).unwrap_or_default();
    if is_cross_site(provider) {
        format!("__Host-signin-post-{tag}")
    } else {
        format!("__Host-signin-{tag}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(provider: Provider, state: &str, browser: char) -> Binding {
        let browser = Secret::new(browser.to_string().repeat(SECRET_LENGTH));
        Binding::new(provider, &Secret::new(state), browser)
    }

    fn pair(binding: &Binding) -> String {
        let cookie = binding.set_cookie(600);
        cookie.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn the_cookie_is_for_this_host_only_and_lax() {
        let cookie = binding(Provider::Google, "s", 'b').set_cookie(600);
        let expected = format!(
            "__Host-signin-{}={}; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax",
            &digest("s")[..16],
            "b".repeat(43)
        );
        assert_eq!(cookie, expected);
    }

    #[test]
    fn apples_cookie_has_another_name_and_crosses_sites() {
        let apple = binding(Provider::Apple, "s", 'b');
        assert!(apple.set_cookie(600).ends_with("; SameSite=None"));
        let header = pair(&apple);
        let state = Secret::new("s");
        assert!(Binding::read(Some(&header), Provider::Apple, &state).is_some());
        assert!(Binding::read(Some(&header), Provider::Google, &state).is_none());
        let lax = pair(&binding(Provider::Google, "s", 'b'));
        assert!(Binding::read(Some(&lax), Provider::Apple, &state).is_none());
    }

    #[test]
    fn several_sign_ins_are_open_in_one_browser() {
        let first = binding(Provider::Google, "first", 'a');
        let second = binding(Provider::Google, "second", 'b');
        let header = format!("x=1; {};{}; y", pair(&second), pair(&first));
        let read = |state| Binding::read(Some(&header), Provider::Google, &Secret::new(state));
        assert_eq!(read("first").unwrap().bound_to(), first.bound_to());
        assert_eq!(read("second").unwrap().bound_to(), second.bound_to());
        assert!(read("third").is_none());
    }

    #[test]
    fn another_browser_or_provider_is_bound_to_something_else() {
        let here = binding(Provider::Google, "s", 'a').bound_to();
        assert_ne!(here, binding(Provider::Google, "s", 'b').bound_to());
        assert_ne!(here, binding(Provider::Facebook, "s", 'a').bound_to());
        assert!(!here.contains("aaa"));
    }

    #[test]
    fn a_cookie_that_is_not_ours_is_none() {
        let state = Secret::new("s");
        let name = name(Provider::Google, &state);
        let read = |header: &str| Binding::read(Some(header), Provider::Google, &state).is_some();
        let good = "a".repeat(43);
        assert!(read(&format!("{name}={good}")));
        for value in ["", "a", &"a".repeat(44), &"é".repeat(21), &"\"".repeat(43)] {
            assert!(!read(&format!("{name}={value}")), "{value}");
        }
        assert!(!read(&format!("x{name}={good}")));
        assert!(!read(&name));
        assert!(Binding::read(None, Provider::Google, &state).is_none());
    }

    #[test]
    fn it_is_taken_away_under_the_same_name() {
        let binding = binding(Provider::Apple, "s", 'b');
        let cleared = binding.clear_cookie();
        assert!(cleared.starts_with(&format!("{}=;", binding.name)));
        assert!(cleared.contains("; Max-Age=0;") && cleared.contains("Secure"));
    }
}
