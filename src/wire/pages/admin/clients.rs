//! The screen of clients, which people know as apps.

use super::plain::{
    DANGER, DELETE, DELETION, EDIT, LIST, NEW, PATCH, POST, PUT, STEP, given, moment, plain, typed,
    word,
};
use super::screen::{Call, Field, Input, List, Screen, Search, Step, Word};
use crate::auth::branding::MAX_LOGO;
use crate::auth::management::resource::AUTH_CLIENTS;
use crate::wire::texts::Label;

const CHANGE: Call = Call {
    path: "/auth-clients/{1}",
    ..PATCH
};

const fn lasting(property: &'static str, label: Label, default: &'static str) -> Field {
    Field {
        default,
        ..typed(property, label)
    }
}

const FIELDS: &[Field] = &[
    typed("clientId", Label::Name),
    typed("redirectUrl", Label::RedirectUrl),
    lasting("accessTokenExpiration", Label::AccessLifetime, "900"),
    lasting("refreshTokenExpiration", Label::RefreshLifetime, "86400"),
    lasting("authCodeExpiration", Label::CodeLifetime, "180"),
];

const OAUTH: &str = "/auth-clients/{1}/oauth";

const AUTHENTICATION: &[Word] = &[
    word("\"client_secret_basic\"", Label::BySecret, ""),
    word("\"client_secret_post\"", Label::ByPostedSecret, ""),
    word("\"private_key_jwt\"", Label::ByKey, ""),
    word("\"none\"", Label::ByNothing, ""),
];

const CONSENT: &[Word] = &[
    word("\"ask\"", Label::ConsentAsked, ""),
    word("\"none\"", Label::ConsentImplied, ""),
];

/// The metadata that most clients need, by the names of RFC 7591; the others stay as they are.
const OAUTH_FIELDS: &[Field] = &[
    given("redirect_uris", Label::RedirectUris, Input::Lines),
    given("post_logout_redirect_uris", Label::LogoutUris, Input::Lines),
    given(
        "token_endpoint_auth_method",
        Label::Authentication,
        Input::Words(AUTHENTICATION),
    ),
    Field {
        hint: Some(Label::GrantTypesHint),
        ..given("grant_types", Label::GrantTypes, Input::Lines)
    },
    given("scope", Label::Scopes, Input::Line(1_000)),
    given("jwks_uri", Label::KeysAddress, Input::Line(2_000)),
    given("jwks", Label::Keys, Input::Json),
    given(
        "backchannel_logout_uri",
        Label::BackchannelUri,
        Input::Line(2_000),
    ),
    Field {
        hint: Some(Label::DemandHint),
        ..given("default_acr_values", Label::Demand, Input::Lines)
    },
    given("consent", Label::Consent, Input::Words(CONSENT)),
    given("open", Label::Open, Input::Flag),
    given("dpop_bound_access_tokens", Label::DpopBound, Input::Flag),
    given(
        "require_pushed_authorization_requests",
        Label::PushedOnly,
        Input::Flag,
    ),
];

/// Metadata of which there is no field.
const KEPT: &[&str] = &[
    "token_endpoint_auth_signing_alg",
    "id_token_signed_response_alg",
    "access_token_signed_response_alg",
    "default_max_age",
    "require_auth_time",
    "require_pkce",
    "fapi",
    "id_token_claims",
    "client_name",
    "client_uri",
    "tos_uri",
    "policy_uri",
    "application_type",
    "initiate_login_uri",
    "contacts",
    "software_id",
    "software_version",
];

