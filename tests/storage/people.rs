//! A database with a tenant, two clients and some people.

use crate::auth::assurance::Assurance;
use crate::auth::id::ClientNumber;
use crate::auth::id::{SessionId, UserId};
use crate::auth::sign_in_place::SignInPlace;
use crate::auth::time::Timestamp;
use crate::sqlite::Db;
use crate::store::effects::PasswordPrecondition;
use crate::store::new_codes::NewCode;
use crate::store::sessions::NewSession;

/// The present, in milliseconds since the epoch, as SQLite has it.
pub const NOW: i64 = 1_785_499_200_000;

/// A moment as the rules have it.
pub const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub fn database() -> Db {
    let db = Db::new();
    db.connection
        .execute_batch(
            "insert into tenants (id, name, status, created_on, modified_on) values ('home', 'Home', 1, 0, 0);
             insert into roles (id, name, created_on, modified_on) values ('member', 'Member', 0, 0);
             insert into auth_clients (client_id, client_secret_digest, secret_digest, redirect_url, created_on, modified_on)
               values ('web', 'web digest', 's', 'https://web.example/', 0, 0), ('app', 'app digest', 's', null, 0, 0);",
        )
        .unwrap();
    for name in ["ann", "bob"] {
        user(&db, name);
    }
    db
}

/// A user whose id, username and address tell the name.
fn user(db: &Db, name: &str) {
    db.connection
        .execute_batch(&format!(
            "insert into users (id, first_name, username, username_key, email, email_key, email_verified, default_tenant_id, created_on, modified_on)
               values ('id-{name}', '{name}', '{name}', '{name}', '{name}@example.com', '{name}@example.com', 1, 'home', 0, 0);
             insert into user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
               values ('member-{name}', 'id-{name}', 'home', 'member', 1, 0, 0);
             insert into user_credentials (user_id, password, changed_on) values ('id-{name}', 'hash of {name}', 0);
             insert into user_clients (user_id, client_id) select 'id-{name}', id from auth_clients;"
        ))
        .unwrap();
}

/// A session of a user with the first client.
pub fn session(id: &str, user_id: &str) -> NewSession<'static> {
    NewSession {
        id: leaked(SessionId::new(id)),
        user_id: leaked(UserId::new(user_id)),
        client: ClientNumber::new(1),
        device: None,
        method: "password",
        assurance: leaked(Assurance::single_factor("pwd", at(NOW))),
        factor: None,
        place: leaked(SignInPlace::default()),
        password: PasswordPrecondition::None,
        provider_session: None,
        provider_token: None,
        expires_on: at(NOW + 86_400_000),
        replaces: None,
    }
}

/// A code of a user for the first client, by a password.
pub fn code(key: &'static str, user_id: &str) -> NewCode<'static> {
    NewCode {
        key,
        user_id: leaked(UserId::new(user_id)),
        client: ClientNumber::new(1),
        session_id: leaked(SessionId::new(format!("of {key}"))),
        client_secret_digest: "s",
        challenge: None,
        method: "password",
        assurance: leaked(Assurance::single_factor("pwd", at(NOW))),
        factor: None,
        place: leaked(SignInPlace::default()),
        browser: None,
        password: PasswordPrecondition::None,
        provider_session: None,
        provider_token: Some("sealed"),
        expires_on: at(NOW + 1000),
    }
}

/// A value for as long as the tests run: what borrows it may be built in another function.
pub fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// The first column of each row.
pub fn column(db: &Db, sql: &str) -> Vec<String> {
    let mut statement = db.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
