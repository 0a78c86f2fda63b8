-- Clients that have been learnt from their metadata documents, and that no user has ever let in, by their age: there
-- are never more than so many, whatever strangers bring.
create index oauth_clients_never_used on oauth_clients (created_on) where source = 'document' and used_on is null;
