//! A page of the administration with nothing but its heading.

use super::desk::Desk;
use crate::error::Error;
use crate::wire::pages::admin::page::{AdminPage, Words};
use crate::wire::pages::admin::screen::Screen;

/// The page, with what is wrong, if anything is.
pub fn blank(
    desk: &Desk<'_>,
    screen: &'static Screen,
    title: String,
    problem: Option<String>,
) -> Result<AdminPage, Error> {
    Ok(AdminPage {
        frame: desk.frame(screen, problem),
        shell: desk.shell()?,
        words: Words::of(desk.locale()),
        up: None,
        title,
        lead: String::new(),
        ways: Vec::new(),
        dangers: Vec::new(),
        filters: None,
        facts: Vec::new(),
        form: None,
        tables: Vec::new(),
    })
}
