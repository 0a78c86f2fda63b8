//! src/wire/openapi/openapi.json, held to what the tables say; `npm run openapi` writes it anew.

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fmt::Write;

use edgelatch::testing::wire::openapi::document;
use serde_json::Value;

const COMMITTED: &str = include_str!("../src/wire/openapi/openapi.json");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wire/openapi/openapi.json");

/// Members of an object, each on a line of its own, so that a change of one is a change of one line.
fn lines(members: &Value, indent: &str, each: &dyn Fn(&Value) -> String) -> String {
    let members = members.as_object().unwrap().iter();
    let members: Vec<_> = members
        .map(|(name, member)| format!("{indent}  {}: {}", Value::from(name.as_str()), each(member)))
        .collect();
    format!("{{\n{}\n{indent}}}", members.join(",\n"))
}

/// The document as the file has it: an operation or a schema a line.
fn written(document: &Value) -> String {
    let mut text = String::from("{\n");
    for name in ["openapi", "info", "servers"] {
        writeln!(text, "  \"{name}\": {},", document[name]).unwrap();
    }
    let paths = lines(&document["paths"], "  ", &|path| {
        lines(path, "    ", &Value::to_string)
    });
    let components = lines(&document["components"], "  ", &|kind| {
        lines(kind, "    ", &Value::to_string)
    });
    writeln!(
        text,
        "  \"paths\": {paths},\n  \"components\": {components}\n}}"
    )
    .unwrap();
    text
}

#[test]
fn the_committed_document_is_what_the_tables_say() {
    let document = document();
    let wanted = written(&document);
    let read: Value = serde_json::from_str(&wanted).unwrap();
    assert_eq!(read, document, "a member was left out");
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(FILE, wanted).unwrap();
        return;
    }
    // Not `assert_eq`, which would print the whole document twice.
    let stale = COMMITTED
        .lines()
        .zip(wanted.lines())
        .find(|(is, wanted)| is != wanted);
    assert!(
        COMMITTED == wanted,
        "src/wire/openapi/openapi.json is stale: `npm run openapi` writes it anew; first difference: {stale:#?}"
    );
}
