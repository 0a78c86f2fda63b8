-- A sign-in for an account that does not exist, or has no password, verifies the stored hash of
-- another account, so that its duration tells nothing. Which one is drawn by a digest of the name: the
-- first whose random draw_key is at or after it. (Ids will not do: those of imported users may all
-- begin alike, and then one hash would stand in for every name.)
alter table user_credentials add column draw_key text;
update user_credentials set draw_key = lower(hex(randomblob(4)));
create index user_credentials_draw_key on user_credentials (draw_key);

create trigger user_credentials_draw_key after insert on user_credentials
begin
  update user_credentials set draw_key = lower(hex(randomblob(4))) where user_id = new.user_id;
end;
