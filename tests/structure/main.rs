//! The shape of `src`: which file knows which, and how long files and functions are.
//!
//! A file knows another where its code, test code aside, names a path in it; a path through a re-export leads to the
//! file that re-exports.

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod graph;
mod scan;
mod self_test;

use std::collections::BTreeSet;

use graph::{Crate, circles};

/// Which rooms each room may know. `edge` may know all; the table in `docs/architecture.md` says the same.
const DOORS: [(&str, &[&str]); 6] = [
    ("error", &[]),
    ("auth", &["error"]),
    ("wire", &["auth", "error"]),
    ("config", &["auth", "wire", "error"]),
    ("store", &["auth", "config", "error"]),
    ("edge", &["auth", "config", "wire", "store", "error"]),
];

const MAX_FUNCTION_LINES: usize = 43;
const MAX_FILE_LINES: usize = 250;

#[test]
fn no_files_know_each_other_in_a_circle() {
    let all = Crate::read();
    let name = |index: usize| all.files[index].name.as_str();
    let found: Vec<_> = circles(&all.arrows())
        .into_iter()
        .map(|(from, to)| format!("{} → {}", name(from), name(to)))
        .collect();
    assert!(found.is_empty(), "in circles:\n{}", found.join("\n"));
}

/// A folder counts as all that is in it.
#[test]
fn no_folders_know_each_other_in_a_circle() {
    let all = Crate::read();
    let mut found = Vec::new();
    for folder in all.folders() {
        let (names, arrows) = all.contracted(&folder);
        let of_folder = circles(&arrows).into_iter();
        found.extend(
            of_folder.map(|(from, to)| format!("{folder}: {} → {}", names[from], names[to])),
        );
    }
    assert!(found.is_empty(), "in circles:\n{}", found.join("\n"));
}

#[test]
fn rooms_know_each_other_through_their_doors_only() {
    let all = Crate::read();
    let mut found = Vec::new();
    for (from, targets) in all.arrows().iter().enumerate() {
        let file = &all.files[from];
        for to in targets.iter().map(|&to| &all.files[to]) {
            let (from, to_room) = (file.room(), to.room());
            let mut doors = DOORS.iter();
            let open = doors.any(|(room, known)| *room == from && known.contains(&to_room));
            // The crate's root shows the rooms to the integration tests.
            if from != to_room && from != "lib.rs" && !open {
                found.push(format!("{} → {}", file.name, to.name));
            }
        }
    }
    assert!(found.is_empty(), "no door:\n{}", found.join("\n"));
}

/// What happens is the same for both APIs, so only an endpoint knows how its API writes it.
#[test]
fn no_flow_knows_a_dialect() {
    let all = Crate::read();
    let dialects = ["wire/loopback/", "wire/servicestack/"];
    let mut found = Vec::new();
    for (from, targets) in all.arrows().iter().enumerate() {
        let from = &all.files[from].name;
        for to in targets.iter().map(|&to| &all.files[to].name) {
            let is_dialect = dialects.iter().any(|dialect| to.starts_with(dialect));
            if from.starts_with("edge/flows/") && is_dialect {
                found.push(format!("{from} → {to}"));
            }
        }
    }
    assert!(found.is_empty(), "dialects:\n{}", found.join("\n"));
}

#[test]
fn the_documented_doors_are_the_real_ones() {
    let text = include_str!("../../docs/architecture.md");
    for (room, known) in DOORS {
        let start = format!("{room} ");
        let line = text.lines().find(|line| line.starts_with(&start));
        let (_, documented) = line
            .and_then(|line| line.split_once(" knows "))
            .expect(room);
        let documented: BTreeSet<_> = match documented.split("; ").next().unwrap_or_default() {
            "nothing" => BTreeSet::new(),
            "all" => DOORS
                .iter()
                .map(|(other, _)| *other)
                .filter(|other| *other != room)
                .collect(),
            list => list.split(", ").collect(),
        };
        assert_eq!(documented, known.iter().copied().collect(), "{room}");
    }
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let all = Crate::read();
    let mut long = Vec::new();
    for file in &all.files {
        let functions = file.scan.functions.iter();
        let functions = functions.filter(|(_, lines)| *lines > MAX_FUNCTION_LINES);
        long.extend(functions.map(|(name, lines)| format!("{}: {name} has {lines}", file.name)));
    }
    assert!(long.is_empty(), "lines of functions:\n{}", long.join("\n"));
}

#[test]
fn no_file_without_its_tests_is_longer_than_250_lines() {
    let all = Crate::read();
    let long = all.files.iter().filter(|file| file.lines > MAX_FILE_LINES);
    let long: Vec<_> = long
        .map(|file| format!("{} has {}", file.name, file.lines))
        .collect();
    assert!(long.is_empty(), "lines of files:\n{}", long.join("\n"));
}
