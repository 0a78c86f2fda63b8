-- People, roles, groups and tenants as administrators manage them; what they are found and sorted by; and
-- the outbox of events.

-- People ------------------------------------------------------------------------------------------

-- A membership knows what its user is found and sorted by, so that one index of a tenant's people serves
-- each: a list of a tenant with a million people reads no more than the rows that it shows. Usernames and
-- addresses are folded in Rust, names by SQLite, which folds ASCII.
alter table user_tenants add column username_key text;
alter table user_tenants add column email_key text;
alter table user_tenants add column first_name_key text;
alter table user_tenants add column last_name_key text;

update user_tenants set (username_key, email_key, first_name_key, last_name_key) = (
  select u.username_key, u.email_key, lower(trim(u.first_name)), lower(trim(u.last_name))
  from users u where u.id = user_tenants.user_id);

create index user_tenants_username on user_tenants (tenant_id, username_key, user_id) where deleted = 0;
create index user_tenants_email on user_tenants (tenant_id, email_key, user_id) where deleted = 0;
create index user_tenants_first_name on user_tenants (tenant_id, first_name_key, user_id) where deleted = 0;
create index user_tenants_last_name on user_tenants (tenant_id, last_name_key, user_id) where deleted = 0;
create index user_tenants_tenant_user on user_tenants (tenant_id, user_id) where deleted = 0;
create index user_tenants_created on user_tenants (tenant_id, created_on, user_id) where deleted = 0;

create trigger user_tenants_keys after insert on user_tenants
begin
  update user_tenants set (username_key, email_key, first_name_key, last_name_key) = (
    select u.username_key, u.email_key, lower(trim(u.first_name)), lower(trim(u.last_name))
    from users u where u.id = new.user_id)
  where id = new.id;
end;

create trigger users_keys after update of username_key, email_key, first_name, last_name on users
begin
  update user_tenants set username_key = new.username_key, email_key = new.email_key,
    first_name_key = lower(trim(new.first_name)), last_name_key = lower(trim(new.last_name))
  where user_id = new.id and deleted = 0;
end;

-- How many live members each tenant has, so that nobody counts them.
create table tenant_members (
  tenant_id text primary key references tenants (id),
  members integer not null
) strict, without rowid;
insert into tenant_members (tenant_id, members)
select t.id, (select count(*) from user_tenants m join users u on u.id = m.user_id and u.deleted = 0
  where m.tenant_id = t.id and m.deleted = 0) from tenants t;

-- Memberships of a user who is deleted do not count, nor what becomes of them.
create trigger user_tenants_counted after insert on user_tenants
when new.deleted = 0 and exists (select 1 from users where id = new.user_id and deleted = 0)
begin
  insert into tenant_members (tenant_id, members) values (new.tenant_id, 1)
  on conflict (tenant_id) do update set members = members + 1;
end;
create trigger user_tenants_recounted after update of deleted, tenant_id on user_tenants
when (new.deleted <> old.deleted or new.tenant_id <> old.tenant_id)
  and exists (select 1 from users where id = new.user_id and deleted = 0)
begin
  update tenant_members set members = members - 1 where tenant_id = old.tenant_id and old.deleted = 0;
  insert into tenant_members (tenant_id, members) select new.tenant_id, 1 where new.deleted = 0
  on conflict (tenant_id) do update set members = members + 1;
end;
create trigger user_tenants_uncounted after delete on user_tenants
when old.deleted = 0 and exists (select 1 from users where id = old.user_id and deleted = 0)
begin
  update tenant_members set members = members - 1 where tenant_id = old.tenant_id;
end;
create trigger users_recounted after update of deleted on users when new.deleted <> old.deleted
begin
  update tenant_members set members = members + old.deleted - new.deleted
  where tenant_id in (select m.tenant_id from user_tenants m where m.user_id = new.id and m.deleted = 0);
end;

-- Roles -------------------------------------------------------------------------------------------

-- A composite role has the permissions of the roles that it names, of its tenant or of all; it follows them.
create trigger roles_parts after update of permissions, deleted on roles
when new.permissions <> old.permissions or new.deleted <> old.deleted
begin
  update roles set permissions = (
    select json_group_array(value) from (
      select distinct x.value from json_each(roles.includes) part
      cross join roles piece on piece.name = part.value and piece.deleted = 0
        and (piece.tenant_id is null or piece.tenant_id = roles.tenant_id)
      cross join json_each(piece.permissions) x))
  where deleted = 0 and id <> new.id
    and (new.tenant_id is null or new.tenant_id = roles.tenant_id)
    and exists (select 1 from json_each(roles.includes) part where part.value = new.name)
    -- One whose parts are not all here keeps what it was given.
    and not exists (select 1 from json_each(roles.includes) part where not exists (
      select 1 from roles piece where piece.name = part.value and piece.deleted = 0
        and (piece.tenant_id is null or piece.tenant_id = roles.tenant_id)));
