//! What D1 itself decides of management: who stays, who is counted, who gets which role.

use crate::auth::account::Account;
use crate::auth::id::UserId;
use crate::auth::management::tables::USERS;
use crate::auth::table::row::{Scalar, TableRow};
use crate::managed::{author, filter, values};
use crate::people::{column, database};
use crate::sqlite::Db;
use crate::store::person_extras::PersonExtras;
use crate::store::person_values::{Giver, PersonValues};
use crate::store::{accounts, borders, members, people};

fn giver(held: Option<&[String]>) -> Giver<'_> {
    Giver {
        held,
        author: author(),
    }
}

fn run(db: &Db, sql: &str) {
    db.connection.execute_batch(sql).unwrap();
}

/// A database in which Ann and Bob may administer.
fn two_administrators() -> Db {
    let db = database();
    run(
        &db,
        "insert into roles (id, name, permissions, created_on, modified_on) values ('admin', 'Admin', '[\"NotAllowed\"]', 0, 0);
         update user_tenants set role_id = 'admin' where user_id in ('id-ann', 'id-bob');",
    );
    db
}

#[test]
fn the_last_administrator_stays_whatever_is_taken_away() {
    for take in [
        "update user_tenants set status = 2 where user_id = 'id-bob'",
        "update user_tenants set role_id = 'member' where user_id = 'id-bob'",
        "update roles set permissions = '[]' where id = 'admin'",
        "update tenants set status = 2 where id = 'home'",
        "update users set deleted = 1 where id = 'id-bob'",
        "insert into user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on)
           values ('p', 'member-bob', 'NotAllowed', 0, 0, 0)",
    ] {
        let db = two_administrators();
        run(&db, "update user_tenants set status = 2 where user_id = 'id-ann'");
        assert_eq!(db.run(borders::has_administrator()), (true,));
        let statement = crate::store::Statement::new(take, Vec::new()).run();
        let failed = db.try_run((statement, borders::keep_administrator(true)));
        let text = failed.unwrap_err().to_string();
        assert!(text.contains(borders::NO_ADMINISTRATOR_LEFT), "{take}: {text}");
        assert_eq!(db.run(borders::has_administrator()), (true,), "{take}");
    }
}

#[test]
fn an_administrator_goes_while_another_stays_and_nobody_must_stay_who_was_not_there() {
    let db = two_administrators();
    let (_, ()) = db.run((
        members::remove("home", "id-bob", author()),
        borders::keep_administrator(true),
    ));
    assert_eq!(db.run(borders::has_administrator()), (true,));
    let nobody = database();
    assert_eq!(nobody.run(borders::has_administrator()), (false,));
    nobody.run(borders::keep_administrator(false));
}

