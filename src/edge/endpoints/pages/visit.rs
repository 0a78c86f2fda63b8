//! A request for a page: the browser's cookies, its language, and what is read of storage for it.

use super::browser_cookies::{BROWSER, DEVICE, FORM, REMEMBERED, YEAR, cookie, line};
use crate::auth::attempts::AttemptOrigin;
use crate::auth::browser::LiveBrowser;
use crate::auth::secret::{Secret, random_id, random_secret};
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::edge::page_frame::{LANGUAGE, chosen_locale, locale};
use crate::error::Error;
use crate::store::branding::{self, BrandedClient};
use crate::store::browsers;
use crate::wire::incoming::Incoming;
use crate::wire::pages::account::Shell;
use crate::wire::pages::admin::all::SCREENS;
use crate::wire::pages::brand::{Brand, ClientBranding};
use crate::wire::pages::destination::Destination;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Frame, csrf, notice, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::{Label, Locale, Texts};

/// A request for a page.
pub struct Visit<'a> {
    pub app: &'a App,
    pub incoming: &'a Incoming,
    /// Where the walk leads.
    pub walk: Destination,
    /// The client that the pages act for, once it is read.
    pub client: Option<BrandedClient>,
    /// What administration is called, where the user may see any of it.
    administration: Option<&'static str>,
    locale: Locale,
    form_session: Secret,
    set_cookies: Vec<String>,
}

impl<'a> Visit<'a> {
    /// Begins with what the request itself says.
    pub fn begin(app: &'a App, incoming: &'a Incoming) -> Result<Self, Error> {
        let mut set_cookies = Vec::new();
        let form_session = match cookie(incoming, FORM) {
            Some(secret) => secret,
            None => {
                let secret = random_secret()?;
                set_cookies.push(line(FORM, secret.expose(), None));
                secret
            }
        };
        let locale = locale(app, incoming, None);
        if let Some(chosen) = chosen_locale(incoming) {
            set_cookies.push(line(LANGUAGE, chosen.tag(), Some(YEAR)));
        }
        Ok(Self {
            app,
            incoming,
            walk: Destination::of(incoming),
            client: None,
            administration: None,
            locale,
            form_session,
            set_cookies,
        })
    }

    /// Reads the signed-in browser and the client that came along, in one trip; none where neither did.
    pub async fn read(&mut self) -> Result<Option<LiveBrowser>, PageFailure> {
        let cookie = self.browser_cookie();
        let client_id = self.walk.client_id();
        if cookie.is_none() && client_id.is_none() {
            return Ok(None);
        }
        let key = cookie.map(|cookie| cookie.digest());
        let reads = (
            key.as_deref().map(|key| browsers::live(key, self.app.now)),
            client_id.as_ref().map(branding::by_client_id),
        );
        let (browser, client) = self.app.db.run(reads).await?;
        self.client = client.flatten();
        if client_id.is_some() && self.client.is_none() {
            return Err(PageFailure::UnknownClient);
        }
        let browser = browser.flatten();
        if let Some(browser) = &browser {
            self.speaks_as(browser);
            let held = browser.account.permissions();
            let sees = SCREENS.iter().any(|screen| screen.is_seen_by(held));
            self.administration = sees.then(|| Label::Administration.of(self.locale));
        }
        Ok(browser)
    }

    /// The page speaks the language of the user who is signed in, where none was chosen.
    pub fn speaks_as(&mut self, browser: &LiveBrowser) {
        let own = browser.account.locale.as_deref();
        self.locale = locale(self.app, self.incoming, own);
    }

    /// The signed-in browser; who is not signed in goes to sign in, and comes back here.
    pub async fn own(&mut self) -> Result<LiveBrowser, PageFailure> {
        let here = self.here();
        let browser = self.read().await?;
        browser.ok_or_else(|| PageFailure::Elsewhere(Destination::to_path(&here).on("/sign-in")))
    }

    /// The signed-in browser with a fresh proof of its user; who has none goes to prove it, and comes
    /// back to `path`.
    pub async fn proven(&mut self, path: &str) -> Result<LiveBrowser, PageFailure> {
        let browser = self.own().await?;
        if browser.is_proven(self.app.now) {
            return Ok(browser);
        }
        Err(PageFailure::proof_for(path))
    }

