//! docs/settings.md and docs/differences.md, held to what the worker reads.

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use edgelatch::testing::auth::secret::Secret;
use edgelatch::testing::config::{CompatFlags, Config, Registration};
use edgelatch::testing::error::{Error, ErrorKind};

const SETTINGS: &str = include_str!("../docs/settings.md");
const PROVIDERS: &str = include_str!("../docs/providers.md");
const DIFFERENCES: &str = include_str!("../docs/differences.md");
/// Is read only to be refused under its old name.
const RENAMED: (&str, &str) = ("LEGACY_HABITS", "COMPATIBILITY");

/// The least that a worker needs.
const REQUIRED: [(&str, &str); 3] = [
    ("PUBLIC_URL", "https://auth.example.com"),
    ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
    ("DATA_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
];

/// Settings that bring others along.
const LEADING: [(&str, &str); 4] = [
    ("SIGN_UP_TENANT", "tenant"),
    ("SIGN_UP_ROLE", "role"),
    ("NOTIFY_WEBHOOK_URL", "https://mail.example.com/send"),
    ("EVENTS_WEBHOOK_URL", "https://hooks.example.com/events"),
];

/// The settings that have a default, as the worker has read them.
type Read = fn(&Config) -> String;
const DEFAULTS: [(&str, Read); 27] = [
    ("REGISTRATION", |config| {
        match config.oauth.registration {
            Registration::Off => "off",
            Registration::Open => "open",
            Registration::WithToken(_) => "a token",
        }
        .to_owned()
    }),
    ("BRAND_NAME", |config| {
        config.branding.client_name.clone().unwrap_or_default()
    }),
    ("NEW_DEVICE_NOTICE", |config| {
        config.new_device_notice.to_string()
    }),
    ("EMAIL_CODES", |config| config.email_codes.to_string()),
    ("PASSKEY_ORIGINS", |config| {
        let origin = config.public_url.as_str();
        let relying_party = config.relying_party.as_ref();
        relying_party
            .is_some_and(|it| it.has_origin(origin))
            .to_string()
    }),
    ("JWT_ISSUER", |config| config.issuer.clone()),
    ("PASSWORD_HASH", |config| {
        format!("{:?}", config.password_hash)
    }),
    ("PASSWORD_MIN_LENGTH", |config| {
        config.password_min_length.to_string()
    }),
    ("REFRESH_RETRY_WINDOW", |config| {
        config.refresh_retry_window.get().to_string()
    }),
    ("SESSION_MAX_AGE", |config| {
        config.session_max_age.get().to_string()
    }),
    ("LOCALE", |config| config.locale.clone()),
    ("SERVER_TIMING", |config| config.server_timing.to_string()),
    ("SIGN_IN_ATTEMPTS", |config| {
        config.attempts.per_source.to_string()
    }),
    ("SIGN_IN_WINDOW", |config| {
        config.attempts.window.get().to_string()
    }),
    ("ACCOUNT_ATTEMPTS", |config| {
        config.attempts.per_account.to_string()
    }),
    ("RATE_LIMITS", |config| config.rate_limits.to_string()),
    ("AUDIT_SINK", |config| {
        let names = [
            (config.audit.is_kept, "d1"),
            (config.audit.is_queued, "queue"),
        ];
        let names = names.iter().filter(|(is_used, _)| *is_used);
        names.map(|(_, name)| *name).collect()
    }),
    ("AUDIT_RETENTION_DAYS", |config| {
        config.audit.retention.get().to_string()
    }),
    ("SOCIAL_SIGN_UP", |config| {
        format!("{:?}", config.social.policy.sign_up)
    }),
    ("SOCIAL_LINKING", |config| {
        format!("{:?}", config.social.policy.linking)
    }),
    ("TOKEN_COOKIES_SAME_SITE", |config| {
        format!("{:?}", config.token_cookies_same_site)
    }),
    ("FORGOT_PASSWORD_LINK_EXPIRY", |config| {
        config.messages.reset_lifetime.get().to_string()
    }),
    ("REQUEST_SIGNUP_LINK_EXPIRY", |config| {
        config.messages.sign_up_lifetime.get().to_string()
    }),
    ("MAIL_PER_HOUR", |config| {
        config.messages.per_hour.to_string()
    }),
    ("DEV_MAILBOX", |config| {
        config.messages.delivery().is_ok().to_string()
    }),
    ("RESET_LINK", |config| {
        config.messages.reset_link(&Secret::new("t"))
    }),
    ("SIGN_UP_LINK", |config| {
        config.messages.sign_up_link(&Secret::new("t"))
    }),
];

fn read(changes: &[(&str, &str)]) -> Result<Config, Error> {
    let mut values = BTreeMap::from(REQUIRED);
    values.extend(changes.iter().copied());
    Config::read(|name| values.get(name).map(|value| (*value).to_owned()))
}

/// The texts in code marks.
fn marked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The rows of a document's tables, as cells.
fn rows(document: &str) -> Vec<Vec<&str>> {
    let lines = document.lines().filter(|line| line.starts_with("| "));
    lines
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// Every documented setting with its default, where it has one.
fn documented() -> Vec<(&'static str, Option<&'static str>)> {
    let settings = rows(SETTINGS).into_iter().skip(1);
    let named = settings.flat_map(|row| {
        let names = marked(row[0]);
        let defaults = marked(row[2]);
        let required = row[2].starts_with("required");
        let default = move |n: usize| defaults.get(n).or(defaults.last()).copied();
        names
            .into_iter()
            .enumerate()
            .map(move |(n, name)| (name, default(n).filter(|_| !required)))
            .collect::<Vec<_>>()
    });
    named.collect()
}

#[test]
fn every_setting_that_is_read_is_documented_and_every_documented_one_is_read() {
    let asked = RefCell::new(BTreeSet::new());
    for values in [&[], &LEADING[..2], &LEADING[2..3], &LEADING[3..]] {
        let values: BTreeMap<_, _> = REQUIRED.iter().chain(values).copied().collect();
        let _ = Config::read(|name| {
            asked.borrow_mut().insert(name.to_owned());
            values.get(name).map(|value| (*value).to_owned())
        });
    }
    let asked = asked.into_inner();
    let documented: BTreeSet<_> = documented().into_iter().map(|(name, _)| name).collect();
    let undocumented: Vec<_> = asked
        .iter()
        .filter(|name| !documented.contains(name.as_str()))
        .filter(|name| !PROVIDERS.contains(&format!("`{name}`")) && *name != RENAMED.0)
        .collect();
    assert_eq!(undocumented, Vec::<&String>::new(), "in no document");
    let unread: Vec<_> = documented
        .iter()
        .filter(|name| !asked.contains(**name))
        .collect();
    assert_eq!(unread, Vec::<&&str>::new(), "read by nothing");
    assert!(asked.len() > 30);
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    let readers = BTreeMap::from(DEFAULTS);
    let with_default: BTreeMap<_, _> = documented()
        .into_iter()
        .filter_map(|(name, default)| Some((name, default?)))
        .collect();
    assert_eq!(
        with_default.keys().collect::<Vec<_>>(),
        readers.keys().collect::<Vec<_>>()
    );
    for (name, default) in with_default {
        let value = if default == "PUBLIC_URL" {
            REQUIRED[0].1
        } else {
            default
        };
        let reader = readers[name];
        let unset = reader(&read(&[]).ok().unwrap());
        let set = reader(&read(&[(name, value)]).expect(name));
        assert_eq!(unset, set, "{name}");
    }
}

#[test]
fn every_flag_that_brings_an_old_behaviour_back_is_documented_and_taken() {
    let fields = format!("{:?}", CompatFlags::default());
    let known: BTreeSet<String> = fields
        .split([' ', '{', '}', ','])
        .filter_map(|word| word.strip_suffix(':'))
        .map(|field| field.replace('_', "-"))
        .collect();
    let documented: BTreeSet<String> = rows(DIFFERENCES)
        .into_iter()
        .filter_map(|row| marked(row.get(2)?).first().map(|flag| (*flag).to_owned()))
        .collect();
    assert_eq!(documented, known);
    let all = documented.into_iter().collect::<Vec<_>>().join(",");
    let config = read(&[(RENAMED.1, &all)]).ok().unwrap();
    assert!(!format!("{:?}", config.compatibility).contains("false"));
    assert!(read(&[(RENAMED.1, "another")]).is_err());
}

#[test]
fn a_setting_under_its_old_name_is_refused_with_the_new_one() {
    let error = read(&[(RENAMED.0, "plain-bearer")]).err().unwrap();
    let ErrorKind::Misconfigured(text) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(*text, format!("{} is now called {}", RENAMED.0, RENAMED.1));
}
