//! The statements of management, run once each.

use crate::auth::client::columns::AUTH_CLIENTS as CLIENT_TABLE;
use crate::auth::id::{SessionId, UserId};
use crate::auth::management::resource::{
    AUTH_CLIENTS, Belonging, GROUPS, LOGIN_ACTIVITY, ROLES, Resource, TENANT_CONFIGS, TENANTS,
    USER_GROUPS, USER_PERMISSIONS,
};
use crate::auth::management::tables::USERS;
use crate::auth::secret::Secret;
use crate::auth::table::changes::{NewRow, NewValue, NewValues};
use crate::auth::table::column::{ColumnKind, Limit, Table};
use crate::auth::table::row::Scalar;
use crate::people::{NOW, at, session};
use crate::sqlite::Db;
use crate::store::active_users::{self, Chosen, Counted};
use crate::store::belongings;
use crate::store::clause::Clause;
use crate::store::effects::SignInEffects;
use crate::store::members;
use crate::store::person_extras::{self, PersonExtras};
use crate::store::person_values::{Giver, PersonValues};
use crate::store::records::{self, Author, OwnValues};
use crate::store::{accounts, borders, groups, people, roles, sessions};
use crate::wire::document::Pairs;
use crate::wire::loopback::filter::Filter;

/// An administrator, now.
pub fn author() -> Author<'static> {
    Author {
        by: Some(crate::people::leaked(UserId::new("id-ann"))),
        now: at(NOW),
    }
}

/// A value for each column that must have one.
pub fn values(table: &'static Table, id: &str) -> NewValues {
    let required = table.columns.iter().filter(|column| column.required);
    let value = |column: &crate::auth::table::column::Column| match (column.kind, column.limit) {
        (ColumnKind::Secret, _) => NewValue::Secret(Secret::new("x")),
        (_, Some(Limit::Address)) => {
            NewValue::Plain(Some(format!("{id}@example.com").as_str().into()))
        }
        (ColumnKind::Texts, _) => NewValue::Plain(Some("[]".into())),
        (ColumnKind::Object, _) => NewValue::Plain(Some("{}".into())),
        (ColumnKind::Text, _) if column.name == "role_id" => NewValue::Plain(Some("member".into())),
        (ColumnKind::Text, _) if column.name == "user_tenant_id" => {
            NewValue::Plain(Some("member-ann".into()))
        }
        (ColumnKind::Text, _) => NewValue::Plain(Some(id.into())),
        _ => NewValue::Plain(Some(1.into())),
    };
    required.map(|column| (column, value(column))).collect()
}

/// A filter over a table, as the query has it.
pub fn filter(table: &'static Table, text: &str) -> Filter {
    let pair = ("filter".to_owned(), text.to_owned());
    Filter::parse(table, &Pairs::new([pair].into_iter()).unwrap()).unwrap()
}

/// Each operation on rows of each table, with and without borders.
pub fn records_of_each_table(db: &Db) {
    db.connection
        .execute_batch("insert into groups (id, name, tenant_id, created_on, modified_on) values ('crew', 'Crew', 'home', 0, 0);")
        .unwrap();
    for resource in [
        &AUTH_CLIENTS,
        &TENANTS,
        &TENANT_CONFIGS,
        &ROLES,
        &GROUPS,
        &USER_GROUPS,
        &USER_PERMISSIONS,
    ] {
        records_of(db, resource);
    }
    let activity = LOGIN_ACTIVITY.table;
    for tenant in [None, Some("home")] {
        let scope = borders::reach(&LOGIN_ACTIVITY, "", tenant, false);
        for text in [
            r#"{"order":"loginTime DESC"}"#,
            r#"{"where":{"actor":"id-ann"},"order":"loginTime"}"#,
        ] {
            let filter = filter(activity, text);
            let clause = Clause::of(&scope, &filter.rows).unwrap();
            db.run((
                records::page(activity, &filter.page, clause.clone()),
                records::count(activity, clause),
            ));
        }
        db.run(records::by_id(&scope, &"event".into()));
    }
}

fn records_of(db: &Db, resource: &'static Resource) {
    let table = resource.table;
    let parent = match resource.belongs_to {
        Belonging::Group => "crew",
        Belonging::Membership => "member-ann",
        _ => "home",
    };
    let mut own: OwnValues = match resource.belongs_to {
        Belonging::Deployment => Vec::new(),
        _ => vec![("id", "fresh".into())],
    };
    let (condition, column) = match resource.belongs_to {
        Belonging::Tenant | Belonging::TenantOrAll => (
            Some((roles::TENANT_EXISTS, vec![parent.into()])),
            "tenant_id",
        ),
        Belonging::Group => {
            let values = vec![parent.into(), "member-ann".into()];
            (Some((roles::MEMBER_OF_TENANT, values)), "group_id")
        }
        Belonging::Membership => (
            Some((roles::MEMBERSHIP_EXISTS, vec![parent.into()])),
            "user_tenant_id",
        ),
        _ => (None, ""),
    };
    if condition.is_some() {
        own.push((column, parent.into()));
    }
    let values = values(table, "third");
    let new = NewRow::new(table, values.clone()).unwrap();
    let created = db.run(records::create(table, own, &new, author(), condition));
    let created = created.unwrap_or_else(|| panic!("{} was not created", table.entity));
    let id = created.value(table.of_name("id").unwrap()).unwrap().clone();
    for tenant in [None, Some("home")] {
        let scope = borders::reach(resource, parent, tenant, false);
        let writes = borders::reach(resource, parent, tenant, true);
        let this = || Clause::of_ids(&writes, std::slice::from_ref(&id));
        let filter = Filter::all(table);
        let all = Clause::of(&scope, &filter.rows).unwrap();
        let _ = borders::tenant_of(resource.belongs_to, parent).map(|query| db.run(query));
        db.run((
            records::by_id(&scope, &id),
            records::page(table, &filter.page, all.clone()),
            records::count(table, all),
            records::scan(&scope, &filter.rows),
            records::update(table, this(), &values, author()),
        ));
    }
    let writes = borders::reach(resource, parent, None, true);
    let this = Clause::of_ids(&writes, std::slice::from_ref(&id));
    assert_eq!(
        db.run(records::delete(table, this, author())),
        1,
        "{}",
        table.entity
    );
    assert_eq!(CLIENT_TABLE.entity, "auth_clients");
}

