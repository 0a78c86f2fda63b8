//! The parts of a brand: the style sheet of its colour, and its logo.

use crate::auth::branding::Branding;
use crate::auth::id::ClientNumber;
use crate::edge::app::App;
use crate::error::ErrorKind;
use crate::store::branding;
use crate::wire::incoming::Incoming;
use crate::wire::pages::brand;
use crate::wire::pages::failure::PageFailure;
use crate::wire::reply::Reply;

/// `GET /brand/style.css`: the deployment's colour.
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn style_sheet(app: &App, _incoming: &Incoming) -> Result<Reply, PageFailure> {
    sheet_of(&app.config.branding)
}

/// `GET /brand/logo`: the deployment's logo.
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn logo(app: &App, _incoming: &Incoming) -> Result<Reply, PageFailure> {
    logo_of(&app.config.branding)
}

/// `GET /brand/{client}/style.css`: a client's colour.
pub async fn style_sheet_of_client(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    sheet_of(&of_client(app, incoming).await?)
}

/// `GET /brand/{client}/logo`: a client's logo.
pub async fn logo_of_client(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    logo_of(&of_client(app, incoming).await?)
}

async fn of_client(app: &App, incoming: &Incoming) -> Result<Branding, PageFailure> {
    let number = incoming.segments.get(1).and_then(|text| text.parse().ok());
    let number = number.map(ClientNumber::new).ok_or(ErrorKind::NoSuchPath)?;
    let client = app.db.run(branding::by_number(number)).await?;
    Ok(client.ok_or(ErrorKind::NoSuchPath)?.branding)
}

fn sheet_of(branding: &Branding) -> Result<Reply, PageFailure> {
    Ok(brand::style_sheet(
        branding.accent.ok_or(ErrorKind::NoSuchPath)?,
    ))
}

fn logo_of(branding: &Branding) -> Result<Reply, PageFailure> {
    let logo = branding.logo.as_deref().and_then(brand::logo);
    Ok(logo.ok_or(ErrorKind::NoSuchPath)?)
}
