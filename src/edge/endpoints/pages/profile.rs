//! The profile: what apps learn of the user.

use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::profile::{LONGEST_FIELD, Profile};
use crate::auth::time::calendar_day;
use crate::edge::app::App;
use crate::edge::flows::own_account;
use crate::wire::incoming::Incoming;
use crate::wire::pages::account::{ProfileFields, ProfilePage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::Locale;
use crate::wire::texts::Profile as ProfileTexts;

const HERE: &str = "/account";

/// `GET /account`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    let fields = of_account(&browser);
    page(visit, &browser, 200, fields, None)
}

/// `POST /account`.
pub async fn save(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let browser = visit.own().await?;
    let typed = typed(&fields);
    if let Some(problem) = problem(&visit.texts().profile, &typed) {
        return page(visit, &browser, 422, typed, Some(problem));
    }
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let profile = Profile {
        first_name: given(&typed.first_name),
        middle_name: given(&typed.middle_name),
        last_name: given(&typed.last_name),
        phone: given(&typed.phone),
        gender: given(&typed.gender),
        dob: given(&typed.dob),
        locale: Locale::of_tag(fields.text("locale")).map(|locale| locale.tag().to_owned()),
    };
    own_account::save_profile(app, &browser, &profile).await?;
    let locale = profile.locale.unwrap_or_default();
    let next = format!("{HERE}?notice=profile&ui_locales={locale}");
    Ok(visit.answer(see_other(next)))
}

fn of_account(browser: &LiveBrowser) -> ProfileFields {
    let account = &browser.account;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    ProfileFields {
        first_name: account.first_name.clone(),
        middle_name: text(&account.middle_name),
        last_name: text(&account.last_name),
        phone: text(&account.phone),
        dob: text(&account.dob),
        gender: text(&account.gender),
    }
}

fn typed(form: &Form) -> ProfileFields {
    let text = |name| form.text(name).to_owned();
    let gender = text("gender");
    ProfileFields {
        first_name: text("first_name"),
        middle_name: text("middle_name"),
        last_name: text("last_name"),
        phone: text("phone"),
        dob: text("dob"),
        gender: if ["M", "F", "O"].contains(&gender.as_str()) {
            gender
        } else {
            String::new()
        },
    }
}

/// What is wrong with the fields, if anything is.
fn problem(texts: &ProfileTexts, fields: &ProfileFields) -> Option<String> {
    if fields.first_name.is_empty() {
        return Some(texts.no_first_name.to_owned());
    }
    let named = [
        (texts.first_name, &fields.first_name),
        (texts.middle_name, &fields.middle_name),
        (texts.last_name, &fields.last_name),
        (texts.phone, &fields.phone),
    ];
    let too_long = |text: &str| text.chars().nth(LONGEST_FIELD).is_some();
    let mut named = named.into_iter();
    if let Some((name, _)) = named.find(|(_, text)| too_long(text)) {
        return Some((texts.too_long)(name));
    }
    let is_date = fields.dob.is_empty() || calendar_day(&fields.dob).is_some();
    (!is_date).then(|| texts.no_date.to_owned())
}

fn page(
    visit: Visit<'_>,
    browser: &LiveBrowser,
    status: u16,
    fields: ProfileFields,
    problem: Option<String>,
) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().profile;
    let page = ProfilePage {
        frame: visit.frame().with_problem(problem),
        shell: visit.shell()?,
        texts,
        token: visit.token(HERE)?,
        username: &browser.account.username,
        fields,
        genders: [
            ("", texts.unsaid),
            ("F", texts.female),
            ("M", texts.male),
            ("O", texts.other),
        ],
    };
    let reply = page.reply(status, PageClass::Own)?;
    Ok(visit.answer(reply))
}