end;
create index roles_tenant on roles (tenant_id) where deleted = 0;

-- Who may administer everything: the default membership holds the permission NotAllowed, by its role or in
-- person, and the person can sign in.
create index user_permissions_granted on user_permissions (permission) where deleted = 0 and allowed = 1;
create view administrators as
select m.user_id, m.id as user_tenant_id, m.tenant_id, m.role_id, 1 as by_role
from roles r
cross join user_tenants m on m.role_id = r.id and m.deleted = 0 and m.status in (1, 3)
cross join users u on u.id = m.user_id and u.deleted = 0 and u.default_tenant_id = m.tenant_id
cross join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 1
where r.deleted = 0 and exists (select 1 from json_each(r.permissions) where value = 'NotAllowed')
  and not exists (select 1 from user_permissions p
    where p.user_tenant_id = m.id and p.deleted = 0 and p.permission = 'NotAllowed' and p.allowed = 0)
union all
select m.user_id, m.id, m.tenant_id, m.role_id, 0
from user_permissions p
cross join user_tenants m on m.id = p.user_tenant_id and m.deleted = 0 and m.status in (1, 3)
cross join users u on u.id = m.user_id and u.deleted = 0 and u.default_tenant_id = m.tenant_id
cross join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 1
cross join roles r on r.id = m.role_id and r.deleted = 0
where p.permission = 'NotAllowed' and p.deleted = 0 and p.allowed = 1;

-- The last administrator stays: a batch that ends with a row here, because it leaves none, is undone whole.
create table administrator_left (
  id integer primary key,
  stays integer not null check (stays = 1)
) strict;

-- Groups ------------------------------------------------------------------------------------------

