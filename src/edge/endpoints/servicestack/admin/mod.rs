//! The people of an administrator's tenant, as ServiceStack administers them: the flows of management in the
//! names of its DTOs.

mod person;
mod search;

use serde_json::{Map, Value, json};

use super::exchange::Exchange;
use crate::auth::caller::Caller;
use crate::auth::management::composite::changed;
use crate::auth::management::tables::USERS;
use crate::auth::table::changes::Changes;
use crate::edge::app::App;
use crate::edge::flows::management::{directory, people};
use crate::edge::flows::notifications;
use crate::error::ErrorKind;
use crate::store::person_extras::PersonExtras;
use crate::wire::loopback::records::{new_row, update as changes_of};
use crate::wire::servicestack::admin::AdminDto;
use crate::wire::servicestack::bind;
use crate::wire::servicestack::dto::{AdminRequest, Record};
use crate::wire::servicestack::failure::ServiceStackFailure;
use person::{ADMIN, INACTIVE, held_roles, is_locked, refused, shown};

type Answer = Result<Record, ServiceStackFailure>;

/// A call, with who makes it and where.
struct Call<'a> {
    app: &'a App,
    caller: Caller,
    tenant: String,
    dto: AdminDto,
    asked: AdminRequest,
}

/// Does what an administrator asks. The token is the bearer's: a cookie administers nothing.
pub async fn perform(exchange: &Exchange<'_>, dto: AdminDto) -> Answer {
    let asked = bind::one(exchange.incoming, exchange.call).map_err(|failure| match failure {
        ServiceStackFailure::Unbindable { members, .. } => ServiceStackFailure::Unbindable {
            request: dto.name(),
            members,
        },
        other => other,
    })?;
    let caller = Caller::Bearer(exchange.incoming.bearer()?);
    let app = exchange.app;
    let tenant = directory::tenant(app, &caller).await?;
    let call = Call {
        app,
        caller,
        tenant,
        dto,
        asked,
    };
    match dto {
        AdminDto::QueryUsers => call.query().await,
        AdminDto::GetRoles => call.roles().await,
        AdminDto::GetUser => call.user(call.id()?).await,
        AdminDto::CreateUser => call.create().await,
        AdminDto::UpdateUser => call.update(call.id()?).await,
        AdminDto::DeleteUser => {
            let id = call.id()?;
            people::remove(app, &call.caller, &call.tenant, id).await?;
            Ok(dto.record([("id", json!(id))]))
        }
    }
}

