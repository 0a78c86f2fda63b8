-- Second factors: authenticator apps, passkeys, recovery codes, and the devices that are trusted for a
-- while; who must have one; and what rests on which.

create table factors (
  id text primary key,
  user_id text not null references users (id),
  kind text not null check (kind in ('totp', 'passkey')),
  name text not null,
  -- Of an authenticator app: its secret in base 32, encrypted for this user and factor, and the last step
  -- whose code was taken.
  secret text,
  algorithm text check (algorithm in ('SHA1', 'SHA256', 'SHA512')),
  digits integer check (digits between 6 and 8),
  period integer check (period between 1 and 3600), -- seconds
  last_step integer,
  -- Of a passkey: the credential record of WebAuthn §4, bytes in base64url.
  credential_id text,
  public_key text, -- a COSE key
  sign_count integer,
  backup_eligible integer check (backup_eligible in (0, 1)),
  backed_up integer check (backed_up in (0, 1)),
  aaguid text,
  transports text check (json_type(transports) = 'array'),
  discoverable integer check (discoverable in (0, 1)), -- null: the browser did not know
  rp_id text,
  -- Where it is being enrolled: a session's id, or the key of a code. Only there it can be confirmed.
  enrolled_in text,
  created_on integer not null,
  confirmed_on integer, -- null: not a factor yet
  last_used_on integer,
  check (kind <> 'totp' or (secret is not null and algorithm is not null and digits is not null and period is not null)),
  check (kind <> 'passkey' or (credential_id is not null and public_key is not null and sign_count is not null
    and backup_eligible is not null and backed_up is not null and rp_id is not null))
) strict, without rowid;
create index factors_user on factors (user_id);
-- A credential is nobody else's (WebAuthn §7.1, step 26).
create unique index factors_credential on factors (credential_id) where credential_id is not null;
-- Whether all passkeys are of one relying party.
create index factors_rp_id on factors (rp_id) where rp_id is not null;
create index factors_pending on factors (created_on) where confirmed_on is null;

-- One row for each user who has, or has had, a factor.
create table user_factors (
  user_id text primary key references users (id),
  user_handle text not null, -- random, in base64url: what authenticators know the user by
  second_step integer not null default 0 check (second_step in (0, 1)), -- 1: asked at every sign-in
  -- Wrong codes in a row, over all challenges.
  code_failures integer not null default 0,
  codes_paused_until integer not null default 0,
  last_guess_by text -- the attempt that was counted last
) strict, without rowid;
create unique index user_factors_handle on user_factors (user_handle);

create table recovery_codes (
  user_id text not null references users (id),
  digest text not null,
  created_on integer not null,
  used_on integer,
  -- 1: an administrator has had it sent, to begin anew: with its use every factor goes.
  re_enrols integer not null default 0 check (re_enrols in (0, 1)),
  expires_on integer, -- of such a one
  primary key (user_id, digest)
) strict, without rowid;
create index recovery_codes_expiry on recovery_codes (expires_on) where expires_on is not null;

-- What has proven something and can never again: a step of an authenticator app, a ceremony's challenge,
-- a recovery code.
create table spent_proofs (
  key text primary key,
  user_id text not null, -- whose it was
  attempt text not null, -- the request that spent it
  expires_on integer not null -- after which it proves nothing anyway
) strict, without rowid;
create index spent_proofs_attempt on spent_proofs (attempt);
create index spent_proofs_expiry on spent_proofs (expires_on);
create index spent_proofs_user on spent_proofs (user_id);

-- Browsers in which the second step of a sign-in is waived.
create table trusted_devices (
  id text primary key,
  user_id text not null references users (id),
  key text not null, -- digest of the cookie
  user_agent text,
  country text,
  created_on integer not null,
  last_used_on integer not null,
  expires_on integer not null
) strict, without rowid;
create unique index trusted_devices_key on trusted_devices (key);
create index trusted_devices_user on trusted_devices (user_id);
create index trusted_devices_expiry on trusted_devices (expires_on);

-- 1: nobody signs in with this role by one factor alone.
alter table roles add column require_mfa integer not null default 0 check (require_mfa in (0, 1));

-- Clients that demand the same of everybody: their sessions are all of level two.
create table mfa_clients (
  client_id integer primary key references auth_clients (id),
  added_on integer not null default (cast(unixepoch('subsec') * 1000 as integer))
) strict;

