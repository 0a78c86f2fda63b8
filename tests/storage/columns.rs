//! The descriptions of columns agree with the tables.

use crate::auth::client::columns::AUTH_CLIENTS;
use crate::auth::management::tables::{
    GROUPS, ROLES, TENANT_CONFIGS, TENANTS, USER_GROUPS, USER_PERMISSIONS,
};
use crate::auth::table::column::{ColumnKind, Table};
use crate::sqlite::Db;

/// Name, type and whether it may be null, of each column.
fn columns_of(db: &Db, table: &str) -> Vec<(String, String, bool)> {
    let sql = format!("select name, type, \"notnull\" or pk from pragma_table_info('{table}')");
    let mut statement = db.connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| {
        let required: bool = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, !required))
    });
    let mut columns: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    columns.sort();
    columns
}

fn described(table: &Table) -> Vec<(String, String, bool)> {
    let columns = table.columns.iter().map(|column| {
        let kind = match column.kind {
            ColumnKind::Boolean | ColumnKind::Integer | ColumnKind::Time => "INTEGER",
            _ => "TEXT",
        };
        (column.name.to_owned(), kind.to_owned(), column.nullable)
    });
    let mut columns: Vec<_> = columns.collect();
    columns.sort();
    columns
}

#[test]
fn the_columns_of_each_description_are_those_of_its_table() {
    let db = Db::new();
    for table in [
        &AUTH_CLIENTS,
        &TENANTS,
        &TENANT_CONFIGS,
        &ROLES,
        &GROUPS,
        &USER_GROUPS,
        &USER_PERMISSIONS,
    ] {
        assert_eq!(
            described(table),
            columns_of(&db, table.source),
            "{}",
            table.entity
        );
    }
}
