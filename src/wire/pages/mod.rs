//! The pages: what people see in a browser, rendered from compiled templates.
//!
//! A page is a value whose fields its template in `templates/` names; [`Page::reply`] renders it. What
//! stands around the content is its [`Frame`].

pub mod account;
pub mod account_lists;
pub mod admin;
pub mod ask;
pub mod assets;
pub mod brand;
pub mod consent;
pub mod csrf;
pub mod destination;
pub mod development;
pub mod device;
pub mod factor;
pub mod failure;
pub mod form;
pub mod frame;
pub mod link;
pub mod moment;
pub mod notice;
mod parts;
pub mod security;

use askama::Template;

use super::reply::Reply;
use crate::error::{Error, ErrorKind};
pub use frame::Frame;
pub use security::PageClass;

const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// Something that is rendered from a template.
pub trait Page {
    /// The page as an answer.
    ///
    /// # Errors
    ///
    /// Rendering fails, which no template here does.
    fn reply(&self, status: u16, class: PageClass<'_>) -> Result<Reply, Error>;
}

impl<T: Template> Page for T {
    fn reply(&self, status: u16, class: PageClass<'_>) -> Result<Reply, Error> {
        let html = self
            .render()
            .map_err(|error| ErrorKind::Internal(format!("rendering a page: {error}")))?;
        let mut reply = Reply::empty(status).with("content-type", CONTENT_TYPE);
        reply.body = Some(html.into_bytes());
        Ok(class.secure(reply))
    }
}

/// Sends a browser on with a GET (RFC 9110 §15.4.4). Nothing of a form is in the URL, and nobody frames
/// the answer either.
pub fn see_other(location: impl Into<String>) -> Reply {
    PageClass::HERE.secure(Reply::empty(303).with("location", location))
}
