//! Filters against a real SQLite that is limited as D1 is: the shared vectors, random filters over
//! random rows, and texts that would like to be SQL.

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "storage/schema.rs"]
mod schema;

use std::collections::HashSet;

use edgelatch::testing::auth::client::columns::AUTH_CLIENTS;
use edgelatch::testing::auth::table::column::{Column, ColumnKind};
use edgelatch::testing::auth::table::condition::Where;
use edgelatch::testing::auth::table::row::{Scalar, TableRow};
use edgelatch::testing::error::ErrorKind;
use edgelatch::testing::store::clause::{self, Clause, Scope};
use edgelatch::testing::wire::document;
use edgelatch::testing::wire::loopback::failure::LoopbackFailure;
use edgelatch::testing::wire::loopback::filter::{self, Filter};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rusqlite::limits::Limit;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value, json};

type Pairs = Vec<(String, String)>;

/// The clients that are not deleted.
fn scope() -> Scope {
    Scope::live(&AUTH_CLIENTS)
}

/// The number of a row.
fn number(row: &TableRow) -> i64 {
    let id = AUTH_CLIENTS.of_name("id").unwrap();
    row.value(id).and_then(Scalar::as_integer).unwrap()
}

/// Pairs as they come in.
fn query(pairs: Pairs) -> document::Pairs {
    document::Pairs::new(pairs.into_iter()).unwrap()
}

/// The schema in a database with D1's limits.
fn database() -> Connection {
    let db = schema::database();
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
    ] {
        db.set_limit(limit, value).unwrap();
    }
    db
}

fn milliseconds(time: &Value) -> i64 {
    chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap())
        .unwrap()
        .timestamp_millis()
}

/// The value of a column in a row as the wire writes it.
fn value(column: &Column, row: &Value) -> Option<Scalar> {
    let value = &row[column.property];
    match column.kind {
        ColumnKind::Secret => None,
        ColumnKind::Boolean => Some(Scalar::Integer((*value == true).into())),
        _ if value.is_null() => None,
        ColumnKind::Integer => value.as_i64().map(Scalar::Integer),
        ColumnKind::Time => Some(Scalar::Integer(milliseconds(value))),
        ColumnKind::Texts | ColumnKind::Object | ColumnKind::Date => panic!("no client has one"),
        ColumnKind::Text => value.as_str().map(|text| Scalar::Text(text.to_owned())),
    }
}

fn client_row(row: &Value) -> TableRow {
    let values = AUTH_CLIENTS.columns.iter().map(|column| value(column, row));
    TableRow::new(values.collect())
}

fn bound(column: &Column, row: &TableRow) -> rusqlite::types::Value {
    match row.value(column) {
        _ if column.kind == ColumnKind::Secret => "hidden".to_owned().into(),
        None => rusqlite::types::Value::Null,
        Some(Scalar::Integer(number)) => (*number).into(),
        Some(Scalar::Text(text)) => text.clone().into(),
    }
}

/// Inserts rows as the wire writes them and gives back the live ones.
fn insert(db: &Connection, rows: &[Value]) -> Vec<TableRow> {
    let names: Vec<_> = AUTH_CLIENTS
        .columns
        .iter()
        .map(|column| column.name)
        .collect();
    let marks = vec!["?"; names.len()].join(", ");
    let names = names.join(", ");
    let sql = format!("insert into auth_clients ({names}) values ({marks})");
    let mut live = Vec::new();
    for json in rows {
        let row = client_row(json);
        let values = AUTH_CLIENTS
            .columns
            .iter()
            .map(|column| bound(column, &row));
        db.execute(&sql, params_from_iter(values)).unwrap();
        if json["deleted"] != true {
            live.push(row);
        }
    }
    live
}

/// The ids that a clause finds; integers are bound as doubles, as they are on D1.
fn ids(db: &Connection, clause: &Clause) -> Vec<i64> {
    let values = clause.values.iter().map(|value| match value {
        Scalar::Integer(number) => rusqlite::types::Value::Real(*number as f64),
        Scalar::Text(text) => rusqlite::types::Value::Text(text.clone()),
    });
    let mut statement = db
        .prepare(&format!("select id from auth_clients {}", clause.sql))
        .unwrap_or_else(|error| panic!("{error}: {}", clause.sql));
    let rows = statement.query_map(params_from_iter(values), |row| row.get(0));
    rows.unwrap()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{error}: {}", clause.sql))
}