impl Call<'_> {
    fn id(&self) -> Result<&str, ServiceStackFailure> {
        let id = self.asked.id.as_deref().filter(|id| !id.is_empty());
        id.ok_or_else(|| ServiceStackFailure::Empty(vec!["Id"]))
    }

    async fn query(&self) -> Answer {
        let skip = self.asked.skip.unwrap_or_default().max(0);
        let filter = search::filter(&self.asked, skip)?;
        let found = directory::find(
            self.app,
            &self.caller,
            &self.tenant,
            &filter.rows,
            &filter.page,
        );
        let (entries, total) = found.await?;
        let results: Vec<_> = entries.iter().map(shown).collect();
        let members = [
            ("offset", json!(skip)),
            ("total", json!(total)),
            ("results", json!(results)),
        ];
        Ok(self.dto.record(members))
    }

    async fn roles(&self) -> Answer {
        let roles = directory::roles(self.app, &self.tenant).await?;
        let simple = roles.iter().filter(|role| {
            role.includes.is_empty() && !role.name.trim().eq_ignore_ascii_case(ADMIN)
        });
        let results = simple.map(|role| json!({ "id": role.id, "name": role.name }));
        let admin = json!({ "id": ADMIN, "name": ADMIN });
        let results: Vec<_> = results.chain([admin]).collect();
        Ok(self.dto.record([("results", json!(results))]))
    }

    /// A person as they are now.
    async fn user(&self, id: &str) -> Answer {
        let entry = directory::one(self.app, &self.tenant, id).await?;
        let members = [("id", json!(id)), ("result", shown(&entry))];
        Ok(self.dto.record(members))
    }

    async fn create(&self) -> Answer {
        let mut body = self.asked.person.clone();
        let names = ["username", "email"].map(|name| body.get(name).cloned());
        let name = names.iter().flatten().next().cloned();
        let name = name.ok_or_else(|| ServiceStackFailure::Empty(vec!["UserName", "Email"]))?;
        body.entry("username").or_insert_with(|| name.clone());
        if name.as_str().is_some_and(|name| name.contains('@')) {
            body.entry("email").or_insert_with(|| name.clone());
        }
        if !body.contains_key("email") {
            return Err(ServiceStackFailure::Empty(vec!["Email"]));
        }
        let first = self.asked.display_name.as_ref().map(|name| json!(name));
        body.entry("firstName").or_insert(first.unwrap_or(name));
        let mut extras = self.extras()?;
        let role = self.role(&[], &mut extras).await?;
        let role = role.ok_or_else(|| ServiceStackFailure::Empty(vec!["Roles"]))?;
        set_member(&mut body, "roleId", json!(role));
        let new = new_row(&USERS, &body).map_err(refused)?;
        let row = people::create(self.app, &self.caller, &self.tenant, &new, &extras).await?;
        let id = USERS.of_name("id").and_then(|column| row.value(column));
        let id = id.and_then(|id| id.as_text()).unwrap_or_default();
        self.user(id).await
    }

    async fn update(&self, id: &str) -> Answer {
        if self.asked.has_lock_end {
            let text = "LockUserUntil: a lock has no end here; LockUser and UnlockUser are";
            return Err(ErrorKind::BadRequest(text.to_owned()).into());
        }
        let entry = directory::one(self.app, &self.tenant, id).await?;
        let mut body = self.asked.person.clone();
        match self.asked.locked {
            Some(true) => set_member(&mut body, "status", json!(INACTIVE)),
            Some(false) if is_locked(&entry) => set_member(&mut body, "status", json!(1)),
            _ => {}
        }
        let mut extras = self.extras()?;
        if let Some(role) = self.role(&held_roles(&entry), &mut extras).await? {
            set_member(&mut body, "roleId", json!(role));
        }
        let changes = if body.is_empty() {
            Changes::default()
        } else {
            changes_of(&USERS, &body).map_err(refused)?
        };
        people::update(self.app, &self.caller, &self.tenant, id, changes, &extras).await?;
        if let (Some(_), Some(account)) = (&extras.password, &entry.account) {
            notifications::password_changed(self.app, account.email.as_deref(), account);
        }
        self.user(id).await
    }

    /// What is written besides the row: `Admin` is the permission of administrators, not a role.
    fn extras(&self) -> Result<PersonExtras, ServiceStackFailure> {
        let asked = &self.asked;
        let permissions = |names: &[String], roles: &[String]| {
            let mut names = names.to_vec();
            names.extend(person::administers(roles));
            names
        };
        let password = asked.password.as_ref();
        Ok(PersonExtras {
            composite: None,
            given: permissions(&asked.add_permissions, &asked.add_roles),
            taken: permissions(&asked.remove_permissions, &asked.remove_roles),
            password: password
                .map(|password| directory::hash(self.app, password))
                .transpose()?,
        })
    }

    /// The id of the role that the person gets, if it is another one than now. Whoever is left without one
    /// gets that of people who sign up.
    async fn role(
        &self,
        present: &[String],
        extras: &mut PersonExtras,
    ) -> Result<Option<String>, ServiceStackFailure> {
        let asked = &self.asked;
        let [added, removed] = [&asked.add_roles, &asked.remove_roles].map(|names| {
            let roles = names.iter().filter(|name| !person::is_admin(name));
            roles.cloned().collect::<Vec<_>>()
        });
        let wanted = changed(present, &added, &removed);
        if wanted == present && self.dto == AdminDto::UpdateUser {
            return Ok(None);
        }
        if wanted.is_empty() {
            let defaults = self.app.config.sign_up.as_ref();
            return Ok(defaults.map(|defaults| defaults.role_id.clone()));
        }
        Ok(Some(
            directory::role_of(self.app, &self.tenant, &wanted, extras).await?,
        ))
    }
}

fn set_member(members: &mut Map<String, Value>, name: &str, value: Value) {
    members.insert(name.to_owned(), value);
}
