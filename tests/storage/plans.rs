//! No statement reads a table that grows from its beginning to its end.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use regex_lite::Regex;
use rusqlite::Connection;

use crate::people::column;
use crate::sqlite::Db;
use crate::tour::tour;

/// Tables with as many rows as an operator has things: reading one whole is no mistake.
const SMALL: [&str; 4] = ["auth_clients", "roles", "tenants", "tenant_configs"];

#[test]
fn no_statement_and_no_trigger_scans_a_table_that_grows() {
    let db = tour();
    let tables = Tables::of(&db);
    let statements = db.seen().into_iter().map(|(sql, at)| (at.to_string(), sql));
    let scans: Vec<String> = statements
        .chain(triggers(&db))
        .flat_map(|(at, sql)| tables.scans(&db.connection, &at, &sql))
        .collect();
    assert!(scans.is_empty(), "{}", scans.join("\n\n"));
}

#[test]
fn a_scan_is_found_under_an_alias_in_a_view_and_behind_an_index() {
    let db = Db::new();
    let tables = Tables::of(&db);
    for (sql, scans) in [
        ("select 1 from users u where u.phone = ?1", true),
        (
            "select 1 from users where deleted = 0 and (username_key = ?1 or email_key = ?2)",
            true,
        ),
        ("select 1 from otps where mac = ?1", true),
        ("select 1 from accounts where phone = ?1", true),
        ("select count(*) from users", true),
        (
            "select 1 from sessions where ended_on is null order by expires_on",
            true,
        ),
        (
            "select 1 from users a join users b on a.phone = b.phone where a.id = ?1",
            true,
        ),
        (
            "update sessions set ended_on = 1 where client_id = ?1 and ended_on is null",
            true,
        ),
        ("delete from login_activity", true),
        ("select 1 from users u where u.id = ?1", false),
        ("select 1 from auth_clients c where c.deleted = 0", false),
        ("select 1 from (select 1 as one) u where u.one = ?1", false),
    ] {
        let found = tables.scans(&db.connection, "here", sql);
        assert_eq!(!found.is_empty(), scans, "{sql}: {found:?}");
    }
}

#[test]
fn every_statement_of_the_store_is_explained() {
    let run: HashSet<(String, u32)> = tour()
        .seen()
        .into_iter()
        .map(|(_, at)| (file_name(Path::new(at.file())), at.line()))
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store");
    let mut missing = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = file_name(&path);
        if name == "query.rs" || name == "batch.rs" {
            continue; // the machinery and its own tests
        }
        for (line, text) in (1..).zip(fs::read_to_string(&path).unwrap().lines()) {
            let makes = text.contains("sql!(") || text.contains("Statement::new(");
            if makes && !run.contains(&(name.clone(), line)) {
                missing.push(format!("{name}:{line}: {}", text.trim()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "not in tests/storage/tour.rs:\n{}",
        missing.join("\n")
    );
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What names in a plan may mean.
struct Tables {
    growing: HashSet<String>,
    /// Aliases in the definitions of views.
    in_views: HashMap<String, HashSet<String>>,
}

impl Tables {
    fn of(db: &Db) -> Self {
        let tables = column(db, "select name from sqlite_schema where type = 'table'");
        let views = column(db, "select sql from sqlite_schema where type = 'view'");
        Self {
            growing: tables
                .into_iter()
                .filter(|name| !name.starts_with("sqlite_") && !SMALL.contains(&name.as_str()))
                .collect(),
            in_views: aliases(&views.join(";\n")),
        }
    }

    /// The steps of a statement's plan that read a growing table whole, or build an index for want
    /// of one.
    fn scans(&self, connection: &Connection, at: &str, sql: &str) -> Vec<String> {
        let plan = plan(connection, sql);
        let meanings = aliases(sql);
        let grows = |name: &str| {
            self.growing.contains(name)
                || [&meanings, &self.in_views]
                    .into_iter()
                    .filter_map(|aliases| aliases.get(name))
                    .flatten()
                    .any(|table| self.growing.contains(table))
        };
        let mut subqueries: Vec<&str> = plan
            .iter()
            .filter_map(|step| {
                step.strip_prefix("CO-ROUTINE ")
                    .or(step.strip_prefix("MATERIALIZE "))
            })
            .collect();
        let mut scans = Vec::new();
        for step in &plan {
            let scanned = step
                .strip_prefix("SCAN ")
                .and_then(|rest| rest.split(' ').next());
            let subquery = subqueries.iter().position(|name| Some(*name) == scanned);
            if let Some(found) = subquery {
                subqueries.swap_remove(found);
            } else if scanned.is_some_and(grows) || step.contains("AUTOMATIC") || is_broad(step, at)
            {
                scans.push(format!("{at}: {step}\n  {sql}\n  {}", plan.join("\n  ")));
            }
        }
        // SQLite empties a table without a plan.
        if sql.starts_with("delete") && !sql.contains("where") {
            scans.push(format!("{at}: {sql}"));
        }
        scans
    }
}

/// Whether a step reads all sessions of a client, which only the end of the client may.
fn is_broad(step: &str, at: &str) -> bool {
    step.starts_with("SEARCH sessions ")
        && step.ends_with("(client_id=?)")
        && !at.contains("auth_clients_end_sessions")
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    // The plan of an insert lists look-ups of rows that would refer to the new one; they are made only
    // while a deferred violation is pending, which never is.
    let inserts = sql.starts_with("insert");
    connection
        .pragma_update(None, "foreign_keys", !inserts)
        .unwrap();
    let mut explain = connection
        .prepare(&format!("explain query plan {sql}"))
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    // Values do not matter, so none are bound.
    let steps = explain.raw_query().mapped(|row| row.get("detail"));
    steps.collect::<Result<_, _>>().unwrap()
}

/// Which tables a text calls what: a name may stand for several.
fn aliases(sql: &str) -> HashMap<String, HashSet<String>> {
    let named = Regex::new(r"\b(?:from|join|update|into)\s+(\w+)\s+(?:as\s+)?(\w+)").unwrap();
    let mut aliases = HashMap::<String, HashSet<String>>::new();
    for found in named.captures_iter(sql) {
        let alias = aliases.entry(found[2].to_owned()).or_default();
        alias.insert(found[1].to_owned());
    }
    aliases
}

/// The statements of every trigger, with parameters for what is new and old.
fn triggers(db: &Db) -> Vec<(String, String)> {
    let row = Regex::new(r"\b(?:new|old)\.\w+").unwrap();
    // Only a trigger may raise.
    let raise = Regex::new(r"\braise\(abort, '[^']*'\)").unwrap();
    let mut statements = Vec::new();
    for sql in column(db, "select sql from sqlite_schema where type = 'trigger'") {
        let (head, body) = sql.split_once("\nbegin\n").unwrap();
        let body = body.strip_suffix("end").unwrap();
        for statement in body
            .split(';')
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            let statement = raise.replace_all(statement, "null");
            let statement = row.replace_all(&statement, "?").into_owned();
            statements.push((head.to_owned(), statement));
        }
    }
    assert!(!statements.is_empty());
    statements
}
