//! The role of a member to whom roles are given and from whom roles are taken: a membership has one, so
//! several are the parts of a composite one.

/// A role, as it is chosen by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRole {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of its parts; none unless it is composite.
    pub includes: Vec<String>,
}

/// The role that a member gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Chosen {
    /// One that exists, by its id.
    Existing(String),
    /// A composite one of these parts.
    New(Vec<String>),
}

/// Chooses among the roles of a tenant, whose name is exact, the one that has the wanted parts.
///
/// # Errors
///
/// The first name that no role has.
pub fn choose(roles: &[NamedRole], wanted: &[String]) -> Result<Chosen, String> {
    let mut parts: Vec<&NamedRole> = Vec::new();
    for name in wanted {
        for part in parts_of(roles, name)? {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    if let [only] = parts.as_slice() {
        return Ok(Chosen::Existing(only.id.clone()));
    }
    let names: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
    let is_same = |role: &&NamedRole| {
        role.includes.len() == names.len() && names.iter().all(|name| role.includes.contains(name))
    };
    Ok(match roles.iter().find(is_same) {
        Some(role) => Chosen::Existing(role.id.clone()),
        None => Chosen::New(names),
    })
}

/// The role of a name, or its parts where it is composite.
fn parts_of<'a>(roles: &'a [NamedRole], name: &str) -> Result<Vec<&'a NamedRole>, String> {
    let of_name = |name: &str| {
        let mut roles = roles.iter();
        let found = roles.find(|role| role.name == name);
        found.ok_or_else(|| name.to_owned())
    };
    let role = of_name(name)?;
    if role.includes.is_empty() {
        return Ok(vec![role]);
    }
    role.includes.iter().map(|part| of_name(part)).collect()
}

/// Names after some are taken away and some are added: each once, in their order.
pub fn changed(present: &[String], added: &[String], removed: &[String]) -> Vec<String> {
    let kept = present.iter().filter(|name| !removed.contains(name));
    let mut names: Vec<String> = Vec::new();
    for name in kept.chain(added) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn roles() -> Vec<NamedRole> {
        let role = |name: &str, includes: &[&str]| NamedRole {
            id: name.to_lowercase(),
            name: name.to_owned(),
            includes: texts(includes),
        };
        vec![
            role("Reader", &[]),
            role("Writer", &[]),
            role("Printer", &[]),
            role("Both", &["Reader", "Writer"]),
        ]
    }

    #[test]
    fn one_part_is_its_role_and_several_are_the_composite_one_that_has_them_in_any_order() {
        let chosen = |wanted: &[&str]| choose(&roles(), &texts(wanted)).unwrap();
        assert_eq!(chosen(&["Writer"]), Chosen::Existing("writer".to_owned()));
        for wanted in [&["Reader", "Writer"][..], &["Writer", "Reader"], &["Both"]] {
            assert_eq!(chosen(wanted), Chosen::Existing("both".to_owned()));
        }
        assert_eq!(
            chosen(&["Both", "Printer", "Reader"]),
            Chosen::New(texts(&["Reader", "Writer", "Printer"]))
        );
    }

    #[test]
    fn a_name_that_no_role_has_is_told() {
        let wanted = texts(&["Reader", "Nobody"]);
        assert_eq!(choose(&roles(), &wanted), Err("Nobody".to_owned()));
        assert_eq!(
            choose(&roles(), &texts(&["reader"])),
            Err("reader".to_owned())
        );
    }

    #[test]
    fn names_are_taken_away_and_added_once() {
        let (present, added) = (texts(&["A", "B"]), texts(&["C", "A"]));
        assert_eq!(changed(&present, &added, &texts(&["B", "X"])), ["A", "C"]);
    }
}