-- The trusted device in which a browser was opened without its second step: it goes on while that is trusted.
alter table browsers add column trusted_by text;
create index browsers_live_trusted on browsers (trusted_by) where ended_on is null and trusted_by is not null;

-- The factor that a session, browser or code rests on. A sign-in that waits for its second factor is a row
-- of kind 'mfa' in one_time; five tries are all that it has.
alter table sessions add column factor_id text;
create index sessions_live_factor on sessions (factor_id) where ended_on is null and factor_id is not null;
alter table browsers add column factor_id text;
create index browsers_live_factor on browsers (factor_id) where ended_on is null and factor_id is not null;
alter table one_time add column factor_id text;
create index one_time_factor on one_time (factor_id) where factor_id is not null;
-- Of a sign-in at our pages: whether its browser is kept signed in.
alter table one_time add column remembered integer;
alter table one_time add column tries integer not null default 0;
alter table one_time add column last_try_by text;

-- Whoever has a factor has a row in user_factors; a confirmed authenticator app is asked for from then on.
-- Whatever changes in a user's factors, no device is trusted any more.
create trigger factors_added after insert on factors
begin
  insert into user_factors (user_id, user_handle) values (new.user_id, lower(hex(randomblob(32))))
    on conflict (user_id) do nothing;
  update user_factors set second_step = 1
    where user_id = new.user_id and new.kind = 'totp' and new.confirmed_on is not null;
  delete from trusted_devices where user_id = new.user_id and new.confirmed_on is not null;
end;

create trigger factors_confirmed after update of confirmed_on on factors
when old.confirmed_on is null and new.confirmed_on is not null
begin
  update user_factors set second_step = 1 where user_id = new.user_id and new.kind = 'totp';
  delete from trusted_devices where user_id = new.user_id;
end;

-- What rests on a factor ends with it, whoever removes it and however. The last one takes the second step
-- and the recovery codes along.
create trigger factors_removed after delete on factors when old.confirmed_on is not null
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'factor removed'
    where factor_id = old.id and ended_on is null;
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'factor removed'
    where factor_id = old.id and ended_on is null;
  update one_time set voided_on = cast(unixepoch('subsec') * 1000 as integer)
    where factor_id = old.id and taken_by is null and voided_on is null;
  delete from trusted_devices where user_id = old.user_id;
  update user_factors set second_step = 0 where user_id = old.user_id
    and not exists (select 1 from factors where user_id = old.user_id and confirmed_on is not null);
  delete from recovery_codes where user_id = old.user_id
    and not exists (select 1 from factors where user_id = old.user_id and confirmed_on is not null);
end;

create trigger user_credentials_distrust after update of changed_on on user_credentials
begin
  delete from trusted_devices where user_id = new.user_id;
end;

create trigger user_tenants_distrust after update of role_id on user_tenants when new.role_id <> old.role_id
begin
  delete from trusted_devices where user_id = new.user_id;
end;

-- Nobody is signed in any more by a trust that is over; who has proven a factor since is.
create trigger trusted_devices_end_browsers after delete on trusted_devices
begin
  update browsers set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'device not trusted'
  where trusted_by = old.id and ended_on is null and aal = 1;
end;

-- At most twenty a user: the oldest goes.
create trigger trusted_devices_limit after insert on trusted_devices
begin
  delete from trusted_devices where id in (
    select id from trusted_devices where user_id = new.user_id order by created_on desc, id limit -1 offset 20);
end;

-- Whoever begins anew has no factor any more, and is signed in nowhere but by this. Whoever has changed the
-- password could be anybody who reads the mail that the code is in.
create trigger recovery_codes_re_enrol after update of used_on on recovery_codes
when new.re_enrols = 1 and new.used_on is not null and old.used_on is null
begin
  delete from factors where user_id = new.user_id;
  update sessions set ended_on = new.used_on, ended_why = 'factors reset'
    where user_id = new.user_id and ended_on is null;
  update browsers set ended_on = new.used_on, ended_why = 'factors reset'
    where user_id = new.user_id and ended_on is null;
end;

create trigger user_credentials_void_re_enrolment after update of changed_on on user_credentials
begin
  delete from recovery_codes where user_id = new.user_id and re_enrols = 1;
end;

create trigger user_credentials_added_void_re_enrolment after insert on user_credentials
begin
  delete from recovery_codes where user_id = new.user_id and re_enrols = 1;
end;
