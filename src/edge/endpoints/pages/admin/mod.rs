//! The administration: every screen is a client of the management API, which it asks on behalf of the
//! signed-in browser. So the API's rules are the only ones.

mod blank;
mod cards;
mod desk;
mod fields;
mod list;
mod question;
mod row;
mod rows;
mod step;

use super::visit::Visit;
use crate::edge::app::App;
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::pages::admin::all::{SCREENS, screen_at};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::see_other;
use crate::wire::reply::Reply;
pub use desk::Api;
use desk::Desk;

/// `GET /admin`: the first place that the administrator may see.
pub async fn home(app: &App, incoming: &Incoming, api: Api) -> Result<Reply, PageFailure> {
    let desk = Desk::open(Visit::begin(app, incoming)?, api).await?;
    let mut seen = SCREENS.into_iter();
    let first = seen.find(|screen| screen.is_seen_by(desk.held()));
    let first = first.ok_or(ErrorKind::NotAllowed)?;
    let place = desk.place_of(first.path);
    Ok(desk.visit.answer(see_other(place)))
}

/// `GET /admin/…`: a list, a row, or what asks for something to be done.
pub async fn show(app: &App, incoming: &Incoming, api: Api) -> Result<Reply, PageFailure> {
    let desk = Desk::open(Visit::begin(app, incoming)?, api).await?;
    let (screen, is_row) = screen_at(desk.path).ok_or(ErrorKind::NoSuchPath)?;
    if !screen.is_seen_by(desk.held()) {
        return Err(ErrorKind::NotAllowed.into());
    }
    match (desk.query("step").as_str(), is_row) {
        ("", false) => list::show(desk, screen).await,
        ("", true) => row::show(desk, screen).await,
        ("export", true) => row::export(desk, screen).await,
        (name, _) => {
            let step = screen.step(name).ok_or(ErrorKind::NoSuchPath)?;
            step::show(desk, screen, step).await
        }
    }
}

/// `POST /admin/…`: does what a page asked for.
pub async fn submit(app: &App, incoming: &Incoming, api: Api) -> Result<Reply, PageFailure> {
    let visit = Visit::begin(app, incoming)?;
    let path = incoming.segments.get(1..).unwrap_or_default();
    let (screen, _) = screen_at(path).ok_or(ErrorKind::NoSuchPath)?;
    let name = incoming.query("step").unwrap_or_default();
    let step = screen.step(&name).ok_or(ErrorKind::NoSuchPath)?;
    let form = visit.form(&step.action())?;
    let desk = Desk::open(visit, api).await?;
    step::submit(desk, screen, step, &form).await
}