/// The clause that finds the rows, in SQL where it can be said and by evaluation where not, which
/// must scan with a statement that works.
fn clause(db: &Connection, rows: &Where, live: &[TableRow]) -> Clause {
    Clause::of(&scope(), rows).unwrap_or_else(|| {
        db.prepare(&clause::scan(&scope(), rows)).unwrap();
        Clause::among(&scope(), live, rows).unwrap()
    })
}

fn evaluated(rows: &Where, live: &[TableRow]) -> Vec<i64> {
    let meant = live.iter().filter(|row| rows.matches(row));
    meant.map(number).collect()
}

fn json_pair(name: &str, value: &Value) -> Pairs {
    vec![(name.to_owned(), value.to_string())]
}

/// A `where` that is there.
fn parse_where(pairs: Pairs) -> Result<Where, LoopbackFailure> {
    filter::parse_where(&AUTH_CLIENTS, &query(pairs)).map(Option::unwrap)
}

mod vectors {
    use super::*;

    fn pairs(case: &Value) -> Pairs {
        let parameter = case["parameter"].as_str().unwrap();
        if let Some(text) = case["text"].as_str() {
            return vec![(parameter.to_owned(), text.to_owned())];
        }
        match case["pairs"].as_array() {
            None => json_pair(parameter, &case["json"]),
            Some(pairs) => pairs
                .iter()
                .map(|pair| {
                    let text = |at: usize| pair[at].as_str().unwrap().to_owned();
                    (text(0), text(1))
                })
                .collect(),
        }
    }

    fn values(case: &Value) -> Vec<Scalar> {
        let values = case["values"].as_array().unwrap().iter();
        values
            .map(|value| match value {
                Value::String(text) => Scalar::Text(text.clone()),
                number => Scalar::Integer(number.as_i64().unwrap()),
            })
            .collect()
    }

    fn expect_refusal(name: &str, error: &LoopbackFailure, case: &Value) {
        let LoopbackFailure::InvalidParameter(invalid) = error else {
            panic!("{name}: {error:?}");
        };
        let details = &invalid.details;
        assert_eq!(case["parameter"], invalid.name, "{name}");
        match &case["refused"] {
            Value::String(kind) if kind == "syntaxError" => {
                assert!(details["syntaxError"].is_string(), "{name}");
            }
            Value::String(_) => assert!(details.is_null(), "{name}: {details}"),
            place => {
                assert_eq!(details.as_array().unwrap().len(), 1, "{name}");
                assert_eq!(details[0]["path"], place["path"], "{name}: {details}");
                assert_eq!(details[0]["code"], place["code"], "{name}: {details}");
            }
        }
    }

    fn expect_rows(db: &Connection, live: &[TableRow], case: &Value) {
        let name = case["name"].as_str().unwrap();
        let refused = |error: LoopbackFailure| -> ! { panic!("{name}: {error:?}") };
        let filter = (case["parameter"] == "filter").then(|| {
            Filter::parse(&AUTH_CLIENTS, &query(pairs(case))).unwrap_or_else(|error| refused(error))
        });
        let rows = filter.as_ref().map_or_else(
            || parse_where(pairs(case)).unwrap_or_else(|error| refused(error)),
            |filter| filter.rows.clone(),
        );
        let whole = |clause: Clause| match &filter {
            Some(filter) => clause.page(&AUTH_CLIENTS, &filter.page),
            None => clause,
        };
        let is_evaluated = case["evaluated"] == true;
        assert_eq!(
            Clause::of(&scope(), &rows).is_none(),
            is_evaluated,
            "{name}"
        );
        if let Some(clause) = Clause::of(&scope(), &rows).map(whole) {
            assert_eq!(case["sql"], clause.sql, "{name}");
            assert_eq!(values(case), clause.values, "{name}");
        }
        for clause in [
            clause(db, &rows, live),
            Clause::among(&scope(), live, &rows).unwrap(),
        ] {
            let mut ids = ids(db, &whole(clause));
            if filter.is_none() {
                ids.sort_unstable();
            }
            assert_eq!(case["ids"], json!(ids), "{name}");
        }
    }

