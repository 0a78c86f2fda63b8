//! The files of the crate, and which of them know which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::scan::{Module, Scan, scan};

/// Which nodes each node knows, all by their indexes.
pub type Arrows = Vec<BTreeSet<usize>>;

/// A source file.
pub struct File {
    /// Its path from `src`.
    pub name: String,
    /// How many lines it has without its test code.
    pub lines: usize,
    /// What is in it.
    pub scan: Scan,
}

impl File {
    /// The first part of its path.
    pub fn room(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

/// Every file that the crate is compiled from, test code aside.
#[derive(Default)]
pub struct Crate {
    /// The files, `lib.rs` first.
    pub files: Vec<File>,
    file_of: BTreeMap<Module, usize>,
}

impl Crate {
    /// Reads `lib.rs` and every module that is declared in it or below.
    pub fn read() -> Self {
        let mut all = Self::default();
        all.read_module(&Module::new());
        all
    }

    fn read_module(&mut self, module: &Module) {
        let path = path_of(module);
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap();
        for inner in self.add(name.to_str().unwrap(), &text, module) {
            self.read_module(&inner);
        }
    }

    /// Adds a file; answers which modules it declares that are files of their own.
    pub fn add(&mut self, name: &str, text: &str, module: &Module) -> Vec<Module> {
        let scan = scan(text, module);
        let index = self.files.len();
        self.file_of.insert(module.clone(), index);
        let (files, inline): (Vec<_>, Vec<_>) = scan
            .modules
            .iter()
            .cloned()
            .partition(|(_, is_file)| *is_file);
        self.file_of
            .extend(inline.into_iter().map(|(inner, _)| (inner, index)));
        self.files.push(File {
            name: name.to_owned(),
            lines: text.lines().count() - scan.test_lines,
            scan,
        });
        files.into_iter().map(|(inner, _)| inner).collect()
    }

    /// Which files each file knows.
    pub fn arrows(&self) -> Arrows {
        let of = |(from, file): (usize, &File)| {
            let paths = file.scan.paths.iter();
            let targets = paths.filter_map(|(module, path)| self.target(module, path));
            targets.filter(|&to| to != from).collect()
        };
        self.files.iter().enumerate().map(of).collect()
    }

    /// The file that a path leads to which is named in a module; none where it leads out of the crate.
    fn target(&self, module: &Module, path: &[String]) -> Option<usize> {
        let mut target = module.clone();
        let mut names = path.iter().map(String::as_str).peekable();
        match *names.peek()? {
            "crate" => target.clear(),
            "self" | "super" => {}
            child => {
                self.file_of
                    .get(&[module.as_slice(), &[child.to_owned()]].concat())?;
            }
        }
        names.next_if(|name| ["crate", "self"].contains(name));
        while names.next_if_eq(&"super").is_some() {
            target.pop();
        }
        for name in names {
            target.push(name.to_owned());
            if !self.file_of.contains_key(&target) {
                target.pop();
                break;
            }
        }
        self.file_of.get(&target).copied()
    }

    /// Every folder that has files.
    pub fn folders(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        for file in &self.files {
            let ends = file.name.match_indices('/').map(|(end, _)| end);
            folders.extend(ends.map(|end| file.name[..=end].to_owned()));
        }
        folders.insert(String::new());
        folders
    }

    /// What is in a folder, subfolders as one node each, and which of these know which.
    pub fn contracted(&self, folder: &str) -> (Vec<&str>, Arrows) {
        let inside = |file: &usize| {
            let rest = self.files[*file].name.strip_prefix(folder)?;
            rest.split_inclusive('/').next()
        };
        let names: BTreeSet<&str> = (0..self.files.len())
            .filter_map(|file| inside(&file))
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        let node = |file: &usize| names.binary_search(&inside(file)?).ok();
        let mut arrows = vec![BTreeSet::new(); names.len()];
        for (from, targets) in self.arrows().iter().enumerate() {
            let Some(from) = node(&from) else { continue };
            arrows[from].extend(targets.iter().filter_map(node).filter(|&to| to != from));
        }
        (names, arrows)
    }
}

/// The arrows that are part of a circle.
pub fn circles(arrows: &Arrows) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (from, targets) in arrows.iter().enumerate() {
        let back = |to: &&usize| reached(arrows, **to).contains(&from);
        found.extend(targets.iter().filter(back).map(|&to| (from, to)));
    }
    found
}

/// Every node that one leads to, itself included.
fn reached(arrows: &Arrows, from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        open.extend(arrows[node].iter().filter(|&&next| found.insert(next)));
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn path_of(module: &Module) -> PathBuf {
    if module.is_empty() {
        return root().join("lib.rs");
    }
    let base = root().join(module.join("/"));
    let folder = base.join("mod.rs");
    if folder.exists() {
        folder
    } else {
        base.with_extension("rs")
    }
}
