//! What stands around the content of a page.

use super::brand::Brand;
use super::destination::Destination;
use crate::wire::incoming::Incoming;
use crate::wire::texts::{Locale, Texts};

/// What stands around the content of a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub locale: Locale,
    /// Its texts.
    pub texts: &'static Texts,
    /// Name, logo, colour and links.
    pub brand: Brand,
    /// The other languages, with the URL of the same page in each.
    pub languages: Vec<(Locale, String)>,
    /// What has just been done.
    pub notice: Option<String>,
    /// What is wrong.
    pub problem: Option<String>,
    /// Whether the title begins with "Error:".
    pub is_failed: bool,
}

impl Frame {
    /// The frame of the page of a request.
    pub fn of(incoming: &Incoming, locale: Locale, brand: Brand) -> Self {
        let path = format!("/{}", incoming.segments.join("/"));
        let walk = Destination::of(incoming);
        let others = Locale::ALL.into_iter().filter(|other| *other != locale);
        let languages = others.map(|other| {
            let href = walk.on_with(&path, &[("ui_locales", other.tag())]);
            (other, href)
        });
        Self {
            locale,
            texts: locale.texts(),
            brand,
            languages: languages.collect(),
            notice: None,
            problem: None,
            is_failed: false,
        }
    }

    /// The same frame with what is wrong, if anything is.
    #[must_use]
    pub fn with_problem(mut self, problem: Option<impl Into<String>>) -> Self {
        self.problem = problem.map(Into::into);
        self.is_failed = self.problem.is_some();
        self
    }

    /// The same frame of a page that is only about what is wrong.
    #[must_use]
    pub const fn failed(mut self) -> Self {
        self.is_failed = true;
        self
    }

    /// The same frame with what has just been done, if anything was.
    #[must_use]
    pub fn with_notice(mut self, notice: Option<&str>) -> Self {
        self.notice = notice.map(str::to_owned);
        self
    }
}
