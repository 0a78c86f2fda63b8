//! What migrations do to a database that has people in it, and to one another.

use std::collections::HashSet;

use regex_lite::Regex;
use rusqlite::Connection;

use crate::people::{column, database};
use crate::schema;
use crate::sqlite::Db;

/// A table that is made anew loses the triggers, indexes and columns that it had, silently.
#[test]
fn what_a_migration_adds_is_there_unless_a_later_one_drops_it_by_name() {
    let comment = Regex::new("--[^\n]*").unwrap();
    let made =
        Regex::new(r"(?s)\bcreate\s+(?:unique\s+)?(table|view|index|trigger)\s+(\w+)").unwrap();
    let dropped = Regex::new(r"(?s)\bdrop\s+(table|view|index|trigger)\s+(\w+)").unwrap();
    let added = Regex::new(r"(?s)\balter\s+table\s+(\w+)\s+add\s+column\s+(\w+)").unwrap();
    let mut expected = HashSet::new();
    for file in schema::files() {
        let sql = std::fs::read_to_string(file).unwrap();
        let sql = comment.replace_all(&sql, "");
        let mut steps: Vec<_> = dropped
            .captures_iter(&sql)
            .map(|found| (found.get(0).unwrap().start(), false, found[2].to_owned()))
            .chain(
                made.captures_iter(&sql)
                    .map(|found| (found.get(0).unwrap().start(), true, found[2].to_owned())),
            )
            .chain(added.captures_iter(&sql).map(|found| {
                let name = format!("{}.{}", &found[1], &found[2]);
                (found.get(0).unwrap().start(), true, name)
            }))
            .collect();
        steps.sort();
        for (_, is_made, name) in steps {
            if is_made {
                expected.insert(name);
            } else {
                expected.remove(&name);
            }
        }
    }
    let db = Db::new();
    let names = column(&db, "select name from sqlite_schema");
    let columns = column(
        &db,
        "select t.name || '.' || c.name from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table'",
    );
    let there: HashSet<String> = names.into_iter().chain(columns).collect();
    let mut missing: Vec<_> = expected.difference(&there).collect();
    missing.sort();
    assert!(missing.is_empty(), "lost on the way: {missing:?}");
}

/// The database as it was before a migration.
fn before(number: &str) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let files = schema::files();
    let name = |file: &std::path::PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
    schema::apply(
        &connection,
        files.iter().filter(|file| name(file).as_str() < number),
    );
    connection
}

#[test]
fn people_keep_all_they_have_and_tenants_their_meaning() {
    let connection = before("0014");
    connection
        .execute_batch(
            "insert into tenants (id, name, status, created_on, modified_on)
               values ('open', 'Open', 0, 0, 0), ('shut', 'Shut', 1, 0, 0), ('odd', 'Odd', 9, 0, 0);
             insert into roles (id, name, created_on, modified_on) values ('member', 'Member', 0, 0);
             insert into auth_clients (client_id, client_secret_digest, secret_digest, created_on, modified_on)
               values ('web', 'd', 's', 0, 0);
             insert into users (id, first_name, middle_name, last_name, username, username_key, email, email_key,
               email_verified, phone, last_login, gender, dob, default_tenant_id, created_by, modified_by, created_on,
               modified_on, deleted, deleted_on, deleted_by, name_stands_in)
               values ('ann', 'A', 'B', 'C', 'Ann', 'ann', 'Ann@x', 'ann@x', 1, '+1', 2, 'F', '2000-01-01', 'open', 'c',
                 'm', 3, 4, 0, null, null, 0),
               ('old', 'O', null, null, 'Old', 'ann', null, null, 0, null, null, null, null, 'shut', null, null, 5, 6, 1, 7,
                 'op', 1);
             insert into user_credentials (user_id, password, changed_on) values ('ann', 'hash', 0);
             insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'i', 's', 'ann', 0);
             insert into user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
               values ('m', 'ann', 'open', 'member', 1, 0, 0), ('n', 'ann', 'shut', 'member', 1, 0, 0);
             insert into user_clients (user_id, client_id) values ('ann', 1);
             insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)
               values ('s', 'ann', 1, 0, 0, 'password', 0, 9000000000000);",
        )
        .unwrap();
    let users = |connection: &Connection| {
        let columns = "id, first_name, middle_name, last_name, username, username_key, email, email_key, email_verified, \
             phone, last_login, gender, dob, default_tenant_id, created_by, modified_by, created_on, modified_on, deleted, \
             deleted_on, deleted_by, name_stands_in";
        let sql = format!("select json_array({columns}) from users order by id");
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0));
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    let people = users(&connection);
    let files = schema::files();
    schema::apply(
        &connection,
        files
            .iter()
            .filter(|file| file.file_name().unwrap().to_str().unwrap() >= "0014"),
    );
    assert_eq!(users(&connection), people);
    let one = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(one("select status from tenants where id = 'open'"), 1);
    assert_eq!(one("select sum(status) from tenants where id <> 'open'"), 4);
    assert_eq!(
        one("select count(*) from live_members where user_id = 'ann'"),
        1
    );
    assert_eq!(
        one("select count(*) from sessions where ended_on is null"),
        1
    );
    assert_eq!(one("select count(*) from pragma_foreign_key_check"), 0);
}

#[test]
fn one_name_never_means_two_people_whichever_column_it_stands_in() {
    let db = database();
    let refused = |sql: &str| {
        let error = db.connection.execute_batch(sql).unwrap_err().to_string();
        assert!(
            error.contains("UNIQUE constraint failed: users."),
            "{error}"
        );
    };
    let insert = |id: &str, username: &str, email: &str| {
        format!(
            "insert into users (id, first_name, username, username_key, username_address, email, email_key, created_on, modified_on)
             values ('{id}', 'X', '{username}', '{username}', iif(instr('{username}', '@'), '{username}', null), {email}, {email}, 0, 0)"
        )
    };
    refused(&insert("x", "ann@example.com", "null"));
    refused(&insert("x", "x", "'ann'"));
    refused(
        "update users set username_key = 'ann@example.com', username_address = 'ann@example.com' where id = 'id-bob'",
    );
    refused("update users set email_key = 'ann' where id = 'id-bob'");
    let run = |sql: &str| db.connection.execute_batch(sql).unwrap();
    run(&insert("x", "elsewhere@example.org", "'x@example.com'"));
    refused(&insert("y", "y", "'elsewhere@example.org'"));
    run("update users set deleted = 1 where id = 'x'");
    run(&insert("y", "y", "'elsewhere@example.org'"));
    refused("update users set deleted = 0 where id = 'x'");
    run("update users set username_key = 'ann', email_key = 'ann' where id = 'id-ann'");
}

#[test]
fn whoever_signs_in_is_not_erased() {
    let db = database();
    let run = |sql: &str| db.connection.execute_batch(sql).unwrap();
    run("update users set erase_on = 5");
    run(
        "insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)
         values ('s', 'id-ann', 1, 0, 0, 'password', 0, 1)",
    );
    let waiting = column(&db, "select id from users where erase_on is not null");
    assert_eq!(waiting, ["id-bob"]);
}