    /// The path and query of this page, without what is for one time only.
    fn here(&self) -> String {
        let path = self.path();
        self.walk.on(&path)
    }

    pub fn path(&self) -> String {
        format!("/{}", self.incoming.segments.join("/"))
    }

    /// Reads the form, which a page of ours must have sent in this form session.
    pub fn form(&self, action: &str) -> Result<Form, PageFailure> {
        let form = Form::read(self.incoming)?;
        if self.is_ours(&form, action)? {
            Ok(form)
        } else {
            Err(PageFailure::ForeignForm)
        }
    }

    /// Whether a form was sent by a page of ours in this form session.
    pub fn is_ours(&self, form: &Form, action: &str) -> Result<bool, Error> {
        let keys = &self.app.config.data_keys;
        let token = form.text(csrf::FIELD);
        csrf::is_ours(self.incoming, keys, &self.form_session, action, token)
    }

    /// The token of the form with this action.
    pub fn token(&self, action: &str) -> Result<String, Error> {
        csrf::token(&self.app.config.data_keys, &self.form_session, action)
    }

    pub const fn texts(&self) -> &'static Texts {
        self.locale.texts()
    }

    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The frame of the page, with what has just been done.
    pub fn frame(&self) -> Frame {
        let own = &self.app.config.branding;
        let brand = match &self.client {
            Some(client) => Brand::of_client(own, &branding_of(client)),
            None => Brand::of_deployment(own),
        };
        let notice = notice::of(self.incoming, self.texts());
        Frame::of(self.incoming, self.locale, brand).with_notice(notice)
    }

    /// The navigation of an account page.
    pub fn shell(&self) -> Result<Shell, Error> {
        let token = self.token("/sign-out")?;
        Ok(Shell::of_account(
            self.texts(),
            &self.path(),
            token,
            self.administration,
        ))
    }

    /// Sends the browser to another page of the walk.
    pub fn walk_to(self, path: &str) -> Reply {
        let location = self.walk.on(path);
        self.answer(see_other(location))
    }

    /// The secret of the signed-in browser's cookie.
    pub fn browser_cookie(&self) -> Option<Secret> {
        cookie(self.incoming, BROWSER)
    }

    /// Digest of the form session, for the row of a browser.
    pub fn form_session(&self) -> String {
        self.form_session.digest()
    }

    /// Where an attempt comes from; the browser is known by its cookie as a device by its id.
    pub fn origin(&self) -> AttemptOrigin {
        let device = cookie(self.incoming, DEVICE);
        let device = device.as_ref().map_or("", Secret::expose);
        self.app.client_info.origin(Some(device), None)
    }

    /// The browser's device, which a new browser gets at its first sign-in.
    pub fn device(&mut self) -> Result<String, Error> {
        if let Some(device) = cookie(self.incoming, DEVICE) {
            return Ok(device.expose().to_owned());
        }
        let device = random_id()?;
        self.set_cookies.push(line(DEVICE, &device, Some(YEAR)));
        Ok(device)
    }

    /// Sets a cookie with the answer.
    pub fn set_cookie(&mut self, line: String) {
        self.set_cookies.push(line);
    }

    /// The browser is signed in, or has risen: its cookie is new, and so is the form session.
    pub fn signed_in(&mut self, secret: &Secret, is_remembered: bool) -> Result<(), Error> {
        let lifetime = is_remembered.then_some(REMEMBERED);
        let fresh = random_secret()?;
        self.set_cookies
            .push(line(BROWSER, secret.expose(), lifetime));
        self.set_cookies.push(line(FORM, fresh.expose(), None));
        Ok(())
    }

    /// The browser is signed out: nothing of it stays.
    pub fn signed_out(&mut self) {
        for name in [BROWSER, FORM] {
            self.set_cookies.push(line(name, "", Some(Seconds::ZERO)));
        }
    }

    /// The answer with the cookies that are set meanwhile.
    pub fn answer(self, reply: Reply) -> Reply {
        let cookies = self.set_cookies.into_iter();
        cookies.fold(reply, |reply, line| reply.with("set-cookie", line))
    }
}

/// How a client looks, and under what its parts are found.
fn branding_of(client: &BrandedClient) -> ClientBranding {
    ClientBranding {
        client: client.client.id,
        branding: client.branding.clone(),
        modified_on: client.modified_on,
    }
}
