//! The deployment's settings of federated sign-in.

use url::Url;

use crate::auth::federation::identity::policy::{Linking, Policy};
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::time::Seconds;
use crate::error::{Error, ErrorKind};

/// The longest a federated sign-in may take.
pub const MAX_STATE_LIFETIME: Seconds = Seconds::new(600);

const STATE_EXPIRY: &str = "SIGN_IN_STATE_EXPIRY";
const SIGN_UP: &str = "SOCIAL_SIGN_UP";
const LINKING: &str = "SOCIAL_LINKING";

/// The settings of all providers, read once.
#[derive(Debug, Clone)]
pub struct Settings {
    providers: Vec<(Provider, Result<ProviderConfig, Error>)>,
    /// How long a sign-in may take; at most [`MAX_STATE_LIFETIME`].
    pub state_lifetime: Seconds,
    /// What a federated identity may do here.
    pub policy: Policy,
}

impl Settings {
    /// Reads the settings. `lookup` gives a setting's value by its name; empty counts as unset.
    ///
    /// A malformed one is [`ErrorKind::Misconfigured`], naming it; one that a provider lacks only makes
    /// that provider [`ErrorKind::NotConfigured`].
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>, public_url: &Url) -> Result<Self, Error> {
        let lookup = |name: &str| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let mut providers = Vec::new();
        for provider in Provider::ALL.iter().copied() {
            let config = ProviderConfig::read(provider, &lookup, public_url);
            if let Err(error) = &config
                && matches!(error.kind(), ErrorKind::Misconfigured(_))
            {
                return Err(error.clone());
            }
            providers.push((provider, config));
        }
        Ok(Self {
            providers,
            state_lifetime: state_lifetime(lookup(STATE_EXPIRY))?,
            policy: Policy {
                sign_up: sign_up(lookup(SIGN_UP))?,
                linking: linking(lookup(LINKING))?,
            },
        })
    }

    /// The providers that can be signed in with, in the order of the table.
    pub fn configured(&self) -> impl Iterator<Item = Provider> {
        let configured = self.providers.iter().filter(|(_, config)| config.is_ok());
        configured.map(|(provider, _)| *provider)
    }

    /// A provider as this deployment has set it up; [`ErrorKind::NotConfigured`] names what it lacks.
    pub fn provider(&self, provider: Provider) -> Result<&ProviderConfig, Error> {
        let mut all = self.providers.iter();
        match all.find(|(other, _)| *other == provider) {
            Some((_, Ok(config))) => Ok(config),
            Some((_, Err(error))) => Err(error.clone()),
            None => Err(ErrorKind::NotConfigured(provider.spec().client_id).into()),
        }
    }
}

fn state_lifetime(value: Option<String>) -> Result<Seconds, Error> {
    let Some(value) = value else {
        return Ok(MAX_STATE_LIFETIME);
    };
    match value.parse::<i64>() {
        Ok(seconds) if seconds >= 1 => Ok(Seconds::new(seconds).min(MAX_STATE_LIFETIME)),
        _ => Err(Error::malformed_setting(
            STATE_EXPIRY,
            "a number of seconds, at least 1",
        )),
    }
}

fn sign_up(value: Option<String>) -> Result<Vec<Provider>, Error> {
    let value = value.unwrap_or_default();
    if value.eq_ignore_ascii_case("off") {
        return Ok(Vec::new());
    }
    let names = value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            Provider::from_name(name)
                .ok_or_else(|| Error::malformed_setting(SIGN_UP, "off, or a list of providers"))
        })
        .collect()
}

fn linking(value: Option<String>) -> Result<Linking, Error> {
    match value.as_deref() {
        None | Some("off") => Ok(Linking::Off),
        Some("verified-email") => Ok(Linking::VerifiedEmail),
        Some(_) => Err(Error::malformed_setting(LINKING, "off or verified-email")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
        example::settings_of(pairs, "https://login.example")
    }

    #[test]
    fn nothing_set_means_nothing_configured_and_everything_off() {
        let settings = read(&[("FACEBOOK_AUTH_CLIENT_ID", " ")]).unwrap();
        assert_eq!(settings.state_lifetime, Seconds::new(600));
        assert_eq!(settings.policy.sign_up, []);
        assert_eq!(settings.policy.linking, Linking::Off);
        for provider in Provider::ALL.iter().copied() {
            assert_eq!(
                settings.provider(provider).err(),
                Some(ErrorKind::NotConfigured(provider.spec().client_id).into())
            );
        }
    }

    #[test]
    fn a_malformed_setting_is_named_and_its_value_is_not() {
        for (name, value) in [
            (STATE_EXPIRY, "soon"),
            (STATE_EXPIRY, "0"),
            (STATE_EXPIRY, "-600"),
            (SIGN_UP, "google,myspace"),
            (SIGN_UP, "on"),
            (LINKING, "email"),
        ] {
            match read(&[(name, value)]).as_ref().map_err(Error::kind) {
                Err(ErrorKind::Misconfigured(what)) => {
                    assert!(what.starts_with(name), "{what}");
                    assert!(
                        !what.contains(value) || value == "0" || value == "email",
                        "{what}"
                    );
                }
                other => panic!("{name}={value}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_policies_are_read() {
        let settings = read(&[
            (SIGN_UP, "Google, apple"),
            (LINKING, "verified-email"),
            (STATE_EXPIRY, "86400"),
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.policy.sign_up, [Provider::Google, Provider::Apple]);
        assert_eq!(settings.policy.linking, Linking::VerifiedEmail);
        assert_eq!(settings.state_lifetime, Seconds::new(600), "never more");
        assert_eq!(
            read(&[(STATE_EXPIRY, "30")]).unwrap().state_lifetime,
            Seconds::new(30)
        );
        assert_eq!(read(&[(SIGN_UP, "off")]).unwrap().policy.sign_up, []);
    }
}