    #[test]
    fn every_vector_gives_its_rows_or_its_refusal() {
        let vectors: Value = serde_json::from_str(include_str!("vectors/filters.json")).unwrap();
        let db = database();
        let live = insert(&db, vectors["rows"].as_array().unwrap());
        let cases = vectors["cases"].as_array().unwrap();
        let mut names = HashSet::new();
        for case in cases {
            let name = case["name"].as_str().unwrap();
            assert!(names.insert(name), "{name} is there twice");
            if case["refused"].is_null() {
                expect_rows(&db, &live, case);
            } else {
                let error = match case["parameter"].as_str() {
                    Some("filter") => Filter::parse(&AUTH_CLIENTS, &query(pairs(case))).map(|_| ()),
                    _ => filter::parse_where(&AUTH_CLIENTS, &query(pairs(case))).map(|_| ()),
                };
                let error = error.expect_err(name);
                expect_refusal(name, &error, case);
            }
        }
        assert!(cases.len() > 150);
    }
}

mod random {
    use super::*;

    /// Few letters, so that filters and rows meet; among them what folds, and what GLOB, LIKE,
    /// JSON and SQL take for their own.
    const LETTERS: &str = "[abABéÉ%_*?\\[\\]\\\\'\"5]{0,4}";

    fn instant() -> impl Strategy<Value = String> {
        (1..=28_u8, 0..2_u8)
            .prop_map(|(day, half)| format!("2024-02-{day:02}T{:02}:00:00.{half}00Z", half * 12))
    }

    fn row() -> impl Strategy<Value = Value> {
        let texts = (LETTERS, proptest::option::weighted(0.7, LETTERS));
        let numbers = (1..6_i64, 1..40_i64, 1..6_i64);
        let rest = (instant(), instant(), prop::bool::weighted(0.1));
        (texts, numbers, rest).prop_map(|((client, url), (a, r, c), (created, modified, deleted))| {
            json!({
                "clientId": client, "redirectUrl": url, "accessTokenExpiration": a,
                "refreshTokenExpiration": r, "authCodeExpiration": c, "createdOn": created,
                "modifiedOn": modified, "deleted": deleted, "deletedOn": null, "deletedBy": null,
            })
        })
    }

    /// A few hundred rows, no two of them with one clientId.
    fn rows() -> Vec<Value> {
        let mut runner = TestRunner::deterministic();
        let rows = vec(row(), 500).new_tree(&mut runner).unwrap().current();
        let mut seen = HashSet::new();
        rows.into_iter()
            .filter(|row| seen.insert(row["clientId"].as_str().unwrap().to_owned()))
            .zip(1..)
            .map(|(mut row, id)| {
                row["id"] = json!(id);
                row
            })
            .collect()
    }

