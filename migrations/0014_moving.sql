-- Moving in and out: a tenant's status means what it means in ARC's user-tenant-service, a username may
-- be an address that is not the person's own, and what an import and an erasure remember has its place.
-- Both views are made anew, as they must be: what an earlier number adds to them would be lost.

drop view live_members;
drop view accounts;

-- 0 pending, 1 active, 2 inactive: 1 alone lets people in. Until now 0 did.
drop trigger tenants_end_sessions;
drop trigger tenants_end_browsers;
update tenants set status = case status when 0 then 1 else 2 end;
alter table tenants add column website text;
create trigger tenants_end_sessions after update of status, deleted on tenants
when new.deleted = 1 or new.status <> 1
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'tenant refused'
  where ended_on is null
    and user_id in (select u.id from users u where u.default_tenant_id = new.id and u.deleted = 0);
end;
create trigger tenants_end_browsers after update of status, deleted on tenants
when new.deleted = 1 or new.status <> 1
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'tenant refused'
  where ended_on is null
    and user_id in (select u.id from users u where u.default_tenant_id = new.id and u.deleted = 0);
end;

-- Null: a role of all tenants.
alter table roles add column tenant_id text references tenants (id);
alter table roles add column description text;
-- Public names of the clients that the role is for; null: not said.
alter table roles add column allowed_clients text check (json_type(allowed_clients) = 'array');
-- The names of the roles of which a composite role is made; its permissions are their union.
alter table roles add column includes text not null default '[]' check (json_type(includes) = 'array');

-- Whatever refers to a user is found by an index, also what is over: an erasure takes all of it, and SQLite
-- looks up who refers to a row that goes.
create index user_tenants_user on user_tenants (user_id);
drop index user_permissions_member;
create index user_permissions_member on user_permissions (user_tenant_id);
drop index user_resources_member;
create index user_resources_member on user_resources (user_tenant_id);
drop index sessions_live_user;
create index sessions_user on sessions (user_id, ended_on);

-- A username with @ need not be its user's own address any more. The check of 0002 compares it with the column
-- that was email_key; making the table anew would put it behind those that refer to it, where `d1 export`
-- writes it too late. So that column keeps the check, and has the username wherever that is an address.
drop trigger users_email_unverified;
drop index users_live_email;
alter table users rename column email_key to username_address;
alter table users add column email_key text;
update users set email_key = username_address;
update users set username_address = iif(instr(username_key, '@') > 0, username_key, null);
create unique index users_live_email on users (email_key) where deleted = 0;

alter table users add column designation text;
alter table users add column photo_url text;
-- The person has asked to be erased, which is done at this time unless they sign in before.
alter table users add column erase_on integer;
create index users_erasure on users (erase_on) where erase_on is not null;

-- One name never means two people: nobody's username is another's address. The message is one of a
-- unique index, which these two are across two columns.
create trigger users_name_taken before insert on users when new.deleted = 0
begin
  select raise(abort, 'UNIQUE constraint failed: users.username_key, users.email_key')
  where exists (select 1 from users where email_key = new.username_key and deleted = 0 and id <> new.id)
    or exists (select 1 from users where username_key = new.email_key and deleted = 0 and id <> new.id);
end;
create trigger users_changed_name_taken before update of username_key, email_key, deleted on users when new.deleted = 0
begin
  select raise(abort, 'UNIQUE constraint failed: users.username_key, users.email_key')
  where exists (select 1 from users where email_key = new.username_key and deleted = 0 and id <> new.id)
    or exists (select 1 from users where username_key = new.email_key and deleted = 0 and id <> new.id);
end;

-- A proof of the former address is none of the new one.
create trigger users_email_unverified after update of email, email_key on users
when new.email is not old.email or new.email_key is not old.email_key
begin
  update users set email_verified = 0 where id = new.id;
end;

-- Who signs in, by whatever way, wants to stay.
create trigger sessions_keep_user after insert on sessions
begin
  update users set erase_on = null where id = new.user_id and erase_on is not null;
end;
create trigger browsers_keep_user after insert on browsers
begin
  update users set erase_on = null where id = new.user_id and erase_on is not null;
end;

-- A user as the service speaks of one: person, membership of the default tenant, role, permissions.
-- One row for every live user, whether or not that user may sign in: `standing` and `live` say which.
create view accounts as
select
  u.id as user_id, u.first_name, u.middle_name, u.last_name, u.username, u.username_key,
  u.email, u.email_key, u.email_verified, u.phone, u.last_login, u.gender, u.dob, u.default_tenant_id,
  m.id as user_tenant_id, m.tenant_id, m.status,
  r.name as role_name, r.permissions as role_permissions, r.role_type, r.includes as role_includes,
  -- 1: the membership, its tenant and its role all hold (the status may still refuse).
  (t.id is not null and r.id is not null) as standing,
  -- 1: and so does the status: the person may hold sessions, with the clients of client_ids.
  (t.id is not null and r.id is not null and m.status in (1, 3)) as live,
  (select json_group_array(json_object('permission', p.permission, 'allowed', p.allowed))
     from (select permission, allowed from user_permissions
            where user_tenant_id = m.id and deleted = 0 order by created_on, id) p) as permission_changes,
  (select json_group_array(a.client_id) from user_clients a where a.user_id = u.id) as client_ids,
  coalesce(nullif(m.locale, ''),
    (select json_extract(x.config_value, '$.locale') from tenant_configs x
      where x.tenant_id = m.tenant_id and x.config_key = 'profile' and x.deleted = 0)) as locale
from users u
left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0
left join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 1
left join roles r on r.id = m.role_id and r.deleted = 0
where u.deleted = 0;

-- Who may hold a session with which client right now. Everything that opens or uses a session asks
-- this, or `accounts.live` where it reads the account anyway. `cross join` keeps SQLite from trying
-- orders: they would cost more than the look-ups.
create view live_members as
select u.id as user_id, a.client_id, m.id as user_tenant_id
from users u
cross join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0 and m.status in (1, 3)
cross join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 1
cross join roles r on r.id = m.role_id and r.deleted = 0
cross join user_clients a on a.user_id = u.id
cross join auth_clients c on c.id = a.client_id and c.deleted = 0
where u.deleted = 0;

-- What an import has brought in, by its id in the source: a second run finds it again. The row of a person
-- stays when the person is erased, so that the next import does not bring them back.
create table imported_ids (
  source text not null, -- arc, servicestack, identity, keycloak, auth0, csv
  kind text not null, -- user, tenant, role, client
  old_id text not null,
  id text not null, -- here
  imported_on integer not null,
  primary key (source, kind, old_id)
) strict, without rowid;

-- What became of each record of a batch of an import: decided by its first statement, on which the others
-- are conditional, and read afterwards. A batch whose answer was lost leaves rows, which the next run deletes.
create table import_outcomes (
  attempt text not null,
  n integer not null, -- the record's place in the batch
  outcome text not null, -- created, exists, erased, deleted, name taken, identity taken
  primary key (attempt, n, outcome)
) strict, without rowid;

-- People who were erased: ids only.
create table erased_users (
  user_id text primary key,
  erased_on integer not null
) strict, without rowid;

-- The provider's refresh token, encrypted, where the provider is to be told when the account ends (Apple).
alter table user_identities add column refresh_token text;

-- Tokens of people who are erased, on their way to be revoked at the provider.
create table token_revocations (
  id text primary key,
  provider text not null,
  token text not null, -- encrypted
  created_on integer not null,
  next_on integer not null -- when it is tried again
) strict, without rowid;
create index token_revocations_next on token_revocations (next_on);
