-- What leaves, and what strangers leave behind.

-- Whatever takes an identity away, the provider is told: its token waits to be revoked there.
create trigger user_identities_revoke after delete on user_identities when old.refresh_token is not null
begin
  insert into token_revocations (id, provider, token, created_on, next_on)
  select lower(hex(randomblob(16))), old.provider, old.refresh_token, n.now, n.now
  from (select cast(unixepoch('subsec') * 1000 as integer) as now) n;
end;
create index token_revocations_created on token_revocations (created_on);

-- Attempts at names that nobody has, the newest first: the sweep keeps so many of them and no more.
create index attempts_strangers on attempts (last_on) where user_id is null;
