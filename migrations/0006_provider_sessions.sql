-- Sessions end when the provider's session that they came from does (OpenID Connect Back-Channel
-- Logout 1.0).

-- Digest of provider, issuer and `sid`; null where the sign-in brought none.
alter table sessions add column provider_session text;
create index sessions_live_provider_session on sessions (provider_session)
  where ended_on is null and provider_session is not null;
-- A code hands it on to the session that it opens.
alter table one_time add column provider_session text;
create index one_time_provider_session on one_time (provider_session)
  where provider_session is not null;

-- Logout tokens that were taken, each once; and which sessions of a provider are over, so that a
-- sign-in that was on its way, or an id_token from before, opens nothing by them.
create table provider_logouts (
  token text primary key, -- digest of provider, issuer and `jti`
  attempt text not null, -- the request that took it
  provider_session text,
  created_on integer not null,
  expires_on integer not null
) strict, without rowid;
create index provider_logouts_session on provider_logouts (provider_session)
  where provider_session is not null;
create index provider_logouts_expiry on provider_logouts (expires_on);