    /// An expression, and what it means.
    type Expression = (&'static str, fn(&str) -> bool);

    const EXPRESSIONS: [Expression; 5] = [
        ("^a", |text| text.starts_with('a')),
        ("/^A/i", |text| text.starts_with(['a', 'A'])),
        ("[bB]$", |text| text.ends_with(['b', 'B'])),
        ("é", |text| text.contains('é')),
        ("^.?$", |text| text.chars().count() < 2),
    ];

    fn text_test() -> impl Strategy<Value = Value> {
        let comparison = prop::sample::select(vec!["eq", "neq", "gt", "gte", "lt", "lte"]);
        let likeness = prop::sample::select(vec!["like", "nlike", "ilike", "nilike"]);
        let membership = prop::sample::select(vec!["inq", "nin"]);
        let expression = prop::sample::select(EXPRESSIONS.map(|(text, _)| text).to_vec());
        prop_oneof![
            4 => (likeness, LETTERS).prop_map(|(operator, text)| json!({operator: text})),
            3 => (comparison, LETTERS).prop_map(|(operator, text)| json!({operator: text})),
            1 => LETTERS.prop_map(Value::from),
            1 => (membership, vec(proptest::option::weighted(0.95, LETTERS), 0..4))
                .prop_map(|(operator, list)| json!({operator: list})),
            1 => [LETTERS, LETTERS].prop_map(|ends| json!({"between": ends})),
            1 => expression.prop_map(|text| json!({"regexp": text})),
            1 => prop::sample::select(vec![json!(null), json!({"neq": null}), json!({"gt": null}),
                json!({"exists": true}), json!({})]),
        ]
    }

    fn number_test() -> impl Strategy<Value = Value> {
        let comparison = prop::sample::select(vec!["eq", "neq", "gt", "gte", "lt", "lte"]);
        let membership = prop::sample::select(vec!["inq", "nin"]);
        prop_oneof![
            (0..8_i64).prop_map(Value::from),
            (0..8_i64).prop_map(|number| json!(number.to_string())),
            (comparison, 0..40_i64).prop_map(|(operator, number)| json!({operator: number})),
            (membership, vec(0..40_i64, 0..4)).prop_map(|(operator, list)| json!({operator: list})),
            [0..20_i64, 0..40_i64].prop_map(|ends| json!({"between": ends})),
            (0..5_i64, 0..40_i64).prop_map(|(from, to)| json!({"gt": from, "lt": to})),
            "[0-9%_]{1,3}".prop_map(|pattern| json!({"like": pattern})),
        ]
    }

    fn time_test() -> impl Strategy<Value = Value> {
        let comparison = prop::sample::select(vec!["eq", "neq", "gt", "gte", "lt", "lte"]);
        prop_oneof![
            (comparison, instant()).prop_map(|(operator, time)| json!({operator: time})),
            [instant(), instant()].prop_map(|ends| json!({"between": ends})),
        ]
    }

    fn member() -> impl Strategy<Value = (String, Value)> {
        let texts = prop::sample::select(vec!["clientId", "redirectUrl"]);
        let numbers = prop::sample::select(vec![
            "id",
            "accessTokenExpiration",
            "refreshTokenExpiration",
            "authCodeExpiration",
        ]);
        let times = prop::sample::select(vec!["createdOn", "modifiedOn"]);
        let gone = prop::sample::select(vec!["deletedOn", "deletedBy"]);
        prop_oneof![
            6 => (texts, text_test()).prop_map(|(name, test)| (name.to_owned(), test)),
            4 => (numbers, number_test()).prop_map(|(name, test)| (name.to_owned(), test)),
            2 => (times, time_test()).prop_map(|(name, test)| (name.to_owned(), test)),
            1 => any::<bool>().prop_map(|is| ("deleted".to_owned(), json!(is))),
            1 => gone.prop_map(|name| (name.to_owned(), Value::Null)),
        ]
    }

    fn condition() -> impl Strategy<Value = Value> {
        let leaf = vec(member(), 1..3).prop_map(object);
        leaf.prop_recursive(5, 40, 4, |inner| {
            let group = ("and|or", vec(inner, 1..4)).prop_map(|(name, list)| (name, json!(list)));
            vec(prop_oneof![3 => group, 1 => member()], 1..3).prop_map(object)
        })
    }

    fn object(members: Vec<(String, Value)>) -> Value {
        Value::Object(members.into_iter().collect::<Map<_, _>>())
    }

    /// What a where means, read straight from its JSON: nothing shared with what is tested.
    fn holds(condition: &Value, row: &Value) -> bool {
        let mut members = condition.as_object().unwrap().iter();
        members.all(|(name, value)| match name.as_str() {
            "and" => value
                .as_array()
                .unwrap()
                .iter()
                .all(|part| holds(part, row)),
            "or" => value
                .as_array()
                .unwrap()
                .iter()
                .any(|part| holds(part, row)),
            _ => match value.as_object() {
                None => is(&row[name], "eq", value),
                Some(tests) => {
                    let mut each = tests.iter();
                    !tests.is_empty() && each.all(|(operator, to)| is(&row[name], operator, to))
                }
            },
        })
    }

    fn is(value: &Value, operator: &str, to: &Value) -> bool {
        let digits = |to: &Value| to.as_str().and_then(|text| text.parse::<i64>().ok());
        let same = |to: &Value| match value.as_i64() {
            Some(number) => Some(number) == to.as_i64().or_else(|| digits(to)),
            None => value == to,
        };
        let less = |left: &Value, right: &Value| match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left < right,
            _ => left.as_str().unwrap() < right.as_str().unwrap(),
        };
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let pattern = to.as_str().unwrap_or_default();
        match operator {
            "eq" => same(to),
            "neq" if to.is_null() => !value.is_null(),
            "nin" if to == &json!([]) => true,
            _ if value.is_null() || to.is_null() => false,
            "neq" => !same(to),
            "gt" => less(to, value),
            "gte" => !less(value, to),
            "lt" => less(value, to),
            "lte" => !less(to, value),
            "between" => !less(value, &to[0]) && !less(&to[1], value),
            "inq" => to.as_array().unwrap().contains(value),
            "nin" => !to
                .as_array()
                .unwrap()
                .iter()
                .any(|to| to.is_null() || to == value),
            "like" => alike(&text, pattern),
            "nlike" => !alike(&text, pattern),
            "ilike" => alike(&text.to_lowercase(), &pattern.to_lowercase()),
            "nilike" => !alike(&text.to_lowercase(), &pattern.to_lowercase()),
            "regexp" => EXPRESSIONS
                .iter()
                .any(|(name, test)| *name == pattern && test(&text)),
            _ => false,
        }
    }

