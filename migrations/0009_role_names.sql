-- The view has the role's name too, from the row of `roles` that it reads anyway.

drop view accounts;

-- A user as the service speaks of one: person, membership of the default tenant, role, permissions.
-- One row for every live user, whether or not that user may sign in: `standing` and `live` say which.
create view accounts as
select
  u.id as user_id, u.first_name, u.middle_name, u.last_name, u.username, u.username_key,
  u.email, u.email_key, u.email_verified, u.phone, u.last_login, u.gender, u.dob, u.default_tenant_id,
  m.id as user_tenant_id, m.tenant_id, m.status,
  r.name as role_name, r.permissions as role_permissions, r.role_type,
  -- 1: the membership, its tenant and its role all hold (the status may still refuse).
  (t.id is not null and r.id is not null) as standing,
  -- 1: and so does the status: the person may hold sessions, with the clients of client_ids.
  (t.id is not null and r.id is not null and m.status in (1, 3)) as live,
  (select json_group_array(json_object('permission', p.permission, 'allowed', p.allowed))
     from (select permission, allowed from user_permissions
            where user_tenant_id = m.id and deleted = 0 order by created_on, id) p) as permission_changes,
  (select json_group_array(a.client_id) from user_clients a where a.user_id = u.id) as client_ids,
  coalesce(nullif(m.locale, ''),
    (select json_extract(x.config_value, '$.locale') from tenant_configs x
      where x.tenant_id = m.tenant_id and x.config_key = 'profile' and x.deleted = 0)) as locale
from users u
left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0
left join tenants t on t.id = m.tenant_id and t.deleted = 0 and t.status = 0
left join roles r on r.id = m.role_id and r.deleted = 0
where u.deleted = 0;
