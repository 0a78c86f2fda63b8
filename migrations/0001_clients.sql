-- The apps that may ask us to sign somebody in.
-- Times are epoch milliseconds throughout the schema; lifetimes are seconds, as in the API.

create table auth_clients (
  id integer primary key autoincrement,
  client_id text not null,
  -- Base64url SHA-256 of clientSecret, which proves who is calling.
  client_secret_digest text not null,
  -- Base64url SHA-256 of secret: changing it voids the codes in flight.
  secret_digest text not null,
  redirect_url text,
  access_token_expiration integer not null default 900,
  refresh_token_expiration integer not null default 86400,
  auth_code_expiration integer not null default 180,
  created_on integer not null,
  modified_on integer not null,
  deleted integer not null default 0 check (deleted in (0, 1)),
  deleted_on integer,
  deleted_by text
) strict;

-- Two live clients never share a clientId; a deleted one does not block its name.
create unique index auth_clients_live_client_id on auth_clients (client_id) where deleted = 0;
