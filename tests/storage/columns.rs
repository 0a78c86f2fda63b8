//! The description of a client's columns agrees with the table.

use crate::auth::client::column::{COLUMNS, ColumnKind};
use crate::sqlite::Db;

#[test]
fn the_columns_of_a_client_are_those_of_the_table() {
    let db = Db::new();
    let sql = "select name, type, \"notnull\" or pk from pragma_table_info('auth_clients')";
    let mut statement = db.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let required: bool = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, !required))
    });
    let mut table: Vec<(String, String, bool)> = rows.unwrap().map(Result::unwrap).collect();
    let mut described: Vec<_> = COLUMNS
        .iter()
        .map(|column| {
            let kind = match column.kind {
                ColumnKind::Text | ColumnKind::Secret => "TEXT",
                ColumnKind::Boolean | ColumnKind::Integer | ColumnKind::Time => "INTEGER",
            };
            (column.name.to_owned(), kind.to_owned(), column.nullable)
        })
        .collect();
    table.sort();
    described.sort();
    assert_eq!(described, table);
}