    fn alike(text: &str, pattern: &str) -> bool {
        let mut rest = pattern.chars();
        let mut left = text.chars();
        match rest.next() {
            None => text.is_empty(),
            Some('%') => {
                alike(text, rest.as_str())
                    || (left.next().is_some() && alike(left.as_str(), pattern))
            }
            Some('_') => left.next().is_some() && alike(left.as_str(), rest.as_str()),
            Some('\\') => left.next() == rest.next() && alike(left.as_str(), rest.as_str()),
            Some(wanted) => left.next() == Some(wanted) && alike(left.as_str(), rest.as_str()),
        }
    }

    /// Whether some pattern ends in a lone backslash, which is refused.
    fn is_refused(condition: &Value) -> bool {
        match condition {
            Value::Array(list) => list.iter().any(is_refused),
            Value::Object(members) => members.iter().any(|(name, value)| {
                let text = value.as_str().filter(|_| name.ends_with("like"));
                let end = text.unwrap_or_default();
                let slashes = end.len() - end.trim_end_matches('\\').len();
                slashes % 2 == 1 || is_refused(value)
            }),
            _ => false,
        }
    }

    #[test]
    fn sql_evaluation_and_plain_reading_find_the_same_rows() {
        let db = database();
        let rows = rows();
        let live = insert(&db, &rows);
        assert!(live.len() > 250);
        let (mut said, mut judged, mut some) = (0, 0, 0);
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 3_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let counted = std::cell::RefCell::new((&mut said, &mut judged, &mut some));
        runner
            .run(&condition(), |condition| {
                let parsed = parse_where(json_pair("where", &condition));
                if is_refused(&condition) {
                    prop_assert!(parsed.is_err());
                    return Ok(());
                }
                let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
                let naive: Vec<i64> = rows
                    .iter()
                    .filter(|row| row["deleted"] == false && holds(&condition, row))
                    .map(|row| row["id"].as_i64().unwrap())
                    .collect();
                prop_assert_eq!(&evaluated(&parsed, &live), &naive);
                let mut found = ids(&db, &clause(&db, &parsed, &live));
                found.sort_unstable();
                prop_assert_eq!(&found, &naive);
                let mut counted = counted.borrow_mut();
                *counted.0 += usize::from(Clause::of(&scope(), &parsed).is_some());
                *counted.1 += usize::from(Clause::of(&scope(), &parsed).is_none());
                *counted.2 += usize::from(!naive.is_empty() && naive.len() < live.len());
                Ok(())
            })
            .unwrap();
        // The filters are not all of one kind.
        assert!(
            said > 500 && judged > 200 && some > 500,
            "{said} {judged} {some}"
        );
    }

