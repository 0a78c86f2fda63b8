-- 1: the name is only what stands where none was told (an address, `provider:subject`), and a
-- provider that tells one replaces it.
alter table users add column name_stands_in integer not null default 0 check (name_stands_in in (0, 1));

-- Nobody chooses an address or a `provider:subject` for a name.
update users set name_stands_in = 1
where first_name in (username, email) and (instr(first_name, '@') > 0 or instr(first_name, ':') > 0)
  and middle_name is null and last_name is null;

-- A name that is written over it is chosen, whoever writes it and however.
create trigger users_name_chosen after update of first_name, middle_name, last_name on users
when new.name_stands_in = 1 and (new.first_name is not old.first_name
  or new.middle_name is not old.middle_name or new.last_name is not old.last_name)
begin
  update users set name_stands_in = 0 where id = new.id;
end;
