//! The end of signing up: a message under way, or a browser that is signed in.

use super::visit::Visit;
use crate::edge::app::App;
use crate::edge::flows::browsers::{self, BrowserSignIn, Opened};
use crate::edge::flows::credentials::AuthenticatedUser;
use crate::wire::pages::ask::{NoticePage, Way};
use crate::wire::pages::destination::Destination;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::link::LinkKind;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/sign-up";

/// Signs the browser of a new account in.
pub(super) async fn enter(
    app: &App,
    mut visit: Visit<'_>,
    person: &AuthenticatedUser,
) -> Result<Reply, PageFailure> {
    let former = visit.browser_cookie();
    let sign_in = BrowserSignIn {
        form_session: &visit.form_session(),
        former: former.as_ref(),
        is_remembered: false,
        trusted: None,
    };
    let opened = browsers::open(app, person, &sign_in).await?;
    visit.set_cookie(LinkKind::SignUp.forget());
    let done = visit.of_client().on_with(HERE, &[("step", "done")]);
    let next = match opened {
        Opened::Browser(secret) => {
            visit.signed_in(&secret, false)?;
            done
        }
        // Where the role demands a second factor, it is set up first.
        Opened::Waits(token) => {
            visit.walk = Destination::to_path(&done);
            visit.waits(&token)
        }
    };
    Ok(visit.answer(see_other(next)))
}

/// Whether or not the address has an account, a message is under way.
pub(super) async fn sent(mut visit: Visit<'_>) -> Result<Reply, PageFailure> {
    visit.read().await?;
    let texts = &visit.texts().sign_up;
    let page = NoticePage {
        frame: visit.frame(),
        title: texts.sent_title,
        lead: texts.sent_lead,
        ways: visit.home().into_iter().collect(),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

/// The account is there.
pub(super) async fn done(mut visit: Visit<'_>) -> Result<Reply, PageFailure> {
    visit.read().await?;
    let texts = &visit.texts().sign_up;
    let account = Way::new("/account".to_owned(), texts.to_account);
    let page = NoticePage {
        frame: visit.frame(),
        title: texts.done_title,
        lead: texts.done_lead,
        ways: visit.home().into_iter().chain([account]).collect(),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
