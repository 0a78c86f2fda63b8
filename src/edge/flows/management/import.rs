//! People imported many at once, over the rules of `npm run import`: within the bearer's borders, and with
//! hashes for administrators only.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::access::{self, Access, Manager};
use super::outcome::of_constraint;
use super::target::KIND;
use super::trail::act_of;
use crate::auth::id::{AttemptId, ClientNumber};
use crate::auth::imported::ImportedPerson;
use crate::auth::management::permission::CREATE_TENANT_USER;
use crate::auth::management::resource::Belonging;
use crate::auth::secret::{Secret, random_uuid};
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::error::Error;
use crate::store::imports::{self, Composite, Named, NamedClient, NewPerson, Outcome};
use crate::wire::loopback::import::{self, LineAnswer, LineError, lines_of};

/// How many people one transaction takes.
const BATCH: usize = 250;

/// A line that could be read, with its number.
type Line = (usize, ImportedPerson);

/// What the names of a batch's lines mean.
struct World<'a> {
    manager: &'a Manager,
    default_role: Option<&'a str>,
    tenants: Vec<Named>,
    roles: Vec<Named>,
    clients: Vec<NamedClient>,
    composites: Vec<Composite>,
}

/// What one person's names mean.
struct Place {
    tenant: String,
    role: String,
    parts: Vec<String>,
    clients: Vec<ClientNumber>,
}

/// Imports people, one a line; what became of each. No line is read before it is known who asks, since what
/// is read takes more memory than the text.
pub async fn import(app: &App, token: &Secret, text: &str) -> Result<Vec<LineAnswer>, Error> {
    let lines = lines_of(text)?;
    let access = Access {
        permissions: &[CREATE_TENANT_USER],
        belongs_to: Belonging::OwnTenant,
        parent: "",
        kind: KIND,
    };
    let manager = access::writer(app, token, access).await?;
    let mut names = HashSet::new();
    let mut answers = Vec::new();
    for batch in lines.chunks(BATCH) {
        answers.extend(import_batch(app, &manager, batch, &mut names).await?);
    }
    let created = answers
        .iter()
        .filter(|answer| answer.result == Some("created"));
    let detail = json!({ "imported": created.count() });
    let managed = Managed {
        detail,
        ..Managed::default()
    };
    act_of(app, &manager, KIND, Act::Created, managed);
    Ok(answers)
}

async fn import_batch(
    app: &App,
    manager: &Manager,
    texts: &[(usize, &str)],
    names: &mut HashSet<String>,
) -> Result<Vec<LineAnswer>, Error> {
    let mut answers = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    for (line, text) in texts {
        match import::read(text) {
            Ok(person) => lines.push((*line, person)),
            Err(error) => answers.push(LineAnswer::refused(*line, error)),
        }
    }
    let mut world = world(app, manager, &lines).await?;
    let mut taken = Vec::new();
    let mut rows = Vec::new();
    for (line, mut person) in lines {
        let place = world.place(&mut person, random_uuid()?);
        match place.and_then(|place| claim(names, &person).map(|()| place)) {
            Err(error) => answers.push(LineAnswer::refused(line, error)),
            Ok(place) => {
                rows.push(row(manager, &person, &place, rows.len())?);
                taken.push((line, person.left_out));
            }
        }
    }
    let held = manager.permissions();
    let held = (!manager.is_administrator()).then_some(held.as_slice());
    let by = manager.user_id();
    let author = manager.author(by.as_ref(), app);
    let attempt = AttemptId::draw()?;
    let import = imports::import(&rows, &world.composites, held, &attempt, author);
    for outcome in app.db.run(import).await.map_err(of_constraint)? {
        let Some((line, left_out)) = taken.get_mut(outcome.n) else {
            continue;
        };
        answers.push(answer(*line, std::mem::take(left_out), outcome));
    }
    answers.sort_by_key(|answer| answer.line);
    Ok(answers)
}

/// Reads what the lines name.
async fn world<'a>(app: &'a App, manager: &'a Manager, lines: &[Line]) -> Result<World<'a>, Error> {
    let mut tenants = vec![manager.tenant_id()];
    let mut roles = Vec::new();
    let mut clients = Vec::new();
    for (_, person) in lines {
        tenants.extend(person.tenant.as_deref());
        roles.extend(person.roles.iter().cloned());
        roles.push(json!(person.roles).to_string());
        clients.extend(person.clients.iter().flatten().map(String::as_str));
    }
    let (tenants, roles, clients) = app
        .db
        .run(imports::named(&tenants, &roles, &clients))
        .await?;
    let defaults = app.config.sign_up.as_ref();
    Ok(World {
        manager,
        default_role: defaults.map(|defaults| defaults.role_id.as_str()),
        tenants,
        roles,
        clients,
        composites: Vec::new(),
    })
}

