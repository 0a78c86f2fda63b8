//! Where an administrator sits: who it is, which page it is, and the API that the page asks.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::wire::document::Pairs;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::pages::Frame;
use crate::wire::pages::account::{Place, Shell};
use crate::wire::pages::admin::all::SCREENS;
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::problem::Refusal;
use crate::wire::pages::admin::screen::Screen;
use crate::wire::pages::failure::PageFailure;
use crate::wire::reply::Reply;
use crate::wire::texts::{Label, Locale};

/// The API, as a page asks it.
pub type Api = for<'a> fn(&'a App, &'a Incoming) -> Pin<Box<dyn Future<Output = Reply> + 'a>>;

/// Where an administrator sits.
pub struct Desk<'a> {
    /// The request.
    pub visit: Visit<'a>,
    /// Who it is.
    pub browser: LiveBrowser,
    /// The path behind `/admin`.
    pub path: &'a [String],
    api: Api,
    cookie: Secret,
}

impl<'a> Desk<'a> {
    /// Reads who it is; who is not signed in goes to sign in, and comes back here.
    pub async fn open(mut visit: Visit<'a>, api: Api) -> Result<Self, PageFailure> {
        let browser = visit.own().await?;
        let cookie = visit.browser_cookie().unwrap_or_default();
        let path = visit.incoming.segments.get(1..).unwrap_or_default();
        Ok(Self {
            visit,
            browser,
            path,
            api,
            cookie,
        })
    }

    /// The language of the page.
    pub const fn locale(&self) -> Locale {
        self.visit.locale()
    }

    /// The permissions that the administrator holds now.
    pub fn held(&self) -> &[String] {
        self.browser.account.permissions()
    }

    /// The administrator's tenant.
    pub fn tenant(&self) -> &str {
        let membership = self.browser.account.membership.as_ref();
        membership.map_or("", |membership| &membership.tenant_id)
    }

    /// The value of a query parameter, or nothing.
    pub fn query(&self, name: &str) -> String {
        self.visit.incoming.query(name).unwrap_or_default()
    }

    /// What a name in a path of the API stands for: a segment of the page's path by its number, the
    /// item of the query, else a property of the row.
    pub fn meaning(&self, name: &str, row: &Value) -> String {
        match name.parse::<usize>() {
            Ok(at) => self.path.get(at).cloned().unwrap_or_default(),
            Err(_) if name == "item" => self.query(name),
            Err(_) => {
                let value = row.get(name).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            }
        }
    }

    /// The segments of a path of the API.
    pub fn segments(&self, pattern: &str, row: &Value) -> Vec<String> {
        path::segments(pattern, &|name| self.meaning(name, row))
    }

    /// Asks the API; the answer is null where it has no body.
    pub async fn ask(
        &self,
        method: Method,
        segments: Vec<String>,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let query = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let query = Pairs::new(query).unwrap_or_default();
        let incoming = Incoming::by_page(method, segments, query, body, self.cookie.clone());
        let reply = (self.api)(self.visit.app, &incoming).await;
        let body = reply.body.unwrap_or_default();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        match reply.status {
            200..300 => Ok(body),
            status => Err(Refusal { status, body }),
        }
    }

    /// The page that says why the API refused, where no form can: a proof is asked for first.
    pub fn failure(&self, refusal: &Refusal) -> PageFailure {
        if refusal.wants_proof() {
            return PageFailure::proof_for(&self.address());
        }
        PageFailure::Common(match refusal.status {
            401 => return PageFailure::Elsewhere("/sign-in".to_owned()),
            403 => ErrorKind::NotAllowed.into(),
            404 => ErrorKind::NoSuchPath.into(),
            429 => ErrorKind::TooMany(60).into(),
            503 => ErrorKind::Unavailable(refusal.message().to_owned()).into(),
            500.. => ErrorKind::Internal(refusal.message().to_owned()).into(),
            _ => ErrorKind::BadRequest(refusal.message().to_owned()).into(),
        })
    }

    /// Path and query of this page, as far as they say what it is about.
    pub fn address(&self) -> String {
        let mut address = path::page(self.path);
        for (at, name) in ["step", "item"].into_iter().enumerate() {
            let value = self.query(name);
            if !value.is_empty() {
                let before = if at == 0 { '?' } else { '&' };
                address.push(before);
                address.push_str(name);
                address.push('=');
                address.push_str(&path::encoded(&value));
            }
        }
        address
    }

    /// The navigation: the places that the administrator may see, in the own tenant.
    pub fn shell(&self) -> Result<Shell, Error> {
        let locale = self.locale();
        let here = self.path.last().map_or("", String::as_str);
        let seen = SCREENS.into_iter();
        let seen = seen.filter(|screen| screen.is_place && screen.is_seen_by(self.held()));
        let place = |screen: &Screen| Place {
            href: self.place_of(screen.path).into(),
            name: screen.title.of(locale),
            is_here: screen.path.rsplit('/').next() == Some(here),
        };
        let account = Place {
            href: "/account".into(),
            name: Label::Account.of(locale),
            is_here: false,
        };
        Ok(Shell {
            title: Label::Administration.of(locale),
            places: seen.map(place).chain([account]).collect(),
            sign_out_token: self.visit.token("/sign-out")?,
        })
    }

    /// The frame of a page, with what has just been done or what is wrong.
    pub fn frame(&self, screen: &'static Screen, problem: Option<String>) -> Frame {
        let step = screen.step(&self.query("done"));
        let notice = step.map(|step| {
            let locale = self.locale();
            format!("{}: {}", Label::Done.of(locale), step.label.of(locale))
        });
        let frame = self.visit.frame().with_problem(problem);
        frame.with_notice(notice.as_deref())
    }

    /// The path of a screen, in the administrator's own tenant.
    pub fn place_of(&self, screen: &str) -> String {
        path::page(&path::segments(screen, &|_| self.tenant().to_owned()))
    }
}
