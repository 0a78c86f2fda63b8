//! Signing up: ask for an invitation, look at it, become a user with it.

use futures_util::future::join;

use super::audit::{self, Event, Stranger};
use super::notifications;
use crate::auth::account::canonical_name;
use crate::auth::address::{Mailbox, normalise};
use crate::auth::id::{AttemptId, UserId};
use crate::auth::one_time::{self, OneTime, SignUp};
use crate::auth::password::check_policy;
use crate::auth::profile::Profile;
use crate::auth::secret::{Secret, random_secret, random_uuid};
use crate::auth::time::Timestamp;
use crate::config::SignUpDefaults;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::{Error, Reason};
use crate::store::accounts;
use crate::store::links::{self, Link, NewLink};
use crate::store::sign_ups::{self, NewUser, SignUpOutcome};
use crate::wire::message::{Message, MessageKind};

/// Asks for an invitation. The response does not show whether the address has an account: a message
/// to its owner does.
pub fn ask(app: &App, address: &str, profile: Profile) -> Result<(), Error> {
    open(app)?;
    app.config.messages.delivery()?;
    let address = normalise(address);
    app.in_background(|app| async move { send_invitation(&app, &address, profile).await });
    Ok(())
}

async fn send_invitation(app: &App, address: &str, profile: Profile) -> Result<(), Error> {
    if app.db.run(accounts::by_name(address)).await?.is_some() {
        return notifications::send(app, &Message::already_registered(address, app.now)).await;
    }
    let token = random_secret()?;
    let key = one_time::key::<SignUp>(&token);
    let lifetime = app.config.messages.sign_up_lifetime;
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(address));
    let link = NewLink {
        message: notifications::counted(app, &attempt, MessageKind::SignUp, &mailbox)?,
        key: &key,
        kind: SignUp::KIND,
        user_id: None,
        client: None,
        recipient: &canonical_name(address),
        expires_on: app.now + lifetime,
    };
    if !app.db.run(links::offer(&link, app.now)).await? {
        return Ok(());
    }
    // Gaps for the invited person to fill; what can fill none is not kept.
    let profile = Profile::default().or_invited_as(profile);
    app.kv.put(&key, &SignUp { profile }, lifetime).await?;
    let href = app.config.messages.sign_up_link(&token);
    let message = Message::sign_up(address, href, &token, lifetime.minutes(), app.now);
    notifier::deliver(app, &message).await
}

/// Looks at an invitation without using it up: the address it went to, and its row.
pub async fn check(app: &App, token: &Secret) -> Result<(String, Link), Error> {
    let key = one_time::key::<SignUp>(token);
    let link = app.db.run(links::look(&key)).await?;
    require_usable(link, app.now).inspect_err(|_| count_refusal(app))
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
        return Err(Error::Conflict("username, email"));
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
        Err(Error::Rejected(Reason::InvalidEmail))
    }
}

/// Why no account was created, if none was.
fn check_outcome(outcome: &SignUpOutcome) -> Result<(), Error> {
    if outcome.made {
        Ok(())
    } else if !outcome.defaults_exist {
        let what = "SIGN_UP_TENANT or SIGN_UP_ROLE names nothing that exists";
        Err(Error::Misconfigured(what.to_owned()))
    } else if outcome.address_taken {
        Err(Error::Conflict("username, email"))
    } else {
        Err(Error::Unauthenticated(Reason::BearerExpired))
    }
}

fn count_refusal(app: &App) {
    audit::count(app, Stranger::RefusedInvitation);
}

/// Where new users belong; 403 while signing up is closed.
fn open(app: &App) -> Result<&SignUpDefaults, Error> {
    app.config.sign_up.as_ref().ok_or(Error::NotAllowed)
}

fn require_usable(link: Option<Link>, now: Timestamp) -> Result<(String, Link), Error> {
    let link = link.filter(|link: &Link| link.is_good(now));
    link.and_then(|link| Some((link.recipient.clone()?, link)))
        .ok_or(Error::Unauthenticated(Reason::BearerExpired))
}

/// A user must have a given name; without one the address's local part serves.
fn first_name(profile: &Profile, email: &str) -> String {
    let local = email.split_once('@').map_or(email, |(local, _)| local);
    profile
        .first_name
        .clone()
        .unwrap_or_else(|| local.to_owned())
}
