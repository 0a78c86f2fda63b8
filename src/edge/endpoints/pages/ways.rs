//! Where a page leads: to the client that it acts for, and to providers.

use super::browser_cookies::{STEP, TRUSTED, cookie, line};
use super::visit::Visit;
use crate::auth::factor::{ceremony, trusted_device};
use crate::auth::federation::Provider;
use crate::auth::oauth::authorization::interaction::CANCELLED;
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::wire::cors::origin_of;
use crate::wire::pages::PageClass;
use crate::wire::pages::ask::{ProviderLink, Way};
use crate::wire::pages::destination::Destination;

impl Visit<'_> {
    /// What people call the client.
    pub fn client_name(&self) -> Option<&str> {
        let client = self.client.as_ref()?;
        let name = client.branding.client_name.as_deref();
        Some(name.unwrap_or_else(|| client.client.client_id.as_str()))
    }

    /// The way back to the client: its home, or where its pages are.
    pub fn home(&self) -> Option<Way> {
        let client = self.client.as_ref()?;
        let of_pages = || client.client.redirect_url.as_deref().and_then(origin_of);
        let href = client.branding.client_uri.clone().or_else(of_pages)?;
        let name = (self.texts().sign_up.go_to)(self.client_name()?);
        Some(Way { href, name })
    }

    /// The class of a page of this walk, whose usual one is another.
    pub fn class<'p>(&self, usual: PageClass<'p>) -> PageClass<'p> {
        match self.walk.is_authorization() {
            true => PageClass::Onward,
            false => usual,
        }
    }

    /// The way back from a page: to its usual place, or to the client that asked, without what it wants.
    pub fn back(&self, usual: &str) -> Way {
        let common = &self.texts().common;
        match self.walk.is_authorization() {
            true => Way::new(self.walk.next_after(CANCELLED), common.cancel),
            false => Way::new(usual.to_owned(), common.back),
        }
    }

    /// A walk for the client that the pages act for, and nothing else.
    pub fn of_client(&self) -> Destination {
        let client = self.client.as_ref().map(|client| &client.client.client_id);
        client.map(Destination::for_client).unwrap_or_default()
    }

    /// Keeps the secret of a sign-in that waits for its second factor; where that goes on.
    pub fn waits(&mut self, token: &Secret) -> String {
        self.set_cookie(line(STEP, token.expose(), Some(ceremony::LIFETIME)));
        self.walk.on("/sign-in/second-step")
    }

    /// Digest of the cookie of the trusted device that this browser is.
    pub fn trusted_device(&self) -> Option<String> {
        cookie(self.incoming, TRUSTED).map(|secret| secret.digest())
    }

    /// This browser is a trusted device from now on.
    pub fn is_trusted(&mut self, secret: &Secret) {
        let lifetime = Some(trusted_device::LIFETIME);
        self.set_cookie(line(TRUSTED, secret.expose(), lifetime));
    }

    /// Nothing waits any more.
    pub fn waits_no_more(&mut self) {
        self.set_cookie(line(STEP, "", Some(Seconds::ZERO)));
    }

    /// The providers that can be signed in with, as links to `path/{provider}`.
    pub fn providers(&self, path: &str) -> Vec<ProviderLink> {
        let social = &self.app.config.social;
        let providers = social.configured();
        let link = |provider: Provider| ProviderLink {
            href: self.walk.on(&format!("{path}/{}", provider.name())),
            name: provider.label(),
        };
        providers.map(link).collect()
    }
}
