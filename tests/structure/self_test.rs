//! The measure, measured: what counts as knowing a file, as a circle, as a line.

use std::collections::BTreeSet;

use super::graph::{Crate, circles};
use super::scan::Module;

/// A crate of files by their names.
fn of(files: &[(&str, &str)]) -> Crate {
    let mut all = Crate::default();
    for (name, text) in files {
        let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
        let module: Module = match path {
            "lib" => Module::new(),
            path => path.split('/').map(str::to_owned).collect(),
        };
        all.add(name, text, &module);
    }
    all
}

/// The files that `a/one.rs` knows with this text.
fn known(text: &str) -> Vec<String> {
    let all = of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod one; mod two; pub struct Item;"),
        ("a/one.rs", text),
        ("a/two.rs", ""),
        ("b.rs", "pub mod inner { pub struct Deep; }"),
    ]);
    let targets: &BTreeSet<usize> = &all.arrows()[2];
    targets
        .iter()
        .map(|&to| all.files[to].name.clone())
        .collect()
}

#[test]
fn a_path_leads_to_the_file_it_names() {
    for (text, files) in [
        ("use crate::b::Item;", vec!["b.rs"]),
        ("use crate::b::inner::Deep;", vec!["b.rs"]),
        ("use super::Item;", vec!["a/mod.rs"]),
        ("use super::*;", vec!["a/mod.rs"]),
        ("use super::two::Item as Other;", vec!["a/two.rs"]),
        (
            "use super::{two::Item, Item};",
            vec!["a/mod.rs", "a/two.rs"],
        ),
        (
            "use crate::{a::two::{self, X}, b::{Y}};",
            vec!["a/two.rs", "b.rs"],
        ),
        ("use super::super::b::Item;", vec!["b.rs"]),
        ("fn f() { crate::b::call(); }", vec!["b.rs"]),
        ("fn f() { log!(x, super::two::A); }", vec!["a/two.rs"]),
        ("macro_rules! m { () => { $crate::b::X } }", vec!["b.rs"]),
        (
            "impl<T: crate::b::X> Y for super::two::Z<T> {}",
            vec!["a/two.rs", "b.rs"],
        ),
        ("mod inner { use super::super::two::X; }", vec!["a/two.rs"]),
        (
            "use std::a::b::C; use serde::b; fn f(b: u8) -> u8 { b }",
            vec![],
        ),
        (
            "pub(super) struct A; pub(in crate::b) fn f() { self::g(); Self::h() }",
            vec![],
        ),
    ] {
        assert_eq!(known(text), files, "{text}");
    }
}

#[test]
fn a_module_that_is_only_declared_is_not_known_and_a_child_that_is_used_is() {
    let arrows = |text| of(&[("lib.rs", text), ("a.rs", "use crate::Item;")]).arrows();
    assert!(circles(&arrows("mod a; pub struct Item;")).is_empty());
    for text in [
        "mod a; pub use a::X;",
        "mod a; fn f() { a::x() }",
        "mod a; use self::a::X;",
    ] {
        assert_eq!(circles(&arrows(text)), [(0, 1), (1, 0)], "{text}");
    }
}

#[test]
fn test_code_knows_what_it_likes_and_counts_no_lines() {
    let text = "struct A;\n\n#[cfg(test)]\nmod tests {\n    use crate::b::X;\n}\n\
        enum E {\n    #[cfg(test)]\n    Sixth(crate::b::X),\n    #[cfg(test)]\n    Seventh,\n    Eighth(super::two::X),\n}\n\
        #[cfg(test)]\nuse crate::b::{Y, Z};\n";
    assert_eq!(known(text), ["a/two.rs"]);
    let all = of(&[("lib.rs", text)]);
    assert_eq!((text.lines().count(), all.files[0].lines), (15, 5));
}

#[test]
fn a_function_is_measured_from_its_name_to_its_last_brace() {
    let text = "/// Doc.\n#[inline]\nfn one(f: fn(u8) -> u8)\nwhere\n    u8: Copy,\n{\n    f(1);\n}\n\
        trait T {\n    fn two();\n    fn three() {}\n}\n";
    let all = of(&[("lib.rs", text)]);
    let functions = [("one".to_owned(), 6), ("three".to_owned(), 1)];
    assert_eq!(all.files[0].scan.functions, functions);
}

#[test]
fn a_circle_is_found_through_any_number_of_files_and_folders() {
    let all = of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a/mod.rs", "mod one; mod two;"),
        ("a/one.rs", "use crate::b::X;"),
        ("a/two.rs", ""),
        ("b.rs", "use crate::c::X;"),
        ("c.rs", "use crate::a::two::X;"),
    ]);
    assert!(circles(&all.arrows()).is_empty());
    let (names, arrows) = all.contracted("");
    assert_eq!(names, ["a/", "b.rs", "c.rs", "lib.rs"]);
    assert_eq!(circles(&arrows), [(0, 1), (1, 2), (2, 0)]);
}
