//! Reads one source file as tokens: the modules it declares, the paths it names, its functions.
//!
//! Tokens rather than a syntax tree, so that paths inside of macro calls count as well. Test code, which is what
//! `#[cfg(test)]` stands before, is left out.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// A module's path from the crate's root.
pub type Module = Vec<String>;

/// What one file has, without its test code.
#[derive(Default)]
pub struct Scan {
    /// Modules that are declared, with `true` for those which are files of their own.
    pub modules: Vec<(Module, bool)>,
    /// Paths of at least two segments, and the module in which each is named.
    pub paths: Vec<(Module, Vec<String>)>,
    /// Functions, and the lines of each from `fn` to its last brace.
    pub functions: Vec<(String, usize)>,
    /// Lines of test code.
    pub test_lines: usize,
}

/// What a file has that is `module`.
pub fn scan(text: &str, module: &Module) -> Scan {
    let mut scan = Scan::default();
    scan.items(&trees(text.parse().unwrap()), module);
    scan
}

impl Scan {
    fn items(&mut self, tokens: &[TokenTree], module: &Module) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at..];
            at += match token {
                TokenTree::Punct(hash) if hash.as_char() == '#' && is_test(rest) => {
                    self.skip_test(rest)
                }
                TokenTree::Ident(word) if word == "pub" => 1 + usize::from(has_scope(rest)),
                TokenTree::Ident(word) if word == "mod" => self.declaration(rest, module),
                TokenTree::Ident(word) => {
                    if word == "fn" {
                        self.function(rest);
                    }
                    self.path(word, &tokens[at..], module)
                }
                TokenTree::Group(group) => {
                    self.items(&trees(group.stream()), module);
                    1
                }
                _ => 1,
            };
        }
    }

    /// Passes over `#[cfg(test)]` and what it stands before.
    fn skip_test(&mut self, tokens: &[TokenTree]) -> usize {
        let length = 2 + length_of_item(&tokens[2..]);
        let lines = lines_of(&tokens[..length]);
        self.test_lines += lines.end() - lines.start() + 1;
        length
    }

    /// `mod name;` or `mod name { … }`.
    fn declaration(&mut self, tokens: &[TokenTree], module: &Module) -> usize {
        let [_, TokenTree::Ident(name), body, ..] = tokens else {
            return 1;
        };
        let inner = [module.as_slice(), &[name.to_string()]].concat();
        match body {
            TokenTree::Group(body) => {
                self.modules.push((inner.clone(), false));
                self.items(&trees(body.stream()), &inner);
            }
            _ => self.modules.push((inner, true)),
        }
        3
    }

    /// `fn name … { … }`; not the type `fn(…)`, and not a declaration without a body.
    fn function(&mut self, tokens: &[TokenTree]) {
        let Some(TokenTree::Ident(name)) = tokens.get(1) else {
            return;
        };
        let end = tokens
            .iter()
            .position(|token| is_semicolon(token) || block(token).is_some());
        if let Some(end) = end.filter(|&end| block(&tokens[end]).is_some()) {
            let lines = lines_of(&tokens[..=end]);
            self.functions
                .push((name.to_string(), lines.end() - lines.start() + 1));
        }
    }

    /// `first::second…`, where it may end in a tree of imports; answers how many tokens are read.
    fn path(&mut self, first: &Ident, tokens: &[TokenTree], module: &Module) -> usize {
        let mut segments = vec![first.to_string()];
        let mut read = 1;
        while is_separator(&tokens[read..]) {
            match tokens.get(read + 2) {
                Some(TokenTree::Ident(next)) => segments.push(next.to_string()),
                Some(TokenTree::Group(tree)) if tree.delimiter() == Delimiter::Brace => {
                    self.tree(&segments, tree, module);
                    return read + 3;
                }
                _ => break,
            }
            read += 3;
        }
        // `use super::*` ends here as well, after its module.
        if read > 1 || is_separator(&tokens[read..]) {
            self.paths.push((module.clone(), segments));
        }
        read
    }

    /// The imports in the braces after `prefix::`.
    fn tree(&mut self, prefix: &[String], tree: &Group, module: &Module) {
        let mut inner = Self::default();
        let tokens = trees(tree.stream());
        for branch in tokens.split(|token| is_punct(token, ',')) {
            match branch {
                [] => {}
                [TokenTree::Ident(name), rest @ ..] if !is_separator(rest) => {
                    let name = (name != "self").then(|| name.to_string());
                    self.paths
                        .push((module.clone(), prefix.iter().cloned().chain(name).collect()));
                }
                branch => inner.items(branch, module),
            }
        }
        for (module, path) in inner.paths {
            self.paths.push((module, [prefix, &path].concat()));
        }
    }
}

fn trees(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

/// Whether the tokens start with `#[cfg(test)]`.
fn is_test(tokens: &[TokenTree]) -> bool {
    matches!(tokens.get(1), Some(TokenTree::Group(attribute)) if attribute.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Whether `pub` is followed by `(crate)`, `(super)` or `(in …)`.
fn has_scope(tokens: &[TokenTree]) -> bool {
    matches!(tokens.get(1), Some(TokenTree::Group(scope)) if scope.delimiter() == Delimiter::Parenthesis)
}

/// How many tokens the item, the variant, the field or the arm has that comes next.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    const ITEMS: [&str; 14] = [
        "pub",
        "mod",
        "use",
        "fn",
        "async",
        "const",
        "static",
        "struct",
        "enum",
        "trait",
        "type",
        "impl",
        "let",
        "macro_rules",
    ];
    let mut words = tokens.iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    let first = words.next().unwrap_or_default();
    let is_item = ITEMS.contains(&first.as_str());
    let ends = |token: &TokenTree| match first.as_str() {
        "use" | "let" => is_semicolon(token),
        _ if is_item => is_semicolon(token) || block(token).is_some(),
        _ => is_punct(token, ','),
    };
    tokens
        .iter()
        .position(ends)
        .map_or(tokens.len(), |end| end + 1)
}

fn lines_of(tokens: &[TokenTree]) -> RangeInclusive<usize> {
    let first = tokens.first().map_or(0, |token| token.span().start().line);
    let last = tokens.last().map_or(0, |token| token.span().end().line);
    first..=last
}

fn block(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_semicolon(token: &TokenTree) -> bool {
    is_punct(token, ';')
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [one, two, ..] if is_punct(one, ':') && is_punct(two, ':'))
}
