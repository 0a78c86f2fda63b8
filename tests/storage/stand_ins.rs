//! Which stored hash stands in for a name without one.

use std::collections::{HashMap, HashSet};

use crate::auth::data_key::{DataKeys, Purpose};
use crate::sqlite::Db;
use crate::store::passwords;

const NAMES: usize = 2000;

/// Users whose ids all begin alike, as those of another system may; one in four has an older hash.
fn database(users: u32) -> Db {
    let db = Db::new();
    for n in 0..users {
        let kind = if n % 4 == 0 { "old" } else { "new" };
        db.connection
            .execute_batch(&format!(
                "insert into users (id, first_name, username, username_key, created_on, modified_on)
                   values ('tenant|{n:05}', 'x', 'u{n}', 'u{n}', 0, 0);
                 insert into user_credentials (user_id, password, changed_on)
                   values ('tenant|{n:05}', '{kind} {n}', 0);"
            ))
            .unwrap();
    }
    db
}

fn draw(db: &Db, keys: &DataKeys, name: &str) -> Option<String> {
    let key = keys.short_tag(Purpose::StandIn, &[name]).unwrap();
    let hash = db.run(passwords::dummy_hash(&key));
    hash.map(|(hash,)| hash)
}

/// What stands in for each of many names.
fn draws(db: &Db, keys: &DataKeys) -> HashMap<usize, String> {
    (0..NAMES)
        .map(|n| (n, draw(db, keys, &format!("name {n}")).unwrap()))
        .collect()
}

fn keys(byte: char) -> DataKeys {
    DataKeys::parse(&format!("{}A", byte.to_string().repeat(42)))
        .unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn stand_ins_are_mixed_as_the_stored_hashes_are_whatever_the_ids() {
    let drawn = draws(&database(1000), &keys('A'));
    let different: HashSet<_> = drawn.values().collect();
    assert!(different.len() > 500, "{} of 1000", different.len());
    let old = drawn
        .values()
        .filter(|hash| hash.starts_with("old"))
        .count();
    let share = old * 100 / NAMES;
    assert!((15..=35).contains(&share), "{share} % where 25 are stored");
}

#[test]
fn one_name_meets_one_hash_while_its_row_stands_and_another_deployments_keys_draw_others() {
    let db = database(100);
    let before = draws(&db, &keys('A'));
    assert_eq!(draws(&db, &keys('A')), before);
    let (left, right) = (draws(&db, &keys('B')), &before);
    assert!(left.iter().filter(|&(n, hash)| right[n] == *hash).count() < NAMES / 10);

    let rehashed = "update user_credentials set password = 'anew' where user_id = 'tenant|00007'";
    db.connection.execute_batch(rehashed).unwrap();
    let anew = draws(&db, &keys('A'));
    assert!(anew.iter().all(|(n, hash)| match before[n].as_str() {
        "new 7" => hash == "anew",
        other => hash == other,
    }));

    let gone = "delete from user_credentials where user_id = 'tenant|00007'";
    db.connection.execute_batch(gone).unwrap();
    let after = draws(&db, &keys('A'));
    assert!(
        after
            .iter()
            .all(|(n, hash)| anew[n] == "anew" || anew[n] == *hash)
    );
}

#[test]
fn a_name_beyond_the_last_hash_meets_the_first_and_none_meets_nothing() {
    let db = database(1);
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        assert_eq!(draw(&db, &keys('A'), name).as_deref(), Some("old 0"));
    }
    assert_eq!(draw(&database(0), &keys('A'), "a"), None);
}
