-- Browsers that are signed in at the pages of this service, what every sign-in rests on, how a client looks
-- on the pages, and changes of an address that wait for a proof.

-- How surely the user was authenticated, by what, and when (NIST SP 800-63B §4, RFC 8176, OpenID Connect Core §2).
-- amr has its values in order, with a space between them; it is empty where no value fits.
alter table sessions add column aal integer not null default 1 check (aal in (1, 2));
alter table sessions add column amr text not null default '';
alter table sessions add column auth_time integer not null default 0;
update sessions set auth_time = created_on;
-- What signed in, for the person's own list of sessions.
alter table sessions add column user_agent text;
alter table sessions add column country text;
-- The browser that the session began in, on our pages: both end together.
alter table sessions add column browser_id text;
create index sessions_live_browser on sessions (browser_id) where ended_on is null and browser_id is not null;

-- A code hands all of it on to the session that it opens.
alter table one_time add column aal integer not null default 1 check (aal in (1, 2));
alter table one_time add column amr text not null default '';
alter table one_time add column auth_time integer not null default 0;
alter table one_time add column user_agent text;
alter table one_time add column country text;
alter table one_time add column browser_id text;
create index one_time_browser on one_time (browser_id) where browser_id is not null;

create table browsers (
  id text primary key,
  key text not null, -- digest of the cookie's secret, which changes whenever the assurance rises
  form_session text not null, -- digest of the form's cookie: a form that is sent twice leaves one browser
  user_id text not null references users (id),
  -- As in sessions.
  method text not null,
  provider_session text,
  provider_token text,
  aal integer not null check (aal in (1, 2)),
  amr text not null,
  auth_time integer not null,
  user_agent text,
  country text,
  remembered integer not null check (remembered in (0, 1)), -- 1: "keep me signed in"
  created_on integer not null,
  last_used_on integer not null, -- what the idle end is counted from
  expires_on integer not null, -- the absolute end
  ended_on integer,
  ended_why text
) strict, without rowid;
create unique index browsers_key on browsers (key);
create index browsers_form_session on browsers (form_session) where ended_on is null;
create index browsers_user on browsers (user_id, ended_on);
create index browsers_live_provider_session on browsers (provider_session)
  where ended_on is null and provider_session is not null;
create index browsers_expiry on browsers (expires_on);
create index browsers_ended on browsers (ended_on) where ended_on is not null;

-- At most a hundred a user, as with sessions.
create trigger browsers_limit after insert on browsers
begin
  update browsers set ended_on = new.created_on, ended_why = 'too many browsers' where id in (
    select id from browsers where user_id = new.user_id and ended_on is null and id <> new.id
    order by last_used_on desc limit -1 offset 99);
end;

-- What a browser began ends with it, whoever ends it and however.
create trigger browsers_end_sessions after update of ended_on on browsers
when new.ended_on is not null and old.ended_on is null
begin
  update sessions set ended_on = new.ended_on, ended_why = 'browser: ' || new.ended_why
  where browser_id = new.id and ended_on is null;
  update one_time set voided_on = new.ended_on
  where browser_id = new.id and taken_by is null and voided_on is null;
end;

-- A browser ends with the ground that it stands on, as a session does.
create trigger user_tenants_end_browsers after update of status, deleted, tenant_id on user_tenants
when new.deleted = 1 or new.status not in (1, 3) or new.tenant_id <> old.tenant_id
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'member refused'
  where user_id = new.user_id and ended_on is null;
end;

create trigger user_tenants_removed_end_browsers after delete on user_tenants
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'member refused'
  where user_id = old.user_id and ended_on is null;
end;

create trigger user_credentials_end_browsers after update of changed_on on user_credentials
begin
  update browsers set ended_on = new.changed_on, ended_why = 'password changed'
  where user_id = new.user_id and ended_on is null;
end;

create trigger user_credentials_added_end_browsers after insert on user_credentials
begin
  update browsers set ended_on = new.changed_on, ended_why = 'password changed'
  where user_id = new.user_id and ended_on is null;
end;

create trigger users_end_browsers after update of deleted, default_tenant_id on users
when new.deleted = 1 or new.default_tenant_id is not old.default_tenant_id
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'user refused'
  where user_id = new.id and ended_on is null;
end;

create trigger tenants_end_browsers after update of status, deleted on tenants
when new.deleted = 1 or new.status <> 0
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'tenant refused'
  where ended_on is null
    and user_id in (select u.id from users u where u.default_tenant_id = new.id and u.deleted = 0);
end;

create trigger roles_end_browsers after update of deleted on roles when new.deleted = 1
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'role deleted'
  where ended_on is null
    and user_id in (select m.user_id from user_tenants m where m.role_id = new.id and m.deleted = 0);
end;

-- A change of password voids what is out for the user, but not the link that takes a change of address
-- back: whoever has changed the address would change the password next.
drop trigger user_credentials_end_sessions;
create trigger user_credentials_end_sessions after update of changed_on on user_credentials
begin
  update sessions set ended_on = new.changed_on, ended_why = 'password changed'
  where user_id = new.user_id and ended_on is null;
  update one_time set voided_on = new.changed_on
  where user_id = new.user_id and kind <> 'undo-email' and taken_by is null and voided_on is null;
end;

drop trigger user_credentials_added_end_sessions;
create trigger user_credentials_added_end_sessions after insert on user_credentials
begin
  update sessions set ended_on = new.changed_on, ended_why = 'password changed'
  where user_id = new.user_id and ended_on is null;
  update one_time set voided_on = new.changed_on
  where user_id = new.user_id and kind <> 'undo-email' and taken_by is null and voided_on is null;
end;

-- How a client looks on the pages; the names are those of RFC 7591 §2.
create table client_branding (
  client_id integer primary key references auth_clients (id),
  client_name text,
  client_uri text,
  logo text, -- a data: URL of a picture
  tos_uri text,
  policy_uri text,
  accent_color text, -- #rrggbb
  modified_on integer not null
) strict;
