-- This service as an OAuth 2.1 authorization server and OpenID provider.

-- What OAuth needs to know of a client, besides what auth_clients has. No row: the client is not for OAuth.
create table oauth_clients (
  client_id integer primary key references auth_clients (id),
  source text not null check (source in ('operator', 'registered', 'document')),
  -- 1: every live account may use it; 0: those of user_clients.
  open integer not null check (open in (0, 1)),
  -- The members of RFC 7591, every default said. What users see is in client_branding.
  metadata text not null check (json_type(metadata) = 'object'),
  -- Base64url SHA-256 of the registration access token (RFC 7592), which the client alone has.
  registration_digest text,
  -- Until when a metadata document need not be fetched again.
  fresh_until integer,
  created_on integer not null,
  modified_on integer not null,
  -- When it last led to a code; those that nobody vouches for go when they are not used.
  used_on integer
) strict;
create index oauth_clients_unused on oauth_clients (coalesce(used_on, created_on)) where source <> 'operator';

-- What only OAuth knows of a session. `sessions` stays the row that lives and ends for all APIs.
create table grants (
  session_id text primary key references sessions (id) on delete cascade,
  scope text not null,
  -- Whom its access tokens are for.
  audience text not null check (json_type(audience) = 'array'),
  -- Single claims, by where they are told: {"userinfo": {…}, "id_token": {…}}.
  claims text not null check (json_type(claims) = 'object'),
  -- The thumbprint of the key that proved itself first (RFC 9449): a public client's refresh token is bound to it.
  jkt text,
  -- 1: it outlives the browser's own session (offline_access).
  offline integer not null check (offline in (0, 1))
) strict, without rowid;

-- What a user has consented to.
create table consents (
  user_id text not null references users (id) on delete cascade,
  client_id integer not null references auth_clients (id),
  scope text not null,
  audience text not null check (json_type(audience) = 'array'),
  given_on integer not null,
  primary key (user_id, client_id)
) strict, without rowid;

-- Sessions that have ended, and whose clients want to hear of it (OpenID Connect Back-Channel Logout 1.0).
create table logout_notices (
  session_id text primary key,
  client_id integer not null,
  user_id text not null,
  ended_on integer not null,
  tries integer not null default 0,
  due_on integer not null
) strict, without rowid;
create index logout_notices_due on logout_notices (due_on);

-- When a device last asked for its code, and how long it has to wait in between, in seconds (RFC 8628).
alter table one_time add column polled_on integer;
alter table one_time add column poll_interval integer;

-- Whoever ends a session, and however.
create trigger sessions_notify after update of ended_on on sessions
when new.ended_on is not null and old.ended_on is null
begin
  insert into logout_notices (session_id, client_id, user_id, ended_on, due_on)
  select new.id, new.client_id, new.user_id, new.ended_on, new.ended_on
  from oauth_clients c join grants g on g.session_id = new.id
  where c.client_id = new.client_id and json_extract(c.metadata, '$.backchannel_logout_uri') is not null
  on conflict do nothing;
end;

-- Without consent nothing that rests on it goes on. Those whom consent alone had admitted are so no longer.
create trigger consents_withdrawn after delete on consents
begin
  delete from user_clients where user_id = old.user_id and client_id = old.client_id
    and exists (select 1 from oauth_clients c where c.client_id = old.client_id and c.open = 1);
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'consent withdrawn'
  where user_id = old.user_id and +client_id = old.client_id and ended_on is null;
end;

-- A client that nobody vouched for is gone with what OAuth knew of it. An operator's goes on with the other APIs.
create trigger oauth_clients_swept after delete on oauth_clients when old.source <> 'operator'
begin
  update auth_clients set deleted = 1, deleted_on = cast(unixepoch('subsec') * 1000 as integer)
  where id = old.client_id and deleted = 0;
end;

-- A client that asks for two factors by itself demands them of everybody.
create trigger oauth_clients_demand after insert on oauth_clients
when exists (select 1 from json_each(new.metadata, '$.default_acr_values') where value = 'aal2')
begin
  insert into mfa_clients (client_id) values (new.client_id) on conflict do nothing;
end;

create trigger oauth_clients_demand_changed after update of metadata on oauth_clients
when json_extract(new.metadata, '$.default_acr_values') is not json_extract(old.metadata, '$.default_acr_values')
begin
  delete from mfa_clients where client_id = new.client_id;
  insert into mfa_clients (client_id) select new.client_id
  where exists (select 1 from json_each(new.metadata, '$.default_acr_values') where value = 'aal2');
end;

create trigger oauth_clients_demand_ended after delete on oauth_clients
when exists (select 1 from json_each(old.metadata, '$.default_acr_values') where value = 'aal2')
begin
  delete from mfa_clients where client_id = old.client_id;
end;
