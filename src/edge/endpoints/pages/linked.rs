//! The accounts elsewhere with which the user can sign in.

use super::visit::Visit;
use crate::auth::federation::Provider;
use crate::edge::app::App;
use crate::edge::flows::own_account;
use crate::error::ErrorKind;
use crate::store::own_identities::{self, IdentityRow};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account_lists::{LinkedIdentity, LinkedPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, moment, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::Sessions;

const HERE: &str = "/account/linked";

/// `GET /account/linked`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let visit = Visit::begin(app, incoming)?;
    page(app, visit, 200).await
}

/// `POST /account/linked`: takes one away.
pub async fn unlink(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let browser = visit.proven(HERE).await?;
    match own_account::unlink(app, &browser, fields.text("identity")).await {
        Ok(()) => Ok(visit.answer(see_other(format!("{HERE}?notice=unlinked")))),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict(_)) => page(app, visit, 409).await,
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, mut visit: Visit<'_>, status: u16) -> Result<Reply, PageFailure> {
    let browser = visit.own().await?;
    let rows = app
        .db
        .run(own_identities::of_user(&browser.account.id))
        .await?;
    let texts = &visit.texts().sessions;
    let is_last_way = rows.len() == 1 && browser.password_changed_on.is_none();
    let identity = |row| identity(texts, row, !is_last_way);
    let page = LinkedPage {
        frame: visit
            .frame()
            .with_problem((status == 409).then_some(texts.last_way)),
        shell: visit.shell()?,
        texts,
        token: visit.token(HERE)?,
        identities: rows.iter().map(identity).collect(),
        is_last_way,
        providers: visit.providers(HERE),
    };
    let reply = page.reply(status, PageClass::Own)?;
    Ok(visit.answer(reply))
}

fn identity(texts: &Sessions, row: &IdentityRow, can_go: bool) -> LinkedIdentity {
    let provider = Provider::from_name(&row.provider);
    let since = (texts.since)(&moment::day(row.created_on));
    let used = row
        .last_used_on
        .map(|used| (texts.used)(&moment::minute(used)));
    let parts: Vec<_> = [Some(since), used].into_iter().flatten().collect();
    LinkedIdentity {
        id: own_account::identity_id(row),
        name: provider.map_or_else(|| row.provider.clone(), |it| it.label().to_owned()),
        detail: parts.join(" · "),
        can_go,
    }
}
