//! What is stored of the user: to take along, or to be erased.

use super::visit::Visit;
use crate::edge::app::App;
use crate::edge::flows::moving_out;
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::pages::account_lists::DataPage;
use crate::wire::pages::ask::NoticePage;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, moment};
use crate::wire::reply::Reply;

const HERE: &str = "/account/data";

/// `GET /account/data`; the question whether to erase comes after a fresh proof.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let asks = incoming.query("step").as_deref() == Some("erase");
    if asks {
        visit.proven("/account/data?step=erase").await?;
    } else {
        visit.own().await?;
    }
    let page = DataPage {
        frame: visit.frame(),
        shell: visit.shell()?,
        texts: &visit.texts().account,
        token: visit.token(HERE)?,
        asks,
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(visit.answer(reply))
}

/// `GET /account/data/export`: everything, as a file.
pub async fn export(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.proven("/account/data").await?;
    let data = moving_out::export_here(app, &browser).await?;
    let data = data.ok_or(ErrorKind::NoSuchPath)?;
    let file = "attachment; filename=\"account.json\"";
    let reply = Reply::json(&data)?.with("content-disposition", file);
    Ok(visit.answer(reply))
}

/// `POST /account/data`: signs out everywhere, and erases in 14 days.
pub async fn erase(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.form(HERE)?;
    let browser = visit.proven("/account/data?step=erase").await?;
    let until = moving_out::request_erasure_here(app, &browser).await?;
    let until = until.ok_or_else(|| PageFailure::proof_for("/account/data?step=erase"))?;
    visit.signed_out();
    let texts = &visit.texts().account;
    let page = NoticePage {
        frame: visit.frame(),
        title: texts.erased_title,
        lead: &(texts.erased_lead)(&moment::day(until)),
        ways: Vec::new(),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
