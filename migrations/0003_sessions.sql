-- Who is signed in, the once-only things that lead there, and what is counted on the way.

create table sessions (
  id text primary key, -- the `sid` of the access token
  user_id text not null references users (id),
  client_id integer not null references auth_clients (id),
  -- The number of the refresh token that is good now, and when it became so (for the retry window).
  refresh_n integer not null default 0,
  refreshed_on integer not null,
  -- What the idle end is counted from.
  last_used_on integer not null,
  -- Digest of the device_id that signed in; a refresh must name the same one.
  device text,
  -- How the person proved who they are: password, otp, or a provider's name.
  method text not null,
  -- The provider's refresh token, encrypted, for signing out there.
  provider_token text,
  created_on integer not null,
  -- The absolute end, which refreshing cannot move.
  expires_on integer not null,
  ended_on integer,
  ended_why text
) strict, without rowid;
create index sessions_live_user on sessions (user_id) where ended_on is null;
create index sessions_live_client on sessions (client_id) where ended_on is null;
create index sessions_expiry on sessions (expires_on);

-- One row for every code, link, pending sign-in and ticket. The row decides who may take it;
-- KV holds what it leads to. Rows stay after they are taken, so that a replay is recognised.
create table one_time (
  key text primary key, -- kind:digest of the secret
  kind text not null,
  user_id text,
  client_id integer,
  session_id text, -- drawn when a code is made, so that a replay can end its session
  client_secret_digest text, -- the client's `secret` when a code was made
  challenge text, -- PKCE, S256
  bound_to text, -- digest of what must accompany the secret (a browser cookie)
  recipient text, -- folded address or username
  method text,
  payload text, -- what the decision itself needs besides
  created_on integer not null,
  expires_on integer not null,
  taken_by text,
  taken_on integer,
  voided_on integer
) strict, without rowid;
create index one_time_recipient on one_time (kind, recipient) where recipient is not null;
create index one_time_user on one_time (user_id) where user_id is not null;
create index one_time_expiry on one_time (expires_on);

create table otps (
  username_key text primary key,
  mac text not null, -- HMAC of the OTP, with its key's id
  client_id integer, -- the client that posted it, if one did: it reaches its own users only
  usable integer not null default 1 check (usable in (0, 1)), -- 0: shown, but never a password
  tries integer not null default 0,
  created_on integer not null,
  expires_on integer not null,
  taken_by text,
  taken_on integer
) strict, without rowid;
create index otps_expiry on otps (expires_on);

-- Wrong attempts, counted by what they are aimed at and where they come from.
create table attempts (
  key text primary key, -- source:subject:network, device:subject:device or account:subject
  failures integer not null,
  last_on integer not null,
  last_tag text not null, -- recognises an identical attempt that is sent twice
  last_by text not null, -- the attempt that was counted last
  blocked_until integer
) strict, without rowid;
create index attempts_last on attempts (last_on);

-- Devices from which a user has signed in before.
create table known_devices (
  user_id text not null references users (id),
  device text not null, -- digest of the device_id
  last_used_on integer not null,
  primary key (user_id, device)
) strict, without rowid;
create index known_devices_last on known_devices (last_used_on);

-- Messages handed over, so that nobody's mailbox can be flooded through us.
create table messages_sent (
  id text primary key, -- the attempt that sent it
  kind text not null,
  recipient text not null, -- folded address
  sent_on integer not null
) strict, without rowid;
create index messages_sent_recipient on messages_sent (recipient, kind, sent_on);
create index messages_sent_on on messages_sent (sent_on);

create table login_activity (
  id text primary key,
  at integer not null,
  kind text not null,
  result text not null,
  user_id text,
  client_id integer,
  session_id text,
  address text,
  country text,
  user_agent text,
  ray text
) strict, without rowid;
create index login_activity_at on login_activity (at);
create index login_activity_user on login_activity (user_id, at) where user_id is not null;

-- A session ends the moment its ground is taken away, whoever takes it and however.
create trigger user_tenants_end_sessions after update of status, deleted, tenant_id on user_tenants
when new.deleted = 1 or new.status not in (1, 3) or new.tenant_id <> old.tenant_id
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'member refused'
  where user_id = new.user_id and ended_on is null;
end;

-- Hashing the same password anew leaves changed_on alone.
create trigger user_credentials_end_sessions after update of changed_on on user_credentials
begin
  update sessions set ended_on = new.changed_on, ended_why = 'password changed'
  where user_id = new.user_id and ended_on is null;
  update one_time set voided_on = new.changed_on
  where user_id = new.user_id and taken_by is null and voided_on is null;
end;

create trigger user_tenants_removed_end_sessions after delete on user_tenants
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'member refused'
  where user_id = old.user_id and ended_on is null;
end;

-- A session speaks for the tenant it was opened in.
create trigger users_end_sessions after update of deleted, default_tenant_id on users
when new.deleted = 1 or new.default_tenant_id is not old.default_tenant_id
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'user refused'
  where user_id = new.id and ended_on is null;
end;

create trigger tenants_end_sessions after update of status, deleted on tenants
when new.deleted = 1 or new.status <> 0
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'tenant refused'
  where ended_on is null
    and user_id in (select u.id from users u where u.default_tenant_id = new.id and u.deleted = 0);
end;

create trigger roles_end_sessions after update of deleted on roles when new.deleted = 1
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'role deleted'
  where ended_on is null
    and user_id in (select m.user_id from user_tenants m where m.role_id = new.id and m.deleted = 0);
end;

create trigger auth_clients_end_sessions after update of deleted on auth_clients when new.deleted = 1
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'client deleted'
  where client_id = new.id and ended_on is null;
end;

create trigger user_clients_end_sessions after delete on user_clients
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'client refused'
  where user_id = old.user_id and client_id = old.client_id and ended_on is null;
end;
