-- Rows: what strangers leave is counted by the hour, every step of the sweep has its index, and
-- messages are counted by domain. Besides, what changes with an address and with a first password.

-- How often something happened that leaves no row of its own: refused strangers, refusals beyond an
-- account's share of rows, messages held back.
create table hourly_counts (
  hour integer not null, -- its beginning
  kind text not null,
  count integer not null,
  primary key (hour, kind)
) strict, without rowid;

-- How many refusals an account has had in the last hour. The statement that asks names these results.
create index login_activity_refusals on login_activity (user_id, kind, result, at)
  where result in ('failed', 'refused', 'unreadable', 'replay');

-- Sessions are over when their time is, when they were ended, or when they have been idle for too long.
create index sessions_ended on sessions (ended_on) where ended_on is not null;
drop index sessions_live_client;
create index sessions_live_client on sessions (client_id, last_used_on) where ended_on is null;

-- What failed at a place (network, device, session) is over sooner than what failed at an account.
drop index attempts_last;
create index attempts_last_place on attempts (last_on) where key >= 'b';
create index attempts_last_account on attempts (last_on) where key < 'b';

-- Codes and links stay for a day, so that a replay is recognised; pending sign-ins and tickets do not.
drop index one_time_expiry;
create index one_time_expiry on one_time (kind, expires_on);

-- Null: the domain may get as many messages as its mailboxes.
alter table messages_sent add column domain text;
drop index messages_sent_on;
create index messages_sent_on on messages_sent (sent_on, kind);
create index messages_sent_domain on messages_sent (domain, sent_on, kind) where domain is not null;

-- A proof of the former address is none of the new one.
create trigger users_email_unverified after update of email, email_key on users
when new.email is not old.email or new.email_key is not old.email_key
begin
  update users set email_verified = 0 where id = new.id;
end;

-- A first password ends what a new one ends.
create trigger user_credentials_added_end_sessions after insert on user_credentials
begin
  update sessions set ended_on = new.changed_on, ended_why = 'password changed'
  where user_id = new.user_id and ended_on is null;
  update one_time set voided_on = new.changed_on
  where user_id = new.user_id and taken_by is null and voided_on is null;
end;
