//! A query parameter that holds an object: one JSON text, or nested brackets as `qs` reads them.

use serde_json::{Map, Value, json};

use crate::wire::document::{Bounds, Document, MAX_DEPTH, Malformed, Pairs, json as format};
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::{InvalidParameter, LoopbackFailure};

/// What is wrong with a filter; boxed, because it is large and rare.
pub(super) type FilterError = Box<Detail>;

/// A parameter as it was sent: what it holds, and enough to refuse it by name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    name: &'static str,
    /// The members of the object.
    pub value: Value,
}

/// The object that a parameter holds, if it is there.
pub(in crate::wire::loopback) fn object(
    name: &'static str,
    query: &Pairs,
) -> Result<Option<Value>, LoopbackFailure> {
    Ok(Parameter::find(name, query)?.map(|parameter| parameter.value))
}

impl Parameter {
    /// Finds the parameter in a query; empty text counts as none.
    pub fn find(name: &'static str, query: &Pairs) -> Result<Option<Self>, LoopbackFailure> {
        let mut texts = Vec::new();
        let mut tree = Tree::default();
        let mut readable = true;
        for (key, text) in query.iter() {
            match key.strip_prefix(name) {
                Some("") => texts.push(text),
                Some(path) if path.starts_with('[') => {
                    readable &= brackets(path).is_some_and(|keys| tree.insert(&keys, text));
                }
                _ => {}
            }
        }
        let tree = (!tree.root.is_empty() || !readable).then(|| lists(Value::Object(tree.root)));
        match (texts.as_slice(), tree) {
            ([], None) => Ok(None),
            ([], Some(value)) if readable => Ok(Some(Self { name, value })),
            ([text], None) if text.is_empty() => Ok(None),
            ([text], None) => Self::from_json(name, text).map(Some),
            // Both forms at once, one form twice, or brackets that contradict one another.
            (texts, tree) => Err(refusal(name, &json!([texts, tree]), Value::Null)),
        }
    }

    fn from_json(name: &'static str, text: &str) -> Result<Self, LoopbackFailure> {
        let details = match format::read(text).map(Document::into_value) {
            Ok(value @ Value::Object(_)) => return Ok(Self { name, value }),
            Ok(_) => Value::Null,
            Err(Malformed::Syntax(reason)) => json!({ "syntaxError": reason }),
            Err(Malformed::Nul(path)) => json!([Detail::nul(&path)]),
        };
        Err(refusal(name, &json!(text), details))
    }

    /// Refuses what the parameter holds.
    pub fn refuse(&self, detail: &Detail) -> LoopbackFailure {
        refusal(self.name, &self.value, json!([detail]))
    }
}

fn refusal(name: &'static str, value: &Value, details: Value) -> LoopbackFailure {
    let value = value.to_string();
    InvalidParameter {
        name,
        value,
        details,
    }
    .into()
}

/// The keys of `[a][b][]`; nothing if it is not of that form.
fn brackets(path: &str) -> Option<Vec<&str>> {
    let inner = path.strip_prefix('[')?.strip_suffix(']')?;
    let keys: Vec<&str> = inner.split("][").take(MAX_DEPTH + 1).collect();
    let plain = |key: &&str| !key.contains(['[', ']']);
    (keys.len() <= MAX_DEPTH && keys.iter().all(plain)).then_some(keys)
}

/// What brackets spell: each of them may make a value, and all of them are counted.
#[derive(Default)]
struct Tree {
    root: Map<String, Value>,
    bounds: Bounds,
}

impl Tree {
    /// Puts a text at the end of a path; whether it fits there.
    fn insert(&mut self, keys: &[&str], text: &str) -> bool {
        insert(&mut self.root, keys, text, &mut self.bounds)
    }
}

/// An empty key is the next number, a key twice makes a list.
fn insert(branch: &mut Map<String, Value>, keys: &[&str], text: &str, bounds: &mut Bounds) -> bool {
    let Some((&key, rest)) = keys.split_first() else {
        return false;
    };
    let key = if key.is_empty() {
        branch.len().to_string()
    } else {
        key.to_owned()
    };
    let leaf = rest.is_empty();
    if let Some(Value::Object(inner)) = branch.get_mut(&key)
        && !leaf
    {
        return insert(inner, rest, text, bounds);
    }
    if bounds.value().is_err() {
        return false;
    }
    match branch.get_mut(&key) {
        Some(Value::Array(list)) if leaf => {
            list.push(text.into());
            true
        }
        Some(Value::String(first)) if leaf => {
            let list = json!([first, text]);
            branch.insert(key, list);
            true
        }
        Some(_) => false,
        None if leaf => {
            branch.insert(key, text.into());
            true
        }
        None => {
            let mut inner = Map::new();
            let done = insert(&mut inner, rest, text, bounds);
            branch.insert(key, Value::Object(inner));
            done
        }
    }
}