#[test]
fn a_role_is_given_only_with_permissions_that_the_giver_holds() {
    let db = two_administrators();
    run(
        &db,
        "insert into roles (id, name, permissions, created_on, modified_on) values ('own', 'Own', '[\"A\", \"B\"]', 0, 0);",
    );
    let update = |role: &str, held: Option<&[String]>| {
        let column = USERS.of_property("roleId").unwrap();
        let value = crate::auth::table::changes::NewValue::Plain(Some(Scalar::from(role)));
        let values = PersonValues::of(&[(column, value)]);
        let written = db.run(members::update("home", "id-bob", values, &giver(held)));
        (written.written, written.role_exists)
    };
    let held = |texts: &[&str]| {
        texts
            .iter()
            .map(|&text| text.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(update("own", Some(&held(&["A"]))), (false, Some(true)));
    assert_eq!(
        update("admin", Some(&held(&["A", "B"]))),
        (false, Some(true))
    );
    assert_eq!(update("own", Some(&held(&["B", "A"]))), (true, Some(true)));
    assert_eq!(update("admin", None), (true, Some(true)));
    assert_eq!(update("nobody", None), (false, Some(false)));
}

#[test]
fn a_person_who_may_not_have_the_role_is_not_created_at_all() {
    let db = two_administrators();
    let held = ["A".to_owned()];
    let mut new = values(&USERS, "eve");
    new.retain(|(column, _)| column.name != "role_id");
    let role = USERS.of_property("roleId").unwrap();
    let value = crate::auth::table::changes::NewValue::Plain(Some(Scalar::from("admin")));
    new.push((role, value));
    let id = UserId::new("id-eve");
    let values = PersonValues::of(&new);
    let written = db.run(members::create(
        "home",
        &id,
        "member-eve",
        values,
        &giver(Some(&held)),
    ));
    assert!(!written.written && written.after.is_none());
    assert!(column(&db, "select id from users where id = 'id-eve'").is_empty());
}

#[test]
fn a_composite_role_follows_its_parts() {
    let db = database();
    run(
        &db,
        "insert into roles (id, name, permissions, includes, created_on, modified_on) values
           ('a', 'A', '[\"one\"]', '[]', 0, 0), ('b', 'B', '[\"two\"]', '[]', 0, 0),
           ('ab', 'A B', '[\"one\",\"two\"]', '[\"A\",\"B\"]', 0, 0),
           ('strange', 'S', '[\"kept\"]', '[\"A\",\"Gone\"]', 0, 0);
         update roles set permissions = '[\"one\",\"three\"]' where id = 'a';",
    );
    assert_eq!(
        column(
            &db,
            "select permissions from roles where id in ('ab', 'strange') order by id"
        ),
        ["[\"one\",\"three\",\"two\"]", "[\"kept\"]"]
    );
}

#[test]
fn members_are_counted_as_they_come_and_go() {
    let db = database();
    let count = || db.run(people::count("home")).map_or(0, |(count,)| count);
    assert_eq!(count(), 2);
    let new = PersonValues::of(&values(&USERS, "eve"));
    db.run(members::create(
        "home",
        &UserId::new("id-eve"),
        "m-eve",
        new,
        &giver(None),
    ));
    assert_eq!(count(), 3);
    run(&db, "update users set deleted = 1 where id = 'id-eve'");
    assert_eq!(count(), 2);
    run(&db, "update users set deleted = 0 where id = 'id-eve'");
    assert_eq!(count(), 3);
    run(
        &db,
        "update users set deleted = 1 where id = 'id-eve'; delete from user_tenants where user_id = 'id-eve'",
    );
    assert_eq!(count(), 2);
    db.run(members::remove("home", "id-bob", author()));
    assert_eq!(count(), 1);
    run(&db, "delete from user_tenants where user_id = 'id-ann'");
    assert_eq!(count(), 0);
}

#[test]
fn people_are_found_by_what_they_are_called_now() {
    let db = database();
    run(
        &db,
        "update users set last_name = 'Élan Smith', first_name = ' Anna ', username = 'ANNA', username_key = 'anna' where id = 'id-ann'",
    );
    let names = |text: &str| {
        let filter = filter(&USERS, text);
        let query = people::page("home", &filter.rows, &filter.page, None).unwrap();
        let rows: Vec<TableRow> = db.run(query).unwrap();
        let id = USERS.of_name("id").unwrap();
        let ids = rows.iter().map(|row| row.value(id).unwrap().to_path());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(names(r#"{"where":{"username":"ANNA"}}"#), ["id-ann"]);
    assert_eq!(
        names(r#"{"where":{"username":"anna"}}"#),
        Vec::<String>::new()
    );
    assert_eq!(
        names(r#"{"where":{"username":{"ilike":"an%"}}}"#),
        ["id-ann"]
    );
    assert_eq!(names(r#"{"order":"username DESC"}"#), ["id-bob", "id-ann"]);
    assert_eq!(
        names(r#"{"where":{"email":"bob@example.com"},"order":"lastName"}"#),
        ["id-bob"]
    );
}

#[test]
fn a_large_tenant_is_read_along_an_index_or_not_at_all() {
    let db = database();
    run(
        &db,
        "update tenant_members set members = 10001 where tenant_id = 'home'",
    );
    let page = |text: &str| {
        let filter = filter(&USERS, text);
        let query = people::page("home", &filter.rows, &filter.page, None).unwrap();
        db.run(query).map(|rows| rows.len())
    };
    for served in [
        "{}",
        r#"{"order":"email DESC","skip":1}"#,
        r#"{"where":{"username":{"like":"a%"}},"order":"phone"}"#,
        r#"{"where":{"id":"id-ann"}}"#,
    ] {
        assert!(page(served).is_some(), "{served}");
    }
    for unserved in [
        r#"{"order":"phone"}"#,
        r#"{"order":"email, username"}"#,
        r#"{"where":{"username":{"like":"%a"}}}"#,
        r#"{"where":{"status":1}}"#,
        r#"{"where":{"or":[{"username":"ann"},{"phone":"1"}]}}"#,
        r#"{"skip":10001}"#,
    ] {
        assert_eq!(page(unserved), None, "{unserved}");
    }
}

#[test]
fn people_are_counted_by_a_counter_by_an_index_or_where_they_are_few() {
    let db = database();
    let count = |text: &str| {
        let filter = filter(&USERS, text);
        db.run(people::counted("home", &filter.rows).unwrap())
    };
    assert_eq!(count("{}"), Some(2));
    assert_eq!(count(r#"{"where":{"username":{"ilike":"A%"}}}"#), Some(1));
    assert_eq!(count(r#"{"where":{"phone":"none"}}"#), Some(0));
    run(
        &db,
        "update tenant_members set members = 10001 where tenant_id = 'home'",
    );
    assert_eq!(count("{}"), Some(10_001));
    assert_eq!(count(r#"{"where":{"username":{"ilike":"A%"}}}"#), Some(1));
    assert_eq!(count(r#"{"where":{"status":1}}"#), None);
}

#[test]
fn who_leaves_the_home_tenant_moves_to_another_and_who_leaves_the_last_is_gone() {
    let db = database();
    run(
        &db,
        "insert into tenants (id, name, status, created_on, modified_on) values ('other', 'Other', 1, 0, 0);
         insert into user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
           values ('second', 'id-ann', 'other', 'member', 1, 1, 1);",
    );
    db.run(members::remove("home", "id-ann", author()));
    let account: Account = db.run(accounts::by_id(&UserId::new("id-ann"))).unwrap();
    assert_eq!(account.default_tenant_id.as_deref(), Some("other"));
    db.run(members::remove("other", "id-ann", author()));
    assert!(db.run(accounts::by_id(&UserId::new("id-ann"))).is_none());
}

#[test]
fn permissions_of_a_person_are_what_the_role_gives_and_what_is_given_and_taken_besides() {
    let db = database();
    let permissions = || {
        let account: Option<Account> = db.run(accounts::by_id(&UserId::new("id-bob")));
        let mut permissions = account.unwrap().permissions().to_vec();
        permissions.sort();
        permissions.join(" ")
    };
    run(
        &db,
        "update roles set permissions = '[\"Read\", \"Write\"]' where id = 'member'",
    );
    let besides = |given: &[&str], taken: &[&str]| {
        let extras = PersonExtras {
            given: given.iter().map(|&name| name.to_owned()).collect(),
            taken: taken.iter().map(|&name| name.to_owned()).collect(),
            ..PersonExtras::default()
        };
        db.run(extras.after("home", &UserId::new("id-bob"), author()));
    };
    besides(&["Print", "Read"], &["Write", "Nothing"]);
    assert_eq!(permissions(), "Print Read");
    let rows = "select count(*) || '' from user_permissions where deleted = 0";
    assert_eq!(
        column(&db, rows),
        ["2"],
        "what the role gives is not given again"
    );
    besides(&["Write"], &["Print"]);
    besides(&["Write"], &["Print"]);
    assert_eq!(permissions(), "Read Write");
    assert_eq!(column(&db, rows), ["0"]);
}

#[test]
fn a_composite_role_and_a_password_come_with_the_person_or_not_at_all() {
    let db = database();
    run(
        &db,
        "insert into roles (id, name, permissions, created_on, modified_on) values ('r', 'Reader', '[\"Read\"]', 0, 0),
           ('w', 'Writer', '[\"Write\", \"Read\"]', 0, 0);",
    );
    let extras = PersonExtras {
        composite: Some((
            "both".to_owned(),
            vec!["Reader".to_owned(), "Writer".to_owned()],
        )),
        password: Some("a new hash".to_owned()),
        ..PersonExtras::default()
    };
    let id = UserId::new("id-bob");
    db.run((
        extras.before("home", author()),
        extras.after("home", &id, author()),
    ));
    let made = "select name || ' ' || permissions || ' ' || includes || ' ' || tenant_id from roles where id = 'both'";
    assert_eq!(
        column(&db, made),
        ["Reader, Writer [\"Read\",\"Write\"] [\"Reader\",\"Writer\"] home"]
    );
    let password = "select password from user_credentials where user_id = 'id-bob'";
    assert_eq!(column(&db, password), ["a new hash"]);
    db.run(extras.after("elsewhere", &UserId::new("id-ann"), author()));
    let other = "select password from user_credentials where user_id = 'id-ann'";
    assert_eq!(column(&db, other), ["hash of ann"]);
}
