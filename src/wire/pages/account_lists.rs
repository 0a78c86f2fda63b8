//! The account pages that are lists, and the data page.

use askama::Template;

use super::Frame;
use super::account::Shell;
use super::ask::ProviderLink;
use crate::wire::texts;

/// A browser or an app that is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What ends it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Since when, and from where.
    pub detail: String,
    /// Whether it is the browser of the page.
    pub is_this: bool,
}

/// Where the user is signed in.
#[derive(Template)]
#[template(path = "account/devices.html", config = "src/wire/pages/askama.toml")]
pub struct DevicesPage {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Sessions,
    /// The form's token.
    pub token: String,
    /// Browsers at our pages.
    pub browsers: Vec<SignedIn>,
    /// Sessions of clients.
    pub apps: Vec<SignedIn>,
    /// The texts of trusted devices.
    pub factor_texts: &'static texts::Factors,
    /// Devices that are trusted.
    pub trusted: Vec<SignedIn>,
    /// Whether anything but this browser is signed in.
    pub has_others: bool,
}

/// An identity at a provider.
#[derive(Debug, Clone)]
pub struct LinkedIdentity {
    /// What unlinks it.
    pub id: String,
    /// What the provider is called.
    pub name: String,
    /// Since when, and its last use.
    pub detail: String,
    /// Whether it may be taken away.
    pub can_go: bool,
}

/// The accounts elsewhere.
#[derive(Template)]
#[template(path = "account/linked.html", config = "src/wire/pages/askama.toml")]
pub struct LinkedPage {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Sessions,
    /// The form's token.
    pub token: String,
    /// What is linked.
    pub identities: Vec<LinkedIdentity>,
    /// Whether the only one is the only way in.
    pub is_last_way: bool,
    /// What can be linked.
    pub providers: Vec<ProviderLink>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct ActivityEvent {
    /// What.
    pub what: String,
    /// With which client.
    pub client: Option<String>,
    /// When.
    pub time: String,
    /// The same for machines.
    pub machine_time: String,
    /// From what device and country.
    pub place: String,
}

/// What happened.
#[derive(Template)]
#[template(path = "account/activity.html", config = "src/wire/pages/askama.toml")]
pub struct ActivityPage {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Sessions,
    /// The latest first.
    pub events: Vec<ActivityEvent>,
    /// The way to what came before.
    pub earlier: Option<String>,
    /// Whether something came after.
    pub is_later: bool,
}

/// What is stored of the user, and the way out.
#[derive(Template)]
#[template(path = "account/data.html", config = "src/wire/pages/askama.toml")]
pub struct DataPage {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Account,
    /// The form's token.
    pub token: String,
    /// Whether the question is asked.
    pub asks: bool,
}
