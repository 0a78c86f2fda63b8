//! People imported many at once, over the rules of `npm run import`: within the bearer's borders, and with
//! hashes for administrators only.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::access::{self, Access, Manager};
use super::import_places::{Line, Place, Places};
use super::outcome::of_constraint;
use super::target::KIND;
use super::trail::act_of;
use crate::auth::caller::Caller;
use crate::auth::id::AttemptId;
use crate::auth::imported::{Imported, ImportedPerson, LineOutcome, NotImported, ReadLine};
use crate::auth::management::permission::CREATE_TENANT_USER;
use crate::auth::management::resource::Belonging;
use crate::auth::secret::random_uuid;
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::error::Error;
use crate::store::import_rows::{Composite, NewPerson};
use crate::store::imports::{self, Outcome};

/// How many people one transaction takes.
const BATCH: usize = 250;

/// Imports people, one a line; what became of each. No line is read before it is known who asks, since what
/// is read takes more memory than the text.
pub async fn import(
    app: &App,
    caller: &Caller,
    lines: &[(usize, &str)],
    read: ReadLine,
) -> Result<Vec<LineOutcome>, Error> {
    let access = Access {
        permissions: &[CREATE_TENANT_USER],
        belongs_to: Belonging::OwnTenant,
        parent: "",
        kind: KIND,
    };
    let manager = access::writer(app, caller, access).await?;
    let mut names = HashSet::new();
    let mut outcomes = Vec::new();
    for batch in lines.chunks(BATCH) {
        outcomes.extend(import_batch(app, &manager, batch, read, &mut names).await?);
    }
    let is_new = |outcome: &&LineOutcome| matches!(&outcome.1, Ok(imported) if imported.is_new);
    let managed = Managed {
        detail: json!({ "imported": outcomes.iter().filter(is_new).count() }),
        ..Managed::default()
    };
    act_of(app, &manager, KIND, Act::Created, managed);
    Ok(outcomes)
}

async fn import_batch(
    app: &App,
    manager: &Manager,
    texts: &[(usize, &str)],
    read: ReadLine,
    names: &mut HashSet<String>,
) -> Result<Vec<LineOutcome>, Error> {
    let mut outcomes = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    for (line, text) in texts {
        match read(text) {
            Ok(person) => lines.push((*line, person)),
            Err(why) => outcomes.push((*line, Err(why))),
        }
    }
    let mut places = Places::of(app, manager, &lines).await?;
    let mut taken = Vec::new();
    let mut rows = Vec::new();
    for (line, mut person) in lines {
        let place = places.place(&mut person, random_uuid()?);
        match place.and_then(|place| claim(names, &person).map(|()| place)) {
            Err(why) => outcomes.push((line, Err(why))),
            Ok(place) => {
                rows.push(row(manager, &person, &place, rows.len())?);
                taken.push((line, person.left_out));
            }
        }
    }
    for outcome in write(app, manager, &rows, &places.composites).await? {
        if let Some((line, left_out)) = taken.get_mut(outcome.n) {
            outcomes.push((*line, result(outcome, std::mem::take(left_out))));
        }
    }
    outcomes.sort_unstable_by_key(|(line, _)| *line);
    Ok(outcomes)
}

/// Writes a batch of people, whole or not at all.
async fn write(
    app: &App,
    manager: &Manager,
    rows: &[Value],
    composites: &[Composite],
) -> Result<Vec<Outcome>, Error> {
    let held = manager.permissions();
    let held = (!manager.is_administrator()).then_some(held.as_slice());
    let by = manager.user_id();
    let author = manager.author(by.as_ref(), app);
    let import = imports::import(rows, composites, held, &AttemptId::draw()?, author);
    app.db.run(import).await.map_err(of_constraint)
}

/// Of two lines that would be one person, the first comes in.
fn claim(names: &mut HashSet<String>, person: &ImportedPerson) -> Result<(), NotImported> {
    let keys = || std::iter::once(&person.username_key).chain(&person.email_key);
    if keys().any(|key| names.contains(key)) {
        return Err(NotImported::Taken);
    }
    names.extend(keys().cloned());
    Ok(())
}

fn row(
    manager: &Manager,
    person: &ImportedPerson,
    place: &Place,
    n: usize,
) -> Result<Value, Error> {
    let fits = |id: &&str| {
        (20..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // Within borders nobody says whose ids are whose.
    let kept_id = person.id.as_deref().filter(fits);
    let kept_id = kept_id.filter(|_| manager.is_administrator());
    let drawn = random_uuid()?;
    let new = NewPerson {
        person,
        kept_id,
        id: kept_id.unwrap_or(&drawn),
        membership_id: &random_uuid()?,
        tenant: &place.tenant,
        parts: &place.parts,
        role: &place.role,
        clients: &place.clients,
    };
    Ok(new.row(n))
}

fn result(outcome: Outcome, left_out: Vec<&'static str>) -> Result<Imported, NotImported> {
    match outcome.outcome.as_str() {
        "created" => Ok((true, left_out)),
        "exists" => Ok((false, Vec::new())),
        "no tenant" => Err(NotImported::NoTenant),
        "no role" => Err(NotImported::NotAllowed),
        "name taken" => Err(NotImported::Taken),
        "no id" => Err(NotImported::Invalid(
            "has no id, and may be one of the people who were erased here",
        )),
        _ => Err(NotImported::Gone),
    }
    .map(|(is_new, left_out)| Imported {
        id: outcome.id.unwrap_or_default(),
        is_new,
        left_out,
    })
}