create table groups (
  id text primary key,
  name text not null,
  description text,
  photo_url text,
  tenant_id text not null references tenants (id),
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;
create index groups_tenant on groups (tenant_id) where deleted = 0;

create table user_groups (
  id text primary key,
  group_id text not null references groups (id),
  user_tenant_id text not null references user_tenants (id),
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;
create unique index user_groups_live on user_groups (group_id, user_tenant_id) where deleted = 0;
create index user_groups_member on user_groups (user_tenant_id);

create trigger user_tenants_leave_groups after update of deleted on user_tenants when new.deleted = 1
begin
  update user_groups set deleted = 1, deleted_on = new.deleted_on where user_tenant_id = new.id and deleted = 0;
end;

-- What happened -----------------------------------------------------------------------------------

-- The tenant that an event belongs to: that of its user, or the one that was administered.
alter table login_activity add column tenant_id text;
-- What an administrator's act was done to, and the values before and after, without secrets.
alter table login_activity add column target text;
alter table login_activity add column detail text check (detail is null or json_valid(detail));
update login_activity set tenant_id = (select u.default_tenant_id from users u where u.id = login_activity.user_id);
create index login_activity_target on login_activity (target) where target is not null;
create index login_activity_tenant on login_activity (tenant_id, at);
-- Who signed in on which day, for counts of distinct people.
create index login_activity_people on login_activity (kind, result, at, user_id, tenant_id);

-- Events ------------------------------------------------------------------------------------------

-- A row while events are wanted: without it nothing is written down for anybody.
create table events_wanted (
  id integer primary key check (id = 1),
  since integer not null
) strict;

-- Events on their way to the webhook, those of one subject in their order. They hold ids, never what a
-- person is called.
create table outbox (
  seq integer primary key autoincrement,
  id text not null default (lower(hex(randomblob(16)))), -- the receiver knows a repeated one by it
  kind text not null,
  subject text not null, -- whose order holds: the user, or the client
  data text not null check (json_valid(data)),
  created_on integer not null,
  next_on integer not null, -- when it is tried, or tried again
  tries integer not null default 0,
  attempt text, -- the run that has it in hand
  held_until integer not null default 0,
  delivered_on integer,
  failed_on integer, -- given up
  last_error text
) strict;
create unique index outbox_id on outbox (id);
create index outbox_due on outbox (next_on) where delivered_on is null and failed_on is null;
create index outbox_subject on outbox (subject, seq) where delivered_on is null and failed_on is null;
create index outbox_attempt on outbox (attempt) where attempt is not null;
create index outbox_created on outbox (created_on);

create trigger users_created_event after insert on users when exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  select 'user.created', new.id, json_object('userId', new.id, 'tenantId', new.default_tenant_id), n.now, n.now
  from (select cast(unixepoch('subsec') * 1000 as integer) as now) n;
end;

create trigger users_updated_event after update of first_name, middle_name, last_name, username, email, phone, gender, dob,
  designation, photo_url, default_tenant_id on users
when new.deleted = 0 and exists (select 1 from events_wanted) and (
  new.first_name is not old.first_name or new.middle_name is not old.middle_name or new.last_name is not old.last_name
  or new.username is not old.username or new.email is not old.email or new.phone is not old.phone
  or new.gender is not old.gender or new.dob is not old.dob or new.designation is not old.designation
  or new.photo_url is not old.photo_url or new.default_tenant_id is not old.default_tenant_id)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  select 'user.updated', new.id, json_object('userId', new.id, 'tenantId', new.default_tenant_id), n.now, n.now
  from (select cast(unixepoch('subsec') * 1000 as integer) as now) n;
end;

create trigger user_tenants_updated_event after update of role_id, status on user_tenants
when new.deleted = 0 and exists (select 1 from events_wanted) and (new.role_id <> old.role_id or new.status <> old.status)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  select case when new.status not in (1, 3) and old.status in (1, 3) then 'user.disabled' else 'user.updated' end,
    new.user_id, json_object('userId', new.user_id, 'tenantId', new.tenant_id), n.now, n.now
  from (select cast(unixepoch('subsec') * 1000 as integer) as now) n;
end;

create trigger users_deleted_event after update of deleted on users
when new.deleted = 1 and old.deleted = 0 and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  select 'user.disabled', new.id, json_object('userId', new.id, 'tenantId', new.default_tenant_id), n.now, n.now
  from (select cast(unixepoch('subsec') * 1000 as integer) as now) n;
end;

create trigger erased_users_event after insert on erased_users when exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('user.erased', new.user_id, json_object('userId', new.user_id), new.erased_on, new.erased_on);
end;

create trigger sessions_opened_event after insert on sessions when exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('session.opened', new.user_id, json_object('userId', new.user_id, 'sessionId', new.id,
    'clientId', (select client_id from auth_clients where id = new.client_id), 'method', new.method), new.created_on, new.created_on);
end;

create trigger sessions_ended_event after update of ended_on on sessions
when new.ended_on is not null and old.ended_on is null and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('session.ended', new.user_id, json_object('userId', new.user_id, 'sessionId', new.id,
    'clientId', (select client_id from auth_clients where id = new.client_id), 'reason', new.ended_why), new.ended_on, new.ended_on);
end;

create trigger user_credentials_changed_event after update of changed_on on user_credentials
when new.changed_on <> old.changed_on and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('password.changed', new.user_id, json_object('userId', new.user_id), new.changed_on, new.changed_on);
end;

-- A first password that was chosen later than the account was made.
create trigger user_credentials_chosen_event after insert on user_credentials
when exists (select 1 from events_wanted) and exists (select 1 from users where id = new.user_id and created_on <> new.changed_on)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('password.changed', new.user_id, json_object('userId', new.user_id), new.changed_on, new.changed_on);
end;

create trigger attempts_blocked_event after update of blocked_until on attempts
when new.blocked_until is not null and new.blocked_until is not old.blocked_until and new.user_id is not null
  and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('sign_in.refused', new.user_id, json_object('userId', new.user_id, 'until', new.blocked_until), new.last_on, new.last_on);
end;

create trigger auth_clients_created_event after insert on auth_clients when exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('client.changed', 'client:' || new.id, json_object('clientId', new.client_id, 'change', 'created'), new.modified_on, new.modified_on);
end;

create trigger auth_clients_changed_event after update on auth_clients when exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('client.changed', 'client:' || new.id, json_object('clientId', new.client_id,
    'change', case when new.deleted = 1 then 'deleted' else 'changed' end), new.modified_on, new.modified_on);
end;

-- Erasure -----------------------------------------------------------------------------------------

-- What administrators wrote of a person who is erased had names in it.
create trigger erased_users_forget after insert on erased_users
begin
  update login_activity set detail = null where target = new.user_id;
end;
create trigger user_tenants_removed_leave_groups before delete on user_tenants
begin
  delete from user_groups where user_tenant_id = old.id;
end;
