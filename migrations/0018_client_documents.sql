-- Clients that nobody vouches for and that no user has ever let in, by their age: there are never more than so many of
-- a kind, whatever strangers bring.
create index oauth_clients_never_used on oauth_clients (source, created_on) where source <> 'operator' and used_on is null;