/// A person's whole life in a tenant.
pub fn people(db: &Db) {
    let id = UserId::new("id-eve");
    let held = ["Own".to_owned()];
    let giver = Giver {
        held: Some(&held),
        author: author(),
    };
    let new = || PersonValues::of(&values(&USERS, "eve")).or_clients(&[]);
    let created = db.run(members::create("home", &id, "member-eve", new(), &giver));
    assert!(created.written && created.after.is_some());
    let mut changes = values(&USERS, "eva");
    changes.push((
        USERS.of_property("authClientIds").unwrap(),
        NewValue::Plain(Some(Scalar::from("{1,2}"))),
    ));
    let changed = db.run(members::update(
        "home",
        id.as_str(),
        PersonValues::of(&changes),
        &giver,
    ));
    assert!(changed.written && changed.before.is_some());
    for text in [
        "{}",
        r#"{"order":"username DESC"}"#,
        r#"{"order":"email"}"#,
        r#"{"order":"firstName"}"#,
        r#"{"order":"lastName"}"#,
        r#"{"order":"createdOn"}"#,
        r#"{"order":"phone"}"#,
        r#"{"where":{"username":"eva"}}"#,
        r#"{"where":{"email":{"inq":["eva@example.com"]}}}"#,
        r#"{"where":{"lastName":{"ilike":"ev%"},"status":1}}"#,
        r#"{"where":{"id":"id-eve"}}"#,
        r#"{"where":{"userTenantId":"member-eve"}}"#,
    ] {
        let filter = filter(&USERS, text);
        db.run(people::page("home", &filter.rows, &filter.page, None).unwrap());
        db.run(people::counted("home", &filter.rows).unwrap());
    }
    let filter = filter(&USERS, r#"{"where":{"username":{"regexp":"^ev"}}}"#);
    db.run(records::scan(&people::members("home"), &filter.rows));
    db.run((
        borders::has_administrator(),
        borders::keep_administrator(false),
    ));
    db.run((
        roles::in_use("member"),
        roles::of_parts("home", &["Member".to_owned()]),
    ));
    let extras = PersonExtras {
        composite: Some(("both".to_owned(), vec!["Member".to_owned()])),
        given: vec!["Print".to_owned()],
        taken: vec!["Own".to_owned()],
        password: Some("hash".to_owned()),
    };
    db.run((
        extras.before("home", author()),
        extras.after("home", &id, author()),
        person_extras::roles("home"),
        accounts::by_ids(&["id-eve", "nobody"]),
    ));
    let (_, removed) = db.run(members::remove("home", id.as_str(), author()));
    assert!(removed);
}

/// Events on their way.
pub fn events(db: &Db) {
    use crate::auth::id::AttemptId;
    use crate::auth::management::resource::OUTBOX;
    use crate::store::outbox;
    db.run((outbox::want(true, at(NOW)), outbox::are_wanted()));
    let attempt = AttemptId::new("run");
    db.run(outbox::take(&attempt, at(NOW), at(NOW)));
    let failed = |next| outbox::not_delivered("x", &attempt, "why", next, at(NOW));
    db.run((
        outbox::delivered("x", &attempt, at(NOW)),
        failed(None),
        failed(Some(at(NOW))),
    ));
    db.run((outbox::resend("x", at(NOW)), outbox::want(false, at(NOW))));
    let scope = borders::reach(&OUTBOX, "", None, false);
    let filter = filter(OUTBOX.table, r#"{"order":"createdOn DESC"}"#);
    let clause = Clause::of(&scope, &filter.rows).unwrap();
    db.run((
        records::page(OUTBOX.table, &filter.page, clause.clone()),
        records::count(OUTBOX.table, clause),
        records::by_id(&scope, &"x".into()),
    ));
}

/// What one person has.
pub fn belongings(db: &Db) {
    let id = UserId::new("id-ann");
    db.run(sessions::open(
        &session("of-ann", "id-ann"),
        SignInEffects::default(),
        at(NOW),
    ));
    assert_eq!(db.run(belongings::sessions(&id, at(NOW))).len(), 1);
    let one = SessionId::new("of-ann");
    db.run((
        belongings::end_sessions(&id, Some(&one), at(NOW)),
        belongings::end_sessions(&id, None, at(NOW)),
        belongings::tenants(&id),
        accounts::by_id(&id),
        accounts::by_membership("member-ann"),
        groups::membership("crew", "id-ann"),
    ));
    let identities = db.run(belongings::identities(&UserId::new("id-dee")));
    db.run(belongings::unlink(
        &UserId::new("id-dee"),
        &identities[0],
        at(NOW),
    ));
    let counted = Counted {
        from: at(0),
        until: at(NOW + 1),
        period: "%Y-%m",
        tenant: Some("home"),
        people: Some(Chosen {
            ids: vec!["id-ann".to_owned()],
            usernames: vec!["bob".to_owned()],
            alone: true,
        }),
    };
    let counts = db.run(active_users::count(&counted));
    assert_eq!(counts.first().map(|count| count.people), Some(1));
}
