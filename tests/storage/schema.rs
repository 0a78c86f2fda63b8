//! SQLite with the real migrations.

use rusqlite::Connection;

/// A database with every migration and nothing in it.
pub fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let sql = std::fs::read_to_string(&file).unwrap();
        connection.execute_batch(&sql).unwrap();
    }
    connection
}
