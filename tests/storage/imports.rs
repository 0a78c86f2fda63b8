//! People who are imported: what becomes of each is decided by one statement.

use crate::auth::id::{AttemptId, ClientNumber};
use crate::auth::imported::ImportedPerson;
use crate::people::{NOW, at, column, database};
use crate::sqlite::Db;
use crate::store::import_names::named;
use crate::store::import_rows::{Composite, NewPerson};
use crate::store::imports;
use crate::store::records::Author;

fn person(name: &str, id: Option<&str>) -> ImportedPerson {
    ImportedPerson {
        id: id.map(str::to_owned),
        username: name.to_owned(),
        username_key: name.to_owned(),
        status: 1,
        password: Some("hash".to_owned()),
        ..ImportedPerson::default()
    }
}

/// Imports one person into a tenant, with a role and its parts; what became of them.
fn import(
    db: &Db,
    person: &ImportedPerson,
    (tenant, role): (&str, &str),
    held: Option<&[String]>,
) -> String {
    let parts = ["member".to_owned(), "other".to_owned()];
    let parts = if role == "both" {
        &parts[..]
    } else {
        &[role.to_owned()]
    };
    let id = format!("id-{}", person.username);
    let new = NewPerson {
        person,
        kept_id: person.id.as_deref().filter(|id| id.starts_with("keep")),
        id: &id,
        membership_id: &format!("member-{}", person.username),
        tenant,
        parts,
        role,
        clients: &[ClientNumber::new(1), ClientNumber::new(99)],
    };
    let composite = Composite {
        id: "both".to_owned(),
        names: vec!["Member".to_owned(), "Other".to_owned()],
        parts: parts.to_vec(),
        tenant_id: None,
    };
    let composites = if role == "both" {
        vec![composite]
    } else {
        vec![]
    };
    let author = Author {
        by: None,
        now: at(NOW),
    };
    let attempt = AttemptId::new("attempt");
    let outcomes = db.run(imports::import(
        &[new.row(0)],
        &composites,
        held,
        &attempt,
        author,
    ));
    assert_eq!(outcomes.len(), 1);
    outcomes.into_iter().next().unwrap().outcome
}

fn world() -> Db {
    let db = database();
    db.connection
        .execute_batch(
            "insert into tenants (id, name, status, created_on, modified_on) values ('away', 'Away', 1, 0, 0);
             insert into roles (id, name, permissions, created_on, modified_on) values ('other', 'Other', '[\"Own\"]', 0, 0);
             insert into roles (id, name, tenant_id, created_on, modified_on) values ('awayers', 'Awayers', 'away', 0, 0);",
        )
        .unwrap();
    db
}

/// Every statement, once.
pub fn tour(db: &Db) {
    db.run(named(&["home"], &["Member".to_owned()], &["web"]));
    assert_eq!(
        import(db, &person("imported", Some("1")), ("home", "member"), None),
        "created"
    );
}

#[test]
fn each_person_has_one_outcome_and_whoever_is_here_stays() {
    let db = world();
    let home = ("home", "member");
    let held = ["Own".to_owned()];
    db.connection
        .execute_batch("update users set deleted = 1 where id = 'id-bob'; insert into users (id, first_name, username, username_key, created_on, modified_on, deleted) values ('keep-gone', 'x', 'gone', 'gone', 0, 0, 1);")
        .unwrap();
    for (person, place, held, outcome) in [
        (person("one", Some("1")), home, None, "created"),
        (person("renamed", Some("1")), home, None, "exists"),
        (person("two", None), home, None, "created"),
        (person("two", None), home, None, "exists"),
        (person("two", None), ("away", "member"), None, "name taken"),
        (person("one", Some("2")), home, None, "name taken"),
        (
            person("ann@example.com", Some("3")),
            home,
            None,
            "name taken",
        ),
        (person("kept", Some("keep-1")), home, None, "created"),
        (person("x", Some("keep-gone")), home, None, "deleted"),
        (
            person("three", Some("4")),
            ("nowhere", "member"),
            None,
            "no tenant",
        ),
        (
            person("three", Some("4")),
            ("home", "nothing"),
            None,
            "no role",
        ),
        (
            person("three", Some("4")),
            ("home", "awayers"),
            None,
            "no role",
        ),
        (
            person("three", Some("4")),
            ("home", "other"),
            Some(&[][..]),
            "no role",
        ),
        (
            person("three", Some("4")),
            ("home", "other"),
            Some(&held[..]),
            "created",
        ),
        (
            person("four", Some("1")),
            ("away", "member"),
            None,
            "created",
        ),
        (
            person("five", Some("5")),
            ("home", "both"),
            Some(&[][..]),
            "no role",
        ),
        (
            person("six", Some("6")),
            ("home", "both"),
            Some(&held[..]),
            "created",
        ),
    ] {
        assert_eq!(
            import(&db, &person, place, held),
            outcome,
            "{} {place:?}",
            person.username
        );
    }
    assert_eq!(
        column(
            &db,
            "select permissions || includes from roles where id = 'both'"
        ),
        [r#"["Own"]["Member","Other"]"#]
    );
    assert_eq!(
        column(
            &db,
            "select c.user_id from user_clients c where c.user_id = 'id-one'"
        ),
        ["id-one"]
    );
    assert_eq!(
        column(
            &db,
            "select password from user_credentials where user_id = 'id-one'"
        ),
        ["hash"]
    );
    assert_eq!(column(&db, "select attempt from import_outcomes"), [""; 0]);
}

#[test]
fn who_was_erased_does_not_come_back_and_nobody_comes_in_who_may_be_them() {
    let db = world();
    let home = ("home", "member");
    assert_eq!(
        import(&db, &person("one", Some("1")), home, None),
        "created"
    );
    assert_eq!(
        import(&db, &person("two", Some("keep-2")), home, None),
        "created"
    );
    db.connection
        .execute_batch(
            "delete from user_credentials; delete from user_tenants; delete from user_clients; delete from users;
             insert into erased_users (user_id, erased_on) values ('id-one', 1), ('keep-2', 1);",
        )
        .unwrap();
    for (person, outcome) in [
        (person("one", Some("1")), "erased"),
        (person("two", Some("keep-2")), "erased"),
        (person("nameless", None), "no id"),
        (person("three", Some("3")), "created"),
    ] {
        assert_eq!(
            import(&db, &person, home, None),
            outcome,
            "{}",
            person.username
        );
    }
}
