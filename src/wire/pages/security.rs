//! The headers that keep a page safe.

use crate::wire::reply::Reply;

/// What a page is for, as far as its headers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageClass<'a> {
    /// On the way to a client: an app may have opened it in a window of its own, and waits for that.
    Walk {
        /// Where a form's answer may lead besides to us: an origin, or an app's scheme. A browser
        /// blocks the redirect after a form otherwise (CSP3 §6.6.1.2: `form-action` holds for
        /// redirects too).
        form_action: Option<&'a str>,
    },
    /// On the way to a client of OAuth. `form-action` is left out: it would hold for every redirect of
    /// the client's own too, and cannot name the schemes of apps.
    Onward,
    /// A person's or administrator's own: no other window has a hold on it.
    Own,
}

const PERMISSIONS: &str = "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()";

impl PageClass<'_> {
    /// A page that leads nowhere but here.
    pub const HERE: Self = PageClass::Walk { form_action: None };

    /// Adds the headers. Nothing of a page is stored, framed or found by search engines.
    pub fn secure(self, reply: Reply) -> Reply {
        let form_action = match self {
            Self::Walk {
                form_action: Some(place),
            } => format!("form-action 'self' {place}; "),
            Self::Onward => String::new(),
            _ => "form-action 'self'; ".to_owned(),
        };
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; {form_action}frame-ancestors 'none'; base-uri 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        );
        let reply = reply
            .with("content-security-policy", policy)
            .with("x-frame-options", "DENY")
            // Forms of a page that sends no referrer have the origin `null`.
            .with("referrer-policy", "same-origin")
            .with("permissions-policy", PERMISSIONS)
            .with("x-robots-tag", "noindex");
        match self {
            Self::Own => reply.with("cross-origin-opener-policy", "same-origin"),
            Self::Walk { .. } | Self::Onward => reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_ends_at_a_client_may_lead_there() {
        let policy = |class: PageClass<'_>| {
            let reply = class.secure(Reply::empty(200));
            let mut headers = reply.headers.into_iter();
            headers
                .find(|(name, _)| *name == "content-security-policy")
                .unwrap()
                .1
        };
        let walk = |form_action| policy(PageClass::Walk { form_action });
        assert!(
            walk(Some("https://app.example")).contains("form-action 'self' https://app.example;")
        );
        assert!(walk(Some("com.example.app:")).contains("form-action 'self' com.example.app:;"));
        for ours in [walk(None), policy(PageClass::Own)] {
            assert!(ours.contains("form-action 'self';"));
            assert!(!ours.contains("unsafe"));
        }
    }

    #[test]
    fn only_a_persons_own_pages_give_up_their_opener() {
        let isolated = |class: PageClass<'_>| {
            class
                .secure(Reply::empty(200))
                .has("cross-origin-opener-policy")
        };
        assert!(isolated(PageClass::Own));
        assert!(!isolated(PageClass::HERE));
    }
}