    const ORDERS: [&str; 6] = [
        "clientId",
        "redirectUrl DESC",
        "redirectUrl asc",
        "accessTokenExpiration desc, refreshTokenExpiration",
        "createdOn",
        "id DESC",
    ];

    /// PostgreSQL's order of two rows: null is the largest, the id decides last.
    fn before(order: &str, left: &Value, right: &Value) -> std::cmp::Ordering {
        let mut ordering = std::cmp::Ordering::Equal;
        for term in order.split(", ").chain(["id"]) {
            let (name, direction) = term.split_once(' ').unwrap_or((term, "ASC"));
            let key = |row: &Value| match &row[name] {
                Value::String(text) => (false, 0, text.clone()),
                Value::Number(number) => (false, number.as_i64().unwrap(), String::new()),
                _ => (true, 0, String::new()),
            };
            let next = key(left).cmp(&key(right));
            let desc = direction.eq_ignore_ascii_case("desc");
            ordering = ordering.then(if desc { next.reverse() } else { next });
        }
        ordering
    }

    #[test]
    fn pages_are_cut_from_the_same_order_either_way() {
        let db = database();
        let rows = rows();
        let live = insert(&db, &rows);
        let order = prop::sample::select(ORDERS.to_vec());
        let page = (order, 1..50_usize, 0..60_usize, member());
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 500,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        runner
            .run(&page, |(order, limit, skip, member)| {
                let condition = object(vec![member]);
                let filter =
                    json!({"where": condition, "order": order, "limit": limit, "skip": skip});
                if is_refused(&condition) {
                    return Ok(());
                }
                let filter =
                    Filter::parse(&AUTH_CLIENTS, &query(json_pair("filter", &filter))).unwrap();
                let mut meant: Vec<&Value> = rows
                    .iter()
                    .filter(|row| row["deleted"] == false && holds(&condition, row))
                    .collect();
                meant.sort_by(|left, right| before(order, left, right));
                let naive: Vec<i64> = meant
                    .iter()
                    .skip(skip)
                    .take(limit)
                    .map(|row| row["id"].as_i64().unwrap())
                    .collect();
                let by_sql = clause(&db, &filter.rows, &live);
                prop_assert_eq!(&ids(&db, &by_sql.page(&AUTH_CLIENTS, &filter.page)), &naive);
                let by_ids = Clause::among(&scope(), &live, &filter.rows).unwrap();
                prop_assert_eq!(&ids(&db, &by_ids.page(&AUTH_CLIENTS, &filter.page)), &naive);
                Ok(())
            })
            .unwrap();
    }
}

mod limits {
    use super::*;

    #[test]
    fn a_hundred_conditions_eight_deep_fit_d1() {
        let db = database();
        // Eight groups inside one another, with nine conditions beside each inner one.
        let mut condition = json!({"clientId": {"nilike": "a"}});
        for depth in 0..8 {
            let mut list: Vec<Value> = (0..9)
                .map(|at| json!({"clientId": {"nlike": format!("x{at}%")}}))
                .collect();
            list.push(condition);
            condition = json!({if depth % 2 == 0 { "and" } else { "or" }: list});
        }
        let parsed = parse_where(json_pair("where", &condition)).unwrap();
        assert_eq!(
            ids(&db, &Clause::of(&scope(), &parsed).unwrap()),
            Vec::<i64>::new()
        );
        let wide = json!({"or": vec![json!({"redirectUrl": null}); 100]});
        let parsed = parse_where(json_pair("where", &wide)).unwrap();
        assert_eq!(
            ids(&db, &Clause::of(&scope(), &parsed).unwrap()),
            Vec::<i64>::new()
        );
    }

    #[test]
    fn the_list_of_ids_is_one_value_however_long() {
        let db = database();
        let many: Vec<_> = (1..=10_000).map(Scalar::Integer).collect();
        let clause = Clause::of_ids(&scope(), &many);
        assert_eq!(clause.values.len(), 1);
        assert_eq!(ids(&db, &clause), Vec::<i64>::new());
    }