/// Turns objects whose keys are all numbers into lists, in the order of the numbers.
fn lists(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let numbers: Option<Vec<usize>> = members.keys().map(|key| key.parse().ok()).collect();
    let values = members.into_iter().map(|(key, value)| (key, lists(value)));
    match numbers {
        Some(numbers) if !numbers.is_empty() => {
            let mut items: Vec<(usize, Value)> =
                numbers.into_iter().zip(values.map(|pair| pair.1)).collect();
            items.sort_unstable_by_key(|(number, _)| *number);
            items.into_iter().map(|(_, item)| item).collect()
        }
        _ => Value::Object(values.collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pairs: &[(&str, &str)]) -> Result<Option<Value>, LoopbackFailure> {
        let pairs = pairs
            .iter()
            .map(|&(name, text)| (name.to_owned(), text.to_owned()));
        Parameter::find("filter", &Pairs::new(pairs).unwrap())
            .map(|found| found.map(|parameter| parameter.value))
    }

    #[test]
    fn brackets_and_json_say_the_same() {
        let brackets = find(&[
            ("filter[where][or][0][clientId]", "a"),
            ("filter[where][or][1][clientId][inq][]", "b"),
            ("filter[where][or][1][clientId][inq][]", "c"),
            ("page", "1"),
            ("filters", "x"),
        ]);
        let json = find(&[(
            "filter",
            r#"{"where":{"or":[{"clientId":"a"},{"clientId":{"inq":["b","c"]}}]}}"#,
        )]);
        assert_eq!(brackets, json);
        assert!(brackets.unwrap().is_some());
    }

    #[test]
    fn a_list_is_in_the_order_of_its_numbers() {
        let found = find(&[
            ("filter[order][10]", "k"),
            ("filter[order][2]", "c"),
            ("filter[order][0]", "a"),
        ]);
        assert_eq!(found, Ok(Some(json!({"order": ["a", "c", "k"]}))));
        let twice = find(&[("filter[order]", "a"), ("filter[order]", "b")]);
        assert_eq!(twice, Ok(Some(json!({"order": ["a", "b"]}))));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(find(&[]), Ok(None));
        assert_eq!(find(&[("filter", "")]), Ok(None));
        assert_eq!(find(&[("filter", "{}")]), Ok(Some(json!({}))));
    }

    #[test]
    fn what_cannot_be_one_object_is_refused() {
        let deep = format!("filter{}", "[a]".repeat(MAX_DEPTH + 1));
        for pairs in [
            vec![("filter", "{}"), ("filter[limit]", "1")],
            vec![("filter", ""), ("filter[limit]", "1")],
            vec![("filter", "{}"), ("filter", "{}")],
            vec![("filter[limit]", "1"), ("filter[limit][x]", "1")],
            vec![("filter[limit][x]", "1"), ("filter[limit]", "1")],
            vec![("filter[where", "1")],
            vec![("filter[where]x", "1")],
            vec![("filter[where]x[y]", "1")],
            vec![("filter[[where]]", "1")],
            vec![(deep.as_str(), "1")],
            vec![("filter", "[]")],
            vec![("filter", "null")],
            vec![("filter", "3")],
        ] {
            assert!(
                matches!(find(&pairs), Err(LoopbackFailure::InvalidParameter(_))),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn brackets_hold_as_many_values_as_json() {
        let find = |pairs: usize, depth: usize| {
            let path = |n| format!("filter[{n}]{}", "[a]".repeat(depth));
            let pairs = (0..pairs).map(|n| (path(n), String::new()));
            Parameter::find("filter", &Pairs::new(pairs).unwrap())
        };
        assert!(find(500, 1).is_ok());
        assert!(find(501, 1).is_err());
        let list = |length: usize| {
            let pairs = vec![("filter[where][clientId][inq][]".to_owned(), "a".to_owned()); length];
            Parameter::find("filter", &Pairs::new(pairs.into_iter()).unwrap())
        };
        assert!(list(900).is_ok());
    }

    #[test]
    fn a_text_with_nul_is_pointed_at() {
        let Err(LoopbackFailure::InvalidParameter(refused)) =
            find(&[("filter", r#"{"where":{"clientId":"a\u0000"}}"#)])
        else {
            panic!("accepted");
        };
        assert_eq!(refused.details, json!([Detail::nul("/where/clientId")]));
    }

    #[test]
    fn a_syntax_error_is_told() {
        let Err(LoopbackFailure::InvalidParameter(refused)) = find(&[("filter", "{\"a")]) else {
            panic!("accepted");
        };
        assert_eq!(refused.value, "\"{\\\"a\"");
        assert!(refused.details["syntaxError"].is_string());
    }
}
