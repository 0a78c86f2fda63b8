//! SQLite with the real migrations.

use std::path::PathBuf;

use rusqlite::Connection;

/// The migrations' files in their order.
pub fn files() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Applies migrations, each in a transaction as D1 does.
pub fn apply<'a>(connection: &Connection, files: impl IntoIterator<Item = &'a PathBuf>) {
    for file in files {
        let sql = std::fs::read_to_string(file).unwrap();
        let transaction = connection.unchecked_transaction().unwrap();
        transaction
            .execute_batch(&sql)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        transaction.commit().unwrap();
    }
}

/// A database with every migration and nothing in it.
pub fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    apply(&connection, &files());
    connection
}
