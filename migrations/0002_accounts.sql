-- People, where they belong, what they may do, and how they prove who they are.

create table tenants (
  id text primary key,
  name text not null,
  status integer not null default 0, -- 0 is active; anything else refuses
  key text unique,
  address text,
  city text,
  state text,
  zip text,
  country text,
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;

create table tenant_configs (
  id text primary key,
  tenant_id text not null references tenants (id),
  config_key text not null,
  config_value text not null check (json_valid(config_value)),
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;
create unique index tenant_configs_live on tenant_configs (tenant_id, config_key) where deleted = 0;

create table roles (
  id text primary key,
  name text not null,
  permissions text not null default '[]' check (json_type(permissions) = 'array'),
  role_type integer not null default 0, -- 0 administrator, 1 everybody else
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;

create table users (
  id text primary key,
  first_name text not null,
  middle_name text,
  last_name text,
  username text not null,
  -- Folded in Rust (NFKC, lower case, trimmed): SQLite folds ASCII only.
  username_key text not null,
  email text,
  email_key text,
  email_verified integer not null default 0 check (email_verified in (0, 1)),
  phone text,
  last_login integer,
  gender text check (gender in ('M', 'F', 'O')),
  dob text, -- ISO date
  default_tenant_id text references tenants (id),
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text,
  -- A username with @ is its user's own address, so one name never means two people.
  check (instr(username_key, '@') = 0 or username_key is email_key)
) strict;
create unique index users_live_username on users (username_key) where deleted = 0;
create unique index users_live_email on users (email_key) where deleted = 0;
create index users_tenant on users (default_tenant_id) where deleted = 0;

-- The password, at most one a user. People who only come through a provider have none.
create table user_credentials (
  user_id text primary key references users (id),
  password text not null, -- a PHC string, or bcrypt's own form for imported users
  changed_on integer not null
) strict, without rowid;

-- A person at a provider: one row for each account there that opens this user.
create table user_identities (
  provider text not null,
  issuer text not null,
  subject text not null,
  user_id text not null references users (id),
  created_on integer not null,
  last_used_on integer,
  primary key (provider, issuer, subject)
) strict, without rowid;
create index user_identities_user on user_identities (user_id);

-- Which clients a user may sign in to.
create table user_clients (
  user_id text not null references users (id),
  client_id integer not null references auth_clients (id),
  primary key (user_id, client_id)
) strict, without rowid;

create table user_tenants (
  id text primary key,
  user_id text not null references users (id),
  tenant_id text not null references tenants (id),
  role_id text not null references roles (id),
  -- 0 registered, 1 active, 2 inactive, 3 password change needed, 4 rejected
  status integer not null default 0 check (status between 0 and 4),
  locale text,
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;
create unique index user_tenants_live on user_tenants (user_id, tenant_id) where deleted = 0;
create index user_tenants_role on user_tenants (role_id) where deleted = 0;

-- What one member may do beyond the role (allowed = 1) or in spite of it (allowed = 0).
create table user_permissions (
  id text primary key,
  user_tenant_id text not null references user_tenants (id),
  permission text not null,
  allowed integer not null check (allowed in (0, 1)),
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;
create index user_permissions_member on user_permissions (user_tenant_id) where deleted = 0;

create table user_resources (
  id text primary key,
  user_tenant_id text not null references user_tenants (id),
  resource_name text not null,
  resource_value text not null,
  allowed integer not null check (allowed in (0, 1)),
  created_by text,
  modified_by text,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;
create index user_resources_member on user_resources (user_tenant_id) where deleted = 0;

-- A user as the service speaks of one: person, membership of the default tenant, role, permissions.
-- One row for every live user, whether or not that user may come in: `standing` says which.
create view accounts as
select
  u.id as user_id, u.first_name, u.middle_name, u.last_name, u.username, u.username_key,
  u.email, u.email_key, u.email_verified, u.phone, u.last_login, u.gender, u.dob, u.default_tenant_id,
  m.id as user_tenant_id, m.tenant_id, m.status,
  r.permissions as role_permissions, r.role_type,
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
left join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 0
left join roles r on r.id = m.role_id and r.deleted = 0
where u.deleted = 0;

-- Who may hold a session with which client right now. Everything that opens or uses a session asks
-- this, or `accounts.live` where it reads the account anyway. `cross join` keeps SQLite from trying
-- orders: they would cost more than the look-ups.
create view live_members as
select u.id as user_id, a.client_id, m.id as user_tenant_id
from users u
cross join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0 and m.status in (1, 3)
cross join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 0
cross join roles r on r.id = m.role_id and r.deleted = 0
cross join user_clients a on a.user_id = u.id
cross join auth_clients c on c.id = a.client_id and c.deleted = 0
where u.deleted = 0;
