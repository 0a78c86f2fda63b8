//! Refresh tokens of the OAuth endpoints: as those of the other APIs, under purposes of their own, so that
//! none is good where it was not issued.

use crate::auth::data_key::Purpose;
use crate::auth::oauth::client::OAuthClient;

/// What a client's refresh tokens are made for: to move on at every use, or to stay.
pub fn refresh_purpose(client: &OAuthClient) -> Purpose {
    match client.rotates_refresh_tokens() {
        true => Purpose::Grant,
        false => Purpose::StandingGrant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::data_key::DataKeys;
    use crate::auth::id::SessionId;
    use crate::auth::oauth::client::AuthenticationMethod;
    use crate::auth::oauth::client::example::client;
    use crate::auth::secret::Secret;
    use crate::auth::session::RefreshToken;

    #[test]
    fn a_refresh_token_is_good_where_it_was_issued_and_nowhere_else() {
        let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let public = OAuthClient {
            authentication: AuthenticationMethod::None,
            ..client()
        };
        let purposes = [
            Purpose::Refresh,
            Purpose::ServiceStackRefresh,
            refresh_purpose(&public),
            refresh_purpose(&client()),
        ];
        let token = RefreshToken {
            session_id: SessionId::new("s"),
            n: 0,
        };
        for made in purposes {
            let text = Secret::new(token.issue(&keys, made).unwrap());
            for read in purposes {
                let good = RefreshToken::read(&keys, read, &text).unwrap().is_some();
                assert_eq!(good, made == read, "{made:?} {read:?}");
            }
        }
    }
}