/// Clients.
#[rustfmt::skip]
pub static CLIENTS: Screen = Screen {
    path: "/auth-clients",
    title: Label::Apps,
    table: AUTH_CLIENTS.table,
    view: AUTH_CLIENTS.view,
    is_place: true,
    list: List {
        api: "/auth-clients",
        one: Some("/auth-clients/{1}"),
        name: &["clientId"],
        under: Some("redirectUrl"),
        columns: (Label::Name, &[
            plain("id", Label::Id),
            moment("createdOn", Label::Since),
            moment("modifiedOn", Label::Changed),
        ]),
        order: Some("clientId ASC"),
        is_counted: true,
        search: &[
            Search { property: "clientId", label: Label::Name, begins: true },
            Search { property: "redirectUrl", label: Label::RedirectUrl, begins: true },
        ],
        ..LIST
    },
    facts: &[
        plain("id", Label::Id),
        plain("redirectUrl", Label::RedirectUrl),
        plain("accessTokenExpiration", Label::AccessLifetime),
        plain("refreshTokenExpiration", Label::RefreshLifetime),
        plain("authCodeExpiration", Label::CodeLifetime),
        moment("createdOn", Label::Since),
        moment("modifiedOn", Label::Changed),
    ],
    cards: &[],
    lists: &[],
    steps: &[
        Step {
            label: Label::NewApp,
            lead: Label::NewAppLead,
            fields: FIELDS,
            call: Call {
                path: "/auth-clients",
                drawn: &[("clientSecret", Label::ClientSecret), ("secret", Label::CodeSecret)],
                ..POST
            },
            ..NEW
        },
        Step { fields: FIELDS, call: CHANGE, ..EDIT },
        Step {
            name: "looks",
            label: Label::Looks,
            lead: Label::LooksLead,
            fields: &[
                given("client_name", Label::ShownName, Input::Line(200)),
                given("client_uri", Label::Home, Input::Line(2_000)),
                given("logo", Label::Logo, Input::Text(MAX_LOGO)),
                given("tos_uri", Label::Terms, Input::Line(2_000)),
                given("policy_uri", Label::Privacy, Input::Line(2_000)),
                given("accent_color", Label::Colour, Input::Line(7)),
            ],
            call: Call {
                path: "/auth-clients/{1}/branding",
                source: Some("/auth-clients/{1}/branding"),
                ..PUT
            },
            ..STEP
        },
        Step {
            name: "oauth",
            label: Label::OAuth,
            lead: Label::OAuthLead,
            fields: OAUTH_FIELDS,
            call: Call { path: OAUTH, source: Some(OAUTH), keeps: KEPT, ..PUT },
            ..STEP
        },
        Step {
            name: "oauth-off",
            label: Label::OAuthOff,
            lead: Label::OAuthOffLead,
            call: Call { path: OAUTH, ..DELETE },
            ..DANGER
        },
        Step {
            name: "rotate",
            label: Label::Rotate,
            lead: Label::RotateLead,
            call: Call { drawn: &[("clientSecret", Label::ClientSecret)], ..CHANGE },
            ..DANGER
        },
        Step {
            name: "rotate-codes",
            label: Label::RotateCodes,
            lead: Label::RotateCodesLead,
            call: Call { drawn: &[("secret", Label::CodeSecret)], ..CHANGE },
            ..DANGER
        },
        Step {
            lead: Label::DeleteAppLead,
            call: Call { path: "/auth-clients/{1}", ..DELETE },
            ..DELETION
        },
    ],
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::jose::algorithm::SignatureAlgorithm;
    use crate::auth::oauth::client::Source;
    use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};

    #[test]
    fn no_metadata_are_lost_that_have_no_field() {
        let written = json!({
            "redirect_uris": ["https://app.example/back"],
            "post_logout_redirect_uris": ["https://app.example/"],
            "backchannel_logout_uri": "https://app.example/logout",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks_uri": "https://app.example/keys",
            "scope": "openid",
            "access_token_signed_response_alg": "RS256",
            "default_max_age": 60,
            "default_acr_values": ["aal2"],
            "client_name": "App",
            "client_uri": "https://app.example",
            "tos_uri": "https://app.example/terms",
            "policy_uri": "https://app.example/privacy",
            "application_type": "web",
            "initiate_login_uri": "https://app.example/start",
            "contacts": ["ann@app.example"],
            "software_id": "app",
            "software_version": "1",
        });
        let policy = Policy {
            source: Source::Operator,
            local: false,
            signing: &SignatureAlgorithm::ALL,
        };
        let read = ClientMetadata::read(written.as_object().unwrap(), policy).unwrap();
        for (name, _) in read.to_members() {
            let typed = OAUTH_FIELDS.iter().any(|field| field.property == name);
            // What follows from the grant types is no choice.
            let known = typed || KEPT.contains(&name.as_str()) || name == "response_types";
            assert!(known, "{name}");
        }
    }
}
