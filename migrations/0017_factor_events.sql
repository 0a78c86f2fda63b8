-- Factors that come and go are events, as everything is that a person's sign-ins rest on.

create trigger factors_added_event after insert on factors
when new.confirmed_on is not null and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('factor.added', new.user_id, json_object('userId', new.user_id, 'factorId', new.id, 'kind', new.kind),
    new.confirmed_on, new.confirmed_on);
end;

create trigger factors_confirmed_event after update of confirmed_on on factors
when old.confirmed_on is null and new.confirmed_on is not null and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  values ('factor.added', new.user_id, json_object('userId', new.user_id, 'factorId', new.id, 'kind', new.kind),
    new.confirmed_on, new.confirmed_on);
end;

create trigger factors_removed_event after delete on factors
when old.confirmed_on is not null and exists (select 1 from events_wanted)
begin
  insert into outbox (kind, subject, data, created_on, next_on)
  select 'factor.removed', old.user_id, json_object('userId', old.user_id, 'factorId', old.id, 'kind', old.kind), n.now, n.now
  from (select cast(unixepoch('subsec') * 1000 as integer) as now) n;
end;