impl World<'_> {
    /// Where a person goes; `spare` is the id of the role that may have to be made for them.
    fn place(&mut self, person: &mut ImportedPerson, spare: String) -> Result<Place, LineError> {
        if person.brings_secrets && !self.manager.is_administrator() {
            return Err(LineError::NOT_ALLOWED);
        }
        let tenant = self.tenant(person.tenant.as_deref())?;
        let (role, parts) = self.role(&person.roles, &tenant, spare)?;
        let clients = self.clients(person)?;
        Ok(Place {
            tenant,
            role,
            parts,
            clients,
        })
    }

    /// The tenant by id or by a name that only one has; the bearer's own where none is named. Of others
    /// nobody within borders learns whether they exist.
    fn tenant(&self, named: Option<&str>) -> Result<String, LineError> {
        let text = named.unwrap_or_else(|| self.manager.tenant_id());
        let by_id = self.tenants.iter().find(|tenant| tenant.id == text);
        let mut by_name = self.tenants.iter().filter(|tenant| tenant.name == text);
        let found = by_id.or_else(|| by_name.next().filter(|_| by_name.next().is_none()));
        match (found, self.manager.borders()) {
            (Some(tenant), None) => Ok(tenant.id.clone()),
            (Some(tenant), Some(own)) if tenant.id == own => Ok(tenant.id.clone()),
            (None, None) => Err(not_found("Entity not found: Tenant")),
            _ => Err(LineError::NOT_ALLOWED),
        }
    }

    /// The role, and those that the bearer must be able to give for it. Several names are one composite
    /// role, which is made where it is not here.
    fn role(
        &mut self,
        names: &[String],
        tenant: &str,
        spare: String,
    ) -> Result<(String, Vec<String>), LineError> {
        let mut parts: Vec<Named> = Vec::new();
        for name in names {
            parts.push(self.named_role(name, tenant)?);
        }
        let mut ids: Vec<String> = parts.iter().map(|part| part.id.clone()).collect();
        let role = match (ids.as_slice(), self.default_role) {
            ([], None) => return Err(LineError::invalid("has no roles")),
            ([], Some(role)) => role.to_owned(),
            ([role], _) => role.clone(),
            _ => self.composite(names, parts, spare),
        };
        // A composite role that is here may hold more than its parts.
        if self.composites.iter().all(|made| made.id != role) && !ids.contains(&role) {
            ids.push(role.clone());
        }
        Ok((role, ids))
    }

    /// A role of the tenant, or of all.
    fn named_role(&self, name: &str, tenant: &str) -> Result<Named, LineError> {
        let mut named = self.roles.iter().filter(|role| role.name == name);
        let own = named
            .clone()
            .find(|role| role.tenant_id.as_deref() == Some(tenant));
        let found = own.or_else(|| named.find(|role| role.tenant_id.is_none()));
        found.cloned().ok_or(not_found("Entity not found: Role"))
    }

    fn composite(&mut self, names: &[String], parts: Vec<Named>, spare: String) -> String {
        let tenant_id = parts.iter().find_map(|part| part.tenant_id.clone());
        let list = json!(names).to_string();
        let here = self
            .roles
            .iter()
            .find(|role| role.name == list && role.tenant_id == tenant_id);
        if let Some(here) = here {
            return here.id.clone();
        }
        let mut made = self.composites.iter();
        if let Some(made) = made.find(|made| made.names == names && made.tenant_id == tenant_id) {
            return made.id.clone();
        }
        self.composites.push(Composite {
            id: spare.clone(),
            names: names.to_vec(),
            parts: parts.into_iter().map(|part| part.id).collect(),
            tenant_id,
        });
        spare
    }

    /// The clients by their public names; that of the bearer's session where none are named. Nobody lets
    /// people in to a client that they cannot use themselves.
    fn clients(&self, person: &mut ImportedPerson) -> Result<Vec<ClientNumber>, LineError> {
        let session = self.manager.session();
        let Some(names) = &person.clients else {
            return Ok(session
                .map(|session| session.client.id)
                .into_iter()
                .collect());
        };
        let mut known = Vec::new();
        for name in names {
            match self.clients.iter().find(|client| client.name == *name) {
                Some(client) => known.push(client.number),
                None => person.left_out.push("clientIds"),
            }
        }
        let own = session.map(|session| &session.account.client_ids);
        let admits = |client| own.is_some_and(|own| own.contains(client));
        if self.manager.is_administrator() || known.iter().all(admits) {
            Ok(known)
        } else {
            Err(LineError::NOT_ALLOWED)
        }
    }
}

/// Of two lines that would be one person, the first comes in.
fn claim(names: &mut HashSet<String>, person: &ImportedPerson) -> Result<(), LineError> {
    let keys = || std::iter::once(&person.username_key).chain(&person.email_key);
    if keys().any(|key| names.contains(key)) {
        return Err(TAKEN);
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

fn answer(line: usize, left_out: Vec<&'static str>, outcome: Outcome) -> LineAnswer {
    let (result, error) = match outcome.outcome.as_str() {
        "created" => (Some("created"), None),
        "exists" => (Some("exists"), None),
        "no tenant" => (None, Some(not_found("Entity not found: Tenant"))),
        "no role" => (None, Some(LineError::NOT_ALLOWED)),
        "name taken" => (None, Some(TAKEN)),
        "no id" => (
            None,
            Some(LineError::invalid(
                "has no id, and may be one of the people who were erased here",
            )),
        ),
        _ => (None, Some(conflict("was here, and is deleted or erased"))),
    };
    LineAnswer {
        line,
        id: outcome.id.filter(|_| result.is_some()),
        left_out: if result == Some("created") {
            left_out
        } else {
            Vec::new()
        },
        result,
        error,
    }
}

const TAKEN: LineError = conflict("the username or email is another person's");

const fn conflict(message: &'static str) -> LineError {
    let code = "CONFLICT";
    LineError { code, message }
}

const fn not_found(message: &'static str) -> LineError {
    let code = "ENTITY_NOT_FOUND";
    LineError { code, message }
}
