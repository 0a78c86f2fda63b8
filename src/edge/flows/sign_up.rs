//! Signing up: ask for an invitation, look at it, become a user with it.

use futures_util::future::join;

use super::audit::{self, Event, Stranger};
use super::credentials::AuthenticatedUser;
use super::notifications;
use crate::auth::account::canonical_name;
use crate::auth::address::{Mailbox, normalise};
use crate::auth::id::{AttemptId, ClientNumber, UserId};
use crate::auth::one_time::{self, OneTime, SignUp};
use crate::auth::password::check_policy;
use crate::auth::profile::Profile;
use crate::auth::secret::{Secret, random_secret, random_uuid};
use crate::auth::time::Timestamp;
use crate::config::SignUpDefaults;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::accounts;
use crate::store::branding::{self, BrandedClient};
use crate::store::links::{self, Link, NewLink};
use crate::store::sign_ups::{self, NewUser, SignUpOutcome};
use crate::wire::message::{Message, MessageKind};
use crate::wire::texts::Locale;

/// Asks for an invitation. The response does not show whether the address has an account: a message
/// to its owner does.
pub fn ask(app: &App, address: &str, profile: Profile) -> Result<(), Error> {
    let asked = Asked {
        profile,
        client: None,
        locale: None,
    };
    ask_here(app, address, asked)
}

/// What comes along with a request for an invitation.
pub struct Asked {
    /// What the person says.
    pub profile: Profile,
    /// The client that our pages act for.
    pub client: Option<ClientNumber>,
    /// The language of the page.
    pub locale: Option<Locale>,
}

/// Asks for an invitation at our own pages.
pub fn ask_here(app: &App, address: &str, asked: Asked) -> Result<(), Error> {
    open(app)?;
    app.config.messages.delivery()?;
    let address = normalise(address);
    app.in_background(|app| async move { send_invitation(&app, &address, asked).await });
    Ok(())
}

async fn send_invitation(app: &App, address: &str, asked: Asked) -> Result<(), Error> {
    let owner = app.db.run(accounts::by_name(address)).await?;
    let account = owner.as_ref().map(|owner| &owner.account);
    let mut to = notifications::recipient(app, address, account);
    if owner.is_some() {
        return notifications::send(app, &Message::already_registered(&to, app.now)).await;
    }
    to.locale = asked.locale.unwrap_or(to.locale);
    let token = random_secret()?;
    let key = one_time::key::<SignUp>(&token);
    let lifetime = app.config.messages.sign_up_lifetime;
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(address));
    let link = NewLink {
        message: notifications::counted(app, &attempt, MessageKind::SignUp, &mailbox)?,
        key: &key,
        kind: SignUp::KIND,
        user_id: None,
        client: asked.client,
        recipient: &canonical_name(address),
        payload: None,
        expires_on: app.now + lifetime,
    };
    if !app.db.run(links::offer(&link, app.now)).await? {
        return Ok(());
    }
    // Gaps for the invited person to fill; what can fill none is not kept.
    let profile = Profile::default().or_invited_as(asked.profile);
    app.kv.put(&key, &SignUp { profile }, lifetime).await?;
    let href = app.config.messages.sign_up_link(&token);
    let message = Message::sign_up(&to, href, &token, lifetime.minutes(), app.now);
    notifier::deliver(app, &message).await
}

/// Looks at an invitation without using it up: the address it went to, and its row.
pub async fn check(app: &App, token: &Secret) -> Result<(String, Link), Error> {
    let key = one_time::key::<SignUp>(token);
    let link = app.db.run(links::look(&key)).await?;
    require_usable(link, app.now).inspect_err(|_| count_refusal(app))
}

/// An invitation as a page shows it.
pub struct Invitation {
    /// The address it went to.
    pub address: String,
    /// What is known of the invited person.
    pub profile: Profile,
}

/// Looks at an invitation without using it up, for a page; and at the client that it was asked for.
pub async fn look(app: &App, token: &Secret) -> Result<(Invitation, Option<BrandedClient>), Error> {
    let key = one_time::key::<SignUp>(token);
    let reads = (links::look(&key), branding::by_link(&key));
    let (answers, record) = join(app.db.run(reads), app.kv.get::<SignUp>(&key)).await;
    let (link, client) = answers?;
    let (address, _) = require_usable(link, app.now).inspect_err(|_| count_refusal(app))?;
    let record = record.ok().flatten();
    let profile = record.map(|record| record.profile).unwrap_or_default();
    Ok((Invitation { address, profile }, client))
}