    #[test]
    fn ten_thousand_rows_are_judged_and_one_more_is_refused() {
        let regexp = json!({"clientId": {"regexp": "7$"}});
        let parsed = parse_where(json_pair("where", &regexp)).unwrap();
        assert_eq!(
            clause::scan(&scope(), &parsed),
            "select null as n0, null as n1, null as n2, null as n3, null as n4, id, client_id, \
             null as n7, null as n8, null as n9, null as n10, null as n11, null as n12 \
             from auth_clients where deleted = 0 order by id limit 10001"
        );
        let mut rows: Vec<TableRow> = (1..=10_000)
            .map(|id| client_row(&json!({"id": id, "clientId": format!("client-{id}")})))
            .collect();
        let Scalar::Text(list) = &Clause::among(&scope(), &rows, &parsed).unwrap().values[0] else {
            panic!("no list");
        };
        assert_eq!(serde_json::from_str::<Vec<i64>>(list).unwrap().len(), 1_000);
        rows.push(TableRow::default());
        let error = Clause::among(&scope(), &rows, &parsed).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::BadRequest(_)),
            "{error:?}"
        );
    }
}

mod injection {
    use super::*;

    const HOSTILE: [&str; 14] = [
        "'; drop table auth_clients; --",
        "' or '1'='1",
        "\" or \"\"=\"",
        "1; delete from auth_clients",
        "1 or 1=1",
        "id) or (1=1",
        "client_secret_digest",
        "id, client_secret_digest",
        "id desc; select 1",
        "(select client_secret_digest)",
        "?1",
        "deleted = 1 --",
        "`id`",
        "id/**/desc",
    ];

    const WORDS: [&str; 32] = [
        "where",
        "deleted",
        "and",
        "as",
        "or",
        "is",
        "not",
        "null",
        "in",
        "select",
        "value",
        "from",
        "json_each",
        "glob",
        "like",
        "escape",
        "order",
        "by",
        "limit",
        "offset",
        "desc",
        "nulls",
        "first",
        "last",
        "false",
        "id",
        "client_id",
        "redirect_url",
        "created_on",
        "deleted_by",
        "access_token_expiration",
        "0",
    ];

    /// Only our own words, and only our own quotes.
    fn expect_ours(sql: &str) {
        let plain = sql.replace("escape '\\'", "escape ");
        for word in plain.split(|char: char| !char.is_alphanumeric() && char != '_') {
            let is_place = word
                .strip_prefix('n')
                .is_some_and(|at| at.parse::<u8>().is_ok());
            let is_ours = word.is_empty() || is_place || WORDS.contains(&word);
            assert!(is_ours, "{word} in {sql}");
        }
        let marks = |char: char| char.is_ascii_alphanumeric() || " _()?,=<>".contains(char);
        assert!(plain.chars().all(marks), "{sql}");
    }

