-- What is counted goes by HMACs, as are the devices that are known: until now attempts.key held names
-- as they were typed. All counters, known devices and one-time passwords (15 minutes) begin anew.

delete from attempts;
delete from known_devices;
-- From now on username_key is the key of the OTP in KV, made of the name's digest.
delete from otps;

-- key is 'network:' and a tag of the name as typed and the network, 'device:' and a tag of the name and
-- the device, 'session:' and its id, or 'account:' and the user's id (a tag of the name where nobody has
-- it). user_id says whose account an attempt was aimed at, if anybody's.
alter table attempts add column user_id text;
create index attempts_user on attempts (user_id) where user_id is not null;

-- Whatever an OTP proves asks whether its own attempt has taken it.
create index otps_taken on otps (taken_by) where taken_by is not null;

-- A new password, also a first one, begins all counters of its account anew, and makes strangers of its
-- devices. Hashing the same password anew leaves changed_on alone.
create trigger user_credentials_forget after update of changed_on on user_credentials
begin
  delete from attempts where user_id = new.user_id;
  delete from known_devices where user_id = new.user_id;
end;

create trigger user_credentials_added_forget after insert on user_credentials
begin
  delete from attempts where user_id = new.user_id;
  delete from known_devices where user_id = new.user_id;
end;

-- At most twenty known devices a user: those that were used least recently go.
create trigger known_devices_limit after insert on known_devices
begin
  delete from known_devices where user_id = new.user_id and device in (
    select device from known_devices where user_id = new.user_id and device <> new.device
    order by last_used_on desc limit -1 offset 19);
end;

-- At most a hundred open sessions a user: those that were used least recently end.
create trigger sessions_limit after insert on sessions
begin
  update sessions set ended_on = new.created_on, ended_why = 'too many sessions' where id in (
    select id from sessions where user_id = new.user_id and ended_on is null and id <> new.id
    order by last_used_on desc limit -1 offset 99);
end;

-- The plus keeps SQLite from reading all sessions of the client.
drop trigger user_clients_end_sessions;
create trigger user_clients_end_sessions after delete on user_clients
begin
  update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'client refused'
  where user_id = old.user_id and +client_id = old.client_id and ended_on is null;
end;