/// Creates an account with an invitation, once, and authenticates its user by that.
pub async fn create_here(
    app: &App,
    token: &Secret,
    application: Application<'_>,
) -> Result<AuthenticatedUser, Error> {
    let made = create_user(app, token, application).await?;
    let found = app.db.run(accounts::by_name(&made.username)).await?;
    let found = found.ok_or(ErrorKind::Unauthenticated(Reason::InvalidCredentials))?;
    Ok(AuthenticatedUser::by_new_password(found.account, app.now))
}

/// What a person who accepts an invitation sends.
pub struct Application<'a> {
    /// Must be the invited address.
    pub email: &'a str,
    /// The password to be.
    pub password: &'a Secret,
    /// What else the person says.
    pub profile: Profile,
}

/// A new user, as the response shows it.
pub struct MadeUser {
    /// UUID.
    pub id: UserId,
    /// The invited address.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// The rest.
    pub profile: Profile,
}

impl MadeUser {
    fn new(email: &str, profile: Profile) -> Result<Self, Error> {
        Ok(Self {
            id: UserId::draw()?,
            username: email.to_owned(),
            first_name: first_name(&profile, email),
            profile,
        })
    }
}

/// Creates an account with an invitation, once; the user can sign in at once.
pub async fn create_user(
    app: &App,
    token: &Secret,
    application: Application<'_>,
) -> Result<MadeUser, Error> {
    let key = one_time::key::<SignUp>(token);
    let email = normalise(application.email);
    let reads = (links::look(&key), accounts::by_name(&email));
    let (answers, record) = join(app.db.run(reads), app.kv.get::<SignUp>(&key)).await;
    let (link, owner) = answers?;
    let recipient = recipient(app, link, &email)?;
    let password = application.password;
    check_policy(password, app.config.password_min_length)?;
    let defaults = open(app)?;
    if owner.is_some() {
        // The write refuses this too, but only after the password has been hashed.
        return Err(ErrorKind::Conflict("username, email").into());
    }
    let invited = record.ok().flatten().map(|record| record.profile);
    let invited = invited.unwrap_or_default();
    let profile = application.profile.or_invited_as(invited);
    let made = MadeUser::new(&email, profile)?;
    let new = NewUser {
        invitation: &key,
        attempt: &AttemptId::draw()?,
        id: &made.id,
        membership_id: &random_uuid()?,
        email: &email,
        email_key: &recipient,
        password: &app.config.password_hash.hash(password)?,
        first_name: &made.first_name,
        profile: &made.profile,
        defaults,
    };
    check_outcome(&app.db.run(sign_ups::make_user(&new, app.now)).await?)
        .inspect_err(|_| count_refusal(app))?;
    let (user_id, client) = (made.id.clone(), None);
    audit::record(app, Event::SignUp { user_id, client });
    Ok(made)
}

/// The recipient of a usable invitation, which must be the address of the application.
fn recipient(app: &App, link: Option<Link>, email: &str) -> Result<String, Error> {
    let (recipient, _) = require_usable(link, app.now).inspect_err(|_| count_refusal(app))?;
    if canonical_name(email) == recipient {
        Ok(recipient)
    } else {
        Err(ErrorKind::Rejected(Reason::InvalidEmail).into())
    }
}

/// Why no account was created, if none was.
fn check_outcome(outcome: &SignUpOutcome) -> Result<(), Error> {
    if outcome.made {
        Ok(())
    } else if !outcome.defaults_exist {
        let what = "SIGN_UP_TENANT or SIGN_UP_ROLE names nothing that exists";
        Err(ErrorKind::Misconfigured(what.to_owned()).into())
    } else if outcome.address_taken {
        Err(ErrorKind::Conflict("username, email").into())
    } else {
        Err(ErrorKind::Unauthenticated(Reason::BearerExpired).into())
    }
}

fn count_refusal(app: &App) {
    audit::count(app, Stranger::RefusedInvitation);
}

/// Where new users belong; 403 while signing up is closed.
fn open(app: &App) -> Result<&SignUpDefaults, Error> {
    Ok(app.config.sign_up.as_ref().ok_or(ErrorKind::NotAllowed)?)
}

fn require_usable(link: Option<Link>, now: Timestamp) -> Result<(String, Link), Error> {
    let link = link.filter(|link: &Link| link.is_good(now));
    link.and_then(|link| Some((link.recipient.clone()?, link)))
        .ok_or_else(|| ErrorKind::Unauthenticated(Reason::BearerExpired).into())
}

/// A user must have a given name; without one the address's local part serves.
fn first_name(profile: &Profile, email: &str) -> String {
    let local = email.split_once('@').map_or(email, |(local, _)| local);
    profile
        .first_name
        .clone()
        .unwrap_or_else(|| local.to_owned())
}