    fn filters(text: &str) -> Vec<Pairs> {
        let json = [
            json!({"where": {text: 1}}),
            json!({"where": {"id": {text: 1}}}),
            json!({"where": {"id": text}}),
            json!({"where": {"clientId": text}}),
            json!({"where": {"clientId": {text: text}}}),
            json!({"where": {"clientId": {"neq": text}}}),
            json!({"where": {"clientId": {"gt": text}}}),
            json!({"where": {"clientId": {"inq": [text, text]}}}),
            json!({"where": {"clientId": {"nin": [text]}}}),
            json!({"where": {"clientId": {"between": [text, text]}}}),
            json!({"where": {"clientId": {"like": text}}}),
            json!({"where": {"clientId": {"nlike": text}}}),
            json!({"where": {"clientId": {"ilike": text}}}),
            json!({"where": {"clientId": {"nilike": text}}}),
            json!({"where": {"clientId": {"regexp": text}}}),
            json!({"where": {"deletedBy": text}}),
            json!({"where": {"redirectUrl": text}}),
            json!({"where": {"createdOn": text}}),
            json!({"where": {"deleted": text}}),
            json!({"where": {"or": [{text: text}, {"clientId": text}]}}),
            json!({"where": {"or": [{"clientId": text}, {"id": 1}]}}),
            json!({"where": {"accessTokenExpiration": {"inq": [1, text]}}}),
            json!({"where": text}),
            json!({"order": text}),
            json!({"order": [text]}),
            json!({"order": format!("id {text}")}),
            json!({"order": format!("clientId, {text}")}),
            json!({"limit": text}),
            json!({"skip": text}),
            json!({"offset": text}),
            json!({"fields": text}),
            json!({"fields": [text]}),
            json!({"fields": {text: true}}),
            json!({"fields": {"id": text}}),
            json!({text: text}),
        ];
        let pair = |name: String, value: &str| vec![(name, value.to_owned())];
        let brackets = [
            pair(format!("filter[where][{text}]"), "1"),
            pair(format!("filter[where][id][{text}]"), "1"),
            pair(format!("filter[where][{text}][inq][]"), "1"),
            pair(format!("filter[where][or][{text}][id]"), "1"),
            pair("filter[where][clientId]".to_owned(), text),
            pair("filter[where][clientId][like]".to_owned(), text),
            pair("filter[order]".to_owned(), text),
            pair("filter[order][]".to_owned(), text),
            pair("filter[limit]".to_owned(), text),
            pair("filter[fields][]".to_owned(), text),
            pair(format!("filter[{text}]"), text),
            pair("filter".to_owned(), text),
        ];
        let json = json.iter().map(|value| json_pair("filter", value));
        json.chain(brackets).collect()
    }

    #[test]
    fn no_text_of_a_caller_gets_into_sql() {
        let db = database();
        let row = json!({"id": 1, "clientId": "demo-web", "redirectUrl": null,
            "accessTokenExpiration": 900, "refreshTokenExpiration": 86400,
            "authCodeExpiration": 180, "createdOn": "2024-01-01T00:00:00Z",
            "modifiedOn": "2024-01-01T00:00:00Z"});
        let live = insert(&db, &[row]);
        let (mut accepted, mut refused) = (0, 0);
        for pairs in HOSTILE.iter().flat_map(|text| filters(text)) {
            let filter = match Filter::parse(&AUTH_CLIENTS, &query(pairs.clone())) {
                Ok(filter) => filter,
                Err(error) => {
                    assert!(
                        matches!(error, LoopbackFailure::InvalidParameter(_)),
                        "{pairs:?}"
                    );
                    refused += 1;
                    continue;
                }
            };
            accepted += 1;
            expect_ours(
                &clause::scan(&scope(), &filter.rows)
                    .replace("10001", "")
                    .replace("auth_clients", ""),
            );
            let page = clause(&db, &filter.rows, &live).page(&AUTH_CLIENTS, &filter.page);
            expect_ours(&page.sql);
            ids(&db, &page);
        }
        assert!(accepted > 150 && refused > 250, "{accepted} {refused}");
        let count: i64 = db
            .query_row("select count(*) from auth_clients", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 1);
    }

    #[test]
    fn hostile_text_finds_only_itself() {
        let db = database();
        let rows: Vec<Value> = HOSTILE
            .iter()
            .zip(1..)
            .map(|(text, id)| {
                json!({"id": id, "clientId": text, "redirectUrl": text,
                    "accessTokenExpiration": 900, "refreshTokenExpiration": 86400,
                    "authCodeExpiration": 180, "createdOn": "2024-01-01T00:00:00Z",
                    "modifiedOn": "2024-01-01T00:00:00Z"})
            })
            .collect();
        insert(&db, &rows);
        for (text, id) in HOSTILE.iter().zip(1..) {
            let pattern = text.replace('_', "\\_");
            for test in [
                json!({"clientId": text}),
                json!({"clientId": {"inq": [text]}}),
                json!({"clientId": {"between": [text, text]}}),
                json!({"clientId": {"like": pattern}}),
                json!({"redirectUrl": {"ilike": pattern}}),
                json!({"or": [{"clientId": text}, {"redirectUrl": text}]}),
            ] {
                let parsed = parse_where(json_pair("where", &test)).unwrap();
                assert_eq!(
                    ids(&db, &Clause::of(&scope(), &parsed).unwrap()),
                    [id],
                    "{test}"
                );
            }
        }
    }
}
